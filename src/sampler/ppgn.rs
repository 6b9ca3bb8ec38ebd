//! `ppgn`: the baseline of plug-and-play generative networks, kept only inside the intervals.

use super::chain::Chain;
use super::counted::Counted;
use super::evaluate::EvaluateError;
use super::method::Problem;
use super::motion::Derivatives;
use super::noise::noise;
use super::population::Status;
use super::report::Accepted;
use super::settings::{Settings, SettingsError};
use super::state::{State, StateError};
use super::stepping::{Advance, Base, Stepping};
use ndarray::Array2;
use ndarray_rand::rand_distr::{Distribution, StandardNormal};

/// What is said at the start where there is no inverse, and where the user wants none.
const NO_INVERSE: &str = "the bundle has no [inverse], so epsilon1 = 0: without its prior term this is \
                          not PPGN";
const NO_EPSILON: &str = "epsilon1 = 0: without its prior term this is not PPGN";

/// The chain of PPGN (Nguyen et al., arXiv 1612.00005, equation 11), one for each row:
/// h ← h + ε1 (R(h) − h) + ε2 ∂log p(condition)/∂h + N(0, ε3²), with R(h) = E(G(h)) by the bundle's
/// inverse.
///
/// As in its authors' program (`sampler.py`, Evolving-AI-Lab/ppgn) the condition's gradient is
/// divided by the mean of its absolute values, so ε2 is a length: the run's step size, in spreads
/// of the prior; ε3 is in spreads too. Their condition is a class, whose gradient
/// (1 − p) ∂logit/∂h vanishes where it holds. Here the condition is "inside the interval": the
/// gradient of each activation towards its interval, nothing inside, summed over the constraints.
///
/// A chain begins at a start, is looked at every [`Chain::save_every`] steps and saved where the
/// plain re-check finds it inside, and is put at its next start after [`Chain::reset_every`] steps,
/// as theirs.
#[derive(Debug, Clone)]
pub(super) struct Ppgn {
    base: Base,
    chain: Chain,
    run_seed: u64,
    /// Steps of each chain since its start.
    age: Vec<u64>,
    /// Whether the last step had a reconstruction to move towards.
    has_prior_term: bool,
}

impl Ppgn {
    /// The chains at their starts.
    ///
    /// # Errors
    /// The problem has no constraint or unusable starts.
    pub(super) fn new(settings: &Settings, problem: Problem) -> Result<Self, SettingsError> {
        let base = Base::new(settings, settings.rows(), settings.n, problem)?;
        Ok(Ppgn {
            age: vec![0; base.population.len()],
            base,
            chain: settings.chain,
            run_seed: settings.seed,
            has_prior_term: false,
        })
    }

