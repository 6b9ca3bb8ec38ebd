//! What can be wrong with a model file, said so that the reader knows what to do next.
//!
//! Names from files are printed quoted and escaped: a name may hold terminal escapes.

use std::fmt;
use std::path::PathBuf;

/// A model file cannot be used, or a graph cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum OnnxError {
    /// The file cannot be read.
    #[error("{}: cannot be read: {source}", file.display())]
    Read {
        /// The path asked for.
        file: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The bytes are not a sound ONNX model.
    #[error("{file}: {place}: {reason}; {remedy}")]
    Malformed {
        /// The file.
        file: String,
        /// Where in the file.
        place: String,
        /// What is wrong there.
        reason: String,
        /// What to do next.
        remedy: &'static str,
    },
    /// The file is written in a version of ONNX outside the range that is understood.
    #[error("{file}: {what} {found} is not supported (supported: {supported}); {remedy}")]
    Version {
        /// The file.
        file: String,
        /// `ir_version` or `opset`.
        what: &'static str,
        /// The file's version.
        found: i64,
        /// The range understood.
        supported: &'static str,
        /// What to do next.
        remedy: &'static str,
    },
    /// Weights kept outside the model file cannot be used.
    #[error(
        "{file}: tensor {tensor:?}: external data {location:?}: {reason}; keep the data file \
         inside the model's folder, or save the model as one file"
    )]
    ExternalData {
        /// The model file.
        file: String,
        /// The tensor.
        tensor: String,
        /// The location written in the model.
        location: String,
        /// What is wrong with it.
        reason: String,
    },
    /// No tensor of this name.
    #[error(
        "{file}: there is no tensor {name:?}{}; `invset inspect` lists the tensors",
        nearest.as_deref().map(|n| format!(" (did you mean {n:?}?)")).unwrap_or_default()
    )]
    UnknownTensor {
        /// The file.
        file: String,
        /// The name asked for.
        name: String,
        /// The most similar name there is.
        nearest: Option<String>,
    },
    /// An input's batch size is fixed in the file.
    #[error(
        "{file}: input {input:?} has a fixed first dimension of {found}, so a batch of {asked} is \
         not possible; export the model again with a dynamic batch dimension"
    )]
    FixedBatch {
        /// The file.
        file: String,
        /// The input.
        input: String,
        /// The size in the file.
        found: usize,
        /// The batch asked for.
        asked: usize,
    },
    /// A dimension is not known.
    #[error(
        "{file}: axis {axis} of input {input:?} is dynamic{}; export the model again with a fixed \
         size there{}",
        symbol.as_deref().map(|s| format!(" ({s:?})")).unwrap_or_default(),
        if symbol.is_some() { ", or give that dimension a size" } else { "" }
    )]
    DynamicDimension {
        /// The file.
        file: String,
        /// The input.
        input: String,
        /// The axis.
        axis: usize,
        /// The name of the dimension in the file.
        symbol: Option<String>,
    },
    /// Some needed nodes cannot be read, all of them listed.
    #[error("{file}: {} not supported:{}", count(nodes), lines(nodes))]
    Unsupported {
        /// The file.
        file: String,
        /// The nodes.
        nodes: Vec<UnsupportedNode>,
    },
    /// A node of a graph has no spelling in ONNX at the opset written.
    #[error("node {node:?} ({op}) cannot be written: {reason}")]
    NotWritable {
        /// The node.
        node: String,
        /// Its operator.
        op: &'static str,
        /// Why.
        reason: String,
    },
    /// A serialised model would exceed protobuf's limit of 2 GiB.
    #[error(
        "the model would take {bytes} bytes, more than one protobuf message can hold (2 GiB); \
         `invset grad` writes such weights into a file beside the model, but a runtime here is \
         given one message: use a smaller model"
    )]
    TooLarge {
        /// The bytes it would take.
        bytes: u64,
    },
}

/// A node that cannot be turned into an operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnsupportedNode {
    /// Its name, or that of its first output.
    pub node: String,
    /// Its operator, with the domain where it is not ONNX's own.
    pub op: String,
    /// The attribute or input at fault.
    pub attribute: Option<String>,
    /// What is wrong.
    pub reason: String,
    /// What to do next.
    pub remedy: String,
}

impl fmt::Display for UnsupportedNode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let op = self.op.escape_debug();
        write!(formatter, "node {:?} ({op})", self.node)?;
        if let Some(attribute) = &self.attribute {
            // Single quotes around a name are ours, and need no escape.
            let attribute = attribute.escape_debug().to_string().replace("\\'", "'");
            write!(formatter, ", {attribute}")?;
        }
        write!(formatter, ": {}; {}", self.reason, self.remedy)
    }
}

fn count(nodes: &[UnsupportedNode]) -> String {
    match nodes.len() {
        1 => "1 node is".to_owned(),
        count => format!("{count} nodes are"),
    }
}

fn lines(nodes: &[UnsupportedNode]) -> String {
    nodes.iter().map(|node| format!("\n  {node}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unsupported(node: &str, op: &str, attribute: Option<&str>) -> UnsupportedNode {
        UnsupportedNode {
            node: node.to_owned(),
            op: op.to_owned(),
            attribute: attribute.map(str::to_owned),
            reason: "no rule".to_owned(),
            remedy: "export again".to_owned(),
        }
    }

    #[test]
    fn an_error_names_all_nodes_and_keeps_escapes_off_the_terminal() {
        let error = OnnxError::Unsupported {
            file: "m.onnx".to_owned(),
            nodes: vec![
                unsupported("a\u{1b}[31m", "TopK\u{7}", None),
                unsupported("b", "Pad", Some("attribute 'mode'")),
            ],
        };
        let text = error.to_string();
        assert!(text.starts_with("m.onnx: 2 nodes are not supported:\n"));
        assert!(text.contains("no rule; export again"), "{text}");
        assert!(
            text.contains("node \"b\" (Pad), attribute 'mode': "),
            "{text}"
        );
        assert!(!text.contains(['\u{1b}', '\u{7}']));
    }
}
