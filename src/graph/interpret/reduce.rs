//! Reductions, and the operators that run along one axis.

use super::positions::{self, Lines};
use super::{floats, integers, larger, rounded, smaller, wrapped};
use crate::graph::op::ReduceKind;
use crate::graph::tensor::{Tensor, TensorType};

/// For each output element the positions it reduces, all of one count, one after the other.
fn groups(shape: &[usize], axes: &[usize]) -> (Vec<usize>, usize) {
    let strides = positions::strides(shape);
    let kept = (0..shape.len()).filter(|axis| !axes.contains(axis));
    let order: Vec<usize> = kept.chain(axes.iter().copied()).collect();
    let lengths: Vec<usize> = order.iter().map(|&axis| shape[axis]).collect();
    let strides: Vec<usize> = order.iter().map(|&axis| strides[axis]).collect();
    let count = axes.iter().map(|&axis| shape[axis]).product();
    (positions::strided(&lengths, &strides), count)
}

pub(super) fn reduce(
    x: &Tensor,
    kind: ReduceKind,
    axes: &[usize],
    output: &TensorType,
) -> Result<Tensor, String> {
    let kept = x.shape().len() - axes.len();
    let is_trailing = axes.iter().copied().eq(kept..x.shape().len());
    if is_trailing && x.dtype().is_float() && !x.is_empty() {
        let count = x.shape()[kept..].iter().product();
        let groups = floats(x);
        let reduced = groups
            .chunks_exact(count)
            .map(|group| reduce_floats(kind, group));
        return rounded(reduced.collect(), output);
    }
    let (order, count) = groups(x.shape(), axes);
    if x.dtype().is_float() {
        let values = floats(x);
        let reduced = (0..output.len())
            .map(|group| {
                let group: Vec<f64> = order[group * count..][..count]
                    .iter()
                    .map(|&at| values[at])
                    .collect();
                reduce_floats(kind, &group)
            })
            .collect();
        return rounded(reduced, output);
    }
    let values = integers(x)?;
    let reduced: Result<Vec<i64>, String> = (0..output.len())
        .map(|group| {
            let group = order[group * count..][..count].iter().map(|&at| values[at]);
            reduce_integers(kind, group, count)
        })
        .collect();
    wrapped(reduced?, output)
}

fn reduce_floats(kind: ReduceKind, group: &[f64]) -> f64 {
    let values = group.iter().copied();
    match kind {
        ReduceKind::Sum => values.sum(),
        ReduceKind::Mean => values.sum::<f64>() / group.len() as f64,
        ReduceKind::Max => values.fold(f64::NEG_INFINITY, larger),
        ReduceKind::Min => values.fold(f64::INFINITY, smaller),
        ReduceKind::Prod => values.product(),
        ReduceKind::L1 => values.map(f64::abs).sum(),
        ReduceKind::L2 => values.map(|v| v * v).sum::<f64>().sqrt(),
        ReduceKind::SumSquare => values.map(|v| v * v).sum(),
        ReduceKind::LogSumExp => {
            let largest = values.clone().fold(f64::NEG_INFINITY, larger);
            if largest.is_infinite() {
                largest
            } else {
                largest + values.map(|v| (v - largest).exp()).sum::<f64>().ln()
            }
        }
    }
}

fn reduce_integers(
    kind: ReduceKind,
    group: impl Iterator<Item = i64>,
    count: usize,
) -> Result<i64, String> {
    let empty = || format!("{} of no elements", kind.name());
    Ok(match kind {
        ReduceKind::Sum => group.fold(0, i64::wrapping_add),
        ReduceKind::Mean => {
            let count = i64::try_from(count).map_err(|_| empty())?;
            let sum = group.fold(0, i64::wrapping_add);
            sum.checked_div(count).ok_or_else(empty)?
        }
        ReduceKind::Max => group.max().ok_or_else(empty)?,
        ReduceKind::Min => group.min().ok_or_else(empty)?,
        ReduceKind::Prod => group.fold(1, i64::wrapping_mul),
        ReduceKind::L1 => group.map(i64::wrapping_abs).fold(0, i64::wrapping_add),
        ReduceKind::SumSquare => group.map(|v| v.wrapping_mul(v)).fold(0, i64::wrapping_add),
        ReduceKind::L2 | ReduceKind::LogSumExp => {
            return Err(format!("{} takes floats", kind.name()));
        }
    })
}

/// Softmax, or its logarithm.
pub(super) fn softmax(
    x: &Tensor,
    axis: usize,
    logarithm: bool,
    output: &TensorType,
) -> Result<Tensor, String> {
    let lines = Lines::new(x.shape(), axis);
    let mut values = x.to_f64();
    for start in lines.starts() {
        let line: Vec<f64> = (0..lines.length)
            .map(|at| values[start + at * lines.inner])
            .collect();
        let largest = line.iter().copied().fold(f64::NEG_INFINITY, larger);
        let sum: f64 = line.iter().map(|v| (v - largest).exp()).sum();
        for (at, v) in line.into_iter().enumerate() {
            values[start + at * lines.inner] = if logarithm {
                v - largest - sum.ln()
            } else {
                (v - largest).exp() / sum
            };
        }
    }
    rounded(values, output)
}

/// The running sums of each line, in the order asked for.
fn running_sums<T: Copy + Default>(
    values: &mut [T],
    lines: Lines,
    (exclusive, reverse): (bool, bool),
    add: impl Fn(T, T) -> T,
) {
    for start in lines.starts() {
        let mut sum = T::default();
        for step in 0..lines.length {
            let at = if reverse {
                lines.length - 1 - step
            } else {
                step
            };
            let value = &mut values[start + at * lines.inner];
            let before = sum;
            sum = add(sum, *value);
            *value = if exclusive { before } else { sum };
        }
    }
}

pub(super) fn running_sum(
    x: &Tensor,
    axis: usize,
    exclusive: bool,
    reverse: bool,
    output: &TensorType,
) -> Result<Tensor, String> {
    let lines = Lines::new(x.shape(), axis);
    if x.dtype().is_float() {
        let mut values = x.to_f64();
        running_sums(&mut values, lines, (exclusive, reverse), |a, b| a + b);
        return rounded(values, output);
    }
    let mut values = integers(x)?;
    running_sums(&mut values, lines, (exclusive, reverse), i64::wrapping_add);
    wrapped(values, output)
}
