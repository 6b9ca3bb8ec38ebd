//! Folding inference-mode batch normalisation into the operator before it.

use super::{rebuild, use_counts};
use crate::graph::copy::Copier;
use crate::graph::{Binary, Graph, GraphError, Node, NodeId, Op, Tensor, ValueId};

/// Batch normalisation with constant statistics is `factor · x + shift` for each channel. Where x is
/// the output of a Conv, ConvTranspose or Gemm of constant weights that nothing else uses, both move
/// into its weight and bias; otherwise they become a Mul and an Add. The result keeps the name of
/// the normalisation's output.
pub fn fold_batch_normalization(graph: &Graph) -> Graph {
    let uses = use_counts(graph);
    let merged: Vec<Option<NodeId>> = graph
        .nodes()
        .iter()
        .map(|node| mergeable(graph, node, &uses))
        .collect();
    rebuild(graph, |copier, id, node| {
        if merged.contains(&Some(id)) {
            return Ok(());
        }
        match (Affine::of(graph, node), merged[id.index()]) {
            (Some(affine), Some(linear)) => merge(copier, graph.node(linear), node, &affine),
            (Some(affine), None) => apply(copier, node, &affine),
            (None, _) => copier.node(node),
        }
    })
}

/// `factor · x + shift` for each channel.
struct Affine {
    factor: Vec<f64>,
    shift: Vec<f64>,
}

impl Affine {
    /// What a batch normalisation with constant parameters computes: factor = scale/√(variance +
    /// epsilon), shift = bias − mean · factor.
    fn of(graph: &Graph, node: &Node) -> Option<Affine> {
        let Op::BatchNormalization { epsilon } = node.op else {
            return None;
        };
        let parameters: Vec<Vec<f64>> = node.inputs[1..]
            .iter()
            .map(|&id| graph.constant(id).map(Tensor::to_f64))
            .collect::<Option<_>>()?;
        let [scale, bias, mean, variance] = parameters.as_slice() else {
            return None;
        };
        let factor: Vec<f64> = scale
            .iter()
            .zip(variance)
            .map(|(scale, variance)| scale / (variance + epsilon).sqrt())
            .collect();
        let shift = bias
            .iter()
            .zip(mean.iter().zip(&factor))
            .map(|(bias, (mean, factor))| bias - mean * factor)
            .collect();
        Some(Affine { factor, shift })
    }
}

/// The node that a batch normalisation can move into.
fn mergeable(graph: &Graph, node: &Node, uses: &[usize]) -> Option<NodeId> {
    Affine::of(graph, node)?;
    let x = node.inputs[0];
    let (id, _) = graph.producer(x)?;
    let linear = graph.node(id);
    let is_linear = matches!(
        linear.op,
        Op::Conv(_) | Op::ConvTranspose { .. } | Op::Gemm { .. }
    );
    let is_constant = linear.inputs[1..]
        .iter()
        .all(|&id| graph.constant(id).is_some());
    (is_linear && is_constant && uses[x.index()] == 1).then_some(id)
}

/// Copies `linear` in place of `normalisation`, with both in its weight and bias.
fn merge(
    copier: &mut Copier<'_>,
    linear: &Node,
    normalisation: &Node,
    affine: &Affine,
) -> Result<(), GraphError> {
    let graph = copier.source();
    let (op, beta) = match linear.op {
        Op::Gemm {
            alpha,
            beta,
            transpose_a,
            transpose_b,
        } => {
            let op = Op::Gemm {
                alpha,
                beta: 1.0,
                transpose_a,
                transpose_b,
            };
            (op, beta)
        }
        ref op => (op.clone(), 1.0),
    };
    let weight = scaled_weight(graph, linear, affine)?;
    let bias = shifted_bias(graph, linear, beta, affine)?;
    let weight_name = format!("{}_folded", graph.name(linear.inputs[1]));
    let bias_name = format!("{}_bias", graph.name(normalisation.outputs[0]));
    let inputs = [
        copier.value(linear.inputs[0])?,
        add_constant(copier, &weight_name, weight),
        add_constant(copier, &bias_name, bias),
    ];
    replace(copier, normalisation, &linear.name, op, &inputs)
}

/// Writes `normalisation` as a Mul and an Add.
fn apply(copier: &mut Copier<'_>, normalisation: &Node, affine: &Affine) -> Result<(), GraphError> {
    let graph = copier.source();
    let name = graph.name(normalisation.outputs[0]);
    // `[C, 1, ..]` broadcasts to `[N, C, ..]`.
    let mut shape = graph.shape(normalisation.inputs[0])[1..].to_vec();
    shape[1..].fill(1);
    let factor = float_like(graph, normalisation, &shape, &affine.factor)?;
    let shift = float_like(graph, normalisation, &shape, &affine.shift)?;
    let factor = add_constant(copier, &format!("{name}_factor"), factor);
    let shift = add_constant(copier, &format!("{name}_shift"), shift);
    let x = copier.value(normalisation.inputs[0])?;
    let scaled_name = copier.free_name(&format!("{name}_scaled"));
    let multiply = Op::Binary(Binary::Mul);
    let scaled = copier
        .target_mut()
        .add(&scaled_name, multiply, &[x, factor])?;
    let add = Op::Binary(Binary::Add);
    replace(
        copier,
        normalisation,
        &normalisation.name,
        add,
        &[scaled, shift],
    )
}

