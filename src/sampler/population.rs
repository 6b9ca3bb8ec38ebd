//! The rows that a method moves: codes, their latest values, where they came from, how they fare.

mod redraw;
mod saved;

use super::counted::Counted;
use super::evaluate::EvaluateError;
use super::method::Problem;
use super::objective::{self, Sums};
use super::prior::Prior;
use super::reach::Reach;
use super::report::Accepted;
use super::rows::{RowStatus, Rows};
use super::settings::SettingsError;
use super::starts::Starts;
use super::targets::Targets;
use ndarray::{Array1, Array2, ArrayView1, Axis};

/// Share of its least violation so far that a row must fall below to count as nearer.
const PROGRESS: f64 = 0.98;

/// How a row fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    /// Not feasible once since its start; the steps since it last came nearer to its intervals.
    Seeking(u64),
    /// Has been feasible since its start.
    Visited,
    /// Accepted: it moves no more and is not evaluated again.
    Accepted,
}

impl Status {
    fn kind(self) -> RowStatus {
        match self {
            Status::Seeking(_) => RowStatus::Seeking,
            Status::Visited => RowStatus::Visited,
            Status::Accepted => RowStatus::Accepted,
        }
    }

    fn to_integer(self) -> u64 {
        match self {
            Status::Seeking(steps) => steps,
            Status::Visited => u64::MAX - 1,
            Status::Accepted => u64::MAX,
        }
    }

    fn from_integer(integer: u64) -> Self {
        match integer {
            u64::MAX => Status::Accepted,
            steps if steps == u64::MAX - 1 => Status::Visited,
            steps => Status::Seeking(steps),
        }
    }
}

/// Codes and the values there, a row each.
#[derive(Debug, Clone)]
struct Place {
    codes: Array2<f32>,
    embeddings: Array2<f32>,
    activations: Array2<f32>,
}

/// The rows of a method.
#[derive(Debug, Clone)]
pub(super) struct Population {
    pub(super) prior: Prior,
    pub(super) targets: Targets,
    starts: Starts,
    pub(super) codes: Array2<f32>,
    /// Values at the codes last evaluated; zeros where none are known. The activation of a dead unit
    /// is what steers it, below its floor.
    pub(super) embeddings: Array2<f32>,
    pub(super) activations: Array2<f32>,
    /// See [`super::Evaluate::floors`].
    floors: Vec<Option<f32>>,
    known: Vec<bool>,
    /// The last place inside every shrunk interval of each row that was there since its start.
    inside: Place,
    status: Vec<Status>,
    /// Least violation of each row since its start; the largest number where none is known.
    nearest: Vec<f64>,
    start: Vec<u64>,
    /// The last start that was looked at for each row.
    drawn: Vec<u64>,
    /// Per constraint, the activation nearest to its interval so far.
    best: Vec<Option<f32>>,
    /// How near each start came to all intervals at once.
    reach: Reach,
    pub(super) redraws: u64,
    accepted: usize,
}

impl Population {
    /// `rows` rows at their first starts.
    ///
    /// # Errors
    /// There is no constraint, or the given starts are not usable.
    pub(super) fn new(rows: usize, seed: u64, problem: Problem) -> Result<Self, SettingsError> {
        let Problem {
            prior,
            intervals,
            starts,
        } = problem;
        if intervals.is_empty() {
            return Err(SettingsError::NoConstraint);
        }
        let starts = Starts::new(seed, rows, starts, &prior)?;
        let mut codes = Array2::zeros((rows, prior.code_length()));
        for (row, mut code) in codes.rows_mut().into_iter().enumerate() {
            code.assign(&ndarray::aview1(&starts.code(row as u64, &prior)));
        }
        Ok(Population {
            // Its width is known with the first evaluation.
            embeddings: Array2::zeros((rows, 0)),
            activations: Array2::zeros((rows, intervals.len())),
            floors: vec![None; intervals.len()],
            known: vec![false; rows],
            inside: Place {
                codes: codes.clone(),
                embeddings: Array2::zeros((rows, 0)),
                activations: Array2::zeros((rows, intervals.len())),
            },
            status: vec![Status::Seeking(0); rows],
            nearest: vec![f64::MAX; rows],
            start: (0..rows as u64).collect(),
            drawn: (0..rows as u64).collect(),
            best: vec![None; intervals.len()],
            reach: Reach::new(rows, intervals.len()),
            redraws: 0,
            accepted: 0,
            targets: Targets::new(intervals),
            prior,
            starts,
            codes,
        })
    }

