//! Calls and branches mean the same as their nodes written out.

#![allow(clippy::unwrap_used, clippy::panic)]

use super::super::testing::{Draft, float, graph_of, int, node, open, refer, value};
use super::super::wire::{AttributeProto, FunctionProto, NodeProto, OperatorSetIdProto};
use super::super::{LoadOptions, Model, OnnxError, UnsupportedNode};
use crate::graph::{DType, Graph, Tensor, interpret};

fn function(name: &str, inputs: &[&str], outputs: &[&str], nodes: Vec<NodeProto>) -> FunctionProto {
    let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    FunctionProto {
        name: Some(name.to_owned()),
        domain: Some("local".to_owned()),
        input: owned(inputs),
        output: owned(outputs),
        node: nodes,
        opset_import: vec![OperatorSetIdProto {
            domain: Some(String::new()),
            version: Some(18),
        }],
        ..FunctionProto::default()
    }
}

fn call(
    name: &str,
    inputs: &[&str],
    outputs: &[&str],
    attributes: Vec<AttributeProto>,
) -> NodeProto {
    NodeProto {
        domain: Some("local".to_owned()),
        name: Some(format!("call_{}", outputs[0])),
        ..node(name, inputs, outputs, attributes)
    }
}

/// `y` from `x` of shape [1, 3] through a call, with these functions.
fn model(nodes: Vec<NodeProto>, functions: Vec<FunctionProto>) -> Result<Model, OnnxError> {
    let mut draft = Draft::opset(18).input("x", DType::F32, &[1, 3]);
    for node in nodes {
        draft = draft.any_node(node);
    }
    let mut proto = draft.output("y").proto();
    proto.functions = functions;
    open(&proto)
}

fn graph(model: &Model) -> Graph {
    let options = LoadOptions {
        batch: 1,
        ..LoadOptions::default()
    };
    model.graph(&options).unwrap()
}

fn run(graph: &Graph, x: [f32; 3]) -> Vec<f64> {
    let x = Tensor::f32([1, 3], x.to_vec()).unwrap();
    interpret::run(graph, &[x]).unwrap()[0].to_f64()
}

#[test]
fn calls_nest_and_what_lies_inside_can_be_asked_for() {
    let inner = function(
        "square_plus",
        &["a", "b"],
        &["r"],
        vec![
            node("Mul", &["a", "a"], &["square"], vec![]),
            node("Add", &["square", "b"], &["r"], vec![]),
        ],
    );
    let outer = function(
        "twice",
        &["a"],
        &["r"],
        vec![
            call("square_plus", &["a", "a"], &["once"], vec![]),
            call("square_plus", &["once", "a"], &["r"], vec![]),
        ],
    );
    let nodes = vec![call("twice", &["x"], &["y"], vec![])];
    let model = model(nodes, vec![outer, inner]).unwrap();
    // (x² + x)² + x
    assert_eq!(run(&graph(&model), [1.0, 2.0, -1.0]), [5.0, 38.0, -1.0]);
    let inside = "call_y/call_once/square";
    assert!(model.tensor_names().contains(&inside));
    let options = LoadOptions {
        batch: 1,
        outputs: Some(vec!["call_y/once".to_owned(), inside.to_owned()]),
        ..LoadOptions::default()
    };
    assert_eq!(
        run(&model.graph(&options).unwrap(), [3.0, 0.0, 0.5]),
        [12.0, 0.0, 0.75]
    );
}

#[test]
fn attributes_come_from_the_call_or_the_default_or_are_left_out() {
    let mut leaky = function(
        "leaky",
        &["a"],
        &["r"],
        vec![node(
            "LeakyRelu",
            &["a"],
            &["r"],
            vec![refer("alpha", "slope")],
        )],
    );
    leaky.attribute_proto = vec![float("slope", 0.5)];
    let mut bare = leaky.clone();
    bare.name = Some("bare".to_owned());
    bare.attribute_proto.clear();
    bare.attribute = vec!["slope".to_owned()];
    let with = |name: &str, attributes| {
        let nodes = vec![call(name, &["x"], &["y"], attributes)];
        let model = model(nodes, vec![leaky.clone(), bare.clone()]).unwrap();
        run(&graph(&model), [-1.0, -2.0, 1.0])
    };
    assert_eq!(with("leaky", vec![]), [-0.5, -1.0, 1.0]);
    assert_eq!(
        with("leaky", vec![float("slope", 0.25)]),
        [-0.25, -0.5, 1.0]
    );
    // ONNX's own default.
    assert_eq!(with("bare", vec![])[0], f64::from(-0.01f32));
}

