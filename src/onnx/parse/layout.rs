//! Operators that move, repeat, join or cut elements.

use super::node::{NodeReader, Parsed, Refusal, axis, lengths};
use super::operator::Operator;
use crate::graph::{Op, Unary};

pub(super) const OPERATORS: &[Operator] = &[
    Operator::new("Transpose", 1, &["perm"], transpose),
    Operator::new("Concat", 1, &["axis"], concat),
    Operator::new("Split", 1, &["axis", "num_outputs", "split"], split),
    Operator::new("Expand", 8, &[], expand),
    Operator::new("Tile", 1, &[], tile),
    Operator::new("DepthToSpace", 1, &["blocksize", "mode"], depth_to_space),
    Operator::new("SpaceToDepth", 1, &["blocksize"], space_to_depth),
];

fn transpose(node: &mut NodeReader<'_, '_>) -> Parsed {
    let x = node.input(0)?;
    let rank = node.type_of(&x).rank();
    let permutation = match node.ints("perm")? {
        Some(values) => values
            .iter()
            .map(|&value| axis(value, rank))
            .collect::<Parsed<Vec<usize>>>()?,
        None => (0..rank).rev().collect(),
    };
    node.finish(Op::Transpose { permutation }, &[x])
}

fn concat(node: &mut NodeReader<'_, '_>) -> Parsed {
    let operands = node.all_inputs()?;
    if !node.has_attribute("axis") {
        return Err(Refusal::attribute("axis", "it is missing"));
    }
    let rank = node.shape(0)?.len();
    let axis = axis(node.int("axis", 0)?, rank)?;
    node.finish(Op::Concat { axis }, &operands)
}

fn split(node: &mut NodeReader<'_, '_>) -> Parsed {
    let x = node.input(0)?;
    let shape = node.type_of(&x).shape;
    let axis = axis(node.int("axis", 0)?, shape.len())?;
    let pieces = node.output_count();
    let stated = node.ints_attribute_or_input("split", 1, 13)?;
    let number = node.int("num_outputs", pieces as i64)?;
    if number != pieces as i64 {
        let reason = format!("{number} pieces for {pieces} outputs");
        return Err(Refusal::attribute("num_outputs", reason));
    }
    let sizes = match stated {
        Some(values) => lengths("split", &values)?,
        // Equal pieces, the last one smaller where the length does not divide (opset 18).
        None => {
            let piece = shape[axis].div_ceil(pieces.max(1));
            (0..pieces)
                .map(|index| piece.min(shape[axis].saturating_sub(index * piece)))
                .collect()
        }
    };
    if sizes.len() != pieces {
        let reason = format!("{} sizes for {pieces} outputs", sizes.len());
        return Err(Refusal::unsound(reason));
    }
    node.finish_many(Op::Split { axis, sizes }, &[x], pieces)
}

/// The shape asked for is broadcast with the input's own.
fn expand(node: &mut NodeReader<'_, '_>) -> Parsed {
    let x = node.input(0)?;
    let from = node.type_of(&x).shape;
    let wanted = node
        .constant_ints(1)?
        .ok_or_else(|| Refusal::unsound("the shape is missing"))?;
    let wanted = lengths("shape", &wanted)?;
    let rank = from.len().max(wanted.len());
    // Missing leading axes count as length 1.
    let at = |shape: &[usize], axis: usize| match (axis + shape.len()).checked_sub(rank) {
        Some(index) => shape[index],
        None => 1,
    };
    let shape: Vec<usize> = (0..rank)
        .map(|axis| match (at(&from, axis), at(&wanted, axis)) {
            (1, length) | (length, 1) => Ok(length),
            (a, b) if a == b => Ok(a),
            _ => Err(Refusal::unsound(format!(
                "{from:?} cannot be broadcast with {wanted:?}"
            ))),
        })
        .collect::<Parsed<_>>()?;
    if shape == from {
        node.finish(Op::Unary(Unary::Identity), &[x])
    } else {
        node.finish(Op::Expand { shape }, &[x])
    }
}

fn tile(node: &mut NodeReader<'_, '_>) -> Parsed {
    let x = node.input(0)?;
    let repeats = node
        .constant_ints(1)?
        .ok_or_else(|| Refusal::unsound("the repeats are missing"))?;
    let repeats = lengths("repeats", &repeats)?;
    node.finish(Op::Tile { repeats }, &[x])
}

fn block(node: &mut NodeReader<'_, '_>) -> Parsed<usize> {
    let block = node.int("blocksize", 0)?;
    usize::try_from(block)
        .ok()
        .filter(|block| (1..=1 << 15).contains(block))
        .ok_or_else(|| Refusal::attribute("blocksize", format!("{block} is not a block's edge")))
}

fn depth_to_space(node: &mut NodeReader<'_, '_>) -> Parsed {
    let x = node.input(0)?;
    let channel_first = match node.text("mode", "DCR")?.as_str() {
        "DCR" => false,
        "CRD" => true,
        other => {
            let reason = format!("{other:?} is neither DCR nor CRD");
            return Err(Refusal::attribute("mode", reason));
        }
    };
    let op = Op::DepthToSpace {
        block: block(node)?,
        channel_first,
    };
    node.finish(op, &[x])
}

fn space_to_depth(node: &mut NodeReader<'_, '_>) -> Parsed {
    let x = node.input(0)?;
    let op = Op::SpaceToDepth {
        block: block(node)?,
    };
    node.finish(op, &[x])
}
