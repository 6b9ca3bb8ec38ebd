//! Every spelling of an operator gives the same operator, and what cannot be read is refused by
//! name.

#![allow(clippy::unwrap_used, clippy::panic)]

use super::super::testing::{Dim, Draft, float, floats, int, ints, text, value};
use super::super::wire::AttributeProto;
use super::super::wire::tensor_proto::DataType;
use super::super::{LoadOptions, Model, OnnxError, UnsupportedNode};
use crate::graph::op::{Coordinates, NearestRounding, PadMode, ReduceKind, ResizeMode};
use crate::graph::{Binary, DType, Data, Graph, Op, Source, Tensor, Unary, interpret};

fn options() -> LoadOptions {
    LoadOptions {
        batch: 2,
        ..LoadOptions::default()
    }
}

fn load(draft: Draft) -> Graph {
    draft.open().unwrap().graph(&options()).unwrap()
}

fn refused(draft: Draft) -> Vec<UnsupportedNode> {
    match draft.open().unwrap().graph(&options()) {
        Err(OnnxError::Unsupported { nodes, .. }) => nodes,
        other => panic!("not refused by nodes: {other:?}"),
    }
}

/// One node over `x` of this shape, with more constant inputs.
fn one(
    opset: i64,
    op_type: &str,
    shape: &[i64],
    constants: &[Tensor],
    attributes: Vec<AttributeProto>,
) -> Draft {
    let mut draft = Draft::opset(opset).input("x", DType::F32, shape);
    let names: Vec<String> = (0..constants.len()).map(|i| format!("c{i}")).collect();
    let mut inputs = vec!["x"];
    for (name, tensor) in names.iter().zip(constants) {
        draft = draft.weight(name, tensor);
        inputs.push(name);
    }
    draft.node(op_type, &inputs, &["y"], attributes).output("y")
}

fn only_op(graph: &Graph) -> &Op {
    match graph.nodes() {
        [node] => &node.op,
        nodes => panic!("{} nodes", nodes.len()),
    }
}

fn vector(values: &[i64]) -> Tensor {
    Tensor::i64_vector(values.to_vec())
}

fn scalar(value: f64) -> Tensor {
    Tensor::scalar(DType::F32, value)
}

#[test]
fn attributes_of_old_opsets_and_inputs_of_new_ones_mean_the_same() {
    let pairs = [
        (
            one(
                6 + 1,
                "Clip",
                &[2, 3],
                &[],
                vec![float("min", 0.0), float("max", 6.0)],
            ),
            one(13, "Clip", &[2, 3], &[scalar(0.0), scalar(6.0)], vec![]),
        ),
        (
            one(
                9,
                "Slice",
                &[2, 5],
                &[],
                vec![
                    ints("starts", &[1]),
                    ints("ends", &[-1]),
                    ints("axes", &[1]),
                ],
            ),
            one(
                18,
                "Slice",
                &[2, 5],
                &[vector(&[1]), vector(&[4]), vector(&[-1])],
                vec![],
            ),
        ),
        (
            one(11, "Squeeze", &[2, 1, 3], &[], vec![ints("axes", &[1])]),
            one(13, "Squeeze", &[2, 1, 3], &[vector(&[-2])], vec![]),
        ),
        (
            one(11, "Unsqueeze", &[2, 3], &[], vec![ints("axes", &[0, 3])]),
            one(13, "Unsqueeze", &[2, 3], &[vector(&[-1, 0])], vec![]),
        ),
        (
            one(12, "ReduceSum", &[2, 3, 4], &[], vec![ints("axes", &[-1])]),
            one(13, "ReduceSum", &[2, 3, 4], &[vector(&[2])], vec![]),
        ),
        (
            one(17, "ReduceMean", &[2, 3], &[], vec![]),
            one(18, "ReduceMean", &[2, 3], &[vector(&[0, 1])], vec![]),
        ),
        (
            one(
                10,
                "Pad",
                &[2, 3],
                &[],
                vec![
                    ints("pads", &[0, 1, 0, 2]),
                    float("value", 3.0),
                    text("mode", "constant"),
                ],
            ),
            one(
                18,
                "Pad",
                &[2, 3],
                &[vector(&[1, 2]), scalar(3.0), vector(&[1])],
                vec![],
            ),
        ),
        (
            one(
                7,
                "Upsample",
                &[2, 1, 3, 3],
                &[],
                vec![floats("scales", &[1., 1., 2., 2.])],
            ),
            one(
                9,
                "Upsample",
                &[2, 1, 3, 3],
                &[Tensor::f32([4], vec![1., 1., 2., 2.]).unwrap()],
                vec![],
            ),
        ),
        (
            one(
                13,
                "Resize",
                &[2, 1, 3, 3],
                &[
                    Tensor::f32([0], vec![]).unwrap(),
                    Tensor::f32([4], vec![1., 1., 2., 2.]).unwrap(),
                ],
                vec![
                    text("coordinate_transformation_mode", "asymmetric"),
                    text("nearest_mode", "floor"),
                ],
            ),
            one(
                10,
                "Resize",
                &[2, 1, 3, 3],
                &[Tensor::f32([4], vec![1., 1., 2., 2.]).unwrap()],
                vec![],
            ),
        ),
        (
            one(11, "Dropout", &[2, 3], &[], vec![float("ratio", 0.5)]),
            one(13, "Dropout", &[2, 3], &[scalar(0.5)], vec![]),
        ),
    ];
    for (index, (old, new)) in pairs.into_iter().enumerate() {
        assert_eq!(only_op(&load(old)), only_op(&load(new)), "pair {index}");
    }
}

