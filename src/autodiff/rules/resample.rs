//! `Resize` and `Pad`: separable, so their adjoints are matrices on each axis, with fast paths for
//! the common cases.

use super::Site;
use crate::autodiff::axis_map::AxisMap;
use crate::autodiff::var::Var;
use crate::graph::op::{Op, PadMode, Pool, Resize};

/// The pullback through one map for each axis; refuses where a map could not be made.
fn pull_back_axes<'t>(
    g: Var<'t>,
    maps: impl IntoIterator<Item = (usize, Result<AxisMap, String>)>,
) -> Var<'t> {
    let mut g = g;
    for (axis, map) in maps {
        match map {
            Ok(map) => g = map.pull_back(g, axis),
            Err(reason) => g.tape().refuse(reason),
        }
    }
    g
}

/// Pullback of `Resize`. Enlargement by whole factors with repeated elements: the sum of each block,
/// as a mean times its size.
pub(super) fn resize<'t>(g: Var<'t>, site: &Site<'t>, resize: &Resize) -> Var<'t> {
    let from = site.inputs[0].shape();
    let maps: Vec<(usize, Result<AxisMap, String>)> = (0..from.len())
        .filter(|&axis| from[axis] != resize.sizes[axis] || resize.scales[axis] != 1.0)
        .map(|axis| (axis, one_axis(resize, axis, from[axis])))
        .collect();
    let mut kernel = vec![1; from.len().saturating_sub(2)];
    let repeats = maps.iter().all(|(axis, map)| {
        let factor = map.as_ref().ok().and_then(AxisMap::repeats);
        match (axis.checked_sub(2), factor) {
            (Some(spatial), Some(factor)) => {
                kernel[spatial] = factor;
                true
            }
            _ => false,
        }
    });
    if repeats && !maps.is_empty() {
        let block: usize = kernel.iter().product();
        return site.tape.emit(block_mean(kernel), &[g]) * block as f64;
    }
    pull_back_axes(g, maps)
}

/// The mean of each block.
fn block_mean(kernel: Vec<usize>) -> Op {
    let rank = kernel.len();
    Op::AveragePool {
        pool: Pool {
            strides: kernel.clone(),
            kernel,
            dilations: vec![1; rank],
            pads_before: vec![0; rank],
            pads_after: vec![0; rank],
            ceil_mode: false,
        },
        count_include_pad: false,
    }
}

fn one_axis(resize: &Resize, axis: usize, from: usize) -> Result<AxisMap, String> {
    let to = resize.sizes[axis];
    let op = Op::Resize(Resize {
        scales: vec![1.0, resize.scales[axis]],
        sizes: vec![from, to],
        ..resize.clone()
    });
    AxisMap::probe(&op, 2, from, to)
}

/// Pullback of `Pad`. Constant padding: the interior, with zeros where padding was negative.
pub(super) fn pad<'t>(
    g: Var<'t>,
    site: &Site<'t>,
    mode: PadMode,
    before: &[i64],
    after: &[i64],
) -> Var<'t> {
    let from = site.inputs[0].shape();
    if mode != PadMode::Constant {
        let maps = (0..from.len())
            .filter(|&axis| before[axis] != 0 || after[axis] != 0)
            .map(|axis| {
                let op = Op::Pad {
                    mode,
                    before: vec![0, before[axis]],
                    after: vec![0, after[axis]],
                    value: 0.0,
                };
                let to = site.outputs[0].shape()[axis];
                (axis, AxisMap::probe(&op, 2, from[axis], to))
            });
        return pull_back_axes(g, maps);
    }
    let added = |width: i64| usize::try_from(width).unwrap_or(0);
    let removed = |width: i64| usize::try_from(-width).unwrap_or(0);
    let mut interior = g;
    for (axis, length) in g.shape().into_iter().enumerate() {
        interior = interior.slice_axis(axis, added(before[axis]), length - added(after[axis]));
    }
    let before: Vec<usize> = before.iter().map(|&width| removed(width)).collect();
    let after: Vec<usize> = after.iter().map(|&width| removed(width)).collect();
    interior.pad(&before, &after, 0.0)
}

/// Pullback through the one-axis operators of a pooling operator: `one_axis(axis)` for each spatial
/// axis.
pub(super) fn pull_back_spatial<'t>(
    g: Var<'t>,
    from: &[usize],
    to: &[usize],
    one_axis: impl Fn(usize) -> Op,
) -> Var<'t> {
    let maps = (2..from.len()).map(|axis| {
        let op = one_axis(axis - 2);
        (axis, AxisMap::probe(&op, 3, from[axis], to[axis]))
    });
    pull_back_axes(g, maps)
}
