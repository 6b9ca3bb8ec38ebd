//! `MaxPool`, one axis after another.
//!
//! The maximum of a box is the maximum along each axis in turn, the last axis first: with two axes
//! m = max of x along rows, y = max of m along columns. Back again, the first maximum along the
//! outer axis and, within it, the first along the inner one is the first in row-major order.
//!
//! Along one axis with stride s, tap t of window i is element i·s + u with u = t·dilation − padding:
//! element i + ⌊u/s⌋ of phase u mod s, where phase j of an axis are its elements j, j + s, …. So an
//! axis is parted into its phases once, every tap is a contiguous stretch of one of them, and the
//! cotangents of the taps are added up in the phases before those are put together again.
//!
//! Where windows tile, the pooled map is enlarged again and compared instead, in fewer nodes.
//!
//! Each tap in turn takes the cotangent where it equals the maximum and leaves the rest to those
//! behind it; the last one gets what is left. (Measured on a ResNet-18's pooling, kernel 3, stride 2:
//! 0.55 times the time of comparing all nine taps, and no less exact.)

use super::{Site, pool};
use crate::autodiff::MaxPoolAdjoint;
use crate::autodiff::var::Var;
use crate::graph::op::{Binary, Op, Pool, SliceRange};

/// The ranks of a plane larger than this are not written into the graph: 4 MiB in float32.
const MOST_RANKS: usize = 1 << 20;

/// Windows longer or further apart than this along an axis are refused: every tap and every phase takes
/// nodes.
const MOST_TAPS: usize = 1 << 11;

/// Pullback of `MaxPool`: to the first maximum of each window in row-major order.
pub(super) fn max_pool<'t>(site: &Site<'t>, pool: &Pool) -> Vec<Option<Var<'t>>> {
    let (x, _, g) = site.xyg();
    let ranks: usize = x.shape()[2..].iter().product();
    if pool::tiles(pool) && ranks <= MOST_RANKS {
        return vec![by_tiles(site, pool)];
    }
    vec![Some(match site.tape.lowering.max_pool {
        MaxPoolAdjoint::Taps => {
            let longest = pool.kernel.iter().chain(&pool.strides).max();
            if let Some(longest) = longest.filter(|&&longest| longest > MOST_TAPS) {
                site.tape.refuse(format!(
                    "has windows or steps of {longest} elements, more than {MOST_TAPS}, and a node \
                     for each; use a smaller input"
                ));
                return vec![Some(g)];
            }
            by_taps(site, pool)
        }
        MaxPoolAdjoint::Indices => by_indices(site, pool),
    })]
}

/// Windows that tile, whatever is left over at the ends: the pooled map enlarged again tells the
/// maxima. Equal ones are common (a region of one colour gives the same activation all over), so
/// each gets a rank that falls in row-major order, and pooling the ranks tells the first.
///
/// Only the last line depends on the cotangent: what crosses a split is one mask of truth values.
fn by_tiles<'t>(site: &Site<'t>, pool: &Pool) -> Option<Var<'t>> {
    let (whole, y, g) = site.xyg();
    let mut shape = whole.shape();
    for ((length, windows), kernel) in shape[2..].iter_mut().zip(&y.shape()[2..]).zip(&pool.kernel)
    {
        *length = windows * kernel;
    }
    let x = whole.slice(covered(&whole.shape(), &shape));
    let name = format!("ranks/{:?}", pool.kernel);
    let ranks = ranks(&pool.kernel, &shape[2..]);
    let ranks = site
        .tape
        .constant_f64(&name, x.dtype(), &shape[2..], &ranks)?;
    let maxima = x.binary(Binary::Equal, pool::enlarged(y, &pool.kernel));
    let ranked = x.mask(maxima) * ranks;
    let first = site.tape.emit(Op::MaxPool(pool.clone()), &[ranked]);
    let winners = ranked.binary(Binary::Equal, pool::enlarged(first, &pool.kernel));
    let bar = pool::enlarged(g, &pool.kernel) * g.mask(winners);
    let missing: Vec<usize> = whole
        .shape()
        .iter()
        .zip(&shape)
        .map(|(whole, covered)| whole - covered)
        .collect();
    Some(bar.pad(&vec![0; shape.len()], &missing, 0.0))
}

/// The slice of a tensor that leaves this shape.
fn covered(whole: &[usize], shape: &[usize]) -> Vec<SliceRange> {
    let shorter = (0..shape.len()).filter(|&axis| shape[axis] != whole[axis]);
    shorter
        .map(|axis| SliceRange {
            axis,
            start: 0,
            end: shape[axis] as i64,
            step: 1,
        })
        .collect()
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

fn by_taps<'t>(site: &Site<'t>, pool: &Pool) -> Var<'t> {
    let (x, y, g) = site.xyg();
    let pooled: Vec<usize> = (0..pool.kernel.len())
        .filter(|&axis| !leaves_alone(pool, axis))
        .collect();
    // What is pooled along each axis, the last axis first; the result of the first one is y.
    let mut stages = Vec::with_capacity(pooled.len());
    let mut value = x;
    for (position, &axis) in pooled.iter().enumerate().rev() {
        let maximum = match position {
            0 => y,
            _ => site.tape.emit(Op::MaxPool(along(pool, axis)), &[value]),
        };
        stages.push((axis, value, maximum));
        value = maximum;
    }
    stages.iter().rev().fold(g, |g, &(axis, x, maximum)| {
        Line::new(pool, axis, x, maximum).pull_back(x, maximum, g)
    })
}

