//! Operators that take or put elements at positions held in a tensor.

use super::builder::Operand;
use super::elementwise::as_dtype;
use super::node::{NodeReader, Parsed, Refusal, axis};
use super::operator::Operator;
use crate::graph::{Binary, DType, Op, Tensor};

pub(super) const OPERATORS: &[Operator] = &[
    Operator::new("Gather", 1, &["axis"], gather),
    Operator::new("GatherElements", 11, &["axis"], gather),
    Operator::new("GatherND", 11, &["batch_dims"], gather_nd)
        .reads_as("Gather of joined axes, with constant indices"),
    Operator::new("Scatter", 9, &["axis"], legacy_scatter)
        .until(10)
        .reads_as("ScatterElements"),
    Operator::new("ScatterElements", 11, &["axis", "reduction"], scatter),
    Operator::new("ScatterND", 11, &["reduction"], scatter_nd)
        .reads_as("ScatterElements of joined axes, with constant indices"),
    Operator::new("OneHot", 9, &["axis"], one_hot).reads_as("Equal, Or, Where"),
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

/// The attribute `reduction`: whether updates are added.
fn adds(node: &mut NodeReader<'_, '_>) -> Parsed<bool> {
    match node.text("reduction", "none")?.as_str() {
        "none" => Ok(false),
        "add" => Ok(true),
        other => {
            let reason = format!("{other:?} is not supported");
            Err(Refusal::attribute("reduction", reason))
        }
    }
}

/// The name before opset 11; it had no reduction.
fn legacy_scatter(node: &mut NodeReader<'_, '_>) -> Parsed {
    scattered(node, false)
}

fn scatter(node: &mut NodeReader<'_, '_>) -> Parsed {
    let add = adds(node)?;
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

/// Constant tuples of indices, as positions along the axes that they index taken as one.
struct Places {
    /// All axes of the tuples but the last, which holds a tuple.
    tuples: Vec<usize>,
    /// The length of the axes indexed, and of those after them.
    flat: [usize; 2],
    /// The shape of what one tuple points at.
    rest: Vec<usize>,
    positions: Vec<i64>,
}

/// Reads input 1 as tuples that index the axes of `shape` after the first `batch`, which tuples and
/// data share.
fn places(node: &NodeReader<'_, '_>, shape: &[usize], batch: usize) -> Parsed<Places> {
    let tensor = node
        .constant_input(1)?
        .ok_or_else(|| Refusal::unsound("the indices are missing"))?;
    let mismatch = || {
        Refusal::unsound(format!(
            "indices of shape {:?} do not fit {shape:?}",
            tensor.shape()
        ))
    };
    let (&depth, tuples) = tensor.shape().split_last().ok_or_else(mismatch)?;
    let indices = tensor.to_i64().ok_or_else(mismatch)?;
    let end = batch.checked_add(depth).ok_or_else(mismatch)?;
    let indexed = shape.get(batch..end).ok_or_else(mismatch)?;
    if depth == 0 || tuples.get(..batch) != Some(&shape[..batch]) {
        return Err(mismatch());
    }
    let count: usize = tuples.iter().product();
    let per_batch = tuples[batch..].iter().product::<usize>().max(1);
    let mut positions = Vec::with_capacity(count);
    for (number, tuple) in indices.chunks(depth).enumerate() {
        let mut position = (number / per_batch) as i64;
        for (&index, &length) in tuple.iter().zip(indexed) {
            let length = length as i64;
            let from_front = if index < 0 { index + length } else { index };
            if !(0..length).contains(&from_front) {
                let reason = format!("index {index} lies outside an axis of length {length}");
                return Err(Refusal::unsound(reason));
            }
            position = position * length + from_front;
        }
        positions.push(position);
    }
    let (front, rest) = shape.split_at(end);
    Ok(Places {
        tuples: tuples.to_vec(),
        flat: [front.iter().product(), rest.iter().product()],
        rest: rest.to_vec(),
        positions,
    })
}

/// The indexed axes as one, from which rows are gathered.
fn gather_nd(node: &mut NodeReader<'_, '_>) -> Parsed {
    let data = node.input(0)?;
    let shape = node.type_of(&data).shape;
    let batch = node.int("batch_dims", 0)?;
    let batch = usize::try_from(batch)
        .ok()
        .filter(|&batch| batch < shape.len())
        .ok_or_else(|| Refusal::attribute("batch_dims", format!("{batch} of {shape:?}")))?;
    let places = places(node, &shape, batch)?;
    let flat = Op::Reshape {
        shape: places.flat.to_vec(),
    };
    let flat = node.apply("flat", flat, &[data])?;
    let positions = node.constant("positions", Tensor::i64_vector(places.positions));
    let rows = node.apply("rows", Op::Gather { axis: 0 }, &[flat, positions])?;
    let shape = [places.tuples, places.rest].concat();
    node.finish(Op::Reshape { shape }, &[rows])
}

/// The indexed axes as one, into whose rows updates are scattered.
fn scatter_nd(node: &mut NodeReader<'_, '_>) -> Parsed {
    let data = node.input(0)?;
    let shape = node.type_of(&data).shape;
    let add = adds(node)?;
    let places = places(node, &shape, 0)?;
    let updates = node.input(2)?;
    let expected = [&places.tuples[..], &places.rest].concat();
    if node.type_of(&updates).shape != expected {
        return Err(Refusal::input(2, format!("its shape is not {expected:?}")));
    }
    let rows = [places.positions.len(), places.flat[1]];
    let reshape = |shape: &[usize]| Op::Reshape {
        shape: shape.to_vec(),
    };
    let flat = node.apply("flat", reshape(&places.flat), &[data])?;
    let updates = node.apply("rows", reshape(&rows), &[updates])?;
    let positions = node.constant("positions", Tensor::i64_vector(places.positions));
    let column = node.apply("column", reshape(&[rows[0], 1]), &[positions])?;
    let everywhere = Op::Expand {
        shape: rows.to_vec(),
    };
    let positions = node.apply("everywhere", everywhere, &[column])?;
    let op = Op::ScatterElements { axis: 0, add };
    let scattered = node.apply("scattered", op, &[flat, positions, updates])?;
    node.finish(reshape(&shape), &[scattered])
}

/// Where an index, counted from the front or the back, is that of its place.
fn one_hot(node: &mut NodeReader<'_, '_>) -> Parsed {
    const LARGEST: f64 = (1 << 24) as f64;
    let indices = node.input(0)?;
    let shape = node.type_of(&indices).shape;
    let at = axis(node.int("axis", -1)?, shape.len() + 1)?;
    let depth = node
        .constant_scalar(1)?
        .filter(|depth| (0.0..=LARGEST).contains(depth))
        .ok_or_else(|| Refusal::input(1, "it is not a number of classes"))?;
    let values = node
        .constant_input(2)?
        .filter(|values| values.len() == 2)
        .ok_or_else(|| Refusal::input(2, "it is not a pair of values"))?;
    let pair = values.to_f64();
    let off = node.scalar("off", values.dtype(), pair[0]);
    let on = node.scalar("on", values.dtype(), pair[1]);
    let indices = as_dtype(node, "indices", indices, DType::I64)?;
    let mut column = shape.clone();
    column.insert(at, 1);
    let indices = node.apply("column", Op::Reshape { shape: column }, &[indices])?;
    let depth = depth as i64;
    let mut classes = vec![1; shape.len() + 1];
    classes[at] = depth as usize;
    let mut matches = |part: &str, from: i64| -> Parsed<Operand> {
        let classes = Tensor::i64_vector((from..from + depth).collect())
            .reshaped(classes.clone())
            .map_err(|error| Refusal::unsound(error.to_string()))?;
        let classes = node.constant("classes", classes);
        node.apply(part, Op::Binary(Binary::Equal), &[indices.clone(), classes])
    };
    let (front, back) = (matches("from_front", 0)?, matches("from_back", -depth)?);
    let hot = node.apply("hot", Op::Binary(Binary::Or), &[front, back])?;
    node.finish(Op::Where, &[hot, on, off])
}
