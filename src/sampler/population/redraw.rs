//! Rows put at other starts.

use super::{Population, Status};
use crate::sampler::counted::Counted;
use crate::sampler::evaluate::EvaluateError;
use crate::sampler::report::Finish;
use crate::sampler::rows::ReseedError;
use ndarray::{Array2, ArrayView2, Axis};

/// Draws looked at when a start is given up.
const CANDIDATES: usize = 16;
/// Rounds of micro-batches in which the draws of several rows are looked at together.
const CANDIDATE_BLOCKS: usize = 4;

impl Population {
    /// Whether a row of a method that has come to `finish` may be put at another start.
    ///
    /// # Errors
    /// There is no such row, its sample is accepted, or the method has ended.
    pub(in crate::sampler) fn may_reseed(
        &self,
        row: usize,
        finish: Option<Finish>,
    ) -> Result<(), ReseedError> {
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
    pub(in crate::sampler) fn redraw(&mut self, row: usize) {
        let start = self.starts.next(self.drawn[row]);
        self.begin(row, start, start);
    }

    /// Whether the first starts are given codes.
    pub(in crate::sampler) fn has_given_starts(&self) -> bool {
        self.starts.are_given()
    }

    /// Puts each of `rows` at the first of its next starts that lies inside every interval, or else
    /// at the nearest of several. The first starts of a run are plain draws; one that led nowhere is
    /// replaced by the best of several, because where few codes can reach an interval most draws
    /// lead nowhere too. Gives how many starts were gone through.
    ///
    /// # Errors
    /// The evaluator failed.
    pub(in crate::sampler) fn redraw_nearest(
        &mut self,
        rows: &[usize],
        evaluator: &mut Counted<'_>,
    ) -> Result<u64, EvaluateError> {
        let at_once = (CANDIDATE_BLOCKS * evaluator.block_rows()).div_ceil(CANDIDATES);
        let mut gone_through = 0;
        for rows in rows.chunks(at_once) {
            let starts: Vec<Vec<u64>> = rows.iter().map(|&row| self.candidates(row)).collect();
            let mut codes = Array2::zeros((rows.len() * CANDIDATES, self.codes.ncols()));
            for (mut code, &start) in codes.rows_mut().into_iter().zip(starts.iter().flatten()) {
                code.assign(&ndarray::aview1(&self.starts.code(start, &self.prior)));
            }
            let activations = evaluator.check(codes.view())?;
            let of_rows = activations.axis_chunks_iter(Axis(0), CANDIDATES);
            for ((&row, starts), activations) in rows.iter().zip(&starts).zip(of_rows) {
                let (chosen, last) = self.choose(activations);
                self.begin(row, starts[chosen], starts[last]);
                gone_through += last as u64 + 1;
            }
        }
        Ok(gone_through)
    }

    /// The next starts of a row.
    fn candidates(&self, row: usize) -> Vec<u64> {
        let first = self.starts.next(self.drawn[row]);
        let next = |&start: &u64| Some(self.starts.next(start));
        std::iter::successors(Some(first), next)
            .take(CANDIDATES)
            .collect()
    }

    /// Which candidate a row begins at, and the last one that it has gone through then, by their
    /// activations `[candidates, m]`.
    fn choose(&self, activations: ArrayView2<'_, f32>) -> (usize, usize) {
        let mut nearest = (f64::INFINITY, 0);
        for (at, activations) in activations.rows().into_iter().enumerate() {
            if self.targets.accept(activations) {
                return (at, at);
            }
            let violation = self.targets.violation(activations);
            if violation < nearest.0 {
                nearest = (violation, at);
            }
        }
        (nearest.1, activations.nrows() - 1)
    }

    /// Puts a row where another one is, from the same start.
    pub(in crate::sampler) fn copy(&mut self, row: usize, from: usize) {
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
}
