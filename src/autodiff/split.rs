//! Cuts a differentiated graph into a forward and a backward one, with little to keep in between.
//!
//! What depends on a cotangent belongs to the backward graph, the rest to the forward graph. Of the
//! forward values that the backward graph reads, as few bytes as possible cross: an elementwise or
//! layout node is computed again in the backward graph where its inputs are smaller than its output
//! or cross anyway. So a `Relu` mask crosses as truth values, one byte each, and is cast to floats
//! behind the cut. Constants are copied.

use crate::graph::op::Op;
use crate::graph::{Graph, GraphError, Node, Source, Unary, ValueId};

use super::cotangent_name;

/// A differentiated graph in two parts.
#[derive(Debug, Clone, PartialEq)]
pub struct Split {
    /// Outputs: those of the whole graph that do not depend on a cotangent, in their order, then
    /// the saved values that are not among them.
    pub forward: Graph,
    /// Inputs: the saved values in their order, then every cotangent. Outputs: those asked for.
    pub backward: Graph,
    /// Names of the values that cross: outputs of `forward` and inputs of `backward`. An input of
    /// the whole graph crosses under a name of its own, `NAME/saved`.
    pub saved: Vec<String>,
}

/// Splits a graph that [`super::vector_jacobian_product`] has extended.
///
/// The cotangents are the inputs named `NAME_bar` for a value `NAME` of the graph of the same type.
///
/// # Errors
/// A name of the form `NAME/saved` is taken.
pub fn split(graph: &Graph, backward_outputs: &[ValueId]) -> Result<Split, GraphError> {
    let plan = Plan::of(graph, backward_outputs);
    let mut forward = Part::new(graph);
    for &input in graph.inputs() {
        if !plan.backward[input.index()] {
            forward.input(input, graph.name(input))?;
        }
    }
    let kept: Vec<ValueId> = graph
        .outputs()
        .iter()
        .copied()
        .filter(|id| !plan.backward[id.index()] && !backward_outputs.contains(id))
        .collect();
    let needed: Vec<ValueId> = kept.iter().chain(&plan.saved).copied().collect();
    forward.copy_needed(&needed)?;
    for &id in &kept {
        forward.output(id);
    }

    let mut backward = Part::new(graph);
    let mut saved = Vec::with_capacity(plan.saved.len());
    for &id in &plan.saved {
        let name = match graph.value(id).source {
            Source::Input => {
                let name = format!("{}/saved", graph.name(id));
                forward.output_as(id, &name)?;
                name
            }
            _ => {
                forward.output(id);
                graph.name(id).to_owned()
            }
        };
        backward.input(id, &name)?;
        saved.push(name);
    }
    for &input in graph.inputs() {
        if plan.backward[input.index()] {
            backward.input(input, graph.name(input))?;
        }
    }
    backward.copy_needed(backward_outputs)?;
    for &id in backward_outputs {
        backward.output(id);
    }
    Ok(Split {
        forward: forward.graph,
        backward: backward.graph,
        saved,
    })
}

/// Which values lie on which side, and which cross.
struct Plan {
    /// Whether a value depends on a cotangent.
    backward: Vec<bool>,
    /// The values that cross, in graph order.
    saved: Vec<ValueId>,
}

impl Plan {
    fn of(graph: &Graph, backward_outputs: &[ValueId]) -> Self {
        let mut backward = vec![false; graph.values().count()];
        for &input in graph.inputs() {
            backward[input.index()] = is_cotangent(graph, input);
        }
        for node in graph.nodes() {
            if node.inputs.iter().any(|id| backward[id.index()]) {
                for output in &node.outputs {
                    backward[output.index()] = true;
                }
            }
        }
        let read = read_by_backward(graph, &backward, backward_outputs);
        let cut = Cut { graph };
        let saved = cut.without_redundant(cut.cheapest(&read));
        Plan { backward, saved }
    }
}

/// Whether a graph input is the cotangent of another value.
fn is_cotangent(graph: &Graph, input: ValueId) -> bool {
    let name = graph.name(input);
    graph
        .values()
        .any(|(_, value)| cotangent_name(&value.name) == name)
}

