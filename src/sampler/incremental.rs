//! `incremental`: the paper's fast method. K seeds, then batches of one feasible step each.

use super::counted::Counted;
use super::evaluate::{Evaluate, EvaluateError};
use super::joint::Joint;
use super::method::{Method, Problem};
use super::motion::Derivatives;
use super::objective::Sums;
use super::report::{Accepted, Finish, StepReport};
use super::rows::{ReseedError, Rows};
use super::settings::{Settings, SettingsError, Stop, Update};
use super::state::{State, StateError};
use super::stepping::Stepping;
use super::tunables::Tunables;
use ndarray::{Array2, ArrayView2};

/// How often a step that leaves the feasible region is halved.
const HALVINGS: usize = 10;

/// Phase 1 is `joint` over K rows that freeze where they become feasible; its K samples are the
/// seeds C0. Phase 2 moves the same K rows by one projected plain-gradient step per batch on
/// Σ_{i,j<=K} ‖e_i − e_j‖² + Σ_{i<=K} Σ_{y in C0} ‖e_i − e_y‖² and keeps the results.
#[derive(Debug, Clone)]
pub(super) struct Incremental {
    /// The K rows, their values, and phase 1.
    rows: Joint,
    wanted: usize,
    /// As set; see [`of_phase_one`].
    tunables: Tunables,
    seeds_grow: bool,
    /// S_0 and q_0 of the seeds C0, about the mean of the first K; none in phase 1.
    seeds: Option<Sums>,
    /// Whether the evaluator's last evaluation is that of the rows' codes. A method that goes on
    /// from a checkpoint evaluates once more.
    evaluated: bool,
}

impl Incremental {
    /// At the random starts of phase 1.
    ///
    /// # Errors
    /// The problem has no constraint or unusable starts.
    pub(super) fn new(settings: &Settings, problem: Problem) -> Result<Self, SettingsError> {
        let settings = Settings {
            update: Update::Exact,
            ..settings.clone()
        };
        let rows = settings.k.min(settings.n);
        Ok(Incremental {
            rows: Joint::new(&settings, rows, Stop::Feasible, problem)?,
            wanted: settings.n,
            tunables: Tunables::of(&settings),
            seeds_grow: settings.seeds_grow,
            seeds: None,
            evaluated: false,
        })
    }

    /// One step of phase 1.
    fn seed(&mut self, evaluator: &mut dyn Evaluate) -> Result<StepReport, EvaluateError> {
        let mut report = self.rows.step(evaluator)?;
        if report.finish == Some(Finish::Complete) && report.accepted_total < self.wanted {
            self.seeds = Some(self.rows.base.population.sums());
            self.rows.base.finish =
                (report.step >= self.tunables.max_steps).then_some(Finish::MaxSteps);
            report.finish = self.rows.base.finish;
        }
        Ok(report)
    }

    /// What a step reports, without the codes counted.
    fn report(&self, live: usize, objective: f64, accepted: Vec<Accepted>) -> StepReport {
        let base = &self.rows.base;
        StepReport {
            live,
            objective,
            accepted,
            ..StepReport::of(&base.population, base.step, base.finish)
        }
    }

    /// The sums of the K rows about the seeds' centre.
    fn live_sums(&self, seeds: &Sums) -> Sums {
        let mut sums = Sums::about(seeds.centre().to_vec());
        for embedding in self.rows.base.population.embeddings.rows() {
            sums.add(embedding);
        }
        sums
    }

    /// The displacement of every row, held to the intervals; none where a derivative is not
    /// finite.
    fn displacements(
        &mut self,
        seeds: &Sums,
        evaluator: &mut Counted<'_>,
    ) -> Result<Vec<Option<Vec<f64>>>, EvaluateError> {
        let sums = self.live_sums(seeds);
        let population = &self.rows.base.population;
        let mut embedding_bar = Array2::zeros(population.embeddings.dim());
        for (mut bar, embedding) in embedding_bar
            .rows_mut()
            .into_iter()
            .zip(population.embeddings.rows())
        {
            if let Some(bar) = bar.as_slice_mut() {
                sums.gradient_into(embedding, Some(seeds), bar);
            }
        }
        let back = evaluator.pull_back(embedding_bar.view())?;
        let motion = &mut self.rows.motion;
        Ok((0..population.len())
            .map(|row| {
                let derivatives = Derivatives::of_row(&back, row);
                derivatives
                    .are_finite()
                    .then(|| motion.plain_step(population, row, derivatives))
            })
            .collect())
    }

