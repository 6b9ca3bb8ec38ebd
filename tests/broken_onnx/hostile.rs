//! Models that are well-formed as protobuf and made to do harm.

use invset::autodiff;
use invset::graph::Graph;
use invset::onnx::{LoadOptions, Model, OnnxError};
use proptest::prelude::*;

use super::memory::most_bytes;
use super::protobuf::{
    Attribute, FLOAT, GraphParts, INT64, Message, attribute, function, graph, model, node, tensor,
    value_info,
};
use super::{FILE, network, read};

/// The most that a file of a few kilobytes may make the reader hold.
const MOST_BYTES: usize = 64 << 20;

/// What an attribute or a shape must never be.
const HUGE: i64 = 1 << 62;
const FORTY: i64 = 1 << 40;

fn names(text: &str) -> Vec<String> {
    let name = |name: &str| {
        if name == "-" {
            String::new()
        } else {
            name.to_owned()
        }
    };
    text.split_whitespace().map(name).collect()
}

fn ints(name: &str, values: &[i64]) -> Message {
    let raw: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
    tensor(name, INT64, &[values.len() as i64], &raw)
}

fn floats(name: &str, dims: &[i64]) -> Message {
    let count: i64 = dims.iter().product();
    let raw: Vec<u8> = (0..count).flat_map(|_| 0.5f32.to_le_bytes()).collect();
    tensor(name, FLOAT, dims, &raw)
}

/// `y` made from `x` by one node.
struct OneNode {
    op: &'static str,
    inputs: &'static str,
    shape: Vec<i64>,
    attributes: Vec<Message>,
    weights: Vec<Message>,
    opset: i64,
}

impl OneNode {
    fn new(op: &'static str, inputs: &'static str, shape: &[i64]) -> Self {
        OneNode {
            op,
            inputs,
            shape: shape.to_vec(),
            attributes: Vec::new(),
            weights: Vec::new(),
            opset: 18,
        }
    }

    fn ints(mut self, name: &str, values: &[i64]) -> Self {
        let value = Attribute::Ints(values.to_vec());
        self.attributes.push(attribute(name, value));
        self
    }

    fn int(mut self, name: &str, value: i64) -> Self {
        self.attributes.push(attribute(name, Attribute::Int(value)));
        self
    }

    fn weight(mut self, weight: Message) -> Self {
        self.weights.push(weight);
        self
    }

    fn opset(mut self, opset: i64) -> Self {
        self.opset = opset;
        self
    }

    fn bytes(self) -> Vec<u8> {
        let outputs = names("y");
        let node = node(self.op, "", &names(self.inputs), &outputs, self.attributes);
        let body = graph(GraphParts {
            nodes: vec![node],
            initializers: self.weights,
            inputs: vec![value_info("x", FLOAT, &self.shape)],
            outputs: vec![value_info("y", FLOAT, &[])],
        });
        model(self.opset, body, Vec::new()).into_bytes()
    }
}

const IMAGE: [i64; 4] = [1, 2, 4, 4];

fn one(op: &'static str, inputs: &'static str) -> OneNode {
    OneNode::new(op, inputs, &IMAGE)
}

fn conv() -> OneNode {
    one("Conv", "x w").weight(floats("w", &[3, 2, 3, 3]))
}

