//! Cuts a differentiated graph into a forward and a backward one, with little to keep in between.
//!
//! What depends on a cotangent belongs to the backward graph, the rest to the forward graph. Of the
//! forward values that the backward graph reads, as few bytes as possible cross: an elementwise or
//! layout node is computed again in the backward graph where its inputs are smaller than its output
//! or cross anyway. So a `Relu` mask crosses as truth values, one byte each, and is cast to floats
//! behind the cut. Constants are copied.

use crate::graph::copy::Copier;
use crate::graph::op::Op;
use crate::graph::{Graph, GraphError, Node, Source, Unary, ValueId};

/// A differentiated graph in two parts.
#[derive(Debug, Clone, PartialEq)]
pub struct Split {
    /// Inputs: those of the whole graph that are no cotangents. Outputs: those of the whole graph
    /// that do not depend on a cotangent, in their order, then the saved values not among them.
    pub forward: Graph,
    /// Inputs: the saved values in their order, then the cotangents that the outputs depend on.
    /// Outputs: those asked for.
    pub backward: Graph,
    /// Names of the values that cross: outputs of `forward` and inputs of `backward`. An input of
    /// the whole graph crosses under a name of its own, `NAME/saved`.
    pub saved: Vec<String>,
}

/// Splits a graph that [`super::vector_jacobian_product`] has extended.
///
/// `cotangents` are inputs of the graph: what depends on them is the backward part.
#[expect(
    clippy::expect_used,
    reason = "what a graph holds already, under its own names, fits a new graph too"
)]
pub fn split(graph: &Graph, cotangents: &[ValueId], backward_outputs: &[ValueId]) -> Split {
    parts(graph, cotangents, backward_outputs)
        .expect("parts of a well-formed graph are well-formed")
}

fn parts(
    graph: &Graph,
    cotangents: &[ValueId],
    backward_outputs: &[ValueId],
) -> Result<Split, GraphError> {
    let plan = Plan::of(graph, cotangents, backward_outputs);
    let (cotangents, inputs): (Vec<ValueId>, Vec<ValueId>) = graph
        .inputs()
        .iter()
        .partition(|id| plan.backward[id.index()]);
    let named = |id: ValueId| (id, graph.name(id).to_owned());
    let saved: Vec<(ValueId, String)> = plan
        .saved
        .iter()
        .map(|&id| match graph.value(id).source {
            Source::Input => (id, graph.free_name(&format!("{}/saved", graph.name(id)))),
            _ => named(id),
        })
        .collect();

    let kept: Vec<ValueId> = kept_outputs(graph, &plan.backward, backward_outputs).collect();
    let needed: Vec<ValueId> = kept.iter().chain(&plan.saved).copied().collect();
    let mut forward = part(graph, inputs.into_iter().map(named), &needed)?;
    for id in kept {
        let output = forward.value(id)?;
        forward.target_mut().add_output(output);
    }
    for (id, name) in &saved {
        let mut output = forward.value(*id)?;
        if let Source::Input = graph.value(*id).source {
            let op = Op::Unary(Unary::Identity);
            output = forward.target_mut().add(name, op, &[output])?;
        }
        forward.target_mut().add_output(output);
    }

    let inputs = saved.iter().cloned();
    let needed = needed_for(graph, backward_outputs, |id| plan.backward[id.index()]);
    let cotangents = cotangents.into_iter().filter(|id| needed[id.index()]);
    let inputs = inputs.chain(cotangents.map(named));
    let mut backward = part(graph, inputs, backward_outputs)?;
    for &id in backward_outputs {
        let output = backward.value(id)?;
        backward.target_mut().add_output(output);
    }
    Ok(Split {
        forward: forward.target().clone(),
        backward: backward.target().clone(),
        saved: saved.into_iter().map(|(_, name)| name).collect(),
    })
}

/// A graph with these inputs and the nodes that lead from them to `outputs`.
fn part<'a>(
    graph: &'a Graph,
    inputs: impl Iterator<Item = (ValueId, String)>,
    outputs: &[ValueId],
) -> Result<Copier<'a>, GraphError> {
    let mut copier = Copier::new(graph);
    for (id, name) in inputs {
        let tensor_type = graph.tensor_type(id).clone();
        let input = copier.target_mut().add_input(&name, tensor_type)?;
        copier.bind(id, input);
    }
    let needed = needed_for(graph, outputs, |id| copier.get(id).is_none());
    for node in graph.nodes() {
        let missing = |&id: &ValueId| needed[id.index()] && copier.get(id).is_none();
        if node.outputs.iter().any(missing) {
            copier.node(node)?;
        }
    }
    Ok(copier)
}

/// Which values lie on which side, and which cross.
struct Plan {
    /// Whether a value depends on a cotangent.
    backward: Vec<bool>,
    /// The values that cross, in graph order.
    saved: Vec<ValueId>,
}

impl Plan {
    fn of(graph: &Graph, cotangents: &[ValueId], backward_outputs: &[ValueId]) -> Self {
        let mut backward = vec![false; graph.values().count()];
        for cotangent in cotangents {
            backward[cotangent.index()] = true;
        }
        for node in graph.nodes() {
            if node.inputs.iter().any(|id| backward[id.index()]) {
                for output in &node.outputs {
                    backward[output.index()] = true;
                }
            }
        }
        let read = read_by_backward(graph, &backward, backward_outputs);
        let kept: Vec<ValueId> = kept_outputs(graph, &backward, backward_outputs).collect();
        let cut = Cut {
            graph,
            forward: needed_for(graph, &kept, |_| true),
        };
        let saved = cut.without_redundant(cut.cheapest(&read));
        Plan { backward, saved }
    }
}

