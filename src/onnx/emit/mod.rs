//! Operators to ONNX nodes of opset 18.
//!
//! Most operators are one node. What opset 18 lacks (`Gelu`), what ONNX Runtime only expands
//! (`HardSwish`, `Mish`, `Celu`), and what the embedded runtime lacks (`LRN`, `SpaceToDepth`,
//! `Selu`) or computes otherwise (`Sign`, `Cast` to bool) is written as simpler nodes, so that one
//! file runs everywhere.

mod activation;
mod attributes;
mod elementwise;
mod index;
mod layout;
mod linear;
mod normalization;
mod pad;
mod pool;
mod reduce;
mod resize;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::error::OnnxError;
use super::wire::{AttributeProto, NodeProto};
use crate::graph::{DType, Data, Graph, Node, Op, Tensor, TensorType, ValueId};

/// The parts of a model that hold operators and weights.
pub(super) struct Body {
    pub(super) nodes: Vec<NodeProto>,
    /// Weights under their names; their elements are shared with the graph.
    pub(super) weights: Vec<(String, Tensor)>,
}

/// Writes all nodes and constants of a graph.
pub(super) fn emit(graph: &Graph) -> Result<Body, OnnxError> {
    let mut emitter = Emitter::new(graph);
    emitter.write_constants();
    for node in graph.nodes() {
        let mut site = Site {
            emitter: &mut emitter,
            node,
        };
        write(&mut site, &node.op).map_err(|reason| OnnxError::NotWritable {
            node: node.name.clone(),
            op: node.op.name(),
            reason,
        })?;
    }
    Ok(Body {
        nodes: emitter.nodes,
        weights: emitter.weights,
    })
}

fn write(site: &mut Site<'_, '_>, op: &Op) -> Result<(), String> {
    match op {
        Op::Unary(unary) => activation::unary(site, *unary),
        Op::Binary(binary) => elementwise::binary(site, *binary),
        Op::Cast { to } => elementwise::cast(site, *to),
        Op::Clip { low, high } => elementwise::clip(site, *low, *high),
        Op::Where => site.same("Where", vec![]),
        Op::Conv(convolution) => linear::convolution(site, convolution),
        Op::ConvTranspose {
            convolution,
            output_padding,
        } => linear::transposed_convolution(site, convolution, output_padding),
        Op::Gemm {
            alpha,
            beta,
            transpose_a,
            transpose_b,
        } => linear::gemm(site, *alpha, *beta, *transpose_a, *transpose_b),
        Op::MatMul => site.same("MatMul", vec![]),
        Op::BatchNormalization { epsilon } => {
            normalization::with_epsilon(site, "BatchNormalization", *epsilon)
        }
        Op::InstanceNormalization { epsilon } => {
            normalization::with_epsilon(site, "InstanceNormalization", *epsilon)
        }
        Op::LayerNormalization { axis, epsilon } => normalization::layer(site, *axis, *epsilon),
        Op::LocalResponseNormalization {
            alpha,
            beta,
            bias,
            size,
        } => normalization::local_response(site, *alpha, *beta, *bias, *size),
        Op::MaxPool(windows) => pool::max(site, windows),
        Op::AveragePool {
            pool: windows,
            count_include_pad,
        } => pool::average(site, windows, *count_include_pad)?,
        Op::GlobalAveragePool => site.same("GlobalAveragePool", vec![]),
        Op::GlobalMaxPool => site.same("GlobalMaxPool", vec![]),
        Op::Reduce {
            kind,
            axes,
            keep_dims,
        } => reduce::reduce(site, *kind, axes, *keep_dims),
        Op::Softmax { axis } => reduce::along(site, "Softmax", *axis),
        Op::LogSoftmax { axis } => reduce::along(site, "LogSoftmax", *axis),
        Op::CumSum {
            axis,
            exclusive,
            reverse,
        } => reduce::running_sum(site, *axis, *exclusive, *reverse),
        Op::Reshape { shape } => layout::reshape(site, shape),
        Op::Transpose { permutation } => layout::transpose(site, permutation),
        Op::Concat { axis } => reduce::along(site, "Concat", *axis),
        Op::Split { axis, sizes } => layout::split(site, *axis, sizes),
        Op::Slice { ranges } => layout::slice(site, ranges),
        Op::Pad {
            mode,
            before,
            after,
            value,
        } => pad::pad(site, *mode, before, after, *value)?,
        Op::Expand { shape } => layout::with_lengths(site, "Expand", "shape", shape),
        Op::Tile { repeats } => layout::with_lengths(site, "Tile", "repeats", repeats),
        Op::DepthToSpace {
            block,
            channel_first,
        } => layout::depth_to_space(site, *block, *channel_first),
        Op::SpaceToDepth { block } => layout::space_to_depth(site, *block)?,
        Op::Resize(resampling) => resize::resize(site, resampling)?,
        Op::Gather { axis } => reduce::along(site, "Gather", *axis),
        Op::GatherElements { axis } => reduce::along(site, "GatherElements", *axis),
        Op::ScatterElements { axis, add } => index::scatter(site, *axis, *add),
    }
    Ok(())
}