#[test]
fn a_function_is_read_at_the_opset_that_it_states() {
    // Before opset 13 the axes of a squeeze are an attribute.
    let mut squeeze = function(
        "old",
        &["a"],
        &["r"],
        vec![
            node("Softmax", &["a"], &["s"], vec![]),
            node(
                "ReduceSum",
                &["s"],
                &["r"],
                vec![super::super::testing::ints("axes", &[1])],
            ),
        ],
    );
    squeeze.opset_import[0].version = Some(11);
    let nodes = vec![call("old", &["x"], &["y"], vec![])];
    let old = model(nodes.clone(), vec![squeeze.clone()]).unwrap();
    assert!((run(&graph(&old), [1.0, 2.0, 3.0])[0] - 1.0).abs() < 1e-6);
    squeeze.opset_import[0].version = Some(99);
    let new = model(nodes, vec![squeeze]).unwrap();
    let nodes = refused(&new);
    assert_eq!(nodes.len(), 2);
    assert!(nodes.iter().all(|node| node.reason.contains("opset 99")));
}

#[test]
fn inputs_and_outputs_that_a_call_leaves_out_are_left_out_inside() {
    let clip = function(
        "clip",
        &["a", "low", "high"],
        &["r", "doubled"],
        vec![
            node("Clip", &["a", "low", "high"], &["r"], vec![]),
            node("Add", &["r", "r"], &["doubled"], vec![]),
        ],
    );
    let constant = node(
        "Constant",
        &[],
        &["one"],
        vec![value("value", &Tensor::scalar(DType::F32, 1.0))],
    );
    let nodes = vec![
        constant.clone(),
        call("clip", &["x", "", "one"], &["y"], vec![]),
    ];
    let one = model(nodes, vec![clip.clone()]).unwrap();
    assert_eq!(run(&graph(&one), [-5.0, 0.5, 3.0]), [-5.0, 0.5, 1.0]);
    let mut second = call("clip", &["x", "one"], &["unused"], vec![]);
    second.output = vec![String::new(), "y".to_owned()];
    let two = model(vec![constant, second], vec![clip]).unwrap();
    assert_eq!(run(&graph(&two), [-5.0, 0.5, 3.0]), [2.0, 2.0, 6.0]);
}

#[test]
fn an_output_that_is_an_input_is_passed_on() {
    let same = function("same", &["a"], &["a"], vec![]);
    let model = model(vec![call("same", &["x"], &["y"], vec![])], vec![same]).unwrap();
    assert_eq!(run(&graph(&model), [1.0, 2.0, 3.0]), [1.0, 2.0, 3.0]);
}

#[test]
fn names_of_the_main_graph_stay_and_clashing_ones_are_numbered() {
    let double = |name: &str| {
        let nodes = vec![
            node("Add", &["a", "a"], &["h"], vec![]),
            node("Neg", &["h"], &["r"], vec![]),
        ];
        function(name, &["a"], &["r"], nodes)
    };
    let mut nodes = vec![
        node("Exp", &["x"], &["call_y/h"], vec![]),
        call("double", &["call_y/h"], &["y"], vec![]),
    ];
    nodes[1].overload = Some("second".to_owned());
    let mut overloaded = double("double");
    overloaded.overload = Some("second".to_owned());
    let wrong = function(
        "double",
        &["a"],
        &["r"],
        vec![node("Abs", &["a"], &["r"], vec![])],
    );
    let model = model(nodes, vec![wrong, overloaded]).unwrap();
    assert_eq!(model.tensor_names(), ["x", "call_y/h", "call_y/h~1", "y"]);
    assert_eq!(run(&graph(&model), [0.0, 0.0, 0.0]), [-2.0; 3]);
}

