//! Copying the values and nodes of one graph into another, which is how every pass changes a graph.

use super::{Graph, GraphError, Node, Op, Source, Tensor, ValueId};

/// Copies parts of a source graph into a target graph and remembers which value became which.
///
/// Names stay as they are. Constants are copied when a node or an output first needs them, so one
/// that nothing needs any more is left behind.
#[derive(Debug)]
pub struct Copier<'a> {
    source: &'a Graph,
    target: Graph,
    map: Vec<Option<ValueId>>,
}

impl<'a> Copier<'a> {
    /// Copies into an empty graph.
    pub fn new(source: &'a Graph) -> Self {
        Copier::into_graph(source, Graph::new())
    }

    /// Copies into a graph that has values of its own.
    pub fn into_graph(source: &'a Graph, target: Graph) -> Self {
        Copier {
            source,
            target,
            map: vec![None; source.values().count()],
        }
    }

    /// The graph copied from.
    pub fn source(&self) -> &'a Graph {
        self.source
    }

    /// The graph built so far.
    pub fn target(&self) -> &Graph {
        &self.target
    }

    /// The graph built so far, to add nodes of its own. New names come from
    /// [`Copier::free_name`], or they may take that of a value still to be copied.
    pub fn target_mut(&mut self) -> &mut Graph {
        &mut self.target
    }

    /// Lets a value of the target stand for a value of the source.
    pub fn bind(&mut self, from: ValueId, to: ValueId) {
        self.map[from.index()] = Some(to);
    }

    /// What a value of the source became, if it is there yet.
    pub fn get(&self, from: ValueId) -> Option<ValueId> {
        self.map[from.index()]
    }

    /// What a value of the source became. A constant is copied now, if it was not before.
    ///
    /// # Errors
    /// It is an input or a node's output that was not copied.
    pub fn value(&mut self, from: ValueId) -> Result<ValueId, GraphError> {
        if let Some(to) = self.get(from) {
            return Ok(to);
        }
        let value = self.source.value(from);
        match &value.source {
            Source::Constant(tensor) => Ok(self.constant(from, &value.name, tensor.clone())),
            Source::Input | Source::Node(..) => Err(GraphError::UnknownName {
                kind: "copied value",
                name: value.name.clone(),
                known: "only what was copied before it".to_owned(),
            }),
        }
    }

    /// Copies every input, in order.
    ///
    /// # Errors
    /// A name is taken in the target.
    pub fn inputs(&mut self) -> Result<(), GraphError> {
        for &id in self.source.inputs() {
            let value = self.source.value(id);
            let to = self
                .target
                .add_input(&value.name, value.tensor_type.clone())?;
            self.bind(id, to);
        }
        Ok(())
    }

    /// Lets a new constant stand for a value of the source; `name` is a wish.
    pub fn constant(&mut self, from: ValueId, name: &str, tensor: Tensor) -> ValueId {
        let to = self.target.add_constant(name, tensor);
        self.bind(from, to);
        to
    }

    /// Copies a node with its operator, names and inputs.
    ///
    /// # Errors
    /// An input was not copied, or a name is taken in the target.
    pub fn node(&mut self, node: &Node) -> Result<(), GraphError> {
        self.node_as(node, node.op.clone())
    }

    /// Copies a node under another operator, its names and inputs as they are.
    ///
    /// # Errors
    /// As [`Copier::node`], or the inputs do not fit the operator.
    pub fn node_as(&mut self, node: &Node, op: Op) -> Result<(), GraphError> {
        let names: Vec<String> = node
            .outputs
            .iter()
            .map(|&id| self.source.name(id).to_owned())
            .collect();
        self.node_named(node, &node.name, op, &names)
    }

    /// Copies a node under another operator and other names. Fewer names leave the last outputs
    /// off.
    ///
    /// # Errors
    /// As [`Copier::node_as`].
    pub fn node_named(
        &mut self,
        node: &Node,
        name: &str,
        op: Op,
        output_names: &[String],
    ) -> Result<(), GraphError> {
        let inputs: Result<Vec<ValueId>, GraphError> =
            node.inputs.iter().map(|&id| self.value(id)).collect();
        let outputs = self.target.add_named(name, op, &inputs?, output_names)?;
        for (&from, to) in node.outputs.iter().zip(outputs) {
            self.bind(from, to);
        }
        Ok(())
    }

    /// A name that neither graph uses, so that no value still to be copied clashes with it.
    pub fn free_name(&self, wish: &str) -> String {
        let mut name = self.target.free_name(wish);
        let mut number = 1usize;
        while self.source.find(&name).is_some() || self.target.find(&name).is_some() {
            name = format!("{wish}~{number}");
            number += 1;
        }
        name
    }

    /// The target, its outputs those of the source.
    ///
    /// # Errors
    /// An output was not copied.
    pub fn finish(mut self) -> Result<Graph, GraphError> {
        let outputs: Result<Vec<ValueId>, GraphError> = self
            .source
            .outputs()
            .iter()
            .map(|&id| self.value(id))
            .collect();
        self.target.set_outputs(outputs?);
        Ok(self.target)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::graph::{Binary, DType, TensorType, Unary};

    #[test]
    fn a_copy_is_the_same_graph_without_unused_constants() {
        let mut graph = Graph::new();
        let x = graph
            .add_input("x", TensorType::new(DType::F32, [2]))
            .unwrap();
        let one = graph.add_constant("one", Tensor::scalar(DType::F32, 1.0));
        graph.add_constant("unused", Tensor::scalar(DType::F32, 2.0));
        let sum = graph
            .add("sum", Op::Binary(Binary::Add), &[x, one])
            .unwrap();
        graph.add_output(sum);

        let mut copier = Copier::new(&graph);
        copier.inputs().unwrap();
        for node in graph.nodes() {
            copier.node(node).unwrap();
        }
        let copy = copier.finish().unwrap();
        assert_eq!(copy.to_string(), graph.to_string());
        assert!(copy.find("unused").is_none());
        assert_eq!(copy.name(copy.outputs()[0]), "sum");
    }

    #[test]
    fn a_free_name_is_free_in_both_graphs() {
        let mut graph = Graph::new();
        graph
            .add_input("a", TensorType::new(DType::F32, []))
            .unwrap();
        let mut copier = Copier::new(&graph);
        copier
            .target_mut()
            .add_constant("a~1", Tensor::scalar(DType::F32, 0.0));
        assert_eq!(copier.free_name("a"), "a~2");
        assert_eq!(copier.free_name("b"), "b");
    }

    #[test]
    fn what_was_not_copied_cannot_be_used() {
        let mut graph = Graph::new();
        let x = graph
            .add_input("x", TensorType::new(DType::F32, []))
            .unwrap();
        let y = graph.add("y", Op::Unary(Unary::Exp), &[x]).unwrap();
        graph.add_output(y);
        let mut copier = Copier::new(&graph);
        assert!(copier.node(&graph.nodes()[0]).is_err());
        assert!(copier.finish().is_err());
    }
}
