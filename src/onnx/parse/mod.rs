//! Nodes of any opset from 7 to 24 to a graph: one spelling, concrete shapes, constants folded.
//!
//! [`Model::graph`] walks the nodes that the wanted outputs need, in order. Each operator family
//! has a file with its rows of the table of [`operators`] and the functions that read them. A node
//! that cannot be read is noted and the walk goes on, so that one error lists all of them.

mod activation;
mod attention;
mod axis_map;
mod branch;
mod builder;
mod constant;
mod convolution;
mod einsum;
mod elementwise;
mod equation;
mod index;
mod layout;
mod linear;
mod node;
mod normalization;
mod operator;
mod pad;
mod plan;
mod pool;
mod reduce;
mod resize;
mod rotary;
mod sequence;
mod shaping;
mod slice;
mod softmax;
mod triangle;
mod window;

#[cfg(test)]
mod lowered_tests;
#[cfg(test)]
mod tests;

use super::error::{OnnxError, UnsupportedNode};
use super::flatten::{FlatNode, node_name};
use super::load::{LoadOptions, Model, OPSETS, TensorInfo, malformed};
use super::wire::NodeProto;
use crate::graph::{Graph, TensorType};
use builder::Builder;
use node::{NodeReader, Parsed, Refusal};
pub use operator::{Operator, operators};
use plan::Plan;

/// What could be read of a model.
#[derive(Debug, Clone, PartialEq)]
pub struct Survey {
    /// The readable nodes.
    pub graph: Graph,
    /// The others, but for those that only depend on them.
    pub unsupported: Vec<UnsupportedNode>,
}

/// A quarter of a terabyte of 32-bit floats: shapes beyond are refused before anybody multiplies them.
const MOST_ELEMENTS: usize = 1 << 36;

impl Model {
    /// The graph of the wanted outputs at concrete sizes.
    ///
    /// Names are the file's. What depends on constants alone is folded when small, so shape
    /// arithmetic leaves no trace.
    ///
    /// # Errors
    /// A wanted tensor does not exist, a size is missing or contradicts the file, the file is not
    /// sound, or nodes are unsupported (all of them listed).
    pub fn graph(&self, options: &LoadOptions) -> Result<Graph, OnnxError> {
        let outputs: Vec<String> = match &options.outputs {
            Some(names) => names.clone(),
            None => self.outputs().iter().map(|o| o.name.clone()).collect(),
        };
        let plan = plan::plan(self, &outputs)?;
        let (builder, unsupported) = self.read(&plan, options)?;
        if !unsupported.is_empty() {
            return Err(OnnxError::Unsupported {
                file: self.file.clone(),
                nodes: unsupported,
            });
        }
        builder
            .finish(&outputs)
            .map_err(|reason| malformed(&self.file, "outputs", reason, "ask for other outputs"))
    }

    /// Reads as much of the model as can be read, whatever the outputs need.
    ///
    /// # Errors
    /// A size is missing or contradicts the file, or the file is not sound. Unsupported nodes are
    /// listed beside the graph, which has no outputs.
    pub fn survey(&self, options: &LoadOptions) -> Result<Survey, OnnxError> {
        let plan = plan::whole(self)?;
        let (builder, unsupported) = self.read(&plan, options)?;
        let graph = builder
            .finish(&[])
            .map_err(|reason| malformed(&self.file, "graph", reason, "export it again"))?;
        Ok(Survey { graph, unsupported })
    }

    fn read<'m>(
        &'m self,
        plan: &'m Plan<'m>,
        options: &LoadOptions,
    ) -> Result<(Builder<'m>, Vec<UnsupportedNode>), OnnxError> {
        let mut builder = Builder::new(self, plan);
        let batch_symbols = self.batch_symbols();
        for input in self.inputs() {
            if options.outputs.is_none() || plan.reads(&input.name) {
                let tensor_type = self.input_type(input, options, &batch_symbols)?;
                builder.add_input(&input.name, tensor_type);
            }
        }
        let mut unsupported = Vec::new();
        for node in plan.nodes() {
            read_node(&mut builder, node, &mut unsupported);
        }
        Ok((builder, unsupported))
    }

    /// Names that the file gives to the first dimension of inputs.
    fn batch_symbols(&self) -> Vec<&str> {
        self.inputs()
            .iter()
            .filter_map(|input| input.dims.as_ref()?.first()?.symbol.as_deref())
            .collect()
    }

    fn input_type(
        &self,
        input: &TensorInfo,
        options: &LoadOptions,
        batch_symbols: &[&str],
    ) -> Result<TensorType, OnnxError> {
        let place = || format!("input {:?}", input.name);
        let wrong = |reason: String, remedy| malformed(&self.file, &place(), reason, remedy);
        let dtype = input.dtype.ok_or_else(|| {
            wrong(
                "its element type is not float, double, int64, int32, uint8 or bool".to_owned(),
                "export the model with another input type, or ask for a tensor behind it",
            )
        })?;
        let dims = input.dims.as_ref().ok_or_else(|| {
            wrong(
                "it declares no shape".to_owned(),
                "export the model again with input shapes",
            )
        })?;
        let mut shape = Vec::with_capacity(dims.len());
        for (axis, dim) in dims.iter().enumerate() {
            let named = dim
                .symbol
                .as_ref()
                .and_then(|symbol| options.dimensions.get(symbol));
            let shares_batch = dim
                .symbol
                .as_deref()
                .is_some_and(|symbol| batch_symbols.contains(&symbol));
            shape.push(match (dim.size, named) {
                (Some(found), _) if axis == 0 && found != options.batch => {
                    return Err(OnnxError::FixedBatch {
                        file: self.file.clone(),
                        input: input.name.clone(),
                        found,
                        asked: options.batch,
                    });
                }
                (Some(size), _) => size,
                (None, Some(&size)) => size,
                (None, None) if axis == 0 || shares_batch => options.batch,
                (None, None) => {
                    return Err(OnnxError::DynamicDimension {
                        file: self.file.clone(),
                        input: input.name.clone(),
                        axis,
                        symbol: dim.symbol.clone(),
                    });
                }
            });
        }
        if elements(&shape).is_none() {
            let reason = format!("the shape {shape:?} is impossibly large");
            return Err(wrong(reason, "choose smaller sizes"));
        }
        Ok(TensorType::new(dtype, shape))
    }
}

