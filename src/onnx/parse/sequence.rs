//! Lists of tensors, as PyTorch's exporters write `split` and `chunk`: they exist while a file is
//! read, and what is taken out of them becomes part of the graph.

use super::builder::Operand;
use super::node::{NodeReader, Parsed, Refusal, axis, lengths};
use super::operator::Operator;
use crate::graph::{Op, Tensor, Unary};

pub(super) const OPERATORS: &[Operator] = &[
    Operator::new("SplitToSequence", 11, &["axis", "keepdims"], split).reads_as("Split"),
    Operator::new("SequenceConstruct", 11, &[], construct).reads_as("a list, no node"),
    Operator::new("SequenceAt", 11, &[], at).reads_as("Identity"),
    Operator::new("SequenceLength", 11, &[], length).reads_as("a constant"),
    Operator::new("ConcatFromSequence", 11, &["axis", "new_axis"], concat).reads_as("Concat"),
];

fn split(node: &mut NodeReader<'_, '_>) -> Parsed {
    let x = node.input(0)?;
    let shape = node.type_of(&x).shape;
    let axis = axis(node.int("axis", 0)?, shape.len())?;
    let keep_dims = node.flag("keepdims", true)?;
    let length = shape[axis];
    let stated = node.constant_input(1)?;
    let mut equal = |piece: usize| -> Parsed<Vec<usize>> {
        if piece == 0 {
            return Err(Refusal::input(1, "it asks for pieces of no elements"));
        }
        let count = length.div_ceil(piece);
        node.claim_list_items(count)?;
        Ok((0..count).map(|i| piece.min(length - i * piece)).collect())
    };
    let sizes = match &stated {
        None => equal(1)?,
        Some(tensor) => {
            let values = tensor
                .to_i64()
                .ok_or_else(|| Refusal::input(1, "it does not hold integers"))?;
            let values = lengths("split", &values)?;
            match (tensor.shape(), values.as_slice()) {
                ([], &[piece]) => equal(piece)?,
                _ => {
                    node.claim_list_items(values.len())?;
                    values
                }
            }
        }
    };
    let count = sizes.len();
    let mut pieces = match count {
        1 => vec![x],
        _ => node.apply_many("piece", Op::Split { axis, sizes }, &[x], count)?,
    };
    if stated.is_none() && !keep_dims {
        let mut shape = shape;
        shape.remove(axis);
        for piece in &mut pieces {
            let op = Op::Reshape {
                shape: shape.clone(),
            };
            *piece = node.apply("squeezed", op, std::slice::from_ref(piece))?;
        }
    }
    node.finish_sequence(pieces)
}

fn construct(node: &mut NodeReader<'_, '_>) -> Parsed {
    let items = node.all_inputs()?;
    node.claim_list_items(items.len())?;
    node.finish_sequence(items)
}

fn at(node: &mut NodeReader<'_, '_>) -> Parsed {
    let items = node.sequence(0)?;
    let position = match node.constant_ints(1)?.as_deref() {
        Some(&[position]) => position,
        _ => return Err(Refusal::input(1, "it is not one position")),
    };
    let item = items[axis(position, items.len())?].clone();
    node.finish(Op::Unary(Unary::Identity), &[item])
}

fn length(node: &mut NodeReader<'_, '_>) -> Parsed {
    let count = node.sequence(0)?.len() as i64;
    let count = Tensor::i64_vector(vec![count]).reshaped([]);
    node.finish_constant(count.map_err(|error| Refusal::unsound(error.to_string()))?)
}

fn concat(node: &mut NodeReader<'_, '_>) -> Parsed {
    let mut items = node.sequence(0)?;
    if !node.has_attribute("axis") {
        return Err(Refusal::attribute("axis", "it is missing"));
    }
    let along = node.int("axis", 0)?;
    let stacked = node.flag("new_axis", false)?;
    let rank = |item: &Operand| node.type_of(item).rank();
    let Some(first) = items.first() else {
        return Err(Refusal::unsound("the list is empty"));
    };
    let axis = axis(along, rank(first) + usize::from(stacked))?;
    if stacked {
        for item in &mut items {
            let mut shape = node.type_of(item).shape;
            shape.insert(axis.min(shape.len()), 1);
            *item = node.apply("item", Op::Reshape { shape }, std::slice::from_ref(item))?;
        }
    }
    node.finish(Op::Concat { axis }, &items)
}
