//! Opening a model: bytes to a checked table of nodes, weights, inputs and outputs.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::RangeInclusive;
use std::path::Path;

use prost::Message;
use sha2::{Digest, Sha256};

use super::error::OnnxError;
use super::external::{self, ExternalFolder};
use super::flatten::{self, FlatNode};
use super::tensor::{self, TensorFault};
use super::wire::tensor_shape_proto::dimension::Value as DimensionValue;
use super::wire::type_proto::Value as TypeValue;
use super::wire::{GraphProto, ModelProto, TensorProto, ValueInfoProto};
use crate::graph::{DType, Tensor};

/// The newest format this crate's vendored schema describes.
const NEWEST_IR_VERSION: i64 = 14;
/// The opsets whose operators are understood.
pub(super) const OPSETS: RangeInclusive<i64> = 7..=24;
/// Protobuf's own limit.
const LARGEST_FILE: u64 = i32::MAX as u64;
const DAMAGED: &str = "the file is damaged or is not an ONNX model: download or export it again";
const EXPORT_AGAIN: &str = "export the model again";
/// Why a sparse weight cannot be used.
pub(super) const SPARSE: &str = "sparse storage";

/// A weight, or why it cannot be used.
pub(super) type Weight = Result<Tensor, String>;
/// Weights by name.
pub(super) type Weights = HashMap<String, Weight>;

/// An opened model file.
#[derive(Debug, Clone)]
pub struct Model {
    pub(super) file: String,
    /// The nodes, those of model-local functions in the places of their calls.
    pub(super) nodes: Vec<FlatNode>,
    pub(super) initializers: Weights,
    inputs: Vec<TensorInfo>,
    outputs: Vec<TensorInfo>,
    opsets: BTreeMap<String, i64>,
    ir_version: i64,
    producer: String,
    metadata: BTreeMap<String, String>,
    sha256: String,
    external_files: BTreeSet<String>,
}

/// An input or output as the file declares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TensorInfo {
    /// Its name.
    pub name: String,
    /// Element type; `None` where the file gives none, or one that a graph cannot have.
    pub dtype: Option<DType>,
    /// Each axis; `None` where the file declares no shape.
    pub dims: Option<Vec<Dimension>>,
}

/// One axis of an input or output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dimension {
    /// Its length, if fixed.
    pub size: Option<usize>,
    /// The name of a dynamic dimension.
    pub symbol: Option<String>,
}

/// How the open sizes of a model are fixed, and which part of it is wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LoadOptions {
    /// Replaces the dynamic first dimension of each input.
    pub batch: usize,
    /// Sizes of other dynamic dimensions by their name in the file.
    pub dimensions: BTreeMap<String, usize>,
    /// The tensors wanted, any of the file's; `None`: the model's outputs. Nodes that these do
    /// not need are not even read.
    pub outputs: Option<Vec<String>>,
}

impl Model {
    /// Reads a model file. External data is read only from inside its folder.
    ///
    /// # Errors
    /// The file cannot be read or is not a sound ONNX model.
    pub fn open(path: &Path) -> Result<Model, OnnxError> {
        let read = |source| OnnxError::Read {
            file: path.to_owned(),
            source,
        };
        let name = path.to_string_lossy();
        let size = std::fs::metadata(path).map_err(read)?.len();
        if size > LARGEST_FILE {
            return Err(malformed(
                &name,
                "the file",
                format!("{size} bytes exceed the 2 GiB that an ONNX file can have"),
                "save the weights as external data beside the model",
            ));
        }
        let folder = ExternalFolder::of(path).map_err(read)?;
        let bytes = std::fs::read(path).map_err(read)?;
        Model::decode(bytes, &name, &folder)
    }

    /// Reads a model from bytes; `name` stands for the file in messages. External data is refused.
    ///
    /// # Errors
    /// The bytes are not a sound ONNX model.
    pub fn from_bytes(bytes: impl AsRef<[u8]>, name: &str) -> Result<Model, OnnxError> {
        Model::decode(bytes, name, &ExternalFolder::none())
    }

