//! Pooling.

use super::{Site, reduce, resample};
use crate::autodiff::MaxPoolAdjoint;
use crate::autodiff::var::Var;
use crate::graph::op::{
    Binary, Convolution, Coordinates, NearestRounding, Op, Pool, Resize, ResizeMode, SliceRange,
    Unary,
};

fn spatial_axes(rank: usize) -> Vec<usize> {
    (2..rank).collect()
}

/// `GlobalMaxPool`: ties share.
pub(super) fn global_max_pool<'t>(site: &Site<'t>) -> Vec<Option<Var<'t>>> {
    let (x, y, g) = site.xyg();
    let axes = spatial_axes(x.rank());
    vec![Some(reduce::shared_among_winners(x, y, g, &axes))]
}

/// Whether the windows cut the input into blocks with nothing left over.
fn tiles(pool: &Pool, input: &[usize]) -> bool {
    let unpadded = pool
        .pads_before
        .iter()
        .chain(&pool.pads_after)
        .all(|&p| p == 0);
    let dense = pool.dilations.iter().all(|&dilation| dilation == 1);
    let divides = pool
        .kernel
        .iter()
        .zip(&input[2..])
        .all(|(kernel, length)| length % kernel == 0);
    unpadded && dense && divides && pool.kernel == pool.strides
}

/// Every element repeated over its block: the inverse of pooling by `kernel`.
fn enlarged<'t>(value: Var<'t>, kernel: &[usize]) -> Var<'t> {
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
    if tiles(pool, &shape) {
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

/// Pullback of `MaxPool`: to the first maximum of each window in row-major order.
pub(super) fn max_pool<'t>(site: &Site<'t>, pool: &Pool) -> Vec<Option<Var<'t>>> {
    if tiles(pool, &site.inputs[0].shape()) {
        return vec![by_tiles(site, pool)];
    }
    vec![Some(match site.tape.lowering.max_pool {
        MaxPoolAdjoint::Taps => by_taps(site, pool),
        MaxPoolAdjoint::Indices => by_indices(site, pool),
    })]
}

/// Windows that tile: the pooled map enlarged again tells the maxima. Equal ones are common (a
/// region of one colour gives the same activation all over), so each gets a rank that falls in
/// row-major order, and pooling the ranks tells the first.
///
/// Only the last line depends on the cotangent: what crosses a split is one mask of truth values.
fn by_tiles<'t>(site: &Site<'t>, pool: &Pool) -> Option<Var<'t>> {
    let (x, y, g) = site.xyg();
    let shape = x.shape();
    let name = format!("ranks/{:?}", pool.kernel);
    let ranks = ranks(&pool.kernel, &shape[2..]);
    let ranks = site
        .tape
        .constant_f64(&name, x.dtype(), &shape[2..], &ranks)?;
    let maxima = x.binary(Binary::Equal, enlarged(y, &pool.kernel));
    let ranked = x.mask(maxima) * ranks;
    let first = site.tape.emit(Op::MaxPool(pool.clone()), &[ranked]);
    let winners = ranked.binary(Binary::Equal, enlarged(first, &pool.kernel));
    Some(enlarged(g, &pool.kernel) * g.mask(winners))
}

/// For each element of the spatial axes, how many of its window come no earlier than itself:
/// from the window's size at its first element down to 1 at its last.
fn ranks(kernel: &[usize], lengths: &[usize]) -> Vec<f64> {
    let window: usize = kernel.iter().product();
    let position_in_window = |element: usize| {
        let axes = kernel.iter().zip(lengths).rev();
        let (_, _, position) = axes.fold(
            (element, 1, 0),
            |(rest, stride, position), (&kernel, &length)| {
                let along = rest % length % kernel;
                (rest / length, stride * kernel, position + stride * along)
            },
        );
        position
    };
    (0..lengths.iter().product())
        .map(|element| (window - position_in_window(element)) as f64)
        .collect()
}

fn by_indices<'t>(site: &Site<'t>, pool: &Pool) -> Var<'t> {
    let (x, _, g) = site.xyg();
    let shape = x.shape();
    let outputs = site.tape.emit_many(Op::MaxPool(pool.clone()), &[x], 2);
    let count: usize = g.shape().iter().product();
    let zeros = site.tape.zeros(g.dtype(), &[shape.iter().product()]);
    let op = Op::ScatterElements { axis: 0, add: true };
    let indices = outputs[1].reshape(&[count]);
    site.tape
        .emit(op, &[zeros, indices, g.reshape(&[count])])
        .reshape(&shape)
}

