//! Calls of model-local functions replaced by the functions' nodes, and every name made unique.
//!
//! After this a model is one list of nodes whose names mean the same everywhere; only an `If`
//! still holds nodes of its own, one list for each branch, because which one is taken is known
//! only once shapes are. Names of the main graph stay as they are. What a function `f` called by
//! node `n` names `x` becomes `n/x`, and so on inwards, so that it can still be asked for.

mod branch;
mod function;
mod names;

#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};

use super::error::OnnxError;
use super::load::{Weight, Weights, malformed};
use super::wire::{AttributeProto, FunctionProto, NodeProto, TensorProto};
use function::Key;
use names::Names;

/// Functions and branches may lie this deep in one another: more would exhaust the stack.
const DEEPEST: usize = 64;
/// Nodes that functions may add: no export comes near, and a few lines of functions that call one
/// another twice would fill any memory.
const MOST_NODES: usize = 1 << 20;
/// Bytes that the nodes and names which functions add may take.
const MOST_BYTES: usize = 1 << 28;

const REMEDY: &str = "export the model again, with its functions inlined (onnx.inliner)";

/// A node under names that are unique in the whole model.
#[derive(Debug, Clone)]
pub(super) struct FlatNode {
    /// The node; without its graphs where they have become `branches`.
    pub(super) proto: NodeProto,
    /// The version of ONNX's own operators where it stands: a function states one of its own.
    pub(super) opset: i64,
    /// Of an `If`: what happens when the condition is true, and when it is false.
    pub(super) branches: Option<Box<[Branch; 2]>>,
}

/// One side of an `If`.
#[derive(Debug, Clone, Default)]
pub(super) struct Branch {
    /// In an order in which they can be computed.
    pub(super) nodes: Vec<FlatNode>,
    /// What the `If` gives out.
    pub(super) outputs: Vec<String>,
}

impl FlatNode {
    /// The node and those of its branches, outermost first.
    pub(super) fn with_inner(&self) -> Vec<&FlatNode> {
        let mut nodes = vec![self];
        for branch in self.branches.iter().flat_map(|branches| branches.iter()) {
            nodes.extend(branch.nodes.iter().flat_map(FlatNode::with_inner));
        }
        nodes
    }

    /// Names of what it makes.
    pub(super) fn outputs(&self) -> impl Iterator<Item = &str> {
        let names = self.proto.output.iter().map(String::as_str);
        names.filter(|name| !name.is_empty())
    }

    /// Names of all that the node and its branches read, without what the branches make themselves.
    pub(super) fn reads(&self) -> Vec<&str> {
        let own = self.proto.input.iter().map(String::as_str);
        let mut reads: Vec<&str> = own.filter(|name| !name.is_empty()).collect();
        for branch in self.branches.iter().flat_map(|branches| branches.iter()) {
            let made: HashSet<&str> = branch.nodes.iter().flat_map(FlatNode::outputs).collect();
            let inner = branch.nodes.iter().flat_map(FlatNode::reads);
            let inner = inner.chain(branch.outputs.iter().map(String::as_str));
            reads.extend(inner.filter(|name| !made.contains(name)));
        }
        reads
    }
}

/// Reads a weight of a branch.
pub(super) type ReadWeight<'r> = &'r mut dyn FnMut(TensorProto) -> Result<Weight, OnnxError>;

/// Replaces calls by what they call. `taken` are the names of the main graph; weights of branches
/// join `weights`.
pub(super) fn flatten(
    nodes: Vec<NodeProto>,
    functions: &[FunctionProto],
    main: Main<'_>,
    weights: &mut Weights,
    read_weight: ReadWeight<'_>,
) -> Result<Vec<FlatNode>, OnnxError> {
    let mut flattener = Flattener {
        file: main.file,
        functions,
        by_key: function::by_key(functions),
        expanded: vec![None; functions.len()],
        names: Names::new(main.taken),
        open_calls: Vec::new(),
        depth: 0,
        nodes_left: MOST_NODES,
        bytes_left: MOST_BYTES,
        weights,
        read_weight,
    };
    let scope = Scope {
        names: None,
        outer: None,
        prefix: "",
        opset: main.opset,
        attributes: None,
    };
    let mut flat = Vec::with_capacity(nodes.len());
    for node in nodes {
        flattener.place(node, &scope, &mut flat)?;
    }
    Ok(flat)
}

/// What is to be known of the main graph.
pub(super) struct Main<'m> {
    /// The file, for messages.
    pub(super) file: &'m str,
    /// The version of ONNX's own operators.
    pub(super) opset: i64,
    /// Names that stay as they are.
    pub(super) taken: HashSet<String>,
}

struct Flattener<'f> {
    file: &'f str,
    functions: &'f [FunctionProto],
    by_key: HashMap<Key<'f>, usize>,
    /// How many nodes a call of each function becomes, once counted.
    expanded: Vec<Option<usize>>,
    names: Names,
    /// The functions that the node being placed lies in.
    open_calls: Vec<usize>,
    depth: usize,
    nodes_left: usize,
    bytes_left: usize,
    weights: &'f mut Weights,
    read_weight: ReadWeight<'f>,
}

