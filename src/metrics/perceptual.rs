//! The perceptual distance between images, in the features of a network.
//!
//! Zhang et al., *The Unreasonable Effectiveness of Deep Features as a Perceptual Metric*, CVPR 2018,
//! arXiv 1801.03924, equation 1: d(x, y) = Σ_l 1/(H_l W_l) Σ_hw ‖w_l ⊙ (ŷ_hw − x̂_hw)‖², with features
//! normalised to unit length over channels at each position. Here the network is the bundle's judge and
//! w_l = 1: the weights that Zhang et al. learned belong to their networks, so values do not compare with
//! those of the package `lpips`.

use serde::{Deserialize, Serialize};

use super::pairs::PairDistances;
use super::resample::{Confidence, bootstrap};

/// Added to the squared length that features are divided by, as in the authors' package.
const SOFTENING: f64 = 1e-10;

/// Perceptual distances between the samples of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Perceptual {
    /// The tensors of the judge that were compared.
    pub layers: Vec<String>,
    /// Samples compared, the first ones.
    pub n: usize,
    /// Mean of d over pairs; null for fewer than two.
    pub mean_pairwise: Option<f64>,
    /// Least d of a pair; null for fewer than two.
    pub min_pairwise: Option<f64>,
    /// Bootstrap interval of the mean.
    pub interval: Option<Confidence>,
}

impl Perceptual {
    /// Of images whose [`perceptual_vector`]s have the distances `pairs`.
    pub fn of(layers: Vec<String>, pairs: &PairDistances) -> Self {
        let defined = pairs.n() > 1 && pairs.is_finite();
        Perceptual {
            layers,
            n: pairs.n(),
            mean_pairwise: defined.then(|| pairs.mean(|squared| squared)),
            min_pairwise: defined.then(|| pairs.squares().fold(f64::INFINITY, f64::min)),
            interval: bootstrap(pairs.n(), |counts| {
                pairs.resampled_mean(counts, |squared| squared)
            }),
        }
    }
}

/// A vector for an image such that ‖v(x) − v(y)‖² = d(x, y). `layers` are the features of the image:
/// the number of channels C, and the values `[C, H, W]`, row-major. Features that are 0 at a position
/// stay 0.
pub fn perceptual_vector(layers: &[(usize, &[f32])]) -> Vec<f32> {
    let mut vector = Vec::with_capacity(layers.iter().map(|(_, values)| values.len()).sum());
    for &(channels, values) in layers {
        let positions = values.len() / channels.max(1);
        let squares = |position: usize| -> f64 {
            let column = values.iter().skip(position).step_by(positions);
            column.map(|&value| f64::from(value).powi(2)).sum()
        };
        let scales: Vec<f64> = (0..positions)
            .map(|position| 1.0 / ((squares(position) + SOFTENING) * positions as f64).sqrt())
            .collect();
        let scaled = values
            .iter()
            .zip(scales.iter().cycle())
            .map(|(&value, scale)| (f64::from(value) * scale) as f32);
        vector.extend(scaled);
    }
    vector
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use ndarray::Array2;

    fn distance(a: &[f32], b: &[f32]) -> f64 {
        a.iter().zip(b).map(|(a, b)| f64::from(a - b).powi(2)).sum()
    }

    #[test]
    fn only_the_direction_of_features_counts_and_positions_are_averaged() {
        // Two channels at two positions: (3, 4) and (1, 0), against (6, 8) and (0, 5).
        let a = perceptual_vector(&[(2, &[3.0, 1.0, 4.0, 0.0])]);
        let b = perceptual_vector(&[(2, &[6.0, 0.0, 8.0, 5.0])]);
        assert!((distance(&a, &b) - (0.0 + 2.0) / 2.0).abs() < 1e-6);
        // A second layer adds its own.
        let a = perceptual_vector(&[(2, &[3.0, 1.0, 4.0, 0.0]), (1, &[1.0])]);
        let b = perceptual_vector(&[(2, &[6.0, 0.0, 8.0, 5.0]), (1, &[-2.0])]);
        assert!((distance(&a, &b) - 5.0).abs() < 1e-6);
    }

    #[test]
    fn dead_features_and_single_images_have_defined_answers() {
        assert_eq!(perceptual_vector(&[(2, &[0.0; 4])]), [0.0; 4]);
        assert!(perceptual_vector(&[]).is_empty());
        let one = PairDistances::of(Array2::zeros((1, 4)).view());
        let alone = Perceptual::of(vec!["l".to_owned()], &one);
        assert_eq!(
            (alone.n, alone.mean_pairwise, alone.interval),
            (1, None, None)
        );
        let bad = PairDistances::of(Array2::from_elem((9, 4), f32::NAN).view());
        assert_eq!(Perceptual::of(Vec::new(), &bad).min_pairwise, None);
    }
}
