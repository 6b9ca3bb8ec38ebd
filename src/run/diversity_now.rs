//! How diverse the rows of a run are at a step: a few scores, cheap enough to be taken again and
//! again, at steps that follow from the numbers of rows and steps alone.

use serde::{Deserialize, Serialize};

use super::no_number;
use crate::metrics::{Bandwidth, PairDistances, Scores};
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
    /// RKE, with the same bandwidth.
    #[serde(default = "no_number::none", deserialize_with = "no_number::number")]
    pub rke: f64,
    /// Rows farther than half the bandwidth from all distinct rows before them.
    #[serde(default)]
    pub distinct: Option<u64>,
    /// log det(K + ε I).
    #[serde(default = "no_number::none", deserialize_with = "no_number::number")]
    pub log_det: f64,
    /// Mean Riesz energy of a pair, with the bandwidth as unit of length.
    #[serde(default = "no_number::none", deserialize_with = "no_number::number")]
    pub riesz_energy: f64,
    /// Rows scored.
    pub n: u64,
}

impl DiversityNow {
    /// Scores the known embeddings; none where none is known.
    pub(super) fn of(rows: &Rows<'_>, bandwidth: Option<Bandwidth>) -> Option<DiversityNow> {
        let embeddings = rows.known_embeddings(MOST_ROWS);
        if embeddings.is_empty() {
            return None;
        }
        let rows = embeddings.view();
        let scores = Scores::without_intervals("", rows, &PairDistances::of(rows), bandwidth);
        let diversity = &scores.diversity;
        Some(DiversityNow {
            sum_sq: diversity.sum_sq,
            mean_pairwise: diversity.mean_pairwise,
            min_pairwise: diversity.min_pairwise,
            vendi: diversity.vendi,
            rke: diversity.rke,
            distinct: scores.distinct.map(|count| count as u64),
            log_det: scores.log_det,
            riesz_energy: scores.riesz_energy,
            n: diversity.n as u64,
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
        let bandwidth = Some(Bandwidth::of_statistics(5.0));
        let scores = DiversityNow::of(&rows, bandwidth).unwrap();
        assert_eq!((scores.n, scores.sum_sq), (2, 50.0));
        assert_eq!((scores.mean_pairwise, scores.min_pairwise), (5.0, 5.0));
        assert!(1.0 < scores.rke && scores.rke < scores.vendi && scores.vendi < 2.0);
        assert_eq!(scores.distinct, Some(2));
        // 1 for a pair that is a bandwidth apart, and a volume below that of two rows far apart.
        assert!((scores.riesz_energy - 1.0).abs() < 1e-5 && scores.log_det < 0.0);
        rows.known = &[false; 3];
        assert_eq!(DiversityNow::of(&rows, bandwidth), None);
    }

    #[test]
    fn scores_of_an_older_history_lack_those_that_came_later() {
        let older = r#"{"sum_sq":1,"mean_pairwise":1,"min_pairwise":null,"vendi":2,"n":2}"#;
        let scores: DiversityNow = serde_json::from_str(older).unwrap();
        assert_eq!((scores.vendi, scores.n, scores.distinct), (2.0, 2, None));
        assert!(scores.min_pairwise.is_nan() && scores.rke.is_nan());
        assert!(scores.log_det.is_nan() && scores.riesz_energy.is_nan());
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