/// Adds a node that makes the output of `old` under its own name.
fn replace(
    copier: &mut Copier<'_>,
    old: &Node,
    name: &str,
    op: Op,
    inputs: &[ValueId],
) -> Result<(), GraphError> {
    let output = old.outputs[0];
    let names = [copier.source().name(output).to_owned()];
    let made = copier.target_mut().add_named(name, op, inputs, &names)?;
    copier.bind(output, made[0]);
    Ok(())
}

fn add_constant(copier: &mut Copier<'_>, wish: &str, tensor: Tensor) -> ValueId {
    let name = copier.free_name(wish);
    copier.target_mut().add_constant(&name, tensor)
}

/// The weight with each output channel multiplied by its factor.
fn scaled_weight(graph: &Graph, linear: &Node, affine: &Affine) -> Result<Tensor, GraphError> {
    let weight = linear.inputs[1];
    let shape = graph.shape(weight);
    // The weight's axis of output channels; a transposed convolution counts them within a group,
    // and the rows of its weight (the input channels) say which group.
    let (channel_axis, groups) = match &linear.op {
        Op::ConvTranspose { convolution, .. } => (1, convolution.group),
        Op::Gemm { transpose_b, .. } => (usize::from(!transpose_b), 1),
        _ => (0, 1),
    };
    let length = shape[channel_axis];
    let inner: usize = shape[channel_axis + 1..].iter().product();
    let rows_per_group = shape[..channel_axis].iter().product::<usize>() / groups;
    let scaled: Vec<f64> = constant(graph, weight)
        .into_iter()
        .enumerate()
        .map(|(at, value)| {
            let group = at / (length * inner) / rows_per_group;
            value * affine.factor[group * length + at / inner % length]
        })
        .collect();
    float_like(graph, linear, shape, &scaled)
}

/// `factor · beta · bias + shift`, in the shape of the bias where that varies along the batch too
/// (the last input of a Gemm may).
fn shifted_bias(
    graph: &Graph,
    linear: &Node,
    beta: f64,
    affine: &Affine,
) -> Result<Tensor, GraphError> {
    let channels = affine.factor.len();
    let bias = linear
        .inputs
        .get(2)
        .map(|&id| (constant(graph, id), graph.shape(id)));
    let shape = match bias {
        Some((_, &[rows, _])) => vec![rows, channels],
        _ => vec![channels],
    };
    let shifted: Vec<f64> = (0..shape.iter().product())
        .map(|at| {
            let channel = at % channels;
            let bias = bias.as_ref().map_or(0.0, |(values, shape)| {
                let columns = shape.last().copied().unwrap_or(1);
                values[at / channels * columns + channel % columns]
            });
            affine.factor[channel] * beta * bias + affine.shift[channel]
        })
        .collect();
    float_like(graph, linear, &shape, &shifted)
}

/// The elements of a value that was found to be constant.
fn constant(graph: &Graph, id: ValueId) -> Vec<f64> {
    graph.constant(id).map(Tensor::to_f64).unwrap_or_default()
}

