//! A directional derivative against differences of the function, and how kinks are told from
//! curvature.
//!
//! Along a direction v, with f the scalar function on the line: central difference
//! C(h) = (f(h) − f(−h)) / 2h, asymmetry A(h) = |f(h) + f(−h) − 2f(0)| / h, the disagreement of the
//! two one-sided differences. Where f is smooth A(h) = h|f''| shrinks with h; a kink between −h and
//! h holds it up. So a direction is *kinked* where the one-sided differences disagree by more than a
//! thousandth of the derivative at the smallest step tried, and A shrank three times less than h did
//! on the way there.
//!
//! f is evaluated in 64-bit floats, for the sake of short steps. A step of a part h of the point's norm
//! crosses the kinks of about a part h of all rectified units. The derivative is a sum over units whose
//! signs are as good as random, so those few err by about √h of it, and by nothing where none is crossed:
//! a decoder of 50 million units needs h of 1e-8 for that. (32-bit floats allow no less than 1e-3: the
//! differences then err by a hundredth.)
//!
//! What holds for a step holds for rounding: where the 32-bit forward pass of a runtime takes a few
//! units of millions to the other side of their kink, its gradient errs by the root of their share. So
//! the gradient graph is evaluated in 64-bit floats too. It tells a wrong derivative from rounding.

/// Step sizes, largest first, relative to the norm of the point.
pub(super) const STEPS: [f64; 3] = [1e-7, 1e-8, 1e-9];

/// The smaller steps are tried where the gradient graph in 64-bit floats errs by more than this at the
/// larger ones, or one-sided differences disagree.
const GOOD: f64 = 1e-5;

/// How much slower than h the asymmetry may shrink before it means a kink.
const SLOWER_THAN_SMOOTH: f64 = 3.0;

/// An asymmetry below this part of the derivative does not matter.
const NEGLIGIBLE: f64 = 1e-3;

/// The function around the point on a line, for one step size.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stencil {
    /// The step h.
    pub(super) step: f64,
    /// f(h).
    pub(super) ahead: f64,
    /// f(−h).
    pub(super) behind: f64,
}

/// What is known of the function before any direction is chosen.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    /// f(0).
    pub(super) value: f64,
    /// Rounding error of one evaluation.
    pub(super) rounding: f64,
    /// The derivative expected along a random unit direction: ‖g‖/√d. Relative errors are not
    /// taken against less than a hundredth of it, for a direction may be orthogonal to g.
    pub(super) derivative: f64,
    /// The length that steps are relative to.
    pub(super) reach: f64,
}

/// The comparison along one direction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Comparison {
    /// |C − g·v| relative to the larger of both, at the best step tried, for the g of the runtime.
    pub(super) error: f64,
    /// The same for the g of the gradient graph in 64-bit floats.
    pub(super) exact_error: f64,
    /// Whether one-sided differences disagree however small the step.
    pub(super) kinked: bool,
}

/// The product g·v for both gradients.
#[derive(Debug, Clone, Copy)]
pub(super) struct Predicted {
    /// As the runtime gives it.
    pub(super) runtime: f64,
    /// As the gradient graph gives it in 64-bit floats.
    pub(super) exact: f64,
}

/// Compares the products g·v with differences, `stencil` being asked for as many of the three steps as
/// are needed.
///
/// # Errors
/// Those of `stencil`.
pub(super) fn compare<E>(
    predicted: Predicted,
    scale: &Scale,
    mut stencil: impl FnMut(f64) -> Result<Stencil, E>,
) -> Result<Comparison, E> {
    let relative = |stencil: &Stencil, predicted: f64| {
        let difference = (stencil.ahead - stencil.behind) / (2.0 * stencil.step);
        let size = difference
            .abs()
            .max(predicted.abs())
            .max(scale.derivative / 100.0);
        if size == 0.0 {
            0.0
        } else {
            (difference - predicted).abs() / size
        }
    };
    let asymmetry = |stencil: &Stencil| {
        (stencil.ahead + stencil.behind - 2.0 * scale.value).abs() / stencil.step
    };
    let matters = NEGLIGIBLE * predicted.exact.abs().max(scale.derivative);
    let mut stencils = Vec::with_capacity(STEPS.len());
    // A NaN compares as larger, so that it is not taken for the best.
    let (mut error, mut exact_error) = (f64::NAN, f64::NAN);
    for step in STEPS {
        let next = stencil(step * scale.reach)?;
        error = error.min(relative(&next, predicted.runtime));
        exact_error = exact_error.min(relative(&next, predicted.exact));
        let is_plain = exact_error <= GOOD && asymmetry(&next) <= matters;
        stencils.push(next);
        if is_plain {
            break;
        }
    }
    Ok(Comparison {
        error,
        exact_error,
        kinked: is_kinked(&stencils, asymmetry, matters, scale.rounding),
    })
}

