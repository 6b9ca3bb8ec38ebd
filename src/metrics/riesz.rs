//! The Riesz energy of a sample: what its closest pairs cost.

use super::kernel;
use super::pairs::PairDistances;

/// s, as `spread` minimises it.
pub const POWER: f64 = 4.0;
/// ε: where two rows coincide the energy stays finite.
pub const SOFTENING: f64 = 1e-6;

/// The mean over i < j of (‖e_i − e_j‖²/h² + ε)^(−s/2), with s = [`POWER`], ε = [`SOFTENING`] and the
/// bandwidth h of the kernel as unit of length: the Riesz s-energy (Hardin and Saff, Notices of the
/// AMS 51, 2004) for each pair, which samples of different size share. 1 where every pair is h apart;
/// lower is better spread.
///
/// Not a number for fewer than two rows, embeddings or a bandwidth that are not finite, or a negative
/// bandwidth. A bandwidth of zero is the limit: equal rows cost ε^(−s/2), others nothing.
pub fn riesz_energy(pairs: &PairDistances, bandwidth: f64) -> f64 {
    if !pairs.is_finite() || !bandwidth.is_finite() || bandwidth < 0.0 {
        return f64::NAN;
    }
    pairs.mean(|squared| pair_energy(squared, bandwidth))
}

/// What one pair costs.
pub(super) fn pair_energy(squared: f64, bandwidth: f64) -> f64 {
    (kernel::scaled(squared, bandwidth) + SOFTENING).powf(-POWER / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};

    fn of(rows: Array2<f32>, bandwidth: f64) -> f64 {
        riesz_energy(&PairDistances::of(rows.view()), bandwidth)
    }

    #[test]
    fn a_pair_at_twice_the_bandwidth_costs_a_sixteenth() {
        let found = of(array![[0.0], [4.0]], 2.0);
        assert!((found - 1.0 / 16.0).abs() < 1e-6, "{found}");
        // Distances 1, 1 and 2.
        let found = of(array![[0.0], [1.0], [2.0]], 1.0);
        assert!((found - (2.0 + 1.0 / 16.0) / 3.0).abs() < 1e-5, "{found}");
    }

    #[test]
    fn equal_rows_single_rows_and_broken_rows_have_defined_answers() {
        let together = SOFTENING.powf(-POWER / 2.0);
        assert_eq!(of(Array2::ones((3, 2)), 1.0), together);
        assert_eq!(of(Array2::ones((3, 2)), 0.0), together);
        assert_eq!(of(array![[0.0], [1.0]], 0.0), 0.0);
        assert!(of(Array2::ones((1, 2)), 1.0).is_nan());
        assert!(of(Array2::ones((0, 2)), 1.0).is_nan());
        assert!(of(array![[f32::INFINITY], [1.0]], 1.0).is_nan());
    }
}