    fn decode(
        bytes: impl AsRef<[u8]>,
        file: &str,
        folder: &ExternalFolder,
    ) -> Result<Model, OnnxError> {
        let mut digest = Sha256::new();
        digest.update(&bytes);
        // Decoded from a slice, the parts are copies, so that the file itself need not stay.
        let proto = ModelProto::decode(bytes.as_ref())
            .map_err(|error| malformed(file, "protobuf", error.to_string(), DAMAGED))?;
        drop(bytes);
        let ir_version = proto.ir_version.unwrap_or_default();
        if ir_version > NEWEST_IR_VERSION {
            return Err(OnnxError::Version {
                file: file.to_owned(),
                what: "ir_version",
                found: ir_version,
                supported: "3 to 14",
                remedy: "export the model again with an older ONNX release",
            });
        }
        let mut graph = proto.graph.ok_or_else(|| {
            malformed(file, "model", "there is no graph in it".to_owned(), DAMAGED)
        })?;
        let opsets: BTreeMap<String, i64> = proto
            .opset_import
            .iter()
            .map(|import| {
                let domain = match import.domain() {
                    "" => "ai.onnx",
                    domain => domain,
                };
                (domain.to_owned(), import.version())
            })
            .collect();
        let opset = opsets.get("ai.onnx").copied().ok_or_else(|| {
            malformed(
                file,
                "opset_import",
                "the opset of ai.onnx is not stated".to_owned(),
                DAMAGED,
            )
        })?;
        if !OPSETS.contains(&opset) {
            return Err(OnnxError::Version {
                file: file.to_owned(),
                what: "opset",
                found: opset,
                supported: "7 to 24",
                remedy: "export the model again with opset 18, or convert it with \
                         onnx.version_converter",
            });
        }
        let mut external_files = BTreeSet::new();
        let mut read_weight = |proto: TensorProto| {
            external_files.extend(external::location(&proto).map(str::to_owned));
            read_weight(proto, file, folder, &mut digest)
        };
        let mut initializers = read_initializers(&mut graph, file, &mut read_weight)?;
        let inputs: Vec<TensorInfo> = graph
            .input
            .iter()
            .filter(|input| !initializers.contains_key(input.name()))
            .map(tensor_info)
            .collect();
        let main = flatten::Main {
            file,
            opset,
            taken: check_names(&graph, &inputs, &initializers, file)?,
        };
        let nodes = flatten::flatten(
            std::mem::take(&mut graph.node),
            &proto.functions,
            main,
            &mut initializers,
            &mut read_weight,
        )?;
        let text = |part: &Option<String>| part.clone().unwrap_or_default();
        Ok(Model {
            file: file.to_owned(),
            outputs: graph.output.iter().map(tensor_info).collect(),
            nodes,
            initializers,
            inputs,
            opsets,
            ir_version,
            producer: format!(
                "{} {}",
                text(&proto.producer_name),
                text(&proto.producer_version)
            )
            .trim()
            .to_owned(),
            metadata: proto
                .metadata_props
                .into_iter()
                .map(|entry| (text(&entry.key), text(&entry.value)))
                .collect(),
            sha256: digest
                .finalize()
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect(),
            external_files,
        })
    }

    /// The file this came from, for messages.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The inputs that are fed from outside (initializers among the declared inputs are not).
    pub fn inputs(&self) -> &[TensorInfo] {
        &self.inputs
    }

    /// The outputs.
    pub fn outputs(&self) -> &[TensorInfo] {
        &self.outputs
    }

    /// SHA-256 of the file in hexadecimal. Where weights lie in other files, their bytes follow
    /// the file's in the digest.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// The files that hold weights of it, as paths from its own folder.
    pub fn external_files(&self) -> impl Iterator<Item = &str> {
        self.external_files.iter().map(String::as_str)
    }

    /// The file's own facts (`metadata_props`).
    pub fn metadata(&self) -> &BTreeMap<String, String> {
        &self.metadata
    }

    /// Every name that [`LoadOptions::outputs`] may ask for: inputs, then what nodes produce in
    /// the file's order. What lies in a function or a branch is among them.
    pub fn tensor_names(&self) -> Vec<&str> {
        let inputs = self.inputs.iter().map(|input| input.name.as_str());
        let produced = self.all_nodes().into_iter().flat_map(FlatNode::outputs);
        inputs.chain(produced).collect()
    }

    fn all_nodes(&self) -> Vec<&FlatNode> {
        self.nodes.iter().flat_map(FlatNode::with_inner).collect()
    }

    /// Operator sets by domain.
    pub fn opsets(&self) -> &BTreeMap<String, i64> {
        &self.opsets
    }

    /// Version of the file format.
    pub fn ir_version(&self) -> i64 {
        self.ir_version
    }

    /// The program that wrote the file.
    pub fn producer(&self) -> &str {
        &self.producer
    }

    /// Number of nodes of each operator, in functions as often as these are called, and in both
    /// branches of an `If`.
    pub fn operators(&self) -> BTreeMap<&str, usize> {
        let mut counts = BTreeMap::new();
        for node in self.all_nodes() {
            *counts.entry(node.proto.op_type()).or_insert(0) += 1;
        }
        counts
    }

