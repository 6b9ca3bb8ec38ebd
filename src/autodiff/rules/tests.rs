#![allow(clippy::unwrap_used, clippy::panic)]

use crate::autodiff::{AutodiffError, vector_jacobian_product};
use crate::graph::op::*;
use crate::graph::{DType, Graph, Tensor, TensorType, ValueId};

const F: DType = DType::F64;

fn convolution(stride: usize) -> Convolution {
    Convolution {
        strides: vec![stride; 2],
        dilations: vec![1; 2],
        pads_before: vec![1; 2],
        pads_after: vec![1; 2],
        group: 1,
    }
}

fn pool(kernel: usize, stride: usize) -> Pool {
    Pool {
        kernel: vec![kernel; 2],
        strides: vec![stride; 2],
        dilations: vec![1; 2],
        pads_before: vec![0; 2],
        pads_after: vec![0; 2],
        ceil_mode: false,
    }
}

fn resize(mode: ResizeMode, size: usize) -> Op {
    Op::Resize(Resize {
        mode,
        coordinates: Coordinates::HalfPixel,
        scales: vec![1.0, 1.0, size as f64 / 4.0, size as f64 / 4.0],
        sizes: vec![1, 2, size, size],
        cubic_coefficient: -0.75,
        exclude_outside: false,
        antialias: false,
    })
}

