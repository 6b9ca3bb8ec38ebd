//! One small graph for each operator and each of its forms that runtimes treat differently.

use invset::graph::op::{
    Convolution, Coordinates, NearestRounding, PadMode, Pool, ReduceKind, Resize, ResizeMode,
    SliceRange,
};
use invset::graph::{Binary, DType, Graph, Op, Tensor, TensorType, Unary};

/// A named graph.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) graph: Graph,
}

const F: DType = DType::F32;

fn case(name: &'static str, op: Op, inputs: &[(DType, &[usize])]) -> Case {
    case_of(name, op, inputs, 1)
}

fn case_of(name: &'static str, op: Op, inputs: &[(DType, &[usize])], outputs: usize) -> Case {
    let mut graph = Graph::new();
    let ids: Vec<_> = inputs
        .iter()
        .enumerate()
        .map(|(index, (dtype, shape))| {
            let tensor_type = TensorType::new(*dtype, shape.to_vec());
            graph
                .add_input(&format!("input{index}"), tensor_type)
                .unwrap()
        })
        .collect();
    let names: Vec<String> = (0..outputs).map(|index| format!("output{index}")).collect();
    let results = graph
        .add_named(name, op, &ids, &names)
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    graph.set_outputs(results);
    Case { name, graph }
}

/// exp(input) under a function that wants positive values.
fn positive(name: &'static str, op: Op) -> Case {
    let mut graph = Graph::new();
    let x = graph.add_input("x", TensorType::new(F, [2, 5])).unwrap();
    let x = graph.add("positive", Op::Unary(Unary::Exp), &[x]).unwrap();
    let operands = match op {
        Op::Binary(_) => vec![x, x],
        _ => vec![x],
    };
    let y = graph.add("y", op, &operands).unwrap();
    graph.add_output(y);
    Case { name, graph }
}

fn convolution(
    strides: &[usize],
    dilations: &[usize],
    pads: [&[usize]; 2],
    group: usize,
) -> Convolution {
    Convolution {
        strides: strides.to_vec(),
        dilations: dilations.to_vec(),
        pads_before: pads[0].to_vec(),
        pads_after: pads[1].to_vec(),
        group,
    }
}

fn pool(kernel: usize, stride: usize, pads: usize, ceil_mode: bool) -> Pool {
    Pool {
        kernel: vec![kernel; 2],
        strides: vec![stride; 2],
        dilations: vec![1; 2],
        pads_before: vec![pads; 2],
        pads_after: vec![pads; 2],
        ceil_mode,
    }
}

fn resize(mode: ResizeMode, coordinates: Coordinates, sizes: [usize; 2]) -> Op {
    Op::Resize(Resize {
        mode,
        coordinates,
        scales: vec![1.0, 1.0, sizes[0] as f64 / 4.0, sizes[1] as f64 / 6.0],
        sizes: vec![2, 3, sizes[0], sizes[1]],
        cubic_coefficient: -0.75,
        exclude_outside: false,
        antialias: false,
    })
}

/// Every case.
pub(crate) fn all() -> Vec<Case> {
    let mut cases = Vec::new();
    cases.extend(unary());
    cases.extend(binary());
    cases.extend(linear());
    cases.extend(windows());
    cases.extend(statistics());
    cases.extend(layout());
    cases.extend(resizes());
    cases
}

