//! Type of a resize.

use super::{TensorType, require};
use crate::graph::op::{Resize, ResizeMode};

/// Whether `scale` can have led from `length` to `size`. A size is the product rounded down (up to
/// the rounding of a 32-bit scale) or, where an aspect ratio is kept, to the nearest.
fn agrees(length: usize, scale: f64, size: usize) -> bool {
    let product = length as f64 * scale;
    let size = size as f64;
    scale.is_finite() && scale > 0.0 && (product - size).abs() <= 1.0 && product >= 0.5 * size
}

pub(super) fn resize(inputs: &[&TensorType], resize: &Resize) -> Result<TensorType, String> {
    let [x] = require::inputs(inputs)?;
    match resize.mode {
        ResizeMode::Nearest(_) => require::number(x)?,
        ResizeMode::Linear | ResizeMode::Cubic => require::float(x)?,
    }
    require::entries("scales", &resize.scales, x.rank())?;
    require::entries("sizes", &resize.sizes, x.rank())?;
    for (axis, &length) in x.shape.iter().enumerate() {
        let (scale, size) = (resize.scales[axis], resize.sizes[axis]);
        if !agrees(length, scale, size) {
            return Err(format!(
                "axis {axis} of {x} cannot be resized to {size} by the scale {scale}"
            ));
        }
    }
    Ok(TensorType::new(x.dtype, resize.sizes.as_slice()))
}