/// Whether every window is one element of this axis and every element one window.
fn leaves_alone(pool: &Pool, axis: usize) -> bool {
    let (before, after) = (pool.pads_before[axis], pool.pads_after[axis]);
    pool.kernel[axis] == 1 && pool.strides[axis] == 1 && before == 0 && after == 0
}

/// The windows of one axis alone.
fn along(pool: &Pool, axis: usize) -> Pool {
    let only = |values: &[usize], neutral: usize| -> Vec<usize> {
        let here = |other: usize| if other == axis { values[axis] } else { neutral };
        (0..values.len()).map(here).collect()
    };
    Pool {
        kernel: only(&pool.kernel, 1),
        strides: only(&pool.strides, 1),
        dilations: only(&pool.dilations, 1),
        pads_before: only(&pool.pads_before, 0),
        pads_after: only(&pool.pads_after, 0),
        ceil_mode: pool.ceil_mode,
    }
}

/// The windows along one axis of a tensor seen as `[outer, axis, inner]`.
struct Line {
    outer: usize,
    inner: usize,
    /// Length of the axis.
    length: usize,
    /// Number of windows.
    windows: usize,
    stride: usize,
    /// Length of each phase.
    blocks: usize,
    taps: Vec<Tap>,
}

/// One tap of all windows: elements `start..start + windows` of a phase, where there are such.
struct Tap {
    phase: usize,
    start: i64,
}

impl Line {
    fn new(pool: &Pool, axis: usize, x: Var<'_>, maximum: Var<'_>) -> Self {
        let shape = x.shape();
        let stride = pool.strides[axis];
        let position = axis + 2;
        let offset =
            |tap: usize| (tap * pool.dilations[axis]) as i64 - pool.pads_before[axis] as i64;
        Line {
            outer: shape[..position].iter().product(),
            inner: shape[position + 1..].iter().product(),
            length: shape[position],
            windows: maximum.shape()[position],
            stride,
            blocks: shape[position].div_ceil(stride),
            taps: (0..pool.kernel[axis])
                .map(|tap| Tap {
                    phase: offset(tap).rem_euclid(stride as i64) as usize,
                    start: offset(tap).div_euclid(stride as i64),
                })
                .collect(),
        }
    }

    /// From the cotangent of the maximum along this axis to that of `x`.
    fn pull_back<'t>(&self, x: Var<'t>, maximum: Var<'t>, g: Var<'t>) -> Var<'t> {
        let phases = self.phases(x);
        let pooled = [self.outer, self.windows, self.inner];
        let maximum = maximum.reshape(&pooled);
        let mut rest = g.reshape(&pooled);
        let mut sums: Vec<Option<Var<'t>>> = vec![None; self.stride];
        for (number, tap) in self.taps.iter().enumerate() {
            let part = if number + 1 == self.taps.len() {
                rest
            } else {
                let value = phases[tap.phase].window(1, tap.start, self.windows, f64::NEG_INFINITY);
                let part = rest * rest.mask(value.binary(Binary::Equal, maximum));
                rest = rest - part;
                part
            };
            let part = part.window(1, -tap.start, self.blocks, 0.0);
            let sum = &mut sums[tap.phase];
            *sum = Some(match *sum {
                Some(sum) => sum + part,
                None => part,
            });
        }
        let zeros = || {
            let shape = [self.outer, self.blocks, self.inner];
            x.tape().zeros(x.dtype(), &shape)
        };
        let sums: Vec<Var<'t>> = sums
            .into_iter()
            .map(|sum| sum.unwrap_or_else(zeros))
            .collect();
        self.interleaved(&sums)
            .slice_axis(1, 0, self.length)
            .reshape(&x.shape())
    }

    /// `[outer, blocks, inner]` for each phase of the axis, filled up with −∞.
    fn phases<'t>(&self, x: Var<'t>) -> Vec<Var<'t>> {
        let filled = x.reshape(&[self.outer, self.length, self.inner]).window(
            1,
            0,
            self.blocks * self.stride,
            f64::NEG_INFINITY,
        );
        if self.stride == 1 {
            return vec![filled];
        }
        // Single elements move faster by one transposition than by strided slices.
        let (parted, axis) = match self.inner {
            1 => {
                let rows = filled.reshape(&[self.outer * self.blocks, self.stride]);
                (rows.transpose(&[1, 0]), 0)
            }
            _ => {
                let shape = [self.outer, self.blocks, self.stride, self.inner];
                (filled.reshape(&shape), 2)
            }
        };
        (0..self.stride)
            .map(|phase| {
                parted.slice_axis(axis, phase, phase + 1).reshape(&[
                    self.outer,
                    self.blocks,
                    self.inner,
                ])
            })
            .collect()
    }

    /// The inverse of [`Line::phases`]: `[outer, blocks · stride, inner]`.
    fn interleaved<'t>(&self, phases: &[Var<'t>]) -> Var<'t> {
        let whole = [self.outer, self.blocks * self.stride, self.inner];
        let (shape, axis) = match self.inner {
            1 => (vec![1, self.outer * self.blocks], 0),
            _ => (vec![self.outer, self.blocks, 1, self.inner], 2),
        };
        let parts: Vec<Var<'t>> = phases.iter().map(|phase| phase.reshape(&shape)).collect();
        let together = Var::concat(&parts, axis);
        let together = match (self.inner, self.stride) {
            (1, 2..) => together.transpose(&[1, 0]),
            _ => together,
        };
        together.reshape(&whole)
    }
}
