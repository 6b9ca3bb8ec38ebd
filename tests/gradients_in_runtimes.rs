//! What rules emit runs in the runtimes and gives there what the interpreter gives: in the embedded
//! one always, in ONNX Runtime where it is found.
#![allow(clippy::unwrap_used, clippy::panic)]

mod derivatives;

use std::sync::Arc;

use derivatives::net::Net;
use derivatives::norm;
use invset::autodiff::vector_jacobian_product;
use invset::graph::op::*;
use invset::graph::{DType, Tensor, interpret};
use invset::onnx;
use invset::runtime::{self, DeviceChoice, Input, Runtime, RuntimeChoice, SessionOptions};

const TOLERANCE: f64 = 1e-5;

fn runtimes() -> Vec<Arc<dyn Runtime>> {
    let embedded = runtime::open(RuntimeChoice::Embedded, DeviceChoice::Cpu, None).unwrap();
    let mut runtimes = vec![embedded.runtime];
    if let Ok(found) = runtime::open(RuntimeChoice::OnnxRuntime, DeviceChoice::Cpu, None) {
        runtimes.push(found.runtime);
    }
    runtimes
}

/// The gradient of `op` in its first input, other inputs being constants, in every runtime.
fn agrees(runtimes: &[Arc<dyn Runtime>], op: &Op, shapes: &[&[usize]]) {
    let mut net = Net::new(DType::F32);
    let x = net.input("x", shapes[0]);
    let mut inputs = vec![x];
    for shape in &shapes[1..] {
        // Positive, so that they may be scales and variances too.
        let positive = net.numbers.tensor(shape, 0.3, 1.0).to_f64();
        let positive = Tensor::from_f64(DType::F32, *shape, &positive).unwrap();
        inputs.push(net.graph.add_constant("parameter", positive));
    }
    let y = net.node(op.clone(), &inputs);
    let vjp = vector_jacobian_product(&mut net.graph, &[y], x).unwrap();
    net.graph.set_outputs(vec![vjp.wrt_bar]);
    let fed = [net.tensor(x), net.tensor(y)];
    let expected = interpret::run(&net.graph, &fed).unwrap()[0].to_f64();
    let model = onnx::serialise(&net.graph).unwrap();
    for runtime in runtimes {
        let backend = &runtime.backend().name;
        let options = SessionOptions::threads(1);
        let found = runtime
            .load(&model, &options)
            .and_then(|mut session| {
                let results = session.run(&[Input::Tensor(&fed[0]), Input::Tensor(&fed[1])])?;
                results[0].to_tensor()
            })
            .unwrap_or_else(|error| panic!("{op:?}: {error}"));
        let error: Vec<f64> = found
            .to_f64()
            .iter()
            .zip(&expected)
            .map(|(found, expected)| found - expected)
            .collect();
        assert!(
            norm(&error) <= TOLERANCE * norm(&expected).max(1e-3),
            "{op:?} in {backend}: off by {:e} of {:e}",
            norm(&error),
            norm(&expected)
        );
    }
}

fn convolution(stride: usize, dilation: usize, group: usize) -> Convolution {
    Convolution {
        strides: vec![stride; 2],
        dilations: vec![dilation; 2],
        pads_before: vec![1; 2],
        pads_after: vec![1, 2],
        group,
    }
}

fn pool(kernel: usize, stride: usize, pad: usize, ceil_mode: bool) -> Pool {
    Pool {
        kernel: vec![kernel; 2],
        strides: vec![stride; 2],
        dilations: vec![1; 2],
        pads_before: vec![pad; 2],
        pads_after: vec![pad; 2],
        ceil_mode,
    }
}

#[test]
fn activations() {
    let runtimes = runtimes();
    for unary in [
        Unary::Abs,
        Unary::Tanh,
        Unary::Sigmoid,
        Unary::Relu,
        Unary::Softplus,
        Unary::Softsign,
        Unary::Erf,
        Unary::HardSwish,
        Unary::LeakyRelu { alpha: 0.2 },
        Unary::Elu { alpha: 0.7 },
        Unary::HardSigmoid {
            alpha: 0.2,
            beta: 0.5,
        },
        Unary::Gelu { tanh: false },
        Unary::Gelu { tanh: true },
    ] {
        agrees(&runtimes, &Op::Unary(unary), &[&[2, 3, 4, 5]]);
    }
    let clip = Op::Clip {
        low: Some(-0.5),
        high: Some(0.5),
    };
    agrees(&runtimes, &clip, &[&[2, 3]]);
    for binary in [Binary::Max, Binary::Min, Binary::Div, Binary::PRelu] {
        agrees(&runtimes, &Op::Binary(binary), &[&[2, 3, 4], &[3, 1]]);
    }
}