fn unary() -> Vec<Case> {
    let x: &[(DType, &[usize])] = &[(F, &[2, 7])];
    let simple = [
        ("identity", Unary::Identity),
        ("neg", Unary::Neg),
        ("abs", Unary::Abs),
        ("sign", Unary::Sign),
        ("floor", Unary::Floor),
        ("ceil", Unary::Ceil),
        ("round", Unary::Round),
        ("exp", Unary::Exp),
        ("reciprocal", Unary::Reciprocal),
        ("sin", Unary::Sin),
        ("cos", Unary::Cos),
        ("tanh", Unary::Tanh),
        ("sigmoid", Unary::Sigmoid),
        ("relu", Unary::Relu),
        ("softplus", Unary::Softplus),
        ("softsign", Unary::Softsign),
        ("erf", Unary::Erf),
        ("hard swish", Unary::HardSwish),
        ("mish", Unary::Mish),
        ("leaky relu", Unary::LeakyRelu { alpha: 0.3 }),
        ("elu", Unary::Elu { alpha: 0.7 }),
        (
            "selu",
            Unary::Selu {
                alpha: 1.7,
                gamma: 1.05,
            },
        ),
        ("celu", Unary::Celu { alpha: 0.8 }),
        (
            "hard sigmoid",
            Unary::HardSigmoid {
                alpha: 0.4,
                beta: 0.6,
            },
        ),
        ("gelu", Unary::Gelu { tanh: false }),
        ("gelu by tanh", Unary::Gelu { tanh: true }),
    ];
    let mut cases: Vec<Case> = simple
        .into_iter()
        .map(|(name, function)| case(name, Op::Unary(function), x))
        .collect();
    cases.push(positive("sqrt", Op::Unary(Unary::Sqrt)));
    cases.push(positive("log", Op::Unary(Unary::Log)));
    cases.push(case(
        "not",
        Op::Unary(Unary::Not),
        &[(DType::Bool, &[2, 7])],
    ));
    cases.push(case("cast to int64", Op::Cast { to: DType::I64 }, x));
    cases.push(case("cast to bool", Op::Cast { to: DType::Bool }, x));
    cases.push(case(
        "cast of bool",
        Op::Cast { to: F },
        &[(DType::Bool, &[2, 7])],
    ));
    cases.push(case(
        "cast of int64",
        Op::Cast { to: F },
        &[(DType::I64, &[2, 7])],
    ));
    let clip = |low, high| Op::Clip { low, high };
    cases.push(case("clip", clip(Some(-0.5), Some(1.0)), x));
    cases.push(case("clip below", clip(Some(-0.5), None), x));
    cases.push(case("clip above", clip(None, Some(1.0)), x));
    cases
}

fn binary() -> Vec<Case> {
    let floats: &[(DType, &[usize])] = &[(F, &[2, 1, 4]), (F, &[3, 1])];
    let whole: &[(DType, &[usize])] = &[(DType::I64, &[2, 1, 4]), (DType::I64, &[3, 1])];
    let truths: &[(DType, &[usize])] = &[(DType::Bool, &[2, 1, 4]), (DType::Bool, &[3, 1])];
    let names = [
        ("add", Binary::Add),
        ("sub", Binary::Sub),
        ("mul", Binary::Mul),
        ("div", Binary::Div),
        ("min", Binary::Min),
        ("max", Binary::Max),
        ("mod", Binary::Mod),
        ("greater", Binary::Greater),
        ("greater or equal", Binary::GreaterOrEqual),
        ("less", Binary::Less),
        ("less or equal", Binary::LessOrEqual),
        ("equal", Binary::Equal),
    ];
    let mut cases: Vec<Case> = names
        .into_iter()
        .map(|(name, function)| case(name, Op::Binary(function), floats))
        .collect();
    cases.push(positive("pow", Op::Binary(Binary::Pow)));
    cases.push(case("add of int64", Op::Binary(Binary::Add), whole));
    cases.push(case("equal of int64", Op::Binary(Binary::Equal), whole));
    cases.push(case("and", Op::Binary(Binary::And), truths));
    cases.push(case("or", Op::Binary(Binary::Or), truths));
    let slopes: &[(DType, &[usize])] = &[(F, &[2, 3, 4]), (F, &[3, 1])];
    cases.push(case("prelu", Op::Binary(Binary::PRelu), slopes));
    let choice: &[(DType, &[usize])] = &[(DType::Bool, &[2, 1, 4]), (F, &[3, 1]), (F, &[4])];
    cases.push(case("where", Op::Where, choice));
    cases
}

