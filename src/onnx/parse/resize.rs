//! Resampling: `Upsample` and every version of `Resize`.

use super::axis_map;
use super::node::{NodeReader, Parsed, Refusal, axis, lengths};
use super::operator::Operator;
use crate::graph::op::{Coordinates, NearestRounding, Resize, ResizeMode};
use crate::graph::{Op, Tensor};

pub(super) const OPERATORS: &[Operator] = &[
    Operator::new("Upsample", 1, &["mode", "scales"], legacy)
        .until(9)
        .reads_as("Resize"),
    Operator::new(
        "Resize",
        10,
        &[
            "antialias",
            "axes",
            "coordinate_transformation_mode",
            "cubic_coeff_a",
            "exclude_outside",
            "extrapolation_value",
            "keep_aspect_ratio_policy",
            "mode",
            "nearest_mode",
        ],
        resize,
    ),
];

/// `Upsample`, and `Resize` of opset 10: positions scale from the corner and round down.
fn legacy(node: &mut NodeReader<'_, '_>) -> Parsed {
    let x = node.input(0)?;
    let shape = node.type_of(&x).shape;
    let mode = match node.text("mode", "nearest")?.as_str() {
        "nearest" => ResizeMode::Nearest(NearestRounding::Floor),
        "linear" | "bilinear" => ResizeMode::Linear,
        other => return Err(Refusal::attribute("mode", format!("{other:?} is unknown"))),
    };
    let scales = if node.opset() < 9 {
        node.floats("scales")?
            .map(|scales| scales.into_iter().map(f64::from).collect())
    } else {
        node.constant_input(1)?.map(|tensor| tensor.to_f64())
    };
    let scales: Vec<f64> = scales.ok_or_else(|| Refusal::unsound("the scales are missing"))?;
    let sizes = scaled(&shape, &scales)?;
    let op = Resize {
        mode,
        coordinates: Coordinates::Asymmetric,
        scales,
        sizes,
        cubic_coefficient: -0.75,
        exclude_outside: false,
        antialias: false,
    };
    node.finish(Op::Resize(op), &[x])
}

fn resize(node: &mut NodeReader<'_, '_>) -> Parsed {
    if node.opset() < 11 {
        return legacy(node);
    }
    let x = node.input(0)?;
    let shape = node.type_of(&x).shape;
    let coordinates = coordinates(node)?;
    let rounding = rounding(node)?;
    let mode = match node.text("mode", "nearest")?.as_str() {
        "nearest" => ResizeMode::Nearest(rounding),
        "linear" => ResizeMode::Linear,
        "cubic" => ResizeMode::Cubic,
        other => return Err(Refusal::attribute("mode", format!("{other:?} is unknown"))),
    };
    // Only `tf_crop_and_resize` reads it, and that is refused.
    node.ignore("extrapolation_value");
    let policy = node.text("keep_aspect_ratio_policy", "stretch")?;
    let axes = match node.ints("axes")? {
        Some(values) => values
            .iter()
            .map(|&value| axis(value, shape.len()))
            .collect::<Parsed<Vec<usize>>>()?,
        None => (0..shape.len()).collect(),
    };
    let filled = |tensor: Option<Tensor>| tensor.filter(|tensor| !tensor.is_empty());
    let given_scales = filled(node.constant_input(2)?);
    let given_sizes = filled(node.constant_input(3)?);
    let (scales, sizes) = match (given_scales, given_sizes) {
        (Some(given), None) => {
            let mut scales = vec![1.0; shape.len()];
            spread(&mut scales, &axes, &given.to_f64())?;
            let sizes = scaled(&shape, &scales)?;
            (scales, sizes)
        }
        (None, Some(given)) => {
            let given = given
                .to_i64()
                .ok_or_else(|| Refusal::input(3, "it does not hold integers"))?;
            let mut sizes = shape.clone();
            spread(&mut sizes, &axes, &lengths("sizes", &given)?)?;
            keep_aspect_ratio(&policy, &shape, &axes, &mut sizes)?;
            let ratio = |(&to, &from): (&usize, &usize)| to as f64 / from.max(1) as f64;
            let scales = sizes.iter().zip(&shape).map(ratio).collect();
            (scales, sizes)
        }
        _ => {
            return Err(Refusal::unsound(
                "exactly one of scales and sizes must be given",
            ));
        }
    };
    let op = Resize {
        mode,
        coordinates,
        scales,
        sizes,
        cubic_coefficient: node.float("cubic_coeff_a", -0.75)?,
        exclude_outside: node.flag("exclude_outside", false)?,
        antialias: node.flag("antialias", false)?,
    };
    // Opset 18 has no such coordinates; they matter where a length was rounded.
    let rounded = |axis: usize| shape[axis] as f64 * op.scales[axis] != op.sizes[axis] as f64;
    if op.coordinates == Coordinates::HalfPixelSymmetric && (0..shape.len()).any(rounded) {
        return axis_map::finish_resize(node, x, &op);
    }
    node.finish(Op::Resize(op), &[x])
}

