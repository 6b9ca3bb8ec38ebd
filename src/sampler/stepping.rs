//! What the methods that move rows by steps have in common: everything but how a step moves them.

use super::counted::Counted;
use super::evaluate::{Evaluate, EvaluateError};
use super::method::{Method, Problem};
use super::population::Population;
use super::report::{Accepted, Finish, StepReport};
use super::rows::{ReseedError, Rows};
use super::settings::{Settings, SettingsError};
use super::state::{State, StateError};
use super::tunables::Tunables;
use ndarray::ArrayView2;

/// The rows, the settings in force, and how far the method has come.
#[derive(Debug, Clone)]
pub(super) struct Base {
    pub(super) population: Population,
    pub(super) tunables: Tunables,
    /// Samples at which the method is complete.
    pub(super) wanted: usize,
    /// Steps made, this one included.
    pub(super) step: u64,
    pub(super) finish: Option<Finish>,
}

impl Base {
    /// `rows` rows at their starts, from which so many samples are `wanted`.
    ///
    /// # Errors
    /// The problem has no constraint or unusable starts.
    pub(super) fn new(
        settings: &Settings,
        rows: usize,
        wanted: usize,
        problem: Problem,
    ) -> Result<Self, SettingsError> {
        Ok(Base {
            population: Population::new(rows, settings.seed, problem)?,
            tunables: Tunables::of(settings),
            wanted,
            step: 0,
            finish: None,
        })
    }

    /// Whether no step comes after this one.
    pub(super) fn is_last_step(&self) -> bool {
        self.step >= self.tunables.max_steps
    }

    /// How many samples are still wanted.
    pub(super) fn missing(&self) -> usize {
        self.wanted - self.population.accepted()
    }

    /// Whether this step ends the method, because it is complete or the last.
    pub(super) fn end(&mut self) -> bool {
        if self.missing() == 0 {
            self.finish = Some(Finish::Complete);
        } else if self.is_last_step() {
            self.finish = Some(Finish::MaxSteps);
        }
        self.finish.is_some()
    }
}

/// What one step did, beside what the rows tell.
#[derive(Debug, Default)]
pub(super) struct Advance {
    /// Rows that the step evaluated.
    pub(super) live: usize,
    /// The objective where it was evaluated, if that is not [`Stepping::objective`] now.
    pub(super) objective: Option<f64>,
    /// Samples that it accepted.
    pub(super) accepted: Vec<Accepted>,
    /// What the user should know of it.
    pub(super) notices: Vec<String>,
}

/// How one method moves its rows. Whoever has that is a [`Method`].
pub(super) trait Stepping: Clone + Send {
    /// What it has in common with the others.
    fn base(&self) -> &Base;

    /// The same, to change.
    fn base_mut(&mut self) -> &mut Base;

    /// Makes the step that [`Base::step`] counts already, and sets [`Base::finish`] where it ends
    /// the method.
    ///
    /// # Errors
    /// The evaluator failed.
    fn advance(&mut self, evaluator: &mut Counted<'_>) -> Result<Advance, EvaluateError>;

    /// The objective that steps report: the paper's D.
    fn objective(&self) -> f64 {
        self.base().population.sums().value()
    }

    /// Puts a row at its next start.
    fn redraw(&mut self, row: usize);

    /// Puts checked tunables in force.
    fn apply(&mut self, tunables: &Tunables) {
        self.base_mut().tunables = *tunables;
    }

    /// Stores what the next steps depend on beside [`Base`].
    fn save(&self, state: &mut State);

    /// Takes in what [`Stepping::save`] stored.
    ///
    /// # Errors
    /// The state belongs to something else; what is taken in until then does not matter.
    fn load(&mut self, state: &State) -> Result<(), StateError>;
}

impl<M: Stepping> Method for M {
    fn step(&mut self, evaluator: &mut dyn Evaluate) -> Result<StepReport, EvaluateError> {
        let mut evaluator = Counted::new(evaluator);
        let mut advance = Advance::default();
        if self.base().finish.is_none() {
            self.base_mut().step += 1;
            advance = self.advance(&mut evaluator)?;
        }
        let base = self.base();
        Ok(StepReport {
            live: advance.live,
            objective: advance.objective.unwrap_or_else(|| self.objective()),
            accepted: advance.accepted,
            forwards: evaluator.forwards,
            gradients: evaluator.gradients,
            notices: advance.notices,
            ..StepReport::of(&base.population, base.step, base.finish)
        })
    }

    fn codes(&self) -> ArrayView2<'_, f32> {
        self.base().population.codes.view()
    }

    fn rows(&self) -> Rows<'_> {
        self.base().population.rows()
    }

    fn tunables(&self) -> Tunables {
        self.base().tunables
    }

    fn tune(&mut self, tunables: &Tunables) -> Result<(), SettingsError> {
        tunables.check()?;
        self.apply(tunables);
        Ok(())
    }

    fn reseed(&mut self, row: usize) -> Result<(), ReseedError> {
        let base = self.base();
        base.population.may_reseed(row, base.finish)?;
        self.redraw(row);
        Ok(())
    }

    fn state(&self) -> State {
        let mut state = State::default();
        let base = self.base();
        base.tunables.save(&mut state);
        base.population.save(&mut state);
        state.put_integer("step", base.step);
        state.put_integer("finish", Finish::to_integer(base.finish));
        self.save(&mut state);
        state
    }

    fn restore(&mut self, state: &State) -> Result<(), StateError> {
        let mut restored = self.clone();
        let base = restored.base_mut();
        base.population = base.population.load(state)?;
        base.step = state.integer("step")?;
        base.finish = Finish::from_integer(state.integer("finish")?)?;
        restored.load(state)?;
        restored.apply(&Tunables::load(state)?);
        *self = restored;
        Ok(())
    }
}
