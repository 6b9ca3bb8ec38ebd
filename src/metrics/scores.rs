//! All scores of one sample in one encoder, with intervals: what `metrics` prints.

use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};

use super::diversity::{Bandwidth, Diversity, null_is_no_number};
use super::pairs::PairDistances;
use super::resample::{Confidence, bootstrap, jackknife, jackknife_of_sum};
use super::vendi::EffectiveCounts;
use super::{distinct, log_det, riesz};

/// Diversity of a sample in one encoder, with all that takes longer than [`Diversity`].
///
/// A score that has no value (embeddings that are not finite, too few rows) is not a number here and
/// `null` in JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    /// Distances and effective counts.
    #[serde(flatten)]
    pub diversity: Diversity,
    /// Vendi/n: how much of its size the sample is worth.
    #[serde(deserialize_with = "null_is_no_number")]
    pub vendi_share: f64,
    /// Rows farther than `distinct_radius` from all distinct rows before them.
    pub distinct: Option<usize>,
    /// Half the bandwidth.
    #[serde(deserialize_with = "null_is_no_number")]
    pub distinct_radius: f64,
    /// log det(K + ε I).
    #[serde(deserialize_with = "null_is_no_number")]
    pub log_det: f64,
    /// ε of the log-determinant.
    pub log_det_epsilon: f64,
    /// Mean Riesz s-energy of a pair, with the bandwidth as unit of length.
    #[serde(deserialize_with = "null_is_no_number")]
    pub riesz_energy: f64,
    /// s of the Riesz energy.
    pub riesz_power: f64,
    /// Confidence intervals, where they are defined.
    pub intervals: Intervals,
}

/// 95 % intervals of the scores of the same names; see [`super::resample`] for how each is taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Intervals {
    /// Of the mean distance.
    pub mean_pairwise: Option<Confidence>,
    /// Of the Vendi score.
    pub vendi: Option<Confidence>,
    /// Of RKE.
    pub rke: Option<Confidence>,
    /// Of the distinct rows.
    pub distinct: Option<Confidence>,
    /// Of the log-determinant.
    pub log_det: Option<Confidence>,
    /// Of the Riesz energy.
    pub riesz_energy: Option<Confidence>,
}

impl Scores {
    /// Scores the rows of `embeddings` `[n, p]`, whose pair distances are `pairs`. `bandwidth` as for
    /// [`Diversity::of`].
    pub fn of(
        encoder: impl Into<String>,
        embeddings: ArrayView2<'_, f32>,
        pairs: &PairDistances,
        bandwidth: Option<Bandwidth>,
    ) -> Self {
        let scores = Scores::without_intervals(encoder, embeddings, pairs, bandwidth);
        Scores {
            intervals: scores.resampled(pairs),
            ..scores
        }
    }

    /// The same scores without their intervals, which take a hundred times longer.
    pub fn without_intervals(
        encoder: impl Into<String>,
        embeddings: ArrayView2<'_, f32>,
        pairs: &PairDistances,
        bandwidth: Option<Bandwidth>,
    ) -> Self {
        let diversity = Diversity::with_pairs(encoder, embeddings, pairs, bandwidth);
        let bandwidth = diversity.bandwidth;
        let radius = distinct::RADIUS_SHARE * bandwidth;
        Scores {
            vendi_share: diversity.vendi / pairs.n() as f64,
            distinct: distinct::distinct(pairs, radius),
            distinct_radius: radius,
            log_det: log_det::log_det(pairs, bandwidth),
            log_det_epsilon: log_det::EPSILON,
            riesz_energy: riesz::riesz_energy(pairs, bandwidth),
            riesz_power: riesz::POWER,
            intervals: Intervals::default(),
            diversity,
        }
    }

