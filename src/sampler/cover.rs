//! `cover`: independent draws from the code prior restricted to the inverse set, by chains.

use super::burn_in::{BurnIn, Measured};
use super::counted::Counted;
use super::evaluate::EvaluateError;
use super::method::Problem;
use super::motion::{Derivatives, Motion};
use super::noise::noise;
use super::population::Status;
use super::rejection::{BEGINNINGS, Rejection};
use super::report::Accepted;
use super::settings::{Settings, SettingsError};
use super::state::{State, StateError};
use super::statistics::Statistics;
use super::stepping::{Advance, Base, Stepping};
use super::tunables::Tunables;
use ndarray::{Array2, Axis};

/// Each row looks at draws of the prior, 16 at a step. What lies inside is an exact independent draw
/// of the prior restricted to the inverse set and is a sample at once; intervals that hold a percent
/// or more of the prior are sampled so to the end ([`Rejection`]).
///
/// Where that takes too many draws, rows without a sample become chains. They begin at copies of
/// samples found, or, where there are too few of these, at draws that the pull of the intervals has
/// moved inside. Then they walk: a random step that leaves the prior as it is ([`super::Prior`]'s
/// proposal), refused where the plain forward finds an activation outside its interval. By
/// Metropolis' rule this samples the prior restricted to the inverse set exactly, for any number of
/// constraints, and needs no gradient. From given starts chains begin at once.
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
/// the measured autocorrelation times, and more two times apart ([`BurnIn`]). A row stops when the
/// others suffice: with as many rows as samples, the default, each gives one.
#[derive(Debug, Clone)]
pub(super) struct Cover {
    base: Base,
    /// Moves the rows that are outside.
    motion: Motion,
    run_seed: u64,
    statistics: Statistics,
    rejection: Rejection,
    burn_in: BurnIn,
    /// Steps that each chain has walked since its start or its last sample.
    walked: Vec<u64>,
    /// Whether each chain has given a sample.
    has_given: Vec<bool>,
}

impl Cover {
    /// The chains at their starts.
    ///
    /// # Errors
    /// The problem has no constraint or unusable starts.
    pub(super) fn new(settings: &Settings, problem: Problem) -> Result<Self, SettingsError> {
        let base = Base::new(settings, settings.rows(), settings.n, problem)?;
        let population = &base.population;
        let statistics = Statistics::new(settings.seed, population);
        Ok(Cover {
            motion: Motion::new(settings, population),
            run_seed: settings.seed,
            burn_in: BurnIn::new(statistics.count()),
            statistics,
            // Who gives starts wants the samples near them.
            rejection: if population.has_given_starts() {
                Rejection::none()
            } else {
                Rejection::new(population.len())
            },
            walked: vec![0; population.len()],
            has_given: vec![false; population.len()],
            base,
        })
    }

    /// A round of draws; gives the samples, and what the draws said once they end.
    fn draw(
        &mut self,
        evaluator: &mut Counted<'_>,
    ) -> Result<(Vec<Accepted>, Option<String>), EvaluateError> {
        let mut inside = self.base.population.live();
        if self.base.step == 1 {
            self.rejection.look(inside.len() as u64);
        }
        let broken = self.base.population.evaluate(&inside, evaluator)?;
        let population = &self.base.population;
        inside.retain(|row| {
            let activations = population.activations.row(*row);
            !broken.contains(row) && population.targets.accept(activations)
        });
        let accepted = self.accept(&inside, evaluator)?;
        let missing = self.base.missing() as u64;
        if self.rejection.end_round(accepted.len() as u64, missing) {
            return Ok((accepted, Some(self.rejection.tell(missing))));
        }
        let live = self.base.population.live();
        let draws = self.base.population.redraw_nearest(&live, evaluator)?;
        self.rejection.look(draws);
        for row in live {
            self.has_given[row] = false;
        }
        Ok((accepted, None))
    }

