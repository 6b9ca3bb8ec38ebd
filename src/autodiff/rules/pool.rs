//! Pooling by the mean, and over whole maps.

use super::{Site, reduce, resample};
use crate::autodiff::var::Var;
use crate::graph::op::{Coordinates, NearestRounding, Op, Pool, Resize, ResizeMode};

fn spatial_axes(rank: usize) -> Vec<usize> {
    (2..rank).collect()
}

/// `GlobalMaxPool`: ties share.
pub(super) fn global_max_pool<'t>(site: &Site<'t>) -> Vec<Option<Var<'t>>> {
    let (x, y, g) = site.xyg();
    let axes = spatial_axes(x.rank());
    vec![Some(reduce::shared_among_winners(x, y, g, &axes))]
}

/// Whether the windows cut the input into blocks, with something left over at the ends at most.
pub(super) fn tiles(pool: &Pool) -> bool {
    let unpadded = pool
        .pads_before
        .iter()
        .chain(&pool.pads_after)
        .all(|&p| p == 0);
    let dense = pool.dilations.iter().all(|&dilation| dilation == 1);
    unpadded && dense && !pool.ceil_mode && pool.kernel == pool.strides
}

/// Every element repeated over its block: the inverse of pooling by `kernel`.
pub(super) fn enlarged<'t>(value: Var<'t>, kernel: &[usize]) -> Var<'t> {
    let mut scales = vec![1.0, 1.0];
    scales.extend(kernel.iter().map(|&factor| factor as f64));
    let mut sizes = value.shape();
    for (length, &factor) in sizes[2..].iter_mut().zip(kernel) {
        *length *= factor;
    }
    let op = Op::Resize(Resize {
        mode: ResizeMode::Nearest(NearestRounding::Floor),
        coordinates: Coordinates::Asymmetric,
        scales,
        sizes,
        cubic_coefficient: -0.75,
        exclude_outside: false,
        antialias: false,
    });
    value.tape().emit(op, &[value])
}

/// Pullback of `AveragePool`. Tiles: repeat. Stride 1 with a constant divisor: an `AveragePool` too.
/// Otherwise a matrix for each axis.
pub(super) fn average_pool<'t>(
    site: &Site<'t>,
    op: &Op,
    pool: &Pool,
    count_include_pad: bool,
) -> Vec<Option<Var<'t>>> {
    let (x, y, g) = site.xyg();
    let shape = x.shape();
    let divides = pool
        .kernel
        .iter()
        .zip(&shape[2..])
        .all(|(k, length)| length % k == 0);
    if tiles(pool) && divides {
        let window: usize = pool.kernel.iter().product();
        return vec![Some(enlarged(g * (1.0 / window as f64), &pool.kernel))];
    }
    if let Some(adjoint) = unit_stride_adjoint(pool, count_include_pad) {
        return vec![Some(site.tape.emit(adjoint, &[g]))];
    }
    debug_assert!(matches!(op, Op::AveragePool { .. }));
    let one_axis = |axis: usize| Op::AveragePool {
        pool: Pool {
            kernel: vec![pool.kernel[axis]],
            strides: vec![pool.strides[axis]],
            dilations: vec![pool.dilations[axis]],
            pads_before: vec![pool.pads_before[axis]],
            pads_after: vec![pool.pads_after[axis]],
            ceil_mode: pool.ceil_mode,
        },
        count_include_pad,
    };
    vec![Some(resample::pull_back_spatial(
        g,
        &shape,
        &y.shape(),
        one_axis,
    ))]
}

/// With stride 1 every window has the same divisor if padding counts or there is none; the adjoint
/// then averages windows padded by (k − 1 − before, k − 1 − after), padding counted.
fn unit_stride_adjoint(pool: &Pool, count_include_pad: bool) -> Option<Op> {
    let unpadded = pool
        .pads_before
        .iter()
        .chain(&pool.pads_after)
        .all(|&p| p == 0);
    let plain = pool.strides.iter().chain(&pool.dilations).all(|&d| d == 1);
    if !plain || !(count_include_pad || unpadded) {
        return None;
    }
    let complement = |pads: &[usize]| -> Option<Vec<usize>> {
        let pairs = pool.kernel.iter().zip(pads);
        pairs
            .map(|(&kernel, &pad)| (kernel - 1).checked_sub(pad))
            .collect()
    };
    Some(Op::AveragePool {
        pool: Pool {
            pads_before: complement(&pool.pads_before)?,
            pads_after: complement(&pool.pads_after)?,
            ceil_mode: false,
            ..pool.clone()
        },
        count_include_pad: true,
    })
}
