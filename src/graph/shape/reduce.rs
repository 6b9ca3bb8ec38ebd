//! Types of reductions and of the operators that run along one axis.

use super::{TensorType, require};
use crate::graph::op::ReduceKind;

pub(super) fn reduce(
    inputs: &[&TensorType],
    kind: ReduceKind,
    axes: &[usize],
    keep_dims: bool,
) -> Result<TensorType, String> {
    let [x] = require::inputs(inputs)?;
    match kind {
        ReduceKind::L2 | ReduceKind::LogSumExp => require::float(x)?,
        _ => require::number(x)?,
    }
    if axes.is_empty() || !axes.is_sorted_by(|a, b| a < b) {
        return Err(format!("axes {axes:?} must be ascending and not empty"));
    }
    for &axis in axes {
        require::axis(x, axis)?;
    }
    let shape: Vec<usize> = x
        .shape
        .iter()
        .enumerate()
        .filter_map(|(axis, &length)| match axes.contains(&axis) {
            false => Some(length),
            true => keep_dims.then_some(1),
        })
        .collect();
    Ok(TensorType::new(x.dtype, shape))
}

pub(super) fn softmax(inputs: &[&TensorType], axis: usize) -> Result<TensorType, String> {
    let [x] = require::inputs(inputs)?;
    require::float(x)?;
    require::axis(x, axis)?;
    Ok(x.clone())
}

pub(super) fn running_sum(inputs: &[&TensorType], axis: usize) -> Result<TensorType, String> {
    let [x] = require::inputs(inputs)?;
    require::number(x)?;
    require::axis(x, axis)?;
    Ok(x.clone())
}
