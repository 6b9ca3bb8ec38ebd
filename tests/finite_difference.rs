//! Rules of nonlinear operators against central differences in f64, and what derivatives are at kinks
//! and ties.
#![allow(clippy::unwrap_used, clippy::panic)]

mod derivatives;

use derivatives::{Case, Numbers, dot, max_pool_lowerings, norm, tensor};
use invset::autodiff::{Lowering, ReluMask, vector_jacobian_product};
use invset::graph::op::*;
use invset::graph::{DType, Graph, Tensor, TensorType, interpret};

const STEP: f64 = 1e-6;
const TOLERANCE: f64 = 1e-6;

/// ⟨x̄, v⟩ against the central difference of ⟨ȳ, f⟩ along v, relative to |x̄||v|.
fn agrees(case: &Case, positions: &[usize], lowering: &Lowering) {
    let mut numbers = Numbers(7);
    for &position in positions {
        let x = &case.inputs[position];
        let g: Vec<Tensor> = case
            .run()
            .iter()
            .map(|y| numbers.tensor(y.shape(), -1.0, 1.0))
            .collect();
        let direction = numbers.tensor(x.shape(), -1.0, 1.0).to_f64();
        let value = |sign: f64| -> f64 {
            let moved: Vec<f64> = x
                .to_f64()
                .iter()
                .zip(&direction)
                .map(|(x, v)| x + sign * STEP * v)
                .collect();
            let y = case.run_with(position, &tensor(x.shape(), &moved));
            y.iter()
                .zip(&g)
                .map(|(y, g)| dot(&y.to_f64(), &g.to_f64()))
                .sum()
        };
        let difference = (value(1.0) - value(-1.0)) / (2.0 * STEP);
        for constants in [true, false] {
            let pulled = case.pull_back(position, &g, constants, lowering).to_f64();
            let error = (dot(&pulled, &direction) - difference).abs();
            let relative = error / (norm(&pulled) * norm(&direction)).max(1e-3);
            assert!(
                relative <= TOLERANCE,
                "{case:?}, input {position}: relative error {relative:e}"
            );
        }
    }
}

/// Checks an operator on some random inputs of these shapes, drawn from `low..high`.
fn check(op: Op, shapes: &[&[usize]], low: f64, high: f64) {
    let positions: Vec<usize> = (0..shapes.len()).collect();
    for seed in 0..4 {
        let mut numbers = Numbers(seed);
        let inputs = shapes
            .iter()
            .map(|shape| numbers.tensor(shape, low, high))
            .collect();
        agrees(
            &Case::new(op.clone(), inputs),
            &positions,
            &Lowering::default(),
        );
    }
}

/// Distinct values, so that no two compete.
fn distinct(numbers: &mut Numbers, shape: &[usize]) -> Tensor {
    let count = shape.iter().product();
    let values: Vec<f64> = numbers
        .permutation(count)
        .into_iter()
        .map(|rank| rank as f64 / count as f64 - 0.4)
        .collect();
    tensor(shape, &values)
}

#[test]
fn smooth_unary_functions() {
    for unary in [
        Unary::Exp,
        Unary::Sin,
        Unary::Cos,
        Unary::Tanh,
        Unary::Sigmoid,
        Unary::Softplus,
        Unary::Softsign,
        Unary::Erf,
        Unary::Mish,
        Unary::Gelu { tanh: false },
        Unary::Gelu { tanh: true },
    ] {
        check(Op::Unary(unary), &[&[3, 5]], -4.0, 4.0);
    }
}

#[test]
fn unary_functions_of_positive_numbers() {
    for unary in [Unary::Sqrt, Unary::Log, Unary::Reciprocal] {
        check(Op::Unary(unary), &[&[3, 5]], 0.2, 4.0);
    }
}

#[test]
fn unary_functions_on_both_sides_of_their_kink() {
    for unary in [
        Unary::Abs,
        Unary::Relu,
        Unary::HardSwish,
        Unary::LeakyRelu { alpha: 0.2 },
        Unary::LeakyRelu { alpha: -0.2 },
        Unary::Elu { alpha: 1.0 },
        Unary::Elu { alpha: 0.7 },
        Unary::Elu { alpha: -0.7 },
        Unary::Selu {
            alpha: 1.673,
            gamma: 1.0507,
        },
        Unary::Selu {
            alpha: 1.673,
            gamma: -1.0507,
        },
        Unary::Celu { alpha: 1.3 },
        Unary::HardSigmoid {
            alpha: 0.2,
            beta: 0.5,
        },
        Unary::HardSigmoid {
            alpha: -0.2,
            beta: 0.5,
        },
    ] {
        check(Op::Unary(unary), &[&[4, 8]], -5.0, -0.01);
        check(Op::Unary(unary), &[&[4, 8]], 0.01, 5.0);
    }
}

