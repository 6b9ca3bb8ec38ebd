//! The typed operator graph that everything else works on: concrete shapes, one spelling per op.
//!
//! A [`Graph`] only grows: [`Graph::add`] infers the types of a new node's outputs at once, so a
//! graph that exists is well-formed and its nodes are in topological order. Passes that change a
//! graph build another one from it. This layer knows nothing of ONNX, protobuf or a runtime.

pub mod copy;
pub mod interpret;
pub mod op;
pub mod passes;
pub mod shape;
pub mod tensor;

use std::collections::HashMap;
use std::fmt;

pub use op::{Binary, Op, Unary};
pub use tensor::{DType, Data, Tensor, TensorType};

/// A value of one graph: an input, a constant or an output of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ValueId(u32);

/// A node of one graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(u32);

impl ValueId {
    /// Position in [`Graph::values`] order.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl NodeId {
    /// Position in [`Graph::nodes`].
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// Fed from outside.
    Input,
    /// Known when the graph is built.
    Constant(Tensor),
    /// The output of a node at this position.
    Node(NodeId, usize),
}

/// A named, typed value.
#[derive(Debug, Clone, PartialEq)]
pub struct Value {
    /// Unique within the graph.
    pub name: String,
    /// Element type and concrete shape.
    pub tensor_type: TensorType,
    /// Where it comes from.
    pub source: Source,
}

/// An operator applied to values.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The name in the file it came from, or that of its first output.
    pub name: String,
    /// The operator.
    pub op: Op,
    /// Its inputs. Optional trailing inputs are left off.
    pub inputs: Vec<ValueId>,
    /// Its outputs.
    pub outputs: Vec<ValueId>,
}

/// A graph of typed operators over concretely shaped values.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Graph {
    values: Vec<Value>,
    nodes: Vec<Node>,
    inputs: Vec<ValueId>,
    outputs: Vec<ValueId>,
    names: HashMap<String, ValueId>,
}

/// A node cannot be added.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GraphError {
    /// Inputs do not fit the operator.
    #[error("node '{node}' ({op}): {reason}")]
    Shape {
        /// The node.
        node: String,
        /// Its operator.
        op: String,
        /// What does not fit, with the shapes.
        reason: String,
    },
    /// Two values of one name.
    #[error("the name '{0}' is used by two values")]
    DuplicateName(String),
    /// No value of this name, or none of the kind asked for.
    #[error("the graph has no {kind} '{name}'; it has {known}")]
    UnknownName {
        /// What was looked for: a value, an input.
        kind: &'static str,
        /// The name.
        name: String,
        /// Names there are, to choose from.
        known: String,
    },
    /// A value cannot stand in for an input.
    #[error("'{from}' is {from_type}, but '{to}' takes {to_type}")]
    Connection {
        /// The value.
        from: String,
        /// Its type.
        from_type: TensorType,
        /// The input.
        to: String,
        /// Its type.
        to_type: TensorType,
    },
}

impl Graph {
    /// An empty graph.
    pub fn new() -> Self {
        Graph::default()
    }

    /// Adds an input.
    ///
    /// # Errors
    /// The name is taken.
    pub fn add_input(
        &mut self,
        name: &str,
        tensor_type: TensorType,
    ) -> Result<ValueId, GraphError> {
        let id = self.add_value(name.to_owned(), tensor_type, Source::Input)?;
        self.inputs.push(id);
        Ok(id)
    }

    /// Adds a constant. The name is a wish: a number is appended where it is taken.
    pub fn add_constant(&mut self, name: &str, tensor: Tensor) -> ValueId {
        let name = self.free_name(name);
        let id = ValueId(self.values.len() as u32);
        self.names.insert(name.clone(), id);
        self.values.push(Value {
            name,
            tensor_type: tensor.tensor_type(),
            source: Source::Constant(tensor),
        });
        id
    }

    /// Adds a node with given output names and returns its outputs. The number of names is the
    /// number of outputs asked for (`MaxPool`: 1 or 2; `Split`: one for each piece; others: 1).
    ///
    /// # Errors
    /// Inputs do not fit the operator, or an output name is taken.
    pub fn add_named(
        &mut self,
        node_name: &str,
        op: Op,
        inputs: &[ValueId],
        output_names: &[String],
    ) -> Result<Vec<ValueId>, GraphError> {
        let types: Vec<&TensorType> = inputs.iter().map(|&id| self.tensor_type(id)).collect();
        let inferred =
            shape::infer(&op, &types, output_names.len()).map_err(|reason| GraphError::Shape {
                node: node_name.to_owned(),
                op: op.name().to_owned(),
                reason,
            })?;
        debug_assert_eq!(inferred.len(), output_names.len());
        if let Some(taken) = output_names.iter().find(|&n| self.names.contains_key(n)) {
            return Err(GraphError::DuplicateName(taken.clone()));
        }
        let node = NodeId(self.nodes.len() as u32);
        let mut outputs = Vec::with_capacity(inferred.len());
        for (position, (name, tensor_type)) in output_names.iter().zip(inferred).enumerate() {
            outputs.push(self.add_value(
                name.clone(),
                tensor_type,
                Source::Node(node, position),
            )?);
        }
        self.nodes.push(Node {
            name: node_name.to_owned(),
            op,
            inputs: inputs.to_vec(),
            outputs: outputs.clone(),
        });
        Ok(outputs)
    }

