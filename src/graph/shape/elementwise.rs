//! Types of elementwise operators, with numpy broadcasting.

use super::{DType, TensorType, require};
use crate::graph::op::{Binary, Unary};

/// The shape two shapes broadcast to: aligned at the last axis, lengths equal or 1.
///
/// # Errors
/// Two lengths differ and neither is 1.
pub fn broadcast(a: &[usize], b: &[usize]) -> Result<Vec<usize>, String> {
    let rank = a.len().max(b.len());
    let length = |shape: &[usize], axis: usize| {
        let missing = rank - shape.len();
        if axis < missing {
            1
        } else {
            shape[axis - missing]
        }
    };
    (0..rank)
        .map(|axis| match (length(a, axis), length(b, axis)) {
            (x, y) if x == y => Ok(x),
            (1, y) => Ok(y),
            (x, 1) => Ok(x),
            _ => Err(format!("{a:?} and {b:?} do not broadcast")),
        })
        .collect()
}

/// Checks that `from` broadcasts to exactly `to`.
pub(super) fn broadcast_to(from: &[usize], to: &[usize]) -> Result<(), String> {
    match broadcast(from, to) {
        Ok(shape) if shape == to => Ok(()),
        _ => Err(format!("{from:?} does not broadcast to {to:?}")),
    }
}

pub(super) fn unary(unary: Unary, inputs: &[&TensorType]) -> Result<TensorType, String> {
    let [x] = require::inputs(inputs)?;
    match unary {
        Unary::Identity => {}
        Unary::Not => require::truth(x)?,
        Unary::Neg | Unary::Abs | Unary::Sign | Unary::Relu => require::number(x)?,
        _ => require::float(x)?,
    }
    Ok(x.clone())
}

pub(super) fn binary(binary: Binary, inputs: &[&TensorType]) -> Result<TensorType, String> {
    let [a, b] = require::inputs(inputs)?;
    require::same_dtype(a, b)?;
    match binary {
        Binary::And | Binary::Or => require::truth(a)?,
        Binary::Equal => {}
        Binary::PRelu => {
            require::float(a)?;
            broadcast_to(&b.shape, &a.shape)?;
        }
        _ => require::number(a)?,
    }
    let dtype = if binary.is_comparison() {
        DType::Bool
    } else {
        a.dtype
    };
    Ok(TensorType::new(dtype, broadcast(&a.shape, &b.shape)?))
}

pub(super) fn cast(inputs: &[&TensorType], to: DType) -> Result<TensorType, String> {
    let [x] = require::inputs(inputs)?;
    Ok(TensorType::new(to, x.shape.clone()))
}

pub(super) fn clip(inputs: &[&TensorType]) -> Result<TensorType, String> {
    let [x] = require::inputs(inputs)?;
    require::number(x)?;
    Ok(x.clone())
}

pub(super) fn select(inputs: &[&TensorType]) -> Result<TensorType, String> {
    let [condition, a, b] = require::inputs(inputs)?;
    require::truth(condition)?;
    require::same_dtype(a, b)?;
    let shape = broadcast(&broadcast(&a.shape, &b.shape)?, &condition.shape)?;
    Ok(TensorType::new(a.dtype, shape))
}