#[test]
fn clip_inside_and_outside() {
    for (low, high) in [
        (Some(-0.5), Some(0.5)),
        (None, Some(0.3)),
        (Some(0.1), None),
        (None, None),
    ] {
        check(Op::Clip { low, high }, &[&[4, 8]], -1.0, 1.0);
    }
}

#[test]
fn binary_functions_in_both_operands() {
    for binary in [Binary::Mul, Binary::Div, Binary::Pow, Binary::Mod] {
        check(Op::Binary(binary), &[&[2, 3, 4], &[3, 1]], 0.3, 2.0);
    }
    for binary in [Binary::Min, Binary::Max, Binary::PRelu] {
        check(Op::Binary(binary), &[&[2, 3, 4], &[3, 1]], -1.0, 1.0);
    }
}

#[test]
fn powers_with_a_constant_exponent() {
    for exponent in [0.0, 0.5, 1.0, 2.0, 3.0, -1.5] {
        let x = Numbers(3).tensor(&[3, 4], 0.3, 2.0);
        let case = Case::new(Op::Binary(Binary::Pow), vec![x, tensor(&[], &[exponent])]);
        agrees(&case, &[0], &Lowering::default());
    }
}

#[test]
fn normalizations_in_input_scale_and_bias() {
    let image: &[usize] = &[2, 3, 4, 2];
    let epsilon = 1e-5;
    check(
        Op::InstanceNormalization { epsilon },
        &[image, &[3], &[3]],
        0.3,
        2.0,
    );
    check(
        Op::LayerNormalization { axis: 2, epsilon },
        &[image, &[4, 2], &[2]],
        0.3,
        2.0,
    );
    check(
        Op::BatchNormalization { epsilon },
        &[image, &[3], &[3], &[3], &[3]],
        0.3,
        2.0,
    );
    for size in [1, 2, 3, 4, 5] {
        check(
            Op::LocalResponseNormalization {
                alpha: 0.7,
                beta: 0.75,
                bias: 1.3,
                size,
            },
            &[&[2, 4, 3]],
            -1.0,
            1.0,
        );
    }
}

#[test]
fn softmax_and_its_logarithm() {
    for axis in 0..3 {
        check(Op::Softmax { axis }, &[&[2, 3, 4]], -2.0, 2.0);
        check(Op::LogSoftmax { axis }, &[&[2, 3, 4]], -2.0, 2.0);
    }
}

#[test]
fn reductions() {
    for kind in [
        ReduceKind::Sum,
        ReduceKind::Mean,
        ReduceKind::Max,
        ReduceKind::Min,
        ReduceKind::Prod,
        ReduceKind::L1,
        ReduceKind::L2,
        ReduceKind::SumSquare,
        ReduceKind::LogSumExp,
    ] {
        for (axes, keep_dims) in [(vec![1], false), (vec![0, 2], true), (vec![0, 1, 2], false)] {
            let op = Op::Reduce {
                kind,
                axes,
                keep_dims,
            };
            let x = distinct(&mut Numbers(5), &[2, 3, 4]);
            agrees(&Case::new(op, vec![x]), &[0], &Lowering::default());
        }
    }
}

/// 1-D to 3-D, overlapping, padded, dilated, with windows that overhang or leave elements out.
fn pools() -> Vec<(Pool, Vec<usize>)> {
    let pool = |kernel: &[usize], stride, dilation, before, after, ceil_mode| Pool {
        kernel: kernel.to_vec(),
        strides: vec![stride; kernel.len()],
        dilations: vec![dilation; kernel.len()],
        pads_before: vec![before; kernel.len()],
        pads_after: vec![after; kernel.len()],
        ceil_mode,
    };
    vec![
        (pool(&[2, 2], 2, 1, 0, 0, false), vec![2, 2, 4, 6]),
        (pool(&[2, 2], 2, 1, 0, 0, false), vec![2, 2, 5, 7]),
        (pool(&[3, 3], 2, 1, 1, 1, false), vec![2, 2, 6, 7]),
        (pool(&[3, 3], 2, 1, 0, 0, true), vec![1, 2, 6, 6]),
        (pool(&[3, 2], 3, 1, 1, 0, false), vec![1, 1, 8, 7]),
        (pool(&[3, 3], 1, 2, 2, 1, false), vec![1, 2, 6, 5]),
        (pool(&[4], 3, 1, 0, 2, true), vec![2, 3, 11]),
        (pool(&[2, 2, 2], 2, 1, 0, 1, false), vec![1, 1, 4, 3, 5]),
        (pool(&[1, 1], 2, 1, 0, 0, false), vec![1, 1, 5, 4]),
        // Tiles with something left over.
        (pool(&[2, 2], 2, 1, 0, 0, false), vec![1, 2, 5, 4]),
        (pool(&[3, 2], 2, 1, 0, 0, false), vec![2, 1, 7, 5]),
    ]
}

