//! `joint` and `spread`: an exact objective of all rows at once.

use super::counted::Counted;
use super::evaluate::EvaluateError;
use super::method::Problem;
use super::motion::{Derivatives, Motion};
use super::objective::Sums;
use super::pace::Pace;
use super::population::Status;
use super::report::{Accepted, Finish};
use super::settings::{MethodKind, Settings, SettingsError, Stop, Update};
use super::spread::Spread;
use super::state::{State, StateError};
use super::stepping::{Advance, Base, Stepping};
use super::tunables::Tunables;
use ndarray::{Array2, ArrayView2};

/// How often every row is given up before a run without any gradient ends.
const SILENT_ROUNDS: u64 = 2;
/// Relative change of the Riesz energy over 20 steps below which `spread` lets D count: that the
/// samples are apart is enough, where they end D decides.
const APART: f64 = 0.02;
/// The energy alone has at most this part of all steps.
const START_AT_MOST: u64 = 10;

/// All rows at once, each step: evaluate the live rows, form the objective's exact gradient, pull
/// it back, move each row within the linearised intervals and the prior.
///
/// With [`Update::Block`] the rows are taken block by block. The gradient of a block is the exact
/// partial gradient with every other row where it was last evaluated, so a step is one pass over
/// the rows and needs the memory of one block.
#[derive(Debug, Clone)]
pub(super) struct Joint {
    pub(super) base: Base,
    pub(super) motion: Motion,
    pace: Pace,
    /// What is maximised in place of the paper's D, where it is another.
    spread: Option<Spread>,
    update: Update,
    /// Steps since a row had a gradient towards its intervals, or was inside.
    silent: u64,
    /// Where each row goes after this step `[rows, d]`.
    next: Array2<f32>,
}

/// What the sample has come to.
#[derive(Debug, Clone, Copy)]
struct Values {
    /// D, which every method reports.
    squares: f64,
    /// R where `spread` counts it, else 0.
    energy: f64,
}

impl Joint {
    /// `rows` rows at their starts.
    ///
    /// # Errors
    /// The problem has no constraint or unusable starts.
    pub(super) fn new(
        settings: &Settings,
        rows: usize,
        stop: Stop,
        problem: Problem,
    ) -> Result<Self, SettingsError> {
        let settings = Settings {
            stop,
            ..settings.clone()
        };
        let base = Base::new(&settings, rows, rows, problem)?;
        Ok(Joint {
            motion: Motion::new(&settings, &base.population),
            pace: Pace::new(&base.tunables),
            spread: (settings.method == MethodKind::Spread).then(Spread::new),
            update: settings.update,
            silent: 0,
            next: base.population.codes.clone(),
            base,
        })
    }

    /// Evaluates `live` block by block and works out where each row goes; gives D and the energy of
    /// `spread`, and marks rows that were drawn anew as not moving.
    fn evaluate_and_pull(
        &mut self,
        live: &[usize],
        evaluator: &mut Counted<'_>,
        moving: &mut [bool],
    ) -> Result<Values, EvaluateError> {
        if self.update == Update::Exact {
            self.evaluate_rows(live, evaluator, moving)?;
            let sums = self.base.population.sums();
            self.note_scale(&sums);
            let mut energy = self.pull(live, &sums, evaluator, moving)?;
            energy += self.energy(&self.base.population.settled(), &sums);
            return Ok(Values {
                squares: sums.value(),
                energy,
            });
        }
        let mut sums = self.base.population.sums();
        for block in live.chunks(evaluator.block_rows()) {
            for &row in block {
                if self.base.population.is_known(row) {
                    sums.remove(self.base.population.embeddings.row(row));
                }
            }
            self.evaluate_rows(block, evaluator, moving)?;
            if sums.centre().len() != self.base.population.embeddings.ncols() {
                sums = Sums::about(vec![0.0; self.base.population.embeddings.ncols()]);
            }
            for &row in block {
                if self.base.population.is_known(row) {
                    sums.add(self.base.population.embeddings.row(row));
                }
            }
            self.note_scale(&sums);
            self.pull(block, &sums, evaluator, moving)?;
        }
        // Blocks were pulled at different times: what all have come to is looked at once more.
        let sums = self.base.population.sums();
        let known: Vec<usize> = self.base.population.known_rows().collect();
        Ok(Values {
            squares: sums.value(),
            energy: self.energy(&known, &sums),
        })
    }

    fn note_scale(&mut self, sums: &Sums) {
        if let Some(spread) = &mut self.spread {
            spread.note_scale(sums);
        }
    }

    /// The energy of `spread` in which `rows` come first.
    fn energy(&self, rows: &[usize], sums: &Sums) -> f64 {
        let spread = self.spread.as_ref();
        spread.map_or(0.0, |spread| {
            spread.energy(&self.base.population, rows, sums)
        })
    }

