//! Effective counts of a sample: the Vendi score and RKE.
//!
//! With the kernel matrix K_ij = exp(−‖e_i − e_j‖²/2h²) and the eigenvalues λ of K/n, the Vendi
//! score is exp(−Σ λ ln λ) (Friedman and Dieng, arXiv 2210.02410) and RKE, the same of order 2, is
//! 1/Σ λ² = 1/‖K/n‖_F² (Jalali et al., NeurIPS 2023). Both lie between 1 (all equal) and n (all
//! far apart against h).

use super::kernel;
use super::pairs::PairDistances;
use ndarray::ArrayView2;

/// Vendi score and RKE of one sample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EffectiveCounts {
    /// exp(−Σ λ ln λ).
    pub vendi: f64,
    /// 1/‖K/n‖_F².
    pub rke: f64,
}

impl EffectiveCounts {
    /// The counts of the rows of `embeddings` `[n, p]` for the kernel bandwidth `bandwidth`. Takes
    /// n³ time and n² memory.
    ///
    /// No row counts 0, one row 1. A bandwidth of zero tells equal from unequal (the limit of the
    /// kernel). Embeddings or a bandwidth that are not finite, and a negative bandwidth, give not
    /// a number.
    pub fn of(embeddings: ArrayView2<'_, f32>, bandwidth: f64) -> Self {
        EffectiveCounts::of_pairs(&PairDistances::of(embeddings), bandwidth)
    }

    /// The same where the pair distances are known.
    pub fn of_pairs(pairs: &PairDistances, bandwidth: f64) -> Self {
        EffectiveCounts {
            vendi: EffectiveCounts::vendi_of(pairs, bandwidth),
            rke: EffectiveCounts::rke_of(pairs, bandwidth),
        }
    }

    /// The Vendi score alone, in n³ time.
    pub fn vendi_of(pairs: &PairDistances, bandwidth: f64) -> f64 {
        if pairs.n() == 0 {
            return 0.0;
        }
        let Some(kernel) = kernel::gaussian(pairs, bandwidth) else {
            return f64::NAN;
        };
        let entropy: f64 = (kernel / pairs.n() as f64)
            .symmetric_eigenvalues()
            .iter()
            .filter(|&&eigenvalue| eigenvalue > 0.0)
            .map(|&eigenvalue| -eigenvalue * eigenvalue.ln())
            .sum();
        entropy.exp()
    }

    /// RKE alone, in n² time.
    pub fn rke_of(pairs: &PairDistances, bandwidth: f64) -> f64 {
        if pairs.n() == 0 {
            return 0.0;
        }
        kernel::gaussian(pairs, bandwidth).map_or(f64::NAN, |kernel| {
            (pairs.n() as f64).powi(2) / kernel.norm_squared()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};

    fn near(found: f64, expected: f64) {
        assert!(
            (found - expected).abs() < 1e-9 * expected.max(1.0),
            "{found} {expected}"
        );
    }

    #[test]
    fn equal_rows_count_once_and_rows_far_apart_count_each() {
        let equal = EffectiveCounts::of(Array2::ones((7, 3)).view(), 1.0);
        near(equal.vendi, 1.0);
        near(equal.rke, 1.0);
        let far = Array2::from_shape_fn((7, 2), |(i, j)| (100 * i + j) as f32);
        let far = EffectiveCounts::of(far.view(), 1.0);
        near(far.vendi, 7.0);
        near(far.rke, 7.0);
    }

    #[test]
    fn two_rows_have_the_closed_form() {
        // K/2 has the eigenvalues (1 ± k)/2.
        let k = (-0.5_f64 * 4.0 / 2.25).exp();
        let (a, b) = ((1.0 + k) / 2.0, (1.0 - k) / 2.0);
        let counts = EffectiveCounts::of(array![[0.0, 0.0], [2.0, 0.0]].view(), 1.5);
        near(counts.vendi, (-a * a.ln() - b * b.ln()).exp());
        near(counts.rke, 1.0 / (a * a + b * b));
    }

    #[test]
    fn two_piles_of_different_size_count_by_their_shares() {
        let mut piles = Array2::zeros((10, 1));
        piles.slice_mut(ndarray::s![7.., ..]).fill(1e3);
        let counts = EffectiveCounts::of(piles.view(), 1.0);
        near(
            counts.vendi,
            (-0.7 * 0.7_f64.ln() - 0.3 * 0.3_f64.ln()).exp(),
        );
        near(counts.rke, 1.0 / (0.49 + 0.09));
    }

    #[test]
    fn the_frobenius_norm_is_that_of_the_eigenvalues() {
        let sample = Array2::from_shape_fn((9, 3), |(i, j)| ((i * 7 + j * 5) % 11) as f32);
        let counts = EffectiveCounts::of(sample.view(), 4.0);
        assert!(1.0 < counts.rke && counts.rke <= counts.vendi && counts.vendi < 9.0);
    }

    #[test]
    fn empty_single_and_broken_samples_have_defined_answers() {
        let count = |embeddings: Array2<f32>, bandwidth| {
            let counts = EffectiveCounts::of(embeddings.view(), bandwidth);
            (counts.vendi, counts.rke)
        };
        assert_eq!(count(Array2::zeros((0, 3)), 1.0), (0.0, 0.0));
        assert_eq!(count(Array2::zeros((1, 3)), 1.0), (1.0, 1.0));
        assert_eq!(count(Array2::zeros((1, 3)), 0.0), (1.0, 1.0));
        assert!(
            count(Array2::from_elem((2, 1), f32::INFINITY), 1.0)
                .0
                .is_nan()
        );
        assert!(count(Array2::zeros((2, 1)), f64::NAN).1.is_nan());
        let (vendi, rke) = count(array![[0.0], [0.0], [1e-3], [1.0]], 0.0);
        near(rke, 16.0 / 6.0);
        near(vendi, (1.5_f64 * 2.0_f64.ln()).exp());
    }
}
