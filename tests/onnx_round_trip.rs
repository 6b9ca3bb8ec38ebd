//! Graphs survive being written and read: every operator, and the real networks under `shared/`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use invset::graph::op::{
    Convolution, Coordinates, NearestRounding, PadMode, Pool, ReduceKind, Resize, ResizeMode,
    SliceRange,
};
use invset::graph::{Binary, DType, Graph, Op, Source, Tensor, TensorType, Unary, interpret};
use invset::onnx::{LoadOptions, Model, serialise};

// --- comparing ---

/// What a graph says, without the order in which its constants were added.
#[derive(Debug, PartialEq)]
struct Meaning {
    inputs: Vec<(String, TensorType)>,
    outputs: Vec<String>,
    nodes: Vec<(String, Op, Vec<String>, Vec<String>)>,
    constants: BTreeMap<String, Tensor>,
}

fn meaning(graph: &Graph) -> Meaning {
    let names = |ids: &[invset::graph::ValueId]| -> Vec<String> {
        ids.iter().map(|&id| graph.name(id).to_owned()).collect()
    };
    let inputs = graph.inputs().iter();
    Meaning {
        inputs: inputs
            .map(|&id| (graph.name(id).to_owned(), graph.tensor_type(id).clone()))
            .collect(),
        outputs: names(graph.outputs()),
        nodes: graph
            .nodes()
            .iter()
            .map(|node| {
                (
                    node.name.clone(),
                    node.op.clone(),
                    names(&node.inputs),
                    names(&node.outputs),
                )
            })
            .collect(),
        constants: graph
            .values()
            .filter_map(|(_, value)| match &value.source {
                Source::Constant(tensor) => Some((value.name.clone(), tensor.clone())),
                _ => None,
            })
            .collect(),
    }
}

fn reload(graph: &Graph) -> Graph {
    let bytes = serialise(graph).expect("the graph is written");
    let model = Model::from_bytes(bytes, "written.onnx").expect("what was written is read");
    let options = LoadOptions {
        batch: BATCH,
        ..LoadOptions::default()
    };
    model.graph(&options).expect("what was written is a graph")
}

/// Values that are neither equal nor round, in (-1.2, 1.2).
fn ramp(tensor_type: &TensorType, seed: usize) -> Tensor {
    let values: Vec<f64> = (0..tensor_type.len())
        .map(|index| (((index * 7919 + seed * 104_729) % 1009) as f64 / 420.0) - 1.2)
        .collect();
    Tensor::from_f64(tensor_type.dtype, tensor_type.shape.clone(), &values).expect("it fits")
}

fn outputs(graph: &Graph) -> Vec<Vec<f64>> {
    let inputs: Vec<Tensor> = graph
        .inputs()
        .iter()
        .enumerate()
        .map(|(seed, &id)| ramp(graph.tensor_type(id), seed))
        .collect();
    let results = interpret::run(graph, &inputs).expect("the graph runs");
    results.iter().map(Tensor::to_f64).collect()
}

fn assert_close(label: &str, left: &[Vec<f64>], right: &[Vec<f64>]) {
    assert_eq!(left.len(), right.len(), "{label}");
    for (a, b) in left.iter().flatten().zip(right.iter().flatten()) {
        let same = (a.is_nan() && b.is_nan()) || (a - b).abs() <= 1e-5 * a.abs().max(1.0);
        assert!(same, "{label}: {a} became {b}");
    }
}

// --- every operator ---

const BATCH: usize = 2;

/// Inputs of these shapes, one node, all its outputs.
fn single(op: Op, shapes: &[&[usize]], outputs: usize) -> Graph {
    let mut graph = Graph::new();
    let inputs: Vec<_> = shapes
        .iter()
        .enumerate()
        .map(|(index, &shape)| {
            let tensor_type = TensorType::new(DType::F32, shape);
            // What is no batch of anything is a weight.
            if index == 0 {
                graph.add_input("x", tensor_type).expect("a new name")
            } else {
                let weight = ramp(&tensor_type, index);
                graph.add_constant(&format!("w{index}"), weight)
            }
        })
        .collect();
    finish(graph, op, &inputs, outputs)
}

