//! Reductions. The sweep expands what these leave with length 1.

use super::Site;
use crate::autodiff::var::Var;
use crate::graph::op::{Binary, ReduceKind, Unary};

/// What [`reduce`] computes.
pub(super) fn formula(kind: ReduceKind) -> &'static str {
    match kind {
        ReduceKind::Sum => "g, broadcast",
        ReduceKind::Mean => "g / count, broadcast",
        ReduceKind::Max | ReduceKind::Min => "g·m / Σm, m = [x = y]: equal shares to the winners",
        ReduceKind::Prod => "g·(product of the other elements)",
        ReduceKind::L1 => "g·sign x",
        ReduceKind::L2 => "g·x/y, 0 where y = 0",
        ReduceKind::SumSquare => "2g·x",
        ReduceKind::LogSumExp => "g·exp(x − y)",
    }
}

/// Pullback of a reduction over `axes`.
pub(super) fn reduce<'t>(
    site: &Site<'t>,
    kind: ReduceKind,
    axes: &[usize],
) -> Vec<Option<Var<'t>>> {
    let (x, y, g) = site.xyg();
    let mut kept = x.shape();
    let count: usize = axes.iter().map(|&axis| kept[axis]).product();
    for &axis in axes {
        kept[axis] = 1;
    }
    let y = || y.reshape(&kept);
    let g = g.reshape(&kept);
    let contribution = match kind {
        ReduceKind::Sum => g,
        ReduceKind::Mean => g * (1.0 / count as f64),
        ReduceKind::Max | ReduceKind::Min => shared_among_winners(x, y(), g, axes),
        ReduceKind::Prod => g * product_of_others(x, axes),
        ReduceKind::L1 => g * x.unary(Unary::Sign),
        ReduceKind::L2 => {
            // Zero where the norm is zero.
            let norm = y();
            let zero = norm.mask(norm.compare(Binary::Equal, 0.0));
            (g / (norm + zero)) * x
        }
        ReduceKind::SumSquare => (g * 2.0) * x,
        ReduceKind::LogSumExp => g * (x - y()).exp(),
    };
    vec![Some(contribution)]
}

/// The cotangent of an extremum y over `axes`, in equal shares to the elements that attain it.
pub(super) fn shared_among_winners<'t>(
    x: Var<'t>,
    y: Var<'t>,
    g: Var<'t>,
    axes: &[usize],
) -> Var<'t> {
    let winners = x.mask(x.binary(Binary::Equal, y));
    (g / winners.sum(axes)) * winners
}

/// Π of the other elements, zeros included: with zeros replaced by ones, P/x where no other element
/// is zero, and 0 elsewhere.
fn product_of_others<'t>(x: Var<'t>, axes: &[usize]) -> Var<'t> {
    let zero = x.mask(x.compare(Binary::Equal, 0.0));
    let filled = x + zero;
    let product = filled.reduce(ReduceKind::Prod, axes);
    let no_other_zero = zero.binary(Binary::Equal, zero.sum(axes));
    product / filled * x.mask(no_other_zero)
}
