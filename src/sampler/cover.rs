//! `cover`: independent draws from the code prior restricted to the inverse set, by chains.

use super::burn_in::{BurnIn, Measured};
use super::counted::Counted;
use super::evaluate::{Evaluate, EvaluateError};
use super::method::{Method, Problem};
use super::motion::{Derivatives, Motion};
use super::noise::noise;
use super::population::{Population, Status};
use super::report::{Accepted, Finish, StepReport};
use super::rows::{ReseedError, Rows};
use super::settings::{Settings, SettingsError};
use super::state::{State, StateError};
use super::statistics::Statistics;
use super::tunables::Tunables;
use ndarray::{Array2, ArrayView2, Axis};

/// Rounds of draws before a chain is pulled: a set that holds 5 % of the prior is found in them with
/// the probability 0.999.
const ROUNDS: u64 = 8;

/// Each chain looks for a start inside among draws of the prior, 16 at a step, and where that takes
/// more than [`ROUNDS`] steps it is moved from the nearest draw into the intervals by their pull
/// alone. Then it walks: a random step that leaves the prior as it is ([`super::Prior`]'s proposal), refused where the plain forward finds an
/// activation outside its interval. By Metropolis' rule this samples the prior restricted to the
/// inverse set exactly, for any number of constraints, and needs no gradient.
///
/// The design named OLLA (arXiv 2510.22044), an unadjusted Langevin chain with half-space landing.
/// Its draws are biased near the ends of the intervals by an amount that grows with the step; under
/// a prior that random steps can keep exactly, rejection has no bias and costs less. Nor does it
/// begin at `spread`'s samples: on networks the pull of gradients ends in narrow places at the rim
/// (measured on `fashion`, bag in p95..p99.9: half of 24 chains were inside after 60 steps, and
/// some of these hardly moved in 400 more), and draws that happen to lie inside have nothing to
/// forget.
///
/// The length of steps is adapted first and then fixed. A chain gives its first sample after 8 of
/// the measured autocorrelation times, and more two times apart ([`BurnIn`]). With as many chains as
/// samples, the default, each gives one.
#[derive(Debug, Clone)]
pub(super) struct Cover {
    population: Population,
    /// Moves the rows that are outside.
    motion: Motion,
    tunables: Tunables,
    run_seed: u64,
    wanted: usize,
    statistics: Statistics,
    burn_in: BurnIn,
    /// Rounds of draws that each chain has looked at.
    rounds: Vec<u64>,
    /// Steps that each chain has walked.
    walked: Vec<u64>,
    step: u64,
    finish: Option<Finish>,
}

impl Cover {
    /// The chains at their starts.
    ///
    /// # Errors
    /// The problem has no constraint or unusable starts.
    pub(super) fn new(settings: &Settings, problem: Problem) -> Result<Self, SettingsError> {
        let population = Population::new(settings.rows(), settings.seed, problem)?;
        let statistics = Statistics::new(settings.seed, &population);
        Ok(Cover {
            motion: Motion::new(settings, &population),
            tunables: Tunables::of(settings),
            run_seed: settings.seed,
            wanted: settings.n,
            burn_in: BurnIn::new(statistics.count()),
            statistics,
            // Who gives starts wants the samples near them.
            rounds: if population.has_given_starts() {
                vec![ROUNDS; population.len()]
            } else {
                vec![0; population.len()]
            },
            walked: vec![0; population.len()],
            population,
            step: 0,
            finish: None,
        })
    }

    fn is_last_step(&self) -> bool {
        self.step >= self.tunables.max_steps
    }

    fn redraw(&mut self, row: usize) {
        self.population.redraw(row);
        self.motion.reset(row);
        self.walked[row] = 0;
    }