fn finish(mut graph: Graph, op: Op, inputs: &[invset::graph::ValueId], outputs: usize) -> Graph {
    let names: Vec<String> = (0..outputs).map(|index| format!("y{index}")).collect();
    let name = op.name();
    let made = graph
        .add_named("node", op, inputs, &names)
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    graph.set_outputs(made);
    graph
}

/// A node whose inputs are constants of given types behind a first float input.
fn with_constants(op: Op, shape: &[usize], constants: &[Tensor]) -> Graph {
    let mut graph = Graph::new();
    let x = graph
        .add_input("x", TensorType::new(DType::F32, shape))
        .expect("a new name");
    let mut inputs = vec![x];
    for (index, tensor) in constants.iter().enumerate() {
        inputs.push(graph.add_constant(&format!("c{index}"), tensor.clone()));
    }
    finish(graph, op, &inputs, 1)
}

/// Inputs are floats, so comparisons feed the operator.
fn on_truth_values(op: Op) -> Graph {
    let mut graph = Graph::new();
    let x = graph
        .add_input("x", TensorType::new(DType::F32, [2, 3]))
        .expect("a new name");
    let zero = graph.add_constant("zero", Tensor::scalar(DType::F32, 0.0));
    let above = graph
        .add("above", Op::Binary(Binary::Greater), &[x, zero])
        .expect("it fits");
    let inputs = match op {
        Op::Unary(_) | Op::Cast { .. } => vec![above],
        Op::Where => vec![above, x, zero],
        _ => {
            let below = graph
                .add("below", Op::Binary(Binary::LessOrEqual), &[x, zero])
                .expect("it fits");
            vec![above, below]
        }
    };
    finish(graph, op, &inputs, 1)
}

fn convolution(rank: usize) -> Convolution {
    Convolution {
        strides: vec![2; rank],
        dilations: vec![1; rank],
        pads_before: vec![1; rank],
        pads_after: vec![0; rank],
        group: 1,
    }
}

fn pool() -> Pool {
    Pool {
        kernel: vec![3, 2],
        strides: vec![2, 1],
        dilations: vec![1, 1],
        pads_before: vec![1, 0],
        pads_after: vec![0, 1],
        ceil_mode: true,
    }
}

fn round(value: f32) -> f64 {
    f64::from(value)
}

fn unaries() -> Vec<Unary> {
    vec![
        Unary::Identity,
        Unary::Neg,
        Unary::Abs,
        Unary::Sign,
        Unary::Floor,
        Unary::Ceil,
        Unary::Round,
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
        Unary::LeakyRelu { alpha: round(0.1) },
        Unary::Elu { alpha: round(0.7) },
        Unary::Selu {
            alpha: round(1.6),
            gamma: round(1.1),
        },
        Unary::Celu { alpha: round(1.0) },
        Unary::Celu { alpha: round(0.7) },
        Unary::HardSigmoid {
            alpha: round(0.3),
            beta: round(0.4),
        },
        Unary::Gelu { tanh: false },
        Unary::Gelu { tanh: true },
    ]
}

fn binaries() -> Vec<Binary> {
    vec![
        Binary::Add,
        Binary::Sub,
        Binary::Mul,
        Binary::Div,
        Binary::Pow,
        Binary::Min,
        Binary::Max,
        Binary::PRelu,
        Binary::Mod,
        Binary::Greater,
        Binary::GreaterOrEqual,
        Binary::Less,
        Binary::LessOrEqual,
        Binary::Equal,
    ]
}

