//! What stands between a generator's image and the network that looks at it: value range, channel
//! order, size and normalisation, written as graph ops so that they differentiate like the rest.

use crate::bundle::Channels;
use crate::graph::op::{Coordinates, Resize, ResizeMode};
use crate::graph::{Binary, Graph, GraphError, Op, Source, Tensor, Unary, ValueId};

/// Weights of red, green and blue in luminance (ITU-R BT.601).
const LUMINANCE: [f32; 3] = [0.299, 0.587, 0.114];

/// Maps values from `range` to [0, 1], and clamps them unless the op that made them bounds them.
pub(super) fn to_unit_range(
    graph: &mut Graph,
    image: ValueId,
    range: [f64; 2],
) -> Result<ValueId, GraphError> {
    let [low, high] = range;
    let bounded = is_bounded(graph, image, range);
    let mut value = image;
    if low != 0.0 || high != 1.0 {
        let scale = 1.0 / (high - low);
        value = scale_and_shift(graph, "image/range", value, scale, -low * scale)?;
    }
    if bounded {
        return Ok(value);
    }
    graph.add(
        "image/valid",
        Op::Clip {
            low: Some(0.0),
            high: Some(1.0),
        },
        &[value],
    )
}

/// Whether the op that makes `image` cannot leave `range`.
fn is_bounded(graph: &Graph, image: ValueId, [low, high]: [f64; 2]) -> bool {
    match &graph.value(image).source {
        Source::Input | Source::Constant(_) => false,
        Source::Node(node, _) => match &graph.node(*node).op {
            Op::Unary(Unary::Sigmoid) => low <= 0.0 && high >= 1.0,
            Op::Unary(Unary::Tanh) => low <= -1.0 && high >= 1.0,
            Op::Clip {
                low: Some(bottom),
                high: Some(top),
            } => *bottom >= low && *top <= high,
            Op::Reshape { .. } => is_bounded(graph, graph.node(*node).inputs[0], [low, high]),
            _ => false,
        },
    }
}

/// `scale · x + shift`.
fn scale_and_shift(
    graph: &mut Graph,
    name: &str,
    value: ValueId,
    scale: f64,
    shift: f64,
) -> Result<ValueId, GraphError> {
    let dtype = graph.tensor_type(value).dtype;
    let scale = graph.add_constant(&format!("{name}/scale"), Tensor::scalar(dtype, scale));
    let scaled = graph.add(
        &format!("{name}/scaled"),
        Op::Binary(Binary::Mul),
        &[value, scale],
    )?;
    if shift == 0.0 {
        return Ok(scaled);
    }
    let shift = graph.add_constant(&format!("{name}/shift"), Tensor::scalar(dtype, shift));
    graph.add(name, Op::Binary(Binary::Add), &[scaled, shift])
}

/// Converts an image `[B, C, H, W]` from one channel order to another.
pub(super) fn convert_channels(
    graph: &mut Graph,
    name: &str,
    image: ValueId,
    from: Channels,
    to: Channels,
) -> Result<ValueId, GraphError> {
    match (from, to) {
        (Channels::Gray, Channels::Rgb | Channels::Bgr) => {
            graph.add(name, Op::Concat { axis: 1 }, &[image, image, image])
        }
        (Channels::Rgb, Channels::Bgr) | (Channels::Bgr, Channels::Rgb) => {
            let order =
                graph.add_constant(&format!("{name}/order"), Tensor::i64_vector(vec![2, 1, 0]));
            graph.add(name, Op::Gather { axis: 1 }, &[image, order])
        }
        (Channels::Rgb | Channels::Bgr, Channels::Gray) => {
            let mut weights = LUMINANCE.to_vec();
            if from == Channels::Bgr {
                weights.reverse();
            }
            let weights = constant(graph, &format!("{name}/luminance"), &[1, 3, 1, 1], weights)?;
            let weighted = graph.add(
                &format!("{name}/weighted"),
                Op::Binary(Binary::Mul),
                &[image, weights],
            )?;
            graph.add(
                name,
                Op::Reduce {
                    kind: crate::graph::op::ReduceKind::Sum,
                    axes: vec![1],
                    keep_dims: true,
                },
                &[weighted],
            )
        }
        _ => Ok(image),
    }
}

/// Resamples an image `[B, C, H, W]` to `size` (height, width), linearly, if it has another size.
pub(super) fn resize(
    graph: &mut Graph,
    name: &str,
    image: ValueId,
    size: [usize; 2],
) -> Result<ValueId, GraphError> {
    let shape = graph.shape(image).to_vec();
    if shape.len() != 4 || shape[2..] == size {
        return Ok(image);
    }
    let sizes = vec![shape[0], shape[1], size[0], size[1]];
    let scales = sizes
        .iter()
        .zip(&shape)
        .map(|(&new, &old)| new as f64 / old as f64)
        .collect();
    graph.add(
        name,
        Op::Resize(Resize {
            mode: ResizeMode::Linear,
            coordinates: Coordinates::HalfPixel,
            scales,
            sizes,
            cubic_coefficient: -0.75,
            exclude_outside: false,
            antialias: false,
        }),
        &[image],
    )
}

/// `(x − mean) / std` for each channel of an image `[B, C, H, W]` or a signal `[B, C, L]`, or for each
/// feature of a row `[B, F]`.
pub(super) fn normalise(
    graph: &mut Graph,
    name: &str,
    image: ValueId,
    mean: &[f32],
    standard_deviation: &[f32],
) -> Result<ValueId, GraphError> {
    let rank = graph.shape(image).len();
    let mut value = image;
    if mean.iter().any(|&m| m != 0.0) {
        let mean = per_channel(graph, &format!("{name}/mean"), rank, mean.iter().copied())?;
        value = graph.add(
            &format!("{name}/centred"),
            Op::Binary(Binary::Sub),
            &[value, mean],
        )?;
    }
    if standard_deviation.iter().any(|&s| s != 1.0) {
        let factor = per_channel(
            graph,
            &format!("{name}/scale"),
            rank,
            standard_deviation.iter().map(|&s| 1.0 / s),
        )?;
        value = graph.add(name, Op::Binary(Binary::Mul), &[value, factor])?;
    }
    Ok(value)
}

fn per_channel(
    graph: &mut Graph,
    name: &str,
    rank: usize,
    values: impl Iterator<Item = f32>,
) -> Result<ValueId, GraphError> {
    let values: Vec<f32> = values.collect();
    let mut shape = vec![1; rank.max(2)];
    shape[1] = values.len();
    constant(graph, name, &shape, values)
}

/// Adds a float32 constant.
pub(super) fn constant(
    graph: &mut Graph,
    name: &str,
    shape: &[usize],
    values: Vec<f32>,
) -> Result<ValueId, GraphError> {
    let tensor = Tensor::f32(shape, values).map_err(|mismatch| GraphError::Shape {
        node: name.to_owned(),
        op: "Constant".to_owned(),
        reason: mismatch.to_string(),
    })?;
    Ok(graph.add_constant(name, tensor))
}
