//! `If`: the branch that a constant condition takes, in its place.

use super::super::error::UnsupportedNode;
use super::super::flatten::{Branch, FlatNode, node_name};
use super::builder::{Builder, Operand};
use super::node::{Parsed, Refusal};
use super::read_node;
use crate::graph::{Op, Unary};

/// Reads the nodes of the branch taken. Nodes of the other one may make no sense at these shapes
/// and are never looked at.
pub(super) fn read(
    builder: &mut Builder<'_>,
    node: &FlatNode,
    [then_branch, else_branch]: &[Branch; 2],
    unsupported: &mut Vec<UnsupportedNode>,
) -> Parsed {
    let condition = node.proto.input.first().map_or("", String::as_str);
    if builder.is_missing(condition) {
        return Ok(());
    }
    let taken = match builder.operand(condition) {
        Ok(Operand::Constant(_, tensor)) => match tensor.to_f64().as_slice() {
            [truth] if *truth != 0.0 => then_branch,
            [_] => else_branch,
            _ => return Err(Refusal::unsound("its condition is not one truth value")),
        },
        Ok(Operand::Value(_)) => {
            return Err(Refusal::new(
                "its condition depends on the input, so no graph knows which branch runs",
                "export the model with that choice made (traced, or with the argument that \
                 decides it held constant), or ask for a tensor before it",
            ));
        }
        Err(reason) => return Err(Refusal::input(0, reason)),
    };
    if taken.outputs.len() < node.proto.output.len() {
        return Err(Refusal::unsound("the branch taken lacks an output"));
    }
    for inner in &taken.nodes {
        read_node(builder, inner, unsupported);
    }
    for (output, inner) in node.proto.output.iter().zip(&taken.outputs) {
        if output.is_empty() || builder.is_missing(inner) {
            continue;
        }
        if let Some(items) = builder.sequence(inner).map(<[Operand]>::to_vec) {
            builder
                .claim_list_items(items.len())
                .map_err(Refusal::unsound)?;
            builder.bind_sequence(output, items);
            continue;
        }
        let inner = builder.operand(inner).map_err(Refusal::unsound)?;
        let results = builder
            .apply(
                node_name(&node.proto),
                Op::Unary(Unary::Identity),
                &[inner],
                std::slice::from_ref(output),
            )
            .map_err(Refusal::unsound)?;
        for result in results {
            builder.bind(output, result);
        }
    }
    Ok(())
}