fn resizes() -> Vec<Graph> {
    let resize = |mode, coordinates, scales: Vec<f64>, sizes: Vec<usize>| {
        let op = Op::Resize(Resize {
            mode,
            coordinates,
            scales,
            sizes,
            cubic_coefficient: -0.75,
            exclude_outside: false,
            antialias: false,
        });
        single(op, &[&[2, 1, 4, 4]], 1)
    };
    let doubled = || (vec![1.0, 1.0, 2.0, 2.0], vec![2, 1, 8, 8]);
    let mut graphs = Vec::new();
    for rounding in [
        NearestRounding::PreferFloor,
        NearestRounding::PreferCeil,
        NearestRounding::Floor,
        NearestRounding::Ceil,
    ] {
        let (scales, sizes) = doubled();
        let mode = ResizeMode::Nearest(rounding);
        graphs.push(resize(mode, Coordinates::Asymmetric, scales, sizes));
    }
    for coordinates in [
        Coordinates::HalfPixel,
        Coordinates::PytorchHalfPixel,
        Coordinates::AlignCorners,
    ] {
        let (scales, sizes) = doubled();
        graphs.push(resize(ResizeMode::Linear, coordinates, scales, sizes));
    }
    // A scale that is not the ratio of the lengths: floor(4 · 1.7) = 6.
    let scales = vec![1.0, 1.0, round(1.7), round(1.7)];
    graphs.push(resize(
        ResizeMode::Cubic,
        Coordinates::HalfPixel,
        scales,
        vec![2, 1, 6, 6],
    ));
    graphs
}

fn shapers() -> Vec<Graph> {
    let range = |axis, start, end, step| SliceRange {
        axis,
        start,
        end,
        step,
    };
    let pad = |mode| Op::Pad {
        mode,
        before: vec![0, 2],
        after: vec![0, 1],
        value: if mode == PadMode::Constant { 0.5 } else { 0.0 },
    };
    let image: &[usize] = &[2, 4, 2, 2];
    vec![
        single(Op::Reshape { shape: vec![2, 6] }, &[&[2, 2, 3]], 1),
        single(
            Op::Transpose {
                permutation: vec![0, 2, 1],
            },
            &[&[2, 3, 4]],
            1,
        ),
        single(Op::Concat { axis: 1 }, &[&[2, 3], &[2, 1]], 1),
        single(
            Op::Split {
                axis: 1,
                sizes: vec![1, 3, 2],
            },
            &[&[2, 6]],
            3,
        ),
        single(
            Op::Slice {
                ranges: vec![range(1, 1, 5, 2), range(2, 4, -1, -2)],
            },
            &[&[2, 6, 5]],
            1,
        ),
        single(pad(PadMode::Constant), &[&[2, 3]], 1),
        single(pad(PadMode::Reflect), &[&[2, 3]], 1),
        single(pad(PadMode::Edge), &[&[2, 3]], 1),
        single(pad(PadMode::Wrap), &[&[2, 3]], 1),
        single(Op::Expand { shape: vec![2, 3] }, &[&[2, 1]], 1),
        single(
            Op::Tile {
                repeats: vec![1, 3],
            },
            &[&[2, 2]],
            1,
        ),
        single(
            Op::DepthToSpace {
                block: 2,
                channel_first: true,
            },
            &[image],
            1,
        ),
        single(
            Op::DepthToSpace {
                block: 2,
                channel_first: false,
            },
            &[image],
            1,
        ),
        single(Op::SpaceToDepth { block: 2 }, &[image], 1),
    ]
}