#[test]
fn max_pool_in_every_geometry_and_lowering() {
    for (pool, shape) in pools() {
        for lowering in max_pool_lowerings() {
            let x = distinct(&mut Numbers(11), &shape);
            let case = Case::new(Op::MaxPool(pool.clone()), vec![x]);
            agrees(&case, &[0], &lowering);
        }
    }
    let x = distinct(&mut Numbers(12), &[2, 3, 4, 5]);
    agrees(
        &Case::new(Op::GlobalMaxPool, vec![x]),
        &[0],
        &Lowering::default(),
    );
}

/// The derivative of one operator at `x` for the cotangent `g`.
fn derivative(op: Op, x: &[f64], g: &[f64], shape: &[usize], pooled: &[usize]) -> Vec<f64> {
    Case::new(op, vec![tensor(shape, x)])
        .pull_back(0, &[tensor(pooled, g)], true, &Lowering::default())
        .to_f64()
}

fn elementwise(op: Op, x: &[f64]) -> Vec<f64> {
    let shape = [x.len()];
    derivative(op, x, &vec![1.0; x.len()], &shape, &shape)
}

#[test]
fn relu_passes_nothing_at_zero() {
    let derivative = elementwise(Op::Unary(Unary::Relu), &[-1.0, 0.0, 1.0]);
    assert_eq!(derivative, [0.0, 0.0, 1.0]);
}

#[test]
fn relu_as_a_step_passes_what_the_comparison_passes() {
    let x = [-1.0, -0.0, 0.0, 1e-37, 1.0, 1e30, f64::INFINITY];
    let case = Case::new(Op::Unary(Unary::Relu), vec![tensor(&[7], &x)]);
    let step = Lowering {
        relu: ReluMask::Step,
        ..Lowering::default()
    };
    let g = [tensor(&[7], &[1.0; 7])];
    let pulled = |lowering| case.pull_back(0, &g, true, lowering).to_f64();
    assert_eq!(pulled(&step), pulled(&Lowering::default()));
}

/// PyTorch differentiates `clamp` and `relu6` differently at the bounds.
#[test]
fn relu6_passes_nothing_at_its_bounds() {
    let op = Op::Clip {
        low: Some(0.0),
        high: Some(6.0),
    };
    let derivative = elementwise(op, &[-0.1, 0.0, 0.5, 6.0, 6.1]);
    assert_eq!(derivative, [0.0, 0.0, 1.0, 0.0, 0.0]);
}

#[test]
fn clip_passes_at_its_bounds() {
    for (low, high, expected) in [
        (Some(0.0), Some(1.0), [0.0, 1.0, 1.0, 1.0, 0.0]),
        (Some(0.0), None, [0.0, 1.0, 1.0, 1.0, 1.0]),
        (None, Some(1.0), [1.0, 1.0, 1.0, 1.0, 0.0]),
    ] {
        let derivative = elementwise(Op::Clip { low, high }, &[-0.1, 0.0, 0.5, 1.0, 1.1]);
        assert_eq!(derivative, expected);
    }
}

#[test]
fn absolute_value_and_norm_pass_nothing_at_zero() {
    assert_eq!(elementwise(Op::Unary(Unary::Abs), &[0.0]), [0.0]);
    let op = Op::Reduce {
        kind: ReduceKind::L2,
        axes: vec![0],
        keep_dims: true,
    };
    assert_eq!(derivative(op, &[0.0, 0.0], &[1.0], &[2], &[1]), [0.0, 0.0]);
}