    /// Moves every row by its displacement, halved until the plain forward finds it inside; gives
    /// the rows that moved, with their activations, in order. The others stay where they are.
    fn advance(
        &mut self,
        displacements: &[Option<Vec<f64>>],
        evaluator: &mut Counted<'_>,
    ) -> Result<Vec<(usize, Vec<f32>)>, EvaluateError> {
        let population = &mut self.rows.base.population;
        let length = population.codes.ncols();
        let mut scratch = vec![0.0; length];
        let mut moved: Vec<(usize, Vec<f32>)> = Vec::new();
        let mut pending: Vec<usize> = (0..population.len()).collect();
        pending.retain(|&row| displacements[row].is_some());
        for halving in 0..=HALVINGS {
            if pending.is_empty() {
                break;
            }
            let share = 0.5_f64.powi(halving as i32);
            let mut proposed = Array2::zeros((pending.len(), length));
            for (mut target, &row) in proposed.rows_mut().into_iter().zip(&pending) {
                if let (Some(displacement), Some(target)) =
                    (&displacements[row], target.as_slice_mut())
                {
                    population.arrive(row, displacement, share, &mut scratch, target);
                }
            }
            let checked = evaluator.check(proposed.view())?;
            let mut outside = Vec::new();
            for (at, &row) in pending.iter().enumerate() {
                if population.targets.feasible(checked.row(at)) {
                    population.codes.row_mut(row).assign(&proposed.row(at));
                    moved.push((row, checked.row(at).to_vec()));
                } else {
                    outside.push(row);
                }
            }
            pending = outside;
        }
        moved.sort_by_key(|&(row, _)| row);
        Ok(moved)
    }

    /// One batch of phase 2.
    fn batch(
        &mut self,
        mut seeds: Sums,
        evaluator: &mut dyn Evaluate,
    ) -> Result<StepReport, EvaluateError> {
        let mut evaluator = Counted::new(evaluator);
        let all: Vec<usize> = (0..self.rows.base.population.len()).collect();
        self.rows.base.step += 1;
        if !self.evaluated {
            self.rows.base.population.evaluate(&all, &mut evaluator)?;
        }
        let before = self.rows.base.population.codes.clone();
        let displacements = self.displacements(&seeds, &mut evaluator)?;
        let mut moved = self.advance(&displacements, &mut evaluator)?;
        let broken = self.rows.base.population.evaluate(&all, &mut evaluator)?;
        self.evaluated = broken.is_empty();
        for row in broken {
            // Inside by its activation, but without a usable embedding: as if still outside.
            let mut code = self.rows.base.population.codes.row_mut(row);
            code.assign(&before.row(row));
            moved.retain(|&(moved, _)| moved != row);
        }
        let objective = self.live_sums(&seeds).value_with(&seeds);
        // The same gradients again would lead nowhere again.
        let stalled = moved.is_empty() && !evaluator.gradients_vary();
        moved.truncate(self.wanted - self.rows.base.population.accepted());
        let mut accepted = Vec::with_capacity(moved.len());
        for (row, activations) in moved {
            if self.seeds_grow {
                seeds.add(self.rows.base.population.embeddings.row(row));
            }
            let step = self.rows.base.step;
            accepted.push(self.rows.base.population.accept(row, activations, step));
        }
        self.seeds = Some(seeds);
        self.rows.base.finish = if self.rows.base.population.accepted() == self.wanted {
            Some(Finish::Complete)
        } else if stalled {
            Some(Finish::Stalled)
        } else {
            (self.rows.base.step >= self.tunables.max_steps).then_some(Finish::MaxSteps)
        };
        Ok(StepReport {
            forwards: evaluator.forwards,
            gradients: evaluator.gradients,
            ..self.report(all.len(), objective, accepted)
        })
    }
}

/// Phase 1 freezes what is feasible, whatever `stop` says about `joint`.
fn of_phase_one(tunables: &Tunables) -> Tunables {
    Tunables {
        stop: Stop::Feasible,
        ..*tunables
    }
}

impl Method for Incremental {
    fn step(&mut self, evaluator: &mut dyn Evaluate) -> Result<StepReport, EvaluateError> {
        match &self.seeds {
            None => self.seed(evaluator),
            Some(seeds) if self.rows.base.finish.is_some() => {
                let objective = self.live_sums(seeds).value_with(seeds);
                Ok(self.report(0, objective, Vec::new()))
            }
            Some(seeds) => self.batch(seeds.clone(), evaluator),
        }
    }

    fn codes(&self) -> ArrayView2<'_, f32> {
        self.rows.codes()
    }

    fn rows(&self) -> Rows<'_> {
        self.rows.rows()
    }

    fn tunables(&self) -> Tunables {
        self.tunables
    }

    fn tune(&mut self, tunables: &Tunables) -> Result<(), SettingsError> {
        self.rows.tune(&of_phase_one(tunables))?;
        self.tunables = *tunables;
        Ok(())
    }

    fn reseed(&mut self, row: usize) -> Result<(), ReseedError> {
        self.rows.reseed(row)
    }

    fn state(&self) -> State {
        let mut state = self.rows.state();
        self.tunables.save(&mut state);
        state.put_integer("batches", u64::from(self.seeds.is_some()));
        if let Some(seeds) = &self.seeds {
            seeds.save(&mut state);
        }
        state
    }

    fn restore(&mut self, state: &State) -> Result<(), StateError> {
        let seeds = match state.integer("batches")? {
            0 => None,
            _ => Some(Sums::load(state)?),
        };
        let tunables = Tunables::load(state)?;
        self.rows.restore(state)?;
        self.rows.apply(&of_phase_one(&tunables));
        self.tunables = tunables;
        self.seeds = seeds;
        self.evaluated = false;
        Ok(())
    }
}