    /// Number of rows.
    pub(super) fn len(&self) -> usize {
        self.status.len()
    }

    /// Rows that are not accepted, in order.
    pub(super) fn live(&self) -> Vec<usize> {
        (0..self.len())
            .filter(|&row| self.status[row] != Status::Accepted)
            .collect()
    }

    /// How a row fares.
    pub(super) fn status(&self, row: usize) -> Status {
        self.status[row]
    }

    /// Notes how a row fares.
    pub(super) fn set_status(&mut self, row: usize, status: Status) {
        self.status[row] = status;
    }

    /// Whether a row has come nearer to its intervals than ever since its start, by enough to count.
    pub(super) fn note_progress(&mut self, row: usize) -> bool {
        let violation = self.targets.violation(self.activations.row(row));
        let is_nearer = violation < PROGRESS * self.nearest[row];
        if is_nearer {
            self.nearest[row] = violation;
        }
        is_nearer
    }

    /// Samples accepted so far.
    pub(super) fn accepted(&self) -> usize {
        self.accepted
    }

    /// Whether the values of a row are those of a code evaluated since its start.
    pub(super) fn is_known(&self, row: usize) -> bool {
        self.known[row]
    }

    /// Whether a row lies inside every shrunk interval.
    pub(super) fn is_feasible(&self, row: usize) -> bool {
        self.known[row] && self.targets.feasible(self.activations.row(row))
    }

    /// Number of rows inside every shrunk interval.
    pub(super) fn feasible_count(&self) -> usize {
        (0..self.len()).filter(|&row| self.is_feasible(row)).count()
    }

    /// Evaluates `rows` at their codes. Gives the rows with a value that is not finite: what was
    /// known of them before stays, so that it never enters the sums.
    ///
    /// # Errors
    /// The evaluator failed.
    pub(super) fn evaluate(
        &mut self,
        rows: &[usize],
        evaluator: &mut Counted<'_>,
    ) -> Result<Vec<usize>, EvaluateError> {
        let length = evaluator.embedding_length();
        if self.embeddings.ncols() != length {
            self.embeddings = Array2::zeros((self.len(), length));
            self.inside.embeddings = Array2::zeros((self.len(), length));
        }
        let evaluation = if rows.len() == self.len() {
            evaluator.evaluate(self.codes.view())?
        } else {
            evaluator.evaluate(self.codes.select(Axis(0), rows).view())?
        };
        self.floors = evaluator.floors();
        let mut broken = Vec::new();
        for (at, &row) in rows.iter().enumerate() {
            let activations = evaluation.activations.row(at);
            let embedding = evaluation.embeddings.row(at);
            let mut values = activations.iter().chain(embedding);
            if values.all(|value| value.is_finite()) {
                self.activations.row_mut(row).assign(&activations);
                self.embeddings.row_mut(row).assign(&embedding);
                self.known[row] = true;
                let reached = self.reached(row);
                self.note_best(reached.view());
                let violation = self.targets.violation(reached.view());
                self.reach.note(row, violation, reached.view());
                if self.targets.feasible(activations) {
                    self.inside.codes.row_mut(row).assign(&self.codes.row(row));
                    self.inside.embeddings.row_mut(row).assign(&embedding);
                    self.inside.activations.row_mut(row).assign(&activations);
                }
            } else {
                broken.push(row);
            }
        }
        Ok(broken)
    }

    /// Puts a visited row back where it was last inside, with the values it had there.
    pub(super) fn return_inside(&mut self, row: usize) {
        let Place {
            codes,
            embeddings,
            activations,
        } = &self.inside;
        self.codes.row_mut(row).assign(&codes.row(row));
        self.embeddings.row_mut(row).assign(&embeddings.row(row));
        self.activations.row_mut(row).assign(&activations.row(row));
    }

    /// Puts a row at a code with the values found there.
    pub(super) fn place(
        &mut self,
        row: usize,
        code: ArrayView1<'_, f32>,
        activations: ArrayView1<'_, f32>,
        embedding: ArrayView1<'_, f32>,
    ) {
        self.codes.row_mut(row).assign(&code);
        self.activations.row_mut(row).assign(&activations);
        self.embeddings.row_mut(row).assign(&embedding);
        self.known[row] = true;
        let reached = self.reached(row);
        self.note_best(reached.view());
        let violation = self.targets.violation(reached.view());
        self.reach.note(row, violation, reached.view());
    }

