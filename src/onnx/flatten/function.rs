//! Calls of functions that the model itself defines.

use std::collections::{HashMap, HashSet};

use prost::Message;

use super::{DEEPEST, FlatNode, Flattener, Scope, node_name};
use crate::onnx::error::OnnxError;
use crate::onnx::wire::{AttributeProto, FunctionProto, NodeProto, OperatorSetIdProto};

/// What a node calls: domain, name and overload.
pub(super) type Key<'f> = (&'f str, &'f str, &'f str);

/// Two spellings of ONNX's own domain are one.
fn domain(name: &str) -> &str {
    match name {
        "ai.onnx" => "",
        other => other,
    }
}

/// Positions of the functions.
pub(super) fn by_key(functions: &[FunctionProto]) -> HashMap<Key<'_>, usize> {
    let keys = functions.iter().map(|function| {
        (
            domain(function.domain()),
            function.name(),
            function.overload(),
        )
    });
    keys.zip(0..).collect()
}

/// The version of ONNX's own operators that a list of imports states.
fn opset(imports: &[OperatorSetIdProto]) -> Option<i64> {
    let import = imports
        .iter()
        .find(|import| domain(import.domain()).is_empty());
    import.map(OperatorSetIdProto::version)
}

impl Flattener<'_> {
    /// The function that a node calls, if it does.
    pub(super) fn function(&self, node: &NodeProto) -> Option<usize> {
        let wanted = (domain(node.domain()), node.op_type(), node.overload());
        self.by_key.get(&wanted).copied()
    }

    /// Adds a function's nodes in the place of a call, whose names are the model's already.
    pub(super) fn call(
        &mut self,
        position: usize,
        call: NodeProto,
        flat: &mut Vec<FlatNode>,
    ) -> Result<(), OnnxError> {
        let function = &self.functions[position];
        if self.open_calls.contains(&position) {
            let reason = format!("the function {:?} calls itself", function.name());
            return Err(self.malformed(&call, reason));
        }
        self.enter(&call)?;
        // Before any is made: a few functions that call one another twice are endless nodes.
        if self.expanded(position, 0) > self.nodes_left {
            return Err(self.too_much());
        }
        self.pay(1, 0)?;
        self.open_calls.push(position);
        let prefix = format!("{}/", node_name(&call));
        let names = self.names_in(function, &call, &prefix)?;
        let attributes = self.attributes_in(function, &call)?;
        let scope = Scope {
            names: Some(names),
            outer: None,
            prefix: &prefix,
            opset: opset(&function.opset_import).unwrap_or_default(),
            attributes: Some(&attributes),
        };
        for node in &function.node {
            self.pay(1, size(node))?;
            self.place(node.clone(), &scope, flat)?;
        }
        self.pass_on(function, &call, &scope, flat)?;
        self.open_calls.pop();
        self.depth -= 1;
        Ok(())
    }

    /// Nodes that a call of a function becomes, calls within it among them. One that calls itself
    /// or lies too deep counts as nothing here, and is refused where it is called.
    fn expanded(&mut self, position: usize, depth: usize) -> usize {
        if let Some(known) = self.expanded[position] {
            return known;
        }
        if depth > DEEPEST {
            return 0;
        }
        self.expanded[position] = Some(0);
        let functions = self.functions;
        let nodes = self.expanded_nodes(&functions[position].node, depth);
        self.expanded[position] = Some(nodes);
        nodes
    }

    fn expanded_nodes(&mut self, nodes: &[NodeProto], depth: usize) -> usize {
        nodes.iter().fold(0, |total, node| {
            let inside = match self.function(node) {
                Some(inner) => self.expanded(inner, depth + 1),
                None => node.attribute.iter().filter_map(|a| a.g.as_ref()).fold(
                    0usize,
                    |total, graph| {
                        total.saturating_add(self.expanded_nodes(&graph.node, depth + 1))
                    },
                ),
            };
            total.saturating_add(inside).saturating_add(1)
        })
    }

    /// The model's names for the function's: those of the call for its inputs and outputs, new ones
    /// for what lies between.
    fn names_in(
        &mut self,
        function: &FunctionProto,
        call: &NodeProto,
        prefix: &str,
    ) -> Result<HashMap<String, String>, OnnxError> {
        for (what, given, taken) in [
            ("inputs", call.input.len(), function.input.len()),
            ("outputs", call.output.len(), function.output.len()),
        ] {
            if given > taken {
                let reason = format!("{given} {what} for a function of {taken}");
                return Err(self.malformed(call, reason));
            }
        }
        // An input that the call leaves out is left out wherever the function reads it.
        let mut names: HashMap<String, String> = HashMap::new();
        for (position, formal) in function.input.iter().enumerate() {
            let actual = call.input.get(position).cloned().unwrap_or_default();
            names.insert(formal.clone(), actual);
        }
        let results: HashMap<&str, &str> = function
            .output
            .iter()
            .zip(&call.output)
            .filter(|(_, actual)| !actual.is_empty())
            .map(|(formal, actual)| (formal.as_str(), actual.as_str()))
            .collect();
        let made = function.node.iter().flat_map(|node| &node.output);
        for name in made.filter(|name| !name.is_empty()) {
            if names.contains_key(name) {
                let reason = format!("two values of the function are named {name:?}");
                return Err(self.malformed(call, reason));
            }
            let actual = match results.get(name.as_str()) {
                Some(&actual) => actual.to_owned(),
                None => {
                    let wish = format!("{prefix}{name}");
                    self.pay(0, 2 * wish.len())?;
                    self.names.fresh(&[&wish])
                }
            };
            names.insert(name.clone(), actual);
        }
        Ok(names)
    }

    /// The function's attributes at this call: the call's own, else the defaults.
    fn attributes_in(
        &mut self,
        function: &FunctionProto,
        call: &NodeProto,
    ) -> Result<Vec<AttributeProto>, OnnxError> {
        if call.attribute.iter().any(|attribute| attribute.g.is_some()) {
            let reason = "it hands a graph to a function, which is not supported".to_owned();
            return Err(self.malformed(call, reason));
        }
        let mut attributes = call.attribute.clone();
        let given: HashSet<&str> = call.attribute.iter().map(AttributeProto::name).collect();
        let defaults = function.attribute_proto.iter();
        attributes.extend(defaults.filter(|a| !given.contains(a.name())).cloned());
        let bytes = attributes.iter().map(bytes).sum();
        self.pay(0, bytes)?;
        Ok(attributes)
    }

    /// An output of a function that is one of its inputs becomes an `Identity`.
    fn pass_on(
        &self,
        function: &FunctionProto,
        call: &NodeProto,
        scope: &Scope<'_>,
        flat: &mut Vec<FlatNode>,
    ) -> Result<(), OnnxError> {
        for (formal, actual) in function.output.iter().zip(&call.output) {
            let source = scope.resolve(formal).ok_or_else(|| {
                let reason = format!("nothing in the function makes its output {formal:?}");
                self.malformed(call, reason)
            })?;
            if actual.is_empty() || source == *actual {
                continue;
            }
            flat.push(FlatNode {
                proto: NodeProto {
                    op_type: Some("Identity".to_owned()),
                    input: vec![source],
                    output: vec![actual.clone()],
                    ..NodeProto::default()
                },
                opset: scope.opset,
                branches: None,
            });
        }
        Ok(())
    }
}

/// Bytes that a copy of an attribute takes. Raw bytes are shared between copies.
pub(super) fn bytes(attribute: &AttributeProto) -> usize {
    let shared = attribute.t.as_ref();
    attribute.encoded_len() - shared.map_or(0, |tensor| tensor.raw_data().len())
}

/// Bytes that a copy of a node takes.
fn size(node: &NodeProto) -> usize {
    let attributes =
        |size: fn(&AttributeProto) -> usize| -> usize { node.attribute.iter().map(size).sum() };
    node.encoded_len() - attributes(Message::encoded_len) + attributes(bytes)
}