    /// Notes what the objective has come to.
    fn note_objective(&mut self, values: Values) {
        let Values { squares, energy } = values;
        let Some(spread) = &mut self.spread else {
            return self.pace.note(squares);
        };
        self.pace.note(spread.value(squares, energy));
        let is_apart = self.pace.is_settled_within(APART)
            || START_AT_MOST * self.base.step >= self.base.tunables.max_steps;
        if !spread.counts_squares() && is_apart {
            spread.count_squares(squares, energy);
            self.pace.begin_window();
        }
    }

    fn evaluate_rows(
        &mut self,
        rows: &[usize],
        evaluator: &mut Counted<'_>,
        moving: &mut [bool],
    ) -> Result<(), EvaluateError> {
        for row in self.base.population.evaluate(rows, evaluator)? {
            self.redraw(row);
            moving[row] = false;
        }
        Ok(())
    }

    /// Pulls the objective's gradient back to the codes of `rows`, the rows last evaluated, and
    /// works out their next codes; gives the energy of `spread` in which these rows come first.
    /// Nothing moves after the last step, so nothing is pulled.
    fn pull(
        &mut self,
        rows: &[usize],
        sums: &Sums,
        evaluator: &mut Counted<'_>,
        moving: &mut [bool],
    ) -> Result<f64, EvaluateError> {
        // A row drawn anew is at another code than the one evaluated.
        let known: Vec<usize> = rows.iter().copied().filter(|&row| moving[row]).collect();
        if self.base.is_last_step() {
            return Ok(self.energy(&known, sums));
        }
        let (gradient, energy) = self.gradient(&known, sums);
        let mut embedding_bar =
            Array2::zeros((rows.len(), self.base.population.embeddings.ncols()));
        let bars = embedding_bar.rows_mut().into_iter().zip(rows);
        let pulled = bars.filter(|&(_, &row)| moving[row]);
        for ((mut bar, _), gradient) in pulled.zip(gradient.rows()) {
            bar.assign(&gradient);
        }
        let back = evaluator.pull_back(embedding_bar.view())?;
        for (at, &row) in rows.iter().enumerate() {
            let derivatives = Derivatives::of_row(&back, at);
            if !moving[row] {
                continue;
            }
            if derivatives.are_finite() {
                if self.is_led(row, derivatives.activations) {
                    self.silent = 0;
                }
                let share = match self.base.population.status(row) {
                    Status::Seeking(steps) => self.pace.seeking_share(self.base.step, steps),
                    Status::Visited | Status::Accepted => self.pace.share(self.base.step),
                };
                if let Some(target) = self.next.row_mut(row).as_slice_mut() {
                    self.motion
                        .adam_step(&self.base.population, row, derivatives, share, target);
                }
            } else {
                self.redraw(row);
                moving[row] = false;
            }
        }
        Ok(energy)
    }

    /// The objective's gradient with respect to the embeddings of `rows` `[rows, p]`, and the energy
    /// of `spread` in which they come first.
    fn gradient(&self, rows: &[usize], sums: &Sums) -> (Array2<f32>, f64) {
        let mut gradient = Array2::zeros((rows.len(), self.base.population.embeddings.ncols()));
        if let Some(spread) = &self.spread {
            let energy =
                spread.gradient_into(&self.base.population, rows, sums, gradient.view_mut());
            return (gradient, energy);
        }
        for (mut gradient, &row) in gradient.rows_mut().into_iter().zip(rows) {
            if let Some(gradient) = gradient.as_slice_mut() {
                sums.gradient_into(self.base.population.embeddings.row(row), None, gradient);
            }
        }
        (gradient, 0.0)
    }

    /// Whether a row is inside, or has a gradient of a constraint that it is outside of.
    fn is_led(&self, row: usize, gradients: ArrayView2<'_, f32>) -> bool {
        let activations = self.base.population.activations.row(row);
        let mut constraints = gradients.rows().into_iter().zip(activations).enumerate();
        self.base.population.is_feasible(row)
            || constraints.any(|(constraint, (gradient, &activation))| {
                self.base
                    .population
                    .targets
                    .is_outside(constraint, activation)
                    && gradient.iter().any(|&value| value != 0.0)
            })
    }

    /// Whether nothing leads anywhere any more.
    fn is_silent(&self) -> bool {
        let patience = SILENT_ROUNDS.saturating_mul(self.base.tunables.give_up_after);
        self.silent >= patience && self.base.population.accepted() == 0
    }

    /// Whether a row was inside since its start and is not now.
    fn has_left(&self, row: usize) -> bool {
        self.base.population.status(row) == Status::Visited
            && !self.base.population.is_feasible(row)
    }