fn networks() -> Vec<Graph> {
    let image: &[usize] = &[2, 3, 5, 5];
    let epsilon = round(1e-3);
    vec![
        single(Op::Conv(convolution(2)), &[image, &[4, 3, 3, 3], &[4]], 1),
        single(
            Op::ConvTranspose {
                convolution: convolution(2),
                output_padding: vec![1, 0],
            },
            &[image, &[3, 2, 3, 3]],
            1,
        ),
        single(
            Op::Gemm {
                alpha: round(0.5),
                beta: round(2.0),
                transpose_a: false,
                transpose_b: true,
            },
            &[&[2, 3], &[4, 3], &[4]],
            1,
        ),
        single(Op::MatMul, &[&[2, 4, 3], &[3, 5]], 1),
        single(
            Op::BatchNormalization {
                epsilon: round(1.0) + 1.0,
            },
            &[image, &[3], &[3], &[3], &[3]],
            1,
        ),
        single(
            Op::InstanceNormalization { epsilon },
            &[image, &[3], &[3]],
            1,
        ),
        single(
            Op::LayerNormalization { axis: 1, epsilon },
            &[&[2, 4], &[4], &[4]],
            1,
        ),
        single(
            Op::LocalResponseNormalization {
                alpha: round(0.3),
                beta: round(0.75),
                bias: round(1.5),
                size: 4,
            },
            &[&[2, 6, 2, 2]],
            1,
        ),
        single(Op::MaxPool(pool()), &[image], 1),
        single(Op::MaxPool(pool()), &[image], 2),
        single(
            Op::AveragePool {
                pool: pool(),
                count_include_pad: false,
            },
            &[image],
            1,
        ),
        single(Op::GlobalAveragePool, &[image], 1),
        single(Op::GlobalMaxPool, &[image], 1),
        single(Op::Softmax { axis: 1 }, &[&[2, 3, 2]], 1),
        single(Op::LogSoftmax { axis: 2 }, &[&[2, 3, 2]], 1),
        single(
            Op::CumSum {
                axis: 1,
                exclusive: true,
                reverse: true,
            },
            &[&[2, 3]],
            1,
        ),
        single(
            Op::Clip {
                low: Some(-0.5),
                high: None,
            },
            &[&[2, 3]],
            1,
        ),
        single(
            Op::Clip {
                low: None,
                high: Some(0.25),
            },
            &[&[2, 3]],
            1,
        ),
    ]
}

fn every_operator() -> Vec<Graph> {
    let mut graphs = Vec::new();
    for unary in unaries() {
        graphs.push(single(Op::Unary(unary), &[&[2, 3]], 1));
    }
    for binary in binaries() {
        graphs.push(single(Op::Binary(binary), &[&[2, 3], &[3]], 1));
    }
    for op in [
        Op::Unary(Unary::Not),
        Op::Binary(Binary::And),
        Op::Binary(Binary::Or),
        Op::Where,
        Op::Cast { to: DType::F32 },
        Op::Cast { to: DType::I64 },
    ] {
        graphs.push(on_truth_values(op));
    }
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
        let op = Op::Reduce {
            kind,
            axes: vec![1, 2],
            keep_dims: false,
        };
        graphs.push(single(op, &[&[2, 3, 4]], 1));
    }
    let index = |values: &[f64]| {
        Tensor::from_f64(DType::I64, [2, values.len() / 2], values).expect("it fits")
    };
    graphs.push(with_constants(
        Op::Gather { axis: 1 },
        &[2, 3],
        &[Tensor::i64_vector(vec![2, 0])],
    ));
    graphs.push(with_constants(
        Op::GatherElements { axis: 1 },
        &[2, 3],
        &[index(&[2.0, 0.0, 1.0, 1.0])],
    ));
    for add in [false, true] {
        let updates = ramp(&TensorType::new(DType::F32, [2, 2]), 5);
        graphs.push(with_constants(
            Op::ScatterElements { axis: 1, add },
            &[2, 3],
            &[index(&[2.0, 0.0, 1.0, 0.0]), updates],
        ));
    }
    graphs.extend(resizes());
    graphs.extend(shapers());
    graphs.extend(networks());
    graphs
}

/// Whether an operator is written as simpler ones, so that reading gives those. A new variant does
/// not compile until it is listed, and [`every_operator`] must then hold it.
fn is_lowered(op: &Op) -> bool {
    match op {
        Op::Unary(unary) => matches!(
            unary,
            Unary::Sign
                | Unary::HardSwish
                | Unary::Mish
                | Unary::Celu { .. }
                | Unary::Selu { .. }
                | Unary::Gelu { .. }
        ),
        Op::Cast { to } => *to == DType::Bool,
        Op::Pad { mode, .. } => *mode == PadMode::Wrap,
        Op::LocalResponseNormalization { .. } | Op::SpaceToDepth { .. } => true,
        Op::Binary(_)
        | Op::Clip { .. }
        | Op::Where
        | Op::Conv(_)
        | Op::ConvTranspose { .. }
        | Op::Gemm { .. }
        | Op::MatMul
        | Op::BatchNormalization { .. }
        | Op::InstanceNormalization { .. }
        | Op::LayerNormalization { .. }
        | Op::MaxPool(_)
        | Op::AveragePool { .. }
        | Op::GlobalAveragePool
        | Op::GlobalMaxPool
        | Op::Reduce { .. }
        | Op::Softmax { .. }
        | Op::LogSoftmax { .. }
        | Op::CumSum { .. }
        | Op::Reshape { .. }
        | Op::Transpose { .. }
        | Op::Concat { .. }
        | Op::Split { .. }
        | Op::Slice { .. }
        | Op::Expand { .. }
        | Op::Tile { .. }
        | Op::DepthToSpace { .. }
        | Op::Resize(_)
        | Op::Gather { .. }
        | Op::GatherElements { .. }
        | Op::ScatterElements { .. } => false,
    }
}

