//! The Gaussian kernel of the scores: K_ij = exp(−‖e_i − e_j‖²/2h²), 1 on the diagonal.

use nalgebra::DMatrix;

use super::pairs::PairDistances;

/// K `[n, n]` for the bandwidth h. A bandwidth of zero tells equal from unequal (the limit of the
/// kernel). None for embeddings or a bandwidth that are not finite, and for a negative bandwidth.
pub(super) fn gaussian(pairs: &PairDistances, bandwidth: f64) -> Option<DMatrix<f64>> {
    if !pairs.is_finite() || !bandwidth.is_finite() || bandwidth < 0.0 {
        return None;
    }
    Some(DMatrix::from_fn(pairs.n(), pairs.n(), |i, j| {
        similarity(pairs.squared(i, j), bandwidth)
    }))
}

/// ‖·‖²/h², dividing twice: the square of a tiny bandwidth would be zero. Two equal rows are 0 apart
/// whatever the bandwidth.
pub(super) fn scaled(squared: f64, bandwidth: f64) -> f64 {
    if squared == 0.0 {
        0.0
    } else {
        squared / bandwidth / bandwidth
    }
}

fn similarity(squared: f64, bandwidth: f64) -> f64 {
    (-0.5 * scaled(squared, bandwidth)).exp()
}
