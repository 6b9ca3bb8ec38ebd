//! `dataset`: the baseline of real images. The given starts are images; each is looked at once, in the
//! order given, and those inside every interval are the samples.

use super::counted::Counted;
use super::evaluate::{Evaluate, EvaluateError};
use super::method::{Method, Problem};
use super::report::{Accepted, Finish, StepReport};
use super::rows::{ReseedError, RowStatus, Rows};
use super::settings::{Settings, SettingsError};
use super::starts::start_seed;
use super::state::{State, StateError};
use super::targets::Targets;
use super::tunables::Tunables;
use ndarray::{Array2, ArrayView2, Axis, s};

/// Images looked at in one step, at most.
pub(super) const BLOCK: usize = 64;

/// Goes through the given starts once, a block in each step.
#[derive(Debug, Clone)]
pub(super) struct Dataset {
    images: Array2<f32>,
    targets: Targets,
    seed: u64,
    wanted: usize,
    tunables: Tunables,
    /// Images looked at so far.
    looked_at: usize,
    /// The first image of the window that the rows show.
    first: usize,
    embeddings: Array2<f32>,
    activations: Array2<f32>,
    known: Vec<bool>,
    status: Vec<RowStatus>,
    best: Vec<Option<f32>>,
    accepted: usize,
    step: u64,
    finish: Option<Finish>,
}

impl Dataset {
    /// Before the first image.
    ///
    /// # Errors
    /// The problem has no constraint, or no starts that are codes.
    pub(super) fn new(settings: &Settings, problem: Problem) -> Result<Self, SettingsError> {
        if problem.intervals.is_empty() {
            return Err(SettingsError::NoConstraint);
        }
        let images = problem
            .starts
            .filter(|images| images.nrows() > 0)
            .ok_or(SettingsError::Starts("`dataset` needs real images"))?;
        let expected = problem.prior.code_length();
        if images.ncols() != expected {
            return Err(SettingsError::StartLength {
                found: images.ncols(),
                expected,
            });
        }
        let rows = images.nrows().min(settings.n).min(BLOCK);
        let constraints = problem.intervals.len();
        Ok(Dataset {
            images,
            seed: settings.seed,
            wanted: settings.n,
            tunables: Tunables::of(settings),
            looked_at: 0,
            first: 0,
            // Its width is known with the first evaluation.
            embeddings: Array2::zeros((rows, 0)),
            activations: Array2::from_elem((rows, constraints), f32::NAN),
            known: vec![false; rows],
            status: vec![RowStatus::Seeking; rows],
            best: vec![None; constraints],
            targets: Targets::new(problem.intervals),
            accepted: 0,
            step: 0,
            finish: None,
        })
    }

    fn rows_in_window(&self) -> usize {
        self.known.len()
    }

    fn window(&self) -> ArrayView2<'_, f32> {
        let end = self.first + self.rows_in_window();
        self.images.slice(s![self.first..end, ..])
    }

    /// Looks at the images of the window and accepts those inside that were not looked at before.
    fn look(&mut self, evaluator: &mut Counted<'_>) -> Result<Vec<Accepted>, EvaluateError> {
        let rows = self.rows_in_window();
        // The last window reaches back, so that it is as large as the others.
        self.first = self.looked_at.min(self.images.nrows() - rows);
        let evaluation = evaluator.evaluate(self.window())?;
        self.embeddings = evaluation.embeddings;
        self.activations = evaluation.activations;
        let mut inside = Vec::new();
        for row in 0..rows {
            let activations = self.activations.row(row);
            let mut values = activations.iter().chain(self.embeddings.row(row));
            self.known[row] = values.all(|value| value.is_finite());
            let is_inside = self.known[row] && self.targets.accept(activations);
            let image = self.first + row;
            let is_new = image >= self.looked_at;
            self.status[row] = match (is_inside, is_new) {
                (true, true) => RowStatus::Visited,
                (true, false) => RowStatus::Accepted,
                (false, _) => RowStatus::Seeking,
            };
            if is_inside && is_new {
                inside.push(row);
            }
            self.note_best(row);
        }
        self.looked_at = self.first + rows;
        inside.truncate(self.wanted - self.accepted);
        self.accept(&inside, evaluator)
    }

    /// Re-checks some rows of the window by the plain forward graphs and makes samples of those that
    /// lie inside.
    fn accept(
        &mut self,
        rows: &[usize],
        evaluator: &mut Counted<'_>,
    ) -> Result<Vec<Accepted>, EvaluateError> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let checked = evaluator.check(self.window().select(Axis(0), rows).view())?;
        let mut accepted = Vec::with_capacity(rows.len());
        for (&row, activations) in rows.iter().zip(checked.rows()) {
            if !self.targets.accept(activations) {
                continue;
            }
            let start = (self.first + row) as u64;
            self.status[row] = RowStatus::Accepted;
            accepted.push(Accepted {
                index: self.accepted,
                code: self.window().row(row).to_vec(),
                embedding: self.embeddings.row(row).to_vec(),
                activations: activations.to_vec(),
                seed: start_seed(self.seed, start),
                step: self.step,
                start,
            });
            self.accepted += 1;
        }
        Ok(accepted)
    }

    fn note_best(&mut self, row: usize) {
        if !self.known[row] {
            return;
        }
        for (constraint, best) in self.best.iter_mut().enumerate() {
            let found = self.activations[[row, constraint]];
            let distance = |activation| self.targets.distance(constraint, activation);
            if best.is_none_or(|best| distance(found) < distance(best)) {
                *best = Some(found);
            }
        }
    }

    /// Latest activations, not a number where unknown.
    fn known_activations(&self) -> Array2<f32> {
        let mut activations = self.activations.clone();
        for row in (0..self.rows_in_window()).filter(|&row| !self.known[row]) {
            activations.row_mut(row).fill(f32::NAN);
        }
        activations
    }

    fn feasible(&self) -> usize {
        (0..self.rows_in_window())
            .filter(|&row| self.known[row] && self.targets.accept(self.activations.row(row)))
            .count()
    }
}