#[test]
fn every_operator_is_read_back_as_it_was_written() {
    for graph in every_operator() {
        let again = reload(&graph);
        let op = &graph.nodes().last().expect("a node").op;
        if is_lowered(op) {
            assert_close(op.name(), &outputs(&graph), &outputs(&again));
            // What simpler operators say is stable.
            assert_eq!(meaning(&reload(&again)), meaning(&again), "{}", op.name());
        } else {
            assert_eq!(meaning(&again), meaning(&graph), "{}", op.name());
        }
    }
}

#[test]
fn constants_that_share_their_elements_are_written_once() {
    let weight = Tensor::filled(DType::F32, [64, 64], 0.5);
    let build = |second: Tensor| {
        let mut graph = Graph::new();
        let x = graph
            .add_input("x", TensorType::new(DType::F32, [2, 64]))
            .expect("a new name");
        let a = graph.add_constant("a", weight.clone());
        let b = graph.add_constant("b", second);
        let h = graph.add("h", Op::MatMul, &[x, a]).expect("it fits");
        let y = graph.add("y", Op::MatMul, &[h, b]).expect("it fits");
        graph.set_outputs(vec![y]);
        graph
    };
    let shared = build(weight.clone());
    let separate = build(Tensor::filled(DType::F32, [64, 64], 0.5));
    let size = |graph: &Graph| serialise(graph).expect("it is written").len();
    assert!(size(&separate) > size(&shared) + 64 * 64 * 4 - 16);
    assert_close("shared", &outputs(&shared), &outputs(&reload(&shared)));
}

#[test]
fn names_of_helper_values_avoid_the_graphs_own() {
    let mut graph = Graph::new();
    let x = graph
        .add_input("y/shape", TensorType::new(DType::F32, [2, 3]))
        .expect("a new name");
    let names = ["y".to_owned()];
    let made = graph
        .add_named("y", Op::Reshape { shape: vec![3, 2] }, &[x], &names)
        .expect("it fits");
    graph.set_outputs(made);
    assert_eq!(meaning(&reload(&graph)), meaning(&graph));
}

// --- real networks ---

fn real_models() -> Vec<PathBuf> {
    // Beside the checkout, or one folder further up for a worktree.
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let roots = ["../shared/data/models", "../../shared/data/models"].map(|up| here.join(up));
    let Some(root) = roots.iter().find(|root| root.is_dir()) else {
        return Vec::new();
    };
    let mut found: Vec<PathBuf> = ["classifiers", "generators", "encoders"]
        .iter()
        .filter_map(|kind| std::fs::read_dir(root.join(kind)).ok())
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|kind| kind == "onnx"))
        .collect();
    found.sort();
    found
}

#[test]
fn real_networks_are_read_back_as_they_were_written() {
    let models = real_models();
    if models.is_empty() {
        eprintln!(
            "SKIPPED real_networks_are_read_back_as_they_were_written: no ../shared/data/models"
        );
    }
    for path in models {
        let model = Model::open(&path).unwrap_or_else(|error| panic!("{error}"));
        let options = LoadOptions {
            batch: BATCH,
            dimensions: [("h".to_owned(), 8), ("w".to_owned(), 8)].into(),
            outputs: None,
        };
        let graph = model
            .graph(&options)
            .unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(
            meaning(&reload(&graph)),
            meaning(&graph),
            "{}",
            path.display()
        );
    }
}
