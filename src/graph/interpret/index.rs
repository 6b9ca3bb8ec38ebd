//! The operators that read or write at given indices.

use super::positions::{self, Lines, for_each_index, select, strides};
use super::{integers, rounded, wrapped};
use crate::graph::tensor::{Tensor, TensorType};

/// An index in `[-length, length)`, counted from the end where negative.
fn inside(index: i64, length: usize) -> Result<usize, String> {
    let outside = || format!("index {index} lies outside an axis of length {length}");
    let signed = i64::try_from(length).map_err(|_| outside())?;
    let from_start = if index < 0 {
        index.checked_add(signed)
    } else {
        Some(index)
    };
    from_start
        .and_then(|at| usize::try_from(at).ok())
        .filter(|&at| at < length)
        .ok_or_else(outside)
}

pub(super) fn gather(
    inputs: &[&Tensor],
    axis: usize,
    output: &TensorType,
) -> Result<Tensor, String> {
    let data = inputs[0];
    let lines = Lines::new(data.shape(), axis);
    let indices: Result<Vec<usize>, String> = integers(inputs[1])?
        .into_iter()
        .map(|index| inside(index, lines.length))
        .collect();
    let indices = indices?;
    let mut order = Vec::with_capacity(output.len());
    for outer in 0..lines.outer {
        for &at in &indices {
            let start = (outer * lines.length + at) * lines.inner;
            order.extend(start..start + lines.inner);
        }
    }
    select(data.data(), &order, output)
}

/// For every index, the position in `data` that it names: its own, with the index as coordinate
/// of `axis`.
fn element_positions(data: &Tensor, indices: &Tensor, axis: usize) -> Result<Vec<usize>, String> {
    let strides = strides(data.shape());
    let mut named = integers(indices)?.into_iter();
    let mut result = Ok(Vec::with_capacity(indices.len()));
    for_each_index(indices.shape(), |index| {
        let Ok(positions) = &mut result else { return };
        match inside(named.next().unwrap_or_default(), data.shape()[axis]) {
            Ok(at) => {
                let own: usize = index
                    .iter()
                    .zip(&strides)
                    .map(|(i, stride)| i * stride)
                    .sum();
                positions.push(own - index[axis] * strides[axis] + at * strides[axis]);
            }
            Err(outside) => result = Err(outside),
        }
    });
    result
}

pub(super) fn gather_elements(
    inputs: &[&Tensor],
    axis: usize,
    output: &TensorType,
) -> Result<Tensor, String> {
    let order = element_positions(inputs[0], inputs[1], axis)?;
    select(inputs[0].data(), &order, output)
}

pub(super) fn scatter_elements(
    inputs: &[&Tensor],
    axis: usize,
    add: bool,
    output: &TensorType,
) -> Result<Tensor, String> {
    let (data, updates) = (inputs[0], inputs[2]);
    let targets = element_positions(data, inputs[1], axis)?;
    if !add {
        let mut order: Vec<usize> = (0..data.len()).collect();
        for (update, target) in targets.into_iter().enumerate() {
            order[target] = data.len() + update;
        }
        return select(&positions::joined(&[data, updates])?, &order, output);
    }
    if data.dtype().is_float() {
        let mut values = data.to_f64();
        for (target, update) in targets.into_iter().zip(updates.to_f64()) {
            values[target] += update;
        }
        return rounded(values, output);
    }
    let mut values = integers(data)?;
    for (target, update) in targets.into_iter().zip(integers(updates)?) {
        values[target] = values[target].wrapping_add(update);
    }
    wrapped(values, output)
}