    /// Evaluates the `seeking` rows; those outside go to other draws, or after some rounds of that
    /// by the pull of the intervals.
    fn seek(
        &mut self,
        seeking: &[usize],
        evaluator: &mut Counted<'_>,
    ) -> Result<(), EvaluateError> {
        if seeking.is_empty() {
            return Ok(());
        }
        let broken = self.population.evaluate(seeking, evaluator)?;
        for &row in &broken {
            self.redraw(row);
        }
        let mut pulled = Vec::new();
        let mut drawn = Vec::new();
        for (at, &row) in seeking.iter().enumerate() {
            if !self.population.is_known(row) {
                continue;
            }
            if self.population.is_feasible(row) {
                self.population.set_status(row, Status::Visited);
            } else if self.rounds[row] < ROUNDS {
                drawn.push(row);
            } else {
                pulled.push((at, row));
            }
        }
        // Pulled back before any look at draws: a check must not come between the two halves.
        if !pulled.is_empty() {
            let width = self.population.embeddings.ncols();
            let embedding_bar = Array2::zeros((seeking.len(), width));
            let back = evaluator.pull_back(embedding_bar.view())?;
            for (at, row) in pulled {
                let derivatives = Derivatives {
                    objective: back.code_bar.row(at),
                    activations: back.activation_gradients.index_axis(Axis(0), at),
                };
                self.pull(row, derivatives, evaluator)?;
            }
        }
        for row in drawn {
            self.rounds[row] += 1;
            self.population.redraw_nearest(row, evaluator)?;
        }
        Ok(())
    }

    /// Moves a row that is outside by the pull of the intervals, or gives its start up.
    fn pull(
        &mut self,
        row: usize,
        derivatives: Derivatives<'_>,
        evaluator: &mut Counted<'_>,
    ) -> Result<(), EvaluateError> {
        if !derivatives.are_finite() {
            self.redraw(row);
            return Ok(());
        }
        let is_nearer = self.population.note_progress(row);
        let steps = match self.population.status(row) {
            Status::Seeking(steps) if !is_nearer => steps + 1,
            _ => 0,
        };
        if steps >= self.tunables.give_up_after {
            self.motion.reset(row);
            return self.population.redraw_nearest(row, evaluator);
        }
        self.population.set_status(row, Status::Seeking(steps));
        let mut target = self.population.codes.row(row).to_vec();
        self.motion
            .adam_step(&self.population, row, derivatives, 1.0, &mut target);
        let target = ndarray::aview1(&target);
        self.population.codes.row_mut(row).assign(&target);
        Ok(())
    }

    /// One step of the `walking` chains; gives the share that moved.
    fn walk(
        &mut self,
        walking: &[usize],
        evaluator: &mut Counted<'_>,
    ) -> Result<f64, EvaluateError> {
        let size = self.burn_in.size();
        let mut proposed = Array2::zeros((walking.len(), self.population.codes.ncols()));
        let mut valid = Vec::new();
        for (at, &row) in walking.iter().enumerate() {
            self.walked[row] += 1;
            let mut generator = noise(self.run_seed, row, self.step);
            let code = self.population.codes.row(row);
            let mut target = proposed.row_mut(at);
            if let (Some(code), Some(target)) = (code.as_slice(), target.as_slice_mut())
                && self
                    .population
                    .prior
                    .propose_into(code, size, &mut generator, target)
            {
                valid.push(at);
            }
        }
        if valid.is_empty() {
            return Ok(0.0);
        }
        let proposed = proposed.select(Axis(0), &valid);
        let evaluation = evaluator.evaluate(proposed.view())?;
        let mut moved = 0;
        for (at, &of) in valid.iter().enumerate() {
            let activations = evaluation.activations.row(at);
            let embedding = evaluation.embeddings.row(at);
            // What is not a number lies in no interval.
            if self.population.targets.accept(activations)
                && embedding.iter().all(|value| value.is_finite())
            {
                let code = proposed.row(at);
                self.population
                    .place(walking[of], code, activations, embedding);
                moved += 1;
            }
        }
        Ok(f64::from(moved) / walking.len() as f64)
    }

