//! What a blurred image is, against its formula, and its derivative against differences.

#![allow(clippy::unwrap_used)]

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use super::*;
use crate::autodiff::vector_jacobian_product;
use crate::graph::{DType, Tensor, TensorType, interpret, passes};

/// An image higher than the kernel reaches, and one that is lower.
const SHAPES: [[usize; 4]; 2] = [[2, 3, 9, 12], [2, 1, 3, 5]];
const SIGMA: f64 = 1.5;

/// `image` blurred, in 64-bit floats.
fn blurred(shape: [usize; 4], sigma: f64) -> Graph {
    let mut graph = Graph::new();
    let image = TensorType::new(DType::F32, shape.to_vec());
    let image = graph.add_input("image", image).unwrap();
    let smooth = blur(&mut graph, image, Smoothness::new(sigma).unwrap()).unwrap();
    graph.set_outputs(vec![smooth]);
    graph
}

fn exact(graph: &Graph, inputs: &[&[f64]]) -> Vec<Vec<f64>> {
    let graph = passes::convert_floats(graph, DType::F64);
    let tensors: Vec<Tensor> = graph
        .inputs()
        .iter()
        .zip(inputs)
        .map(|(&id, values)| Tensor::from_f64(DType::F64, graph.shape(id), values).unwrap())
        .collect();
    let outputs = interpret::run(&graph, &tensors).unwrap();
    outputs.iter().map(Tensor::to_f64).collect()
}

fn uniform(random: &mut ChaCha20Rng, length: usize) -> Vec<f64> {
    let draw = |_| f64::from(random.next_u32()) / f64::from(u32::MAX);
    (0..length).map(draw).collect()
}

#[test]
fn each_pixel_is_the_mean_of_its_neighbours_by_their_distance() {
    let mut random = ChaCha20Rng::seed_from_u64(1);
    for shape in SHAPES {
        let image = uniform(&mut random, shape.iter().product());
        let found = &exact(&blurred(shape, SIGMA), &[&image])[0];
        let [_, _, height, width] = shape;
        for (at, &found) in found.iter().enumerate() {
            let (plane, row, column) = (at / (height * width), at / width % height, at % width);
            let (mut sum, mut whole) = (0.0, 0.0);
            for other in 0..height * width {
                let (down, across) = (row.abs_diff(other / width), column.abs_diff(other % width));
                if down.max(across) <= 6 {
                    let squared = (down * down + across * across) as f64;
                    let weight = (-0.5 * squared / (SIGMA * SIGMA)).exp();
                    sum += weight * image[plane * height * width + other];
                    whole += weight;
                }
            }
            assert!((found - sum / whole).abs() < 1e-6, "{shape:?} {at}");
        }
    }
}

#[test]
fn the_box_is_kept_and_an_image_of_one_shade_stays() {
    let mut random = ChaCha20Rng::seed_from_u64(2);
    for shape in SHAPES {
        for sigma in [0.3, SIGMA, 40.0] {
            let length = shape.iter().product();
            let image = uniform(&mut random, length);
            let rough = image.iter().map(|value| value.round());
            let rough: Vec<f64> = rough.collect();
            let graph = blurred(shape, sigma);
            let inside = |value: &f64| (-1e-6..=1.0 + 1e-6).contains(value);
            assert!(exact(&graph, &[&rough])[0].iter().all(inside));
            let shade = &exact(&graph, &[&vec![0.75; length]])[0];
            assert!(shade.iter().all(|value| (value - 0.75).abs() < 1e-6));
        }
    }
}

#[test]
fn the_gradient_agrees_with_differences() {
    let mut random = ChaCha20Rng::seed_from_u64(3);
    for shape in SHAPES {
        let mut graph = blurred(shape, SIGMA);
        let (of, wrt) = (graph.outputs()[0], graph.inputs()[0]);
        let product = vector_jacobian_product(&mut graph, &[of], wrt).unwrap();
        graph.set_outputs(vec![of, product.wrt_bar]);
        let length = shape.iter().product();
        let [image, bar, direction] = [(); 3].map(|()| uniform(&mut random, length));
        let moved = |step: f64| -> f64 {
            let image: Vec<f64> = image
                .iter()
                .zip(&direction)
                .map(|(x, d)| x + step * d)
                .collect();
            dot(&exact(&graph, &[&image, &bar])[0], &bar)
        };
        let expected = (moved(0.5) - moved(-0.5)) / 1.0;
        let found = dot(&exact(&graph, &[&image, &bar])[1], &direction);
        assert!((found / expected - 1.0).abs() < 1e-9, "{found} {expected}");
    }
}

#[test]
fn a_signal_is_blurred_as_an_image_one_pixel_high() {
    let values = uniform(&mut ChaCha20Rng::seed_from_u64(4), 2 * 3 * 20);
    let image = exact(&blurred([2, 3, 1, 20], SIGMA), &[&values]);
    let mut graph = Graph::new();
    let signal = TensorType::new(DType::F32, [2, 3, 20]);
    let signal = graph.add_input("signal", signal).unwrap();
    let smooth = blur(&mut graph, signal, Smoothness::new(SIGMA).unwrap()).unwrap();
    graph.set_outputs(vec![smooth]);
    assert_eq!(graph.shape(smooth), [2, 3, 20]);
    assert_eq!(exact(&graph, &[&values]), image);
}

#[test]
fn without_smoothness_nothing_is_added() {
    assert!(blurred(SHAPES[0], 0.0).nodes().is_empty());
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
