//! How one row moves: from its gradients to its next code.

use super::evaluate::PullBack;
use super::lagrangian::Lagrangian;
use super::optimiser::{self, Adam};
use super::population::Population;
use super::projection::{CodeBox, Projector, Slab};
use super::settings::{ConstraintKind, Settings};
use super::state::{State, StateError};
use super::tunables::Tunables;
use ndarray::{ArrayView1, ArrayView2, Axis, aview1};

/// The longest pull towards an interval, in full Adam steps.
const REACH: f64 = 5.0;
/// Smallest share of its steps that a row takes.
const LEAST_TRUST: f64 = 1.0 / 16.0;
/// Growth of that share at every step that leads no farther away.
const REGROWTH: f64 = 1.2;

/// The derivatives of one row.
#[derive(Clone, Copy)]
pub(super) struct Derivatives<'a> {
    /// Gradient of the objective with respect to the code `[d]`.
    pub(super) objective: ArrayView1<'a, f32>,
    /// Gradients of the activations `[m, d]`.
    pub(super) activations: ArrayView2<'a, f32>,
}

impl<'a> Derivatives<'a> {
    /// Those of a row of what was pulled back.
    pub(super) fn of_row(back: &'a PullBack, row: usize) -> Self {
        Derivatives {
            objective: back.code_bar.row(row),
            activations: back.activation_gradients.index_axis(Axis(0), row),
        }
    }

    /// Whether every value is finite.
    pub(super) fn are_finite(&self) -> bool {
        self.objective
            .iter()
            .chain(self.activations.iter())
            .all(|value| value.is_finite())
    }

    /// Adds the activations' gradients, each `weights` times, to `gradient` `[d]`.
    pub(super) fn add_along(&self, weights: impl Iterator<Item = f64>, gradient: &mut [f64]) {
        for (activation, weight) in self.activations.outer_iter().zip(weights) {
            for (sum, &value) in gradient.iter_mut().zip(activation) {
                *sum += weight * f64::from(value);
            }
        }
    }
}

/// Optimiser and constraints of all rows.
#[derive(Debug, Clone)]
pub(super) struct Motion {
    adam: Adam,
    lagrangian: Option<Lagrangian>,
    projector: Projector,
    /// Distance of a typical code from the middle of the prior.
    radius: f64,
    alpha: f64,
    /// Root mean square of a full Adam step over the coordinates.
    step_size: f64,
    plain_length: f64,
    reach: f64,
    /// Share of its steps that each row takes, and how far outside it was before the last one.
    trust: Vec<f64>,
    violation: Vec<f64>,
    /// Of the row at hand `[d]`.
    gradient: Vec<f64>,
    displacement: Vec<f64>,
    rim: Vec<f32>,
}

impl Motion {
    /// For the rows of `population`.
    pub(super) fn new(settings: &Settings, population: &Population) -> Self {
        let length = population.prior.code_length();
        let rows = population.len();
        let spread = population.prior.spread();
        let radius = spread.iter().map(|s| s * s).sum::<f64>().sqrt();
        let mut motion = Motion {
            adam: Adam::new(rows, length),
            lagrangian: match settings.constraint {
                ConstraintKind::Projection => None,
                ConstraintKind::AugmentedLagrangian => {
                    Some(Lagrangian::new(rows, population.targets.len()))
                }
            },
            projector: Projector::default(),
            radius,
            alpha: 0.0,
            step_size: 0.0,
            plain_length: 0.0,
            reach: 0.0,
            trust: vec![1.0; rows],
            violation: vec![f64::MAX; rows],
            gradient: vec![0.0; length],
            displacement: vec![0.0; length],
            rim: Vec::with_capacity(length),
        };
        motion.tune(&Tunables::of(settings));
        motion
    }

    /// Other steps from now on; what the optimiser has learnt stays.
    pub(super) fn tune(&mut self, tunables: &Tunables) {
        let length = self.gradient.len() as f64;
        self.alpha = tunables.alpha;
        self.step_size = tunables.step_size * self.radius / length.sqrt();
        self.plain_length = tunables.plain_step * self.radius;
        self.reach = REACH * tunables.step_size * self.radius;
    }

    /// Forgets everything about one row.
    pub(super) fn reset(&mut self, row: usize) {
        self.adam.reset(row);
        self.trust[row] = 1.0;
        self.violation[row] = f64::MAX;
        if let Some(lagrangian) = &mut self.lagrangian {
            lagrangian.reset(row);
        }
    }

