//! The log-determinant of a sample's kernel matrix: the volume that the rows span.

use super::kernel;
use super::pairs::PairDistances;

/// ε: what keeps the determinant of equal rows above zero. Each row too many costs about ln ε.
pub const EPSILON: f64 = 1e-6;

/// log det(K + ε I) with the Gaussian kernel K of [`super::vendi`] and ε = [`EPSILON`]: the
/// log-probability, up to a constant, of the sample under a determinantal point process (Kulesza and
/// Taskar, *Determinantal point processes for machine learning*, arXiv 1207.6083, equation 13), which
/// prefers rows unlike each other.
///
/// At most n ln(1 + ε), for rows far apart against the bandwidth. It falls with n at a given density,
/// so only samples of equal size compare. 0 for no row. Not a number for embeddings or a bandwidth that
/// are not finite, or a negative bandwidth. Takes n³ time.
pub fn log_det(pairs: &PairDistances, bandwidth: f64) -> f64 {
    let Some(mut matrix) = kernel::gaussian(pairs, bandwidth) else {
        return f64::NAN;
    };
    for row in 0..pairs.n() {
        matrix[(row, row)] += EPSILON;
    }
    // K has no negative eigenvalue, so the factor exists, but for the rounding that ε dwarfs.
    matrix.cholesky().map_or(f64::NAN, |factor| {
        factor
            .l_dirty()
            .diagonal()
            .iter()
            .map(|pivot| 2.0 * pivot.ln())
            .sum()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};

    fn of(rows: Array2<f32>, bandwidth: f64) -> f64 {
        log_det(&PairDistances::of(rows.view()), bandwidth)
    }

    #[test]
    fn two_rows_have_the_closed_form() {
        let k = (-0.5_f64 * 4.0 / 2.25).exp();
        let expected = ((1.0 + EPSILON).powi(2) - k * k).ln();
        let found = of(array![[0.0, 0.0], [2.0, 0.0]], 1.5);
        assert!((found - expected).abs() < 1e-12, "{found} {expected}");
    }

    #[test]
    fn each_copy_costs_the_logarithm_of_epsilon() {
        let copies = of(Array2::ones((5, 3)), 1.0);
        // The eigenvalues are 5 + ε and four times ε.
        let expected = (5.0 + EPSILON).ln() + 4.0 * EPSILON.ln();
        assert!((copies - expected).abs() < 1e-6, "{copies} {expected}");
        let far = of(array![[0.0], [100.0], [200.0]], 1.0);
        assert!((far - 3.0 * EPSILON.ln_1p()).abs() < 1e-12, "{far}");
    }

    #[test]
    fn no_row_one_row_and_broken_rows_have_defined_answers() {
        assert_eq!(of(Array2::zeros((0, 2)), 1.0), 0.0);
        assert!((of(Array2::zeros((1, 2)), 0.0) - EPSILON.ln_1p()).abs() < 1e-15);
        assert!(of(array![[f32::NAN], [1.0]], 1.0).is_nan());
        assert!(of(array![[0.0], [1.0]], -1.0).is_nan());
    }
}
