//! Constants, and operators whose result follows from shapes alone.

use std::sync::Arc;

use super::node::{NodeReader, Parsed, Refusal};
use super::operator::Operator;
use crate::graph::{DType, Data, Op, Tensor, Unary};

/// Longer sequences than this are no shape arithmetic.
const LONGEST_RANGE: f64 = 1e6;

pub(super) const OPERATORS: &[Operator] = &[
    Operator::new(
        "Constant",
        1,
        &[
            "value",
            "value_float",
            "value_floats",
            "value_int",
            "value_ints",
        ],
        constant,
    )
    .reads_as("a constant"),
    Operator::new("ConstantOfShape", 9, &["value"], constant_of_shape).reads_as("a constant"),
    Operator::new("Shape", 1, &["start", "end"], shape).reads_as("a constant"),
    Operator::new("Size", 1, &[], size).reads_as("a constant"),
    Operator::new("Range", 11, &[], range).reads_as("a constant"),
    Operator::new("NonZero", 9, &[], non_zero).reads_as("a constant"),
];

fn constant(node: &mut NodeReader<'_, '_>) -> Parsed {
    use super::super::wire::attribute_proto::AttributeType;
    let tensor = if let Some(tensor) = node.tensor("value")? {
        tensor
    } else if let Some(value) = node.optional_float("value_float")? {
        Tensor::scalar(DType::F32, value)
    } else if let Some(values) = node.floats("value_floats")? {
        let length = values.len();
        Tensor::f32([length], values).map_err(|error| Refusal::unsound(error.to_string()))?
    } else if let Some(found) = node.attribute("value_int", AttributeType::Int)? {
        scalar_i64(found.i())?
    } else if let Some(values) = node.ints("value_ints")? {
        Tensor::i64_vector(values)
    } else {
        return Err(Refusal::new(
            "its value is a string, is sparse or is missing",
            "export the model with dense numbers",
        ));
    };
    node.finish_constant(tensor)
}

/// Large results stay an operator: one element, expanded.
fn constant_of_shape(node: &mut NodeReader<'_, '_>) -> Parsed {
    let shape = node
        .constant_ints(0)?
        .ok_or_else(|| Refusal::unsound("the shape is missing"))?;
    let shape = super::node::lengths("shape", &shape)?;
    let value = match node.tensor("value")? {
        Some(value) => value
            .reshaped(Vec::new())
            .map_err(|_| Refusal::attribute("value", "it does not have one element"))?,
        None => Tensor::scalar(DType::F32, 0.0),
    };
    let value = node.constant("value", value);
    if shape.is_empty() {
        node.finish(Op::Unary(Unary::Identity), &[value])
    } else {
        node.finish(Op::Expand { shape }, &[value])
    }
}

fn shape(node: &mut NodeReader<'_, '_>) -> Parsed {
    let shape = node.shape(0)?;
    let rank = shape.len() as i64;
    // A part of the shape can be asked for from opset 15 on.
    let start = node.int("start", 0)?;
    let end = node.int("end", rank)?;
    let bound = |value: i64| {
        let from_front = if value < 0 {
            value.saturating_add(rank)
        } else {
            value
        };
        from_front.clamp(0, rank) as usize
    };
    let (start, end) = (bound(start), bound(end));
    let part = shape[start..end.max(start)]
        .iter()
        .map(|&length| length as i64)
        .collect();
    node.finish_constant(Tensor::i64_vector(part))
}

fn size(node: &mut NodeReader<'_, '_>) -> Parsed {
    let count: usize = node.shape(0)?.iter().product();
    node.finish_constant(scalar_i64(count as i64)?)
}

fn range(node: &mut NodeReader<'_, '_>) -> Parsed {
    let bound = |index: usize| {
        node.constant_input(index)?
            .filter(|tensor| tensor.len() == 1)
            .ok_or_else(|| Refusal::input(index, "it is not one number"))
    };
    let (start, limit, step) = (bound(0)?, bound(1)?, bound(2)?);
    let dtype = start.dtype();
    let at = |tensor: &Tensor| tensor.to_f64().first().copied().unwrap_or(0.0);
    let (start, limit, step) = (at(&start), at(&limit), at(&step));
    let count = ((limit - start) / step).ceil();
    if !count.is_finite() || count > LONGEST_RANGE {
        let reason = format!("from {start} to {limit} by {step} is no sequence");
        return Err(Refusal::unsound(reason));
    }
    let count = count.max(0.0);
    let values: Vec<f64> = (0..count as usize)
        .map(|index| start + index as f64 * step)
        .collect();
    let tensor = Tensor::from_f64(dtype, [values.len()], &values)
        .map_err(|error| Refusal::unsound(error.to_string()))?;
    node.finish_constant(tensor)
}

/// Positions of what is not zero, one column each: only of a constant.
fn non_zero(node: &mut NodeReader<'_, '_>) -> Parsed {
    let x = node
        .constant_input(0)?
        .ok_or_else(|| Refusal::unsound("the input is missing"))?;
    let shape = x.shape().to_vec();
    let values = x.to_f64();
    let found: Vec<usize> = (0..values.len()).filter(|&at| values[at] != 0.0).collect();
    let positions = (0..shape.len()).flat_map(|axis| {
        let step = shape[axis + 1..].iter().product::<usize>().max(1);
        let length = shape[axis].max(1);
        found.iter().map(move |&at| (at / step % length) as i64)
    });
    let tensor = Tensor::i64_vector(positions.collect())
        .reshaped([shape.len(), found.len()])
        .map_err(|error| Refusal::unsound(error.to_string()))?;
    node.finish_constant(tensor)
}

fn scalar_i64(value: i64) -> Parsed<Tensor> {
    Tensor::new(Vec::new(), Data::I64(Arc::new(vec![value])))
        .map_err(|error| Refusal::unsound(error.to_string()))
}