    /// Makes samples of the chains in `rows` that the plain re-check finds inside.
    fn draw(
        &mut self,
        rows: &[usize],
        evaluator: &mut Counted<'_>,
    ) -> Result<Vec<Accepted>, EvaluateError> {
        let mut passed = self.population.check(rows, evaluator)?;
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

    /// One step of all chains; gives the samples, and what there is to say.
    fn advance(
        &mut self,
        evaluator: &mut Counted<'_>,
    ) -> Result<(Vec<Accepted>, Option<String>), EvaluateError> {
        let (walking, seeking): (Vec<usize>, Vec<usize>) = (0..self.population.len())
            .partition(|&row| self.population.status(row) == Status::Visited);
        self.seek(&seeking, evaluator)?;
        let mut notice = None;
        // A few starts that lead nowhere must not hold up the others.
        if 2 * walking.len() >= self.population.len() {
            let success = self.walk(&walking, evaluator)?;
            let (statistics, population) = (&self.statistics, &self.population);
            let of = |row| statistics.of(population, row);
            let measured = self.burn_in.note(&walking, success, of);
            notice = measured.map(|measured| self.tell(measured));
        }
        let due: Vec<usize> = if self.is_last_step() {
            if self.burn_in.measured().is_none() {
                notice = Some(
                    "the last step came before the chains had forgotten their starts: raise \
                     --max-steps"
                        .to_owned(),
                );
            }
            walking
        } else if let Some(measured) = self.burn_in.measured().filter(|_| self.burn_in.is_due()) {
            walking
                .into_iter()
                .filter(|&row| self.walked[row] >= measured.steps)
                .collect()
        } else {
            Vec::new()
        };
        Ok((self.draw(&due, evaluator)?, notice))
    }

    fn tell(&self, measured: Measured) -> String {
        let found = format!(
            "steps of size {:.3}; chains forget in {:.1} steps; {} steps of burn-in, {} between \
             two samples of a chain",
            self.burn_in.size(),
            measured.time,
            measured.steps,
            measured.thinning()
        );
        if measured.has_mixed {
            found
        } else {
            format!("{found}: too few, the chains have not mixed")
        }
    }
}

impl Method for Cover {
    fn step(&mut self, evaluator: &mut dyn Evaluate) -> Result<StepReport, EvaluateError> {
        if self.finish.is_some() {
            return Ok(StepReport::of(&self.population, self.step, self.finish));
        }
        let mut evaluator = Counted::new(evaluator);
        self.step += 1;
        let (accepted, notice) = self.advance(&mut evaluator)?;
        if self.population.accepted() == self.wanted {
            self.finish = Some(Finish::Complete);
        } else if self.is_last_step() {
            self.finish = Some(Finish::MaxSteps);
        }
        Ok(StepReport {
            live: self.population.len(),
            accepted,
            forwards: evaluator.forwards,
            gradients: evaluator.gradients,
            notices: notice.into_iter().collect(),
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
        self.motion.tune(tunables);
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
        self.motion.save(&mut state);
        self.burn_in.save(&mut state);
        state.put_u64("rounds", self.rounds.clone());
        state.put_u64("walked", self.walked.clone());
        state.put_integer("step", self.step);
        state.put_integer("finish", Finish::to_integer(self.finish));
        state
    }

    fn restore(&mut self, state: &State) -> Result<(), StateError> {
        let tunables = Tunables::load(state)?;
        let population = self.population.load(state)?;
        let motion = self.motion.load(state)?;
        let burn_in = self.burn_in.load(state)?;
        let rounds = state.u64("rounds", population.len())?;
        let walked = state.u64("walked", population.len())?;
        let step = state.integer("step")?;
        self.finish = Finish::from_integer(state.integer("finish")?)?;
        (self.population, self.motion, self.burn_in) = (population, motion, burn_in);
        (self.rounds, self.walked) = (rounds, walked);
        (self.step, self.tunables) = (step, tunables);
        self.motion.tune(&tunables);
        Ok(())
    }
}