/// Nodes that no reader may accept.
fn senseless_nodes() -> Vec<(&'static str, OneNode)> {
    let scalar = |name: &str, value: i64| tensor(name, INT64, &[], &value.to_le_bytes());
    let number = |name: &str, value: f64| tensor(name, 11, &[], &value.to_le_bytes());
    vec![
        (
            "kernel of another size",
            conv().ints("kernel_shape", &[5, 5]),
        ),
        ("huge pads", conv().ints("pads", &[HUGE; 4])),
        ("negative pads", conv().ints("pads", &[-1; 4])),
        ("huge dilations", conv().ints("dilations", &[HUGE; 2])),
        ("strides of zero", conv().ints("strides", &[0, 0])),
        ("too few strides", conv().ints("strides", &[1])),
        ("no groups", conv().int("group", 0)),
        ("groups that do not divide", conv().int("group", 7)),
        ("huge group", conv().int("group", i64::MIN)),
        (
            "weights of rank 2",
            one("Conv", "x w").weight(floats("w", &[3, 2])),
        ),
        (
            "weights of integers",
            one("Conv", "x w").weight(ints("w", &[1, 2])),
        ),
        ("no weights", one("Conv", "x")),
        ("weights that dangle", one("Conv", "x nowhere")),
        (
            "transposed to a huge shape",
            one("ConvTranspose", "x w")
                .weight(floats("w", &[2, 1, 3, 3]))
                .ints("output_shape", &[FORTY, FORTY]),
        ),
        (
            "huge output padding",
            one("ConvTranspose", "x w")
                .weight(floats("w", &[2, 1, 3, 3]))
                .ints("output_padding", &[HUGE, 0]),
        ),
        (
            "huge pool",
            one("MaxPool", "x").ints("kernel_shape", &[HUGE, 1]),
        ),
        (
            "pool of nothing",
            one("AveragePool", "x").ints("kernel_shape", &[0, 0]),
        ),
        (
            "pool with huge pads",
            one("MaxPool", "x")
                .ints("kernel_shape", &[2, 2])
                .ints("pads", &[FORTY; 4]),
        ),
        ("huge axis", one("Softmax", "x").int("axis", HUGE)),
        ("smallest axis", one("Softmax", "x").int("axis", i64::MIN)),
        ("axis past the rank", one("Flatten", "x").int("axis", 5)),
        (
            "axis twice",
            one("Transpose", "x").ints("perm", &[0, 1, 1, 2]),
        ),
        (
            "huge permutation",
            one("Transpose", "x").ints("perm", &[0, HUGE, 1, 2]),
        ),
        (
            "huge repeats",
            one("Tile", "x r").weight(ints("r", &[1, 1, 1, HUGE])),
        ),
        (
            "many repeats",
            one("Tile", "x r").weight(ints("r", &[FORTY, FORTY, 1, 1])),
        ),
        (
            "negative repeats",
            one("Tile", "x r").weight(ints("r", &[-1, 1, 1, 1])),
        ),
        (
            "expansion",
            one("Expand", "x s").weight(ints("s", &[FORTY, 2, 4, 4])),
        ),
        (
            "negative expansion",
            one("Expand", "x s").weight(ints("s", &[-5, 2, 4, 4])),
        ),
        (
            "huge constant",
            one("ConstantOfShape", "s").weight(ints("s", &[FORTY])),
        ),
        (
            "hugest constant",
            one("ConstantOfShape", "s").weight(ints("s", &[HUGE, HUGE])),
        ),
        (
            "reshape to more",
            one("Reshape", "x s").weight(ints("s", &[HUGE, 4])),
        ),
        (
            "reshape to zero and open",
            one("Reshape", "x s").weight(ints("s", &[0, -1, -1])),
        ),
        (
            "huge padding",
            one("Pad", "x p").weight(ints("p", &[HUGE; 8])),
        ),
        (
            "padding to 2^40",
            one("Pad", "x p").weight(ints("p", &[0, 0, 0, 0, 0, 0, 0, FORTY])),
        ),
        (
            "cropped below nothing",
            one("Pad", "x p").weight(ints("p", &[0, 0, -9, 0, 0, 0, 0, 0])),
        ),
        (
            "slice without a step",
            one("Slice", "x s e a t")
                .weight(ints("s", &[0]))
                .weight(ints("e", &[2]))
                .weight(ints("a", &[1]))
                .weight(ints("t", &[0])),
        ),
        (
            "pieces that do not fit",
            one("Split", "x s")
                .weight(ints("s", &[HUGE, HUGE]))
                .int("axis", 1),
        ),
        (
            "negative pieces",
            one("Split", "x s").weight(ints("s", &[-1])).int("axis", 1),
        ),
        (
            "huge block",
            one("DepthToSpace", "x").int("blocksize", HUGE),
        ),
        (
            "block of 2^32",
            one("SpaceToDepth", "x").int("blocksize", 1 << 32),
        ),
        (
            "block of zero",
            one("SpaceToDepth", "x").int("blocksize", 0),
        ),
        (
            "resize to 2^40",
            one("Resize", "x - - s").weight(ints("s", &[1, 2, FORTY, 4])),
        ),
        (
            "resize to less than nothing",
            one("Resize", "x - - s").weight(ints("s", &[1, 2, -4, 4])),
        ),
        (
            "groups without channels",
            one("GroupNormalization", "x s s")
                .weight(floats("s", &[1]))
                .int("num_groups", FORTY),
        ),
        (
            "scale of rank 2",
            one("InstanceNormalization", "x s s").weight(floats("s", &[2, 1])),
        ),
        ("window of no channels", one("LRN", "x").int("size", -3)),
        (
            "2^50 steps",
            one("Range", "a b c")
                .weight(scalar("a", 0))
                .weight(scalar("b", 1 << 50))
                .weight(scalar("c", 1)),
        ),
        (
            "steps of nothing",
            one("Range", "a b c")
                .weight(scalar("a", 0))
                .weight(scalar("b", 9))
                .weight(scalar("c", 0)),
        ),
        (
            "steps of no number",
            one("Range", "a b c")
                .weight(number("a", 0.0))
                .weight(number("b", f64::NAN))
                .weight(number("c", 1.0)),
        ),
        (
            "index of a float",
            one("Gather", "x i").weight(floats("i", &[1])),
        ),
        (
            "index past the end",
            OneNode::new("Gather", "w i", &IMAGE)
                .weight(floats("w", &[2]))
                .weight(ints("i", &[FORTY])),
        ),
        ("cast to nothing", one("Cast", "x").int("to", 99)),
        ("opset of the future", one("Relu", "x").opset(1 << 40)),
        ("opset before the first", one("Relu", "x").opset(-1)),
        ("unknown attribute", one("Relu", "x").int("slope", 3)),
        (
            "too many inputs' types",
            one("Add", "x i").weight(ints("i", &[1])),
        ),
        (
            "shapes that do not broadcast",
            one("Add", "x w").weight(floats("w", &[3])),
        ),
        (
            "matrices that do not multiply",
            one("MatMul", "x w").weight(floats("w", &[5, 2])),
        ),
        ("input of 2^40", OneNode::new("Relu", "x", &[1, FORTY])),
        (
            "input of 2^62 squared",
            OneNode::new("Relu", "x", &[1, HUGE, HUGE]),
        ),
        (
            "input of less than nothing",
            OneNode::new("Relu", "x", &[1, -7]),
        ),
        (
            "weight of 2^40",
            one("Add", "x w").weight(tensor("w", FLOAT, &[FORTY], &[0; 16])),
        ),
        (
            "weight of 2^62 squared",
            one("Add", "x w").weight(tensor("w", FLOAT, &[HUGE, HUGE], &[])),
        ),
        (
            "weight of less than nothing",
            one("Add", "x w").weight(tensor("w", FLOAT, &[-1], &[0; 4])),
        ),
        (
            "weight of no type",
            one("Add", "x w").weight(tensor("w", 0, &[1], &[0; 4])),
        ),
        (
            "weight cut short",
            one("Add", "x w").weight(tensor("w", FLOAT, &[2], &[0; 7])),
        ),
    ]
}

