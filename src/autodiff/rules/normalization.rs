//! Normalisations.
//!
//! With x̂ = (x − mean)·r, r = 1/√(variance + ε) over some axes, y = x̂·scale + bias and h = ȳ·scale:
//! x̄ = r·(h − mean(h) − x̂·mean(h·x̂)). Mean and r are computed again from x, because asking a
//! runtime's fused kernel for them keeps it from fusing.

use super::Site;
use crate::autodiff::axis_map;
use crate::autodiff::var::Var;
use crate::graph::op::{Binary, Unary};

/// `[C]` as `[C, 1, ..]`, to broadcast against `[N, C, ..]` of this rank.
fn per_channel(parameter: Var<'_>, rank: usize) -> Var<'_> {
    let mut shape = parameter.shape();
    shape.resize(rank - 1, 1);
    parameter.reshape(&shape)
}

/// Sum over everything but the channels, as `[C]`.
fn channel_sum(value: Var<'_>) -> Var<'_> {
    let shape = value.shape();
    let axes: Vec<usize> = (0..shape.len()).filter(|&axis| axis != 1).collect();
    value.sum(&axes).reshape(&[shape[1]])
}

/// x̂ and r over `axes`.
fn normalised<'t>(x: Var<'t>, axes: &[usize], epsilon: f64) -> (Var<'t>, Var<'t>) {
    let centred = x - x.mean(axes);
    let variance = centred.square().mean(axes);
    let reciprocal = reciprocal_deviation(variance, epsilon);
    (centred * reciprocal, reciprocal)
}

fn reciprocal_deviation(variance: Var<'_>, epsilon: f64) -> Var<'_> {
    (variance + epsilon)
        .unary(Unary::Sqrt)
        .unary(Unary::Reciprocal)
}

/// The formula at the top.
fn through_statistics<'t>(
    h: Var<'t>,
    normal: Var<'t>,
    reciprocal: Var<'t>,
    axes: &[usize],
) -> Var<'t> {
    (h - h.mean(axes) - normal * (h * normal).mean(axes)) * reciprocal
}

/// `BatchNormalization` in inference mode: affine in x, with given statistics.
pub(super) fn batch<'t>(site: &Site<'t>, epsilon: f64) -> Vec<Option<Var<'t>>> {
    let g = site.cotangent;
    let rank = g.rank();
    let [x, scale, _, mean, variance] = site.inputs[..] else {
        site.tape
            .refuse("needs five inputs; export it in inference mode".to_owned());
        return Vec::new();
    };
    let reciprocal = || per_channel(reciprocal_deviation(variance, epsilon), rank);
    let scaled = || g * (per_channel(scale, rank) * reciprocal());
    let normal = || (x - per_channel(mean, rank)) * reciprocal();
    vec![
        site.when(0, scaled),
        site.when(1, || channel_sum(g * normal())),
        site.when(2, || channel_sum(g)),
        site.when(3, || -channel_sum(scaled())),
        site.when(4, || {
            channel_sum(scaled() * (normal() * reciprocal()) * -0.5)
        }),
    ]
}

/// `InstanceNormalization`: statistics over the spatial axes.
pub(super) fn instance<'t>(site: &Site<'t>, epsilon: f64) -> Vec<Option<Var<'t>>> {
    let (x, scale, g) = (site.inputs[0], site.inputs[1], site.cotangent);
    let rank = x.rank();
    let axes: Vec<usize> = (2..rank).collect();
    let (normal, reciprocal) = normalised(x, &axes, epsilon);
    vec![
        site.when(0, || {
            through_statistics(g * per_channel(scale, rank), normal, reciprocal, &axes)
        }),
        site.when(1, || channel_sum(g * normal)),
        site.when(2, || channel_sum(g)),
    ]
}

/// `LayerNormalization`: statistics over the axes from `axis` on.
pub(super) fn layer<'t>(site: &Site<'t>, axis: usize, epsilon: f64) -> Vec<Option<Var<'t>>> {
    let (x, scale, g) = (site.inputs[0], site.inputs[1], site.cotangent);
    let axes: Vec<usize> = (axis..x.rank()).collect();
    let (normal, reciprocal) = normalised(x, &axes, epsilon);
    vec![
        site.when(0, || {
            through_statistics(g * scale, normal, reciprocal, &axes)
        }),
        site.when(1, || g * normal),
        site.when(2, || g),
    ]
}

/// `LRN`: y = x·D^−β with D = bias + (α/n)·W(x²), W the sum over a window of channels, so
/// x̄ = ȳ·D^−β − (2αβ/n)·x·Wᵀ(ȳ·y/D). The window reaches from ⌊(n−1)/2⌋ channels before to
/// ⌈(n−1)/2⌉ after, and W is a banded matrix.
pub(super) fn local_response<'t>(
    site: &Site<'t>,
    alpha: f64,
    beta: f64,
    bias: f64,
    size: usize,
) -> Vec<Option<Var<'t>>> {
    let (x, y, g) = site.xyg();
    let channels = x.shape()[1];
    let (before, after) = ((size - 1) / 2, size / 2);
    let band = axis_map::AxisMap::from_fn(channels, channels, |to, from| {
        let inside = from + before >= to && from <= to + after;
        f64::from(u8::from(inside))
    });
    let band = match band {
        Ok(band) => band,
        Err(reason) => {
            site.tape.refuse(reason);
            return Vec::new();
        }
    };
    let base = band.apply(x.square(), 1) * (alpha / size as f64) + bias;
    let direct = g * base.binary(Binary::Pow, x.constant(-beta));
    let through_window = x * band.pull_back(g * y / base, 1);
    vec![Some(
        direct - through_window * (2.0 * alpha * beta / size as f64),
    )]
}