#[test]
fn equal_operands_of_a_maximum_share() {
    let case = Case::new(
        Op::Binary(Binary::Max),
        vec![tensor(&[2], &[1.0, 3.0]), tensor(&[2], &[1.0, 2.0])],
    );
    let g = [tensor(&[2], &[1.0, 1.0])];
    let pulled = |position| {
        case.pull_back(position, &g, true, &Lowering::default())
            .to_f64()
    };
    assert_eq!(pulled(0), [0.5, 1.0]);
    assert_eq!(pulled(1), [0.5, 0.0]);
}

#[test]
fn tied_maxima_of_a_reduction_share() {
    let op = Op::Reduce {
        kind: ReduceKind::Max,
        axes: vec![0],
        keep_dims: false,
    };
    let derivative = derivative(op, &[2.0, 1.0, 2.0], &[1.0], &[3], &[]);
    assert_eq!(derivative, [0.5, 0.0, 0.5]);
}

#[test]
fn a_product_with_zeros_passes_to_what_multiplies_nonzero_factors() {
    let op = Op::Reduce {
        kind: ReduceKind::Prod,
        axes: vec![1],
        keep_dims: false,
    };
    let x = [2.0, 0.0, 3.0, 0.0, 0.0, 5.0];
    let derivative = derivative(op, &x, &[1.0, 1.0], &[2, 3], &[2]);
    assert_eq!(derivative, [0.0, 6.0, 0.0, 0.0, 0.0, 0.0]);
}

#[test]
fn tied_maxima_of_a_window_pass_to_the_first_in_row_major_order() {
    let pool = Pool {
        kernel: vec![2, 2],
        strides: vec![1, 1],
        dilations: vec![1, 1],
        pads_before: vec![0, 0],
        pads_after: vec![0, 0],
        ceil_mode: false,
    };
    let case = Case::new(
        Op::MaxPool(pool),
        vec![tensor(&[1, 1, 2, 3], &[0.0, 1.0, 1.0, 1.0, 1.0, 0.0])],
    );
    let g = [tensor(&[1, 1, 1, 2], &[10.0, 1.0])];
    for lowering in max_pool_lowerings() {
        let pulled = case.pull_back(0, &g, true, &lowering);
        assert_eq!(pulled.to_f64(), [0.0, 11.0, 0.0, 0.0, 0.0, 0.0]);
    }
}

/// A flat image region gives equal positive activations in every window of the pooling behind it.
#[test]
fn a_flat_window_behind_a_relu_passes_its_cotangent_once() {
    let pool = |kernel: &[usize]| Pool {
        kernel: kernel.to_vec(),
        strides: kernel.to_vec(),
        dilations: vec![1; kernel.len()],
        pads_before: vec![0; kernel.len()],
        pads_after: vec![0; kernel.len()],
        ceil_mode: false,
    };
    let pulled = |pool: Pool, x: &[f64], shape: &[usize], g: &[f64], pooled: &[usize]| {
        let mut graph = Graph::new();
        let input = graph
            .add_input("x", TensorType::new(DType::F64, shape))
            .unwrap();
        let relu = graph.add("relu", Op::Unary(Unary::Relu), &[input]).unwrap();
        let y = graph.add("y", Op::MaxPool(pool), &[relu]).unwrap();
        let vjp = vector_jacobian_product(&mut graph, &[y], input).unwrap();
        graph.set_outputs(vec![vjp.wrt_bar]);
        let inputs = [tensor(shape, x), tensor(pooled, g)];
        interpret::run(&graph, &inputs).unwrap()[0].to_f64()
    };
    let flat = [0.5; 16];
    let g = [1.0, 2.0, 3.0, 4.0];
    assert_eq!(
        pulled(pool(&[2, 2]), &flat, &[1, 1, 4, 4], &g, &[1, 1, 2, 2]),
        [
            1.0, 0.0, 2.0, 0.0, 0.0, 0.0, 0.0, 0.0, 3.0, 0.0, 4.0, 0.0, 0.0, 0.0, 0.0, 0.0
        ]
    );
    // The first in row-major order: the second row wins over the second column only if it is alone.
    let x = [0.1, 0.9, 0.2, 0.3, 0.9, 0.9, 0.7, 0.7];
    assert_eq!(
        pulled(pool(&[2, 2]), &x, &[1, 1, 2, 4], &[1.0, 2.0], &[1, 1, 1, 2]),
        [0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 2.0, 0.0]
    );
    assert_eq!(
        pulled(
            pool(&[3]),
            &[-1.0, 2.0, 2.0],
            &[1, 1, 3],
            &[5.0],
            &[1, 1, 1]
        ),
        [0.0, 5.0, 0.0]
    );
}
