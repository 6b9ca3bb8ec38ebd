//! `Einsum` as the operators it stands for: sums over axes, transpositions and matrix products.
//!
//! Operands are joined from the left. What two operands share and nothing needs later is what a
//! matrix product sums over; what they share and is needed are its batch axes. A plain matrix
//! product becomes one `MatMul`.

use std::collections::BTreeMap;

use super::builder::Operand;
use super::equation::{Equation, Label};
use super::node::{NodeReader, Parsed, Refusal};
use super::operator::Operator;
use crate::graph::op::ReduceKind;
use crate::graph::{Binary, Op, Tensor, Unary};

pub(super) const OPERATORS: &[Operator] = &[Operator::new("Einsum", 12, &["equation"], einsum)
    .reads_as("MatMul, Mul, Transpose, ReduceSum")];

/// Lengths of the indices.
type Lengths = BTreeMap<Label, usize>;

/// An operand on its way, with the index of each of its axes.
struct Term {
    /// The operator that makes it, not applied yet: the last one of all makes the node's output.
    op: Op,
    inputs: Vec<Operand>,
    labels: Vec<Label>,
}

fn einsum(node: &mut NodeReader<'_, '_>) -> Parsed {
    let text = node.text("equation", "")?;
    let operands = node.all_inputs()?;
    let shapes: Vec<Vec<usize>> = operands.iter().map(|x| node.type_of(x).shape).collect();
    let ranks: Vec<usize> = shapes.iter().map(Vec::len).collect();
    let wrong = |reason: String| Refusal::attribute("equation", format!("{text:?}: {reason}"));
    let equation = Equation::parse(&text, &ranks).map_err(wrong)?;
    let lengths = lengths(&equation, &shapes).map_err(wrong)?;
    let mut whole = Vec::with_capacity(operands.len());
    for (position, (operand, labels)) in operands.into_iter().zip(&equation.terms).enumerate() {
        whole.push(Term::new(
            node,
            operand,
            labels,
            &shapes[position],
            &lengths,
        )?);
    }
    let labels: Vec<Vec<Label>> = whole.iter().map(|term| term.labels.clone()).collect();
    let mut terms = Vec::with_capacity(whole.len());
    for (position, term) in whole.into_iter().enumerate() {
        let needed = |label: &Label| {
            let mut others = labels.iter().enumerate();
            let elsewhere = others.any(|(at, other)| at != position && other.contains(label));
            elsewhere || equation.result.contains(label)
        };
        terms.push(term.sum_over_others(node, needed)?);
    }
    let mut terms = terms.into_iter();
    let mut total = terms
        .next()
        .ok_or_else(|| Refusal::unsound("it has no operand"))?;
    while let Some(term) = terms.next() {
        let rest = terms.as_slice();
        let needed = |label: &Label| {
            equation.result.contains(label) || rest.iter().any(|t| t.labels.contains(label))
        };
        total = total.times(node, term, needed, &lengths)?;
    }
    let total = total.arranged(node, &equation.result)?;
    node.finish(total.op, &total.inputs)
}

/// The length of each index. Axes of length 1 stretch.
fn lengths(equation: &Equation, shapes: &[Vec<usize>]) -> Result<Lengths, String> {
    let mut lengths = Lengths::new();
    for (labels, shape) in equation.terms.iter().zip(shapes) {
        for (&label, &length) in labels.iter().zip(shape) {
            let known = lengths.entry(label).or_insert(length);
            if *known == 1 {
                *known = length;
            }
            if length != 1 && length != *known {
                return Err(format!("an index has the lengths {known} and {length}"));
            }
        }
    }
    Ok(lengths)
}

impl Term {
    /// An operand whose every index appears once and has its full length.
    fn new(
        node: &mut NodeReader<'_, '_>,
        operand: Operand,
        labels: &[Label],
        shape: &[usize],
        lengths: &Lengths,
    ) -> Parsed<Self> {
        let mut term = Term {
            op: Op::Unary(Unary::Identity),
            inputs: vec![operand],
            labels: labels.to_vec(),
        };
        // What is stretched is left out: the other operands have it.
        let stretched = |axis: usize| shape[axis] == 1 && lengths[&labels[axis]] > 1;
        if (0..shape.len()).any(stretched) {
            let kept: Vec<usize> = (0..shape.len()).filter(|&axis| !stretched(axis)).collect();
            term.labels = kept.iter().map(|&axis| labels[axis]).collect();
            term = term.reshaped(node, lengths)?;
        }
        while let Some((first, second)) = repeated(&term.labels) {
            term = term.diagonal(node, first, second, lengths)?;
        }
        Ok(term)
    }

    /// Applies what is pending.
    fn settled(self, node: &mut NodeReader<'_, '_>) -> Parsed<Operand> {
        match (self.op, self.inputs.as_slice()) {
            (Op::Unary(Unary::Identity), [operand]) => Ok(operand.clone()),
            (op, inputs) => node.apply("part", op, inputs),
        }
    }

    /// Another operator after it.
    fn then(self, node: &mut NodeReader<'_, '_>, op: Op, labels: Vec<Label>) -> Parsed<Self> {
        Ok(Term {
            op,
            inputs: vec![self.settled(node)?],
            labels,
        })
    }

    /// The same elements with its labels' own lengths.
    fn reshaped(self, node: &mut NodeReader<'_, '_>, lengths: &Lengths) -> Parsed<Self> {
        let labels = self.labels.clone();
        let shape = labels.iter().map(|label| lengths[label]).collect();
        self.then(node, Op::Reshape { shape }, labels)
    }