/// Nodes and weights written so far.
struct Emitter<'g> {
    graph: &'g Graph,
    nodes: Vec<NodeProto>,
    weights: Vec<(String, Tensor)>,
    /// Names of helper values, beside the graph's own.
    helpers: HashSet<String>,
    /// The one written name of constants that share elements and shape.
    shared: HashMap<ValueId, ValueId>,
}

impl<'g> Emitter<'g> {
    fn new(graph: &'g Graph) -> Self {
        Emitter {
            graph,
            nodes: Vec::new(),
            weights: Vec::new(),
            helpers: HashSet::new(),
            shared: HashMap::new(),
        }
    }

    /// Writes the constants that nodes or outputs use.
    fn write_constants(&mut self) {
        let graph = self.graph;
        let mut first_of = HashMap::new();
        let used = graph.nodes().iter().flat_map(|node| &node.inputs);
        let used: HashSet<ValueId> = used.chain(graph.outputs()).copied().collect();
        for (id, value) in graph.values().filter(|(id, _)| used.contains(id)) {
            let Some(tensor) = graph.constant(id) else {
                continue;
            };
            let first = *first_of.entry(identity(tensor)).or_insert(id);
            // An output must keep its own name.
            if first == id || graph.outputs().contains(&id) {
                self.weights.push((value.name.clone(), tensor.clone()));
            } else {
                self.shared.insert(id, first);
            }
        }
    }

    fn name(&self, id: ValueId) -> &'g str {
        self.graph.name(self.shared.get(&id).copied().unwrap_or(id))
    }

    fn fresh(&mut self, wish: &str) -> String {
        let mut name = wish.to_owned();
        let mut number = 1usize;
        while self.graph.find(&name).is_some() || self.helpers.contains(&name) {
            name = format!("{wish}~{number}");
            number += 1;
        }
        self.helpers.insert(name.clone());
        name
    }
}

/// Equal for tensors that share their elements and have one shape.
fn identity(tensor: &Tensor) -> (*const (), Vec<usize>) {
    let address = match tensor.data() {
        Data::F32(values) => Arc::as_ptr(values).cast(),
        Data::F64(values) => Arc::as_ptr(values).cast(),
        Data::I64(values) => Arc::as_ptr(values).cast(),
        Data::I32(values) => Arc::as_ptr(values).cast(),
        Data::U8(values) => Arc::as_ptr(values).cast(),
        Data::Bool(values) => Arc::as_ptr(values).cast(),
    };
    (address, tensor.shape().to_vec())
}

/// One node of the graph while it is written.
struct Site<'e, 'g> {
    emitter: &'e mut Emitter<'g>,
    node: &'g Node,
}

impl Site<'_, '_> {
    /// The written name of an input.
    fn input(&self, index: usize) -> String {
        self.emitter.name(self.node.inputs[index]).to_owned()
    }

    fn input_type(&self, index: usize) -> &TensorType {
        self.emitter.graph.tensor_type(self.node.inputs[index])
    }

    /// One node with the graph node's own inputs and outputs.
    fn same(&mut self, op_type: &str, attributes: Vec<AttributeProto>) {
        self.with_more_inputs(op_type, vec![], attributes);
    }

    /// One node with the graph node's inputs, more inputs after them, and its outputs.
    fn with_more_inputs(
        &mut self,
        op_type: &str,
        more: Vec<String>,
        attributes: Vec<AttributeProto>,
    ) {
        let own = 0..self.node.inputs.len();
        let inputs = own.map(|index| self.input(index)).chain(more).collect();
        self.last(op_type, inputs, attributes);
    }

    /// The node that makes the graph node's outputs.
    fn last(&mut self, op_type: &str, inputs: Vec<String>, attributes: Vec<AttributeProto>) {
        let outputs = self.node.outputs.iter();
        let outputs = outputs
            .map(|&id| self.emitter.graph.name(id).to_owned())
            .collect();
        self.push(self.node.name.clone(), op_type, inputs, outputs, attributes);
    }

    /// A node on the way; returns the name of its value.
    fn step(
        &mut self,
        part: &str,
        op_type: &str,
        inputs: Vec<String>,
        attributes: Vec<AttributeProto>,
    ) -> String {
        let name = self.helper(part);
        self.push(
            name.clone(),
            op_type,
            inputs,
            vec![name.clone()],
            attributes,
        );
        name
    }

    /// An integer vector as a weight.
    fn ints(&mut self, part: &str, values: Vec<i64>) -> String {
        self.weight(part, Tensor::i64_vector(values))
    }

    /// A weight of rank 0.
    fn scalar(&mut self, part: &str, dtype: DType, value: f64) -> String {
        self.weight(part, Tensor::scalar(dtype, value))
    }

    fn weight(&mut self, part: &str, tensor: Tensor) -> String {
        let name = self.helper(part);
        self.emitter.weights.push((name.clone(), tensor));
        name
    }

    fn helper(&mut self, part: &str) -> String {
        let output = self.emitter.graph.name(self.node.outputs[0]);
        self.emitter.fresh(&format!("{output}/{part}"))
    }

    fn push(
        &mut self,
        name: String,
        op_type: &str,
        input: Vec<String>,
        output: Vec<String>,
        attribute: Vec<AttributeProto>,
    ) {
        self.emitter.nodes.push(NodeProto {
            name: Some(name),
            op_type: Some(op_type.to_owned()),
            input,
            output,
            attribute,
            ..NodeProto::default()
        });
    }
}