/// The outputs of the forward graph.
fn kept_outputs<'a>(
    graph: &'a Graph,
    backward: &'a [bool],
    backward_outputs: &'a [ValueId],
) -> impl Iterator<Item = ValueId> + 'a {
    let outputs = graph.outputs().iter().copied();
    outputs.filter(|id| !backward[id.index()] && !backward_outputs.contains(id))
}

/// The forward values that nodes behind the cut read, or that are asked for as backward outputs.
fn read_by_backward(
    graph: &Graph,
    backward: &[bool],
    backward_outputs: &[ValueId],
) -> Vec<ValueId> {
    let needed = needed_for(graph, backward_outputs, |id| backward[id.index()]);
    let values = graph.values().map(|(id, _)| id);
    values
        .filter(|id| needed[id.index()] && !backward[id.index()])
        .filter(|&id| graph.constant(id).is_none())
        .collect()
}

/// The values that `outputs` need, followed back through what `passes` lets through.
fn needed_for(graph: &Graph, outputs: &[ValueId], passes: impl Fn(ValueId) -> bool) -> Vec<bool> {
    let mut needed = vec![false; graph.values().count()];
    for id in outputs {
        needed[id.index()] = true;
    }
    for node in graph.nodes().iter().rev() {
        let follow = |&id: &ValueId| needed[id.index()] && passes(id);
        if node.outputs.iter().any(follow) {
            for input in &node.inputs {
                needed[input.index()] = true;
            }
        }
    }
    needed
}

/// Chooses what crosses.
struct Cut<'a> {
    graph: &'a Graph,
    /// Whether the forward graph's own outputs need a value.
    forward: Vec<bool>,
}

impl Cut<'_> {
    /// The node that would compute a value again, if that is worth its while.
    fn recomputed_by(&self, id: ValueId) -> Option<&Node> {
        let (node, _) = self.graph.producer(id)?;
        let node = self.graph.node(node);
        is_cheap(&node.op).then_some(node)
    }

    /// For each value read, itself or the smaller values that it can be computed from. At equal size
    /// a value crosses that the forward graph computes in any case.
    fn cheapest(&self, read: &[ValueId]) -> Vec<ValueId> {
        let count = self.graph.values().count();
        // Bytes that would have to cross for a value, and whether that means computing it again.
        let mut bytes = vec![0usize; count];
        let mut again = vec![false; count];
        for (id, value) in self.graph.values() {
            if matches!(value.source, Source::Constant(_)) {
                continue;
            }
            let own = value.tensor_type.bytes();
            let through = self.recomputed_by(id).map(|node| {
                let inputs = node.inputs.iter().map(|input| bytes[input.index()]);
                inputs.fold(0usize, usize::saturating_add)
            });
            let limit = own.saturating_sub(usize::from(self.forward[id.index()]));
            bytes[id.index()] = own;
            if let Some(through) = through.filter(|&through| through <= limit) {
                bytes[id.index()] = through;
                again[id.index()] = true;
            }
        }
        let mut wanted = vec![false; count];
        let mut pending = read.to_vec();
        while let Some(id) = pending.pop() {
            if again[id.index()] {
                if let Some(node) = self.recomputed_by(id) {
                    pending.extend(&node.inputs);
                }
            } else if self.graph.constant(id).is_none() {
                wanted[id.index()] = true;
            }
        }
        let values = self.graph.values().map(|(id, _)| id);
        values.filter(|id| wanted[id.index()]).collect()
    }

    /// Drops, largest first, what can be computed from the rest.
    fn without_redundant(&self, saved: Vec<ValueId>) -> Vec<ValueId> {
        let mut crossing = vec![false; self.graph.values().count()];
        for &id in &saved {
            crossing[id.index()] = true;
        }
        let mut largest_first = saved.clone();
        largest_first.sort_by_key(|&id| std::cmp::Reverse(self.graph.tensor_type(id).bytes()));
        for id in largest_first {
            crossing[id.index()] = false;
            crossing[id.index()] = !self.follows(id, &crossing);
        }
        saved
            .into_iter()
            .filter(|id| crossing[id.index()])
            .collect()
    }

    /// Whether cheap nodes compute a value from what crosses.
    fn follows(&self, id: ValueId, crossing: &[bool]) -> bool {
        let mut seen = vec![false; crossing.len()];
        let mut pending = vec![id];
        while let Some(id) = pending.pop() {
            if crossing[id.index()] || self.graph.constant(id).is_some() || seen[id.index()] {
                continue;
            }
            seen[id.index()] = true;
            match self.recomputed_by(id) {
                Some(node) => pending.extend(&node.inputs),
                None => return false,
            }
        }
        true
    }
}

/// Elementwise and layout operators: little more than reading their inputs.
fn is_cheap(op: &Op) -> bool {
    matches!(
        op,
        Op::Unary(_)
            | Op::Binary(_)
            | Op::Cast { .. }
            | Op::Clip { .. }
            | Op::Where
            | Op::BatchNormalization { .. }
            | Op::Reshape { .. }
            | Op::Transpose { .. }
            | Op::Concat { .. }
            | Op::Slice { .. }
            | Op::Expand { .. }
            | Op::Tile { .. }
            | Op::DepthToSpace { .. }
            | Op::SpaceToDepth { .. }
    )
}
