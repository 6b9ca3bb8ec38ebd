//! Softmax and its logarithm. Before opset 13 all axes from `axis` on were one.

use super::node::{NodeReader, Parsed, axis};
use super::operator::Operator;
use crate::graph::Op;

pub(super) const OPERATORS: &[Operator] = &[
    Operator::new("Softmax", 1, &["axis"], softmax),
    Operator::new("LogSoftmax", 1, &["axis"], softmax),
];

fn softmax(node: &mut NodeReader<'_, '_>) -> Parsed {
    let logarithm = node.op_type() == "LogSoftmax";
    let along = |axis| {
        if logarithm {
            Op::LogSoftmax { axis }
        } else {
            Op::Softmax { axis }
        }
    };
    let x = node.input(0)?;
    let shape = node.type_of(&x).shape;
    if node.opset() >= 13 {
        let axis = axis(node.int("axis", -1)?, shape.len())?;
        return node.finish(along(axis), &[x]);
    }
    let first = axis(node.int("axis", 1)?, shape.len())?;
    let rest = &shape[first + 1..];
    if rest.iter().all(|&length| length == 1) {
        return node.finish(along(first), &[x]);
    }
    let rows = shape[..first].iter().product();
    let columns = shape[first..].iter().product();
    let matrix = Op::Reshape {
        shape: vec![rows, columns],
    };
    let matrix = node.apply("matrix", matrix, &[x])?;
    let weights = node.apply("weights", along(1), &[matrix])?;
    node.finish(Op::Reshape { shape }, &[weights])
}
