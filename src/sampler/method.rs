//! What every method is: a state machine that makes one step at a time.

use super::cover::Cover;
use super::dataset::Dataset;
use super::evaluate::{Evaluate, EvaluateError};
use super::incremental::Incremental;
use super::interval::Interval;
use super::joint::Joint;
use super::maximise::Maximise;
use super::ppgn::Ppgn;
use super::prior::Prior;
use super::report::StepReport;
use super::rows::{ReseedError, Rows};
use super::settings::{MethodKind, Settings, SettingsError};
use super::state::{State, StateError};
use super::tunables::Tunables;
use ndarray::{Array2, ArrayView2};

/// What is sampled: the valid codes, the intervals in the order of the constraints, the starts.
#[derive(Debug, Clone)]
pub struct Problem {
    /// The valid codes.
    pub prior: Prior,
    /// The interval of each constraint `[m]`.
    pub intervals: Vec<Interval>,
    /// Codes to start from `[rows, d]`, used in turn; without them starts are drawn from the prior.
    pub starts: Option<Array2<f32>>,
}

/// A method of sampling.
///
/// The same settings, problem and evaluator give the same reports, bit for bit, also through
/// [`Method::state`] and [`Method::restore`] between any two steps.
pub trait Method: Send {
    /// Makes one step. After [`StepReport::finish`] was set it changes nothing and evaluates
    /// nothing.
    ///
    /// # Errors
    /// The evaluator failed; the state is then unspecified until [`Method::restore`].
    fn step(&mut self, evaluator: &mut dyn Evaluate) -> Result<StepReport, EvaluateError>;

    /// The codes that the next step evaluates, one row each `[rows, d]`, for previews.
    fn codes(&self) -> ArrayView2<'_, f32>;

    /// How the rows stand.
    fn rows(&self) -> Rows<'_>;

    /// The settings in force that may change.
    fn tunables(&self) -> Tunables;

    /// Changes settings, from the next step on. They are part of [`Method::state`].
    ///
    /// # Errors
    /// A value makes no sense; nothing is changed then.
    fn tune(&mut self, tunables: &Tunables) -> Result<(), SettingsError>;

    /// Puts a row that is not accepted at its next start, with nothing known of it; the next step
    /// evaluates it there.
    ///
    /// # Errors
    /// There is no such row, its sample is accepted, or the method has ended; nothing is changed
    /// then.
    fn reseed(&mut self, row: usize) -> Result<(), ReseedError>;

    /// Everything that the next steps depend on.
    fn state(&self) -> State;

    /// Goes on from a state of a method with the same settings and problem.
    ///
    /// # Errors
    /// The state belongs to something else; the method is unchanged then.
    fn restore(&mut self, state: &State) -> Result<(), StateError>;
}

/// The method that `settings` name, at its start.
///
/// # Errors
/// A setting makes no sense, the problem has no constraint, or its starts are not usable.
pub fn start(settings: &Settings, problem: Problem) -> Result<Box<dyn Method>, SettingsError> {
    settings.check()?;
    Ok(match settings.method {
        MethodKind::Incremental => Box::new(Incremental::new(settings, problem)?),
        MethodKind::Dataset => Box::new(Dataset::new(settings, problem)?),
        MethodKind::Joint | MethodKind::Spread => {
            Box::new(Joint::new(settings, settings.n, settings.stop, problem)?)
        }
        MethodKind::Ppgn => Box::new(Ppgn::new(settings, problem)?),
        MethodKind::Cover => Box::new(Cover::new(settings, problem)?),
        MethodKind::Maximise => Box::new(Maximise::new(settings, problem)?),
    })
}
