//! The rows that a method moves: codes, their latest values, where they came from, how they fare.

use super::counted::Counted;
use super::evaluate::EvaluateError;
use super::method::Problem;
use super::objective::{self, Sums};
use super::prior::Prior;
use super::reach::Reach;
use super::report::{Accepted, Finish};
use super::rows::{ReseedError, RowStatus, Rows};
use super::settings::SettingsError;
use super::starts::Starts;
use super::state::{State, StateError};
use super::targets::Targets;
use ndarray::{Array1, Array2, ArrayView1, Axis};

/// Share of its least violation so far that a row must fall below to count as nearer.
const PROGRESS: f64 = 0.98;

/// Draws looked at when a start is given up.
const CANDIDATES: usize = 16;

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

    /// Whether a row of a method that has come to `finish` may be put at another start.
    ///
    /// # Errors
    /// There is no such row, its sample is accepted, or the method has ended.
    pub(super) fn may_reseed(&self, row: usize, finish: Option<Finish>) -> Result<(), ReseedError> {
        if finish.is_some() {
            return Err(ReseedError::Ended);
        }
        if row >= self.len() {
            let last = self.len() - 1;
            return Err(ReseedError::Unknown { row, last });
        }
        if self.status[row] == Status::Accepted {
            return Err(ReseedError::Accepted(row));
        }
        Ok(())
    }

    /// Puts a row at its next start.
    pub(super) fn redraw(&mut self, row: usize) {
        let start = self.starts.next(self.drawn[row]);
        self.begin(row, start, start);
    }

    /// Whether the first starts are given codes.
    pub(super) fn has_given_starts(&self) -> bool {
        self.starts.are_given()
    }

    /// Puts a row at the first of its next starts that lies inside every interval, or else at the
    /// nearest of several. The first starts of a run are plain draws; one that led nowhere is
    /// replaced by the best of several, because where few codes can reach an interval most draws
    /// lead nowhere too. Gives how many starts it went through.
    ///
    /// # Errors
    /// The evaluator failed.
    pub(super) fn redraw_nearest(
        &mut self,
        row: usize,
        evaluator: &mut Counted<'_>,
    ) -> Result<u64, EvaluateError> {
        let starts: Vec<u64> =
            std::iter::successors(Some(self.starts.next(self.drawn[row])), |&start| {
                Some(self.starts.next(start))
            })
            .take(CANDIDATES)
            .collect();
        let mut codes = Array2::zeros((CANDIDATES, self.codes.ncols()));
        for (mut code, &start) in codes.rows_mut().into_iter().zip(&starts) {
            code.assign(&ndarray::aview1(&self.starts.code(start, &self.prior)));
        }
        let activations = evaluator.check(codes.view())?;
        let mut nearest = (f64::INFINITY, starts[0]);
        for (at, (activations, &start)) in activations.rows().into_iter().zip(&starts).enumerate() {
            if self.targets.accept(activations) {
                self.begin(row, start, start);
                return Ok(at as u64 + 1);
            }
            let violation = self.targets.violation(activations);
            if violation < nearest.0 {
                nearest = (violation, start);
            }
        }
        self.begin(row, nearest.1, starts[CANDIDATES - 1]);
        Ok(CANDIDATES as u64)
    }

    /// Puts a row where another one is, from the same start.
    pub(super) fn copy(&mut self, row: usize, from: usize) {
        self.begin(row, self.start[from], self.drawn[row]);
        let code = self.codes.row(from).to_owned();
        let activations = self.activations.row(from).to_owned();
        let embedding = self.embeddings.row(from).to_owned();
        self.place(row, code.view(), activations.view(), embedding.view());
    }

    /// Puts a row at `start`; its next starts come after `drawn`.
    fn begin(&mut self, row: usize, start: u64, drawn: u64) {
        self.reach.begin(row);
        self.start[row] = start;
        self.drawn[row] = drawn;
        let code = self.starts.code(start, &self.prior);
        self.codes.row_mut(row).assign(&ndarray::aview1(&code));
        self.embeddings.row_mut(row).fill(0.0);
        self.activations.row_mut(row).fill(0.0);
        self.known[row] = false;
        self.status[row] = Status::Seeking(0);
        self.nearest[row] = f64::MAX;
        self.redraws += 1;
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

    pub(super) fn save(&self, state: &mut State) {
        state.put_matrix("codes", &self.codes);
        state.put_matrix("embeddings", &self.embeddings);
        state.put_matrix("activations", &self.activations);
        state.put_matrix("inside_codes", &self.inside.codes);
        state.put_matrix("inside_embeddings", &self.inside.embeddings);
        state.put_matrix("inside_activations", &self.inside.activations);
        state.put_u64("known", self.known.iter().map(|&k| u64::from(k)).collect());
        state.put_u64(
            "status",
            self.status.iter().map(|s| s.to_integer()).collect(),
        );
        state.put_f64("nearest", &self.nearest);
        state.put_u64("start", self.start.clone());
        state.put_u64("drawn", self.drawn.clone());
        state.put_optional_f32("best", &self.best);
        self.reach.save(state);
        state.put_optional_f32("floors", &self.floors);
        state.put_integer("redraws", self.redraws);
        state.put_integer("accepted", self.accepted as u64);
    }

    /// The rows of a state of the same problem.
    pub(super) fn load(&self, state: &State) -> Result<Self, StateError> {
        let rows = self.len();
        Ok(Population {
            codes: state.matrix("codes", self.codes.dim())?,
            embeddings: state.matrix_of_rows("embeddings", rows)?,
            activations: state.matrix("activations", self.activations.dim())?,
            inside: Place {
                codes: state.matrix("inside_codes", self.codes.dim())?,
                embeddings: state.matrix_of_rows("inside_embeddings", rows)?,
                activations: state.matrix("inside_activations", self.activations.dim())?,
            },
            known: state.u64("known", rows)?.iter().map(|&k| k != 0).collect(),
            status: state
                .u64("status", rows)?
                .into_iter()
                .map(Status::from_integer)
                .collect(),
            nearest: state.f64("nearest", Some(rows))?,
            start: state.u64("start", rows)?,
            drawn: state.u64("drawn", rows)?,
            best: state.optional_f32("best", Some(self.best.len()))?,
            reach: match Reach::load(state)? {
                Some(reach) if reach.fits(rows, self.best.len()) => reach,
                _ => Reach::new(rows, self.best.len()),
            },
            // Those of earlier versions have none.
            floors: match state.arrays.contains_key("floors") {
                true => state.optional_f32("floors", Some(self.floors.len()))?,
                false => self.floors.clone(),
            },
            redraws: state.integer("redraws")?,
            accepted: state.integer("accepted")? as usize,
            prior: self.prior.clone(),
            targets: self.targets.clone(),
            starts: self.starts.clone(),
        })
    }
}
