#![allow(clippy::unwrap_used)]
//! Known values of every operator: the examples of the ONNX operator documentation (named by their
//! test), or a line of arithmetic.

mod layout;
mod linear;
mod pointwise;
mod properties;
mod windows;

use super::*;
use crate::graph::op::{Convolution, Pool};

/// 64-bit floats.
fn floats(shape: &[usize], values: &[f64]) -> Tensor {
    Tensor::from_f64(DType::F64, shape, values).unwrap()
}

/// 0, 1, 2, … in this shape.
fn counting(shape: &[usize]) -> Tensor {
    let length: usize = shape.iter().product();
    let values: Vec<f64> = (0..length).map(|value| value as f64).collect();
    floats(shape, &values)
}

fn integers_of(shape: &[usize], values: &[i64]) -> Tensor {
    Tensor::new(shape, Data::I64(Arc::new(values.to_vec()))).unwrap()
}

fn truth(shape: &[usize], values: &[bool]) -> Tensor {
    Tensor::new(shape, Data::Bool(Arc::new(values.to_vec()))).unwrap()
}

/// The one output of `op`.
fn apply(op: &Op, inputs: &[&Tensor]) -> Tensor {
    evaluate(op, inputs, 1).unwrap().remove(0)
}

#[track_caller]
fn assert_close(result: &Tensor, shape: &[usize], expected: &[f64]) {
    assert_eq!(result.shape(), shape);
    let result = result.to_f64();
    for (at, (a, b)) in result.iter().zip(expected).enumerate() {
        assert!(
            (a - b).abs() <= 2e-7 * b.abs().max(1.0),
            "{at}: {a} is not {b}"
        );
    }
    assert_eq!(result.len(), expected.len());
}

/// A convolution of two spatial axes with equal attributes on both.
fn square(stride: usize, dilation: usize, pad: usize, group: usize) -> Convolution {
    Convolution {
        strides: vec![stride; 2],
        dilations: vec![dilation; 2],
        pads_before: vec![pad; 2],
        pads_after: vec![pad; 2],
        group,
    }
}

/// Windows over `axes` spatial axes with equal attributes on each.
fn windows(axes: usize, kernel: usize, stride: usize, pad: usize, ceil_mode: bool) -> Pool {
    Pool {
        kernel: vec![kernel; axes],
        strides: vec![stride; axes],
        dilations: vec![1; axes],
        pads_before: vec![pad; axes],
        pads_after: vec![pad; axes],
        ceil_mode,
    }
}

#[test]
fn a_graph_runs_in_order_and_checks_its_inputs() {
    use crate::graph::{Binary, Unary};
    let mut graph = Graph::new();
    let x = graph
        .add_input("x", TensorType::new(DType::F64, [2]))
        .unwrap();
    let two = graph.add_constant("two", floats(&[], &[2.0]));
    let y = graph.add("y", Op::Binary(Binary::Mul), &[x, two]).unwrap();
    let z = graph.add("z", Op::Unary(Unary::Neg), &[y]).unwrap();
    graph.set_outputs(vec![z, y]);
    let results = run(&graph, &[floats(&[2], &[1.0, -3.0])]).unwrap();
    assert_eq!(
        results,
        [floats(&[2], &[-2.0, 6.0]), floats(&[2], &[2.0, -6.0])]
    );
    assert!(run(&graph, &[]).is_err());
    let wrong = run(&graph, &[floats(&[3], &[0.0; 3])]).unwrap_err();
    assert!(
        wrong.contains("input 'x' is float64[2], not float64[3]"),
        "{wrong}"
    );
}

#[test]
fn floats_are_computed_wide_and_rounded_once() {
    let x = Tensor::f32([2], vec![1e-8, 1.0]).unwrap();
    let sum = Op::Reduce {
        kind: crate::graph::op::ReduceKind::Sum,
        axes: vec![0],
        keep_dims: false,
    };
    let log = apply(&Op::Unary(crate::graph::Unary::Log), &[&apply(&sum, &[&x])]);
    assert_eq!(log.as_f32().unwrap(), [0.0]);
    assert_eq!(apply(&sum, &[&x]).dtype(), DType::F32);
}

#[test]
fn a_result_of_hostile_size_is_refused() {
    let one = floats(&[1], &[1.0]);
    let op = Op::Expand {
        shape: vec![1 << 40],
    };
    assert!(evaluate(&op, &[&one], 1).unwrap_err().contains("too large"));
}