/// Tap t of every window at once is a strided slice of the padded input. The first tap that equals
/// the window's maximum wins; the cotangents, parted by winning tap, go back through a transposed
/// convolution whose kernel for tap t is one at t and zero elsewhere.
fn by_taps<'t>(site: &Site<'t>, pool: &Pool) -> Var<'t> {
    let (x, y, g) = site.xyg();
    let (shape, pooled) = (x.shape(), y.shape());
    let geometry = Geometry::of(pool, &shape, &pooled);
    let padded = x.pad(&geometry.before, &geometry.after, f64::NEG_INFINITY);

    let taps: usize = pool.kernel.iter().product();
    let planes = pooled[0] * pooled[1];
    let mut single = vec![planes, 1];
    single.extend(&pooled[2..]);
    let mut taken: Option<Var<'t>> = None;
    let mut parts = Vec::with_capacity(taps);
    for tap in 0..taps {
        let equal = padded
            .slice(geometry.tap(pool, tap))
            .binary(Binary::Equal, y);
        let wins = match taken {
            None => equal,
            Some(taken) => equal.binary(Binary::And, taken.unary(Unary::Not)),
        };
        taken = Some(match taken {
            None => equal,
            Some(taken) => taken.binary(Binary::Or, equal),
        });
        parts.push((g * g.mask(wins)).reshape(&single));
    }
    let parts = Var::concat(&parts, 1);

    let mut kernel_shape = vec![taps, 1];
    kernel_shape.extend(&pool.kernel);
    let one_hot: Vec<f64> = (0..taps * taps)
        .map(|position| f64::from(u8::from(position / taps == position % taps)))
        .collect();
    let name = format!("taps/{}", taps);
    let Some(kernel) = site
        .tape
        .constant_f64(&name, g.dtype(), &kernel_shape, &one_hot)
    else {
        return g;
    };
    let op = Op::ConvTranspose {
        convolution: Convolution {
            strides: pool.strides.clone(),
            dilations: pool.dilations.clone(),
            pads_before: pool.pads_before.clone(),
            pads_after: geometry.after[2..].to_vec(),
            group: 1,
        },
        output_padding: geometry.unused,
    };
    site.tape.emit(op, &[parts, kernel]).reshape(&shape)
}

/// How the windows lie on the input.
struct Geometry {
    /// Padding before each axis.
    before: Vec<usize>,
    /// Padding after each axis, as far as the windows reach (further than `pads_after` in ceil mode).
    after: Vec<usize>,
    /// Elements at the end of each spatial axis that no window reaches.
    unused: Vec<usize>,
    /// Length of each spatial axis of the output.
    pooled: Vec<usize>,
}

impl Geometry {
    fn of(pool: &Pool, input: &[usize], pooled: &[usize]) -> Self {
        let mut geometry = Geometry {
            before: vec![0; 2],
            after: vec![0; 2],
            unused: Vec::new(),
            pooled: pooled[2..].to_vec(),
        };
        for axis in 0..pool.kernel.len() {
            let reach = (pooled[axis + 2] - 1) * pool.strides[axis]
                + (pool.kernel[axis] - 1) * pool.dilations[axis]
                + 1;
            let padded = input[axis + 2] + pool.pads_before[axis];
            geometry.before.push(pool.pads_before[axis]);
            geometry.after.push(reach.saturating_sub(padded));
            geometry.unused.push(padded.saturating_sub(reach));
        }
        geometry
    }

    /// The slice of the padded input that holds tap number `tap` of every window.
    fn tap(&self, pool: &Pool, tap: usize) -> Vec<SliceRange> {
        let mut rest = tap;
        let mut ranges: Vec<SliceRange> = (0..pool.kernel.len())
            .rev()
            .map(|axis| {
                let offset = (rest % pool.kernel[axis]) * pool.dilations[axis];
                rest /= pool.kernel[axis];
                let last = offset + (self.pooled[axis] - 1) * pool.strides[axis];
                SliceRange {
                    axis: axis + 2,
                    start: offset as i64,
                    end: last as i64 + 1,
                    step: pool.strides[axis] as i64,
                }
            })
            .collect();
        ranges.reverse();
        ranges
    }
}