fn linear() -> Vec<Case> {
    let gemm = |transpose_a, transpose_b| Op::Gemm {
        alpha: 0.5,
        beta: 2.0,
        transpose_a,
        transpose_b,
    };
    let transposed = |convolution, output_padding: &[usize]| Op::ConvTranspose {
        convolution,
        output_padding: output_padding.to_vec(),
    };
    let plain = || convolution(&[1, 1], &[1, 1], [&[1, 1], &[1, 1]], 1);
    let strided = || convolution(&[2, 2], &[1, 1], [&[1, 1], &[1, 1]], 1);
    let image: (DType, &[usize]) = (F, &[2, 4, 7, 6]);
    vec![
        case(
            "gemm",
            gemm(false, false),
            &[(F, &[3, 4]), (F, &[4, 5]), (F, &[5])],
        ),
        case(
            "gemm transposed",
            gemm(true, true),
            &[(F, &[4, 3]), (F, &[5, 4]), (F, &[3, 1])],
        ),
        case(
            "gemm without c",
            gemm(false, true),
            &[(F, &[3, 4]), (F, &[5, 4])],
        ),
        case("matmul", Op::MatMul, &[(F, &[2, 1, 3, 4]), (F, &[5, 4, 2])]),
        case(
            "conv",
            Op::Conv(plain()),
            &[image, (F, &[5, 4, 3, 3]), (F, &[5])],
        ),
        case(
            "conv strided",
            Op::Conv(strided()),
            &[image, (F, &[5, 4, 3, 3])],
        ),
        case(
            "conv dilated, grouped, padded on one side",
            Op::Conv(convolution(&[1, 2], &[2, 1], [&[0, 1], &[2, 0]], 2)),
            &[image, (F, &[6, 2, 3, 2])],
        ),
        case(
            "conv depthwise",
            Op::Conv(convolution(&[1, 1], &[1, 1], [&[1, 1], &[1, 1]], 4)),
            &[image, (F, &[4, 1, 3, 3])],
        ),
        case(
            "conv of a line",
            Op::Conv(convolution(&[1], &[1], [&[1], &[1]], 1)),
            &[(F, &[2, 3, 8]), (F, &[4, 3, 3])],
        ),
        case(
            "transposed conv",
            transposed(strided(), &[1, 0]),
            &[image, (F, &[4, 5, 3, 3]), (F, &[5])],
        ),
        case(
            "transposed conv, grouped",
            transposed(
                convolution(&[2, 2], &[1, 1], [&[1, 0], &[0, 1]], 2),
                &[0, 0],
            ),
            &[image, (F, &[4, 3, 4, 4])],
        ),
        case(
            "transposed conv, depthwise",
            transposed(
                convolution(&[2, 2], &[1, 1], [&[1, 1], &[1, 1]], 4),
                &[0, 0],
            ),
            &[image, (F, &[4, 1, 4, 4])],
        ),
    ]
}

fn windows() -> Vec<Case> {
    let image: &[(DType, &[usize])] = &[(F, &[2, 3, 7, 6])];
    let average = |pool, count_include_pad| Op::AveragePool {
        pool,
        count_include_pad,
    };
    vec![
        case("max pool", Op::MaxPool(pool(2, 2, 0, false)), image),
        case(
            "max pool overlapping",
            Op::MaxPool(pool(3, 2, 1, false)),
            image,
        ),
        case(
            "max pool rounded up",
            Op::MaxPool(pool(3, 2, 0, true)),
            image,
        ),
        case_of(
            "max pool with indices",
            Op::MaxPool(pool(2, 2, 0, false)),
            image,
            2,
        ),
        case("average pool", average(pool(2, 2, 0, false), false), image),
        case(
            "average pool without padding",
            average(pool(3, 2, 1, false), false),
            image,
        ),
        case(
            "average pool with padding",
            average(pool(3, 2, 1, false), true),
            image,
        ),
        case(
            "average pool rounded up",
            average(pool(3, 2, 0, true), false),
            image,
        ),
        case("global average pool", Op::GlobalAveragePool, image),
        case("global max pool", Op::GlobalMaxPool, image),
    ]
}