/// A tensor of the float type that `node` makes.
fn float_like(
    graph: &Graph,
    node: &Node,
    shape: &[usize],
    values: &[f64],
) -> Result<Tensor, GraphError> {
    let dtype = graph.tensor_type(node.outputs[0]).dtype;
    Tensor::from_f64(dtype, shape, values).map_err(|mismatch| GraphError::Shape {
        node: node.name.clone(),
        op: node.op.name().to_owned(),
        reason: mismatch.to_string(),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::graph::op::Convolution;
    use crate::graph::{DType, TensorType, interpret};

    /// Deterministic values without a pattern that a wrong axis could hide.
    fn values(shape: &[usize], seed: usize) -> Tensor {
        let length: usize = shape.iter().product();
        let values: Vec<f64> = (0..length)
            .map(|at| ((at * 37 + seed * 101) % 61) as f64 / 30.0 - 1.0)
            .collect();
        Tensor::from_f64(DType::F64, shape, &values).unwrap()
    }

    fn normalise(graph: &mut Graph, x: ValueId, name: &str) -> ValueId {
        let channels = graph.shape(x)[1];
        let mut inputs = vec![x];
        for (seed, parameter) in ["scale", "bias", "mean"].iter().enumerate() {
            inputs.push(graph.add_constant(parameter, values(&[channels], seed + 5)));
        }
        let variance: Vec<f64> = (0..channels).map(|c| 0.5 + c as f64).collect();
        let variance = Tensor::from_f64(DType::F64, [channels], &variance).unwrap();
        inputs.push(graph.add_constant("variance", variance));
        graph
            .add(name, Op::BatchNormalization { epsilon: 1e-3 }, &inputs)
            .unwrap()
    }

    /// `normalisation(op(x, constants))`, folded: the node count, having checked the values.
    fn folded_nodes(op: Op, x: &[usize], constants: &[&[usize]]) -> usize {
        let mut graph = Graph::new();
        let mut inputs = vec![
            graph
                .add_input("x", TensorType::new(DType::F64, x))
                .unwrap(),
        ];
        for (seed, shape) in constants.iter().enumerate() {
            inputs.push(graph.add_constant("parameter", values(shape, seed)));
        }
        let y = graph.add("y", op, &inputs).unwrap();
        let z = normalise(&mut graph, y, "z");
        graph.add_output(z);
        let folded = fold_batch_normalization(&graph);
        assert_eq!(folded.name(folded.outputs()[0]), "z");
        assert_same(&graph, &folded, &values(x, 9));
        folded.nodes().len()
    }

    fn assert_same(a: &Graph, b: &Graph, x: &Tensor) {
        let a = interpret::run(a, std::slice::from_ref(x)).unwrap();
        let b = interpret::run(b, std::slice::from_ref(x)).unwrap();
        for (a, b) in a.iter().zip(&b) {
            for (a, b) in a.to_f64().iter().zip(b.to_f64()) {
                assert!((a - b).abs() < 1e-12, "{a} {b}");
            }
        }
    }

    fn convolution(group: usize) -> Convolution {
        Convolution {
            strides: vec![1],
            dilations: vec![1],
            pads_before: vec![1],
            pads_after: vec![0],
            group,
        }
    }

    #[test]
    fn it_moves_into_convolutions() {
        let (plain, grouped) = (Op::Conv(convolution(1)), Op::Conv(convolution(2)));
        assert_eq!(folded_nodes(plain, &[2, 4, 5], &[&[6, 4, 3]]), 1);
        assert_eq!(folded_nodes(grouped, &[2, 4, 5], &[&[6, 2, 3], &[6]]), 1);
    }

    #[test]
    fn it_moves_into_transposed_convolutions() {
        for (group, weight) in [(1, [4, 6, 3]), (2, [4, 3, 3])] {
            let op = Op::ConvTranspose {
                convolution: convolution(group),
                output_padding: vec![0],
            };
            assert_eq!(folded_nodes(op.clone(), &[2, 4, 5], &[&weight]), 1);
            assert_eq!(folded_nodes(op, &[2, 4, 5], &[&weight, &[6]]), 1);
        }
    }

    #[test]
    fn it_moves_into_matrix_products_with_any_addend() {
        for transpose_b in [false, true] {
            let weight: &[usize] = if transpose_b { &[5, 3] } else { &[3, 5] };
            let op = Op::Gemm {
                alpha: 0.5,
                beta: 2.0,
                transpose_a: false,
                transpose_b,
            };
            assert_eq!(folded_nodes(op.clone(), &[2, 3], &[weight]), 1);
            for addend in [&[5][..], &[], &[1], &[1, 5], &[2, 1], &[2, 5]] {
                assert_eq!(folded_nodes(op.clone(), &[2, 3], &[weight, addend]), 1);
            }
        }
    }

    #[test]
    fn elsewhere_it_becomes_a_product_and_a_sum() {
        assert_eq!(folded_nodes(Op::GlobalMaxPool, &[2, 3, 4], &[]), 3);
        let mut graph = Graph::new();
        let x = graph
            .add_input("x", TensorType::new(DType::F64, [2, 3, 4, 2]))
            .unwrap();
        let y = normalise(&mut graph, x, "y");
        let z = normalise(&mut graph, y, "z");
        graph.set_outputs(vec![z, y]);
        let folded = fold_batch_normalization(&graph);
        assert_eq!(folded.nodes().len(), 4);
        assert_same(&graph, &folded, &values(&[2, 3, 4, 2], 1));
    }

    #[test]
    fn a_convolution_that_is_used_elsewhere_stays() {
        let mut graph = Graph::new();
        let x = graph
            .add_input("x", TensorType::new(DType::F64, [1, 2, 4]))
            .unwrap();
        let weight = graph.add_constant("weight", values(&[3, 2, 2], 0));
        let y = graph
            .add("y", Op::Conv(convolution(1)), &[x, weight])
            .unwrap();
        let z = normalise(&mut graph, y, "z");
        graph.set_outputs(vec![z, y]);
        let folded = fold_batch_normalization(&graph);
        assert_eq!(folded.nodes().len(), 3);
        assert_same(&graph, &folded, &values(&[1, 2, 4], 1));
    }
}
