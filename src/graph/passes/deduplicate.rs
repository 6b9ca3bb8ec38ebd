//! Computing once what is computed twice.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use super::rebuild;
use crate::graph::{Data, Graph, Tensor, ValueId};

/// Merges nodes of the same operator on the same inputs, and constants of the same elements. Two
/// reverse sweeps over one graph share their masks this way. Nodes that make a graph output keep
/// their names and stay.
pub fn deduplicate(graph: &Graph) -> Graph {
    let mut same = representatives(graph);
    let mut seen: HashMap<String, Vec<ValueId>> = HashMap::new();
    rebuild(graph, |copier, _, node| {
        let inputs: Vec<ValueId> = node.inputs.iter().map(|id| same[id.index()]).collect();
        let is_output = node.outputs.iter().any(|id| graph.outputs().contains(id));
        let key = format!("{:?} {inputs:?} {}", node.op, node.outputs.len());
        if !is_output && let Some(twins) = seen.get(&key) {
            for (id, &twin) in node.outputs.iter().zip(twins) {
                same[id.index()] = twin;
                if let Some(to) = copier.get(twin) {
                    copier.bind(*id, to);
                }
            }
            return Ok(());
        }
        for (&id, &twin) in node.inputs.iter().zip(&inputs) {
            if copier.get(id).is_none() {
                let to = copier.value(twin)?;
                copier.bind(id, to);
            }
        }
        seen.entry(key).or_insert_with(|| node.outputs.clone());
        copier.node(node)
    })
}

/// For each value, the first constant with the same elements, or the value itself.
fn representatives(graph: &Graph) -> Vec<ValueId> {
    let mut by_hash: HashMap<u64, Vec<ValueId>> = HashMap::new();
    graph
        .values()
        .map(|(id, _)| {
            let Some(tensor) = graph.constant(id) else {
                return id;
            };
            let alike = by_hash.entry(hash(tensor)).or_default();
            // Compared bit for bit through the hash of the bits and, against collisions, by value;
            // a tensor with NaN equals nothing and stays.
            match alike
                .iter()
                .find(|&&other| graph.constant(other) == Some(tensor))
            {
                Some(&other) => other,
                None => {
                    alike.push(id);
                    id
                }
            }
        })
        .collect()
}

fn hash(tensor: &Tensor) -> u64 {
    let mut hasher = DefaultHasher::new();
    tensor.tensor_type().hash(&mut hasher);
    match tensor.data() {
        Data::F32(values) => values.iter().for_each(|v| v.to_bits().hash(&mut hasher)),
        Data::F64(values) => values.iter().for_each(|v| v.to_bits().hash(&mut hasher)),
        Data::I64(values) => values.hash(&mut hasher),
        Data::I32(values) => values.hash(&mut hasher),
        Data::U8(values) => values.hash(&mut hasher),
        Data::Bool(values) => values.hash(&mut hasher),
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::graph::{Binary, DType, Op, TensorType, Unary, interpret};

    #[test]
    fn twins_are_computed_once_and_outputs_keep_their_names() {
        let mut graph = Graph::new();
        let x = graph
            .add_input("x", TensorType::new(DType::F32, [2]))
            .unwrap();
        let mut branch = |name: &str| {
            let zero = graph.add_constant(&format!("{name}/zero"), Tensor::scalar(DType::F32, 0.5));
            let sum = graph
                .add(&format!("{name}/sum"), Op::Binary(Binary::Add), &[x, zero])
                .unwrap();
            let exp = graph
                .add(&format!("{name}/exp"), Op::Unary(Unary::Exp), &[sum])
                .unwrap();
            graph.add_output(exp);
        };
        branch("a");
        branch("b");
        let merged = deduplicate(&graph);
        assert_eq!(merged.nodes().len(), 3);
        let names: Vec<&str> = merged.outputs().iter().map(|&id| merged.name(id)).collect();
        assert_eq!(names, ["a/exp", "b/exp"]);
        let input = Tensor::f32([2], vec![1.0, -1.0]).unwrap();
        assert_eq!(
            interpret::run(&merged, std::slice::from_ref(&input)).unwrap(),
            interpret::run(&graph, std::slice::from_ref(&input)).unwrap()
        );
    }

    #[test]
    fn zeros_of_opposite_sign_are_not_twins() {
        let mut graph = Graph::new();
        let x = graph
            .add_input("x", TensorType::new(DType::F32, []))
            .unwrap();
        for (name, value) in [("plus", 0.0), ("minus", -0.0)] {
            let zero = graph.add_constant(name, Tensor::scalar(DType::F32, value));
            let y = graph
                .add(&format!("{name}/y"), Op::Binary(Binary::Div), &[x, zero])
                .unwrap();
            graph.add_output(y);
        }
        let merged = deduplicate(&graph);
        let one = Tensor::scalar(DType::F32, 1.0);
        assert_eq!(
            interpret::run(&merged, std::slice::from_ref(&one)).unwrap(),
            interpret::run(&graph, std::slice::from_ref(&one)).unwrap()
        );
    }
}