fn statistics() -> Vec<Case> {
    let x: &[(DType, &[usize])] = &[(F, &[2, 3, 4])];
    let image: (DType, &[usize]) = (F, &[2, 3, 4, 5]);
    let reduce = |kind| Op::Reduce {
        kind,
        axes: vec![0, 2],
        keep_dims: false,
    };
    let kept = |kind| Op::Reduce {
        kind,
        axes: vec![1],
        keep_dims: true,
    };
    let mut cases = vec![
        case(
            "instance normalisation",
            Op::InstanceNormalization { epsilon: 1e-3 },
            &[image, (F, &[3]), (F, &[3])],
        ),
        case(
            "layer normalisation",
            Op::LayerNormalization {
                axis: 2,
                epsilon: 1e-3,
            },
            &[image, (F, &[4, 5]), (F, &[4, 5])],
        ),
        case(
            "local response normalisation",
            Op::LocalResponseNormalization {
                alpha: 0.1,
                beta: 0.75,
                bias: 1.0,
                size: 3,
            },
            &[image],
        ),
        case("softmax", Op::Softmax { axis: 2 }, x),
        case("softmax of an inner axis", Op::Softmax { axis: 1 }, x),
        case("log softmax", Op::LogSoftmax { axis: 2 }, x),
        case(
            "cumulated sum, reversed and exclusive",
            Op::CumSum {
                axis: 1,
                exclusive: true,
                reverse: true,
            },
            x,
        ),
        case(
            "cumulated sum",
            Op::CumSum {
                axis: 2,
                exclusive: false,
                reverse: false,
            },
            x,
        ),
        case("kept sum", kept(ReduceKind::Sum), x),
        case("kept mean", kept(ReduceKind::Mean), x),
    ];
    let kinds = [
        ("sum", ReduceKind::Sum),
        ("mean", ReduceKind::Mean),
        ("maximum", ReduceKind::Max),
        ("minimum", ReduceKind::Min),
        ("product", ReduceKind::Prod),
        ("l1", ReduceKind::L1),
        ("l2", ReduceKind::L2),
        ("sum of squares", ReduceKind::SumSquare),
        ("log sum exp", ReduceKind::LogSumExp),
    ];
    cases.extend(
        kinds
            .into_iter()
            .map(|(name, kind)| case(name, reduce(kind), x)),
    );
    cases.push(batch_normalisation());
    cases
}

/// With a variance that is positive.
fn batch_normalisation() -> Case {
    let mut graph = Graph::new();
    let image = TensorType::new(F, [2, 3, 4, 5]);
    let x = graph.add_input("x", image).unwrap();
    let constants = [0.5, -0.2, 0.3, 1.5]
        .map(|value| graph.add_constant("statistic", Tensor::filled(F, [3], value)));
    let [scale, bias, mean, variance] = constants;
    let op = Op::BatchNormalization { epsilon: 1e-3 };
    let y = graph
        .add("y", op, &[x, scale, bias, mean, variance])
        .unwrap();
    graph.add_output(y);
    Case {
        name: "batch normalisation",
        graph,
    }
}