#[test]
fn functions_that_call_themselves_or_multiply_without_end_are_refused() {
    let loops = function("f", &["a"], &["r"], vec![call("g", &["a"], &["r"], vec![])]);
    let back = function("g", &["a"], &["r"], vec![call("f", &["a"], &["r"], vec![])]);
    let calls = |name: &str| vec![call(name, &["x"], &["y"], vec![])];
    let error = model(calls("f"), vec![loops, back])
        .unwrap_err()
        .to_string();
    assert!(error.contains("calls itself"), "{error}");

    // Each calls the next twice: 2^40 nodes from forty functions.
    let doubling = (0..40).map(|level| {
        let next = format!("f{}", level + 1);
        let nodes = vec![
            call(&next, &["a"], &["h"], vec![]),
            call(&next, &["h"], &["r"], vec![]),
        ];
        function(&format!("f{level}"), &["a"], &["r"], nodes)
    });
    let last = function(
        "f40",
        &["a"],
        &["r"],
        vec![node("Exp", &["a"], &["r"], vec![])],
    );
    let functions = doubling.chain([last]).collect();
    let error = model(calls("f0"), functions).unwrap_err().to_string();
    assert!(error.contains("more than"), "{error}");

    let deep = (0..1000).map(|level| {
        let next = call(&format!("f{}", level + 1), &["a"], &["r"], vec![]);
        function(&format!("f{level}"), &["a"], &["r"], vec![next])
    });
    let error = model(calls("f0"), deep.collect()).unwrap_err().to_string();
    assert!(error.contains("deep"), "{error}");
}

#[test]
fn a_function_sees_nothing_of_the_graph_around_it() {
    let reads = function(
        "f",
        &["a"],
        &["r"],
        vec![node("Add", &["a", "x"], &["r"], vec![])],
    );
    let error = model(vec![call("f", &["x"], &["y"], vec![])], vec![reads]).unwrap_err();
    assert!(
        error.to_string().contains("\"x\", which nothing"),
        "{error}"
    );
}

fn refused(model: &Model) -> Vec<UnsupportedNode> {
    let options = LoadOptions {
        batch: 1,
        ..LoadOptions::default()
    };
    match model.graph(&options) {
        Err(OnnxError::Unsupported { nodes, .. }) => nodes,
        other => panic!("not refused by nodes: {other:?}"),
    }
}

/// `y = If(condition)` with these branches.
fn choice(condition: NodeProto, then: Vec<NodeProto>, other: Vec<NodeProto>) -> Model {
    let branches = vec![
        graph_of("then_branch", then, "out"),
        graph_of("else_branch", other, "out"),
    ];
    let nodes = vec![
        condition,
        node("Exp", &["x"], &["h"], vec![]),
        node("If", &["condition"], &["y"], branches),
    ];
    model(nodes, vec![]).unwrap()
}

fn truth(value_is: bool) -> NodeProto {
    let truth = Tensor::scalar(DType::Bool, f64::from(u8::from(value_is)));
    node(
        "Constant",
        &[],
        &["condition"],
        vec![value("value", &truth)],
    )
}

#[test]
fn the_branch_of_a_constant_condition_is_taken_with_the_names_around_it() {
    let then = || vec![node("Neg", &["h"], &["out"], vec![])];
    // Shadows a name of the graph around it.
    let other = || {
        vec![
            node("Abs", &["x"], &["h"], vec![]),
            node("Add", &["h", "h"], &["out"], vec![]),
        ]
    };
    let x = [0.0, 0.0, -3.0];
    let taken = run(&graph(&choice(truth(true), then(), other())), x);
    assert_eq!(taken[..2], [-1.0, -1.0]);
    let other_taken = choice(truth(false), then(), other());
    assert_eq!(run(&graph(&other_taken), x), [0.0, 0.0, 6.0]);
    let names = other_taken.tensor_names();
    assert!(names.contains(&"y/else_branch/h"), "{names:?}");
    let tap = |name: &str| LoadOptions {
        batch: 1,
        outputs: Some(vec![name.to_owned()]),
        ..LoadOptions::default()
    };
    let inside = other_taken.graph(&tap("y/else_branch/h")).unwrap();
    assert_eq!(run(&inside, x), [0.0, 0.0, 3.0]);
    // The first branch has taken the short name.
    let error = other_taken.graph(&tap("out")).unwrap_err();
    assert!(error.to_string().contains("not taken"), "{error}");
}

#[test]
fn a_branch_that_is_not_taken_may_make_no_sense() {
    let then = vec![node("Neg", &["h"], &["out"], vec![])];
    let nonsense = vec![node("TopK", &["x"], &["out"], vec![int("k", 9)])];
    assert_eq!(graph(&choice(truth(true), then, nonsense)).nodes().len(), 3);
}