impl Method for Dataset {
    fn step(&mut self, evaluator: &mut dyn Evaluate) -> Result<StepReport, EvaluateError> {
        let mut evaluator = Counted::new(evaluator);
        let mut accepted = Vec::new();
        let mut live = 0;
        if self.finish.is_none() {
            self.step += 1;
            live = self.rows_in_window();
            accepted = self.look(&mut evaluator)?;
            self.finish = if self.accepted == self.wanted {
                Some(Finish::Complete)
            } else if self.looked_at == self.images.nrows() {
                Some(Finish::Exhausted)
            } else {
                (self.step >= self.tunables.max_steps).then_some(Finish::MaxSteps)
            };
        }
        Ok(StepReport {
            step: self.step,
            live,
            feasible: self.feasible(),
            accepted_total: self.accepted,
            // Nothing is maximised.
            objective: f64::NAN,
            activations: self.known_activations(),
            accepted,
            best_activations: self.best.clone(),
            redraws: 0,
            forwards: evaluator.forwards,
            gradients: 0,
            finish: self.finish,
            notices: Vec::new(),
        })
    }

    fn codes(&self) -> ArrayView2<'_, f32> {
        self.window()
    }

    fn rows(&self) -> Rows<'_> {
        Rows {
            status: self.status.clone(),
            feasible: self.feasible(),
            activations: self.known_activations(),
            embeddings: self.embeddings.view(),
            known: &self.known,
            best: &self.best,
            redraws: 0,
        }
    }

    fn tunables(&self) -> Tunables {
        self.tunables
    }

    fn tune(&mut self, tunables: &Tunables) -> Result<(), SettingsError> {
        tunables.check()?;
        self.tunables = *tunables;
        Ok(())
    }

    fn reseed(&mut self, _row: usize) -> Result<(), ReseedError> {
        Err(match self.finish {
            Some(_) => ReseedError::Ended,
            None => ReseedError::Given,
        })
    }

    fn state(&self) -> State {
        let mut state = State::default();
        self.tunables.save(&mut state);
        state.put_matrix("embeddings", &self.embeddings);
        state.put_matrix("activations", &self.activations);
        state.put_u64("known", self.known.iter().map(|&k| u64::from(k)).collect());
        let is_accepted = |status: &RowStatus| u64::from(*status == RowStatus::Accepted);
        state.put_u64("status", self.status.iter().map(is_accepted).collect());
        state.put_optional_f32("best", &self.best);
        state.put_integer("looked_at", self.looked_at as u64);
        state.put_integer("first", self.first as u64);
        state.put_integer("accepted", self.accepted as u64);
        state.put_integer("step", self.step);
        state.put_integer("finish", Finish::to_integer(self.finish));
        state
    }

    fn restore(&mut self, state: &State) -> Result<(), StateError> {
        let rows = self.rows_in_window();
        let count = |name: &str, most: usize| -> Result<usize, StateError> {
            let value = state.integer(name)?;
            let fits = usize::try_from(value).ok().filter(|&value| value <= most);
            fits.ok_or_else(|| StateError::Value {
                name: name.to_owned(),
            })
        };
        let mut restored = Dataset {
            tunables: Tunables::load(state)?,
            embeddings: state.matrix_of_rows("embeddings", rows)?,
            activations: state.matrix("activations", self.activations.dim())?,
            known: state.u64("known", rows)?.iter().map(|&k| k != 0).collect(),
            best: state.optional_f32("best", Some(self.best.len()))?,
            looked_at: count("looked_at", self.images.nrows())?,
            first: count("first", self.images.nrows() - rows)?,
            accepted: count("accepted", self.wanted)?,
            step: state.integer("step")?,
            finish: Finish::from_integer(state.integer("finish")?)?,
            ..self.clone()
        };
        for (row, accepted) in state.u64("status", rows)?.into_iter().enumerate() {
            let is_inside =
                restored.known[row] && restored.targets.accept(restored.activations.row(row));
            restored.status[row] = match (accepted != 0, is_inside) {
                (true, _) => RowStatus::Accepted,
                (false, true) => RowStatus::Visited,
                (false, false) => RowStatus::Seeking,
            };
        }
        *self = restored;
        Ok(())
    }
}
