//! What a method tells after each step.

use super::population::Population;
use super::state::StateError;
use ndarray::Array2;
use serde::{Deserialize, Serialize};

/// A sample that was re-checked by the plain forward graphs and lies inside every interval.
#[derive(Debug, Clone, PartialEq)]
pub struct Accepted {
    /// Its number: accepted samples are numbered 0, 1, … without gaps.
    pub index: usize,
    /// The code `[d]`.
    pub code: Vec<f32>,
    /// The embedding `[p]`.
    pub embedding: Vec<f32>,
    /// The activations `[m]` of the re-check.
    pub activations: Vec<f32>,
    /// The seed that its start was drawn with: [`crate::sampler::Prior::draw`] draws it again.
    pub seed: u64,
    /// The step that accepted it.
    pub step: u64,
    /// Number of its start; see [`crate::sampler::starts`].
    pub start: u64,
}

/// Why a method has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Finish {
    /// All n samples are accepted.
    Complete,
    /// `max_steps` is reached.
    MaxSteps,
    /// `incremental`: no sample of the batch could move, so no later batch can either.
    Stalled,
    /// `dataset`: every image was looked at.
    Exhausted,
    /// For twice the patience with a start, no row had a finite gradient towards an interval that it
    /// was outside of, and none was inside: constant units, or values that are not finite.
    NoGradient,
}

impl Finish {
    /// As a checkpoint holds it; 0 is no end yet.
    pub(super) fn to_integer(finish: Option<Finish>) -> u64 {
        match finish {
            None => 0,
            Some(Finish::Complete) => 1,
            Some(Finish::MaxSteps) => 2,
            Some(Finish::Stalled) => 3,
            Some(Finish::Exhausted) => 4,
            Some(Finish::NoGradient) => 5,
        }
    }

    /// The inverse of [`Finish::to_integer`].
    pub(super) fn from_integer(integer: u64) -> Result<Option<Finish>, StateError> {
        match integer {
            0 => Ok(None),
            1 => Ok(Some(Finish::Complete)),
            2 => Ok(Some(Finish::MaxSteps)),
            3 => Ok(Some(Finish::Stalled)),
            4 => Ok(Some(Finish::Exhausted)),
            5 => Ok(Some(Finish::NoGradient)),
            _ => Err(StateError::Value {
                name: "finish".to_owned(),
            }),
        }
    }
}

/// What one step did.
#[derive(Debug, Clone, PartialEq)]
pub struct StepReport {
    /// Number of the step, from 1.
    pub step: u64,
    /// Rows that this step evaluated.
    pub live: usize,
    /// Rows feasible now: inside every shrunk interval, frozen ones included.
    pub feasible: usize,
    /// Samples accepted so far, this step's included.
    pub accepted_total: usize,
    /// The objective over the rows with finite values.
    pub objective: f64,
    /// Latest activations of every row `[rows, m]`; not a number where none is known.
    pub activations: Array2<f32>,
    /// Samples that this step accepted.
    pub accepted: Vec<Accepted>,
    /// For each constraint, the activation nearest to its interval (or inside) met so far.
    pub best_activations: Vec<Option<f32>>,
    /// Starts given up, or reset because of values that are not finite, so far.
    pub redraws: u64,
    /// Codes this step sent through a forward pass, re-checks included.
    pub forwards: u64,
    /// Codes this step sent through a gradient.
    pub gradients: u64,
    /// Set when the method has ended; more steps change nothing.
    pub finish: Option<Finish>,
    /// What the user should know of this step, one line each.
    pub notices: Vec<String>,
}

impl StepReport {
    /// What there is to tell of `population` after `step`: nothing accepted, nothing counted.
    pub(super) fn of(population: &Population, step: u64, finish: Option<Finish>) -> StepReport {
        StepReport {
            step,
            live: 0,
            feasible: population.feasible_count(),
            accepted_total: population.accepted(),
            objective: population.sums().value(),
            activations: population.known_activations(),
            accepted: Vec::new(),
            best_activations: population.best().to_vec(),
            redraws: population.redraws,
            forwards: 0,
            gradients: 0,
            finish,
            notices: Vec::new(),
        }
    }
}