    /// Only the elements at which two axes of one index agree: every (n + 1)-th of both as one.
    fn diagonal(
        self,
        node: &mut NodeReader<'_, '_>,
        first: usize,
        second: usize,
        lengths: &Lengths,
    ) -> Parsed<Self> {
        let label = self.labels[first];
        let others = (0..self.labels.len()).filter(|&axis| axis != first && axis != second);
        let permutation: Vec<usize> = others.chain([first, second]).collect();
        let mut labels: Vec<Label> = permutation.iter().map(|&axis| self.labels[axis]).collect();
        labels.truncate(labels.len() - 2);
        let length = lengths[&label];
        let mut shape: Vec<usize> = labels.iter().map(|label| lengths[label]).collect();
        shape.push(length * length);
        let axis = labels.len();
        labels.push(label);
        let moved = self.then(node, Op::Transpose { permutation }, Vec::new())?;
        let flat = moved.then(node, Op::Reshape { shape }, Vec::new())?;
        let positions = (0..length).map(|at| (at * (length + 1)) as i64).collect();
        let positions = node.constant("diagonal", Tensor::i64_vector(positions));
        Ok(Term {
            op: Op::Gather { axis },
            inputs: vec![flat.settled(node)?, positions],
            labels,
        })
    }

    /// Sums over the indices that nothing needs.
    fn sum_over_others(
        self,
        node: &mut NodeReader<'_, '_>,
        needed: impl Fn(&Label) -> bool,
    ) -> Parsed<Self> {
        let labels = self.labels.clone();
        let axes: Vec<usize> = (0..labels.len())
            .filter(|&axis| !needed(&labels[axis]))
            .collect();
        if axes.is_empty() {
            return Ok(self);
        }
        let kept = labels
            .iter()
            .copied()
            .filter(|label| needed(label))
            .collect();
        let op = Op::Reduce {
            kind: ReduceKind::Sum,
            axes,
            keep_dims: false,
        };
        self.then(node, op, kept)
    }

    /// Its axes in this order, all of which it has.
    fn arranged(self, node: &mut NodeReader<'_, '_>, order: &[Label]) -> Parsed<Self> {
        if self.labels == order {
            return Ok(self);
        }
        let at = |label: &Label| self.labels.iter().position(|own| own == label);
        let permutation: Vec<usize> = order.iter().filter_map(at).collect();
        self.then(node, Op::Transpose { permutation }, order.to_vec())
    }

    /// The product with another, summed over what nothing needs any more.
    fn times(
        self,
        node: &mut NodeReader<'_, '_>,
        other: Term,
        needed: impl Fn(&Label) -> bool,
        lengths: &Lengths,
    ) -> Parsed<Self> {
        let (own, theirs) = (self.labels.clone(), other.labels.clone());
        let pick = |labels: &[Label], which: &dyn Fn(&Label) -> bool| -> Vec<Label> {
            labels
                .iter()
                .copied()
                .filter(|label| which(label))
                .collect()
        };
        let batch = pick(&own, &|label| theirs.contains(label) && needed(label));
        let inner = pick(&own, &|label| theirs.contains(label) && !needed(label));
        let rows = pick(&own, &|label| !theirs.contains(label));
        let columns = pick(&theirs, &|label| !own.contains(label));
        let count = |labels: &[Label]| labels.iter().map(|label| lengths[label]).product();
        let extents = |labels: &[Label]| -> Vec<usize> {
            labels.iter().map(|label| lengths[label]).collect()
        };
        let labels = [&batch[..], &rows, &columns].concat();
        if inner.is_empty() {
            // Nothing to sum: elements side by side, broadcast.
            let left = self.arranged(node, &[&batch[..], &rows].concat())?;
            let right = other.arranged(node, &[&batch[..], &columns].concat())?;
            let ones = vec![1; columns.len()];
            let left_shape = [extents(&batch), extents(&rows), ones].concat();
            let right_shape = [extents(&batch), vec![1; rows.len()], extents(&columns)].concat();
            let left = left.settled_as(node, left_shape)?;
            let right = right.settled_as(node, right_shape)?;
            return Ok(Term {
                op: Op::Binary(Binary::Mul),
                inputs: vec![left, right],
                labels,
            });
        }
        let left = self.arranged(node, &[&batch[..], &rows, &inner].concat())?;
        let right = other.arranged(node, &[&batch[..], &inner, &columns].concat())?;
        let left_shape = [extents(&batch), vec![count(&rows), count(&inner)]].concat();
        let right_shape = [extents(&batch), vec![count(&inner), count(&columns)]].concat();
        let product = Term {
            op: Op::MatMul,
            inputs: vec![
                left.settled_as(node, left_shape)?,
                right.settled_as(node, right_shape)?,
            ],
            labels,
        };
        if rows.len() == 1 && columns.len() == 1 {
            return Ok(product);
        }
        product.reshaped(node, lengths)
    }

    /// Applied, and under this shape.
    fn settled_as(self, node: &mut NodeReader<'_, '_>, shape: Vec<usize>) -> Parsed<Operand> {
        let operand = self.settled(node)?;
        if node.type_of(&operand).shape == shape {
            return Ok(operand);
        }
        node.apply("matrix", Op::Reshape { shape }, &[operand])
    }
}

/// Two axes of one index.
fn repeated(labels: &[Label]) -> Option<(usize, usize)> {
    (0..labels.len()).find_map(|second| {
        let first = labels[..second]
            .iter()
            .position(|label| *label == labels[second])?;
        Some((first, second))
    })
}
