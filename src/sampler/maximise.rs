//! `maximise`: the baseline without an interval. Each sample climbs alone.

use super::ascent::Ascent;
use super::counted::Counted;
use super::evaluate::EvaluateError;
use super::method::Problem;
use super::motion::Derivatives;
use super::population::Status;
use super::report::Accepted;
use super::settings::{Settings, SettingsError};
use super::state::{State, StateError};
use super::stepping::{Advance, Base, Stepping};
use ndarray::Array2;

/// DGN-AM (Nguyen et al., arXiv 1605.09304): n independent ascents in code space on the sum of the
/// units' activations, by its authors' program `act_max.py` (Evolving-AI-Lab/synthesizing): steps
/// of c + η ∇f/mean|∇f|, with η falling linearly from the first step to nothing over a stated
/// number of steps, then the code's decay towards the prior's mean and the bounds of the prior.
/// A unit whose interval has a high end only is climbed down.
///
/// No interval steers the ascent, and where it has ended is its result, whatever it passed through
/// on its way. The result is a sample if the plain re-check finds it inside the intervals; else
/// the slot is refilled by the next start, until all n are found or the steps are used up. An
/// ascent that the last step cuts short counts as ended. So an open interval below the units'
/// maxima is met, and a closed one mostly overshot: that is what a method without an interval
/// does.
#[derive(Debug, Clone)]
pub(super) struct Maximise {
    base: Base,
    ascent: Ascent,
    /// Steps that each row has made from its start.
    climbed: Vec<u64>,
}

impl Maximise {
    /// n rows at their starts.
    ///
    /// # Errors
    /// The problem has no constraint or unusable starts.
    pub(super) fn new(settings: &Settings, problem: Problem) -> Result<Self, SettingsError> {
        let base = Base::new(settings, settings.rows(), settings.n, problem)?;
        Ok(Maximise {
            climbed: vec![0; base.population.len()],
            base,
            ascent: settings.ascent,
        })
    }

    /// Evaluates the live rows; gives those that have a finite value, drawing the others anew.
    fn evaluate(
        &mut self,
        live: &[usize],
        evaluator: &mut Counted<'_>,
    ) -> Result<Vec<usize>, EvaluateError> {
        let broken = self.base.population.evaluate(live, evaluator)?;
        for &row in &broken {
            self.redraw(row);
        }
        Ok(live
            .iter()
            .copied()
            .filter(|row| !broken.contains(row))
            .collect())
    }

    /// Whether a row is where its ascent ends.
    fn has_ended(&self, row: usize) -> bool {
        self.base.is_last_step() || self.climbed[row] >= self.ascent.steps
    }

    /// One step up for each of the `climbing` rows; `live` are all rows of the last evaluation.
    fn climb(
        &mut self,
        live: &[usize],
        climbing: &[usize],
        evaluator: &mut Counted<'_>,
    ) -> Result<(), EvaluateError> {
        if climbing.is_empty() {
            return Ok(());
        }
        let embedding_bar = Array2::zeros((live.len(), self.base.population.embeddings.ncols()));
        let back = evaluator.pull_back(embedding_bar.view())?;
        for (at, &row) in live.iter().enumerate() {
            if climbing.binary_search(&row).is_err() {
                continue;
            }
            let derivatives = Derivatives::of_row(&back, at);
            if derivatives.are_finite() {
                self.move_up(row, derivatives);
            } else {
                self.redraw(row);
            }
        }
        Ok(())
    }

    fn move_up(&mut self, row: usize, derivatives: Derivatives<'_>) {
        let population = &mut self.base.population;
        let mut gradient = vec![0.0; population.codes.ncols()];
        derivatives.add_along(population.targets.direction(), &mut gradient);
        let mean = gradient.iter().map(|g| g.abs()).sum::<f64>() / gradient.len() as f64;
        if mean == 0.0 {
            // Nowhere to go: the ascent has ended here.
            self.climbed[row] = self.ascent.steps;
            return;
        }
        let left = 1.0 - self.climbed[row] as f64 / self.ascent.steps as f64;
        let size = self.base.tunables.step_size * population.prior.typical_spread() * left;
        let mut code: Vec<f64> = population
            .codes
            .row(row)
            .iter()
            .zip(&gradient)
            .map(|(&value, g)| f64::from(value) + size / mean * g)
            .collect();
        population.prior.decay(&mut code, self.ascent.decay);
        if let Some(target) = population.codes.row_mut(row).as_slice_mut() {
            population.prior.project_into(&mut code, target);
        }
        self.climbed[row] += 1;
    }

    /// Makes samples of the results that lie inside, and draws the other rows that ended anew.
    fn end(
        &mut self,
        ended: &[usize],
        evaluator: &mut Counted<'_>,
    ) -> Result<Vec<Accepted>, EvaluateError> {
        let mut accepted = Vec::new();
        for (row, activations) in self.base.population.check(ended, evaluator)? {
            accepted.push(
                self.base
                    .population
                    .accept(row, activations, self.base.step),
            );
        }
        if !self.base.is_last_step() {
            for &row in ended {
                if self.base.population.status(row) != Status::Accepted {
                    self.redraw(row);
                }
            }
        }
        Ok(accepted)
    }
}

impl Stepping for Maximise {
    fn base(&self) -> &Base {
        &self.base
    }

    fn base_mut(&mut self) -> &mut Base {
        &mut self.base
    }

    fn advance(&mut self, evaluator: &mut Counted<'_>) -> Result<Advance, EvaluateError> {
        let live = self.base.population.live();
        let evaluated = self.evaluate(&live, evaluator)?;
        for &row in &evaluated {
            if self.base.population.is_feasible(row) {
                self.base.population.set_status(row, Status::Visited);
            }
        }
        let (climbing, ended): (Vec<usize>, Vec<usize>) =
            evaluated.into_iter().partition(|&row| !self.has_ended(row));
        // Pulled back before any re-check: a check must not come between the two halves.
        self.climb(&live, &climbing, evaluator)?;
        let accepted = self.end(&ended, evaluator)?;
        self.base.end();
        Ok(Advance {
            live: live.len(),
            accepted,
            ..Advance::default()
        })
    }

    /// The sum that the rows climb, over those with known values.
    fn objective(&self) -> f64 {
        let population = &self.base.population;
        population
            .known_rows()
            .map(|row| {
                let activations = population.activations.row(row).into_iter();
                activations
                    .zip(population.targets.direction())
                    .map(|(&activation, direction)| direction * f64::from(activation))
                    .sum::<f64>()
            })
            .sum()
    }

    fn redraw(&mut self, row: usize) {
        self.base.population.redraw(row);
        self.climbed[row] = 0;
    }

    fn save(&self, state: &mut State) {
        state.put_u64("climbed", self.climbed.clone());
    }

    fn load(&mut self, state: &State) -> Result<(), StateError> {
        self.climbed = state.u64("climbed", self.base.population.len())?;
        Ok(())
    }
}
