//! Dropping what no output needs.

use super::rebuild;
use crate::graph::{Graph, Op, ValueId};

/// Only what the outputs need; all inputs are kept. Max-pooling indices that nobody reads are not
/// computed either: asking for them costs the runtime its fast kernel.
pub fn prune(graph: &Graph) -> Graph {
    let mut needed = vec![false; graph.values().count()];
    for &id in graph.outputs() {
        needed[id.index()] = true;
    }
    for node in graph.nodes().iter().rev() {
        if node.outputs.iter().any(|id| needed[id.index()]) {
            for &id in &node.inputs {
                needed[id.index()] = true;
            }
        }
    }
    rebuild(graph, |copier, _, node| {
        let used = |id: &ValueId| needed[id.index()];
        if !node.outputs.iter().any(used) {
            return Ok(());
        }
        match (&node.op, node.outputs.as_slice()) {
            (Op::MaxPool(_), [maximum, indices]) if !used(indices) => {
                let name = graph.name(*maximum).to_owned();
                copier.node_named(node, &node.name, node.op.clone(), &[name])
            }
            _ => copier.node(node),
        }
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::graph::op::Pool;
    use crate::graph::{DType, TensorType, Unary};

    #[test]
    fn only_what_outputs_need_and_all_inputs_remain() {
        let mut graph = Graph::new();
        let x = graph
            .add_input("x", TensorType::new(DType::F32, [2]))
            .unwrap();
        graph
            .add_input("unused", TensorType::new(DType::F32, [2]))
            .unwrap();
        let y = graph.add("y", Op::Unary(Unary::Exp), &[x]).unwrap();
        graph.add("dead", Op::Unary(Unary::Log), &[y]).unwrap();
        graph.add_output(y);
        let pruned = prune(&graph);
        assert_eq!(pruned.nodes().len(), 1);
        assert!(pruned.find("dead").is_none());
        assert_eq!(pruned.inputs().len(), 2);
        assert_eq!(pruned.name(pruned.outputs()[0]), "y");
    }

    #[test]
    fn indices_that_nobody_reads_are_not_computed() {
        let pool = Pool {
            kernel: vec![2],
            strides: vec![2],
            dilations: vec![1],
            pads_before: vec![0],
            pads_after: vec![0],
            ceil_mode: false,
        };
        let mut graph = Graph::new();
        let x = graph
            .add_input("x", TensorType::new(DType::F32, [1, 1, 4]))
            .unwrap();
        let names = ["maximum".to_owned(), "indices".to_owned()];
        let outputs = graph
            .add_named("pool", Op::MaxPool(pool), &[x], &names)
            .unwrap();
        graph.add_output(outputs[0]);
        assert_eq!(prune(&graph).nodes()[0].outputs.len(), 1);
        graph.add_output(outputs[1]);
        assert_eq!(prune(&graph).nodes()[0].outputs.len(), 2);
    }
}