#[test]
fn senseless_nodes_are_errors_that_take_no_memory() {
    let mut accepted = Vec::new();
    for (what, file) in senseless_nodes() {
        let bytes = file.bytes();
        let (result, most) = most_bytes(|| read(bytes));
        match result {
            Ok(graph) => accepted.push(format!("{what}: {graph}")),
            Err(error) => assert!(error.to_string().contains(FILE), "{what}: {error}"),
        }
        assert!(most < MOST_BYTES, "{what}: {most} bytes");
    }
    assert!(accepted.is_empty(), "accepted:\n{}", accepted.join("\n"));
}

/// A model of these nodes from `x`, `[1, 2]`; the last output is the model's.
fn of_nodes(nodes: Vec<Message>, output: &str, functions: Vec<Message>) -> Vec<u8> {
    let body = graph(GraphParts {
        nodes,
        inputs: vec![value_info("x", FLOAT, &[1, 2])],
        outputs: vec![value_info(output, FLOAT, &[])],
        ..GraphParts::default()
    });
    model(18, body, functions).into_bytes()
}

fn plain(op: &str, inputs: &str, outputs: &str) -> Message {
    node(op, "", &names(inputs), &names(outputs), Vec::new())
}

#[test]
fn graphs_that_are_no_graphs_are_errors() {
    let cases = [
        ("a node of itself", vec![plain("Add", "x y", "y")], "y"),
        (
            "a cycle of three",
            vec![
                plain("Add", "x c", "a"),
                plain("Neg", "a", "b"),
                plain("Neg", "b", "c"),
            ],
            "c",
        ),
        ("an output of nothing", vec![plain("Neg", "x", "a")], "y"),
        (
            "one name twice",
            vec![plain("Neg", "x", "y"), plain("Abs", "x", "y")],
            "y",
        ),
        ("the input's name again", vec![plain("Neg", "x", "x")], "x"),
        (
            "an unknown operator",
            vec![plain("Nonsense", "x", "y")],
            "y",
        ),
        ("no operator", vec![plain("", "x", "y")], "y"),
    ];
    for (what, nodes, output) in cases {
        let error = match read(of_nodes(nodes, output, Vec::new())) {
            Ok(graph) => panic!("{what}: accepted as\n{graph}"),
            Err(error) => error.to_string(),
        };
        assert!(error.contains(FILE), "{what}: {error}");
    }
}

