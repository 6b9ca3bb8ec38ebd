//! Rotary position embedding (opset 23).

use super::builder::Operand;
use super::elementwise::as_dtype;
use super::node::{NodeReader, Parsed, Refusal};
use super::operator::Operator;
use crate::graph::op::SliceRange;
use crate::graph::{Binary, DType, Op};

pub(super) const OPERATORS: &[Operator] = &[Operator::new(
    "RotaryEmbedding",
    23,
    &["interleaved", "num_heads", "rotary_embedding_dim"],
    rotary_embedding,
)
.reads_as("Slice, Mul, Add, Concat")];

/// Pairs `(a, b)` of each head turned to `(a cos − b sin, a sin + b cos)`.
fn rotary_embedding(node: &mut NodeReader<'_, '_>) -> Parsed {
    let x = node.input(0)?;
    let whole = node.type_of(&x).shape;
    let interleaved = node.flag("interleaved", false)?;
    let heads = usize::try_from(node.int("num_heads", 0)?).unwrap_or(0);
    let turned = usize::try_from(node.int("rotary_embedding_dim", 0)?).unwrap_or(0);
    // [B, heads, S, D] or [B, S, heads · D]: positions on axis 2 or 1.
    let (x, split, positions_axis) = match whole.as_slice() {
        [_, _, _, _] => (x, whole.clone(), 2),
        &[batch, length, width] if heads > 0 && width.is_multiple_of(heads) => {
            let split = vec![batch, length, heads, width / heads];
            let op = Op::Reshape {
                shape: split.clone(),
            };
            (node.apply("heads", op, &[x])?, split, 1)
        }
        shape => {
            let reason = format!("{shape:?} does not split into {heads} heads");
            return Err(Refusal::attribute("num_heads", reason));
        }
    };
    let turned = if turned == 0 { split[3] } else { turned };
    if turned > split[3] || !turned.is_multiple_of(2) {
        let reason = format!(
            "{turned} of {} elements cannot be turned in pairs",
            split[3]
        );
        return Err(Refusal::attribute("rotary_embedding_dim", reason));
    }
    let half = turned / 2;
    let cosine = angles(node, "cosine", 1, positions_axis, half)?;
    let sine = angles(node, "sine", 2, positions_axis, half)?;
    let mut cut = |part: &str, start: usize, end: usize, step: i64| {
        let range = SliceRange {
            axis: 3,
            start: start as i64,
            end: end as i64,
            step,
        };
        let ranges = vec![range];
        node.apply(part, Op::Slice { ranges }, std::slice::from_ref(&x))
    };
    let (first, second) = match interleaved {
        true => (cut("first", 0, turned, 2)?, cut("second", 1, turned, 2)?),
        false => (cut("first", 0, half, 1)?, cut("second", half, turned, 1)?),
    };
    let rest = match turned == split[3] {
        true => None,
        false => Some(cut("rest", turned, split[3], 1)?),
    };
    let mut product = |part: &str, a: &Operand, b: &Operand| {
        node.apply(part, Op::Binary(Binary::Mul), &[a.clone(), b.clone()])
    };
    let (first_cosine, second_sine) = (
        product("first_cosine", &first, &cosine)?,
        product("second_sine", &second, &sine)?,
    );
    let (first_sine, second_cosine) = (
        product("first_sine", &first, &sine)?,
        product("second_cosine", &second, &cosine)?,
    );
    let subtract = Op::Binary(Binary::Sub);
    let real = node.apply("real", subtract, &[first_cosine, second_sine])?;
    let add = Op::Binary(Binary::Add);
    let imaginary = node.apply("imaginary", add, &[first_sine, second_cosine])?;
    let mut parts = match interleaved {
        true => vec![interleave(node, &split, half, real, imaginary)?],
        false => vec![real, imaginary],
    };
    parts.extend(rest);
    let joined = node.apply("joined", Op::Concat { axis: 3 }, &parts)?;
    node.finish(Op::Reshape { shape: whole }, &[joined])
}

/// A cache `[B, S, half]`, or `[positions, half]` looked up at input 3, beside the axis of heads.
fn angles(
    node: &mut NodeReader<'_, '_>,
    part: &str,
    index: usize,
    positions_axis: usize,
    half: usize,
) -> Parsed<Operand> {
    let mut cache = node.input(index)?;
    if let Some(positions) = node.optional_input(3)? {
        let positions = as_dtype(node, "positions", positions, DType::I64)?;
        cache = node.apply("looked_up", Op::Gather { axis: 0 }, &[cache, positions])?;
    }
    let shape = node.type_of(&cache).shape;
    let &[batch, length, found] = shape.as_slice() else {
        return Err(Refusal::input(index, format!("{shape:?} is not of rank 3")));
    };
    if found != half {
        let reason = format!("{found} angles for {half} pairs");
        return Err(Refusal::input(index, reason));
    }
    let shape = match positions_axis {
        1 => vec![batch, length, 1, half],
        _ => vec![batch, 1, length, half],
    };
    node.apply(part, Op::Reshape { shape }, &[cache])
}

/// `a₀ b₀ a₁ b₁ …` along the last axis.
fn interleave(
    node: &mut NodeReader<'_, '_>,
    split: &[usize],
    half: usize,
    a: Operand,
    b: Operand,
) -> Parsed<Operand> {
    let with = |last: &[usize]| Op::Reshape {
        shape: [&split[..3], last].concat(),
    };
    let a = node.apply("even", with(&[half, 1]), &[a])?;
    let b = node.apply("odd", with(&[half, 1]), &[b])?;
    let pairs = node.apply("pairs", Op::Concat { axis: 4 }, &[a, b])?;
    node.apply("turned", with(&[2 * half]), &[pairs])
}
