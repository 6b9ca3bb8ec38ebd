//! Attention (opset 23 and 24) as the products and the softmax it stands for.

use super::builder::Operand;
use super::elementwise::as_dtype;
use super::node::{NodeReader, Parsed, Refusal};
use super::operator::Operator;
use super::triangle;
use crate::graph::op::{PadMode, ReduceKind};
use crate::graph::{Binary, DType, Op, TensorType, Unary};

pub(super) const OPERATORS: &[Operator] = &[Operator::new(
    "Attention",
    23,
    &[
        "is_causal",
        "kv_num_heads",
        "q_num_heads",
        "qk_matmul_output_mode",
        "scale",
        "softcap",
        "softmax_precision",
    ],
    attention,
)
.reads_as("MatMul, Softmax, MatMul, without a cache")];

/// `softmax(softcap(Q Kᵀ · scale) + bias) V` for each head.
fn attention(node: &mut NodeReader<'_, '_>) -> Parsed {
    for (index, what) in [
        (4, "a cache of keys"),
        (5, "a cache of values"),
        (6, "padded keys"),
    ] {
        if node.optional_input(index)?.is_some() {
            let reason = format!("{what} is not supported");
            return Err(Refusal::input(index, reason));
        }
    }
    // Softmax is computed in the type of the inputs; 16-bit floats are widened already.
    node.ignore("softmax_precision");
    node.ignore("qk_matmul_output_mode");
    let causal = node.flag("is_causal", false)?;
    let softcap = node.float("softcap", 0.0)?;
    let stated_scale = node.optional_float("scale")?;
    let query = node.input(0)?;
    let q = node.type_of(&query);
    let stated = [node.int("q_num_heads", 0)?, node.int("kv_num_heads", 0)?];
    let [query_heads, key_heads] = heads(node, &q, stated)?;
    let query = by_head(node, "query", 0, query_heads, [0, 2, 1, 3])?;
    let keys = by_head(node, "keys", 1, key_heads, [0, 2, 3, 1])?;
    let values = by_head(node, "values", 2, key_heads, [0, 2, 1, 3])?;
    let keys = repeated(node, "all_keys", keys, query_heads)?;
    let values = repeated(node, "all_values", values, query_heads)?;

    let head_length = node.type_of(&query).shape[3];
    let scale = stated_scale.unwrap_or(1.0 / (head_length.max(1) as f64).sqrt());
    let factor = node.scalar("scale", q.dtype, scale);
    let query = node.apply("scaled", Op::Binary(Binary::Mul), &[query, factor])?;
    let mut scores = node.apply("scores", Op::MatMul, &[query, keys])?;
    if softcap > 0.0 {
        let cap = node.scalar("cap", q.dtype, softcap);
        let part = node.apply("over_cap", Op::Binary(Binary::Div), &[scores, cap.clone()])?;
        let bent = node.apply("bent", Op::Unary(Unary::Tanh), &[part])?;
        scores = node.apply("capped", Op::Binary(Binary::Mul), &[bent, cap])?;
    }
    let weights = match bias(node, &scores, causal)? {
        Some(bias) => masked_softmax(node, scores, bias)?,
        None => node.apply("weights", Op::Softmax { axis: 3 }, &[scores])?,
    };
    if q.rank() == 4 {
        return node.finish(Op::MatMul, &[weights, values]);
    }
    let heads = node.apply("heads", Op::MatMul, &[weights, values])?;
    let per_head = node.type_of(&heads).shape;
    let permutation = vec![0, 2, 1, 3];
    let positions = node.apply("positions", Op::Transpose { permutation }, &[heads])?;
    let shape = vec![per_head[0], per_head[2], per_head[1] * per_head[3]];
    node.finish(Op::Reshape { shape }, &[positions])
}

/// The number of heads of queries, and of keys and values.
fn heads(node: &NodeReader<'_, '_>, query: &TensorType, stated: [i64; 2]) -> Parsed<[usize; 2]> {
    let found = match query.rank() {
        4 => Ok([query.shape[1], *node.shape(1)?.get(1).unwrap_or(&0)]),
        3 => Ok(stated.map(|heads| usize::try_from(heads).unwrap_or(0))),
        _ => Err(Refusal::unsound(format!("queries of type {query}"))),
    }?;
    let [queries, keys] = found;
    if keys == 0 || queries == 0 || !queries.is_multiple_of(keys) {
        let reason = format!("{queries} heads of queries for {keys} of keys");
        return Err(Refusal::attribute("q_num_heads", reason));
    }
    Ok(found)
}

/// An input `[B, heads, S, D]` or `[B, S, heads · D]`; `order` arranges `[B, S, heads, D]`.
fn by_head(
    node: &mut NodeReader<'_, '_>,
    part: &str,
    index: usize,
    heads: usize,
    order: [usize; 4],
) -> Parsed<Operand> {
    let x = node.input(index)?;
    let shape = node.type_of(&x).shape;
    match *shape.as_slice() {
        // Already split: axes 1 and 2 stand the other way round.
        [_, found, _, _] if found == heads => {
            let swap = [0, 2, 1, 3];
            let permutation: Vec<usize> = order.iter().map(|&axis| swap[axis]).collect();
            if permutation == [0, 1, 2, 3] {
                return Ok(x);
            }
            node.apply(part, Op::Transpose { permutation }, &[x])
        }
        [batch, length, width] if width.is_multiple_of(heads) => {
            let shape = vec![batch, length, heads, width / heads];
            let split = node.apply("split", Op::Reshape { shape }, &[x])?;
            let permutation = order.to_vec();
            node.apply(part, Op::Transpose { permutation }, &[split])
        }
        _ => {
            let reason = format!("{shape:?} does not split into {heads} heads");
            Err(Refusal::input(index, reason))
        }
    }
}