#[test]
fn a_chain_of_many_nodes_is_read_and_differentiated_without_recursion() {
    let links = 5000;
    let nodes = (0..links)
        .map(|link| plain("Relu", &format!("v{link}"), &format!("v{}", link + 1)))
        .chain([plain("Neg", "x", "v0")])
        .rev()
        .collect();
    let graph = read(of_nodes(nodes, &format!("v{links}"), Vec::new())).unwrap();
    assert_eq!(graph.nodes().len(), links + 1);
    let mut extended = graph.clone();
    let (of, wrt) = (graph.outputs()[0], graph.inputs()[0]);
    autodiff::vector_jacobian_product(&mut extended, &[of], wrt).unwrap();
}

#[test]
fn subgraphs_within_subgraphs_are_errors_however_deep() {
    for depth in [3, 40, 200, 3000] {
        let mut body = graph(GraphParts {
            nodes: vec![plain("Relu", "x", "z")],
            outputs: vec![value_info("z", FLOAT, &[])],
            ..GraphParts::default()
        });
        for level in 0..depth {
            let output = format!("z{level}");
            let branches = vec![
                attribute("then_branch", Attribute::Graph(body.clone())),
                attribute("else_branch", Attribute::Graph(Message::new())),
            ];
            body = graph(GraphParts {
                nodes: vec![node(
                    "If",
                    "",
                    &names("x"),
                    std::slice::from_ref(&output),
                    branches,
                )],
                outputs: vec![value_info(&output, FLOAT, &[])],
                ..GraphParts::default()
            });
        }
        let branches = vec![
            attribute("then_branch", Attribute::Graph(body)),
            attribute("else_branch", Attribute::Graph(Message::new())),
        ];
        // The condition is no truth value, so that no level may be taken.
        let outermost = node("If", "", &names("x"), &names("y"), branches);
        let error = read(of_nodes(vec![outermost], "y", Vec::new())).unwrap_err();
        assert!(error.to_string().contains(FILE), "{depth}: {error}");
    }
}

/// `NAME(a) = b` from the domain `local`.
fn local_function(name: &str, nodes: Vec<Message>) -> Message {
    function("local", name, &names("a"), &names("b"), nodes, 18)
}

fn call(name: &str, inputs: &str, outputs: &str) -> Message {
    node(name, "local", &names(inputs), &names(outputs), Vec::new())
}

#[test]
fn functions_that_call_themselves_are_errors() {
    let itself = vec![local_function("f", vec![call("f", "a", "b")])];
    let each_other = vec![
        local_function("f", vec![call("g", "a", "b")]),
        local_function("g", vec![call("f", "a", "b")]),
    ];
    for functions in [itself, each_other] {
        let bytes = of_nodes(vec![call("f", "x", "y")], "y", functions);
        let error = read(bytes).unwrap_err().to_string();
        assert!(error.contains(FILE), "{error}");
    }
}

#[test]
fn functions_that_double_at_every_level_take_no_memory() {
    // Written out, forty levels of two calls are 2^40 nodes.
    let mut functions = vec![local_function("f0", vec![plain("Neg", "a", "b")])];
    for level in 1..40 {
        let inner = format!("f{}", level - 1);
        let nodes = vec![call(&inner, "a", "c"), call(&inner, "c", "b")];
        functions.push(local_function(&format!("f{level}"), nodes));
    }
    let bytes = of_nodes(vec![call("f39", "x", "y")], "y", functions);
    let (result, most) = most_bytes(|| read(bytes));
    assert!(result.is_err());
    assert!(most < MOST_BYTES, "{most} bytes");
}

