//! All scores of one sample in one encoder, as reports print them.

use super::distances::{self, Distances};
use super::pairs::PairDistances;
use super::vendi::EffectiveCounts;
use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};

/// Where a kernel's bandwidth came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BandwidthSource {
    /// The median pair distance of real embeddings, from the bundle's statistics.
    Statistics,
    /// The median pair distance of real embeddings, of a folder of images that was looked at.
    Images,
    /// The median pair distance of the sample itself: counts of different samples do not compare.
    Sample,
}

/// A bandwidth that real embeddings give.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bandwidth {
    /// Their median pair distance.
    pub distance: f64,
    /// Where they came from.
    pub source: BandwidthSource,
}

impl Bandwidth {
    /// That of the bundle's statistics.
    pub fn of_statistics(distance: f64) -> Bandwidth {
        Bandwidth {
            distance,
            source: BandwidthSource::Statistics,
        }
    }
}

/// Diversity of a sample in one encoder.
///
/// A score that has no value (embeddings that are not finite) is not a number here and `null` in
/// JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Diversity {
    /// Name of the encoder.
    pub encoder: String,
    /// Samples scored.
    pub n: usize,
    /// D = Σ ‖e_i − e_j‖² over ordered pairs.
    #[serde(deserialize_with = "null_is_no_number")]
    pub sum_sq: f64,
    /// Mean of ‖e_i − e_j‖ over i < j; 0 for fewer than two samples.
    #[serde(deserialize_with = "null_is_no_number")]
    pub mean_pairwise: f64,
    /// Least ‖e_i − e_j‖ over i < j; 0 for fewer than two samples.
    #[serde(deserialize_with = "null_is_no_number")]
    pub min_pairwise: f64,
    /// Vendi score; 0 for no sample, 1 for one or all equal.
    #[serde(deserialize_with = "null_is_no_number")]
    pub vendi: f64,
    /// RKE; 0 for no sample, 1 for one or all equal.
    #[serde(deserialize_with = "null_is_no_number")]
    pub rke: f64,
    /// Bandwidth h of the kernel of Vendi and RKE; 0 where the sample has no pair distance.
    #[serde(deserialize_with = "null_is_no_number")]
    pub bandwidth: f64,
    /// Where the bandwidth came from.
    pub bandwidth_source: BandwidthSource,
}

impl Diversity {
    /// Scores the rows of `embeddings` `[n, p]`. `bandwidth` is that of real embeddings where it is
    /// known; otherwise it is the sample's own median pair distance.
    pub fn of(
        encoder: impl Into<String>,
        embeddings: ArrayView2<'_, f32>,
        bandwidth: Option<Bandwidth>,
    ) -> Self {
        let pairs = PairDistances::of(embeddings);
        Diversity::with_pairs(encoder, embeddings, &pairs, bandwidth)
    }

    /// The same where the pair distances of `embeddings` are known.
    pub(super) fn with_pairs(
        encoder: impl Into<String>,
        embeddings: ArrayView2<'_, f32>,
        pairs: &PairDistances,
        bandwidth: Option<Bandwidth>,
    ) -> Self {
        let (bandwidth, bandwidth_source) = match bandwidth {
            Some(Bandwidth { distance, source }) => (distance, source),
            None => (
                distances::median(pairs).unwrap_or(0.0),
                BandwidthSource::Sample,
            ),
        };
        let distances = Distances::with_pairs(embeddings, pairs);
        let counts = EffectiveCounts::of_pairs(pairs, bandwidth);
        Diversity {
            encoder: encoder.into(),
            n: embeddings.nrows(),
            sum_sq: distances.sum_sq,
            mean_pairwise: distances.mean_pairwise,
            min_pairwise: distances.min_pairwise,
            vendi: counts.vendi,
            rke: counts.rke,
            bandwidth,
            bandwidth_source,
        }
    }
}

pub(super) fn null_is_no_number<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<f64, D::Error> {
    Ok(Option::<f64>::deserialize(deserializer)?.unwrap_or(f64::NAN))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use ndarray::{Array2, array};

    #[test]
    fn json_names_the_scores_and_where_the_bandwidth_came_from() {
        let sample = array![[0.0_f32, 0.0], [3.0, 4.0]];
        let own = Diversity::of("features", sample.view(), None);
        assert_eq!(
            (own.bandwidth, own.bandwidth_source),
            (5.0, BandwidthSource::Sample)
        );
        let given = Diversity::of(
            "features",
            sample.view(),
            Some(Bandwidth::of_statistics(2.0)),
        );
        assert_eq!(given.bandwidth_source, BandwidthSource::Statistics);
        assert!(given.vendi > own.vendi);
        let json = serde_json::to_value(&own).unwrap();
        assert_eq!(json["sum_sq"], 50.0);
        assert_eq!(json["bandwidth_source"], "sample");
        assert_eq!(serde_json::from_value::<Diversity>(json).unwrap(), own);
    }

    #[test]
    fn empty_single_and_equal_samples_have_defined_answers() {
        for (n, count) in [(0, 0.0), (1, 1.0), (5, 1.0)] {
            let scores = Diversity::of("e", Array2::ones((n, 3)).view(), None);
            assert_eq!((scores.n, scores.sum_sq), (n, 0.0));
            assert!((scores.vendi - count).abs() < 1e-12, "{}", scores.vendi);
            assert!((scores.rke - count).abs() < 1e-12);
            assert_eq!(scores.min_pairwise, 0.0);
        }
    }

    #[test]
    fn what_has_no_value_is_null_in_json_and_comes_back() {
        let scores = Diversity::of("e", array![[f32::NAN], [1.0]].view(), None);
        let json = serde_json::to_value(&scores).unwrap();
        assert!(json["vendi"].is_null() && json["sum_sq"].is_null());
        let back: Diversity = serde_json::from_value(json).unwrap();
        assert!(back.vendi.is_nan());
    }
}