/// The number of elements, unless no machine could hold them.
fn elements(shape: &[usize]) -> Option<usize> {
    // Zero-length axes must not hide the others' size: strides are products as well.
    let mut product = 1usize;
    for &axis in shape {
        product = product
            .checked_mul(axis.max(1))
            .filter(|&count| count <= MOST_ELEMENTS)?;
    }
    Some(if shape.contains(&0) { 0 } else { product })
}

/// Reads a node, and of an `If` the branch taken. What cannot be read joins `unsupported`.
fn read_node(builder: &mut Builder<'_>, node: &FlatNode, unsupported: &mut Vec<UnsupportedNode>) {
    let read = match &node.branches {
        Some(branches) => branch::read(builder, node, branches, unsupported),
        None => read_operator(builder, &node.proto, node.opset),
    };
    if let Err(refusal) = read {
        unsupported.push(describe(&node.proto, refusal));
    }
}

fn read_operator(builder: &mut Builder<'_>, node: &NodeProto, opset: i64) -> Parsed {
    if !matches!(node.domain(), "" | "ai.onnx") {
        return Err(foreign(node));
    }
    if !OPSETS.contains(&opset) {
        return Err(Refusal::new(
            format!("the function around it is written in opset {opset}, not in 7 to 24"),
            "export the model again with opset 18",
        ));
    }
    let operator = operator::operator(node.op_type()).ok_or_else(|| unknown(node))?;
    // A node behind an unsupported one has no input types. That its operator is known is all that
    // can be said of it.
    if node.input.iter().any(|name| builder.is_missing(name)) {
        return Ok(());
    }
    let mut reader = NodeReader::new(builder, node, operator, opset);
    operator.read(&mut reader)?;
    reader.finished()
}

fn foreign(node: &NodeProto) -> Refusal {
    let remedy = if node.domain().starts_with("com.microsoft") {
        "export the model without ONNX Runtime's optimisations"
    } else {
        "export the model with its functions inlined (onnx.inliner), using ONNX's own operators"
    };
    Refusal::new("it is not one of ONNX's own operators", remedy)
}

fn unknown(node: &NodeProto) -> Refusal {
    match node.op_type() {
        "Loop" | "Scan" => Refusal::new(
            "loops are not supported",
            "export the model traced, with its loops unrolled, or ask for a tensor before it",
        ),
        "QuantizeLinear"
        | "DequantizeLinear"
        | "QLinearConv"
        | "QLinearMatMul"
        | "ConvInteger"
        | "MatMulInteger"
        | "DynamicQuantizeLinear" => Refusal::new(
            "quantised arithmetic has no derivative",
            "use the float model it was made from",
        ),
        "TopK" | "ArgMax" | "ArgMin" | "NonMaxSuppression" | "Unique" | "Compress" => Refusal::new(
            "it selects by value, so it has no derivative",
            "ask for a tensor before it",
        ),
        _ => Refusal::new(
            "this operator is not supported",
            "ask for a tensor before it, or export the model without it",
        ),
    }
}

fn describe(node: &NodeProto, refusal: Refusal) -> UnsupportedNode {
    let op = match node.domain() {
        "" | "ai.onnx" => node.op_type().to_owned(),
        domain => format!("{domain}:{}", node.op_type()),
    };
    UnsupportedNode {
        node: node_name(node).to_owned(),
        op,
        attribute: refusal.place,
        reason: refusal.reason,
        remedy: refusal.remedy,
    }
}