#[test]
fn convolutions_and_products() {
    let runtimes = runtimes();
    for (stride, dilation) in [(1, 1), (1, 2), (2, 1), (3, 1), (2, 2)] {
        let dense = convolution(stride, dilation, 1);
        let grouped = convolution(stride, dilation, 2);
        let depthwise = convolution(stride, dilation, 4);
        let x: &[usize] = &[2, 4, 9, 8];
        agrees(&runtimes, &Op::Conv(dense.clone()), &[x, &[6, 4, 3, 3]]);
        agrees(&runtimes, &Op::Conv(grouped.clone()), &[x, &[6, 2, 3, 3]]);
        agrees(&runtimes, &Op::Conv(depthwise), &[x, &[4, 1, 3, 3]]);
        for (convolution, weight) in [(dense, [4, 3, 3, 3]), (grouped, [4, 3, 3, 3])] {
            let op = Op::ConvTranspose {
                convolution,
                output_padding: vec![0, stride - 1],
            };
            agrees(&runtimes, &op, &[x, &weight]);
        }
    }
    for (transpose_a, transpose_b) in [(false, false), (false, true), (true, false), (true, true)] {
        let op = Op::Gemm {
            alpha: 0.5,
            beta: 1.0,
            transpose_a,
            transpose_b,
        };
        agrees(&runtimes, &op, &[&[3, 3], &[3, 3], &[3]]);
    }
    agrees(&runtimes, &Op::MatMul, &[&[2, 3, 4], &[4, 5]]);
    agrees(&runtimes, &Op::MatMul, &[&[2, 3, 4], &[2, 4, 5]]);
}

#[test]
fn pools() {
    let runtimes = runtimes();
    for (pool, lengths) in [
        (pool(2, 2, 0, false), [8, 6]),
        (pool(2, 2, 0, false), [7, 5]),
        (pool(3, 2, 1, false), [8, 7]),
        (pool(3, 2, 0, true), [8, 8]),
        (pool(3, 1, 1, false), [5, 6]),
    ] {
        let x: &[usize] = &[2, 3, lengths[0], lengths[1]];
        agrees(&runtimes, &Op::MaxPool(pool.clone()), &[x]);
        for count_include_pad in [false, true] {
            let op = Op::AveragePool {
                pool: pool.clone(),
                count_include_pad,
            };
            agrees(&runtimes, &op, &[x]);
        }
    }
    agrees(&runtimes, &Op::GlobalAveragePool, &[&[2, 3, 4, 5]]);
    agrees(&runtimes, &Op::GlobalMaxPool, &[&[2, 3, 4, 5]]);
}

#[test]
fn normalizations_and_reductions() {
    let runtimes = runtimes();
    let image: &[usize] = &[2, 3, 4, 5];
    let epsilon = 1e-3;
    agrees(
        &runtimes,
        &Op::BatchNormalization { epsilon },
        &[image, &[3], &[3], &[3], &[3]],
    );
    agrees(
        &runtimes,
        &Op::InstanceNormalization { epsilon },
        &[image, &[3], &[3]],
    );
    agrees(
        &runtimes,
        &Op::LayerNormalization { axis: 3, epsilon },
        &[image, &[5], &[5]],
    );
    agrees(&runtimes, &Op::Softmax { axis: 1 }, &[image]);
    agrees(&runtimes, &Op::LogSoftmax { axis: 3 }, &[image]);
    for kind in [
        ReduceKind::Sum,
        ReduceKind::Mean,
        ReduceKind::Max,
        ReduceKind::Min,
        ReduceKind::Prod,
        ReduceKind::L2,
        ReduceKind::SumSquare,
    ] {
        let op = Op::Reduce {
            kind,
            axes: vec![2, 3],
            keep_dims: false,
        };
        agrees(&runtimes, &op, &[image]);
    }
}

#[test]
fn layout_and_resampling() {
    let runtimes = runtimes();
    let image: &[usize] = &[2, 4, 6, 8];
    let range = |axis, start, end, step| SliceRange {
        axis,
        start,
        end,
        step,
    };
    let widths = |mode, before: [i64; 4]| Op::Pad {
        mode,
        before: before.to_vec(),
        after: vec![0, 0, 1, 2],
        value: 0.0,
    };
    let resize = |mode, coordinates, sizes: [usize; 2]| {
        Op::Resize(Resize {
            mode,
            coordinates,
            scales: vec![1.0, 1.0, sizes[0] as f64 / 6.0, sizes[1] as f64 / 8.0],
            sizes: vec![2, 4, sizes[0], sizes[1]],
            cubic_coefficient: -0.75,
            exclude_outside: false,
            antialias: false,
        })
    };
    let floor = ResizeMode::Nearest(NearestRounding::Floor);
    for op in [
        Op::Transpose {
            permutation: vec![0, 2, 3, 1],
        },
        Op::Slice {
            ranges: vec![range(2, 1, 6, 2), range(3, 7, -1, -3)],
        },
        Op::Expand {
            shape: vec![3, 2, 4, 6, 8],
        },
        Op::Tile {
            repeats: vec![1, 2, 1, 3],
        },
        Op::DepthToSpace {
            block: 2,
            channel_first: true,
        },
        Op::DepthToSpace {
            block: 2,
            channel_first: false,
        },
        Op::CumSum {
            axis: 2,
            exclusive: true,
            reverse: false,
        },
        widths(PadMode::Constant, [0, 1, 2, 0]),
        widths(PadMode::Reflect, [0, 0, 1, 1]),
        resize(floor, Coordinates::Asymmetric, [12, 24]),
        resize(ResizeMode::Linear, Coordinates::HalfPixel, [12, 16]),
        resize(ResizeMode::Linear, Coordinates::AlignCorners, [9, 5]),
    ] {
        agrees(&runtimes, &op, &[image]);
    }
}
