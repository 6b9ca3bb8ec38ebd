//! Every rule of an operator that is linear in an input holds the adjoint identity
//! ⟨ȳ, A·x⟩ = ⟨Aᵀ·ȳ, x⟩ over random shapes and attributes, to rounding: no finite differences, no
//! reference.
#![allow(clippy::unwrap_used, clippy::panic)]

mod derivatives;

use derivatives::{Case, Numbers, dot, indices, norm};
use invset::autodiff::{ConvolutionAdjoint, Lowering};
use invset::graph::op::*;
use invset::graph::{DType, Tensor};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

const CASES: u32 = 200;

/// Checks the cases that `generate` makes, in the inputs at `positions`.
fn holds(positions: &[usize], generate: impl Fn(&mut Numbers) -> Case) {
    let config = Config {
        cases: CASES,
        failure_persistence: None,
        max_global_rejects: 20 * CASES,
        ..Config::default()
    };
    let mut runner = TestRunner::new(config);
    let result = runner.run(&any::<u64>(), |seed| {
        let mut numbers = Numbers(seed);
        let case = generate(&mut numbers);
        prop_assume!(case.fits());
        let outputs = case.run();
        // No empty outputs, and no mean over a window that lies in the padding.
        let usable = |y: &Tensor| !y.is_empty() && y.to_f64().iter().all(|v| v.is_finite());
        prop_assume!(outputs.iter().all(usable));
        let cotangents: Vec<Tensor> = outputs
            .iter()
            .map(|output| numbers.tensor(output.shape(), -1.0, 1.0))
            .collect();
        let constants = numbers.coin();
        let lowering = Lowering {
            convolution: numbers.pick(&[
                ConvolutionAdjoint::Flipped,
                ConvolutionAdjoint::FlippedInGraph,
                ConvolutionAdjoint::Transposed,
            ]),
            ..Lowering::default()
        };
        for &position in positions.iter().filter(|&&p| p < case.inputs.len()) {
            for (dtype, tolerance) in [(DType::F64, 1e-10), (DType::F32, 1e-5)] {
                let error = mismatch(
                    &case.convert(dtype),
                    position,
                    &cotangents,
                    constants,
                    &lowering,
                );
                prop_assert!(
                    error <= tolerance,
                    "input {position} in {dtype}: relative error {error:e} in {case:?}"
                );
            }
        }
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

/// |⟨ȳ, A·x⟩ − ⟨Aᵀ·ȳ, x⟩| / (|ȳ||A·x|), where A·x is the part of y that depends on x.
fn mismatch(
    case: &Case,
    position: usize,
    cotangents: &[Tensor],
    constants: bool,
    lowering: &Lowering,
) -> f64 {
    let x = &case.inputs[position];
    let zero = Tensor::filled(x.dtype(), x.shape(), 0.0);
    let (mut forward, mut scale) = (0.0, 0.0);
    let with = case.run();
    let without = case.run_with(position, &zero);
    let cotangents: Vec<Tensor> = cotangents
        .iter()
        .zip(&with)
        .map(|(g, y)| Tensor::from_f64(y.dtype(), g.shape(), &g.to_f64()).unwrap())
        .collect();
    for ((g, with), without) in cotangents.iter().zip(&with).zip(&without) {
        let (with, without) = (with.to_f64(), without.to_f64());
        let linear: Vec<f64> = with.iter().zip(&without).map(|(a, b)| a - b).collect();
        forward += dot(&g.to_f64(), &linear);
        scale += norm(&g.to_f64()) * (norm(&with) + norm(&without));
    }
    let pulled = case.pull_back(position, &cotangents, constants, lowering);
    assert_eq!(pulled.tensor_type(), x.tensor_type());
    let backward = dot(&pulled.to_f64(), &x.to_f64());
    (forward - backward).abs() / (scale + f64::MIN_POSITIVE)
}

fn shape(numbers: &mut Numbers, low: usize, high: usize) -> Vec<usize> {
    let rank = numbers.integer(low, high);
    numbers.integers(rank, 1, 5)
}

fn any_tensor(numbers: &mut Numbers, shape: &[usize]) -> Tensor {
    numbers.tensor(shape, -1.0, 1.0)
}

/// `shape`, some of its axes 1, some of the first left off.
fn broadcastable(numbers: &mut Numbers, shape: &[usize]) -> Vec<usize> {
    let mut smaller = shape.to_vec();
    for length in &mut smaller {
        if numbers.integer(0, 3) == 0 {
            *length = 1;
        }
    }
    let dropped = numbers.integer(0, smaller.len());
    match numbers.coin() {
        true => smaller.split_off(dropped),
        false => smaller,
    }
}

fn convolution(numbers: &mut Numbers, spatial: usize) -> Convolution {
    Convolution {
        strides: numbers.integers(spatial, 1, 3),
        dilations: numbers.integers(spatial, 1, 2),
        pads_before: numbers.integers(spatial, 0, 2),
        pads_after: numbers.integers(spatial, 0, 2),
        group: numbers.integer(1, 3),
    }
}

fn pool(numbers: &mut Numbers, spatial: usize) -> Pool {
    let kernel = numbers.integers(spatial, 1, 3);
    let pads = |numbers: &mut Numbers| -> Vec<usize> {
        kernel.iter().map(|&k| numbers.integer(0, k - 1)).collect()
    };
    let plain = numbers.integer(0, 2);
    Pool {
        strides: match plain {
            0 => vec![1; spatial],
            1 => kernel.clone(),
            _ => numbers.integers(spatial, 1, 3),
        },
        dilations: match numbers.coin() {
            true => vec![1; spatial],
            false => numbers.integers(spatial, 1, 2),
        },
        pads_before: pads(numbers),
        pads_after: pads(numbers),
        ceil_mode: numbers.coin(),
        kernel,
    }
}

#[test]
fn convolution_in_input_weight_and_bias() {
    holds(&[0, 1, 2], |numbers| {
        let spatial = numbers.integer(1, 3);
        let mut convolution = convolution(numbers, spatial);
        if numbers.coin() {
            convolution.strides = vec![1; spatial];
        }
        let (inputs, outputs) = (numbers.integer(1, 2), numbers.integer(1, 2));
        let mut x = vec![numbers.integer(1, 2), inputs * convolution.group];
        x.extend(numbers.integers(spatial, 1, 6));
        let mut weight = vec![outputs * convolution.group, inputs];
        weight.extend(numbers.integers(spatial, 1, 3));
        let mut tensors = vec![any_tensor(numbers, &x), any_tensor(numbers, &weight)];
        if numbers.coin() {
            tensors.push(any_tensor(numbers, &weight[..1]));
        }
        Case::new(Op::Conv(convolution), tensors)
    });
}

#[test]
fn transposed_convolution_in_input_weight_and_bias() {
    holds(&[0, 1, 2], |numbers| {
        let spatial = numbers.integer(1, 3);
        let convolution = convolution(numbers, spatial);
        let output_padding = convolution
            .strides
            .iter()
            .zip(&convolution.dilations)
            .map(|(&stride, &dilation)| numbers.integer(0, stride.max(dilation) - 1))
            .collect();
        let (inputs, outputs) = (numbers.integer(1, 2), numbers.integer(1, 2));
        let mut x = vec![numbers.integer(1, 2), inputs * convolution.group];
        x.extend(numbers.integers(spatial, 1, 5));
        let mut weight = vec![inputs * convolution.group, outputs];
        weight.extend(numbers.integers(spatial, 1, 3));
        let mut tensors = vec![any_tensor(numbers, &x), any_tensor(numbers, &weight)];
        if numbers.coin() {
            tensors.push(any_tensor(numbers, &[outputs * convolution.group]));
        }
        let op = Op::ConvTranspose {
            convolution,
            output_padding,
        };
        Case::new(op, tensors)
    });
}

#[test]
fn gemm_in_each_operand() {
    holds(&[0, 1, 2], |numbers| {
        let (m, k, n) = (
            numbers.integer(1, 4),
            numbers.integer(1, 4),
            numbers.integer(1, 4),
        );
        let (transpose_a, transpose_b) = (numbers.coin(), numbers.coin());
        let op = Op::Gemm {
            alpha: numbers.float(-2.0, 2.0),
            beta: numbers.float(-2.0, 2.0),
            transpose_a,
            transpose_b,
        };
        let a = if transpose_a { [k, m] } else { [m, k] };
        let b = if transpose_b { [n, k] } else { [k, n] };
        let c = broadcastable(numbers, &[m, n]);
        let tensors = vec![
            any_tensor(numbers, &a),
            any_tensor(numbers, &b),
            any_tensor(numbers, &c),
        ];
        Case::new(op, tensors)
    });
}

#[test]
fn matrix_product_in_each_operand() {
    holds(&[0, 1], |numbers| {
        let batch = shape(numbers, 0, 2);
        let (m, k, n) = (
            numbers.integer(1, 4),
            numbers.integer(1, 4),
            numbers.integer(1, 4),
        );
        let operand = |numbers: &mut Numbers, matrix: [usize; 2], vector: usize| {
            if numbers.integer(0, 4) == 0 {
                return vec![vector];
            }
            let mut shape = broadcastable(numbers, &batch);
            shape.extend(matrix);
            shape
        };
        let a = operand(numbers, [m, k], k);
        let b = operand(numbers, [k, n], k);
        Case::new(
            Op::MatMul,
            vec![any_tensor(numbers, &a), any_tensor(numbers, &b)],
        )
    });
}

#[test]
fn sums_and_differences_with_broadcasting() {
    holds(&[0, 1], |numbers| {
        let whole = shape(numbers, 0, 4);
        let (a, b) = (
            broadcastable(numbers, &whole),
            broadcastable(numbers, &whole),
        );
        let binary = numbers.pick(&[Binary::Add, Binary::Sub, Binary::Mul]);
        Case::new(
            Op::Binary(binary),
            vec![any_tensor(numbers, &a), any_tensor(numbers, &b)],
        )
    });
}

#[test]
fn quotients_in_the_numerator() {
    holds(&[0], |numbers| {
        let whole = shape(numbers, 0, 4);
        let (a, b) = (
            broadcastable(numbers, &whole),
            broadcastable(numbers, &whole),
        );
        let divisor = numbers.tensor(&b, 0.5, 2.0);
        Case::new(
            Op::Binary(Binary::Div),
            vec![any_tensor(numbers, &a), divisor],
        )
    });
}

#[test]
fn choices_in_each_branch() {
    holds(&[1, 2], |numbers| {
        let whole = shape(numbers, 0, 4);
        let shapes: Vec<Vec<usize>> = (0..3).map(|_| broadcastable(numbers, &whole)).collect();
        let condition = any_tensor(numbers, &shapes[0]).to_f64();
        let condition: Vec<f64> = condition.iter().map(|&v| v.max(0.0).ceil()).collect();
        let condition = Tensor::from_f64(DType::Bool, shapes[0].clone(), &condition).unwrap();
        let branches = [1, 2].map(|branch| any_tensor(numbers, &shapes[branch]));
        let [a, b] = branches;
        Case::new(Op::Where, vec![condition, a, b])
    });
}

#[test]
fn elementwise_linear_functions() {
    holds(&[0], |numbers| {
        let x = shape(numbers, 0, 4);
        let op = match numbers.integer(0, 2) {
            0 => Op::Unary(Unary::Identity),
            1 => Op::Unary(Unary::Neg),
            _ => Op::Cast { to: DType::F64 },
        };
        Case::new(op, vec![any_tensor(numbers, &x)])
    });
}

#[test]
fn batch_normalization_in_input_scale_and_bias() {
    holds(&[0, 1, 2, 3], |numbers| {
        let mut x = numbers.integers(2, 1, 4);
        let spatial = numbers.integer(0, 2);
        x.extend(numbers.integers(spatial, 1, 4));
        let channels = [x[1]];
        let mut tensors = vec![any_tensor(numbers, &x)];
        tensors.extend((0..3).map(|_| any_tensor(numbers, &channels)));
        tensors.push(numbers.tensor(&channels, 0.5, 2.0));
        Case::new(Op::BatchNormalization { epsilon: 1e-5 }, tensors)
    });
}

#[test]
fn average_pool() {
    holds(&[0], |numbers| {
        let spatial = numbers.integer(1, 3);
        let pool = pool(numbers, spatial);
        let mut x = numbers.integers(2, 1, 2);
        x.extend(numbers.integers(spatial, 1, 7));
        let op = Op::AveragePool {
            pool,
            count_include_pad: numbers.coin(),
        };
        Case::new(op, vec![any_tensor(numbers, &x)])
    });
}

#[test]
fn global_average_pool() {
    holds(&[0], |numbers| {
        let x = shape(numbers, 3, 5);
        Case::new(Op::GlobalAveragePool, vec![any_tensor(numbers, &x)])
    });
}

#[test]
fn sums_and_means_over_axes() {
    holds(&[0], |numbers| {
        let x = shape(numbers, 1, 4);
        let axes: Vec<usize> = (0..x.len()).filter(|_| numbers.coin()).collect();
        let op = Op::Reduce {
            kind: numbers.pick(&[ReduceKind::Sum, ReduceKind::Mean]),
            axes,
            keep_dims: numbers.coin(),
        };
        Case::new(op, vec![any_tensor(numbers, &x)])
    });
}

#[test]
fn running_sums() {
    holds(&[0], |numbers| {
        let x = shape(numbers, 1, 4);
        let op = Op::CumSum {
            axis: numbers.integer(0, x.len() - 1),
            exclusive: numbers.coin(),
            reverse: numbers.coin(),
        };
        Case::new(op, vec![any_tensor(numbers, &x)])
    });
}

#[test]
fn reshape_transpose_expand_and_tile() {
    holds(&[0], |numbers| {
        let x = shape(numbers, 1, 4);
        let op = match numbers.integer(0, 3) {
            0 => Op::Reshape {
                shape: vec![1, x.iter().product()],
            },
            1 => Op::Transpose {
                permutation: numbers.permutation(x.len()),
            },
            2 => {
                let mut larger = shape(numbers, 0, 2);
                larger.extend(&x);
                Op::Expand { shape: larger }
            }
            _ => Op::Tile {
                repeats: numbers.integers(x.len(), 1, 3),
            },
        };
        let smaller = match op {
            Op::Expand { .. } => broadcastable(numbers, &x),
            _ => x,
        };
        Case::new(op, vec![any_tensor(numbers, &smaller)])
    });
}

#[test]
fn depth_to_space_and_back() {
    holds(&[0], |numbers| {
        let block = numbers.integer(1, 3);
        let mut x = numbers.integers(4, 1, 3);
        let op = if numbers.coin() {
            x[1] *= block * block;
            Op::DepthToSpace {
                block,
                channel_first: numbers.coin(),
            }
        } else {
            x[2] *= block;
            x[3] *= block;
            Op::SpaceToDepth { block }
        };
        Case::new(op, vec![any_tensor(numbers, &x)])
    });
}

#[test]
fn concatenation_in_each_part() {
    holds(&[0, 1, 2], |numbers| {
        let x = shape(numbers, 1, 4);
        let axis = numbers.integer(0, x.len() - 1);
        let count = numbers.integer(1, 3);
        let parts = (0..count).map(|_| {
            let mut part = x.clone();
            part[axis] = numbers.integer(1, 4);
            any_tensor(numbers, &part)
        });
        let parts = parts.collect();
        Case::new(Op::Concat { axis }, parts)
    });
}

#[test]
fn splits() {
    holds(&[0], |numbers| {
        let mut x = shape(numbers, 1, 4);
        let axis = numbers.integer(0, x.len() - 1);
        let count = numbers.integer(1, 3);
        let sizes = numbers.integers(count, 1, 3);
        x[axis] = sizes.iter().sum();
        let outputs = sizes.len();
        Case {
            outputs,
            ..Case::new(Op::Split { axis, sizes }, vec![any_tensor(numbers, &x)])
        }
    });
}

#[test]
fn slices_of_any_step() {
    holds(&[0], |numbers| {
        let mut x = shape(numbers, 1, 4);
        x.iter_mut().for_each(|length| *length += 3);
        let mut ranges = Vec::new();
        for (axis, &length) in x.iter().enumerate() {
            if numbers.integer(0, 3) == 0 {
                continue;
            }
            let step = numbers.integer(1, 3) as i64;
            let (a, b) = (
                numbers.integer(0, length - 1),
                numbers.integer(0, length - 1),
            );
            let (low, high) = (a.min(b) as i64, a.max(b) as i64);
            ranges.push(match numbers.coin() {
                true => SliceRange {
                    axis,
                    start: low,
                    end: high + 1,
                    step,
                },
                false => SliceRange {
                    axis,
                    start: high,
                    end: low - 1,
                    step: -step,
                },
            });
        }
        Case::new(Op::Slice { ranges }, vec![any_tensor(numbers, &x)])
    });
}

#[test]
fn padding_in_every_mode_and_negative() {
    holds(&[0], |numbers| {
        let x = shape(numbers, 1, 4);
        let mode = numbers.pick(&[
            PadMode::Constant,
            PadMode::Reflect,
            PadMode::Edge,
            PadMode::Wrap,
        ]);
        let mut widths = || -> Vec<i64> {
            let widths = numbers.integers(x.len(), 0, 4);
            widths.iter().map(|&width| width as i64 - 1).collect()
        };
        let op = Op::Pad {
            mode,
            before: widths(),
            after: widths(),
            value: 0.5,
        };
        Case::new(op, vec![any_tensor(numbers, &x)])
    });
}

#[test]
fn resampling_in_every_mode() {
    holds(&[0], |numbers| {
        let spatial = numbers.integer(1, 2);
        let mut x = numbers.integers(2, 1, 2);
        x.extend(numbers.integers(spatial, 1, 6));
        let mode = numbers.pick(&[
            ResizeMode::Nearest(NearestRounding::PreferFloor),
            ResizeMode::Nearest(NearestRounding::PreferCeil),
            ResizeMode::Nearest(NearestRounding::Floor),
            ResizeMode::Nearest(NearestRounding::Ceil),
            ResizeMode::Linear,
            ResizeMode::Cubic,
        ]);
        let coordinates = numbers.pick(&[
            Coordinates::HalfPixel,
            Coordinates::HalfPixelSymmetric,
            Coordinates::PytorchHalfPixel,
            Coordinates::AlignCorners,
            Coordinates::Asymmetric,
        ]);
        let mut sizes = x.clone();
        let mut scales = vec![1.0; x.len()];
        let whole = numbers.coin();
        for axis in 2..x.len() {
            if whole {
                let factor = numbers.integer(1, 3);
                sizes[axis] *= factor;
                scales[axis] = factor as f64;
            } else if numbers.coin() {
                sizes[axis] = numbers.integer(1, 9);
                scales[axis] = sizes[axis] as f64 / x[axis] as f64;
            } else {
                scales[axis] = numbers.float(0.4, 2.6);
                sizes[axis] = ((x[axis] as f64 * scales[axis]).floor() as usize).max(1);
            }
        }
        let op = Op::Resize(Resize {
            mode,
            coordinates,
            scales,
            sizes,
            cubic_coefficient: -0.75,
            exclude_outside: numbers.coin(),
            antialias: numbers.coin() && !matches!(mode, ResizeMode::Nearest(_)),
        });
        Case::new(op, vec![any_tensor(numbers, &x)])
    });
}

/// `count` indices into an axis of `length`, negative ones too.
fn any_indices(numbers: &mut Numbers, count: usize, length: usize) -> Vec<i64> {
    (0..count)
        .map(|_| {
            let index = numbers.integer(0, length - 1) as i64;
            if numbers.coin() {
                index
            } else {
                index - length as i64
            }
        })
        .collect()
}

#[test]
fn gathers() {
    holds(&[0], |numbers| {
        let x = shape(numbers, 1, 4);
        let axis = numbers.integer(0, x.len() - 1);
        let index_shape = shape(numbers, 0, 2);
        let count: usize = index_shape.iter().product();
        let mut chosen = any_indices(numbers, count, x[axis]);
        if count <= x[axis] && numbers.coin() {
            let start = numbers.integer(0, x[axis] - count) as i64;
            chosen = (start..start + count as i64).collect();
        }
        Case::new(
            Op::Gather { axis },
            vec![any_tensor(numbers, &x), indices(&index_shape, &chosen)],
        )
    });
}

#[test]
fn elementwise_gathers() {
    holds(&[0], |numbers| {
        let x = shape(numbers, 1, 3);
        let axis = numbers.integer(0, x.len() - 1);
        let mut index_shape = x.clone();
        index_shape[axis] = numbers.integer(1, 4);
        let chosen = any_indices(numbers, index_shape.iter().product(), x[axis]);
        Case::new(
            Op::GatherElements { axis },
            vec![any_tensor(numbers, &x), indices(&index_shape, &chosen)],
        )
    });
}

#[test]
fn scatters_in_data_and_updates() {
    holds(&[0, 2], |numbers| {
        let x = shape(numbers, 1, 3);
        let axis = numbers.integer(0, x.len() - 1);
        let add = numbers.coin();
        let mut updates = x.clone();
        updates[axis] = numbers.integer(1, x[axis]);
        let count: usize = updates.iter().product();
        // Without addition an index may appear once in each line.
        let chosen: Vec<i64> = match add {
            true => any_indices(numbers, count, x[axis]),
            false => {
                let order = numbers.permutation(x[axis]);
                let inner: usize = updates[axis + 1..].iter().product();
                (0..count)
                    .map(|at| order[at / inner % updates[axis]] as i64)
                    .collect()
            }
        };
        let tensors = vec![
            any_tensor(numbers, &x),
            indices(&updates, &chosen),
            any_tensor(numbers, &updates),
        ];
        Case::new(Op::ScatterElements { axis, add }, tensors)
    });
}
