//! Derivatives of the activation functions that take more than a line.

use std::f64::consts::{FRAC_1_SQRT_2, PI};

use super::Site;
use crate::autodiff::ReluMask;
use crate::autodiff::var::Var;
use crate::graph::op::{Binary, Op, Unary};

/// 1 where `low < y < high`, else 0.
pub(super) fn strictly_between(y: Var<'_>, low: f64, high: f64) -> Var<'_> {
    let above = y.compare(Binary::Greater, low);
    let below = y.compare(Binary::Less, high);
    y.mask(above.binary(Binary::And, below))
}

/// The upper bound of ReLU6.
const SIX: f64 = 6.0;

/// Passes inside the bounds and at them: there, and nowhere else, y is x.
///
/// From 0 to 6 it is what files hold of a ReLU6, which passes nothing at its bounds. That is read
/// off y, which keeps the fusion of a convolution with its activation.
pub(super) fn clip<'t>(
    site: &Site<'t>,
    low: Option<f64>,
    high: Option<f64>,
) -> Vec<Option<Var<'t>>> {
    let (x, y, g) = site.xyg();
    let mask = match (low, high) {
        (Some(0.0), Some(SIX)) => strictly_between(y, 0.0, SIX),
        (Some(_), Some(_)) => x.mask(x.binary(Binary::Equal, y)),
        (Some(low), None) => x.mask(x.compare(Binary::GreaterOrEqual, low)),
        (None, Some(high)) => x.mask(x.compare(Binary::LessOrEqual, high)),
        (None, None) => return vec![Some(g)],
    };
    vec![Some(g * mask)]
}

/// Slope of the step that [`ReluMask::Step`] puts for the comparison: every normal number times it
/// is above 1 or nearly so, and it is finite in float32.
const STEEP: f64 = 3e38;

/// [y > 0].
pub(super) fn relu(y: Var<'_>) -> Var<'_> {
    match y.tape().lowering.relu {
        ReluMask::Comparison => y.is_positive(),
        ReluMask::Step => y.unary(Unary::HardSigmoid {
            alpha: STEEP,
            beta: 0.0,
        }),
    }
}

/// Where x is positive, read off y if y tells, so that x need not be kept.
fn positive_side<'t>(x: Var<'t>, y: Var<'t>, y_tells: bool) -> Var<'t> {
    if y_tells { y } else { x }.is_positive()
}

/// x > 0 ? 1 : alpha.
pub(super) fn leaky_relu<'t>(x: Var<'t>, y: Var<'t>, alpha: f64) -> Var<'t> {
    positive_side(x, y, alpha > 0.0) * (1.0 - alpha) + alpha
}

/// x > 0 ? gamma : y + gamma·alpha, of gamma·(x > 0 ? x : alpha(eˣ − 1)). `Elu` has gamma 1.
///
/// As min(y, 0) + gamma·alpha + [y > 0]·gamma(1 − alpha), which stays finite, where y has x's sign.
pub(super) fn selu<'t>(x: Var<'t>, y: Var<'t>, alpha: f64, gamma: f64) -> Var<'t> {
    if alpha > 0.0 && gamma > 0.0 {
        let lower = y.binary(Binary::Min, y.constant(0.0)) + gamma * alpha;
        if alpha == 1.0 {
            return lower;
        }
        return lower + y.is_positive() * (gamma * (1.0 - alpha));
    }
    let positive = x.is_positive();
    let lower = x.binary(Binary::Min, x.constant(0.0)).exp() * (gamma * alpha);
    positive * gamma + (1.0 - positive) * lower
}

/// exp(min(x, 0)/alpha).
pub(super) fn celu(x: Var<'_>, alpha: f64) -> Var<'_> {
    (x.binary(Binary::Min, x.constant(0.0)) * (1.0 / alpha)).exp()
}

/// clamp(x/6 + 1/2, 0, 1) + x/6·[−3 < x < 3].
pub(super) fn hard_swish(x: Var<'_>) -> Var<'_> {
    let sixth = x * (1.0 / 6.0);
    let gate = x.tape().emit(
        Op::Clip {
            low: Some(0.0),
            high: Some(1.0),
        },
        &[sixth + 0.5],
    );
    gate + sixth * strictly_between(x, -3.0, 3.0)
}

/// t + x·σ(x)·(1 − t²), t = tanh(softplus x).
pub(super) fn mish(x: Var<'_>) -> Var<'_> {
    let t = x.unary(Unary::Softplus).unary(Unary::Tanh);
    t + x * x.unary(Unary::Sigmoid) * (1.0 - t.square())
}

/// Φ(x) + x·φ(x).
pub(super) fn gelu(x: Var<'_>) -> Var<'_> {
    let distribution = ((x * FRAC_1_SQRT_2).unary(Unary::Erf) + 1.0) * 0.5;
    let density = (x.square() * -0.5).exp() * (1.0 / (2.0 * PI).sqrt());
    distribution + x * density
}

/// ½(1 + t) + ½x(1 − t²)u′, t = tanh u, u = √(2/π)(x + 0.044715x³).
pub(super) fn gelu_tanh(x: Var<'_>) -> Var<'_> {
    let scale = (2.0 / PI).sqrt();
    let square = x.square();
    let t = (x * (square * (0.044715 * scale) + scale)).unary(Unary::Tanh);
    let slope = square * (3.0 * 0.044715 * scale) + scale;
    ((t + 1.0) + x * (1.0 - t.square()) * slope) * 0.5
}