    /// Adds a node with one output; `name` is a wish, made unique.
    ///
    /// # Errors
    /// Inputs do not fit the operator.
    pub fn add(&mut self, name: &str, op: Op, inputs: &[ValueId]) -> Result<ValueId, GraphError> {
        let name = self.free_name(name);
        let outputs = self.add_named(&name.clone(), op, inputs, &[name])?;
        Ok(outputs[0])
    }

    /// Marks a value as an output. A value may be marked once.
    pub fn add_output(&mut self, id: ValueId) {
        if !self.outputs.contains(&id) {
            self.outputs.push(id);
        }
    }

    /// Replaces the list of outputs.
    pub fn set_outputs(&mut self, outputs: Vec<ValueId>) {
        self.outputs = outputs;
    }

    /// `wish`, or `wish` with a free number appended: the first, where they were given in order.
    pub fn free_name(&self, wish: &str) -> String {
        free_name(wish, |name| self.names.contains_key(name))
    }

    /// All values with their ids, in the order they were added.
    pub fn values(&self) -> impl Iterator<Item = (ValueId, &Value)> {
        self.values
            .iter()
            .enumerate()
            .map(|(index, value)| (ValueId(index as u32), value))
    }

    /// All nodes in topological order.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The id of every node, in the order of [`Graph::nodes`].
    pub fn node_ids(&self) -> impl Iterator<Item = NodeId> + use<> {
        (0..self.nodes.len() as u32).map(NodeId)
    }

    /// A node.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.index()]
    }

    /// The graph's inputs.
    pub fn inputs(&self) -> &[ValueId] {
        &self.inputs
    }

    /// The graph's outputs.
    pub fn outputs(&self) -> &[ValueId] {
        &self.outputs
    }

    /// A value.
    pub fn value(&self, id: ValueId) -> &Value {
        &self.values[id.index()]
    }

    /// The name of a value.
    pub fn name(&self, id: ValueId) -> &str {
        &self.value(id).name
    }

    /// Element type and shape of a value.
    pub fn tensor_type(&self, id: ValueId) -> &TensorType {
        &self.value(id).tensor_type
    }

    /// Shape of a value.
    pub fn shape(&self, id: ValueId) -> &[usize] {
        &self.tensor_type(id).shape
    }

    /// The tensor of a constant value.
    pub fn constant(&self, id: ValueId) -> Option<&Tensor> {
        match &self.value(id).source {
            Source::Constant(tensor) => Some(tensor),
            _ => None,
        }
    }

    /// The node that makes a value, and the output's position.
    pub fn producer(&self, id: ValueId) -> Option<(NodeId, usize)> {
        match self.value(id).source {
            Source::Node(node, position) => Some((node, position)),
            _ => None,
        }
    }

    /// The value of a name.
    pub fn find(&self, name: &str) -> Option<ValueId> {
        self.names.get(name).copied()
    }

    fn add_value(
        &mut self,
        name: String,
        tensor_type: TensorType,
        source: Source,
    ) -> Result<ValueId, GraphError> {
        if self.names.contains_key(&name) {
            return Err(GraphError::DuplicateName(name));
        }
        let id = ValueId(self.values.len() as u32);
        self.names.insert(name.clone(), id);
        self.values.push(Value {
            name,
            tensor_type,
            source,
        });
        Ok(id)
    }
}

/// `wish` where it is not taken, else with a number appended that is free while the one before it is
/// taken. Found by doubling and halving: thousands of values may wish for one name.
pub fn free_name(wish: &str, taken: impl Fn(&str) -> bool) -> String {
    if !taken(wish) {
        return wish.to_owned();
    }
    let numbered = |number: usize| format!("{wish}~{number}");
    // `low` is taken, `wish` itself counting as 0.
    let (mut low, mut high) = (0, 1);
    while taken(&numbered(high)) {
        (low, high) = (high, 2 * high);
    }
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if taken(&numbered(middle)) {
            low = middle;
        } else {
            high = middle;
        }
    }
    numbered(high)
}

impl fmt::Display for Graph {
    /// One line a node: outputs with their types, operator, inputs.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for node in &self.nodes {
            let outputs: Vec<String> = node
                .outputs
                .iter()
                .map(|&id| format!("{}: {}", self.name(id), self.tensor_type(id)))
                .collect();
            let inputs: Vec<&str> = node.inputs.iter().map(|&id| self.name(id)).collect();
            writeln!(
                formatter,
                "{} = {}({})",
                outputs.join(", "),
                node.op.name(),
                inputs.join(", ")
            )?;
        }
        Ok(())
    }
}
