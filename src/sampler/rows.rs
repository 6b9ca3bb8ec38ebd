//! How the rows of a method stand between two steps.

use ndarray::{Array2, ArrayView2, Axis};
use serde::{Deserialize, Serialize};

/// How one row fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RowStatus {
    /// Not inside every interval once since its start.
    Seeking,
    /// Has been inside since its start, and moves on.
    Visited,
    /// Its sample is accepted. The batches of `incremental` move such rows on.
    Accepted,
}

/// What is known of every row between two steps.
#[derive(Debug, Clone)]
pub struct Rows<'a> {
    /// How each row fares.
    pub status: Vec<RowStatus>,
    /// Rows inside every shrunk interval.
    pub feasible: usize,
    /// Latest activations `[rows, m]`; not a number where none is known.
    pub activations: Array2<f32>,
    /// Latest embeddings `[rows, p]`; zeros where none is known, and p is 0 before the first step.
    pub embeddings: ArrayView2<'a, f32>,
    /// Whether the values of each row are known.
    pub known: &'a [bool],
    /// For each constraint, the activation nearest to its interval (or inside) met so far.
    pub best: &'a [Option<f32>],
    /// Starts given up so far, for whatever reason.
    pub redraws: u64,
}

impl Rows<'_> {
    /// The known embeddings of the first rows that have one, at most `limit`.
    pub fn known_embeddings(&self, limit: usize) -> Array2<f32> {
        let known = self.known.iter().enumerate().filter(|&(_, &known)| known);
        let rows: Vec<usize> = known.map(|(row, _)| row).take(limit).collect();
        self.embeddings.select(Axis(0), &rows)
    }
}

/// A row cannot be put at another start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReseedError {
    /// There is no such row.
    #[error("there is no row {row}: the rows are 0 to {last}")]
    Unknown {
        /// What was asked for.
        row: usize,
        /// The last one.
        last: usize,
    },
    /// The row holds an accepted sample.
    #[error("row {0} stays: its sample is accepted")]
    Accepted(usize),
    /// The rows hold real images.
    #[error("the images of `dataset` are looked at in their order: none is drawn anew")]
    Given,
    /// The method has ended.
    #[error("the run has ended: no row moves any more")]
    Ended,
}
