//! Quantiles of the χ² distribution.

/// The χ² quantile: the x with P(d/2, x/2) = `probability`, for `degrees` >= 1 and a probability
/// in (0, 1).
///
/// P is the regularised lower incomplete gamma function by its series (Abramowitz and Stegun
/// 6.5.29), inverted by bisection between bounds around the Wilson-Hilferty approximation; exact
/// to about 1e-12.
pub(super) fn quantile(degrees: usize, probability: f64) -> f64 {
    let degrees = degrees.max(1) as f64;
    let below = |x: f64| lower_gamma(degrees / 2.0, x / 2.0) < probability;
    let (mut low, mut high) = (0.0, degrees + 1.0);
    while below(high) {
        low = high;
        high *= 2.0;
    }
    // 200 halvings reach neighbouring floats from any start.
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if below(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

/// P(a, x) = xᵃ e⁻ˣ / Γ(a + 1) · (1 + x/(a+1) + x²/((a+1)(a+2)) + …). All terms are positive, so
/// nothing cancels; a few times √a terms beyond x − a suffice.
fn lower_gamma(a: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    let (mut term, mut sum, mut divisor) = (1.0, 1.0, a);
    while term > sum * 1e-17 {
        divisor += 1.0;
        term *= x / divisor;
        sum += term;
        if !sum.is_finite() {
            return 1.0;
        }
    }
    (a * x.ln() - x - ln_gamma(a + 1.0) + sum.ln())
        .exp()
        .min(1.0)
}

/// ln Γ(x) for x > 0: Stirling's series after raising x to 16 by the recurrence.
fn ln_gamma(mut x: f64) -> f64 {
    let mut shift = 0.0;
    while x < 16.0 {
        shift += x.ln();
        x += 1.0;
    }
    let inverse = 1.0 / x;
    let square = inverse * inverse;
    let series =
        inverse * (1.0 / 12.0 - square * (1.0 / 360.0 - square * (1.0 / 1260.0 - square / 1680.0)));
    (x - 0.5) * x.ln() - x + 0.5 * (2.0 * std::f64::consts::PI).ln() + series - shift
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_agree_with_the_table() {
        // Standard table of the upper 0.001 point; d = 2 is -2 ln 0.001.
        for (degrees, expected) in [
            (1, 10.828),
            (2, 13.816),
            (3, 16.266),
            (5, 20.515),
            (10, 29.588),
            (30, 59.703),
            (50, 86.661),
            (100, 149.449),
        ] {
            let found = quantile(degrees, 0.999);
            assert!((found - expected).abs() < 5.1e-4, "{degrees}: {found}");
        }
        assert!((quantile(2, 0.999) + 2.0 * 0.001_f64.ln()).abs() < 1e-10);
        assert!((quantile(1, 0.95) - 3.841_458_820_694_124).abs() < 1e-10);
    }

    #[test]
    fn a_code_of_many_dimensions_has_a_quantile_too() {
        for degrees in [4096, 150_528] {
            let d = degrees as f64;
            // Wilson-Hilferty with the normal quantile of 0.999.
            let root = 1.0 - 2.0 / (9.0 * d) + 3.090_232 * (2.0 / (9.0 * d)).sqrt();
            let expected = d * root * root * root;
            let found = quantile(degrees, 0.999);
            assert!((found / expected - 1.0).abs() < 1e-5, "{found} {expected}");
        }
    }

    #[test]
    fn ln_gamma_agrees_with_factorials() {
        assert!(ln_gamma(1.0).abs() < 1e-13);
        assert!((ln_gamma(11.0) - 3_628_800.0_f64.ln()).abs() < 1e-12);
        assert!((ln_gamma(0.5) - 0.5 * std::f64::consts::PI.ln()).abs() < 1e-13);
    }
}
