//! Small models built by hand, for tests of this module.

use prost::Message;

use super::wire::attribute_proto::AttributeType;
use super::wire::tensor_shape_proto::Dimension;
use super::wire::tensor_shape_proto::dimension::Value as DimensionValue;
use super::wire::type_proto::{Tensor as TensorTypeProto, Value as TypeValue};
use super::wire::{
    AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto,
    TensorShapeProto, TypeProto, ValueInfoProto,
};
use super::{Model, OnnxError, tensor};
use crate::graph::{DType, Tensor};

/// A model while it is put together.
#[derive(Default)]
pub(super) struct Draft {
    opset: i64,
    graph: GraphProto,
}

/// A dimension of an input: a size, or a name.
pub(super) enum Dim {
    Size(i64),
    Symbol(&'static str),
}

impl Draft {
    pub(super) fn opset(opset: i64) -> Self {
        Draft {
            opset,
            ..Draft::default()
        }
    }

    pub(super) fn input(mut self, name: &str, dtype: DType, dims: &[i64]) -> Self {
        let dims = dims.iter().map(|&size| Dim::Size(size)).collect::<Vec<_>>();
        self.graph.input.push(info(name, dtype, &dims));
        self
    }

    pub(super) fn open_input(mut self, name: &str, dims: &[Dim]) -> Self {
        self.graph.input.push(info(name, DType::F32, dims));
        self
    }

    pub(super) fn weight(mut self, name: &str, tensor: &Tensor) -> Self {
        self.graph.initializer.push(tensor::encode(name, tensor));
        self
    }

    pub(super) fn ints(self, name: &str, values: &[i64]) -> Self {
        self.weight(name, &Tensor::i64_vector(values.to_vec()))
    }

    pub(super) fn floats(self, name: &str, shape: &[usize], value: f64) -> Self {
        self.weight(name, &Tensor::filled(DType::F32, shape, value))
    }

    pub(super) fn raw_weight(mut self, weight: TensorProto) -> Self {
        self.graph.initializer.push(weight);
        self
    }

    pub(super) fn node(
        self,
        op_type: &str,
        inputs: &[&str],
        outputs: &[&str],
        attributes: Vec<AttributeProto>,
    ) -> Self {
        self.any_node(node(op_type, inputs, outputs, attributes))
    }

    pub(super) fn any_node(mut self, node: NodeProto) -> Self {
        self.graph.node.push(node);
        self
    }

    pub(super) fn domain(mut self, domain: &str) -> Self {
        if let Some(node) = self.graph.node.last_mut() {
            node.domain = Some(domain.to_owned());
        }
        self
    }

    pub(super) fn output(mut self, name: &str) -> Self {
        self.graph.output.push(ValueInfoProto {
            name: Some(name.to_owned()),
            ..ValueInfoProto::default()
        });
        self
    }

    pub(super) fn proto(self) -> ModelProto {
        ModelProto {
            ir_version: Some(8),
            opset_import: vec![OperatorSetIdProto {
                domain: None,
                version: Some(self.opset),
            }],
            graph: Some(self.graph),
            ..ModelProto::default()
        }
    }

    pub(super) fn open(self) -> Result<Model, OnnxError> {
        open(&self.proto())
    }
}

/// A node without a name.
pub(super) fn node(
    op_type: &str,
    inputs: &[&str],
    outputs: &[&str],
    attributes: Vec<AttributeProto>,
) -> NodeProto {
    NodeProto {
        op_type: Some(op_type.to_owned()),
        input: inputs.iter().map(|&name| name.to_owned()).collect(),
        output: outputs.iter().map(|&name| name.to_owned()).collect(),
        attribute: attributes,
        ..NodeProto::default()
    }
}

pub(super) fn open(proto: &ModelProto) -> Result<Model, OnnxError> {
    Model::from_bytes(proto.encode_to_vec(), "test.onnx")
}

fn info(name: &str, dtype: DType, dims: &[Dim]) -> ValueInfoProto {
    let dim = dims
        .iter()
        .map(|dim| Dimension {
            value: Some(match dim {
                Dim::Size(size) => DimensionValue::DimValue(*size),
                Dim::Symbol(symbol) => DimensionValue::DimParam((*symbol).to_owned()),
            }),
            ..Dimension::default()
        })
        .collect();
    ValueInfoProto {
        name: Some(name.to_owned()),
        r#type: Some(TypeProto {
            value: Some(TypeValue::TensorType(TensorTypeProto {
                elem_type: Some(tensor::element(dtype)),
                shape: Some(TensorShapeProto { dim }),
            })),
            ..TypeProto::default()
        }),
        ..ValueInfoProto::default()
    }
}

pub(super) fn int(name: &str, value: i64) -> AttributeProto {
    AttributeProto {
        i: Some(value),
        ..attribute(name, AttributeType::Int)
    }
}

pub(super) fn ints(name: &str, values: &[i64]) -> AttributeProto {
    AttributeProto {
        ints: values.to_vec(),
        ..attribute(name, AttributeType::Ints)
    }
}

pub(super) fn float(name: &str, value: f32) -> AttributeProto {
    AttributeProto {
        f: Some(value),
        ..attribute(name, AttributeType::Float)
    }
}

pub(super) fn floats(name: &str, values: &[f32]) -> AttributeProto {
    AttributeProto {
        floats: values.to_vec(),
        ..attribute(name, AttributeType::Floats)
    }
}

pub(super) fn text(name: &str, value: &str) -> AttributeProto {
    AttributeProto {
        s: Some(value.as_bytes().to_vec().into()),
        ..attribute(name, AttributeType::String)
    }
}

pub(super) fn value(name: &str, tensor: &Tensor) -> AttributeProto {
    AttributeProto {
        t: Some(tensor::encode("", tensor)),
        ..attribute(name, AttributeType::Tensor)
    }
}

/// An attribute that holds a graph of one output.
pub(super) fn graph_of(name: &str, nodes: Vec<NodeProto>, output: &str) -> AttributeProto {
    let output = ValueInfoProto {
        name: Some(output.to_owned()),
        ..ValueInfoProto::default()
    };
    AttributeProto {
        g: Some(GraphProto {
            node: nodes,
            output: vec![output],
            ..GraphProto::default()
        }),
        ..attribute(name, AttributeType::Graph)
    }
}

/// An attribute inside a function that takes the value of the function's own.
pub(super) fn refer(name: &str, to: &str) -> AttributeProto {
    AttributeProto {
        ref_attr_name: Some(to.to_owned()),
        ..attribute(name, AttributeType::Float)
    }
}

fn attribute(name: &str, kind: AttributeType) -> AttributeProto {
    AttributeProto {
        name: Some(name.to_owned()),
        r#type: Some(kind as i32),
        ..AttributeProto::default()
    }
}
