//! Types of pooling operators.

use super::{TensorType, convolution::extent, require};
use crate::graph::op::Pool;

/// Output length of one axis. With `ceil_mode` the last window may overhang the end, but one that
/// would start in the end padding is dropped (ONNX MaxPool-22, AveragePool-22).
fn pooled_length(length: usize, pool: &Pool, axis: usize) -> Option<usize> {
    let (before, after) = (pool.pads_before[axis], pool.pads_after[axis]);
    let stride = pool.strides[axis];
    let extent = extent(pool.kernel[axis], pool.dilations[axis])?;
    // A window that lies in the padding alone has no maximum.
    if before >= extent || after >= extent {
        return None;
    }
    let padded = length.checked_add(before)?.checked_add(after)?;
    let room = padded.checked_sub(extent)?;
    if !pool.ceil_mode {
        return Some(room / stride + 1);
    }
    let windows = room.div_ceil(stride) + 1;
    let starts_in_end_padding = (windows - 1).checked_mul(stride)? >= length + before;
    Some(windows - usize::from(starts_in_end_padding))
}

pub(super) fn windowed(inputs: &[&TensorType], pool: &Pool) -> Result<TensorType, String> {
    let [x] = require::inputs(inputs)?;
    require::float(x)?;
    require::rank_at_least(x, 3)?;
    let spatial = x.rank() - 2;
    require::entries("kernel", &pool.kernel, spatial)?;
    require::entries("strides", &pool.strides, spatial)?;
    require::entries("dilations", &pool.dilations, spatial)?;
    require::entries("pads_before", &pool.pads_before, spatial)?;
    require::entries("pads_after", &pool.pads_after, spatial)?;
    require::positive("kernel", &pool.kernel)?;
    require::positive("strides", &pool.strides)?;
    require::positive("dilations", &pool.dilations)?;
    require::positive("spatial lengths", &x.shape[2..])?;
    let mut shape = x.shape[..2].to_vec();
    for axis in 0..spatial {
        let length = pooled_length(x.shape[axis + 2], pool, axis)
            .ok_or_else(|| format!("the windows do not fit the padded {x}: {pool:?}"))?;
        shape.push(length);
    }
    Ok(TensorType::new(x.dtype, shape))
}

pub(super) fn global(inputs: &[&TensorType]) -> Result<TensorType, String> {
    let [x] = require::inputs(inputs)?;
    require::float(x)?;
    require::rank_at_least(x, 3)?;
    require::positive("spatial lengths", &x.shape[2..])?;
    let mut shape = x.shape.clone();
    shape[2..].fill(1);
    Ok(TensorType::new(x.dtype, shape))
}
