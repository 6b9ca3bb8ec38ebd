//! `ppgn`: the baseline of plug-and-play generative networks, kept only inside the intervals.

use super::chain::Chain;
use super::counted::Counted;
use super::evaluate::{Evaluate, EvaluateError};
use super::method::{Method, Problem};
use super::motion::Derivatives;
use super::noise::noise;
use super::population::{Population, Status};
use super::report::{Accepted, Finish, StepReport};
use super::rows::{ReseedError, Rows};
use super::settings::{Settings, SettingsError};
use super::state::{State, StateError};
use super::tunables::Tunables;
use ndarray::{Array2, ArrayView2, Axis};
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
    population: Population,
    chain: Chain,
    tunables: Tunables,
    run_seed: u64,
    wanted: usize,
    /// Steps of each chain since its start.
    age: Vec<u64>,
    /// Whether the last step had a reconstruction to move towards.
    has_prior_term: bool,
    step: u64,
    finish: Option<Finish>,
}

impl Ppgn {
    /// The chains at their starts.
    ///
    /// # Errors
    /// The problem has no constraint or unusable starts.
    pub(super) fn new(settings: &Settings, problem: Problem) -> Result<Self, SettingsError> {
        let population = Population::new(settings.rows(), settings.seed, problem)?;
        Ok(Ppgn {
            age: vec![0; population.len()],
            population,
            chain: settings.chain,
            tunables: Tunables::of(settings),
            run_seed: settings.seed,
            wanted: settings.n,
            has_prior_term: false,
            step: 0,
            finish: None,
        })
    }

    fn why_no_prior_term(&self) -> &'static str {
        if self.chain.epsilon1 > 0.0 {
            NO_INVERSE
        } else {
            NO_EPSILON
        }
    }

    fn redraw(&mut self, row: usize) {
        self.population.redraw(row);
        self.age[row] = 0;
    }

    /// Where each chain goes from the codes last evaluated `[rows, d]`.
    fn propose(&mut self, evaluator: &mut Counted<'_>) -> Result<Array2<f32>, EvaluateError> {
        let embedding_bar = Array2::zeros(self.population.embeddings.dim());
        let back = evaluator.pull_back(embedding_bar.view())?;
        let reconstructed = if self.chain.epsilon1 > 0.0 {
            evaluator.reconstruct(self.population.codes.view())?
        } else {
            None
        };
        self.has_prior_term = reconstructed.is_some();
        let mut next = self.population.codes.clone();
        for row in 0..self.population.len() {
            if !self.population.is_known(row) {
                continue;
            }
            let derivatives = Derivatives {
                objective: back.code_bar.row(row),
                activations: back.activation_gradients.index_axis(Axis(0), row),
            };
            let mut code = self.moved(row, derivatives);
            if let Some(reconstructed) = &reconstructed {
                let pairs = reconstructed.row(row).into_iter();
                let pairs = pairs.zip(self.population.codes.row(row));
                for (value, (&to, &from)) in code.iter_mut().zip(pairs) {
                    *value += self.chain.epsilon1 * (f64::from(to) - f64::from(from));
                }
            }
            if code.iter().all(|value| value.is_finite()) {
                if let Some(target) = next.row_mut(row).as_slice_mut() {
                    self.population.prior.project_into(&mut code, target);
                }
            } else {
                self.redraw(row);
            }
        }
        Ok(next)
    }

    /// The code of a row after the terms of the condition and of the noise `[d]`.
    fn moved(&self, row: usize, derivatives: Derivatives<'_>) -> Vec<f64> {
        let population = &self.population;
        let prior = &population.prior;
        let mut gradient = vec![0.0; prior.code_length()];
        let activations = population.activations.row(row);
        derivatives.add_along(population.targets.towards(activations), &mut gradient);
        let mean = gradient.iter().map(|g| g.abs()).sum::<f64>() / gradient.len() as f64;
        let size = self.tunables.step_size * prior.typical_spread();
        let factor = if mean > 0.0 { size / mean } else { 0.0 };
        let mut generator = noise(self.run_seed, row, self.step);
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
        let due: Vec<usize> = (0..self.population.len())
            .filter(|&row| self.population.is_known(row))
            .filter(|&row| self.age[row] > 0 && self.age[row].is_multiple_of(every))
            .collect();
        let mut passed = self.population.check(&due, evaluator)?;
        passed.truncate(self.wanted - self.population.accepted());
        Ok(passed
            .into_iter()
            .map(|(row, activations)| {
                let accepted = self.population.accept(row, activations, self.step);
                // The chain goes on.
                self.population.set_status(row, Status::Visited);
                accepted
            })
            .collect())
    }
}