#[test]
fn external_data_stays_inside_the_folder_and_the_file() {
    let outer = tempfile::tempdir().unwrap();
    let folder = outer.path().join("model");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(outer.path().join("x"), [0; 64]).unwrap();
    std::fs::write(folder.join("weights"), [0; 64]).unwrap();
    std::os::unix::fs::symlink(outer.path().join("x"), folder.join("link")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", folder.join("endless")).unwrap();
    let absolute = outer.path().join("x");
    let absolute = absolute.to_str().unwrap();
    let open = |entries: &[(&str, &str)], dims: &[i64]| {
        let weight = entries.iter().fold(
            Message::new()
                .ints(1, dims)
                .int(2, FLOAT)
                .text(8, "w")
                .int(14, 1),
            |weight, (key, value)| weight.message(13, Message::new().text(1, key).text(2, value)),
        );
        let path = folder.join("m.onnx");
        std::fs::write(&path, one("Add", "x w").weight(weight).bytes()).unwrap();
        most_bytes(|| Model::open(&path))
    };
    let inside = [("location", "weights"), ("offset", "16")];
    assert!(open(&inside, &[4]).0.is_ok());
    let cases: &[(&[(&str, &str)], i64)] = &[
        (&[("location", "../../x")], 4),
        (&[("location", "../x")], 4),
        (&[("location", absolute)], 4),
        (&[("location", "link")], 4),
        (&[("location", "endless")], 4),
        (&[("location", ".")], 4),
        (&[("location", "nowhere")], 4),
        (&[("location", "weights\0")], 4),
        (&[], 4),
        (&[("location", "weights"), ("offset", "52")], 4),
        (&[("location", "weights"), ("offset", "-1")], 4),
        (
            &[("location", "weights"), ("offset", "18446744073709551615")],
            4,
        ),
        (&[("location", "weights"), ("length", "999")], 4),
        (
            &[("location", "weights"), ("length", "18446744073709551615")],
            4,
        ),
        (&[("location", "weights")], FORTY),
    ];
    for (entries, length) in cases {
        let (result, most) = open(entries, &[*length]);
        let error = result.expect_err("it must be refused").to_string();
        assert!(error.contains("m.onnx"), "{entries:?}: {error}");
        assert!(most < MOST_BYTES, "{entries:?}: {most} bytes");
    }
}

/// Shapes that a machine could hold, so they are read; but nothing of their size may be written into
/// the graph or its derivative.
#[test]
fn large_shapes_are_read_and_differentiated_without_their_elements() {
    let side = 1 << 13;
    let large = [1, 8, side, side];
    let axes = ints("a", &[2, 3]);
    let cases = [
        OneNode::new("Relu", "x", &large),
        OneNode::new("Clip", "x", &large),
        OneNode::new("GlobalAveragePool", "x", &large),
        OneNode::new("GlobalMaxPool", "x", &large),
        OneNode::new("MaxPool", "x", &large).ints("kernel_shape", &[3, 3]),
        OneNode::new("MaxPool", "x", &large)
            .ints("kernel_shape", &[2, 2])
            .ints("strides", &[2, 2]),
        OneNode::new("AveragePool", "x", &large).ints("kernel_shape", &[3, 3]),
        OneNode::new("Softmax", "x", &large).int("axis", 1),
        OneNode::new("ReduceMax", "x a", &large).weight(axes.clone()),
        OneNode::new("ReduceMean", "x a", &large).weight(axes),
        OneNode::new("Transpose", "x", &large),
        OneNode::new("LRN", "x", &large).int("size", 3),
        OneNode::new("DepthToSpace", "x", &large).int("blocksize", 2),
        OneNode::new("Conv", "x w", &large).weight(floats("w", &[4, 8, 3, 3])),
        OneNode::new("Expand", "x s", &[1, 1, 1, 1]).weight(ints("s", &large)),
        OneNode::new("Tile", "x s", &[1, 1, 1, 1]).weight(ints("s", &large)),
        OneNode::new("Pad", "x s", &[1, 1, 2, 2])
            .weight(ints("s", &[0, 0, side, side, 0, 0, side, side])),
    ];
    for case in cases {
        let op = case.op;
        let bytes = case.bytes();
        let (_, most) = most_bytes(|| {
            let graph = read(bytes).expect(op);
            let (of, wrt) = (graph.outputs()[0], graph.inputs()[0]);
            let mut extended = graph.clone();
            autodiff::vector_jacobian_product(&mut extended, &[of], wrt).expect(op);
        });
        assert!(most < MOST_BYTES, "{op}: {most} bytes");
    }
}

#[test]
fn groups_of_many_channels_are_read_without_a_constant_for_each() {
    let channels = 1 << 34;
    let case = OneNode::new("GroupNormalization", "x s s", &[1, channels, 1])
        .weight(floats("s", &[1]))
        .int("num_groups", channels)
        .opset(21);
    let (_, most) = most_bytes(|| read(case.bytes()));
    assert!(most < MOST_BYTES, "{most} bytes");
}

#[test]
fn resamplings_of_long_axes_are_refused_before_their_matrices_fill_the_memory() {
    let links = 10;
    let link = |link: i64| {
        let name = format!("s{link}");
        let inputs = names(&format!("v{link} - - {name}"));
        let outputs = names(&format!("v{}", link + 1));
        let mode = attribute("mode", Attribute::Text("linear".to_owned()));
        let resize = node("Resize", "", &inputs, &outputs, vec![mode]);
        (resize, ints(&name, &[1, 1, 1990 + link]))
    };
    let (nodes, initializers) = (0..links).map(link).unzip();
    let body = graph(GraphParts {
        nodes,
        initializers,
        inputs: vec![value_info("v0", FLOAT, &[1, 1, 1989])],
        outputs: vec![value_info(&format!("v{links}"), FLOAT, &[])],
    });
    let graph = read(model(18, body, Vec::new()).into_bytes()).unwrap();
    let (of, wrt) = (graph.outputs()[0], graph.inputs()[0]);
    let (result, most) =
        most_bytes(|| autodiff::vector_jacobian_product(&mut graph.clone(), &[of], wrt));
    let refusal = result.unwrap_err().to_string();
    assert!(refusal.contains("smaller input"), "{refusal}");
    assert!(most < 512 << 20, "{most} bytes");
}

/// Found by fuzzing: a window of thousands of taps on a handful of elements.
#[test]
fn windows_of_many_taps_are_differentiated_quickly_or_refused() {
    for (kernel, strides) in [
        ([64, 107], [2, 2]),
        ([2000, 2000], [2, 2]),
        ([1 << 20, 1 << 20], [1, 1]),
        ([3, 3], [1 << 20, 1 << 20]),
    ] {
        let same = attribute("auto_pad", Attribute::Text("SAME_UPPER".to_owned()));
        let mut case = OneNode::new("MaxPool", "x", &[1, 1, 5, 5])
            .ints("kernel_shape", &kernel)
            .ints("strides", &strides);
        case.attributes.push(same);
        let graph = read(case.bytes()).unwrap();
        let (of, wrt) = (graph.outputs()[0], graph.inputs()[0]);
        let (result, most) =
            most_bytes(|| autodiff::vector_jacobian_product(&mut graph.clone(), &[of], wrt));
        assert_eq!(
            result.is_ok(),
            kernel[0].max(strides[0]) <= 2000,
            "{kernel:?}"
        );
        assert!(most < MOST_BYTES, "{kernel:?}: {most} bytes");
    }
}

/// Constants that would be cheap to hold and dear to compute stay operators.
#[test]
fn constants_that_are_dear_to_fold_are_left_to_the_runtime() {
    // 64 x 64 windows of 449 x 449 taps.
    let convolution = OneNode::new("Conv", "v w", &[1, 2])
        .weight(floats("v", &[1, 1, 512, 512]))
        .weight(floats("w", &[1, 1, 449, 449]));
    assert_eq!(read(convolution.bytes()).unwrap().nodes().len(), 1);
    // Each of these may be folded, but not all together.
    let links = 200;
    let nodes = (0..links)
        .map(|link| plain("MatMul", "v w", &format!("y{link}")))
        .collect();
    let body = graph(GraphParts {
        nodes,
        initializers: vec![floats("v", &[16, 8192]), floats("w", &[8192, 16])],
        inputs: vec![value_info("x", FLOAT, &[1, 2])],
        outputs: (0..links)
            .map(|link| value_info(&format!("y{link}"), FLOAT, &[]))
            .collect(),
    });
    let left = read(model(18, body, Vec::new()).into_bytes())
        .unwrap()
        .nodes()
        .len();
    assert!((1..links).contains(&left), "{left}");
}

fn exercised(bytes: Vec<u8>) -> Result<Graph, OnnxError> {
    let model = Model::from_bytes(bytes, FILE)?;
    let options = LoadOptions {
        batch: 1,
        ..LoadOptions::default()
    };
    let _ = model.survey(&options);
    model.graph(&options)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn flipped_bits_take_no_memory(
        flips in prop::collection::vec((any::<prop::sample::Index>(), 0u8..8), 1..6)
    ) {
        let mut bytes = network();
        for (at, bit) in flips {
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
        }
        let (result, most) = most_bytes(|| exercised(bytes));
        prop_assert!(most < MOST_BYTES, "{most} bytes, {result:?}");
    }
}
