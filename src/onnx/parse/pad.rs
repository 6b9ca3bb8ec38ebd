//! Padding of axes.

use super::node::{NodeReader, Parsed, Refusal, axis};
use super::operator::Operator;
use crate::graph::Op;
use crate::graph::op::PadMode;

/// Padding by more than any real axis is refused before arithmetic.
const LARGEST: i64 = 1 << 40;

pub(super) const OPERATORS: &[Operator] =
    &[Operator::new("Pad", 1, &["mode", "pads", "value"], pad)];

fn pad(node: &mut NodeReader<'_, '_>) -> Parsed {
    let x = node.input(0)?;
    let rank = node.type_of(&x).rank();
    let mode = match node.text("mode", "constant")?.as_str() {
        "constant" => PadMode::Constant,
        "reflect" => PadMode::Reflect,
        "edge" => PadMode::Edge,
        "wrap" => PadMode::Wrap,
        other => return Err(Refusal::attribute("mode", format!("{other:?} is unknown"))),
    };
    // Widths and fill became inputs in opset 11, and axes came in 18.
    let pads = node
        .ints_attribute_or_input("pads", 1, 11)?
        .ok_or_else(|| Refusal::unsound("the widths are missing"))?;
    let value = if node.opset() < 11 {
        node.float("value", 0.0)?
    } else {
        node.constant_scalar(2)?.unwrap_or(0.0)
    };
    let axes = match node.constant_ints(3)? {
        Some(values) => values
            .iter()
            .map(|&value| axis(value, rank))
            .collect::<Parsed<Vec<usize>>>()?,
        None => (0..rank).collect(),
    };
    if pads.len() != 2 * axes.len() {
        let reason = format!("{} widths for {} axes", pads.len(), axes.len());
        return Err(Refusal::unsound(reason));
    }
    if pads
        .iter()
        .any(|width| !(-LARGEST..=LARGEST).contains(width))
    {
        return Err(Refusal::unsound(format!("widths {pads:?} are impossible")));
    }
    let (mut before, mut after) = (vec![0; rank], vec![0; rank]);
    for (index, &axis) in axes.iter().enumerate() {
        before[axis] = pads[index];
        after[axis] = pads[axes.len() + index];
    }
    let op = Op::Pad {
        mode,
        before,
        after,
        value,
    };
    node.finish(op, &[x])
}
