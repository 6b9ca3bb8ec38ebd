//! Joining two graphs into one.

use crate::graph::copy::Copier;
use crate::graph::{Graph, GraphError, ValueId};

/// `second` after `first`. Each pair of `connect` names a value of `first` and the input of
/// `second` that it becomes. A name of `second` that `first` has too becomes `prefix` + name.
///
/// The inputs are those of `first`, then those of `second` that are not connected; the outputs are
/// those of `second`.
///
/// # Errors
/// A name of `connect` is unknown, or the two types differ.
pub fn compose(
    first: &Graph,
    second: &Graph,
    connect: &[(&str, &str)],
    prefix: &str,
) -> Result<Graph, GraphError> {
    let mut copier = Copier::into_graph(second, first.clone());
    for &(from, to) in connect {
        let from_id = first
            .find(from)
            .ok_or_else(|| unknown(first, "value", from, first.outputs()))?;
        let to_id = second
            .find(to)
            .filter(|id| second.inputs().contains(id))
            .ok_or_else(|| unknown(second, "input", to, second.inputs()))?;
        if first.tensor_type(from_id) != second.tensor_type(to_id) {
            return Err(GraphError::Connection {
                from: from.to_owned(),
                from_type: first.tensor_type(from_id).clone(),
                to: to.to_owned(),
                to_type: second.tensor_type(to_id).clone(),
            });
        }
        copier.bind(to_id, from_id);
    }
    for &id in second.inputs() {
        if copier.get(id).is_none() {
            let name = renamed(&copier, second.name(id), prefix);
            let tensor_type = second.tensor_type(id).clone();
            let input = copier.target_mut().add_input(&name, tensor_type)?;
            copier.bind(id, input);
        }
    }
    for node in second.nodes() {
        constants(&mut copier, &node.inputs, prefix);
        let names: Vec<String> = node
            .outputs
            .iter()
            .map(|&id| renamed(&copier, second.name(id), prefix))
            .collect();
        let is_taken = first.nodes().iter().any(|other| other.name == node.name);
        let name = if is_taken {
            format!("{prefix}{}", node.name)
        } else {
            node.name.clone()
        };
        copier.node_named(node, &name, node.op.clone(), &names)?;
    }
    constants(&mut copier, second.outputs(), prefix);
    copier.finish()
}

/// Copies the constants among `ids` that were not copied before.
fn constants(copier: &mut Copier<'_>, ids: &[ValueId], prefix: &str) {
    let second = copier.source();
    for &id in ids {
        if let (None, Some(tensor)) = (copier.get(id), second.constant(id)) {
            let name = renamed(copier, second.name(id), prefix);
            copier.constant(id, &name, tensor.clone());
        }
    }
}

/// The name that a value of the second graph has in the joint one.
fn renamed(copier: &Copier<'_>, name: &str, prefix: &str) -> String {
    if copier.target().find(name).is_none() {
        name.to_owned()
    } else {
        copier.free_name(&format!("{prefix}{name}"))
    }
}

fn unknown(graph: &Graph, kind: &'static str, name: &str, known: &[ValueId]) -> GraphError {
    let known: Vec<&str> = known.iter().map(|&id| graph.name(id)).collect();
    GraphError::UnknownName {
        kind,
        name: name.to_owned(),
        known: known.join(", "),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::graph::{Binary, DType, Op, Tensor, TensorType, Unary, interpret};

    fn vector(length: usize) -> TensorType {
        TensorType::new(DType::F32, [length])
    }

    /// `hidden = x · weight`, `y = exp hidden`.
    fn part(length: usize) -> Graph {
        let mut graph = Graph::new();
        let x = graph.add_input("x", vector(length)).unwrap();
        let weight = graph.add_constant("weight", Tensor::scalar(DType::F32, length as f64));
        let hidden = graph
            .add("hidden", Op::Binary(Binary::Mul), &[x, weight])
            .unwrap();
        let y = graph.add("y", Op::Unary(Unary::Relu), &[hidden]).unwrap();
        graph.add_output(y);
        graph
    }

    #[test]
    fn names_of_the_first_stay_and_clashing_ones_of_the_second_are_prefixed() {
        let joint = compose(&part(2), &part(2), &[("hidden", "x")], "then/").unwrap();
        assert!(joint.find("hidden").is_some());
        assert_eq!(joint.name(joint.outputs()[0]), "then/y");
        assert_eq!(joint.inputs().len(), 1);
        let x = Tensor::f32([2], vec![1.0, -1.0]).unwrap();
        let results = interpret::run(&joint, &[x]).unwrap();
        assert_eq!(results[0].to_f64(), [4.0, 0.0]);
    }

    #[test]
    fn unconnected_inputs_remain() {
        let joint = compose(&part(2), &part(3), &[], "then/").unwrap();
        let names: Vec<&str> = joint.inputs().iter().map(|&id| joint.name(id)).collect();
        assert_eq!(names, ["x", "then/x"]);
    }

    #[test]
    fn unknown_names_and_unlike_types_are_refused() {
        let (two, three) = (part(2), part(3));
        let join = |connect| compose(&two, &three, &[connect], "then/").unwrap_err();
        assert!(
            join(("z", "x"))
                .to_string()
                .contains("no value 'z'; it has y")
        );
        assert!(
            join(("y", "hidden"))
                .to_string()
                .contains("no input 'hidden'")
        );
        assert!(matches!(join(("y", "x")), GraphError::Connection { .. }));
    }
}
