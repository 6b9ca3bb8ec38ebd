//! `cover`: independent draws from the code prior restricted to the inverse set, by rejection and by
//! chains.

mod chains;

use super::burn_in::BurnIn;
use super::counted::Counted;
use super::evaluate::EvaluateError;
use super::method::Problem;
use super::motion::Motion;
use super::population::Status;
use super::rejection::Rejection;
use super::report::Accepted;
use super::settings::{Settings, SettingsError};
use super::state::{State, StateError};
use super::statistics::Statistics;
use super::stepping::{Advance, Base, Stepping};
use super::tunables::Tunables;

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
