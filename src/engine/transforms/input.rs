//! The transforms as graph ops: two matrices of interpolation weights and noise, which are inputs.
//!
//! With R `[B, 1, H, H]`, K `[B, 1, W, W]` and N `[B, C, H, W]`, an image X becomes R X K + N, channel by
//! channel, which differentiates like the rest. The sum is not clipped to [0, 1]: noise would push every
//! second of the pixels at an end out of it, where a clip passes no gradient.

use super::Transforms;
use crate::graph::{Binary, DType, Graph, GraphError, Op, TensorType, ValueId};

/// One more input of a graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::engine) struct TransformInput {
    /// What it is called.
    pub name: String,
    /// Its shape, the batch first.
    pub shape: Vec<usize>,
    /// What it holds.
    pub kind: InputKind,
}

/// What an input of transforms holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum InputKind {
    /// R: row i holds the weights of the rows of the image that row i of the result is a mean of.
    Rows,
    /// K: column j holds the weights of the columns that column j of the result is a mean of.
    Columns,
    /// N.
    Noise,
}

impl TransformInput {
    /// The name under which a backward graph takes it.
    pub(in crate::engine) fn saved(&self) -> String {
        format!("{}/saved", self.name)
    }
}

impl InputKind {
    fn name(self) -> &'static str {
        match self {
            InputKind::Rows => "transform_rows",
            InputKind::Columns => "transform_columns",
            InputKind::Noise => "transform_noise",
        }
    }
}

/// The transformed image, and the inputs that the graph has more now, in their order.
///
/// # Errors
/// The image is not `[B, C, H, W]`.
pub(in crate::engine) fn transform(
    graph: &mut Graph,
    image: ValueId,
    transforms: &Transforms,
) -> Result<(ValueId, Vec<TransformInput>), GraphError> {
    let shape = graph.shape(image).to_vec();
    let &[batch, _, height, width] = shape.as_slice() else {
        // Whoever asks has seen that the bundle's samples are images.
        return Ok((image, Vec::new()));
    };
    let mut inputs = Vec::new();
    let mut input = |graph: &mut Graph, kind: InputKind, shape: Vec<usize>| {
        let name = graph.free_name(kind.name());
        let tensor_type = TensorType::new(DType::F32, shape.clone());
        let id = graph.add_input(&name, tensor_type)?;
        inputs.push(TransformInput { name, shape, kind });
        Ok::<ValueId, GraphError>(id)
    };
    let mut value = image;
    if transforms.moves() {
        let rows = input(graph, InputKind::Rows, vec![batch, 1, height, height])?;
        let columns = input(graph, InputKind::Columns, vec![batch, 1, width, width])?;
        value = graph.add("transform/down", Op::MatMul, &[rows, value])?;
        value = graph.add("transform/across", Op::MatMul, &[value, columns])?;
    }
    if transforms.noise.is_some() {
        let noise = input(graph, InputKind::Noise, shape)?;
        value = graph.add("transform/noisy", Op::Binary(Binary::Add), &[value, noise])?;
    }
    Ok((value, inputs))
}
