//! A graph as the bytes of an ONNX model.
//!
//! Weights are written straight from the graph, never copied as a whole: their bytes follow the
//! rest of the message, or go to a file of their own.

use std::io::{self, Write};

use prost::Message;
use prost::encoding::{WireType, encode_key, encode_varint};

use super::emit;
use super::error::OnnxError;
use super::tensor;
use super::wire::tensor_proto::DataLocation;
use super::wire::tensor_shape_proto::Dimension;
use super::wire::tensor_shape_proto::dimension::Value as DimensionValue;
use super::wire::type_proto::{Tensor as TensorTypeProto, Value as TypeValue};
use super::wire::{
    GraphProto, ModelProto, OperatorSetIdProto, StringStringEntryProto, TensorProto,
    TensorShapeProto, TypeProto, ValueInfoProto,
};
use crate::graph::{Graph, Tensor, ValueId};

/// The opset written. Newer ones lack kernels in ONNX Runtime's CUDA provider
/// (`research/autodiff.md` 2.2).
const OPSET: i64 = 18;
/// The file version written, which every release that knows the opset reads.
const IR_VERSION: i64 = 8;
/// Protobuf's limit for a message.
const LARGEST: u64 = i32::MAX as u64;
/// Weights of more bytes than this go to a file of their own: protobuf's limit is near, and tools
/// that load the whole message would need it twice.
const MOST_INSIDE: u64 = 1_500_000_000;
/// Where a weight may start in a weight file: a page, so that it can be mapped.
const ALIGNMENT: u64 = 4096;
/// Smaller weights stay in the model, where shapes and axes are looked for.
const SMALLEST_BESIDE: u64 = 1024;

// Fields of `onnx.proto` that are written by hand.
const MODEL_GRAPH: u32 = 7;
const GRAPH_INITIALIZER: u32 = 5;
const TENSOR_RAW_DATA: u32 = 9;

