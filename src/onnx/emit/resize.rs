//! Resampling.

use super::Site;
use super::attributes::{flag, float, text};
use crate::graph::Tensor;
use crate::graph::op::{Coordinates, NearestRounding, Resize, ResizeMode};

pub(super) fn resize(site: &mut Site<'_, '_>, resize: &Resize) -> Result<(), String> {
    let shape = site.input_type(0).shape.clone();
    let x = site.input(0);
    // Sizes say the same as scales that are their ratio, without rounding.
    let ratio = |axis: usize| resize.sizes[axis] as f64 / shape[axis].max(1) as f64;
    let exact = (0..shape.len()).all(|axis| resize.scales[axis] == ratio(axis));
    let inputs = if exact {
        let sizes = resize.sizes.iter().map(|&size| size as i64).collect();
        let sizes = site.ints("sizes", sizes);
        vec![x, String::new(), String::new(), sizes]
    } else {
        let scales: Vec<f32> = resize.scales.iter().map(|&scale| scale as f32).collect();
        for (axis, &scale) in scales.iter().enumerate() {
            if (shape[axis] as f32 * scale).floor() as usize != resize.sizes[axis] {
                return Err(format!(
                    "a scale of {scale} does not give axis {axis} the length {}",
                    resize.sizes[axis]
                ));
            }
        }
        let scales = Tensor::f32([scales.len()], scales).map_err(|error| error.to_string())?;
        let scales = site.weight("scales", scales);
        vec![x, String::new(), scales]
    };
    let mut attributes = vec![
        text(
            "coordinate_transformation_mode",
            coordinates(resize.coordinates, exact)?,
        ),
        float("cubic_coeff_a", resize.cubic_coefficient),
        flag("exclude_outside", resize.exclude_outside),
        flag("antialias", resize.antialias),
    ];
    attributes.push(match resize.mode {
        ResizeMode::Nearest(_) => text("mode", "nearest"),
        ResizeMode::Linear => text("mode", "linear"),
        ResizeMode::Cubic => text("mode", "cubic"),
    });
    if let ResizeMode::Nearest(rounding) = resize.mode {
        attributes.push(text("nearest_mode", self::rounding(rounding)));
    }
    site.last("Resize", inputs, attributes);
    Ok(())
}

fn coordinates(coordinates: Coordinates, exact: bool) -> Result<&'static str, String> {
    Ok(match coordinates {
        Coordinates::HalfPixel => "half_pixel",
        // It differs from `half_pixel` only where an output length was rounded.
        Coordinates::HalfPixelSymmetric if exact => "half_pixel",
        Coordinates::HalfPixelSymmetric => {
            return Err("half_pixel_symmetric exists from opset 19 on only".to_owned());
        }
        Coordinates::PytorchHalfPixel => "pytorch_half_pixel",
        Coordinates::AlignCorners => "align_corners",
        Coordinates::Asymmetric => "asymmetric",
    })
}

fn rounding(rounding: NearestRounding) -> &'static str {
    match rounding {
        NearestRounding::PreferFloor => "round_prefer_floor",
        NearestRounding::PreferCeil => "round_prefer_ceil",
        NearestRounding::Floor => "floor",
        NearestRounding::Ceil => "ceil",
    }
}