/// One case or more of every operator that is not a stop, with the shapes of its float inputs.
fn samples() -> Vec<(Op, Vec<Vec<usize>>)> {
    let image = vec![1, 2, 4, 4];
    let channels = vec![2];
    let one = vec![image.clone()];
    let mut samples = Vec::new();
    let unary = [
        Unary::Identity,
        Unary::Neg,
        Unary::Abs,
        Unary::Sqrt,
        Unary::Exp,
        Unary::Log,
        Unary::Reciprocal,
        Unary::Sin,
        Unary::Cos,
        Unary::Tanh,
        Unary::Sigmoid,
        Unary::Relu,
        Unary::Softplus,
        Unary::Softsign,
        Unary::Erf,
        Unary::HardSwish,
        Unary::Mish,
        Unary::LeakyRelu { alpha: 0.1 },
        Unary::LeakyRelu { alpha: -0.1 },
        Unary::Elu { alpha: 1.0 },
        Unary::Selu {
            alpha: 1.6,
            gamma: 1.05,
        },
        Unary::Selu {
            alpha: -1.6,
            gamma: 1.05,
        },
        Unary::Celu { alpha: 1.5 },
        Unary::HardSigmoid {
            alpha: 0.2,
            beta: 0.5,
        },
        Unary::Gelu { tanh: false },
        Unary::Gelu { tanh: true },
    ];
    samples.extend(unary.map(|unary| (Op::Unary(unary), one.clone())));
    let binary = [
        Binary::Add,
        Binary::Sub,
        Binary::Mul,
        Binary::Div,
        Binary::Pow,
        Binary::Min,
        Binary::Max,
        Binary::PRelu,
        Binary::Mod,
    ];
    samples.extend(binary.map(|binary| (Op::Binary(binary), vec![image.clone(); 2])));
    let kinds = [
        ReduceKind::Sum,
        ReduceKind::Mean,
        ReduceKind::Max,
        ReduceKind::Min,
        ReduceKind::Prod,
        ReduceKind::L1,
        ReduceKind::L2,
        ReduceKind::SumSquare,
        ReduceKind::LogSumExp,
    ];
    samples.extend(kinds.map(|kind| {
        let op = Op::Reduce {
            kind,
            axes: vec![1, 2],
            keep_dims: false,
        };
        (op, one.clone())
    }));
    let resizes = [
        resize(ResizeMode::Nearest(NearestRounding::PreferFloor), 8),
        resize(ResizeMode::Linear, 6),
        resize(ResizeMode::Cubic, 3),
    ];
    samples.extend(resizes.map(|op| (op, one.clone())));
    let pads = [
        PadMode::Constant,
        PadMode::Reflect,
        PadMode::Edge,
        PadMode::Wrap,
    ];
    samples.extend(pads.map(|mode| {
        let op = Op::Pad {
            mode,
            before: vec![0, 0, 1, 2],
            after: vec![0, 0, 0, 1],
            value: 0.5,
        };
        (op, one.clone())
    }));
    let affine = vec![image.clone(), channels.clone(), channels.clone()];
    let with_bias = |weight: &[usize]| vec![image.clone(), weight.to_vec(), vec![2]];
    samples.extend([
        (Op::Cast { to: DType::F32 }, one.clone()),
        (
            Op::Clip {
                low: Some(0.2),
                high: None,
            },
            one.clone(),
        ),
        (Op::Conv(convolution(1)), with_bias(&[2, 2, 3, 3])),
        (Op::Conv(convolution(2)), with_bias(&[2, 2, 3, 3])),
        (
            Op::ConvTranspose {
                convolution: convolution(2),
                output_padding: vec![1, 0],
            },
            with_bias(&[2, 2, 3, 3]),
        ),
        (
            Op::Gemm {
                alpha: 0.5,
                beta: 2.0,
                transpose_a: true,
                transpose_b: false,
            },
            vec![vec![3, 2], vec![3, 4], vec![4]],
        ),
        (Op::MatMul, vec![vec![2, 3, 4], vec![4, 2]]),
        (
            Op::BatchNormalization { epsilon: 1e-5 },
            vec![
                image.clone(),
                channels.clone(),
                channels.clone(),
                channels.clone(),
                channels.clone(),
            ],
        ),
        (Op::InstanceNormalization { epsilon: 1e-5 }, affine.clone()),
        (
            Op::LayerNormalization {
                axis: 3,
                epsilon: 1e-5,
            },
            vec![image.clone(), vec![4], vec![4]],
        ),
        (
            Op::LocalResponseNormalization {
                alpha: 0.1,
                beta: 0.75,
                bias: 1.0,
                size: 3,
            },
            one.clone(),
        ),
        (Op::MaxPool(pool(3, 1)), one.clone()),
        (
            Op::AveragePool {
                pool: pool(2, 2),
                count_include_pad: false,
            },
            one.clone(),
        ),
        (
            Op::AveragePool {
                pool: pool(3, 1),
                count_include_pad: false,
            },
            one.clone(),
        ),
        (
            Op::AveragePool {
                pool: pool(3, 2),
                count_include_pad: false,
            },
            one.clone(),
        ),
        (Op::GlobalAveragePool, one.clone()),
        (Op::GlobalMaxPool, one.clone()),
        (Op::Softmax { axis: 1 }, one.clone()),
        (Op::LogSoftmax { axis: 1 }, one.clone()),
        (
            Op::CumSum {
                axis: 2,
                exclusive: true,
                reverse: false,
            },
            one.clone(),
        ),
        (Op::Reshape { shape: vec![8, 4] }, one.clone()),
        (
            Op::Transpose {
                permutation: vec![0, 2, 3, 1],
            },
            one.clone(),
        ),
        (Op::Concat { axis: 1 }, vec![image.clone(); 2]),
        (
            Op::Slice {
                ranges: vec![SliceRange {
                    axis: 2,
                    start: 3,
                    end: -1,
                    step: -2,
                }],
            },
            one.clone(),
        ),
        (
            Op::Expand {
                shape: vec![3, 2, 4, 4],
            },
            one.clone(),
        ),
        (
            Op::Tile {
                repeats: vec![2, 1, 3, 1],
            },
            one.clone(),
        ),
        (
            Op::DepthToSpace {
                block: 2,
                channel_first: true,
            },
            vec![vec![1, 4, 2, 2]],
        ),
        (Op::SpaceToDepth { block: 2 }, one),
    ]);
    samples
}

/// A graph of one node over inputs of these shapes.
fn graph_of(op: Op, shapes: &[Vec<usize>]) -> (Graph, Vec<ValueId>, ValueId) {
    let mut graph = Graph::new();
    let inputs: Vec<ValueId> = shapes
        .iter()
        .enumerate()
        .map(|(position, shape)| {
            graph
                .add_input(
                    &format!("input{position}"),
                    TensorType::new(F, shape.clone()),
                )
                .unwrap()
        })
        .collect();
    let y = graph.add("y", op, &inputs).unwrap();
    (graph, inputs, y)
}

#[test]
fn every_emitted_operator_can_be_differentiated_again() {
    for (op, shapes) in samples() {
        for position in 0..shapes.len() {
            let (mut graph, inputs, y) = graph_of(op.clone(), &shapes);
            let x = inputs[position];
            let vjp = vector_jacobian_product(&mut graph, &[y], x)
                .unwrap_or_else(|error| panic!("{op:?}: {error}"));
            assert_eq!(graph.shape(vjp.wrt_bar), graph.shape(x), "{op:?}");
            // Linear in the cotangent, so there is always a path to it.
            vector_jacobian_product(&mut graph.clone(), &[vjp.wrt_bar], vjp.cotangents[0])
                .unwrap_or_else(|error| panic!("{op:?} in its cotangent: {error}"));
            for &input in &inputs {
                match vector_jacobian_product(&mut graph.clone(), &[vjp.wrt_bar], input) {
                    Ok(_) | Err(AutodiffError::NoPath { .. }) => {}
                    Err(error) => panic!("{op:?} twice: {error}"),
                }
            }
        }
    }
}

