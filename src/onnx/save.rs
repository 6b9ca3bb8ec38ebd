//! A graph as the bytes of an ONNX model.

use prost::Message;

use super::emit;
use super::error::OnnxError;
use super::tensor;
use super::wire::tensor_shape_proto::Dimension;
use super::wire::tensor_shape_proto::dimension::Value as DimensionValue;
use super::wire::type_proto::{Tensor as TensorTypeProto, Value as TypeValue};
use super::wire::{
    GraphProto, ModelProto, OperatorSetIdProto, TensorShapeProto, TypeProto, ValueInfoProto,
};
use crate::graph::{Graph, ValueId};

/// The opset written. Newer ones lack kernels in ONNX Runtime's CUDA provider
/// (`research/autodiff.md` 2.2).
const OPSET: i64 = 18;
/// The file version written, which every release that knows the opset reads.
const IR_VERSION: i64 = 8;

/// Writes a graph as an ONNX model of opset 18 with concrete shapes.
///
/// Names are kept. Constants that share their elements are written once. Operators that opset 18,
/// or a runtime that claims it, lacks are written as simpler ones.
///
/// # Errors
/// An operator has no spelling there, or the model exceeds protobuf's 2 GiB.
pub fn serialise(graph: &Graph) -> Result<Vec<u8>, OnnxError> {
    let body = emit::emit(graph)?;
    let bytes: usize = body
        .initializers
        .iter()
        .map(|weight| weight.raw_data().len())
        .sum();
    let infos = |ids: &[ValueId]| ids.iter().map(|&id| value_info(graph, id)).collect();
    let model = ModelProto {
        ir_version: Some(IR_VERSION),
        producer_name: Some("invset".to_owned()),
        producer_version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        opset_import: vec![OperatorSetIdProto {
            domain: Some(String::new()),
            version: Some(OPSET),
        }],
        graph: Some(GraphProto {
            name: Some("graph".to_owned()),
            node: body.nodes,
            initializer: body.initializers,
            input: infos(graph.inputs()),
            output: infos(graph.outputs()),
            ..GraphProto::default()
        }),
        ..ModelProto::default()
    };
    if bytes.max(model.encoded_len()) > i32::MAX as usize {
        return Err(OnnxError::TooLarge { bytes });
    }
    Ok(model.encode_to_vec())
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
