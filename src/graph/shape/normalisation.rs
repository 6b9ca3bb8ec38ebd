//! Types of normalisation operators: that of their first input.

use super::elementwise::broadcast_to;
use super::{TensorType, require};

pub(super) fn batch(inputs: &[&TensorType]) -> Result<TensorType, String> {
    let [x, parameters @ ..]: [&TensorType; 5] = require::inputs(inputs)?;
    require::float(x)?;
    require::rank_at_least(x, 2)?;
    for (name, parameter) in ["scale", "bias", "mean", "variance"].iter().zip(parameters) {
        require::per_channel(name, parameter, x.shape[1], x)?;
    }
    Ok(x.clone())
}

pub(super) fn instance(inputs: &[&TensorType]) -> Result<TensorType, String> {
    let [x, scale, bias] = require::inputs(inputs)?;
    require::float(x)?;
    require::rank_at_least(x, 3)?;
    require::per_channel("scale", scale, x.shape[1], x)?;
    require::per_channel("bias", bias, x.shape[1], x)?;
    Ok(x.clone())
}

pub(super) fn layer(inputs: &[&TensorType], axis: usize) -> Result<TensorType, String> {
    let ([x, scale], bias) = require::inputs_and_optional(inputs)?;
    require::float(x)?;
    require::axis(x, axis)?;
    for parameter in [Some(scale), bias].into_iter().flatten() {
        require::same_dtype(x, parameter)?;
        broadcast_to(&parameter.shape, &x.shape)?;
    }
    Ok(x.clone())
}

pub(super) fn local_response(inputs: &[&TensorType], size: usize) -> Result<TensorType, String> {
    let [x] = require::inputs(inputs)?;
    require::float(x)?;
    require::rank_at_least(x, 2)?;
    require::positive("size", &[size])?;
    Ok(x.clone())
}
