//! Gradients that other projects publish in their own tests, re-typed under `tests/vectors/` with
//! their sources.
#![allow(clippy::unwrap_used, clippy::panic)]

mod derivatives;

use derivatives::{Case, tensor};
use invset::autodiff::{Lowering, MaxPoolAdjoint};
use invset::graph::op::*;
use serde_json::Value;

fn numbers(value: &Value) -> Vec<f64> {
    let items = value.as_array().unwrap().iter();
    items.map(|item| item.as_f64().unwrap()).collect()
}

fn lengths(value: &Value) -> Vec<usize> {
    numbers(value).into_iter().map(|n| n as usize).collect()
}

/// `0, 1, 2, …` in this shape.
fn counting(shape: &[usize]) -> invset::graph::Tensor {
    let values: Vec<f64> = (0..shape.iter().product())
        .map(|n: usize| n as f64)
        .collect();
    tensor(shape, &values)
}

/// The gradient of the first input for a constant cotangent.
fn gradient(case: &Case, cotangent: &[f64]) -> Vec<f64> {
    let y = case.run().remove(0);
    let cotangent = match cotangent {
        [all] => vec![*all; y.len()],
        each => each.to_vec(),
    };
    let cotangent = tensor(y.shape(), &cotangent);
    case.pull_back(0, &[cotangent], true, &Lowering::default())
        .to_f64()
}

#[test]
fn linear_resize_gives_the_gradients_of_onnxruntime() {
    let published: Value =
        serde_json::from_str(include_str!("vectors/onnxruntime_resize_grad.json")).unwrap();
    let unit = 10f64.powi(published["digits"].as_i64().unwrap() as i32);
    for case in published["cases"].as_array().unwrap() {
        let length = case["length"].as_u64().unwrap() as usize;
        let size = case["size"].as_u64().unwrap() as usize;
        let scale = case["scale"].as_f64().unwrap();
        let resize = Resize {
            mode: ResizeMode::Linear,
            coordinates: Coordinates::HalfPixel,
            scales: vec![1.0, 1.0, scale, scale],
            sizes: vec![1, 1, size, size],
            cubic_coefficient: -0.75,
            exclude_outside: false,
            antialias: false,
        };
        let x = counting(&[1, 1, length, length]);
        let found = gradient(&Case::new(Op::Resize(resize), vec![x]), &[1.0]);
        let digits: Vec<f64> = found.iter().map(|v| (v * unit).round() / unit).collect();
        assert_eq!(digits, numbers(&case["gradient"]));
    }
}

#[test]
fn convolution_gives_the_gradient_of_burn() {
    let published: Value = serde_json::from_str(include_str!("vectors/burn_conv2d.json")).unwrap();
    let padding = published["padding"].as_u64().unwrap() as usize;
    let op = Op::Conv(Convolution {
        strides: vec![1; 2],
        dilations: vec![1; 2],
        pads_before: vec![padding; 2],
        pads_after: vec![padding; 2],
        group: 1,
    });
    let x = counting(&lengths(&published["x"]));
    let weight = counting(&lengths(&published["weight"]));
    let found = gradient(&Case::new(op, vec![x, weight]), &[1.0]);
    assert_eq!(found[..16], numbers(&published["gradient"]));
}

#[test]
fn max_pool_gives_the_gradient_of_onnxruntime() {
    let published: Value =
        serde_json::from_str(include_str!("vectors/onnxruntime_max_pool_grad.json")).unwrap();
    let mut x = vec![0.0; 16];
    for position in lengths(&published["maxima"]) {
        x[position] = 1.0;
    }
    let pool = Pool {
        kernel: vec![2; 2],
        strides: vec![2; 2],
        dilations: vec![1; 2],
        pads_before: vec![0; 2],
        pads_after: vec![0; 2],
        ceil_mode: false,
    };
    let case = Case::new(Op::MaxPool(pool), vec![tensor(&[1, 1, 4, 4], &x)]);
    let cotangent = tensor(&[1, 1, 2, 2], &numbers(&published["cotangent"]));
    for max_pool in [MaxPoolAdjoint::Taps, MaxPoolAdjoint::Indices] {
        let found = case.pull_back(
            0,
            std::slice::from_ref(&cotangent),
            true,
            &Lowering { max_pool },
        );
        assert_eq!(found.to_f64(), numbers(&published["gradient"]));
    }
}