    /// Notes which of the live rows are feasible, and draws anew those that have not come nearer for
    /// too long.
    fn follow_up(
        &mut self,
        live: &[usize],
        evaluator: &mut Counted<'_>,
        moving: &mut [bool],
    ) -> Result<(), EvaluateError> {
        for &row in live {
            if !self.base.population.is_known(row) {
                continue;
            }
            match self.base.population.status(row) {
                Status::Accepted | Status::Visited => {}
                Status::Seeking(_) if self.base.population.is_feasible(row) => {
                    self.base.population.set_status(row, Status::Visited);
                }
                Status::Seeking(_) if self.base.population.note_progress(row) => {
                    self.base.population.set_status(row, Status::Seeking(0));
                }
                Status::Seeking(steps)
                    if steps + 1 >= self.base.tunables.give_up_after
                        && self.base.step < self.base.tunables.max_steps =>
                {
                    self.base.population.redraw_nearest(&[row], evaluator)?;
                    self.motion.reset(row);
                    moving[row] = false;
                }
                Status::Seeking(steps) => {
                    self.base
                        .population
                        .set_status(row, Status::Seeking(steps + 1));
                }
            }
        }
        Ok(())
    }

    /// Accepts what the stopping rule allows now.
    fn accept(
        &mut self,
        live: &[usize],
        evaluator: &mut Counted<'_>,
    ) -> Result<Vec<Accepted>, EvaluateError> {
        let last = self.base.is_last_step();
        if last {
            for &row in live {
                if self.has_left(row) {
                    self.base.population.return_inside(row);
                }
            }
        }
        let feasible: Vec<usize> = live
            .iter()
            .copied()
            .filter(|&row| self.base.population.is_feasible(row))
            .collect();
        if self.base.tunables.stop == Stop::Feasible || last {
            let passed = self.base.population.check(&feasible, evaluator)?;
            return Ok(self.record(passed));
        }
        if !self.pace.is_settled() {
            return Ok(Vec::new());
        }
        if feasible.len() == live.len() {
            let passed = self.base.population.check(&feasible, evaluator)?;
            if passed.len() == live.len() {
                return Ok(self.record(passed));
            }
        }
        // Rows that seek still need full steps; the others are outside because steps are long.
        let seeking = |&row: &usize| matches!(self.base.population.status(row), Status::Seeking(_));
        if !live.iter().any(seeking) {
            self.pace.slow_down();
        }
        Ok(Vec::new())
    }

    fn record(&mut self, passed: Vec<(usize, Vec<f32>)>) -> Vec<Accepted> {
        passed
            .into_iter()
            .map(|(row, activations)| {
                self.base
                    .population
                    .accept(row, activations, self.base.step)
            })
            .collect()
    }
}

impl Stepping for Joint {
    fn base(&self) -> &Base {
        &self.base
    }

    fn base_mut(&mut self) -> &mut Base {
        &mut self.base
    }

    fn advance(&mut self, evaluator: &mut Counted<'_>) -> Result<Advance, EvaluateError> {
        self.silent += 1;
        let live = self.base.population.live();
        let mut moving = vec![true; self.base.population.len()];
        let values = self.evaluate_and_pull(&live, evaluator, &mut moving)?;
        self.note_objective(values);
        // Pulled back before any re-check: a check must not come between the two halves.
        self.follow_up(&live, evaluator, &mut moving)?;
        let accepted = self.accept(&live, evaluator)?;
        if !self.base.end() && self.is_silent() {
            self.base.finish = Some(Finish::NoGradient);
        }
        if self.base.finish.is_none() {
            for &row in &live {
                if moving[row] && self.base.population.status(row) != Status::Accepted {
                    let mut code = self.base.population.codes.row_mut(row);
                    code.assign(&self.next.row(row));
                }
            }
        }
        Ok(Advance {
            live: live.len(),
            objective: Some(values.squares),
            accepted,
            ..Advance::default()
        })
    }

    fn redraw(&mut self, row: usize) {
        self.base.population.redraw(row);
        self.motion.reset(row);
    }

    fn apply(&mut self, tunables: &Tunables) {
        self.base.tunables = *tunables;
        self.motion.tune(tunables);
        self.pace.tune(tunables);
    }

    fn save(&self, state: &mut State) {
        self.motion.save(state);
        self.pace.save(state);
        if let Some(spread) = &self.spread {
            spread.save(state);
        }
        state.put_integer("silent", self.silent);
    }

    fn load(&mut self, state: &State) -> Result<(), StateError> {
        self.motion = self.motion.load(state)?;
        self.pace = self.pace.load(state)?;
        if self.spread.is_some() {
            self.spread = Some(Spread::load(state)?);
        }
        // Those of earlier versions have none.
        self.silent = state.integers.get("silent").copied().unwrap_or(0);
        Ok(())
    }
}
