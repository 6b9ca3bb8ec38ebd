//! The table of ONNX operators that can be read: a row for each, in the file of its family.

use super::node::{NodeReader, Parse, Parsed};
use super::{
    activation, attention, constant, convolution, einsum, elementwise, index, layout, linear,
    normalization, pad, pool, reduce, resize, rotary, sequence, shaping, slice, softmax, triangle,
};
use crate::graph::{Binary, Op, Unary};

/// An ONNX operator that can be read.
#[derive(Debug, Clone, Copy)]
pub struct Operator {
    name: &'static str,
    since: i64,
    last: Option<i64>,
    attributes: &'static [&'static str],
    reads_as: Option<&'static str>,
    read: Read,
}

/// How a node is read.
#[derive(Debug, Clone, Copy)]
enum Read {
    /// One input, no attribute.
    Unary(Unary),
    /// Two inputs, no attribute.
    Binary(Binary),
    /// In its own way.
    By(Parse),
}

impl Operator {
    /// An operator, the opset that brought it, the attributes it may have, and what reads it.
    pub(super) const fn new(
        name: &'static str,
        since: i64,
        attributes: &'static [&'static str],
        parse: Parse,
    ) -> Self {
        Operator {
            name,
            since,
            last: None,
            attributes,
            reads_as: None,
            read: Read::By(parse),
        }
    }

    /// A function of one input.
    pub(super) const fn unary(name: &'static str, since: i64, function: Unary) -> Self {
        Operator {
            name,
            since,
            last: None,
            attributes: &[],
            reads_as: None,
            read: Read::Unary(function),
        }
    }

    /// A function of two inputs.
    pub(super) const fn binary(name: &'static str, since: i64, function: Binary) -> Self {
        Operator {
            name,
            since,
            last: None,
            attributes: &[],
            reads_as: None,
            read: Read::Binary(function),
        }
    }

    /// Reads a node of this operator.
    pub(super) fn read(&self, node: &mut NodeReader<'_, '_>) -> Parsed {
        match self.read {
            Read::Unary(function) => {
                let x = node.input(0)?;
                node.finish(Op::Unary(function), &[x])
            }
            Read::Binary(function) => {
                let operands = [node.input(0)?, node.input(1)?];
                node.finish(Op::Binary(function), &operands)
            }
            Read::By(parse) => parse(node),
        }
    }

    /// The last opset before ONNX deprecated it.
    pub(super) const fn until(mut self, last: i64) -> Self {
        self.last = Some(last);
        self
    }

    /// What it becomes, where a graph has no operator of its name.
    pub(super) const fn reads_as(mut self, other: &'static str) -> Self {
        self.reads_as = Some(other);
        self
    }

    /// Its name in ONNX.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The opset of ONNX's own domain that brought it.
    pub fn since(&self) -> i64 {
        self.since
    }

    /// The last opset that had it, if ONNX has deprecated it.
    pub fn last(&self) -> Option<i64> {
        self.last
    }

    /// The attributes that are read, in any opset; any other is refused.
    pub fn attributes(&self) -> &'static [&'static str] {
        self.attributes
    }

    /// The operators it becomes when a graph has none of its name.
    pub fn becomes(&self) -> Option<&'static str> {
        self.reads_as
    }
}

/// Every operator that can be read, family by family.
pub fn operators() -> impl Iterator<Item = &'static Operator> {
    [
        elementwise::OPERATORS,
        activation::OPERATORS,
        convolution::OPERATORS,
        linear::OPERATORS,
        pool::OPERATORS,
        normalization::OPERATORS,
        reduce::OPERATORS,
        softmax::OPERATORS,
        shaping::OPERATORS,
        layout::OPERATORS,
        slice::OPERATORS,
        pad::OPERATORS,
        resize::OPERATORS,
        index::OPERATORS,
        einsum::OPERATORS,
        attention::OPERATORS,
        rotary::OPERATORS,
        triangle::OPERATORS,
        constant::OPERATORS,
        sequence::OPERATORS,
    ]
    .into_iter()
    .flatten()
}

/// The row of an operator.
pub(super) fn operator(op_type: &str) -> Option<&'static Operator> {
    operators().find(|operator| operator.name == op_type)
}
