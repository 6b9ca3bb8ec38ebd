//! An interpreter: every operator by its ONNX definition.
//!
//! It folds constants, and on a graph of 64-bit floats it is the oracle that derivative rules and
//! whole gradients are held to. So it favours being plainly right: floats are computed in 64 bits and
//! rounded once to the element type, integers wrap, truth values are exact, sums run in one fixed
//! order. What takes the time of real networks is fast (products of matrices, convolutions); the rest
//! is loops. One file for each operator family. Derivative rules share one thing with it: the matrices of resampling axes are
//! what it makes of an identity matrix.

mod convolution;
mod elementwise;
mod index;
mod layout;
mod linear;
mod normalisation;
mod pooling;
mod positions;
mod reduce;
mod resize;
mod special;
#[cfg(test)]
mod tests;
mod windows;

use std::borrow::Cow;
use std::sync::Arc;

use super::tensor::{DType, Data, Tensor, TensorType};
use super::{Graph, Op, Source, shape};

/// The most elements of one result: 2 GiB of 64-bit numbers.
const LARGEST_RESULT: usize = 1 << 28;

/// Applies `op` to `inputs`.
///
/// # Errors
/// The inputs do not fit the operator, an index lies outside its axis, an integer is divided by
/// zero, or a result would hold more than 2²⁸ elements.
pub fn evaluate(op: &Op, inputs: &[&Tensor], output_count: usize) -> Result<Vec<Tensor>, String> {
    let types: Vec<TensorType> = inputs.iter().map(|tensor| tensor.tensor_type()).collect();
    let types: Vec<&TensorType> = types.iter().collect();
    let outputs = shape::infer(op, &types, output_count)?;
    if let Some(large) = outputs.iter().find(|output| output.len() > LARGEST_RESULT) {
        return Err(format!("{large} is too large to be computed here"));
    }
    match op {
        Op::MaxPool(pool) => return pooling::max(inputs[0], pool, &outputs),
        Op::Split { axis, .. } => return layout::split(inputs[0], *axis, &outputs),
        _ => {}
    }
    let output = &outputs[0];
    Ok(vec![match op {
        Op::Unary(unary) => elementwise::unary(*unary, inputs[0], output),
        Op::Binary(binary) => elementwise::binary(*binary, inputs[0], inputs[1], output),
        Op::Cast { to } => elementwise::cast(inputs[0], *to),
        Op::Clip { low, high } => elementwise::clip(inputs[0], *low, *high),
        Op::Where => elementwise::choose(inputs, output),
        Op::Conv(convolution) => convolution::forward(inputs, convolution, output),
        Op::ConvTranspose { convolution, .. } => {
            convolution::transposed(inputs, convolution, output)
        }
        Op::Gemm {
            alpha,
            beta,
            transpose_a,
            transpose_b,
        } => linear::gemm(
            inputs,
            (*alpha, *beta),
            (*transpose_a, *transpose_b),
            output,
        ),
        Op::MatMul => linear::matrix_product(inputs[0], inputs[1], output),
        Op::BatchNormalization { epsilon } => normalisation::batch(inputs, *epsilon, output),
        Op::InstanceNormalization { epsilon } => normalisation::instance(inputs, *epsilon, output),
        Op::LayerNormalization { axis, epsilon } => {
            normalisation::layer(inputs, *axis, *epsilon, output)
        }
        Op::LocalResponseNormalization {
            alpha,
            beta,
            bias,
            size,
        } => normalisation::local_response(inputs[0], [*alpha, *beta, *bias], *size, output),
        Op::AveragePool {
            pool,
            count_include_pad,
        } => pooling::average(inputs[0], pool, *count_include_pad, output),
        Op::GlobalAveragePool => pooling::global(inputs[0], output, |values| {
            values.iter().sum::<f64>() / values.len() as f64
        }),
        Op::GlobalMaxPool => pooling::global(inputs[0], output, |values| {
            values.iter().copied().fold(f64::NEG_INFINITY, larger)
        }),
        Op::Reduce { kind, axes, .. } => reduce::reduce(inputs[0], *kind, axes, output),
        Op::Softmax { axis } => reduce::softmax(inputs[0], *axis, false, output),
        Op::LogSoftmax { axis } => reduce::softmax(inputs[0], *axis, true, output),
        Op::CumSum {
            axis,
            exclusive,
            reverse,
        } => reduce::running_sum(inputs[0], *axis, *exclusive, *reverse, output),
        Op::Reshape { .. } => inputs[0]
            .reshaped(output.shape.as_slice())
            .map_err(|mismatch| mismatch.to_string()),
        Op::Transpose { permutation } => layout::transpose(inputs[0], permutation, output),
        Op::Concat { axis } => layout::concatenate(inputs, *axis, output),
        Op::Slice { ranges } => layout::slice(inputs[0], ranges, output),
        Op::Pad {
            mode,
            before,
            after,
            value,
        } => layout::pad(inputs[0], *mode, (before, after), *value, output),
        Op::Expand { .. } => layout::expand(inputs[0], output),
        Op::Tile { .. } => layout::tile(inputs[0], output),
        Op::DepthToSpace {
            block,
            channel_first,
        } => layout::depth_to_space(inputs[0], *block, *channel_first, output),
        Op::SpaceToDepth { block } => layout::space_to_depth(inputs[0], *block, output),
        Op::Resize(resize) => resize::resize(inputs[0], resize, output),
        Op::Gather { axis } => index::gather(inputs, *axis, output),
        Op::GatherElements { axis } => index::gather_elements(inputs, *axis, output),
        Op::ScatterElements { axis, add } => index::scatter_elements(inputs, *axis, *add, output),
        Op::MaxPool(_) | Op::Split { .. } => Err("answered above".to_owned()),
    }?])
}