/// Where the bytes of the weights go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placement<'a> {
    /// Into the model.
    Inside,
    /// Into a file of this name beside the model.
    Beside(&'a str),
    /// Into a file of this name beside the model where they exceed 1.5 GB.
    BesideWhenLarge(&'a str),
}

/// A model ready to be written.
#[derive(Debug)]
pub struct Encoded {
    /// The model's fields but for its graph.
    model: Vec<u8>,
    /// The graph's fields but for its weights.
    graph: Vec<u8>,
    weights: Vec<Weight>,
}

#[derive(Debug)]
struct Weight {
    /// Its fields but for its elements.
    header: Vec<u8>,
    tensor: Tensor,
    /// Where its elements start in the weight file, if they go there.
    offset: Option<u64>,
}

impl Weight {
    fn bytes(&self) -> u64 {
        self.tensor.tensor_type().bytes() as u64
    }

    /// What comes before the elements: the header and, where they follow it, their length.
    fn prefix(&self) -> Vec<u8> {
        let mut prefix = self.header.clone();
        if self.offset.is_none() {
            encode_key(TENSOR_RAW_DATA, WireType::LengthDelimited, &mut prefix);
            encode_varint(self.bytes(), &mut prefix);
        }
        prefix
    }

    fn bytes_inside(&self) -> u64 {
        if self.offset.is_none() {
            self.bytes()
        } else {
            0
        }
    }
}

/// Encodes a graph as an ONNX model of opset 18 with concrete shapes.
///
/// Names are kept. Constants that share their elements are written once. Operators that opset 18,
/// or a runtime that claims it, lacks are written as simpler ones.
///
/// # Errors
/// An operator has no spelling there, or the model would exceed protobuf's 2 GiB.
pub fn encode(graph: &Graph, placement: Placement<'_>) -> Result<Encoded, OnnxError> {
    encode_with(graph, placement, MOST_INSIDE)
}

fn encode_with(
    graph: &Graph,
    placement: Placement<'_>,
    most_inside: u64,
) -> Result<Encoded, OnnxError> {
    let body = emit::emit(graph)?;
    let sizes = body
        .weights
        .iter()
        .map(|(_, t)| t.tensor_type().bytes() as u64);
    let file = match placement {
        Placement::Inside => None,
        Placement::Beside(file) => Some(file),
        Placement::BesideWhenLarge(file) => Some(file).filter(|_| sizes.sum::<u64>() > most_inside),
    };
    let infos = |ids: &[ValueId]| ids.iter().map(|&id| value_info(graph, id)).collect();
    let model = ModelProto {
        ir_version: Some(IR_VERSION),
        producer_name: Some("invset".to_owned()),
        producer_version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        opset_import: vec![OperatorSetIdProto {
            domain: Some(String::new()),
            version: Some(OPSET),
        }],
        ..ModelProto::default()
    };
    let without_weights = GraphProto {
        name: Some("graph".to_owned()),
        node: body.nodes,
        input: infos(graph.inputs()),
        output: infos(graph.outputs()),
        ..GraphProto::default()
    };
    let mut end = 0;
    let weights = body.weights.into_iter().map(|(name, tensor)| {
        let bytes = tensor.tensor_type().bytes() as u64;
        let mut header = tensor::header(&name, &tensor);
        let file = file.filter(|_| bytes >= SMALLEST_BESIDE);
        let offset = file.map(|file| {
            let offset = end;
            refer(&mut header, file, offset, bytes);
            end = (offset + bytes).next_multiple_of(ALIGNMENT);
            offset
        });
        Weight {
            header: header.encode_to_vec(),
            tensor,
            offset,
        }
    });
    let encoded = Encoded {
        weights: weights.collect(),
        model: model.encode_to_vec(),
        graph: without_weights.encode_to_vec(),
    };
    match encoded.model_bytes() {
        bytes if bytes > LARGEST => Err(OnnxError::TooLarge { bytes }),
        _ => Ok(encoded),
    }
}

/// Encodes a graph with its weights inside.
///
/// # Errors
/// As [`encode`].
pub fn serialise(graph: &Graph) -> Result<Vec<u8>, OnnxError> {
    let encoded = encode(graph, Placement::Inside)?;
    let mut bytes = Vec::with_capacity(encoded.model_bytes() as usize);
    // A vector takes everything.
    let _ = encoded.write_model(&mut bytes);
    Ok(bytes)
}

/// Says where a weight's elements are.
fn refer(header: &mut TensorProto, file: &str, offset: u64, length: u64) {
    let entry = |key: &str, value: String| StringStringEntryProto {
        key: Some(key.to_owned()),
        value: Some(value),
    };
    header.data_location = Some(DataLocation::External as i32);
    header.external_data = vec![
        entry("location", file.to_owned()),
        entry("offset", offset.to_string()),
        entry("length", length.to_string()),
    ];
}

impl Encoded {
    /// Bytes of the model file.
    pub fn model_bytes(&self) -> u64 {
        let graph = self.graph_bytes();
        (self.model.len() + field(MODEL_GRAPH, graph).len()) as u64 + graph
    }

    /// Bytes of the weight file; `None` where there is none.
    pub fn weight_bytes(&self) -> Option<u64> {
        let ends = self
            .weights
            .iter()
            .filter_map(|w| Some(w.offset? + w.bytes()));
        ends.max()
    }

    /// Writes the model file.
    ///
    /// # Errors
    /// `out` fails.
    pub fn write_model(&self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(&self.model)?;
        out.write_all(&field(MODEL_GRAPH, self.graph_bytes()))?;
        out.write_all(&self.graph)?;
        for weight in &self.weights {
            let prefix = weight.prefix();
            let length = prefix.len() as u64 + weight.bytes_inside();
            out.write_all(&field(GRAPH_INITIALIZER, length))?;
            out.write_all(&prefix)?;
            if weight.offset.is_none() {
                tensor::write_elements(&weight.tensor, out)?;
            }
        }
        Ok(())
    }

    /// Writes the weight file.
    ///
    /// # Errors
    /// `out` fails.
    pub fn write_weights(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut position = 0;
        for weight in &self.weights {
            let Some(offset) = weight.offset else {
                continue;
            };
            io::copy(&mut io::Read::take(io::repeat(0), offset - position), out)?;
            tensor::write_elements(&weight.tensor, out)?;
            position = offset + weight.bytes();
        }
        Ok(())
    }

    fn graph_bytes(&self) -> u64 {
        let weights = self.weights.iter().map(|weight| {
            let length = weight.prefix().len() as u64 + weight.bytes_inside();
            field(GRAPH_INITIALIZER, length).len() as u64 + length
        });
        self.graph.len() as u64 + weights.sum::<u64>()
    }
}

/// What stands before a message or bytes of this length in a field.
fn field(tag: u32, length: u64) -> Vec<u8> {
    let mut start = Vec::new();
    encode_key(tag, WireType::LengthDelimited, &mut start);
    encode_varint(length, &mut start);
    start
}

fn value_info(graph: &Graph, id: ValueId) -> ValueInfoProto {
    let tensor_type = graph.tensor_type(id);
    let dim = tensor_type
        .shape
        .iter()
        .map(|&length| Dimension {
            value: Some(DimensionValue::DimValue(length as i64)),
            ..Dimension::default()
        })
        .collect();
    ValueInfoProto {
        name: Some(graph.name(id).to_owned()),
        r#type: Some(TypeProto {
            value: Some(TypeValue::TensorType(TensorTypeProto {
                elem_type: Some(tensor::element(tensor_type.dtype)),
                shape: Some(TensorShapeProto { dim }),
            })),
            ..TypeProto::default()
        }),
        ..ValueInfoProto::default()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::graph::{Binary, DType, Op, TensorType};
    use crate::onnx::{LoadOptions, Model};

    /// `x · large + small`, the large weight used twice.
    fn graph() -> Graph {
        let mut graph = Graph::new();
        let x = graph
            .add_input("x", TensorType::new(DType::F32, [1, 700]))
            .unwrap();
        let wide = graph
            .add_input("wide", TensorType::new(DType::F64, [1, 999]))
            .unwrap();
        let values = (0..700).map(|i| i as f32).collect();
        let large = graph.add_constant("large", Tensor::f32([700], values).unwrap());
        let other = graph.add_constant("other", Tensor::filled(DType::F64, [999], 0.5));
        let small = graph.add_constant("small", Tensor::scalar(DType::F32, 2.0));
        let product = graph
            .add("product", Op::Binary(Binary::Mul), &[x, large])
            .unwrap();
        let again = graph
            .add("again", Op::Binary(Binary::Mul), &[product, large])
            .unwrap();
        let y = graph
            .add("y", Op::Binary(Binary::Add), &[again, small])
            .unwrap();
        let z = graph
            .add("z", Op::Binary(Binary::Add), &[wide, other])
            .unwrap();
        graph.set_outputs(vec![y, z]);
        graph
    }

    fn options() -> LoadOptions {
        LoadOptions {
            batch: 1,
            ..LoadOptions::default()
        }
    }

    #[test]
    fn a_message_has_the_length_that_was_announced() {
        let encoded = encode(&graph(), Placement::Inside).unwrap();
        let bytes = serialise(&graph()).unwrap();
        assert_eq!(bytes.len() as u64, encoded.model_bytes());
        assert_eq!(encoded.weight_bytes(), None);
        let proto = ModelProto::decode(bytes.as_slice()).unwrap();
        assert_eq!(proto.encoded_len(), bytes.len());
        assert_eq!(proto.graph.unwrap().initializer.len(), 3);
    }

    #[test]
    fn weights_beside_the_model_start_at_pages_and_are_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let encoded = encode(&graph(), Placement::Beside("m.onnx.data")).unwrap();
        let (mut model, mut weights) = (Vec::new(), Vec::new());
        encoded.write_model(&mut model).unwrap();
        encoded.write_weights(&mut weights).unwrap();
        assert_eq!(model.len() as u64, encoded.model_bytes());
        assert_eq!(weights.len() as u64, encoded.weight_bytes().unwrap());
        // 700 floats fill less than a page, so the next weight starts at the second.
        assert_eq!(weights.len(), 4096 + 999 * 8);
        assert_eq!(weights[4..8], 1f32.to_le_bytes());
        assert_eq!(weights[4096..4104], 0.5f64.to_le_bytes());
        let path = folder.path().join("m.onnx");
        std::fs::write(&path, model).unwrap();
        std::fs::write(folder.path().join("m.onnx.data"), weights).unwrap();
        let read = Model::open(&path).unwrap().graph(&options()).unwrap();
        let written = graph();
        for name in ["large", "other", "small"] {
            let tensor = |graph: &Graph| graph.constant(graph.find(name).unwrap()).cloned();
            assert!(tensor(&read) == tensor(&written), "{name}");
        }
    }

    #[test]
    fn only_large_weights_leave_the_model_unasked() {
        let beside = |most| {
            let placement = Placement::BesideWhenLarge("w");
            encode_with(&graph(), placement, most)
                .unwrap()
                .weight_bytes()
        };
        assert_eq!(beside(100_000), None);
        assert!(beside(10_000).is_some());
    }
}
