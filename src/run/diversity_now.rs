//! How diverse the rows of a run are at a step: a few scores, cheap enough to be taken again and
//! again, at steps that follow from the numbers of rows and steps alone.

use serde::{Deserialize, Serialize};

use super::no_number;
use crate::metrics::Diversity;
use crate::sampler::Rows;

/// Most rows that are scored: the first whose embeddings are known.
const MOST_ROWS: usize = 256;
/// Steps between two scores of few rows.
const EVERY: u64 = 5;
/// So many rows are few: their scores cost little against a step.
const FEW_ROWS: usize = 64;

/// Scores of the rows' embeddings after a step.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct DiversityNow {
    /// D = Σ ‖e_i − e_j‖² over ordered pairs.
    #[serde(deserialize_with = "no_number::number")]
    pub sum_sq: f64,
    /// Mean of ‖e_i − e_j‖ over i < j.
    #[serde(deserialize_with = "no_number::number")]
    pub mean_pairwise: f64,
    /// Least ‖e_i − e_j‖ over i < j.
    #[serde(deserialize_with = "no_number::number")]
    pub min_pairwise: f64,
    /// Vendi score, with the bandwidth of the bundle's statistics where they have one.
    #[serde(deserialize_with = "no_number::number")]
    pub vendi: f64,
    /// Rows scored.
    pub n: u64,
}

impl DiversityNow {
    /// Scores the known embeddings; none where none is known.
    pub(super) fn of(rows: &Rows<'_>, bandwidth: Option<f64>) -> Option<DiversityNow> {
        let embeddings = rows.known_embeddings(MOST_ROWS);
        if embeddings.is_empty() {
            return None;
        }
        let scores = Diversity::of("", embeddings.view(), bandwidth);
        Some(DiversityNow {
            sum_sq: scores.sum_sq,
            mean_pairwise: scores.mean_pairwise,
            min_pairwise: scores.min_pairwise,
            vendi: scores.vendi,
            n: scores.n as u64,
        })
    }

    /// Whether the rows are scored after step `step`. Scores of more rows cost more than their
    /// share of a step, so they are taken more rarely.
    pub(super) fn is_due(step: u64, rows: usize) -> bool {
        let rarity = rows.min(MOST_ROWS).div_ceil(FEW_ROWS).max(1) as u64;
        step.is_multiple_of(EVERY * rarity * rarity)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use ndarray::{Array2, array};

    #[test]
    fn only_known_rows_are_scored() {
        let embeddings = array![[0.0, 0.0], [9.0, 9.0], [3.0, 4.0]];
        let mut rows = Rows {
            status: Vec::new(),
            feasible: 0,
            activations: Array2::zeros((3, 1)),
            embeddings: embeddings.view(),
            known: &[true, false, true],
            best: &[],
            redraws: 0,
        };
        let scores = DiversityNow::of(&rows, Some(5.0)).unwrap();
        assert_eq!((scores.n, scores.sum_sq), (2, 50.0));
        assert_eq!((scores.mean_pairwise, scores.min_pairwise), (5.0, 5.0));
        assert!(scores.vendi > 1.0 && scores.vendi < 2.0);
        rows.known = &[false; 3];
        assert_eq!(DiversityNow::of(&rows, Some(5.0)), None);
    }

    #[test]
    fn more_rows_are_scored_more_rarely() {
        let first = |rows| {
            (1..)
                .find(|&step| DiversityNow::is_due(step, rows))
                .unwrap()
        };
        assert_eq!([1, 8, 64].map(first), [5, 5, 5]);
        assert_eq!([65, 128, 200, 100_000].map(first), [20, 20, 80, 80]);
    }
}
