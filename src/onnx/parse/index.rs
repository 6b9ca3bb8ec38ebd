//! Operators that take or put elements at positions held in a tensor.

use super::builder::Operand;
use super::elementwise::as_dtype;
use super::node::{NodeReader, Parsed, Refusal, axis};
use super::operator::Operator;
use crate::graph::{DType, Op};

pub(super) const OPERATORS: &[Operator] = &[
    Operator::new("Gather", 1, &["axis"], gather),
    Operator::new("GatherElements", 11, &["axis"], gather),
    Operator::new("Scatter", 9, &["axis"], legacy_scatter)
        .until(10)
        .reads_as("ScatterElements"),
    Operator::new("ScatterElements", 11, &["axis", "reduction"], scatter),
];

fn gather(node: &mut NodeReader<'_, '_>) -> Parsed {
    let data = node.input(0)?;
    let rank = node.type_of(&data).rank();
    let axis = axis(node.int("axis", 0)?, rank)?;
    let indices = indices(node)?;
    let op = match node.op_type() {
        "Gather" => Op::Gather { axis },
        _ => Op::GatherElements { axis },
    };
    node.finish(op, &[data, indices])
}

/// Input 1 as 64-bit integers.
fn indices(node: &mut NodeReader<'_, '_>) -> Parsed<Operand> {
    let indices = node.input(1)?;
    match node.type_of(&indices).dtype {
        DType::I64 | DType::I32 => as_dtype(node, "indices", indices, DType::I64),
        other => Err(Refusal::input(
            1,
            format!("indices are integers, not {other}"),
        )),
    }
}

/// The name before opset 11; it had no reduction.
fn legacy_scatter(node: &mut NodeReader<'_, '_>) -> Parsed {
    scattered(node, false)
}

fn scatter(node: &mut NodeReader<'_, '_>) -> Parsed {
    let add = match node.text("reduction", "none")?.as_str() {
        "none" => false,
        "add" => true,
        other => {
            let reason = format!("{other:?} is not supported");
            return Err(Refusal::attribute("reduction", reason));
        }
    };
    scattered(node, add)
}

fn scattered(node: &mut NodeReader<'_, '_>, add: bool) -> Parsed {
    let data = node.input(0)?;
    let rank = node.type_of(&data).rank();
    let axis = axis(node.int("axis", 0)?, rank)?;
    let indices = indices(node)?;
    let updates = node.input(2)?;
    node.finish(Op::ScatterElements { axis, add }, &[data, indices, updates])
}