    /// Number of float elements in the weights.
    pub fn parameters(&self) -> usize {
        self.initializers
            .values()
            .filter_map(|weight| weight.as_ref().ok())
            .filter(|weight| weight.dtype().is_float())
            .map(Tensor::len)
            .sum()
    }
}

pub(super) fn malformed(
    file: &str,
    place: &str,
    reason: String,
    remedy: &'static str,
) -> OnnxError {
    OnnxError::Malformed {
        file: file.to_owned(),
        place: place.to_owned(),
        reason,
        remedy,
    }
}

/// Takes the weights out of the graph.
fn read_initializers(
    graph: &mut GraphProto,
    file: &str,
    read_weight: flatten::ReadWeight<'_>,
) -> Result<Weights, OnnxError> {
    let mut initializers = HashMap::new();
    for proto in std::mem::take(&mut graph.initializer) {
        let name = proto.name().to_owned();
        if initializers.contains_key(&name) {
            let reason = "there are two of this name".to_owned();
            let place = format!("initializer {name:?}");
            return Err(malformed(file, &place, reason, EXPORT_AGAIN));
        }
        initializers.insert(name, read_weight(proto)?);
    }
    for sparse in std::mem::take(&mut graph.sparse_initializer) {
        let name = sparse.values.unwrap_or_default().name().to_owned();
        initializers.insert(name, Err(SPARSE.to_owned()));
    }
    Ok(initializers)
}

/// A weight, wherever its bytes lie; those outside the model file join the digest.
fn read_weight(
    proto: TensorProto,
    file: &str,
    folder: &ExternalFolder,
    digest: &mut Sha256,
) -> Result<Weight, OnnxError> {
    let name = proto.name().to_owned();
    match tensor::decode(proto, folder, &mut |bytes| digest.update(bytes)) {
        Ok(tensor) => Ok(Ok(tensor)),
        Err(TensorFault::Unsupported(reason)) => Ok(Err(reason)),
        Err(TensorFault::Broken(reason)) => {
            let place = format!("initializer {name:?}");
            Err(malformed(file, &place, reason, DAMAGED))
        }
        Err(TensorFault::External(fault)) => Err(OnnxError::ExternalData {
            file: file.to_owned(),
            tensor: name,
            location: fault.location,
            reason: fault.reason,
        }),
    }
}

/// All names of the main graph. Every value has one origin, and every declared output has one at
/// all.
fn check_names(
    graph: &GraphProto,
    inputs: &[TensorInfo],
    initializers: &Weights,
    file: &str,
) -> Result<HashSet<String>, OnnxError> {
    let mut seen: HashSet<&str> = initializers.keys().map(String::as_str).collect();
    let produced = graph.node.iter().flat_map(|node| &node.output);
    let names = inputs
        .iter()
        .map(|input| &input.name)
        .chain(produced.filter(|name| !name.is_empty()));
    for name in names {
        if !seen.insert(name) {
            let reason = "two values have this name".to_owned();
            return Err(malformed(file, &format!("{name:?}"), reason, EXPORT_AGAIN));
        }
    }
    match graph.output.iter().find(|out| !seen.contains(out.name())) {
        None => Ok(seen.into_iter().map(str::to_owned).collect()),
        Some(output) => Err(malformed(
            file,
            &format!("output {:?}", output.name()),
            "nothing in the graph produces it".to_owned(),
            EXPORT_AGAIN,
        )),
    }
}

fn tensor_info(info: &ValueInfoProto) -> TensorInfo {
    let tensor = match info.r#type.as_ref().and_then(|kind| kind.value.as_ref()) {
        Some(TypeValue::TensorType(tensor)) => Some(tensor),
        _ => None,
    };
    let dimension = |value: &Option<DimensionValue>| match value {
        Some(DimensionValue::DimValue(size)) => Dimension {
            // Old exporters write 0 or -1 for "unknown".
            size: usize::try_from(*size).ok().filter(|&size| size > 0),
            symbol: None,
        },
        Some(DimensionValue::DimParam(symbol)) => Dimension {
            size: None,
            symbol: Some(symbol.clone()).filter(|symbol| !symbol.is_empty()),
        },
        None => Dimension {
            size: None,
            symbol: None,
        },
    };
    TensorInfo {
        name: info.name().to_owned(),
        dtype: tensor.and_then(|tensor| tensor::dtype(tensor.elem_type())),
        dims: tensor
            .and_then(|tensor| tensor.shape.as_ref())
            .map(|shape| {
                shape
                    .dim
                    .iter()
                    .map(|axis| dimension(&axis.value))
                    .collect()
            }),
    }
}
