//! Reductions over axes and running sums.

use super::node::{NodeReader, Parsed, Refusal, axes, axis};
use super::operator::Operator;
use crate::graph::op::ReduceKind;
use crate::graph::{Op, Unary};

pub(super) const OPERATORS: &[Operator] = &[
    Operator::new(
        "ReduceSum",
        1,
        &["axes", "keepdims", "noop_with_empty_axes"],
        reduce,
    ),
    Operator::new(
        "ReduceMean",
        1,
        &["axes", "keepdims", "noop_with_empty_axes"],
        reduce,
    ),
    Operator::new(
        "ReduceMax",
        1,
        &["axes", "keepdims", "noop_with_empty_axes"],
        reduce,
    ),
    Operator::new(
        "ReduceMin",
        1,
        &["axes", "keepdims", "noop_with_empty_axes"],
        reduce,
    ),
    Operator::new(
        "ReduceProd",
        1,
        &["axes", "keepdims", "noop_with_empty_axes"],
        reduce,
    ),
    Operator::new(
        "ReduceL1",
        1,
        &["axes", "keepdims", "noop_with_empty_axes"],
        reduce,
    ),
    Operator::new(
        "ReduceL2",
        1,
        &["axes", "keepdims", "noop_with_empty_axes"],
        reduce,
    ),
    Operator::new(
        "ReduceSumSquare",
        1,
        &["axes", "keepdims", "noop_with_empty_axes"],
        reduce,
    ),
    Operator::new(
        "ReduceLogSumExp",
        1,
        &["axes", "keepdims", "noop_with_empty_axes"],
        reduce,
    ),
    Operator::new(
        "ReduceLogSum",
        1,
        &["axes", "keepdims", "noop_with_empty_axes"],
        log_sum,
    )
    .reads_as("ReduceSum, Log"),
    Operator::new("CumSum", 11, &["exclusive", "reverse"], running_sum),
];

fn kind(op_type: &str) -> Option<ReduceKind> {
    Some(match op_type {
        "ReduceSum" | "ReduceLogSum" => ReduceKind::Sum,
        "ReduceMean" => ReduceKind::Mean,
        "ReduceMax" => ReduceKind::Max,
        "ReduceMin" => ReduceKind::Min,
        "ReduceProd" => ReduceKind::Prod,
        "ReduceL1" => ReduceKind::L1,
        "ReduceL2" => ReduceKind::L2,
        "ReduceSumSquare" => ReduceKind::SumSquare,
        "ReduceLogSumExp" => ReduceKind::LogSumExp,
        _ => return None,
    })
}

/// The reduction, or `None` where nothing is to be reduced.
fn reduction(node: &mut NodeReader<'_, '_>) -> Parsed<Option<Op>> {
    let Some(kind) = kind(node.op_type()) else {
        return Err(Refusal::unsound("not a reduction"));
    };
    let rank = node.shape(0)?.len();
    // Axes became an input for sums in opset 13 and for the others in 18.
    let since = if node.op_type() == "ReduceSum" {
        13
    } else {
        18
    };
    let stated = node.ints_attribute_or_input("axes", 1, since)?;
    let keep_dims = node.flag("keepdims", true)?;
    let nothing_if_empty = node.flag("noop_with_empty_axes", false)?;
    let stated = stated.filter(|axes| !axes.is_empty());
    if stated.is_none() && nothing_if_empty {
        return Ok(None);
    }
    let axes = match stated {
        Some(values) => axes(&values, rank)?,
        None => (0..rank).collect(),
    };
    if axes.is_empty() {
        return Ok(None);
    }
    Ok(Some(Op::Reduce {
        kind,
        axes,
        keep_dims,
    }))
}

fn reduce(node: &mut NodeReader<'_, '_>) -> Parsed {
    let x = node.input(0)?;
    match reduction(node)? {
        Some(op) => node.finish(op, &[x]),
        // Of one element each, these reductions are still functions.
        None => match kind(node.op_type()) {
            Some(ReduceKind::L1 | ReduceKind::L2) => node.finish(Op::Unary(Unary::Abs), &[x]),
            Some(ReduceKind::SumSquare) => {
                node.finish(Op::Binary(crate::graph::Binary::Mul), &[x.clone(), x])
            }
            _ => node.finish(Op::Unary(Unary::Identity), &[x]),
        },
    }
}

fn log_sum(node: &mut NodeReader<'_, '_>) -> Parsed {
    let mut sum = node.input(0)?;
    if let Some(op) = reduction(node)? {
        sum = node.apply("sum", op, &[sum])?;
    }
    node.finish(Op::Unary(Unary::Log), &[sum])
}

fn running_sum(node: &mut NodeReader<'_, '_>) -> Parsed {
    let x = node.input(0)?;
    let rank = node.type_of(&x).rank();
    let along = match node.constant_ints(1)?.as_deref() {
        Some([value]) => axis(*value, rank)?,
        _ => return Err(Refusal::input(1, "it is not one axis")),
    };
    let op = Op::CumSum {
        axis: along,
        exclusive: node.flag("exclusive", false)?,
        reverse: node.flag("reverse", false)?,
    };
    node.finish(op, &[x])
}