/// Where a node stands: what its names and attribute references mean.
struct Scope<'s> {
    /// The model's names for names defined here; `None` in the main graph, where each is itself.
    names: Option<HashMap<String, String>>,
    /// The graph around a branch, whose names can be read too. A function sees nothing outside.
    outer: Option<&'s Scope<'s>>,
    /// What stands before names defined here.
    prefix: &'s str,
    opset: i64,
    /// Inside a function: its attributes at this call.
    attributes: Option<&'s [AttributeProto]>,
}

impl Scope<'_> {
    /// The model's name for a name; `None` if nothing here makes it.
    fn resolve(&self, name: &str) -> Option<String> {
        match (&self.names, self.outer) {
            (Some(names), outer) => match names.get(name) {
                Some(known) => Some(known.clone()),
                None => outer.and_then(|outer| outer.resolve(name)),
            },
            (None, _) => Some(name.to_owned()),
        }
    }
}

impl<'f> Flattener<'f> {
    /// Adds a node of a scope, or what it calls.
    fn place(
        &mut self,
        mut node: NodeProto,
        scope: &Scope<'_>,
        flat: &mut Vec<FlatNode>,
    ) -> Result<(), OnnxError> {
        self.resolve_attributes(&mut node, scope)?;
        if scope.names.is_some() {
            self.resolve_names(&mut node, scope)?;
        }
        if let Some(function) = self.function(&node) {
            return self.call(function, node, flat);
        }
        let is_if = node.op_type() == "If" && matches!(node.domain(), "" | "ai.onnx");
        let branches = match is_if {
            true => Some(Box::new([
                self.branch("then_branch", &mut node, scope)?,
                self.branch("else_branch", &mut node, scope)?,
            ])),
            false => None,
        };
        flat.push(FlatNode {
            proto: node,
            opset: scope.opset,
            branches,
        });
        Ok(())
    }

    /// Replaces the names that a function or a branch uses by the model's.
    fn resolve_names(&mut self, node: &mut NodeProto, scope: &Scope<'_>) -> Result<(), OnnxError> {
        let resolve = |name: &String| match name.as_str() {
            "" => Ok(String::new()),
            _ => scope.resolve(name).ok_or_else(|| {
                let reason = format!("it reads {name:?}, which nothing in the function produces");
                self.malformed(node, reason)
            }),
        };
        let input: Vec<String> = node.input.iter().map(resolve).collect::<Result<_, _>>()?;
        let output: Vec<String> = node.output.iter().map(resolve).collect::<Result<_, _>>()?;
        (node.input, node.output) = (input, output);
        if !node.name().is_empty() {
            node.name = Some(format!("{}{}", scope.prefix, node.name()));
        }
        let names = node.input.iter().chain(&node.output).map(String::len);
        self.pay(0, names.sum::<usize>() + scope.prefix.len())
    }

    /// Gives attributes that refer to the function's the values of this call. One that the call
    /// leaves out is left out too.
    fn resolve_attributes(
        &mut self,
        node: &mut NodeProto,
        scope: &Scope<'_>,
    ) -> Result<(), OnnxError> {
        let refers = |attribute: &AttributeProto| !attribute.ref_attr_name().is_empty();
        if !node.attribute.iter().any(refers) {
            return Ok(());
        }
        let Some(values) = scope.attributes else {
            let reason = "an attribute refers to a function's, but there is none around it";
            return Err(self.malformed(node, reason.to_owned()));
        };
        for attribute in std::mem::take(&mut node.attribute) {
            if !refers(&attribute) {
                node.attribute.push(attribute);
                continue;
            }
            let referred = attribute.ref_attr_name();
            if let Some(value) = values.iter().find(|value| value.name() == referred) {
                self.pay(0, function::bytes(value))?;
                node.attribute.push(AttributeProto {
                    name: attribute.name,
                    ..value.clone()
                });
            }
        }
        Ok(())
    }

    /// Pays for one node or name of these bytes that a function or a branch adds.
    fn pay(&mut self, nodes: usize, bytes: usize) -> Result<(), OnnxError> {
        let nodes_left = self.nodes_left.checked_sub(nodes);
        let bytes_left = self.bytes_left.checked_sub(bytes);
        match (nodes_left, bytes_left) {
            (Some(nodes), Some(bytes)) => {
                (self.nodes_left, self.bytes_left) = (nodes, bytes);
                Ok(())
            }
            _ => Err(self.too_much()),
        }
    }

    fn too_much(&self) -> OnnxError {
        let reason =
            format!("inlined they make more than {MOST_NODES} nodes or {MOST_BYTES} bytes of them");
        malformed(self.file, "functions", reason, REMEDY)
    }

    /// Goes one level inwards.
    fn enter(&mut self, node: &NodeProto) -> Result<(), OnnxError> {
        self.depth += 1;
        if self.depth <= DEEPEST {
            return Ok(());
        }
        let reason = format!("functions and branches lie more than {DEEPEST} deep in one another");
        Err(self.malformed(node, reason))
    }

    fn malformed(&self, node: &NodeProto, reason: String) -> OnnxError {
        let place = format!("node {:?} ({:?})", node_name(node), node.op_type());
        malformed(self.file, &place, reason, REMEDY)
    }
}

/// The node's name, or that of its first output.
pub(super) fn node_name(node: &NodeProto) -> &str {
    match node.name() {
        "" => node.output.first().map_or("", String::as_str),
        name => name,
    }
}
