#![allow(clippy::unwrap_used, clippy::panic)]

use crate::autodiff::vector_jacobian_product;
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