    /// Moves the `seeking` rows inside: to copies of samples found, or by the pull of the intervals.
    fn seek(
        &mut self,
        seeking: &[usize],
        evaluator: &mut Counted<'_>,
    ) -> Result<(), EvaluateError> {
        if seeking.is_empty() {
            return Ok(());
        }
        let settled = self.base.population.settled();
        if settled.len() as u64 >= BEGINNINGS {
            for (&row, &from) in seeking.iter().zip(settled.iter().cycle()) {
                self.base.population.copy(row, from);
                self.base.population.set_status(row, Status::Visited);
            }
            return Ok(());
        }
        let broken = self.base.population.evaluate(seeking, evaluator)?;
        for &row in &broken {
            self.redraw(row);
        }
        let mut pulled = Vec::new();
        for (at, &row) in seeking.iter().enumerate() {
            if self.base.population.is_feasible(row) {
                self.base.population.set_status(row, Status::Visited);
            } else if self.base.population.is_known(row) {
                pulled.push((at, row));
            }
        }
        if pulled.is_empty() {
            return Ok(());
        }
        let width = self.base.population.embeddings.ncols();
        let embedding_bar = Array2::zeros((seeking.len(), width));
        let back = evaluator.pull_back(embedding_bar.view())?;
        for (at, row) in pulled {
            let derivatives = Derivatives {
                objective: back.code_bar.row(at),
                activations: back.activation_gradients.index_axis(Axis(0), at),
            };
            self.pull(row, derivatives, evaluator)?;
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
        let is_nearer = self.base.population.note_progress(row);
        let steps = match self.base.population.status(row) {
            Status::Seeking(steps) if !is_nearer => steps + 1,
            _ => 0,
        };
        if steps >= self.base.tunables.give_up_after {
            self.motion.reset(row);
            self.base.population.redraw_nearest(&[row], evaluator)?;
            return Ok(());
        }
        self.base.population.set_status(row, Status::Seeking(steps));
        let mut target = self.base.population.codes.row(row).to_vec();
        self.motion
            .adam_step(&self.base.population, row, derivatives, 1.0, &mut target);
        let target = ndarray::aview1(&target);
        self.base.population.codes.row_mut(row).assign(&target);
        Ok(())
    }

    /// One step of the `walking` chains; gives the share that moved.
    fn walk(
        &mut self,
        walking: &[usize],
        evaluator: &mut Counted<'_>,
    ) -> Result<f64, EvaluateError> {
        let size = self.burn_in.size();
        let mut proposed = Array2::zeros((walking.len(), self.base.population.codes.ncols()));
        let mut valid = Vec::new();
        for (at, &row) in walking.iter().enumerate() {
            self.walked[row] += 1;
            let mut generator = noise(self.run_seed, row, self.base.step);
            let code = self.base.population.codes.row(row);
            let mut target = proposed.row_mut(at);
            if let (Some(code), Some(target)) = (code.as_slice(), target.as_slice_mut())
                && self
                    .base
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
            if self.base.population.targets.accept(activations)
                && embedding.iter().all(|value| value.is_finite())
            {
                let code = proposed.row(at);
                self.base
                    .population
                    .place(walking[of], code, activations, embedding);
                moved += 1;
            }
        }
        Ok(f64::from(moved) / walking.len() as f64)
    }

    /// Makes samples of the `rows` that the plain re-check finds inside. A row that the others can
    /// spare stops there.
    fn accept(
        &mut self,
        rows: &[usize],
        evaluator: &mut Counted<'_>,
    ) -> Result<Vec<Accepted>, EvaluateError> {
        let mut passed = self.base.population.check(rows, evaluator)?;
        passed.truncate(self.base.missing());
        let mut live = self.base.population.live().len();
        let mut accepted = Vec::with_capacity(passed.len());
        for (row, activations) in passed {
            accepted.push(
                self.base
                    .population
                    .accept(row, activations, self.base.step),
            );
            (self.walked[row], self.has_given[row]) = (0, true);
            if self.base.missing() < live {
                live -= 1;
            } else {
                self.base.population.set_status(row, Status::Visited);
            }
        }
        Ok(accepted)
    }

    /// One step of all chains; gives the samples, and what there is to say.
    fn move_chains(
        &mut self,
        evaluator: &mut Counted<'_>,
    ) -> Result<(Vec<Accepted>, Option<String>), EvaluateError> {
        let live = self.base.population.live();
        let (walking, seeking): (Vec<usize>, Vec<usize>) = live
            .iter()
            .partition(|&&row| self.base.population.status(row) == Status::Visited);
        self.seek(&seeking, evaluator)?;
        let mut notice = None;
        // A few starts that lead nowhere must not hold up the others.
        if !walking.is_empty() && 2 * walking.len() >= live.len() {
            let success = self.walk(&walking, evaluator)?;
            let (statistics, population) = (&self.statistics, &self.base.population);
            let of = |row| statistics.of(population, row);
            let measured = self.burn_in.note(&walking, success, of);
            notice = measured.map(|measured| self.tell(measured));
        }
        let due: Vec<usize> = if self.base.is_last_step() {
            if self.burn_in.measured().is_none() {
                notice = Some(
                    "the last step came before the chains had forgotten their starts: raise \
                     --max-steps"
                        .to_owned(),
                );
            }
            walking
        } else if let Some(measured) = self.burn_in.measured() {
            walking
                .into_iter()
                .filter(|&row| self.walked[row] >= measured.between(self.has_given[row]))
                .collect()
        } else {
            Vec::new()
        };
        Ok((self.accept(&due, evaluator)?, notice))
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

impl Stepping for Cover {
    fn base(&self) -> &Base {
        &self.base
    }

    fn base_mut(&mut self) -> &mut Base {
        &mut self.base
    }

    fn advance(&mut self, evaluator: &mut Counted<'_>) -> Result<Advance, EvaluateError> {
        let live = self.base.population.live().len();
        let (accepted, notice) = if self.rejection.has_ended() {
            self.move_chains(evaluator)?
        } else {
            self.draw(evaluator)?
        };
        self.base.end();
        Ok(Advance {
            live,
            accepted,
            notices: notice.into_iter().collect(),
            ..Advance::default()
        })
    }

    fn redraw(&mut self, row: usize) {
        self.base.population.redraw(row);
        self.motion.reset(row);
        (self.walked[row], self.has_given[row]) = (0, false);
    }

    fn apply(&mut self, tunables: &Tunables) {
        self.base.tunables = *tunables;
        self.motion.tune(tunables);
    }

    fn save(&self, state: &mut State) {
        self.motion.save(state);
        self.rejection.save(state);
        self.burn_in.save(state);
        state.put_u64("walked", self.walked.clone());
        let has_given = self.has_given.iter().map(|&given| u64::from(given));
        state.put_u64("has_given", has_given.collect());
    }

    fn load(&mut self, state: &State) -> Result<(), StateError> {
        self.motion = self.motion.load(state)?;
        self.rejection = Rejection::load(state)?;
        self.burn_in = self.burn_in.load(state)?;
        let rows = self.base.population.len();
        self.walked = state.u64("walked", rows)?;
        let has_given = state.u64("has_given", rows)?;
        self.has_given = has_given.iter().map(|&given| given != 0).collect();
        Ok(())
    }
}
