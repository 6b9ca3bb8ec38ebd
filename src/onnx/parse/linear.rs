//! Matrix products.

use super::node::{NodeReader, Parsed};
use super::operator::Operator;
use crate::graph::Op;

pub(super) const OPERATORS: &[Operator] = &[
    Operator::new("Gemm", 1, &["alpha", "beta", "transA", "transB"], gemm),
    Operator::new("MatMul", 1, &[], matmul),
];

fn gemm(node: &mut NodeReader<'_, '_>) -> Parsed {
    let op = Op::Gemm {
        alpha: node.float("alpha", 1.0)?,
        beta: node.float("beta", 1.0)?,
        transpose_a: node.flag("transA", false)?,
        transpose_b: node.flag("transB", false)?,
    };
    let mut operands = vec![node.input(0)?, node.input(1)?];
    operands.extend(node.optional_input(2)?);
    node.finish(op, &operands)
}

fn matmul(node: &mut NodeReader<'_, '_>) -> Parsed {
    let operands = [node.input(0)?, node.input(1)?];
    node.finish(Op::MatMul, &operands)
}
