//! Shape inference: the types of an operator's outputs from those of its inputs.
//!
//! One file for each operator family. Every size is computed with checked arithmetic, so that a
//! hostile file gives an error with the shapes, never a panic or a wrapped length.

mod convolution;
mod elementwise;
mod index;
mod layout;
mod linear;
mod normalisation;
mod pooling;
mod reduce;
mod require;
mod resize;
#[cfg(test)]
mod tests;

use super::op::Op;
use super::tensor::{DType, TensorType};

pub use elementwise::broadcast;

/// Types of `output_count` outputs of `op`.
///
/// # Errors
/// The inputs do not fit; the text says why, with the shapes.
pub fn infer(
    op: &Op,
    inputs: &[&TensorType],
    output_count: usize,
) -> Result<Vec<TensorType>, String> {
    for input in inputs {
        require::countable(input)?;
    }
    let first = match op {
        Op::Split { axis, sizes } => {
            let pieces = layout::split(inputs, *axis, sizes)?;
            require::outputs(output_count, pieces.len()..=pieces.len())?;
            return Ok(pieces);
        }
        Op::Unary(unary) => elementwise::unary(*unary, inputs),
        Op::Binary(binary) => elementwise::binary(*binary, inputs),
        Op::Cast { to } => elementwise::cast(inputs, *to),
        Op::Clip { .. } => elementwise::clip(inputs),
        Op::Where => elementwise::select(inputs),
        Op::Conv(convolution) => convolution::convolution(inputs, convolution),
        Op::ConvTranspose {
            convolution,
            output_padding,
        } => convolution::transposed(inputs, convolution, output_padding),
        Op::Gemm {
            transpose_a,
            transpose_b,
            ..
        } => linear::gemm(inputs, *transpose_a, *transpose_b),
        Op::MatMul => linear::matrix_product(inputs),
        Op::BatchNormalization { .. } => normalisation::batch(inputs),
        Op::InstanceNormalization { .. } => normalisation::instance(inputs),
        Op::LayerNormalization { axis, .. } => normalisation::layer(inputs, *axis),
        Op::LocalResponseNormalization { size, .. } => normalisation::local_response(inputs, *size),
        Op::MaxPool(pool) | Op::AveragePool { pool, .. } => pooling::windowed(inputs, pool),
        Op::GlobalAveragePool | Op::GlobalMaxPool => pooling::global(inputs),
        Op::Reduce {
            kind,
            axes,
            keep_dims,
        } => reduce::reduce(inputs, *kind, axes, *keep_dims),
        Op::Softmax { axis } | Op::LogSoftmax { axis } => reduce::softmax(inputs, *axis),
        Op::CumSum { axis, .. } => reduce::running_sum(inputs, *axis),
        Op::Reshape { shape } => layout::reshape(inputs, shape),
        Op::Transpose { permutation } => layout::transpose(inputs, permutation),
        Op::Concat { axis } => layout::concatenate(inputs, *axis),
        Op::Slice { ranges } => layout::slice(inputs, ranges),
        Op::Pad {
            mode,
            before,
            after,
            ..
        } => layout::pad(inputs, *mode, before, after),
        Op::Expand { shape } => layout::expand(inputs, shape),
        Op::Tile { repeats } => layout::tile(inputs, repeats),
        Op::DepthToSpace { block, .. } => layout::depth_to_space(inputs, *block),
        Op::SpaceToDepth { block } => layout::space_to_depth(inputs, *block),
        Op::Resize(resize) => resize::resize(inputs, resize),
        Op::Gather { axis } => index::gather(inputs, *axis),
        Op::GatherElements { axis } => index::gather_elements(inputs, *axis),
        Op::ScatterElements { axis, add } => index::scatter_elements(inputs, *axis, *add),
    }?;
    require::countable(&first)?;
    if !matches!(op, Op::MaxPool(_)) {
        require::outputs(output_count, 1..=1)?;
        return Ok(vec![first]);
    }
    require::outputs(output_count, 1..=2)?;
    let indices = TensorType::new(DType::I64, first.shape.clone());
    require::countable(&indices)?;
    let mut outputs = vec![first, indices];
    outputs.truncate(output_count);
    Ok(outputs)
}
