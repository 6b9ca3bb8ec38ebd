//! Convolution and transposed convolution.

use super::builder::Operand;
use super::node::{NodeReader, Parsed, Refusal, lengths};
use super::operator::Operator;
use super::window::{self, AutoPad, Window};
use crate::graph::Op;
use crate::graph::op::Convolution;

pub(super) const OPERATORS: &[Operator] = &[
    Operator::new(
        "Conv",
        1,
        &[
            "auto_pad",
            "dilations",
            "group",
            "kernel_shape",
            "pads",
            "strides",
        ],
        convolution,
    ),
    Operator::new(
        "ConvTranspose",
        1,
        &[
            "auto_pad",
            "dilations",
            "group",
            "kernel_shape",
            "pads",
            "strides",
            "output_padding",
            "output_shape",
        ],
        transposed,
    ),
];

/// Lengths of the spatial axes of the input and of the kernel.
struct Extents {
    spatial: Vec<usize>,
    kernel: Vec<usize>,
}

fn extents(node: &mut NodeReader<'_, '_>) -> Parsed<Extents> {
    let x = node.shape(0)?;
    let weight = node.shape(1)?;
    if x.len() < 3 || weight.len() != x.len() {
        return Err(Refusal::unsound(format!(
            "an input of shape {x:?} and a weight of shape {weight:?} cannot be convolved"
        )));
    }
    let kernel = window::within_limits("kernel_shape", weight[2..].to_vec())?;
    if let Some(stated) = window::per_axis(node, "kernel_shape", kernel.len())?
        && stated != kernel
    {
        let reason = format!("{stated:?} differs from the weight's {kernel:?}");
        return Err(Refusal::attribute("kernel_shape", reason));
    }
    Ok(Extents {
        spatial: x[2..].to_vec(),
        kernel,
    })
}

fn group(node: &mut NodeReader<'_, '_>) -> Parsed<usize> {
    let group = node.int("group", 1)?;
    usize::try_from(group)
        .ok()
        .filter(|&group| group > 0)
        .ok_or_else(|| Refusal::attribute("group", format!("{group} is not positive")))
}

fn operands(node: &NodeReader<'_, '_>) -> Parsed<Vec<Operand>> {
    let mut operands = vec![node.input(0)?, node.input(1)?];
    operands.extend(node.optional_input(2)?);
    Ok(operands)
}

fn with_window(window: Window, group: usize) -> Convolution {
    Convolution {
        strides: window.strides,
        dilations: window.dilations,
        pads_before: window.before,
        pads_after: window.after,
        group,
    }
}

fn convolution(node: &mut NodeReader<'_, '_>) -> Parsed {
    let Extents { spatial, kernel } = extents(node)?;
    let window = window::window(node, &spatial, &kernel)?;
    let group = group(node)?;
    let operands = operands(node)?;
    node.finish(Op::Conv(with_window(window, group)), &operands)
}

fn transposed(node: &mut NodeReader<'_, '_>) -> Parsed {
    let Extents { spatial, kernel } = extents(node)?;
    let rank = spatial.len();
    let group = group(node)?;
    let stated = node.ints("output_padding")?;
    let mut output_padding = match stated {
        Some(values) if values.len() != rank => {
            let reason = format!("{values:?} is not one number for each of {rank} axes");
            return Err(Refusal::attribute("output_padding", reason));
        }
        Some(values) => {
            window::within_limits("output_padding", lengths("output_padding", &values)?)?
        }
        None => vec![0; rank],
    };
    let output_shape = window::per_axis(node, "output_shape", rank)?;
    let auto = window::auto_pad(node)?;
    let mut window = window::window(node, &spatial, &kernel)?;
    // The length without padding, from which padding is taken off.
    let full = |axis: usize, output_padding: &[usize]| {
        window.strides[axis] * (spatial[axis].max(1) - 1)
            + output_padding[axis]
            + (kernel[axis].max(1) - 1) * window.dilations[axis]
            + 1
    };
    let same = matches!(auto, AutoPad::SameUpper | AutoPad::SameLower);
    let wanted: Option<Vec<usize>> = match output_shape {
        Some(lengths) => Some(lengths),
        None if same => Some((0..rank).map(|i| spatial[i] * window.strides[i]).collect()),
        None => None,
    };
    if let Some(wanted) = wanted {
        let mut pads = Vec::with_capacity(rank);
        for (axis, &length) in wanted.iter().enumerate() {
            // What no padding gives is added at the end, as far as the window's step reaches.
            let missing = length.saturating_sub(full(axis, &output_padding));
            let step = window.strides[axis].max(window.dilations[axis]);
            output_padding[axis] += missing;
            if missing > 0 && output_padding[axis] >= step {
                let reason = format!("no padding gives axis {axis} the length {length}");
                return Err(Refusal::attribute("output_shape", reason));
            }
            let total = full(axis, &output_padding).saturating_sub(length);
            // Which end takes the odd one: as in ONNX's formula for ConvTranspose.
            pads.push(match auto {
                AutoPad::SameUpper => (total / 2, total - total / 2),
                _ => (total - total / 2, total / 2),
            });
        }
        (window.before, window.after) = pads.into_iter().unzip();
    }
    let operands = operands(node)?;
    let op = Op::ConvTranspose {
        convolution: with_window(window, group),
        output_padding,
    };
    node.finish(op, &operands)
}