/// Each head as often as queries share it.
fn repeated(
    node: &mut NodeReader<'_, '_>,
    part: &str,
    x: Operand,
    query_heads: usize,
) -> Parsed<Operand> {
    let shape = node.type_of(&x).shape;
    let times = query_heads / shape[1].max(1);
    if times == 1 {
        return Ok(x);
    }
    let with = |count: usize| vec![shape[0], shape[1], count, shape[2], shape[3]];
    let single = node.apply("single", Op::Reshape { shape: with(1) }, &[x])?;
    let many = node.apply("many", Op::Expand { shape: with(times) }, &[single])?;
    let shape = vec![shape[0], query_heads, shape[2], shape[3]];
    node.apply(part, Op::Reshape { shape }, &[many])
}

/// What is added to the scores: −∞ where a query may not look.
struct Bias {
    values: Operand,
    /// Whether some query might look nowhere at all.
    may_block_a_row: bool,
}

fn bias(node: &mut NodeReader<'_, '_>, scores: &Operand, causal: bool) -> Parsed<Option<Bias>> {
    let scores = node.type_of(scores);
    let (queries, keys) = (scores.shape[2], scores.shape[3]);
    let mask = match node.optional_input(3)? {
        Some(mask) => Some(mask_as_bias(node, mask, scores.dtype, keys)?),
        None => None,
    };
    let future = match causal {
        true => {
            let past = triangle::mask(node, queries, keys, 0, false)?;
            Some(open_as_bias(node, "future", past, scores.dtype)?)
        }
        false => None,
    };
    Ok(match (mask, future) {
        (None, None) => None,
        // Every query may look at the first key.
        (None, Some(values)) => Some(Bias {
            values,
            may_block_a_row: false,
        }),
        (Some(values), None) => Some(Bias {
            may_block_a_row: may_block_a_row(&values),
            values,
        }),
        (Some(mask), Some(future)) => {
            let values = node.apply("bias", Op::Binary(Binary::Add), &[mask, future])?;
            Some(Bias {
                may_block_a_row: may_block_a_row(&values),
                values,
            })
        }
    })
}

/// 0 where a mask is true, −∞ where it is not.
fn open_as_bias(
    node: &mut NodeReader<'_, '_>,
    part: &str,
    mask: Operand,
    dtype: DType,
) -> Parsed<Operand> {
    let open = node.scalar("open", dtype, 0.0);
    let blocked = node.scalar("blocked", dtype, f64::NEG_INFINITY);
    node.apply(part, Op::Where, &[mask, open, blocked])
}

/// A mask of truth values (true: may look) or of floats, as long as the keys.
fn mask_as_bias(
    node: &mut NodeReader<'_, '_>,
    mask: Operand,
    dtype: DType,
    keys: usize,
) -> Parsed<Operand> {
    let mask = match node.type_of(&mask).dtype {
        DType::Bool => open_as_bias(node, "mask", mask, dtype)?,
        _ => as_dtype(node, "mask", mask, dtype)?,
    };
    let shape = node.type_of(&mask).shape;
    match shape.last() {
        // Keys beyond a short mask are out of sight.
        Some(&length) if length < keys && length > 1 => {
            let mut after = vec![0; shape.len()];
            after[shape.len() - 1] = (keys - length) as i64;
            let op = Op::Pad {
                mode: PadMode::Constant,
                before: vec![0; shape.len()],
                after,
                value: f64::NEG_INFINITY,
            };
            node.apply("padded_mask", op, &[mask])
        }
        _ => Ok(mask),
    }
}

/// The softmax of scores plus bias; a query that may look nowhere has weights of zero.
fn masked_softmax(node: &mut NodeReader<'_, '_>, scores: Operand, bias: Bias) -> Parsed<Operand> {
    let softmax = Op::Softmax { axis: 3 };
    let add = Op::Binary(Binary::Add);
    let Bias {
        values: bias,
        may_block_a_row,
    } = bias;
    if !may_block_a_row {
        let biased = node.apply("biased", add, &[scores, bias])?;
        return node.apply("weights", softmax, &[biased]);
    }
    let TensorType { dtype, shape } = node.type_of(&bias);
    let reduction = Op::Reduce {
        kind: ReduceKind::Max,
        axes: vec![shape.len() - 1],
        keep_dims: true,
    };
    let zero = node.scalar("zero", dtype, 0.0);
    let infinite = node.scalar("infinite", dtype, f64::NEG_INFINITY);
    let highest = node.apply("highest", reduction, std::slice::from_ref(&bias))?;
    let blocked = node.apply("nowhere", Op::Binary(Binary::Equal), &[highest, infinite])?;
    let bias = node.apply(
        "safe_bias",
        Op::Where,
        &[blocked.clone(), zero.clone(), bias],
    )?;
    let biased = node.apply("biased", add, &[scores, bias])?;
    let weights = node.apply("weights", softmax, &[biased])?;
    node.apply("weights", Op::Where, &[blocked, zero, weights])
}

/// Whether some row of a bias could be −∞ throughout.
fn may_block_a_row(bias: &Operand) -> bool {
    let Operand::Constant(_, tensor) = bias else {
        return true;
    };
    match tensor.shape().last() {
        Some(&keys) if keys > 0 => {
            let values = tensor.to_f64();
            let blocked = |row: &[f64]| row.iter().all(|&value| value == f64::NEG_INFINITY);
            values.chunks(keys).any(blocked)
        }
        _ => true,
    }
}