/// Runs a graph: `inputs` in the order of its inputs, results in the order of its outputs.
///
/// # Errors
/// An input is missing or of another type, or a node fails (see [`evaluate`]).
pub fn run(graph: &Graph, inputs: &[Tensor]) -> Result<Vec<Tensor>, String> {
    if inputs.len() != graph.inputs().len() {
        return Err(format!(
            "the graph takes {} inputs, not {}",
            graph.inputs().len(),
            inputs.len()
        ));
    }
    let mut values: Vec<Option<Tensor>> = graph
        .values()
        .map(|(_, value)| match &value.source {
            Source::Constant(tensor) => Some(tensor.clone()),
            Source::Input | Source::Node(..) => None,
        })
        .collect();
    for (&id, tensor) in graph.inputs().iter().zip(inputs) {
        if &tensor.tensor_type() != graph.tensor_type(id) {
            return Err(format!(
                "input '{}' is {}, not {}",
                graph.name(id),
                graph.tensor_type(id),
                tensor.tensor_type()
            ));
        }
        values[id.index()] = Some(tensor.clone());
    }
    let missing = |id| format!("'{}' has no value", graph.name(id));
    let mut uses = use_counts(graph);
    for node in graph.nodes() {
        let results = {
            let arguments: Result<Vec<&Tensor>, String> = node
                .inputs
                .iter()
                .map(|&id| values[id.index()].as_ref().ok_or_else(|| missing(id)))
                .collect();
            evaluate(&node.op, &arguments?, node.outputs.len())
                .map_err(|reason| format!("node '{}' ({}): {reason}", node.name, node.op.name()))?
        };
        for (&id, tensor) in node.outputs.iter().zip(results) {
            values[id.index()] = Some(tensor);
        }
        // What nothing reads any more gives its memory back.
        for &id in &node.inputs {
            uses[id.index()] -= 1;
        }
        for &id in node.inputs.iter().chain(&node.outputs) {
            if uses[id.index()] == 0 {
                values[id.index()] = None;
            }
        }
    }
    graph
        .outputs()
        .iter()
        .map(|&id| values[id.index()].clone().ok_or_else(|| missing(id)))
        .collect()
}

/// How often each value is read, by nodes and as an output.
fn use_counts(graph: &Graph) -> Vec<usize> {
    let mut uses = vec![0; graph.values().count()];
    let read = graph.nodes().iter().flat_map(|node| &node.inputs);
    for id in read.chain(graph.outputs()) {
        uses[id.index()] += 1;
    }
    uses
}

/// The elements as 64-bit floats, borrowed where they are that already.
fn floats(tensor: &Tensor) -> Cow<'_, [f64]> {
    match tensor.data() {
        Data::F64(values) => Cow::Borrowed(values),
        _ => Cow::Owned(tensor.to_f64()),
    }
}

/// Floats rounded to the element type of `output`.
fn rounded(values: Vec<f64>, output: &TensorType) -> Result<Tensor, String> {
    let data = match output.dtype {
        DType::F64 => Data::F64(Arc::new(values)),
        DType::F32 => Data::F32(Arc::new(values.iter().map(|&v| v as f32).collect())),
        other => return Err(format!("{other} does not hold floats")),
    };
    filled(data, output)
}

/// Integers wrapped to the element type of `output`.
fn wrapped(values: Vec<i64>, output: &TensorType) -> Result<Tensor, String> {
    let data = match output.dtype {
        DType::I64 => Data::I64(Arc::new(values)),
        DType::I32 => Data::I32(Arc::new(values.iter().map(|&v| v as i32).collect())),
        DType::U8 => Data::U8(Arc::new(values.iter().map(|&v| v as u8).collect())),
        other => return Err(format!("{other} does not hold integers")),
    };
    filled(data, output)
}

fn filled(data: Data, output: &TensorType) -> Result<Tensor, String> {
    Tensor::new(output.shape.as_slice(), data).map_err(|mismatch| mismatch.to_string())
}

/// Integers of a tensor that shape inference found to hold them.
fn integers(tensor: &Tensor) -> Result<Vec<i64>, String> {
    tensor
        .to_i64()
        .ok_or_else(|| format!("takes integers, not {}", tensor.tensor_type()))
}

/// The larger, or not-a-number where either is.
fn larger(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() {
        f64::NAN
    } else {
        a.max(b)
    }
}

/// The smaller, or not-a-number where either is.
fn smaller(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() {
        f64::NAN
    } else {
        a.min(b)
    }
}
