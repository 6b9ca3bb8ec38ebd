//! Pooling operators, window by window.

use std::ops::Range;
use std::sync::Arc;

use super::{filled, floats, positions, rounded};
use crate::graph::op::Pool;
use crate::graph::tensor::{Data, Tensor, TensorType};

/// One window along one axis: its taps lie at `start + tap·dilation − pad`.
struct Window {
    /// The taps inside the input.
    inside: Range<usize>,
    /// How many taps lie in the input or its padding, but not past it.
    padded: usize,
    /// `start`: position of the first tap in the padded axis.
    start: usize,
}

fn window(pool: &Pool, axis: usize, length: usize, number: usize) -> Window {
    let start = number * pool.strides[axis];
    let dilation = pool.dilations[axis];
    // The first tap at or past a position of the padded axis.
    let first_tap_at = |position: usize| {
        position
            .saturating_sub(start)
            .div_ceil(dilation)
            .min(pool.kernel[axis])
    };
    let end = length + pool.pads_before[axis];
    Window {
        inside: first_tap_at(pool.pads_before[axis])..first_tap_at(end),
        padded: first_tap_at(end + pool.pads_after[axis]),
        start,
    }
}

/// Calls `visit` once for each window of a plane, in row-major order, with the positions of its taps inside the plane,
/// in row-major order, and the number of taps that are not past the padding.
fn for_each_window(
    pool: &Pool,
    plane: &[usize],
    windows: &[usize],
    mut visit: impl FnMut(&[usize], usize),
) {
    let strides = positions::strides(plane);
    let mut at = Vec::new();
    positions::for_each_index(windows, |numbers| {
        let axes: Vec<Window> = numbers
            .iter()
            .enumerate()
            .map(|(axis, &number)| window(pool, axis, plane[axis], number))
            .collect();
        let lengths: Vec<usize> = axes.iter().map(|window| window.inside.len()).collect();
        at.clear();
        positions::for_each_index(&lengths, |tap| {
            let position = (0..plane.len()).map(|axis| {
                let tap = axes[axis].inside.start + tap[axis];
                let padded = axes[axis].start + tap * pool.dilations[axis];
                (padded - pool.pads_before[axis]) * strides[axis]
            });
            at.push(position.sum());
        });
        visit(&at, axes.iter().map(|window| window.padded).product());
    });
}

/// The maximum of each window and, if asked for, where it lies in the whole input: the first in
/// row-major order where several are largest.
pub(super) fn max(x: &Tensor, pool: &Pool, outputs: &[TensorType]) -> Result<Vec<Tensor>, String> {
    let plane = &x.shape()[2..];
    let area: usize = plane.iter().product();
    let values = floats(x);
    let windows: usize = outputs[0].shape[2..].iter().product();
    let mut largest = vec![f64::NEG_INFINITY; outputs[0].len()];
    let mut indices = vec![None; outputs[0].len()];
    let mut window = 0;
    for_each_window(pool, plane, &outputs[0].shape[2..], |taps, _| {
        for (number, start) in (0..x.len()).step_by(area).enumerate() {
            let mut best: Option<usize> = None;
            for &tap in taps {
                let at = start + tap;
                let is_better = best.is_none_or(|best: usize| {
                    values[at] > values[best] || (values[at].is_nan() && !values[best].is_nan())
                });
                if is_better {
                    best = Some(at);
                }
            }
            if let Some(at) = best {
                largest[number * windows + window] = values[at];
            }
            indices[number * windows + window] = best;
        }
        window += 1;
    });
    let mut results = vec![rounded(largest, &outputs[0])?];
    if let Some(output) = outputs.get(1) {
        let indices: Option<Vec<i64>> = indices
            .into_iter()
            .map(|at| i64::try_from(at?).ok())
            .collect();
        let indices = indices.ok_or("a window holds no element, so it has no index")?;
        results.push(filled(Data::I64(Arc::new(indices)), output)?);
    }
    Ok(results)
}

/// The mean of each window over the taps inside the input, or over those in its padding too.
/// Taps past the padding (a window that overhangs in `ceil_mode`) never count.
pub(super) fn average(
    x: &Tensor,
    pool: &Pool,
    count_include_pad: bool,
    output: &TensorType,
) -> Result<Tensor, String> {
    let plane = &x.shape()[2..];
    let area: usize = plane.iter().product();
    let values = floats(x);
    let windows: usize = output.shape[2..].iter().product();
    let mut means = vec![0.0; output.len()];
    let mut window = 0;
    for_each_window(pool, plane, &output.shape[2..], |taps, padded| {
        let count = if count_include_pad {
            padded
        } else {
            taps.len()
        };
        for (number, start) in (0..x.len()).step_by(area).enumerate() {
            let sum: f64 = taps.iter().map(|&tap| values[start + tap]).sum();
            means[number * windows + window] = sum / count as f64;
        }
        window += 1;
    });
    rounded(means, output)
}

/// `reduce` of each whole plane.
pub(super) fn global(
    x: &Tensor,
    output: &TensorType,
    reduce: impl Fn(&[f64]) -> f64,
) -> Result<Tensor, String> {
    let area: usize = x.shape()[2..].iter().product();
    let values = floats(x).chunks(area).map(reduce).collect();
    rounded(values, output)
}
