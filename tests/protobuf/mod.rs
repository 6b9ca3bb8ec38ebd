//! A few messages of `onnx.proto`, written field by field: the tests of broken files and the fuzz
//! targets need models that are well-formed as protobuf and senseless in every other respect, which
//! `invset` does not write.
// Each user needs its own part of this module.
#![allow(dead_code, unreachable_pub)]

/// A protobuf message under construction.
#[derive(Debug, Clone, Default)]
pub struct Message(Vec<u8>);

impl Message {
    /// An empty message.
    pub fn new() -> Self {
        Message::default()
    }

    /// Its bytes.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    fn key(&mut self, field: u32, wire_type: u64) {
        self.varint(u64::from(field) << 3 | wire_type);
    }

    /// An integer field.
    pub fn int(mut self, field: u32, value: i64) -> Self {
        self.key(field, 0);
        self.varint(value as u64);
        self
    }

    /// A float field.
    pub fn float(mut self, field: u32, value: f32) -> Self {
        self.key(field, 5);
        self.0.extend(value.to_le_bytes());
        self
    }

    /// A field of bytes.
    pub fn bytes(mut self, field: u32, value: &[u8]) -> Self {
        self.key(field, 2);
        self.varint(value.len() as u64);
        self.0.extend(value);
        self
    }

    /// A field of text.
    pub fn text(self, field: u32, value: &str) -> Self {
        self.bytes(field, value.as_bytes())
    }

    /// A field that is itself a message.
    pub fn message(self, field: u32, value: Message) -> Self {
        self.bytes(field, &value.0)
    }

    /// Repeated integers.
    pub fn ints(self, field: u32, values: &[i64]) -> Self {
        values
            .iter()
            .fold(self, |message, &value| message.int(field, value))
    }
}

/// Element types as ONNX numbers them.
pub const FLOAT: i64 = 1;
/// 64-bit integers.
pub const INT64: i64 = 7;

/// `TensorProto` with raw data.
pub fn tensor(name: &str, dtype: i64, dims: &[i64], raw: &[u8]) -> Message {
    Message::new()
        .ints(1, dims)
        .int(2, dtype)
        .text(8, name)
        .bytes(9, raw)
}

/// `ValueInfoProto` of a tensor.
pub fn value_info(name: &str, dtype: i64, dims: &[i64]) -> Message {
    let shape = dims.iter().fold(Message::new(), |shape, &dim| {
        shape.message(1, Message::new().int(1, dim))
    });
    let tensor = Message::new().int(1, dtype).message(2, shape);
    Message::new()
        .text(1, name)
        .message(2, Message::new().message(1, tensor))
}

/// The value of an attribute.
#[derive(Debug, Clone)]
pub enum Attribute {
    /// One integer.
    Int(i64),
    /// One float.
    Float(f32),
    /// A text.
    Text(String),
    /// Integers.
    Ints(Vec<i64>),
    /// Floats.
    Floats(Vec<f32>),
    /// A tensor.
    Tensor(Message),
    /// A graph.
    Graph(Message),
}

/// `AttributeProto`.
pub fn attribute(name: &str, value: Attribute) -> Message {
    let named = Message::new().text(1, name);
    match value {
        Attribute::Float(value) => named.float(2, value).int(20, 1),
        Attribute::Int(value) => named.int(3, value).int(20, 2),
        Attribute::Text(value) => named.text(4, &value).int(20, 3),
        Attribute::Tensor(value) => named.message(5, value).int(20, 4),
        Attribute::Graph(value) => named.message(6, value).int(20, 5),
        Attribute::Floats(values) => values
            .into_iter()
            .fold(named, |message, value| message.float(7, value))
            .int(20, 6),
        Attribute::Ints(values) => named.ints(8, &values).int(20, 7),
    }
}

/// `NodeProto`.
pub fn node(
    op_type: &str,
    domain: &str,
    inputs: &[String],
    outputs: &[String],
    attributes: Vec<Message>,
) -> Message {
    let node = inputs
        .iter()
        .fold(Message::new(), |node, name| node.text(1, name));
    let node = outputs.iter().fold(node, |node, name| node.text(2, name));
    let node = node.text(4, op_type).text(7, domain);
    attributes
        .into_iter()
        .fold(node, |node, attribute| node.message(5, attribute))
}

/// The parts of a `GraphProto`.
#[derive(Debug, Clone, Default)]
pub struct GraphParts {
    /// Nodes.
    pub nodes: Vec<Message>,
    /// Weights.
    pub initializers: Vec<Message>,
    /// Inputs.
    pub inputs: Vec<Message>,
    /// Outputs.
    pub outputs: Vec<Message>,
}

/// `GraphProto`.
pub fn graph(parts: GraphParts) -> Message {
    let fields = [
        (1, parts.nodes),
        (5, parts.initializers),
        (11, parts.inputs),
        (12, parts.outputs),
    ];
    let named = Message::new().text(2, "graph");
    fields.into_iter().fold(named, |graph, (field, messages)| {
        messages
            .into_iter()
            .fold(graph, |graph, message| graph.message(field, message))
    })
}

/// `FunctionProto` of one model-local function.
pub fn function(
    domain: &str,
    name: &str,
    inputs: &[String],
    outputs: &[String],
    nodes: Vec<Message>,
    opset: i64,
) -> Message {
    let function = Message::new().text(1, name);
    let function = inputs.iter().fold(function, |f, name| f.text(4, name));
    let function = outputs.iter().fold(function, |f, name| f.text(5, name));
    let function = nodes
        .into_iter()
        .fold(function, |f, node| f.message(7, node));
    function
        .message(9, Message::new().int(2, opset))
        .text(10, domain)
}

/// `ModelProto`.
pub fn model(opset: i64, graph: Message, functions: Vec<Message>) -> Message {
    let model = Message::new()
        .int(1, 8)
        .message(7, graph)
        .message(8, Message::new().int(2, opset))
        .message(8, Message::new().text(1, "local").int(2, 1));
    functions
        .into_iter()
        .fold(model, |model, function| model.message(25, function))
}