fn layout() -> Vec<Case> {
    let x: &[(DType, &[usize])] = &[(F, &[2, 3, 4])];
    let pad = |mode, before: [i64; 3], after: [i64; 3]| Op::Pad {
        mode,
        before: before.to_vec(),
        after: after.to_vec(),
        value: 1.5,
    };
    let range = |axis, start, end, step| SliceRange {
        axis,
        start,
        end,
        step,
    };
    let slice = |ranges: &[SliceRange]| Op::Slice {
        ranges: ranges.to_vec(),
    };
    let deep: &[(DType, &[usize])] = &[(F, &[2, 8, 2, 3])];
    let indices: (DType, &[usize]) = (DType::I64, &[2, 2]);
    let scatter = |add| Op::ScatterElements { axis: 1, add };
    let scattered: &[(DType, &[usize])] = &[(F, &[2, 5]), (DType::I64, &[2, 3]), (F, &[2, 3])];
    vec![
        case("reshape", Op::Reshape { shape: vec![4, 6] }, x),
        case(
            "transpose",
            Op::Transpose {
                permutation: vec![2, 0, 1],
            },
            x,
        ),
        case(
            "concat",
            Op::Concat { axis: 1 },
            &[(F, &[2, 3, 4]), (F, &[2, 1, 4])],
        ),
        case_of(
            "split",
            Op::Split {
                axis: 2,
                sizes: vec![1, 3],
            },
            x,
            2,
        ),
        case("slice", slice(&[range(1, 1, 3, 1), range(2, 0, 4, 2)]), x),
        case("slice backwards", slice(&[range(2, 3, -1, -2)]), x),
        case("pad", pad(PadMode::Constant, [0, 1, 2], [0, 0, 1]), x),
        case(
            "pad negative",
            pad(PadMode::Constant, [0, -1, 2], [0, 0, -1]),
            x,
        ),
        case(
            "pad reflected",
            pad(PadMode::Reflect, [0, 1, 2], [0, 2, 1]),
            x,
        ),
        case(
            "pad with the edge",
            pad(PadMode::Edge, [0, 1, 2], [0, 2, 1]),
            x,
        ),
        case("pad periodic", pad(PadMode::Wrap, [0, 1, 2], [0, 2, 1]), x),
        case(
            "expand",
            Op::Expand {
                shape: vec![5, 2, 3, 4],
            },
            &[(F, &[2, 1, 4])],
        ),
        case(
            "tile",
            Op::Tile {
                repeats: vec![1, 2, 3],
            },
            x,
        ),
        case(
            "depth to space",
            Op::DepthToSpace {
                block: 2,
                channel_first: false,
            },
            deep,
        ),
        case(
            "pixel shuffle",
            Op::DepthToSpace {
                block: 2,
                channel_first: true,
            },
            deep,
        ),
        case(
            "space to depth",
            Op::SpaceToDepth { block: 2 },
            &[(F, &[2, 3, 4, 6])],
        ),
        case(
            "gather",
            Op::Gather { axis: 1 },
            &[(F, &[2, 3, 4]), indices],
        ),
        case(
            "gather elements",
            Op::GatherElements { axis: 1 },
            &[(F, &[2, 3]), indices],
        ),
        case("scatter added", scatter(true), scattered),
        case("scatter", scatter(false), scattered),
    ]
}

fn resizes() -> Vec<Case> {
    let image: &[(DType, &[usize])] = &[(F, &[2, 3, 4, 6])];
    let nearest = ResizeMode::Nearest;
    let floor = nearest(NearestRounding::Floor);
    let prefer_floor = nearest(NearestRounding::PreferFloor);
    let half = Coordinates::HalfPixel;
    vec![
        case(
            "resize nearest",
            resize(floor, Coordinates::Asymmetric, [8, 12]),
            image,
        ),
        case(
            "resize nearest by rounding",
            resize(prefer_floor, half, [8, 9]),
            image,
        ),
        case(
            "resize nearest smaller",
            resize(prefer_floor, half, [2, 4]),
            image,
        ),
        case(
            "resize linear",
            resize(ResizeMode::Linear, half, [8, 9]),
            image,
        ),
        case(
            "resize linear smaller",
            resize(ResizeMode::Linear, half, [3, 4]),
            image,
        ),
        case(
            "resize linear between corners",
            resize(ResizeMode::Linear, Coordinates::AlignCorners, [7, 9]),
            image,
        ),
        case(
            "resize linear as pytorch",
            resize(ResizeMode::Linear, Coordinates::PytorchHalfPixel, [8, 9]),
            image,
        ),
        case(
            "resize cubic",
            resize(ResizeMode::Cubic, half, [8, 9]),
            image,
        ),
    ]
}