    fn why_no_prior_term(&self) -> &'static str {
        if self.chain.epsilon1 > 0.0 {
            NO_INVERSE
        } else {
            NO_EPSILON
        }
    }

    /// Where each chain goes from the codes last evaluated `[rows, d]`.
    fn propose(&mut self, evaluator: &mut Counted<'_>) -> Result<Array2<f32>, EvaluateError> {
        let embedding_bar = Array2::zeros(self.base.population.embeddings.dim());
        let back = evaluator.pull_back(embedding_bar.view())?;
        let reconstructed = if self.chain.epsilon1 > 0.0 {
            evaluator.reconstruct(self.base.population.codes.view())?
        } else {
            None
        };
        self.has_prior_term = reconstructed.is_some();
        let mut next = self.base.population.codes.clone();
        for row in 0..self.base.population.len() {
            if !self.base.population.is_known(row) {
                continue;
            }
            let derivatives = Derivatives::of_row(&back, row);
            let mut code = self.moved(row, derivatives);
            if let Some(reconstructed) = &reconstructed {
                let pairs = reconstructed.row(row).into_iter();
                let pairs = pairs.zip(self.base.population.codes.row(row));
                for (value, (&to, &from)) in code.iter_mut().zip(pairs) {
                    *value += self.chain.epsilon1 * (f64::from(to) - f64::from(from));
                }
            }
            if code.iter().all(|value| value.is_finite()) {
                if let Some(target) = next.row_mut(row).as_slice_mut() {
                    self.base.population.prior.project_into(&mut code, target);
                }
            } else {
                self.redraw(row);
            }
        }
        Ok(next)
    }

    /// The code of a row after the terms of the condition and of the noise `[d]`.
    fn moved(&self, row: usize, derivatives: Derivatives<'_>) -> Vec<f64> {
        let population = &self.base.population;
        let prior = &population.prior;
        let mut gradient = vec![0.0; prior.code_length()];
        let activations = population.activations.row(row);
        derivatives.add_along(population.targets.towards(activations), &mut gradient);
        let mean = gradient.iter().map(|g| g.abs()).sum::<f64>() / gradient.len() as f64;
        let size = self.base.tunables.step_size * prior.typical_spread();
        let factor = if mean > 0.0 { size / mean } else { 0.0 };
        let mut generator = noise(self.run_seed, row, self.base.step);
        let parts = population.codes.row(row).into_iter();
        parts
            .zip(&gradient)
            .zip(prior.spread())
            .map(|((&value, g), spread)| {
                let standard: f64 = StandardNormal.sample(&mut generator);
                f64::from(value) + factor * g + self.chain.epsilon3 * spread * standard
            })
            .collect()
    }

    /// Saves the chains whose turn it is and that are inside.
    fn save_chains(&mut self, evaluator: &mut Counted<'_>) -> Result<Vec<Accepted>, EvaluateError> {
        let every = self.chain.save_every;
        let due: Vec<usize> = (0..self.base.population.len())
            .filter(|&row| self.base.population.is_known(row))
            .filter(|&row| self.age[row] > 0 && self.age[row].is_multiple_of(every))
            .collect();
        let mut passed = self.base.population.check(&due, evaluator)?;
        passed.truncate(self.base.missing());
        Ok(passed
            .into_iter()
            .map(|(row, activations)| {
                let accepted = self
                    .base
                    .population
                    .accept(row, activations, self.base.step);
                // The chain goes on.
                self.base.population.set_status(row, Status::Visited);
                accepted
            })
            .collect())
    }
}

impl Stepping for Ppgn {
    fn base(&self) -> &Base {
        &self.base
    }

    fn base_mut(&mut self) -> &mut Base {
        &mut self.base
    }

    fn advance(&mut self, evaluator: &mut Counted<'_>) -> Result<Advance, EvaluateError> {
        let all: Vec<usize> = (0..self.base.population.len()).collect();
        let reset_every = self.chain.reset_every;
        for &row in &all {
            if reset_every > 0 && self.age[row] > reset_every {
                self.redraw(row);
            }
        }
        for row in self.base.population.evaluate(&all, evaluator)? {
            self.redraw(row);
        }
        for &row in &all {
            if self.base.population.is_feasible(row) {
                self.base.population.set_status(row, Status::Visited);
            }
        }
        // Pulled back before any re-check: a check must not come between the two halves.
        let is_last = self.base.is_last_step();
        let next = (!is_last).then(|| self.propose(evaluator)).transpose()?;
        let accepted = self.save_chains(evaluator)?;
        let has_ended = self.base.end();
        if let (false, Some(next)) = (has_ended, next) {
            for &row in &all {
                // A row drawn anew waits at its start.
                if self.base.population.is_known(row) {
                    let mut code = self.base.population.codes.row_mut(row);
                    code.assign(&next.row(row));
                    self.age[row] += 1;
                }
            }
        }
        let lacks_prior_term = self.base.step == 1 && !is_last && !self.has_prior_term;
        let notices = lacks_prior_term.then(|| self.why_no_prior_term().to_owned());
        Ok(Advance {
            live: all.len(),
            accepted,
            notices: notices.into_iter().collect(),
            ..Advance::default()
        })
    }

    fn redraw(&mut self, row: usize) {
        self.base.population.redraw(row);
        self.age[row] = 0;
    }

    fn save(&self, state: &mut State) {
        state.put_u64("age", self.age.clone());
    }

    fn load(&mut self, state: &State) -> Result<(), StateError> {
        self.age = state.u64("age", self.base.population.len())?;
        Ok(())
    }
}
