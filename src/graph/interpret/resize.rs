//! Resampling: along each axis, every output position is a weighted sum of input positions.

use super::positions::{self, Lines};
use super::rounded;
use crate::graph::op::{Coordinates, NearestRounding, Resize, ResizeMode};
use crate::graph::tensor::{Tensor, TensorType};

/// The input coordinate of output position `at` (ONNX Resize-18, `coordinate_transformation_mode`).
///
/// A nearest neighbour is chosen by rounding, so where a coordinate lies on the edge between two
/// pixels the last bit decides. For that mode coordinates are rounded to 32 bits in the places
/// where ONNX Runtime does (`upsamplebase.h`): the pixel that is read should be the runtime's.
fn coordinate(resize: &Resize, axis: usize, length: usize, at: usize) -> f64 {
    let step = |value: f64| match resize.mode {
        ResizeMode::Nearest(_) => f64::from(value as f32),
        ResizeMode::Linear | ResizeMode::Cubic => value,
    };
    let scale = step(resize.scales[axis]);
    let (length, at, size) = (length as f64, at as f64, resize.sizes[axis] as f64);
    let half_pixel = step(step((at + 0.5) / scale) - 0.5);
    match resize.coordinates {
        Coordinates::HalfPixel => half_pixel,
        Coordinates::HalfPixelSymmetric => {
            let adjustment = step(size / step(scale * length));
            let offset = step(length / 2.0 * step(1.0 - adjustment));
            step(offset + (at + 0.5) / scale - 0.5)
        }
        Coordinates::PytorchHalfPixel if size > 1.0 => half_pixel,
        Coordinates::AlignCorners if size > 1.0 => step(step(at * (length - 1.0)) / (size - 1.0)),
        Coordinates::PytorchHalfPixel | Coordinates::AlignCorners => 0.0,
        Coordinates::Asymmetric => step(at / scale),
    }
}

fn nearest(x: f64, rounding: NearestRounding) -> f64 {
    let fraction = x - x.floor();
    match rounding {
        NearestRounding::PreferFloor if fraction <= 0.5 => x.floor(),
        NearestRounding::PreferCeil if fraction < 0.5 => x.floor(),
        NearestRounding::PreferFloor | NearestRounding::PreferCeil => x.floor() + 1.0,
        NearestRounding::Floor => x.floor(),
        NearestRounding::Ceil => x.ceil(),
    }
}

/// Weight of an input at distance `d` for linear interpolation.
fn linear(d: f64) -> f64 {
    (1.0 - d.abs()).max(0.0)
}

/// Weight of an input at distance `d` for cubic interpolation (Keys 1981) with coefficient `a`.
fn cubic(d: f64, a: f64) -> f64 {
    let d = d.abs();
    if d <= 1.0 {
        ((a + 2.0) * d - (a + 3.0)) * d * d + 1.0
    } else if d < 2.0 {
        ((a * d - 5.0 * a) * d + 8.0 * a) * d - 4.0 * a
    } else {
        0.0
    }
}

/// The input positions and weights of output position `at` along one axis.
fn weights(resize: &Resize, axis: usize, length: usize, at: usize) -> Vec<(usize, f64)> {
    let x = coordinate(resize, axis, length, at);
    let last = length as f64 - 1.0;
    let clamped = |position: f64| position.clamp(0.0, last) as usize;
    let radius = match resize.mode {
        ResizeMode::Nearest(rounding) => return vec![(clamped(nearest(x, rounding)), 1.0)],
        ResizeMode::Linear => 1.0,
        ResizeMode::Cubic => 2.0,
    };
    // Antialiasing stretches the kernel over the inputs that one output position covers.
    let squeeze = if resize.antialias {
        resize.scales[axis].min(1.0)
    } else {
        1.0
    };
    let first = (x - radius / squeeze).floor() as i64;
    let end = (x + radius / squeeze).ceil() as i64;
    let kernel: Vec<(f64, f64)> = (first..=end)
        .map(|position| {
            let position = position as f64;
            let d = (position - x) * squeeze;
            let weight = match resize.mode {
                ResizeMode::Cubic => cubic(d, resize.cubic_coefficient),
                _ => linear(d),
            };
            (position, weight)
        })
        .collect();
    let inside = |position: f64| (0.0..=last).contains(&position);
    let total_inside: f64 = kernel
        .iter()
        .filter(|(position, _)| inside(*position))
        .map(|(_, weight)| weight)
        .sum();
    let total: f64 = kernel.iter().map(|(_, weight)| weight).sum();
    // Past the last input no kernel reaches inside; the border is then all there is.
    let exclude = resize.exclude_outside && total_inside != 0.0;
    let total = if exclude { total_inside } else { total };
    kernel
        .into_iter()
        .filter(|&(position, weight)| weight != 0.0 && (!exclude || inside(position)))
        .map(|(position, weight)| (clamped(position), weight / total))
        .collect()
}

pub(super) fn resize(x: &Tensor, resize: &Resize, output: &TensorType) -> Result<Tensor, String> {
    let lengths = x.shape().to_vec();
    if output.is_empty() {
        return Tensor::from_f64(output.dtype, output.shape.as_slice(), &[])
            .map_err(|mismatch| mismatch.to_string());
    }
    let axis_weights = |axis: usize| -> Vec<Vec<(usize, f64)>> {
        (0..resize.sizes[axis])
            .map(|at| weights(resize, axis, lengths[axis], at))
            .collect()
    };
    let is_resized =
        |&axis: &usize| resize.sizes[axis] != lengths[axis] || resize.scales[axis] != 1.0;
    if let ResizeMode::Nearest(_) = resize.mode {
        let mut order = vec![0];
        for (axis, stride) in positions::strides(&lengths).into_iter().enumerate() {
            let map: Vec<usize> = if is_resized(&axis) {
                axis_weights(axis).iter().map(|taps| taps[0].0).collect()
            } else {
                (0..lengths[axis]).collect()
            };
            order = order
                .iter()
                .flat_map(|&start| map.iter().map(move |&at| start + at * stride))
                .collect();
        }
        return positions::select(x.data(), &order, output);
    }
    let mut values = x.to_f64();
    let mut shape = lengths.clone();
    for axis in (0..shape.len()).filter(is_resized) {
        let lines = Lines::new(&shape, axis);
        let mut resampled = Vec::with_capacity(lines.outer * resize.sizes[axis] * lines.inner);
        let weights = axis_weights(axis);
        for outer in 0..lines.outer {
            for taps in &weights {
                for inner in 0..lines.inner {
                    let start = outer * lines.length * lines.inner + inner;
                    resampled.push(
                        taps.iter()
                            .map(|&(at, weight)| weight * values[start + at * lines.inner])
                            .sum(),
                    );
                }
            }
        }
        values = resampled;
        shape[axis] = resize.sizes[axis];
    }
    rounded(values, output)
}