/// Whether the one-sided differences still disagree at the smallest step where rounding does not hide
/// what matters, and did not shrink as those of a smooth function do.
fn is_kinked(
    stencils: &[Stencil],
    asymmetry: impl Fn(&Stencil) -> f64,
    matters: f64,
    rounding: f64,
) -> bool {
    let rounding = |stencil: &Stencil| 4.0 * rounding / stencil.step;
    let pair = stencils
        .windows(2)
        .rev()
        .find(|pair| rounding(&pair[1]) <= matters)
        .or(stencils.windows(2).next());
    // One step alone was plain.
    pair.is_some_and(|pair| {
        let smooth = asymmetry(&pair[0]) * pair[1].step / pair[0].step;
        let explained = SLOWER_THAN_SMOOTH * smooth + rounding(&pair[1]);
        asymmetry(&pair[1]) > explained.max(matters)
    })
}

/// The middle value; of an even count the mean of both. NaN for none.
pub(super) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match (sorted.len() % 2, sorted.get(middle)) {
        (1, Some(&value)) => value,
        (0, Some(&upper)) if middle > 0 => (sorted[middle - 1] + upper) / 2.0,
        _ => f64::NAN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn along(f: impl Fn(f64) -> f64, predicted: f64) -> Comparison {
        let scale = Scale {
            value: f(0.0),
            rounding: 1e-15,
            derivative: predicted.abs(),
            reach: 1.0,
        };
        let stencil = |step| {
            Ok::<Stencil, std::convert::Infallible>(Stencil {
                step,
                ahead: f(step),
                behind: f(-step),
            })
        };
        let predicted = Predicted {
            runtime: predicted,
            exact: predicted,
        };
        compare(predicted, &scale, stencil).unwrap_or_else(|never| match never {})
    }

    #[test]
    fn a_smooth_function_is_not_kinked_and_its_derivative_agrees() {
        let comparison = along(|t| (0.3 + t).sin() + 4.0 * t * t, 0.3f64.cos());
        assert!(comparison.error < 1e-8, "{comparison:?}");
        assert!(!comparison.kinked);
    }

    #[test]
    fn a_kink_at_the_point_or_near_it_is_found() {
        assert!(along(|t| t.max(0.0), 1.0).kinked);
        assert!(along(|t| (t - STEPS[2] / 2.0).max(0.0) + t, 1.0).kinked);
    }

    #[test]
    fn a_kink_beyond_the_smaller_steps_is_none() {
        let comparison = along(|t| (t - STEPS[0] / 2.0).max(0.0) + t, 1.0);
        assert!(!comparison.kinked);
        assert!(comparison.error < 1e-9);
    }

    #[test]
    fn a_wrong_derivative_shows() {
        assert!(along(|t| 2.0 * t, 1.0).error > 0.4);
    }

    #[test]
    fn a_curved_function_tries_smaller_steps_and_is_not_kinked() {
        // The asymmetry at the first step is a hundredth of the derivative.
        let comparison = along(|t| t + 5e4 * t * t + 3e11 * t * t * t, 1.0);
        assert!(comparison.error < 1e-6, "{comparison:?}");
        assert!(!comparison.kinked);
    }

    #[test]
    fn values_that_are_not_finite_do_not_pass() {
        assert!(along(|_| f64::NAN, 1.0).error.is_nan());
    }

    #[test]
    fn the_median_of_an_even_count_is_the_mean_of_the_middle_two() {
        assert_eq!(median(&[4.0, 1.0, 3.0, 2.0]), 2.5);
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert!(median(&[]).is_nan());
    }
}