    /// One Adam step of a row, `scale` times the set size, held to the constraints. Writes the
    /// valid code it leads to.
    pub(super) fn adam_step(
        &mut self,
        population: &Population,
        row: usize,
        derivatives: Derivatives<'_>,
        scale: f64,
        target: &mut [f32],
    ) {
        self.take_gradient(derivatives);
        if let Some(lagrangian) = &mut self.lagrangian {
            // The objective's gradient grows with the number of rows; the multipliers' need not.
            let rows = 4.0 * population.len() as f64;
            self.gradient.iter_mut().for_each(|g| *g /= rows);
            lagrangian.add_gradient(
                row,
                population
                    .activations
                    .row(row)
                    .iter()
                    .map(|&a| f64::from(a)),
                population.targets.aim(),
                derivatives.activations,
                &mut self.gradient,
            );
        }
        self.update_trust(population, row);
        let size = self.step_size * scale * self.trust[row];
        self.adam
            .propose(row, &self.gradient, size, &mut self.displacement);
        if self.lagrangian.is_none() {
            self.hold_to_intervals(population, row, derivatives);
        }
        population.arrive(row, &self.displacement, 1.0, &mut self.gradient, target);
    }

    /// One plain step of a row, held to the constraints. Gives the displacement.
    pub(super) fn plain_step(
        &mut self,
        population: &Population,
        row: usize,
        derivatives: Derivatives<'_>,
    ) -> Vec<f64> {
        self.take_gradient(derivatives);
        optimiser::plain_step(&self.gradient, self.plain_length, &mut self.displacement);
        self.hold_to_intervals(population, row, derivatives);
        self.displacement.clone()
    }

    fn take_gradient(&mut self, derivatives: Derivatives<'_>) {
        for (target, &value) in self.gradient.iter_mut().zip(derivatives.objective) {
            *target = f64::from(value);
        }
    }

    /// Shortens the steps of a row that the last one took farther from its intervals, and lets them
    /// grow again while it comes nearer: gradients say little about how far a curved or saturated
    /// unit follows them.
    ///
    /// Multipliers need to leave the intervals to learn their force, so they keep full steps.
    fn update_trust(&mut self, population: &Population, row: usize) {
        if self.lagrangian.is_some() {
            return;
        }
        let violation = population
            .targets
            .violation(population.activations.row(row));
        let trust = &mut self.trust[row];
        *trust = if violation > self.violation[row] {
            (0.5 * *trust).max(LEAST_TRUST)
        } else {
            (REGROWTH * *trust).min(1.0)
        };
        self.violation[row] = violation;
    }

    /// Projects the displacement onto the linearised intervals, the code's box and, where the
    /// prior has one, its linearised ball: projecting onto the ball only afterwards would push
    /// samples on its rim out of their intervals again at every step.
    fn hold_to_intervals(
        &mut self,
        population: &Population,
        row: usize,
        derivatives: Derivatives<'_>,
    ) {
        let code = population.codes.row(row);
        let activations = population.activations.row(row);
        let reach = self.reach * self.trust[row];
        let aims = population.targets.aim().iter();
        let mut slabs: Vec<Slab<'_>> = derivatives
            .activations
            .outer_iter()
            .zip(activations.iter().zip(aims))
            .filter_map(|(normal, (&activation, &ends))| {
                let activation = f64::from(activation);
                Slab::of_interval(normal, activation, ends, self.alpha, reach)
            })
            .collect();
        if let Some(slack) = population.prior.rim(code, &mut self.rim) {
            let rim = Slab::new(aview1(&self.rim), f64::NEG_INFINITY, slack);
            slabs.extend(rim);
        }
        let bounds = population.prior.bounds();
        let around = bounds.map(|(low, high)| CodeBox { code, low, high });
        self.projector
            .project(&mut self.displacement, &slabs, around);
    }

    pub(super) fn save(&self, state: &mut State) {
        self.adam.save(state);
        state.put_f64("trust", &self.trust);
        state.put_f64("violation", &self.violation);
        if let Some(lagrangian) = &self.lagrangian {
            lagrangian.save(state);
        }
    }

    /// The optimiser of a state of the same settings and problem.
    pub(super) fn load(&self, state: &State) -> Result<Self, StateError> {
        Ok(Motion {
            adam: self.adam.load(state)?,
            trust: state.f64("trust", Some(self.trust.len()))?,
            violation: state.f64("violation", Some(self.violation.len()))?,
            lagrangian: match &self.lagrangian {
                Some(lagrangian) => Some(lagrangian.load(state)?),
                None => None,
            },
            ..self.clone()
        })
    }
}