#[test]
fn a_condition_on_the_shape_is_constant_and_branches_nest() {
    let rank_is_two = [
        node("Shape", &["x"], &["shape"], vec![]),
        node("Size", &["shape"], &["rank"], vec![]),
        node("Constant", &[], &["two"], vec![int("value_int", 2)]),
        node("Equal", &["rank", "two"], &["condition"], vec![]),
    ];
    let inner = vec![
        graph_of(
            "then_branch",
            vec![node("Neg", &["h"], &["out"], vec![])],
            "out",
        ),
        graph_of(
            "else_branch",
            vec![node("Abs", &["h"], &["out"], vec![])],
            "out",
        ),
    ];
    let then = vec![
        node("Not", &["condition"], &["other"], vec![]),
        node("If", &["other"], &["out"], inner),
    ];
    let branches = vec![
        graph_of("then_branch", then, "out"),
        graph_of("else_branch", vec![], "x"),
    ];
    let mut nodes = rank_is_two.to_vec();
    nodes.push(node("Sin", &["x"], &["h"], vec![]));
    nodes.push(node("If", &["condition"], &["y"], branches));
    let model = model(nodes, vec![]).unwrap();
    let y = run(&graph(&model), [1.0, -1.0, 0.0]);
    assert!((y[1] - 1f64.sin()).abs() < 1e-6, "{y:?}");
}

#[test]
fn weights_of_branches_are_weights() {
    let mut branches = vec![
        graph_of(
            "then_branch",
            vec![node("Mul", &["x", "w"], &["out"], vec![])],
            "out",
        ),
        graph_of(
            "else_branch",
            vec![node("Mul", &["x", "w"], &["out"], vec![])],
            "out",
        ),
    ];
    for (branch, weight) in branches.iter_mut().zip([2.0, 3.0]) {
        let tensor = Tensor::filled(DType::F32, [3], weight);
        let proto = super::super::tensor::encode("w", &tensor);
        branch.g.as_mut().unwrap().initializer.push(proto);
    }
    let nodes = vec![truth(false), node("If", &["condition"], &["y"], branches)];
    let model = model(nodes, vec![]).unwrap();
    assert_eq!(run(&graph(&model), [1.0, 2.0, 0.0]), [3.0, 6.0, 0.0]);
    assert_eq!(model.parameters(), 6);
}

#[test]
fn a_condition_that_depends_on_the_input_is_refused_by_name() {
    let condition = node("Cast", &["x"], &["condition"], vec![int("to", 9)]);
    let model = choice(
        condition,
        vec![node("Neg", &["h"], &["out"], vec![])],
        vec![node("Abs", &["h"], &["out"], vec![])],
    );
    let nodes = refused(&model);
    assert_eq!((nodes[0].op.as_str(), nodes[0].node.as_str()), ("If", "y"));
    assert!(nodes[0].reason.contains("depends on the input"));
    assert!(nodes[0].remedy.contains("export"));
}

#[test]
fn a_cycle_in_a_branch_is_an_error() {
    let looping = vec![
        node("Neg", &["b"], &["a"], vec![]),
        node("Neg", &["a"], &["b"], vec![]),
    ];
    let branches = vec![graph_of("then_branch", looping, "a")];
    let nodes = vec![truth(true), node("If", &["condition"], &["y"], branches)];
    let error = model(nodes, vec![]).unwrap_err().to_string();
    assert!(error.contains("its own output"), "{error}");
}

#[test]
fn a_branch_inside_a_function_reads_the_functions_names_and_attributes() {
    let then = vec![node(
        "LeakyRelu",
        &["h"],
        &["out"],
        vec![refer("alpha", "slope")],
    )];
    let other = vec![node("Abs", &["h"], &["out"], vec![])];
    let branches = vec![
        graph_of("then_branch", then, "out"),
        graph_of("else_branch", other, "out"),
    ];
    let f = function(
        "f",
        &["a", "c"],
        &["r"],
        vec![
            node("Neg", &["a"], &["h"], vec![]),
            node("If", &["c"], &["r"], branches),
        ],
    );
    let nodes = vec![
        truth(true),
        call("f", &["x", "condition"], &["y"], vec![float("slope", 0.5)]),
    ];
    let model = model(nodes, vec![f]).unwrap();
    assert_eq!(run(&graph(&model), [2.0, -2.0, 0.0]), [-1.0, 2.0, 0.0]);
}
