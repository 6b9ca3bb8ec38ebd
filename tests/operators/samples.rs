//! One case or more of every operator of a graph.

use invset::graph::op::*;
use invset::graph::{DType, Graph, Tensor, TensorType, ValueId};

/// An operator and what it is applied to.
#[derive(Debug, Clone)]
pub(crate) struct Sample {
    pub(crate) op: Op,
    inputs: Vec<Input>,
}

/// An input of a sample, under the name that formulas give it.
#[derive(Debug, Clone)]
enum Input {
    /// Floats that depend on the network's input.
    Data(&'static str, Vec<usize>),
    /// Floats that a network holds as constants.
    Weight(&'static str, Vec<usize>),
    /// Indices or a condition.
    Fixed(&'static str, Tensor),
}

/// A graph of one node.
pub(crate) struct Case {
    pub(crate) graph: Graph,
    /// Its float inputs.
    pub(crate) floats: Vec<ValueId>,
    pub(crate) outputs: Vec<ValueId>,
}

impl Sample {
    /// The graph of the operator; weights are constants or inputs.
    pub(crate) fn case(&self, constant_weights: bool) -> Case {
        let mut graph = Graph::new();
        let mut floats = Vec::new();
        let mut inputs = Vec::new();
        for input in &self.inputs {
            let id = match input {
                Input::Weight(name, shape) if constant_weights => {
                    let count = shape.iter().product::<usize>();
                    let values: Vec<f64> = (1..=count).map(|i| i as f64 / count as f64).collect();
                    let tensor = Tensor::from_f64(DType::F32, shape.clone(), &values).unwrap();
                    graph.add_constant(name, tensor)
                }
                Input::Data(name, shape) | Input::Weight(name, shape) => {
                    let tensor_type = TensorType::new(DType::F32, shape.clone());
                    let id = graph.add_input(name, tensor_type).unwrap();
                    floats.push(id);
                    id
                }
                Input::Fixed(name, tensor) => graph.add_constant(name, tensor.clone()),
            };
            inputs.push(id);
        }
        let pieces = match &self.op {
            Op::Split { sizes, .. } => sizes.len(),
            _ => 1,
        };
        let names: Vec<String> = match pieces {
            1 => vec!["y".to_owned()],
            _ => (0..pieces).map(|piece| format!("y{piece}")).collect(),
        };
        let outputs = graph
            .add_named("node", self.op.clone(), &inputs, &names)
            .unwrap_or_else(|error| panic!("{:?}: {error}", self.op));
        Case {
            graph,
            floats,
            outputs,
        }
    }
}

fn of_x(op: Op) -> Sample {
    sample(op, vec![Input::Data("x", vec![1, 2, 4, 4])])
}

fn of_a_and_b(op: Op) -> Sample {
    let shape = vec![1, 2, 4, 4];
    let inputs = vec![Input::Data("a", shape.clone()), Input::Data("b", shape)];
    sample(op, inputs)
}

fn sample(op: Op, inputs: Vec<Input>) -> Sample {
    Sample { op, inputs }
}

/// x `[1, 2, 4, 4]` with parameters.
fn with_weights(op: Op, weights: &[(&'static str, &[usize])]) -> Sample {
    let mut inputs = vec![Input::Data("x", vec![1, 2, 4, 4])];
    let weights = weights.iter();
    inputs.extend(weights.map(|(name, shape)| Input::Weight(name, shape.to_vec())));
    sample(op, inputs)
}

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

/// Functions of one and of two inputs.
fn elementwise() -> Vec<Sample> {
    let unary = [
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
    let binary = [
        Binary::Add,
        Binary::Sub,
        Binary::Mul,
        Binary::Div,
        Binary::Pow,
        Binary::Min,
        Binary::Max,
        Binary::Mod,
        Binary::Greater,
        Binary::GreaterOrEqual,
        Binary::Less,
        Binary::LessOrEqual,
        Binary::Equal,
    ];
    let mut samples: Vec<Sample> = unary.map(|unary| of_x(Op::Unary(unary))).into();
    samples.extend(binary.map(|binary| of_a_and_b(Op::Binary(binary))));
    let truth = |name| Input::Fixed(name, Tensor::filled(DType::Bool, [1, 2, 4, 4], 1.0));
    samples.push(sample(Op::Unary(Unary::Not), vec![truth("x")]));
    for logical in [Binary::And, Binary::Or] {
        samples.push(sample(Op::Binary(logical), vec![truth("a"), truth("b")]));
    }
    samples.extend([
        with_weights(Op::Binary(Binary::PRelu), &[("slope", &[2, 1, 1])]),
        of_x(Op::Cast { to: DType::F64 }),
        of_x(Op::Clip {
            low: Some(0.2),
            high: Some(0.8),
        }),
        sample(
            Op::Where,
            vec![
                truth("condition"),
                Input::Data("a", vec![1, 2, 4, 4]),
                Input::Data("b", vec![1, 2, 4, 4]),
            ],
        ),
    ]);
    samples
}

/// Convolutions, products and normalisations.
fn layers() -> Vec<Sample> {
    let scale_and_bias: &[(&str, &[usize])] = &[("scale", &[2]), ("bias", &[2])];
    vec![
        with_weights(
            Op::Conv(convolution(1)),
            &[("weight", &[2, 2, 3, 3]), ("bias", &[2])],
        ),
        with_weights(
            Op::Conv(convolution(2)),
            &[("weight", &[2, 2, 3, 3]), ("bias", &[2])],
        ),
        with_weights(
            Op::ConvTranspose {
                convolution: convolution(2),
                output_padding: vec![1, 0],
            },
            &[("weight", &[2, 2, 3, 3]), ("bias", &[2])],
        ),
        sample(
            Op::Gemm {
                alpha: 0.5,
                beta: 2.0,
                transpose_a: true,
                transpose_b: false,
            },
            vec![
                Input::Data("A", vec![3, 2]),
                Input::Weight("B", vec![3, 4]),
                Input::Weight("C", vec![4]),
            ],
        ),
        sample(
            Op::MatMul,
            vec![
                Input::Data("A", vec![2, 3, 4]),
                Input::Data("B", vec![4, 2]),
            ],
        ),
        with_weights(
            Op::BatchNormalization { epsilon: 1e-5 },
            &[
                ("scale", &[2]),
                ("bias", &[2]),
                ("mean", &[2]),
                ("variance", &[2]),
            ],
        ),
        with_weights(Op::InstanceNormalization { epsilon: 1e-5 }, scale_and_bias),
        with_weights(
            Op::LayerNormalization {
                axis: 3,
                epsilon: 1e-5,
            },
            &[("scale", &[4]), ("bias", &[4])],
        ),
        of_x(Op::LocalResponseNormalization {
            alpha: 0.1,
            beta: 0.75,
            bias: 1.0,
            size: 3,
        }),
        of_x(Op::Softmax { axis: 1 }),
        of_x(Op::LogSoftmax { axis: 1 }),
    ]
}

/// Pools, reductions and running sums.
fn reductions() -> Vec<Sample> {
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
    let reduce = |kind| {
        of_x(Op::Reduce {
            kind,
            axes: vec![1, 2],
            keep_dims: false,
        })
    };
    let average = |kernel, stride| {
        of_x(Op::AveragePool {
            pool: pool(kernel, stride),
            count_include_pad: false,
        })
    };
    let mut samples: Vec<Sample> = kinds.map(reduce).into();
    samples.extend([
        of_x(Op::MaxPool(pool(3, 1))),
        of_x(Op::MaxPool(pool(2, 2))),
        average(3, 1),
        average(2, 2),
        average(3, 2),
        of_x(Op::GlobalAveragePool),
        of_x(Op::GlobalMaxPool),
        of_x(Op::CumSum {
            axis: 2,
            exclusive: true,
            reverse: false,
        }),
    ]);
    samples
}

/// Operators that move elements.
fn layout() -> Vec<Sample> {
    let indices = |shape: &[usize], values: &[i64]| {
        let tensor = Tensor::i64_vector(values.to_vec());
        Input::Fixed("indices", tensor.reshaped(shape).unwrap())
    };
    let x = || Input::Data("x", vec![1, 2, 4, 4]);
    let pads = [
        PadMode::Constant,
        PadMode::Reflect,
        PadMode::Edge,
        PadMode::Wrap,
    ];
    let mut samples: Vec<Sample> = pads
        .map(|mode| {
            of_x(Op::Pad {
                mode,
                before: vec![0, 0, 1, 2],
                after: vec![0, 0, 0, 1],
                value: 0.5,
            })
        })
        .into();
    samples.extend([
        of_x(Op::Reshape { shape: vec![8, 4] }),
        of_x(Op::Transpose {
            permutation: vec![0, 2, 3, 1],
        }),
        of_a_and_b(Op::Concat { axis: 1 }),
        of_x(Op::Split {
            axis: 2,
            sizes: vec![1, 3],
        }),
        of_x(Op::Slice {
            ranges: vec![SliceRange {
                axis: 2,
                start: 3,
                end: -1,
                step: -2,
            }],
        }),
        of_x(Op::Expand {
            shape: vec![3, 2, 4, 4],
        }),
        of_x(Op::Tile {
            repeats: vec![2, 1, 3, 1],
        }),
        sample(
            Op::DepthToSpace {
                block: 2,
                channel_first: true,
            },
            vec![Input::Data("x", vec![1, 4, 2, 2])],
        ),
        of_x(Op::SpaceToDepth { block: 2 }),
        of_x(resize(ResizeMode::Nearest(NearestRounding::PreferFloor), 8)),
        of_x(resize(ResizeMode::Linear, 6)),
        of_x(resize(ResizeMode::Cubic, 3)),
        sample(Op::Gather { axis: 2 }, vec![x(), indices(&[3], &[0, 2, 2])]),
        sample(
            Op::GatherElements { axis: 3 },
            vec![x(), indices(&[1, 2, 4, 1], &[0, 1, 2, 3, 3, 2, 1, 0])],
        ),
    ]);
    samples.extend([false, true].map(|add| {
        let inputs = vec![
            Input::Data("data", vec![1, 2, 4, 4]),
            indices(&[1, 2, 4, 1], &[0, 1, 2, 3, 3, 2, 1, 0]),
            Input::Data("updates", vec![1, 2, 4, 1]),
        ];
        sample(Op::ScatterElements { axis: 3, add }, inputs)
    }));
    samples
}

/// Every sample.
pub(crate) fn samples() -> Vec<Sample> {
    [elementwise(), layers(), reductions(), layout()].concat()
}