    /// The activations of a row as its units have them: never below their floors.
    fn reached(&self, row: usize) -> Array1<f32> {
        let activations = self.activations.row(row).into_iter().zip(&self.floors);
        let reached = activations
            .map(|(&activation, floor)| floor.map_or(activation, |floor| activation.max(floor)));
        reached.collect()
    }

    fn note_best(&mut self, activations: ArrayView1<'_, f32>) {
        for (constraint, best) in self.best.iter_mut().enumerate() {
            let found = activations[constraint];
            let distance = |activation| self.targets.distance(constraint, activation);
            if best.is_none_or(|best| distance(found) < distance(best)) {
                *best = Some(found);
            }
        }
    }

    /// Per constraint, the activation nearest to its interval so far.
    pub(super) fn best(&self) -> &[Option<f32>] {
        &self.best
    }

    /// Writes to `target` the valid code at `share` of a displacement from a row's code. `scratch`
    /// is overwritten.
    pub(super) fn arrive(
        &self,
        row: usize,
        displacement: &[f64],
        share: f64,
        scratch: &mut [f64],
        target: &mut [f32],
    ) {
        let code = self.codes.row(row);
        for ((value, &from), displacement) in scratch.iter_mut().zip(code).zip(displacement) {
            *value = f64::from(from) + share * displacement;
        }
        self.prior.project_into(scratch, target);
    }

    /// The rows with known values, in order.
    pub(super) fn known_rows(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.len()).filter(|&row| self.known[row])
    }

    /// The rows that are accepted, in order.
    pub(super) fn settled(&self) -> Vec<usize> {
        (0..self.len())
            .filter(|&row| self.status[row] == Status::Accepted)
            .collect()
    }

    /// The sums of all rows with known values, about their mean.
    pub(super) fn sums(&self) -> Sums {
        let rows = || self.known_rows();
        let embeddings = rows().map(|row| self.embeddings.row(row));
        let mut sums = Sums::about(objective::mean(embeddings, self.embeddings.ncols()));
        for row in rows() {
            sums.add(self.embeddings.row(row));
        }
        sums
    }

    /// Re-checks `rows` by the plain forward graphs; gives the activations of each that lies
    /// inside every interval.
    ///
    /// # Errors
    /// The evaluator failed.
    pub(super) fn check(
        &self,
        rows: &[usize],
        evaluator: &mut Counted<'_>,
    ) -> Result<Vec<(usize, Vec<f32>)>, EvaluateError> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let checked = evaluator.check(self.codes.select(Axis(0), rows).view())?;
        Ok(rows
            .iter()
            .zip(checked.rows())
            .filter(|(_, activations)| self.targets.accept(*activations))
            .map(|(&row, activations)| (row, activations.to_vec()))
            .collect())
    }

    /// Makes a sample of a row whose re-check gave `activations`. The row counts as accepted.
    pub(super) fn accept(&mut self, row: usize, activations: Vec<f32>, step: u64) -> Accepted {
        self.status[row] = Status::Accepted;
        self.accepted += 1;
        Accepted {
            index: self.accepted - 1,
            code: self.codes.row(row).to_vec(),
            embedding: self.embeddings.row(row).to_vec(),
            activations,
            seed: self.starts.seed(self.start[row]),
            step,
            start: self.start[row],
        }
    }

    /// Latest activations `[rows, m]`, not a number where unknown.
    pub(super) fn known_activations(&self) -> Array2<f32> {
        let mut activations = self.activations.clone();
        for row in 0..self.len() {
            let mut activations = activations.row_mut(row);
            if self.known[row] {
                activations.assign(&self.reached(row));
            } else {
                activations.fill(f32::NAN);
            }
        }
        activations
    }

    /// How the rows stand.
    pub(super) fn rows(&self) -> Rows<'_> {
        Rows {
            status: self.status.iter().map(|status| status.kind()).collect(),
            feasible: self.feasible_count(),
            activations: self.known_activations(),
            embeddings: self.embeddings.view(),
            known: &self.known,
            best: &self.best,
            redraws: self.redraws,
        }
    }
}
