//! Elementwise operators of several inputs. The sweep undoes their broadcasting.

use super::Site;
use crate::autodiff::var::Var;
use crate::graph::op::{Binary, Unary};

/// aᵇ: b·a^{b−1} and y·ln a (0 where a is not positive).
pub(super) fn pow<'t>(site: &Site<'t>) -> Vec<Option<Var<'t>>> {
    let (a, b, y, g) = (
        site.inputs[0],
        site.inputs[1],
        site.outputs[0],
        site.cotangent,
    );
    // The exponent may be of another type than the base.
    let exponent = || match b.dtype() == a.dtype() {
        true => b,
        false => b.cast(a.dtype()),
    };
    let base = match b.scalar_value() {
        Some(0.0) => None,
        Some(0.5) => site.when(0, || g * (y.constant(0.5) / y)),
        Some(1.0) => site.when(0, || g),
        Some(2.0) => site.when(0, || g * (a + a)),
        Some(p) => site.when(0, || g * (a.binary(Binary::Pow, a.constant(p - 1.0)) * p)),
        None => site.when(0, || {
            let b = exponent();
            g * b * a.binary(Binary::Pow, b + -1.0)
        }),
    };
    let power = site.when(1, || {
        let positive = a.is_positive();
        let safe = a * positive + (1.0 - positive);
        g * y * safe.unary(Unary::Log)
    });
    vec![base, power]
}

/// The larger or the smaller: all to the one that wins strictly, half each where they are equal.
pub(super) fn extremum<'t>(
    site: &Site<'t>,
    strictly: Binary,
    weakly: Binary,
) -> Vec<Option<Var<'t>>> {
    let (a, b, g) = (site.inputs[0], site.inputs[1], site.cotangent);
    let share = g.mask(a.binary(strictly, b)) + g.mask(a.binary(weakly, b));
    let first = g * (share * 0.5);
    vec![site.when(0, || first), site.when(1, || g - first)]
}

/// a > 0 ? a : b·a.
pub(super) fn parametric_relu<'t>(site: &Site<'t>) -> Vec<Option<Var<'t>>> {
    let (a, slope, g) = (site.inputs[0], site.inputs[1], site.cotangent);
    let positive = a.is_positive();
    vec![
        site.when(0, || g * (positive + (1.0 - positive) * slope)),
        site.when(1, || g * (a * (1.0 - positive))),
    ]
}

/// condition ? a : b.
pub(super) fn choose<'t>(site: &Site<'t>) -> Vec<Option<Var<'t>>> {
    let (condition, g) = (site.inputs[0], site.cotangent);
    vec![
        None,
        site.when(1, || g * g.mask(condition)),
        site.when(2, || g * g.mask(condition.unary(Unary::Not))),
    ]
}
