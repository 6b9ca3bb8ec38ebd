//! Reads a unit's activation, one scalar for each sample, off a tensor of the classifier.

use super::glue::constant;
use crate::graph::op::{ReduceKind, SliceRange};
use crate::graph::{Graph, GraphError, Op, ValueId};
use crate::query::{Read, Unit};

/// Adds the ops that read `unit` off its tensor (`tensor`, first axis the batch) and returns a
/// value of shape `[B, 1]`.
pub(super) fn read_unit(
    graph: &mut Graph,
    name: &str,
    tensor: ValueId,
    unit: &Unit,
) -> Result<ValueId, GraphError> {
    match &unit.read {
        Read::Element(channel) => take(graph, name, tensor, &[(1, *channel)]),
        Read::Probability(channel) => {
            let axis = graph.shape(tensor).len() - 1;
            let probabilities =
                graph.add(&format!("{name}/softmax"), Op::Softmax { axis }, &[tensor])?;
            take(graph, name, probabilities, &[(axis, *channel)])
        }
        Read::Position(channel, row, column) => take(
            graph,
            name,
            tensor,
            &[(1, *channel), (2, *row), (3, *column)],
        ),
        Read::Mean(channel) => {
            let map = take_channel(graph, name, tensor, *channel)?;
            reduce(graph, name, map, ReduceKind::Mean)
        }
        Read::Max(channel) => {
            let map = take_channel(graph, name, tensor, *channel)?;
            reduce(graph, name, map, ReduceKind::Max)
        }
        Read::Direction(direction) => {
            let features = channel_means(graph, name, tensor)?;
            let direction = constant(
                graph,
                &format!("{name}/direction"),
                &[direction.len(), 1],
                direction.clone(),
            )?;
            graph.add(name, Op::MatMul, &[features, direction])
        }
    }
}

/// The axis of a tensor that holds channels: 1, but the last of a sequence `[B, T, C]`.
fn channel_axis(rank: usize) -> usize {
    if rank == 3 { 2 } else { 1 }
}

fn take_channel(
    graph: &mut Graph,
    name: &str,
    tensor: ValueId,
    channel: usize,
) -> Result<ValueId, GraphError> {
    let axis = channel_axis(graph.shape(tensor).len());
    slice(
        graph,
        &format!("{name}/channel"),
        tensor,
        &[(axis, channel)],
    )
}

/// One element of some axes, as a `[B, 1]` value.
fn take(
    graph: &mut Graph,
    name: &str,
    tensor: ValueId,
    positions: &[(usize, usize)],
) -> Result<ValueId, GraphError> {
    if graph.shape(tensor).len() == 2 {
        return slice(graph, name, tensor, positions);
    }
    let element = slice(graph, &format!("{name}/element"), tensor, positions)?;
    let batch = graph.shape(element)[0];
    graph.add(
        name,
        Op::Reshape {
            shape: vec![batch, 1],
        },
        &[element],
    )
}

fn slice(
    graph: &mut Graph,
    name: &str,
    tensor: ValueId,
    positions: &[(usize, usize)],
) -> Result<ValueId, GraphError> {
    let ranges = positions
        .iter()
        .map(|&(axis, index)| SliceRange {
            axis,
            start: index as i64,
            end: index as i64 + 1,
            step: 1,
        })
        .collect();
    graph.add(name, Op::Slice { ranges }, &[tensor])
}

/// Reduces every axis but the batch, giving `[B, 1]`.
fn reduce(
    graph: &mut Graph,
    name: &str,
    map: ValueId,
    kind: ReduceKind,
) -> Result<ValueId, GraphError> {
    let shape = graph.shape(map).to_vec();
    let flat = graph.add(
        &format!("{name}/flat"),
        Op::Reshape {
            shape: vec![shape[0], shape[1..].iter().product()],
        },
        &[map],
    )?;
    graph.add(
        name,
        Op::Reduce {
            kind,
            axes: vec![1],
            keep_dims: true,
        },
        &[flat],
    )
}

/// `[B, C]`: the tensor itself at rank 2, else its channel means.
pub(super) fn channel_means(
    graph: &mut Graph,
    name: &str,
    tensor: ValueId,
) -> Result<ValueId, GraphError> {
    let rank = graph.shape(tensor).len();
    if rank == 2 {
        return Ok(tensor);
    }
    let channel = channel_axis(rank);
    graph.add(
        &format!("{name}/means"),
        Op::Reduce {
            kind: ReduceKind::Mean,
            axes: (1..rank).filter(|&axis| axis != channel).collect(),
            keep_dims: false,
        },
        &[tensor],
    )
}