/// Operators that a runtime lacks, or computes wrongly or slowly.
#[test]
fn nothing_is_emitted_that_a_runtime_lacks() {
    for (op, shapes) in samples() {
        let (mut graph, inputs, y) = graph_of(op.clone(), &shapes);
        let before = graph.nodes().len();
        vector_jacobian_product(&mut graph, &[y], inputs[0]).unwrap();
        for node in &graph.nodes()[before..] {
            let refused = match &node.op {
                Op::MaxPool(_) => node.outputs.len() > 1,
                Op::Resize(resize) => resize.mode == ResizeMode::Cubic || resize.antialias,
                Op::Unary(Unary::Selu { .. } | Unary::Celu { .. } | Unary::Mish)
                | Op::Where
                | Op::SpaceToDepth { .. }
                | Op::LocalResponseNormalization { .. } => true,
                Op::Pad { before, after, .. } => before.iter().chain(after).any(|&pad| pad < 0),
                _ => false,
            };
            assert!(!refused, "{op:?} emits {:?}", node.op);
        }
    }
}

/// The values that the nodes after `before` read of those that node 0 touches.
fn reads(unary: Unary) -> (bool, bool) {
    let (mut graph, inputs, y) = graph_of(Op::Unary(unary), &[vec![3]]);
    vector_jacobian_product(&mut graph, &[y], inputs[0]).unwrap();
    let read = |id: &ValueId| graph.nodes()[1..].iter().any(|n| n.inputs.contains(id));
    (read(&inputs[0]), read(&y))
}

#[test]
fn activations_read_their_output_where_it_tells_enough() {
    for unary in [
        Unary::Relu,
        Unary::Sigmoid,
        Unary::Tanh,
        Unary::Exp,
        Unary::Sqrt,
        Unary::Reciprocal,
        Unary::Softsign,
        Unary::LeakyRelu { alpha: 0.2 },
        Unary::Elu { alpha: 1.0 },
        Unary::HardSigmoid {
            alpha: 0.2,
            beta: 0.5,
        },
    ] {
        assert_eq!(reads(unary), (false, true), "{unary:?}");
    }
}

#[test]
fn a_constant_weight_is_flipped_when_the_graph_is_built() {
    let mut graph = Graph::new();
    let x = graph
        .add_input("x", TensorType::new(F, [1, 2, 4, 4]))
        .unwrap();
    let values: Vec<f64> = (0..54).map(f64::from).collect();
    let weight = graph.add_constant("w", Tensor::from_f64(F, [3, 2, 3, 3], &values).unwrap());
    let y = graph
        .add("y", Op::Conv(convolution(1)), &[x, weight])
        .unwrap();
    let z = graph
        .add("z", Op::Conv(convolution(1)), &[x, weight])
        .unwrap();
    vector_jacobian_product(&mut graph, &[y, z], x).unwrap();
    let flipped = graph.find("w/flipped").unwrap();
    assert!(graph.find("w/flipped~1").is_none(), "stored once");
    let flipped = graph.constant(flipped).unwrap();
    assert_eq!(flipped.shape(), [2, 3, 3, 3]);
    // w[0, 0] reversed, then w[1, 0] reversed.
    assert_eq!(
        flipped.to_f64()[..10],
        [8., 7., 6., 5., 4., 3., 2., 1., 0., 26.]
    );
    let kinds: Vec<&str> = graph.nodes().iter().map(|node| node.op.name()).collect();
    assert_eq!(kinds, ["Conv", "Conv", "Conv", "Conv", "Add", "Identity"]);
}

#[test]
fn a_strided_convolution_is_pulled_back_by_one_transposed_convolution() {
    let (mut graph, inputs, y) = graph_of(
        Op::Conv(convolution(2)),
        &[vec![1, 2, 4, 4], vec![2, 2, 3, 3]],
    );
    vector_jacobian_product(&mut graph, &[y], inputs[0]).unwrap();
    assert!(matches!(
        &graph.nodes()[1].op,
        Op::ConvTranspose { output_padding, .. } if output_padding == &[1, 1]
    ));
}
