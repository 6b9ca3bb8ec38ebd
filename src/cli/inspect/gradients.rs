//! Which outputs can be differentiated with respect to which inputs, and what stands in the way.

use serde::Serialize;

use super::survey::Readable;
use crate::autodiff;
use crate::onnx::{Model, OnnxError, UnsupportedNode};

/// Pairs of an output and an input that are tried: every one of real models.
const MOST_PAIRS: usize = 1000;

/// Whether an output can be differentiated with respect to an input.
#[derive(Debug, Serialize)]
pub(super) struct Gradient {
    pub(super) output: String,
    pub(super) input: String,
    pub(super) differentiable: bool,
    /// The nodes in the way.
    pub(super) blockers: Vec<Blocker>,
}

/// A node in the way of a graph or of its derivative.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Blocker {
    /// Its name, or that of a value that no node makes.
    pub(super) node: String,
    /// Its operator; empty for a value that no node makes.
    pub(super) op: String,
    /// The attribute or input at fault, where it is one.
    pub(super) place: Option<String>,
    /// What is wrong, and (where `remedy` is none) what to do.
    pub(super) reason: String,
    pub(super) remedy: Option<String>,
}

impl From<&UnsupportedNode> for Blocker {
    fn from(node: &UnsupportedNode) -> Self {
        Blocker {
            node: node.node.clone(),
            op: node.op.clone(),
            place: node.attribute.clone(),
            reason: node.reason.clone(),
            remedy: Some(node.remedy.clone()),
        }
    }
}

impl From<autodiff::Blocker> for Blocker {
    fn from(blocker: autodiff::Blocker) -> Self {
        Blocker {
            node: blocker.node,
            op: blocker.op,
            place: None,
            reason: blocker.reason,
            remedy: None,
        }
    }
}

impl std::fmt::Display for Blocker {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.op.as_str() {
            "" => write!(formatter, "'{}'", self.node)?,
            op => write!(formatter, "node '{}' ({op})", self.node)?,
        }
        if let Some(place) = &self.place {
            write!(formatter, ", {place}")?;
        }
        match &self.remedy {
            Some(remedy) => write!(formatter, ": {}; {remedy}", self.reason),
            None => write!(formatter, " {}", self.reason),
        }
    }
}

/// Every output against every float input, in the file's order.
pub(super) fn gradients(model: &Model, readable: &Readable) -> Vec<Gradient> {
    let Some(graph) = &readable.graph else {
        return Vec::new();
    };
    let is_float = |&&id: &&_| graph.tensor_type(id).dtype.is_float();
    let inputs: Vec<_> = graph.inputs().iter().filter(is_float).collect();
    let mut gradients = Vec::new();
    for output in model.outputs() {
        let unreadable = match graph.find(&output.name) {
            Some(_) => Vec::new(),
            None => in_the_way(model, readable, &output.name),
        };
        for &&input in &inputs {
            let blockers = match graph.find(&output.name) {
                Some(output) => autodiff::blockers(graph, output, input)
                    .into_iter()
                    .map(Blocker::from)
                    .collect(),
                None => unreadable.clone(),
            };
            gradients.push(Gradient {
                output: output.name.clone(),
                input: graph.name(input).to_owned(),
                differentiable: blockers.is_empty(),
                blockers,
            });
            if gradients.len() == MOST_PAIRS {
                return gradients;
            }
        }
    }
    gradients
}

/// The unsupported nodes that one output needs.
fn in_the_way(model: &Model, readable: &Readable, output: &str) -> Vec<Blocker> {
    let options = crate::onnx::LoadOptions {
        outputs: Some(vec![output.to_owned()]),
        ..readable.options.clone()
    };
    match model.graph(&options) {
        Err(OnnxError::Unsupported { nodes, .. }) => nodes.iter().map(Blocker::from).collect(),
        other => vec![Blocker {
            node: output.to_owned(),
            op: String::new(),
            place: None,
            reason: match other {
                Err(error) => format!("cannot be read: {error}"),
                Ok(_) => "is a constant, which has no derivative".to_owned(),
            },
            remedy: None,
        }],
    }
}