#[test]
fn a_softmax_before_opset_13_flattens_what_follows_its_axis() {
    let graph = load(one(11, "Softmax", &[2, 3, 4], &[], vec![]));
    let ops: Vec<&str> = graph.nodes().iter().map(|node| node.op.name()).collect();
    assert_eq!(ops, ["Reshape", "Softmax", "Reshape"]);
    assert_eq!(graph.nodes()[0].op, Op::Reshape { shape: vec![2, 12] });

    let plain = |opset, shape: &[i64], axis| {
        let draft = one(opset, "Softmax", shape, &[], vec![int("axis", axis)]);
        only_op(&load(draft)).clone()
    };
    assert_eq!(plain(11, &[2, 3, 4], 2), Op::Softmax { axis: 2 });
    assert_eq!(plain(11, &[2, 3, 1, 1], 1), Op::Softmax { axis: 1 });
    assert_eq!(plain(13, &[2, 3, 4], 1), Op::Softmax { axis: 1 });
}

#[test]
fn automatic_padding_becomes_numbers() {
    let pads = |auto_pad: &str, length: i64, stride: i64| {
        let draft = one(
            11,
            "Conv",
            &[2, 1, length],
            &[Tensor::filled(DType::F32, [1, 1, 4], 1.0)],
            vec![text("auto_pad", auto_pad), ints("strides", &[stride])],
        );
        match only_op(&load(draft)) {
            Op::Conv(conv) => (conv.pads_before[0], conv.pads_after[0]),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(pads("SAME_UPPER", 5, 1), (1, 2));
    assert_eq!(pads("SAME_LOWER", 5, 1), (2, 1));
    assert_eq!(pads("SAME_UPPER", 5, 2), (1, 2));
    assert_eq!(pads("SAME_UPPER", 6, 2), (1, 1));
    assert_eq!(pads("VALID", 5, 1), (0, 0));
}

#[test]
fn a_transposed_convolutions_output_shape_becomes_padding() {
    let draft = |length| {
        one(
            11,
            "ConvTranspose",
            &[2, 1, 3],
            &[Tensor::filled(DType::F32, [1, 1, 4], 1.0)],
            vec![ints("strides", &[2]), ints("output_shape", &[length])],
        )
    };
    match only_op(&load(draft(9))) {
        Op::ConvTranspose { output_padding, .. } => assert_eq!(output_padding, &[1]),
        other => panic!("{other:?}"),
    }
    assert!(refused(draft(10))[0].reason.contains("length 10"));
    let graph = load(draft(5));
    match only_op(&graph) {
        Op::ConvTranspose { convolution, .. } => {
            // 2·(3 − 1) + 4 = 8, three too many.
            assert_eq!(convolution.pads_before, [2]);
            assert_eq!(convolution.pads_after, [1]);
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(graph.shape(graph.outputs()[0]), [2, 1, 5]);
}

#[test]
fn n_ary_operators_become_chains_with_the_files_name_last() {
    let draft = Draft::opset(13)
        .input("a", DType::F32, &[2, 3])
        .input("b", DType::F32, &[2, 3])
        .floats("c", &[3], 1.0)
        .node("Mean", &["a", "b", "c"], &["y"], vec![])
        .output("y");
    let graph = load(draft);
    let ops: Vec<&str> = graph.nodes().iter().map(|node| node.op.name()).collect();
    assert_eq!(ops, ["Add", "Add", "Div"]);
    assert_eq!(graph.name(graph.outputs()[0]), "y");

    let single = Draft::opset(13)
        .input("a", DType::F32, &[2])
        .node("Max", &["a"], &["y"], vec![])
        .output("y");
    assert_eq!(only_op(&load(single)), &Op::Unary(Unary::Identity));
}

#[test]
fn shape_arithmetic_leaves_no_trace() {
    // What exporters write for x.view(x.size(0), -1).
    let draft = Draft::opset(13)
        .open_input("x", &[Dim::Symbol("N"), Dim::Size(3), Dim::Size(4)])
        .node("Shape", &["x"], &["shape"], vec![])
        .weight("zero", &Tensor::scalar(DType::I64, 0.0))
        .node("Gather", &["shape", "zero"], &["batch"], vec![])
        .ints("axes", &[0])
        .node("Unsqueeze", &["batch", "axes"], &["row"], vec![])
        .ints("rest", &[-1])
        .node(
            "Concat",
            &["row", "rest"],
            &["target"],
            vec![int("axis", 0)],
        )
        .node("Reshape", &["x", "target"], &["y"], vec![])
        .output("y");
    let graph = load(draft);
    assert_eq!(only_op(&graph), &Op::Reshape { shape: vec![2, 12] });
    assert_eq!(graph.values().count(), 2);
}

#[test]
fn constants_come_from_shapes_ranges_and_attributes() {
    let draft = Draft::opset(15)
        .input("x", DType::F32, &[2, 3])
        .node("Shape", &["x"], &["last"], vec![int("start", -1)])
        .node("Size", &["x"], &["count"], vec![])
        .node("Constant", &[], &["zero"], vec![int("value_int", 0)])
        .node("Constant", &[], &["two"], vec![int("value_int", 2)])
        .node("Range", &["zero", "count", "two"], &["range"], vec![])
        .node(
            "ConstantOfShape",
            &["last"],
            &["filled"],
            vec![value("value", &Tensor::f32([1], vec![7.0]).unwrap())],
        )
        .output("last")
        .output("count")
        .output("range")
        .output("filled");
    let graph = load(draft);
    let values: Vec<Vec<f64>> = graph
        .outputs()
        .iter()
        .map(|&id| graph.constant(id).unwrap().to_f64())
        .collect();
    assert_eq!(
        values,
        [vec![3.0], vec![6.0], vec![0.0, 2.0, 4.0], vec![7.0; 3]]
    );
    assert!(graph.nodes().is_empty());
}

#[test]
fn large_constants_are_not_computed_at_load() {
    let draft = Draft::opset(13)
        .input("x", DType::F32, &[2, 1])
        .ints("shape", &[1 << 20, 1 << 10])
        .node("ConstantOfShape", &["shape"], &["zeros"], vec![])
        .node("Add", &["x", "x"], &["y"], vec![])
        .output("zeros")
        .output("y");
    let graph = load(draft);
    assert_eq!(graph.nodes()[0].op.name(), "Expand");
}

#[test]
fn group_normalization_agrees_with_its_definition() {
    let x: Vec<f32> = (0..16).map(|i| (i * i % 7) as f32).collect();
    let x = Tensor::f32([2, 4, 2], x).unwrap();
    let run = |opset, parameters: usize| {
        let draft = one(
            opset,
            "GroupNormalization",
            &[2, 4, 2],
            &[
                Tensor::filled(DType::F32, [parameters], 2.0),
                Tensor::filled(DType::F32, [parameters], 1.0),
            ],
            vec![int("num_groups", 2)],
        );
        interpret::run(&load(draft), std::slice::from_ref(&x))
            .unwrap()
            .remove(0)
    };
    let per_group = run(18, 2).to_f64();
    let per_channel = run(21, 4).to_f64();
    let group: Vec<f64> = x.to_f64()[..4].to_vec();
    let mean = group.iter().sum::<f64>() / 4.0;
    let variance = group.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 4.0;
    for (index, value) in group.iter().enumerate() {
        let expected = 2.0 * (value - mean) / (variance + 1e-5).sqrt() + 1.0;
        assert!((per_group[index] - expected).abs() < 1e-5);
        assert!((per_channel[index] - expected).abs() < 1e-5);
    }
}

#[test]
fn normalizations_without_an_operator_agree_with_their_definition() {
    let x = [1.0f64, -2.0, 3.0, 0.5];
    let run = |opset, op_type: &str, constants: &[Tensor], attributes| {
        let draft = one(opset, op_type, &[2, 2], constants, attributes);
        let input = Tensor::from_f64(DType::F32, [2, 2], &x).unwrap();
        interpret::run(&load(draft), &[input])
            .unwrap()
            .remove(0)
            .to_f64()
    };
    let close = |found: Vec<f64>, expected: [f64; 4]| {
        for (a, b) in found.iter().zip(expected) {
            assert!((a - b).abs() < 1e-4, "{found:?} {expected:?}");
        }
    };
    let root = |a: f64, b: f64| ((a * a + b * b) / 2.0).sqrt();
    let (first, second) = (root(1.0, -2.0), root(3.0, 0.5));
    close(
        run(
            23,
            "RMSNormalization",
            &[Tensor::filled(DType::F32, [2], 3.0)],
            vec![],
        ),
        [3.0 / first, -6.0 / first, 9.0 / second, 1.5 / second],
    );
    close(
        run(18, "LpNormalization", &[], vec![int("p", 1)]),
        [1.0 / 3.0, -2.0 / 3.0, 3.0 / 3.5, 0.5 / 3.5],
    );
    close(
        run(
            13,
            "MeanVarianceNormalization",
            &[],
            vec![ints("axes", &[1])],
        ),
        [1.0, -1.0, 1.0, -1.0],
    );
}

#[test]
fn functions_without_an_operator_agree_with_their_definition() {
    let run = |op_type: &str, opset, attributes| {
        let draft = one(opset, op_type, &[2, 2], &[], attributes);
        let input = Tensor::f32([2, 2], vec![-1.0, 0.5, 1.5, 3.0]).unwrap();
        interpret::run(&load(draft), &[input])
            .unwrap()
            .remove(0)
            .to_f64()
    };
    assert_eq!(
        run("ThresholdedRelu", 10, vec![float("alpha", 1.0)]),
        [0.0, 0.0, 1.5, 3.0]
    );
    let swish = run("Swish", 24, vec![float("alpha", 2.0)]);
    assert!((swish[2] - 1.5 / (1.0 + (-3.0f64).exp())).abs() < 1e-5);
    let log_sum = run("ReduceLogSum", 18, vec![int("keepdims", 0)]);
    assert!((log_sum[0] - 4.0f64.ln()).abs() < 1e-6);
}

#[test]
fn integer_indices_and_exponents_are_converted() {
    let indices = Tensor::new([2], Data::I32(std::sync::Arc::new(vec![1, 0]))).unwrap();
    let graph = load(one(13, "Gather", &[2, 3], &[indices], vec![int("axis", 1)]));
    let gather = &graph.nodes()[0];
    assert_eq!(gather.op, Op::Gather { axis: 1 });
    assert_eq!(graph.tensor_type(gather.inputs[1]).dtype, DType::I64);

    let exponent = Tensor::scalar(DType::I64, 2.0);
    let graph = load(one(13, "Pow", &[2, 3], &[exponent], vec![]));
    let pow = &graph.nodes()[0];
    assert_eq!(pow.op, Op::Binary(Binary::Pow));
    assert_eq!(graph.tensor_type(pow.inputs[1]).dtype, DType::F32);
}

#[test]
fn sixteen_bit_floats_are_read_as_float32() {
    let draft = one(
        13,
        "Cast",
        &[2, 3],
        &[],
        vec![int("to", DataType::Float16 as i64)],
    );
    assert_eq!(only_op(&load(draft)), &Op::Unary(Unary::Identity));
}

#[test]
fn computed_bounds_of_a_clip_become_minimum_and_maximum() {
    let draft = Draft::opset(13)
        .input("x", DType::F32, &[2, 3])
        .input("low", DType::F32, &[2, 3])
        .floats("high", &[], 1.0)
        .node("Clip", &["x", "low", "high"], &["y"], vec![])
        .output("y");
    let graph = load(draft);
    let ops: Vec<&str> = graph.nodes().iter().map(|node| node.op.name()).collect();
    assert_eq!(ops, ["Max", "Min"]);
}

#[test]
fn splits_divide_evenly_when_no_sizes_are_given() {
    let sizes = |opset, length: i64, attributes| {
        let draft = Draft::opset(opset)
            .input("x", DType::F32, &[2, length])
            .node("Split", &["x"], &["a", "b", "c"], attributes)
            .output("a")
            .output("c");
        match only_op(&load(draft)) {
            Op::Split { sizes, .. } => sizes.clone(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(sizes(13, 6, vec![int("axis", 1)]), [2, 2, 2]);
    let uneven = vec![int("axis", 1), int("num_outputs", 3)];
    assert_eq!(sizes(18, 7, uneven), [3, 3, 1]);
    let stated = vec![int("axis", 1), ints("split", &[1, 2, 4])];
    assert_eq!(sizes(11, 7, stated), [1, 2, 4]);
}

#[test]
fn lists_of_tensors_leave_only_their_tensors_behind() {
    let draft = |split: Option<Tensor>, position, attributes| {
        let draft = Draft::opset(13).input("x", DType::F32, &[2, 7]);
        let split_inputs: &[&str] = if split.is_some() {
            &["x", "split"]
        } else {
            &["x"]
        };
        let draft = match &split {
            Some(tensor) => draft.weight("split", tensor),
            None => draft,
        };
        draft
            .weight("position", &vector(&[position]).reshaped([]).unwrap())
            .node("SplitToSequence", split_inputs, &["list"], attributes)
            .node("SequenceAt", &["list", "position"], &["y"], vec![])
            .output("y")
    };
    let shape = |draft: Draft| {
        let graph = load(draft);
        graph.shape(graph.outputs()[0]).to_vec()
    };
    let third = Some(vector(&[3]).reshaped([]).unwrap());
    assert_eq!(shape(draft(third.clone(), 0, vec![int("axis", 1)])), [2, 3]);
    assert_eq!(shape(draft(third, -1, vec![int("axis", 1)])), [2, 1]);
    let stated = Some(vector(&[2, 5]));
    assert_eq!(shape(draft(stated, 1, vec![int("axis", -1)])), [2, 5]);
    assert_eq!(shape(draft(None, 6, vec![int("axis", 1)])), [2, 1]);
    let squeezed = vec![int("axis", 1), int("keepdims", 0)];
    assert_eq!(shape(draft(None, 6, squeezed)), [2]);

    let joined = |attributes| {
        Draft::opset(13)
            .input("x", DType::F32, &[2, 7])
            .node("SequenceConstruct", &["x", "x"], &["list"], vec![])
            .node("ConcatFromSequence", &["list"], &["y"], attributes)
            .output("y")
    };
    assert_eq!(shape(joined(vec![int("axis", 1)])), [2, 14]);
    let stacked = vec![int("axis", 1), int("new_axis", 1)];
    assert_eq!(shape(joined(stacked)), [2, 2, 7]);
}

#[test]
fn lists_that_make_no_sense_are_refused() {
    let zero = vector(&[0]).reshaped([]).unwrap();
    let wide = Draft::opset(13)
        .input("x", DType::F32, &[2, 1 << 20])
        .weight("zero", &zero)
        .node("SplitToSequence", &["x"], &["many"], vec![int("axis", 1)])
        .node("SplitToSequence", &["x", "zero"], &["none"], vec![])
        .node("SequenceAt", &["x", "zero"], &["item"], vec![])
        .node("Relu", &["list"], &["y"], vec![])
        .node("SequenceConstruct", &["x"], &["list"], vec![])
        .output("many")
        .output("none")
        .output("item")
        .output("y");
    let found = refused(wide);
    let ops: Vec<&str> = found.iter().map(|node| node.op.as_str()).collect();
    assert_eq!(
        ops,
        ["SplitToSequence", "SplitToSequence", "SequenceAt", "Relu"]
    );
}

#[test]
fn resizing_reads_scales_sizes_axes_and_policies() {
    let none = || Tensor::f32([0], vec![]).unwrap();
    let resize = |constants: &[Tensor], attributes| {
        let graph = load(one(18, "Resize", &[2, 1, 4, 8], constants, attributes));
        match only_op(&graph) {
            Op::Resize(resize) => resize.clone(),
            other => panic!("{other:?}"),
        }
    };
    let cubic = resize(
        &[none(), none(), vector(&[8, 8])],
        vec![ints("axes", &[2, 3]), text("mode", "cubic")],
    );
    assert_eq!(cubic.mode, ResizeMode::Cubic);
    assert_eq!(cubic.coordinates, Coordinates::HalfPixel);
    assert_eq!(cubic.sizes, [2, 1, 8, 8]);
    assert_eq!(cubic.scales, [1.0, 1.0, 2.0, 1.0]);

    let kept = resize(
        &[none(), none(), vector(&[8, 12])],
        vec![
            ints("axes", &[2, 3]),
            text("keep_aspect_ratio_policy", "not_larger"),
        ],
    );
    assert_eq!(kept.mode, ResizeMode::Nearest(NearestRounding::PreferFloor));
    assert_eq!(kept.sizes, [2, 1, 6, 12]);
}

#[test]
fn padding_modes_and_reductions_are_told_apart() {
    for (name, mode) in [
        ("reflect", PadMode::Reflect),
        ("edge", PadMode::Edge),
        ("wrap", PadMode::Wrap),
    ] {
        let pads = vector(&[0, 1, 0, 1]);
        let graph = load(one(19, "Pad", &[2, 3], &[pads], vec![text("mode", name)]));
        assert!(matches!(only_op(&graph), Op::Pad { mode: found, .. } if *found == mode));
    }
    for (name, kind) in [
        ("ReduceMax", ReduceKind::Max),
        ("ReduceL2", ReduceKind::L2),
        ("ReduceLogSumExp", ReduceKind::LogSumExp),
    ] {
        let graph = load(one(13, name, &[2, 3], &[], vec![]));
        assert!(matches!(only_op(&graph), Op::Reduce { kind: found, .. } if *found == kind));
    }
}

#[test]
fn an_output_that_nobody_reads_is_not_asked_for() {
    let draft = Draft::opset(11)
        .input("x", DType::F32, &[2, 1, 4])
        .node(
            "MaxPool",
            &["x"],
            &["y", "indices"],
            vec![ints("kernel_shape", &[2])],
        )
        .node("Dropout", &["y"], &["z", "mask"], vec![])
        .output("z");
    let graph = load(draft);
    assert_eq!(graph.nodes()[0].outputs.len(), 1);
    assert_eq!(graph.nodes()[1].op, Op::Unary(Unary::Identity));
}

// --- what is refused ---

#[test]
fn all_unsupported_nodes_are_named_at_once_but_only_needed_ones() {
    let draft = Draft::opset(13)
        .input("x", DType::F32, &[2, 3])
        .node("TopK", &["x", "k"], &["values", "indices"], vec![])
        .ints("k", &[1])
        .node("Relu", &["values"], &["r"], vec![])
        .node("Hardmax", &["r"], &["e"], vec![])
        .node("FusedConv", &["x"], &["f"], vec![])
        .domain("com.microsoft")
        .node("Add", &["e", "f"], &["y"], vec![])
        .node("NonZero", &["x"], &["unneeded"], vec![])
        .node("Relu", &["x"], &["fine"], vec![])
        .output("y")
        .output("unneeded");
    let model = draft.open().unwrap();
    let wanted = |name: &str| LoadOptions {
        outputs: Some(vec![name.to_owned()]),
        ..options()
    };
    let Err(OnnxError::Unsupported { nodes, .. }) = model.graph(&wanted("y")) else {
        panic!("not refused");
    };
    let found: Vec<(&str, &str)> = nodes
        .iter()
        .map(|node| (node.node.as_str(), node.op.as_str()))
        .collect();
    assert_eq!(
        found,
        [
            ("values", "TopK"),
            ("e", "Hardmax"),
            ("f", "com.microsoft:FusedConv")
        ]
    );
    assert_eq!(model.graph(&wanted("fine")).unwrap().nodes().len(), 1);
    let survey = model.survey(&options()).unwrap();
    assert_eq!(survey.unsupported.len(), 4);
    assert!(survey.graph.find("fine").is_some());
}

#[test]
fn a_meaning_that_is_not_supported_is_refused_with_its_attribute() {
    let cases = [
        (
            one(13, "Relu", &[2, 3], &[], vec![int("odd", 1)]),
            "attribute 'odd'",
        ),
        (
            one(13, "Elu", &[2, 3], &[], vec![int("alpha", 1)]),
            "attribute 'alpha'",
        ),
        (
            one(
                13,
                "Resize",
                &[2, 1, 3],
                &[],
                vec![text("coordinate_transformation_mode", "tf_crop_and_resize")],
            ),
            "attribute 'coordinate_transformation_mode'",
        ),
        (
            one(
                13,
                "Cast",
                &[2, 3],
                &[],
                vec![int("to", DataType::String as i64)],
            ),
            "attribute 'to'",
        ),
        (
            one(
                16,
                "ScatterElements",
                &[2, 3],
                &[],
                vec![text("reduction", "mul")],
            ),
            "attribute 'reduction'",
        ),
    ];
    for (draft, place) in cases {
        let nodes = refused(draft);
        assert_eq!(nodes[0].attribute.as_deref(), Some(place));
    }
}

#[test]
fn training_mode_is_refused() {
    let parameters = || vec![Tensor::filled(DType::F32, [3], 1.0); 4];
    let batch = one(
        15,
        "BatchNormalization",
        &[2, 3],
        &parameters(),
        vec![int("training_mode", 1)],
    );
    assert!(refused(batch)[0].remedy.contains("eval"));
    let mode = Tensor::filled(DType::Bool, Vec::new(), 1.0);
    let dropout = one(13, "Dropout", &[2, 3], &[scalar(0.5), mode], vec![]);
    assert!(refused(dropout)[0].remedy.contains("eval"));
}

#[test]
fn a_shape_that_depends_on_the_input_is_refused() {
    let draft = Draft::opset(13)
        .input("x", DType::F32, &[2, 3])
        .input("shape", DType::I64, &[2])
        .node("Reshape", &["x", "shape"], &["y"], vec![])
        .output("y");
    assert_eq!(refused(draft)[0].attribute.as_deref(), Some("input 1"));
}

#[test]
fn a_weight_of_an_unsupported_type_is_named_where_it_is_read() {
    let strings = super::super::wire::TensorProto {
        name: Some("words".to_owned()),
        data_type: Some(DataType::String as i32),
        ..Default::default()
    };
    let draft = Draft::opset(13)
        .input("x", DType::F32, &[2])
        .raw_weight(strings)
        .node("Add", &["x", "words"], &["y"], vec![])
        .output("y");
    assert!(refused(draft)[0].reason.contains("\"words\""));
}

#[test]
fn impossible_sizes_are_errors() {
    let cases = [
        one(13, "Tile", &[2, 3], &[vector(&[1 << 62, 1 << 62])], vec![]),
        one(13, "Expand", &[2, 1], &[vector(&[2, i64::MAX])], vec![]),
        one(
            13,
            "Pad",
            &[2, 3],
            &[vector(&[0, i64::MAX, 0, i64::MAX])],
            vec![],
        ),
        one(
            13,
            "Reshape",
            &[2, 3],
            &[vector(&[i64::MAX, i64::MAX])],
            vec![],
        ),
        one(
            13,
            "MaxPool",
            &[2, 1, 8],
            &[],
            vec![ints("kernel_shape", &[2]), ints("strides", &[1 << 62])],
        ),
        one(
            13,
            "Conv",
            &[2, 1, 8],
            &[Tensor::filled(DType::F32, [1, 1, 3], 1.0)],
            vec![ints("pads", &[1 << 62, 1 << 62])],
        ),
        one(
            13,
            "DepthToSpace",
            &[2, 4, 1, 1],
            &[],
            vec![int("blocksize", 1 << 62)],
        ),
        one(13, "Flatten", &[2, 3], &[], vec![int("axis", i64::MIN)]),
        one(13, "Concat", &[2, 3], &[], vec![int("axis", i64::MIN)]),
    ];
    for (index, draft) in cases.into_iter().enumerate() {
        assert_eq!(refused(draft).len(), 1, "case {index}");
    }
}

// --- sizes of inputs ---

fn with_dims(dims: &[Dim]) -> Model {
    Draft::opset(13)
        .open_input("x", dims)
        .node("Relu", &["x"], &["y"], vec![])
        .output("y")
        .open()
        .unwrap()
}

#[test]
fn the_batch_replaces_a_dynamic_first_dimension_only() {
    let graph = with_dims(&[Dim::Symbol("N"), Dim::Size(3)])
        .graph(&options())
        .unwrap();
    assert_eq!(graph.shape(graph.inputs()[0]), [2, 3]);
    assert!(
        with_dims(&[Dim::Size(2), Dim::Size(3)])
            .graph(&options())
            .is_ok()
    );
    let fixed = with_dims(&[Dim::Size(1), Dim::Size(3)]).graph(&options());
    assert!(matches!(
        fixed,
        Err(OnnxError::FixedBatch {
            found: 1,
            asked: 2,
            ..
        })
    ));
}

#[test]
fn other_dynamic_dimensions_are_given_by_name() {
    let model = with_dims(&[Dim::Symbol("N"), Dim::Symbol("h"), Dim::Symbol("N")]);
    match model.graph(&options()) {
        Err(OnnxError::DynamicDimension { axis, symbol, .. }) => {
            assert_eq!((axis, symbol.as_deref()), (1, Some("h")));
        }
        other => panic!("{other:?}"),
    }
    let graph = model
        .graph(&LoadOptions {
            dimensions: [("h".to_owned(), 5)].into(),
            ..options()
        })
        .unwrap();
    assert_eq!(graph.shape(graph.inputs()[0]), [2, 5, 2]);
}

#[test]
fn an_impossible_input_is_an_error() {
    let model = with_dims(&[Dim::Symbol("N"), Dim::Size(1 << 40), Dim::Size(1 << 40)]);
    assert!(matches!(
        model.graph(&options()),
        Err(OnnxError::Malformed { .. })
    ));
}

#[test]
fn initializers_among_the_inputs_are_not_inputs() {
    let model = Draft::opset(8)
        .input("x", DType::F32, &[2, 3])
        .input("w", DType::F32, &[3])
        .floats("w", &[3], 1.0)
        .node("Add", &["x", "w"], &["y"], vec![])
        .output("y")
        .open()
        .unwrap();
    assert_eq!(model.inputs().len(), 1);
    let graph = model.graph(&options()).unwrap();
    let w = graph.find("w").unwrap();
    assert!(matches!(graph.value(w).source, Source::Constant(_)));
}

// --- unsound files ---

#[test]
fn cycles_missing_values_and_doubled_names_are_errors() {
    let cycle = Draft::opset(13)
        .input("x", DType::F32, &[2])
        .node("Add", &["x", "b"], &["a"], vec![])
        .node("Relu", &["a"], &["b"], vec![])
        .output("b");
    let itself = Draft::opset(13)
        .input("x", DType::F32, &[2])
        .node("Add", &["x", "a"], &["a"], vec![])
        .output("a");
    let missing = Draft::opset(13)
        .input("x", DType::F32, &[2])
        .node("Add", &["x", "nothing"], &["y"], vec![])
        .output("y");
    for draft in [cycle, itself, missing] {
        let result = draft.open().unwrap().graph(&options());
        assert!(
            matches!(result, Err(OnnxError::Malformed { .. })),
            "{result:?}"
        );
    }
    let doubled = Draft::opset(13)
        .input("x", DType::F32, &[2])
        .node("Relu", &["x"], &["x"], vec![])
        .output("x")
        .open();
    assert!(matches!(doubled, Err(OnnxError::Malformed { .. })));
    let dangling = Draft::opset(13)
        .input("x", DType::F32, &[2])
        .output("y")
        .open();
    assert!(matches!(dangling, Err(OnnxError::Malformed { .. })));
}

#[test]
fn nodes_out_of_order_are_put_in_order() {
    let graph = load(
        Draft::opset(13)
            .input("x", DType::F32, &[2])
            .node("Tanh", &["a"], &["b"], vec![])
            .node("Relu", &["x"], &["a"], vec![])
            .output("b"),
    );
    let ops: Vec<&str> = graph.nodes().iter().map(|node| node.op.name()).collect();
    assert_eq!(ops, ["Relu", "Tanh"]);
}

#[test]
fn a_deep_graph_does_not_exhaust_the_stack() {
    let mut draft = Draft::opset(13).input("v0", DType::F32, &[2]);
    for index in (0..20_000).rev() {
        let (from, to) = (format!("v{index}"), format!("v{}", index + 1));
        draft = draft.node("Relu", &[&from], &[&to], vec![]);
    }
    assert_eq!(load(draft.output("v20000")).nodes().len(), 20_000);
}

#[test]
fn unknown_outputs_are_answered_with_the_nearest_name() {
    let model = with_dims(&[Dim::Symbol("N")]);
    let result = model.graph(&LoadOptions {
        outputs: Some(vec!["yy".to_owned()]),
        ..options()
    });
    match result {
        Err(OnnxError::UnknownTensor { nearest, .. }) => assert_eq!(nearest.as_deref(), Some("y")),
        other => panic!("{other:?}"),
    }
}

#[test]
fn versions_outside_the_range_are_refused() {
    for opset in [6, 25] {
        let model = Draft::opset(opset)
            .output("x")
            .input("x", DType::F32, &[2])
            .open();
        assert!(matches!(
            model,
            Err(OnnxError::Version { what: "opset", .. })
        ));
    }
    let mut newer = Draft::opset(18).proto();
    newer.ir_version = Some(15);
    let model = super::super::testing::open(&newer);
    assert!(matches!(
        model,
        Err(OnnxError::Version {
            what: "ir_version",
            ..
        })
    ));
}