impl Method for Ppgn {
    fn step(&mut self, evaluator: &mut dyn Evaluate) -> Result<StepReport, EvaluateError> {
        if self.finish.is_some() {
            return Ok(StepReport::of(&self.population, self.step, self.finish));
        }
        let mut evaluator = Counted::new(evaluator);
        self.step += 1;
        let all: Vec<usize> = (0..self.population.len()).collect();
        let reset_every = self.chain.reset_every;
        for &row in &all {
            if reset_every > 0 && self.age[row] > reset_every {
                self.redraw(row);
            }
        }
        for row in self.population.evaluate(&all, &mut evaluator)? {
            self.redraw(row);
        }
        for &row in &all {
            if self.population.is_feasible(row) {
                self.population.set_status(row, Status::Visited);
            }
        }
        // Pulled back before any re-check: a check must not come between the two halves.
        let is_last = self.step >= self.tunables.max_steps;
        let next = (!is_last)
            .then(|| self.propose(&mut evaluator))
            .transpose()?;
        let accepted = self.save_chains(&mut evaluator)?;
        if self.population.accepted() == self.wanted {
            self.finish = Some(Finish::Complete);
        } else if is_last {
            self.finish = Some(Finish::MaxSteps);
        }
        if let (None, Some(next)) = (self.finish, next) {
            for row in all {
                // A row drawn anew waits at its start.
                if self.population.is_known(row) {
                    self.population.codes.row_mut(row).assign(&next.row(row));
                    self.age[row] += 1;
                }
            }
        }
        let lacks_prior_term = self.step == 1 && !is_last && !self.has_prior_term;
        let notices = lacks_prior_term.then(|| self.why_no_prior_term().to_owned());
        Ok(StepReport {
            live: self.population.len(),
            accepted,
            forwards: evaluator.forwards,
            gradients: evaluator.gradients,
            notices: notices.into_iter().collect(),
            ..StepReport::of(&self.population, self.step, self.finish)
        })
    }

    fn codes(&self) -> ArrayView2<'_, f32> {
        self.population.codes.view()
    }

    fn rows(&self) -> Rows<'_> {
        self.population.rows()
    }

    fn tunables(&self) -> Tunables {
        self.tunables
    }

    fn tune(&mut self, tunables: &Tunables) -> Result<(), SettingsError> {
        tunables.check()?;
        self.tunables = *tunables;
        Ok(())
    }

    fn reseed(&mut self, row: usize) -> Result<(), ReseedError> {
        self.population.may_reseed(row, self.finish)?;
        self.redraw(row);
        Ok(())
    }

    fn state(&self) -> State {
        let mut state = State::default();
        self.tunables.save(&mut state);
        self.population.save(&mut state);
        state.put_u64("age", self.age.clone());
        state.put_integer("step", self.step);
        state.put_integer("finish", Finish::to_integer(self.finish));
        state
    }

    fn restore(&mut self, state: &State) -> Result<(), StateError> {
        let tunables = Tunables::load(state)?;
        let population = self.population.load(state)?;
        let age = state.u64("age", population.len())?;
        let step = state.integer("step")?;
        self.finish = Finish::from_integer(state.integer("finish")?)?;
        (self.tunables, self.population) = (tunables, population);
        (self.age, self.step) = (age, step);
        Ok(())
    }
}