/// The forward values that nodes behind the cut read, or that are asked for as backward outputs.
fn read_by_backward(
    graph: &Graph,
    backward: &[bool],
    backward_outputs: &[ValueId],
) -> Vec<ValueId> {
    let mut needed = vec![false; backward.len()];
    for &id in backward_outputs {
        needed[id.index()] = true;
    }
    for node in graph.nodes().iter().rev() {
        let behind = |id: &ValueId| needed[id.index()] && backward[id.index()];
        if node.outputs.iter().any(behind) {
            for input in &node.inputs {
                needed[input.index()] = true;
            }
        }
    }
    graph
        .values()
        .map(|(id, _)| id)
        .filter(|id| needed[id.index()] && !backward[id.index()])
        .filter(|&id| graph.constant(id).is_none())
        .collect()
}

/// Chooses what crosses.
struct Cut<'a> {
    graph: &'a Graph,
}

impl Cut<'_> {
    /// The node that would compute a value again, if that is worth its while.
    fn recomputed_by(&self, id: ValueId) -> Option<&Node> {
        let (node, _) = self.graph.producer(id)?;
        let node = self.graph.node(node);
        is_cheap(&node.op).then_some(node)
    }

    /// For each value read, itself or the smaller values that it can be computed from.
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
            bytes[id.index()] = own;
            if let Some(through) = through.filter(|&through| through < own) {
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

/// One of the two graphs while it is put together.
struct Part<'a> {
    whole: &'a Graph,
    graph: Graph,
    map: Vec<Option<ValueId>>,
}

impl<'a> Part<'a> {
    fn new(whole: &'a Graph) -> Self {
        Part {
            whole,
            graph: Graph::new(),
            map: vec![None; whole.values().count()],
        }
    }

    /// Makes a value of the whole graph an input.
    fn input(&mut self, id: ValueId, name: &str) -> Result<(), GraphError> {
        let tensor_type = self.whole.tensor_type(id).clone();
        self.map[id.index()] = Some(self.graph.add_input(name, tensor_type)?);
        Ok(())
    }

    /// Copies the nodes and constants that these values need, back to the inputs.
    fn copy_needed(&mut self, values: &[ValueId]) -> Result<(), GraphError> {
        let mut needed = vec![false; self.map.len()];
        for &id in values {
            needed[id.index()] = true;
        }
        let missing = |map: &[Option<ValueId>], needed: &[bool], id: &ValueId| {
            needed[id.index()] && map[id.index()].is_none()
        };
        let mut copied = Vec::new();
        for node in self.whole.nodes().iter().rev() {
            if node
                .outputs
                .iter()
                .any(|id| missing(&self.map, &needed, id))
            {
                for input in &node.inputs {
                    needed[input.index()] = true;
                }
                copied.push(node);
            }
        }
        for (id, value) in self.whole.values() {
            if let (Source::Constant(tensor), true) = (&value.source, needed[id.index()]) {
                let copy = self.graph.add_constant(&value.name, tensor.clone());
                self.map[id.index()] = Some(copy);
            }
        }
        for node in copied.into_iter().rev() {
            let inputs: Vec<ValueId> = node
                .inputs
                .iter()
                .filter_map(|id| self.map[id.index()])
                .collect();
            let names: Vec<String> = node
                .outputs
                .iter()
                .map(|&id| self.whole.name(id).to_owned())
                .collect();
            let outputs = self
                .graph
                .add_named(&node.name, node.op.clone(), &inputs, &names)?;
            for (&id, output) in node.outputs.iter().zip(outputs) {
                self.map[id.index()] = Some(output);
            }
        }
        Ok(())
    }

    fn output(&mut self, id: ValueId) {
        if let Some(id) = self.map[id.index()] {
            self.graph.add_output(id);
        }
    }

    /// A copy of a value under another name, as an output.
    fn output_as(&mut self, id: ValueId, name: &str) -> Result<(), GraphError> {
        if let Some(id) = self.map[id.index()] {
            let copy = self.graph.add_named(
                name,
                Op::Unary(Unary::Identity),
                &[id],
                &[name.to_owned()],
            )?;
            copy.into_iter().for_each(|id| self.graph.add_output(id));
        }
        Ok(())
    }
}
