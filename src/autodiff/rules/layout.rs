//! Operators that move elements without changing them.

use super::Site;
use crate::autodiff::var::Var;
use crate::graph::op::SliceRange;

/// The permutation that undoes another.
pub(super) fn inverse(permutation: &[usize]) -> Vec<usize> {
    let mut inverse = vec![0; permutation.len()];
    for (to, &from) in permutation.iter().enumerate() {
        inverse[from] = to;
    }
    inverse
}

/// Each part's stretch of the cotangent: one `Split` if all are wanted, else slices.
pub(super) fn concat<'t>(site: &Site<'t>, axis: usize) -> Vec<Option<Var<'t>>> {
    let g = site.cotangent;
    let sizes: Vec<usize> = site.inputs.iter().map(|part| part.shape()[axis]).collect();
    if site.wanted.iter().all(|&wanted| wanted) && sizes.len() > 1 {
        let count = sizes.len();
        let op = crate::graph::Op::Split { axis, sizes };
        let parts = site.tape.emit_many(op, &[g], count);
        return parts.into_iter().map(Some).collect();
    }
    let mut start = 0;
    sizes
        .iter()
        .enumerate()
        .map(|(position, &size)| {
            let from = start;
            start += size;
            site.when(position, || g.slice_axis(axis, from, from + size))
        })
        .collect()
}

/// The pieces' cotangents put together, zeros where one is absent.
pub(super) fn split<'t>(site: &Site<'t>, axis: usize) -> Vec<Option<Var<'t>>> {
    let present: Vec<usize> = (0..site.outputs.len())
        .filter(|&piece| site.cotangents[piece].is_some())
        .collect();
    if let [only] = present[..] {
        let length = |pieces: &[Var<'t>]| pieces.iter().map(|piece| piece.shape()[axis]).sum();
        let before = length(&site.outputs[..only]);
        let after = length(&site.outputs[only + 1..]);
        return vec![Some(site.cotangent.pad_axis(axis, before, after))];
    }
    let pieces: Vec<Var<'t>> = site
        .cotangents
        .iter()
        .zip(&site.outputs)
        .map(|(cotangent, output)| match cotangent {
            Some(cotangent) => *cotangent,
            None => site.tape.zeros(output.dtype(), &output.shape()),
        })
        .collect();
    vec![Some(Var::concat(&pieces, axis))]
}

/// The cotangent put back where a slice of something of shape `shape` was taken, zeros elsewhere.
pub(super) fn slice<'t>(g: Var<'t>, shape: &[usize], ranges: &[SliceRange]) -> Var<'t> {
    let taken = g.shape();
    if taken.contains(&0) {
        return g.tape().zeros(g.dtype(), shape);
    }
    let backwards = ranges.iter().filter(|range| range.step < 0);
    let mut g = g.flip(backwards.map(|range| range.axis));
    let mut before = vec![0; shape.len()];
    let mut after = vec![0; shape.len()];
    for range in ranges {
        let axis = range.axis;
        let step = range.step.unsigned_abs() as usize;
        let reach = (taken[axis] - 1) * step;
        // The first element in memory order.
        let start = match range.step < 0 {
            true => range.start as usize - reach,
            false => range.start as usize,
        };
        g = dilate(g, axis, step);
        before[axis] = start;
        after[axis] = shape[axis] - start - reach - 1;
    }
    g.pad(&before, &after, 0.0)
}

/// `step − 1` zeros between the elements of one axis.
fn dilate(g: Var<'_>, axis: usize, step: usize) -> Var<'_> {
    let mut shape = g.shape();
    let length = shape[axis];
    if step == 1 || length == 1 {
        return g;
    }
    shape.insert(axis + 1, 1);
    let spread = g.reshape(&shape).pad_axis(axis + 1, 0, step - 1);
    shape.remove(axis + 1);
    shape[axis] = length * step;
    spread
        .reshape(&shape)
        .slice_axis(axis, 0, (length - 1) * step + 1)
}

/// The sum over the copies.
pub(super) fn tile<'t>(g: Var<'t>, shape: &[usize], repeats: &[usize]) -> Var<'t> {
    let interleaved: Vec<usize> = repeats
        .iter()
        .zip(shape)
        .flat_map(|(&repeat, &length)| [repeat, length])
        .collect();
    let copies: Vec<usize> = (0..repeats.len())
        .filter(|&axis| repeats[axis] != 1)
        .map(|axis| 2 * axis)
        .collect();
    g.reshape(&interleaved).sum(&copies).reshape(shape)
}

/// `[N, C, H·b, W·b]` back to `[N, C·b², H, W]`, in either channel order.
pub(super) fn depth_to_space(g: Var<'_>, block: usize, channel_first: bool) -> Var<'_> {
    let shape = g.shape();
    let (n, c, h, w) = (shape[0], shape[1], shape[2] / block, shape[3] / block);
    let permutation = match channel_first {
        true => [0, 1, 3, 5, 2, 4],
        false => [0, 3, 5, 1, 2, 4],
    };
    g.reshape(&[n, c, h, block, w, block])
        .transpose(&permutation)
        .reshape(&[n, c * block * block, h, w])
}

/// `[N, b·b·C, H, W]` back to `[N, C, H·b, W·b]`.
pub(super) fn space_to_depth(g: Var<'_>, block: usize) -> Var<'_> {
    let shape = g.shape();
    let (n, c, h, w) = (shape[0], shape[1] / (block * block), shape[2], shape[3]);
    g.reshape(&[n, block, block, c, h, w])
        .transpose(&[0, 3, 4, 1, 5, 2])
        .reshape(&[n, c, h * block, w * block])
}