    /// The intervals of the scores.
    fn resampled(&self, pairs: &PairDistances) -> Intervals {
        let (n, bandwidth) = (pairs.n(), self.diversity.bandwidth);
        let count = |score: fn(&PairDistances, f64) -> f64, whole, parameter: f64| {
            jackknife(n, whole, |rows| score(&pairs.of_rows(rows), parameter))
        };
        Intervals {
            mean_pairwise: bootstrap(n, |counts| pairs.resampled_mean(counts, f64::sqrt)),
            vendi: count(EffectiveCounts::vendi_of, self.diversity.vendi, bandwidth),
            rke: count(EffectiveCounts::rke_of, self.diversity.rke, bandwidth),
            distinct: count(
                distinct_count,
                self.distinct.map_or(f64::NAN, |d| d as f64),
                self.distinct_radius,
            ),
            log_det: jackknife_of_sum(n, self.log_det, |rows| {
                log_det::log_det(&pairs.of_rows(rows), bandwidth)
            }),
            riesz_energy: bootstrap(n, |counts| {
                pairs.resampled_mean(counts, |squared| riesz::pair_energy(squared, bandwidth))
            }),
        }
    }
}

fn distinct_count(pairs: &PairDistances, radius: f64) -> f64 {
    distinct::distinct(pairs, radius).map_or(f64::NAN, |count| count as f64)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use ndarray::Array2;

    fn of(rows: &Array2<f32>, bandwidth: Option<f64>) -> Scores {
        let bandwidth = bandwidth.map(Bandwidth::of_statistics);
        Scores::of("e", rows.view(), &PairDistances::of(rows.view()), bandwidth)
    }

    #[test]
    fn every_interval_holds_its_score_and_json_keeps_the_keys_of_diversity() {
        let rows = Array2::from_shape_fn((24, 3), |(i, j)| ((i * 7 + j * 11) % 13) as f32);
        let scores = of(&rows, Some(4.0));
        let (diversity, intervals) = (&scores.diversity, &scores.intervals);
        for (value, interval) in [
            (diversity.mean_pairwise, intervals.mean_pairwise),
            (diversity.vendi, intervals.vendi),
            (diversity.rke, intervals.rke),
            (scores.log_det, intervals.log_det),
            (scores.riesz_energy, intervals.riesz_energy),
        ] {
            let ends = interval.unwrap();
            assert!(ends.low < value && value < ends.high, "{value} {ends:?}");
        }
        let json = serde_json::to_value(&scores).unwrap();
        for key in [
            "encoder",
            "n",
            "sum_sq",
            "mean_pairwise",
            "min_pairwise",
            "vendi",
            "rke",
        ] {
            assert!(!json[key].is_null(), "{key}");
        }
        assert_eq!(json["bandwidth_source"], "statistics");
        assert_eq!(serde_json::from_value::<Scores>(json).unwrap(), scores);
    }

    #[test]
    fn a_constant_encoder_gives_one_image_worth_of_diversity() {
        for bandwidth in [None, Some(1.0)] {
            let scores = of(&Array2::ones((10, 3)), bandwidth);
            assert!((scores.diversity.vendi - 1.0).abs() < 1e-9);
            assert_eq!(scores.distinct, Some(1));
            assert!((scores.vendi_share - 0.1).abs() < 1e-9);
            assert!(scores.riesz_energy > 1e11 && scores.log_det < -100.0);
        }
    }

    #[test]
    fn no_row_one_row_two_rows_and_broken_rows_have_defined_scores() {
        let empty = of(&Array2::zeros((0, 3)), Some(1.0));
        assert_eq!((empty.distinct, empty.log_det), (Some(0), 0.0));
        assert!(empty.vendi_share.is_nan() && empty.riesz_energy.is_nan());
        let one = of(&Array2::zeros((1, 3)), Some(1.0));
        assert_eq!((one.distinct, one.vendi_share), (Some(1), 1.0));
        let two = of(&Array2::from_shape_fn((2, 3), |(i, _)| i as f32), None);
        assert_eq!((two.distinct, two.intervals.vendi), (Some(2), None));
        let broken = of(&Array2::from_elem((9, 3), f32::NAN), Some(1.0));
        assert!(broken.log_det.is_nan() && broken.diversity.vendi.is_nan());
        assert_eq!((broken.distinct, broken.intervals.rke), (None, None));
        let json = serde_json::to_value(&broken).unwrap();
        assert!(json["log_det"].is_null() && json["intervals"]["vendi"].is_null());
    }
}