fn coordinates(node: &mut NodeReader<'_, '_>) -> Parsed<Coordinates> {
    const NAME: &str = "coordinate_transformation_mode";
    Ok(match node.text(NAME, "half_pixel")?.as_str() {
        "half_pixel" => Coordinates::HalfPixel,
        "half_pixel_symmetric" => Coordinates::HalfPixelSymmetric,
        "pytorch_half_pixel" => Coordinates::PytorchHalfPixel,
        "align_corners" => Coordinates::AlignCorners,
        "asymmetric" => Coordinates::Asymmetric,
        other => {
            let reason = format!("{other:?} is not supported");
            return Err(Refusal::attribute(NAME, reason));
        }
    })
}

fn rounding(node: &mut NodeReader<'_, '_>) -> Parsed<NearestRounding> {
    Ok(
        match node.text("nearest_mode", "round_prefer_floor")?.as_str() {
            "round_prefer_floor" => NearestRounding::PreferFloor,
            "round_prefer_ceil" => NearestRounding::PreferCeil,
            "floor" => NearestRounding::Floor,
            "ceil" => NearestRounding::Ceil,
            other => {
                let reason = format!("{other:?} is unknown");
                return Err(Refusal::attribute("nearest_mode", reason));
            }
        },
    )
}

/// Writes the values given for some axes.
fn spread<T: Copy>(all: &mut [T], axes: &[usize], given: &[T]) -> Parsed {
    if given.len() != axes.len() {
        let reason = format!("{} values for {} axes", given.len(), axes.len());
        return Err(Refusal::unsound(reason));
    }
    for (&axis, &value) in axes.iter().zip(given) {
        all[axis] = value;
    }
    Ok(())
}

/// Output lengths `floor(length · scale)`, with the product of 32-bit floats as the runtimes form it:
/// 10 · 0.7 is 7 there, but 6.9999999 in 64 bits.
fn scaled(shape: &[usize], scales: &[f64]) -> Parsed<Vec<usize>> {
    if scales.len() != shape.len() {
        let reason = format!("{} scales for rank {}", scales.len(), shape.len());
        return Err(Refusal::unsound(reason));
    }
    shape
        .iter()
        .zip(scales)
        .map(|(&length, &scale)| {
            if scale > 0.0 && scale <= 65536.0 {
                Ok((length as f32 * scale as f32).floor() as usize)
            } else {
                Err(Refusal::unsound(format!("a scale of {scale}")))
            }
        })
        .collect()
}

/// One scale for all resized axes: the smallest or largest that the sizes ask for.
fn keep_aspect_ratio(policy: &str, shape: &[usize], axes: &[usize], sizes: &mut [usize]) -> Parsed {
    let ratios = axes
        .iter()
        .map(|&axis| sizes[axis] as f64 / shape[axis].max(1) as f64);
    let scale = match policy {
        "stretch" => return Ok(()),
        "not_larger" => ratios.fold(f64::INFINITY, f64::min),
        "not_smaller" => ratios.fold(0.0, f64::max),
        other => {
            let reason = format!("{other:?} is unknown");
            return Err(Refusal::attribute("keep_aspect_ratio_policy", reason));
        }
    };
    for &axis in axes {
        // Halves up, as in ONNX's reference.
        sizes[axis] = (shape[axis] as f64 * scale + 0.5).floor() as usize;
    }
    Ok(())
}
