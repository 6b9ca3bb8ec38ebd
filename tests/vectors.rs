//! Gradients that other projects publish in their own tests, re-typed under `tests/vectors/` with
//! their sources, and reproduced digit for digit.
//!
//! A file holds `cases`: named `inputs` (values, or counting up from `from`), `nodes` whose last one
//! makes the output, a `cotangent` (ones where none is given), and what the source's test states:
//! the `output`, and `gradients` by input, to so many decimal `digits`. A `slack` is stated, and
//! explained in the file, where the source's own numbers are less exact than their digits.
#![allow(clippy::unwrap_used, clippy::panic)]

mod derivatives;

use std::collections::HashMap;

use derivatives::{max_pool_lowerings, tensor};
use invset::autodiff::vector_jacobian_product_with;
use invset::graph::op::*;
use invset::graph::{Graph, Tensor, ValueId, interpret};
use serde_json::Value;

fn numbers(value: &Value) -> Vec<f64> {
    let items = value.as_array().unwrap_or_else(|| panic!("{value}"));
    items.iter().map(|item| item.as_f64().unwrap()).collect()
}

fn lengths(value: &Value) -> Vec<usize> {
    numbers(value).into_iter().map(|n| n as usize).collect()
}

/// The values given, or a count that starts at `from`.
fn input(description: &Value) -> Tensor {
    let shape = lengths(&description["shape"]);
    let values = match &description["values"] {
        Value::Null => {
            let first = description["from"].as_f64().unwrap_or(0.0);
            let count: usize = shape.iter().product();
            (0..count).map(|n| first + n as f64).collect()
        }
        values => numbers(values),
    };
    tensor(&shape, &values)
}

/// `pads` is all that is added before, then all that is added after.
fn pads(node: &Value) -> (Vec<usize>, Vec<usize>) {
    let mut before = lengths(&node["pads"]);
    let after = before.split_off(before.len() / 2);
    (before, after)
}

fn convolution(node: &Value) -> Convolution {
    let (pads_before, pads_after) = pads(node);
    Convolution {
        strides: lengths(&node["strides"]),
        dilations: lengths(&node["dilations"]),
        pads_before,
        pads_after,
        group: node["group"].as_u64().unwrap() as usize,
    }
}

fn pool(node: &Value) -> Pool {
    let (pads_before, pads_after) = pads(node);
    Pool {
        kernel: lengths(&node["kernel"]),
        strides: lengths(&node["strides"]),
        dilations: lengths(&node["dilations"]),
        pads_before,
        pads_after,
        ceil_mode: node["ceil_mode"].as_bool().unwrap(),
    }
}

fn resize(node: &Value, shape: &[usize]) -> Resize {
    let sizes = lengths(&node["sizes"]);
    let ratios = sizes
        .iter()
        .zip(shape)
        .map(|(&to, &from)| to as f64 / from as f64);
    Resize {
        mode: match node["mode"].as_str().unwrap() {
            "nearest" => ResizeMode::Nearest(NearestRounding::Floor),
            "linear" => ResizeMode::Linear,
            other => panic!("{other}"),
        },
        coordinates: match node["coordinates"].as_str().unwrap() {
            "half_pixel" => Coordinates::HalfPixel,
            "align_corners" => Coordinates::AlignCorners,
            "asymmetric" => Coordinates::Asymmetric,
            other => panic!("{other}"),
        },
        scales: match &node["scales"] {
            Value::Null => ratios.collect(),
            scales => numbers(scales),
        },
        sizes,
        cubic_coefficient: -0.75,
        exclude_outside: false,
        antialias: false,
    }
}

fn ranges(node: &Value) -> Vec<SliceRange> {
    let ranges = node["ranges"].as_array().unwrap().iter();
    ranges
        .map(|range| match numbers(range)[..] {
            [axis, start, end, step] => SliceRange {
                axis: axis as usize,
                start: start as i64,
                end: end as i64,
                step: step as i64,
            },
            _ => panic!("{range}"),
        })
        .collect()
}

/// The operator of a node whose first input has this shape.
fn operator(node: &Value, shape: &[usize]) -> Op {
    let axis = || node["axis"].as_u64().unwrap() as usize;
    match node["op"].as_str().unwrap() {
        "Conv" => Op::Conv(convolution(node)),
        "ConvTranspose" => Op::ConvTranspose {
            convolution: convolution(node),
            output_padding: lengths(&node["output_padding"]),
        },
        "MaxPool" => Op::MaxPool(pool(node)),
        "AveragePool" => Op::AveragePool {
            pool: pool(node),
            count_include_pad: node["count_include_pad"].as_bool().unwrap(),
        },
        "Resize" => Op::Resize(resize(node, shape)),
        "Slice" => Op::Slice {
            ranges: ranges(node),
        },
        "Gather" => Op::Gather { axis: axis() },
        "Expand" => Op::Expand {
            shape: lengths(&node["shape"]),
        },
        "MatMul" => Op::MatMul,
        "Softmax" => Op::Softmax { axis: axis() },
        "LogSoftmax" => Op::LogSoftmax { axis: axis() },
        "Add" => Op::Binary(Binary::Add),
        "Mul" => Op::Binary(Binary::Mul),
        "Div" => Op::Binary(Binary::Div),
        "Pow" => Op::Binary(Binary::Pow),
        "Max" => Op::Binary(Binary::Max),
        "Min" => Op::Binary(Binary::Min),
        "Log" => Op::Unary(Unary::Log),
        "Exp" => Op::Unary(Unary::Exp),
        "Sin" => Op::Unary(Unary::Sin),
        "Cos" => Op::Unary(Unary::Cos),
        "Neg" => Op::Unary(Unary::Neg),
        "Sqrt" => Op::Unary(Unary::Sqrt),
        "Tanh" => Op::Unary(Unary::Tanh),
        "Erf" => Op::Unary(Unary::Erf),
        "Sigmoid" => Op::Unary(Unary::Sigmoid),
        "Reciprocal" => Op::Unary(Unary::Reciprocal),
        "Gelu" => Op::Unary(Unary::Gelu {
            tanh: node["tanh"].as_bool().unwrap(),
        }),
        "Elu" => Op::Unary(Unary::Elu {
            alpha: node["alpha"].as_f64().unwrap(),
        }),
        other => panic!("{other}"),
    }
}

/// One published test: the graph of its nodes, and the inputs in the graph's order.
struct Published<'a> {
    case: &'a Value,
    graph: Graph,
    names: HashMap<&'a str, ValueId>,
    inputs: Vec<Tensor>,
}

impl<'a> Published<'a> {
    fn new(case: &'a Value) -> Self {
        let mut published = Published {
            case,
            graph: Graph::new(),
            names: HashMap::new(),
            inputs: Vec::new(),
        };
        for (name, description) in case["inputs"].as_object().unwrap() {
            let tensor = input(description);
            let id = published
                .graph
                .add_input(name, tensor.tensor_type())
                .unwrap();
            published.names.insert(name, id);
            published.inputs.push(tensor);
        }
        for node in case["nodes"].as_array().unwrap() {
            published.add(node);
        }
        published
    }

    fn add(&mut self, node: &'a Value) {
        let names = node["inputs"].as_array().unwrap().iter();
        let mut inputs: Vec<ValueId> = names
            .map(|name| self.names[name.as_str().unwrap()])
            .collect();
        if let Value::Object(indices) = &node["indices"] {
            let values = numbers(&indices["values"]);
            let values: Vec<i64> = values.into_iter().map(|n| n as i64).collect();
            let indices = derivatives::indices(&lengths(&indices["shape"]), &values);
            inputs.push(self.graph.add_constant("indices", indices));
        }
        let name = node["output"].as_str().unwrap_or("the output");
        let op = operator(node, self.graph.shape(inputs[0]));
        let output = self.graph.add(name, op, &inputs).unwrap();
        self.names.insert(name, output);
        self.graph.set_outputs(vec![output]);
    }

    /// Panics unless the digits of `found` are those of `published`.
    fn assert_digits(&self, what: &str, digits: &Value, found: &[f64], published: &[f64]) {
        let test = &self.case["test"];
        let unit = 10f64.powi(digits.as_i64().unwrap_or(0) as i32);
        let slack = self.case["slack"].as_f64().unwrap_or(0.0);
        assert_eq!(found.len(), published.len(), "{test}: {what}");
        for (index, (found, published)) in found.iter().zip(published).enumerate() {
            let apart = ((found * unit).round() - (published * unit).round()).abs();
            assert!(
                apart <= slack,
                "{test}: {what}[{index}] is {found}, published as {published}"
            );
        }
    }

    fn check(&self) {
        let digits = &self.case["digits"];
        let output = interpret::run(&self.graph, &self.inputs).unwrap().remove(0);
        if let Value::Array(_) = &self.case["output"] {
            let digits = self.case.get("output_digits").unwrap_or(digits);
            let published = numbers(&self.case["output"]);
            self.assert_digits("the output", digits, &output.to_f64(), &published);
        }
        let cotangent = match &self.case["cotangent"] {
            Value::Null => vec![1.0; output.len()],
            values => numbers(values),
        };
        let mut fed = self.inputs.clone();
        fed.push(tensor(output.shape(), &cotangent));
        for (name, published) in self.case["gradients"].as_object().into_iter().flatten() {
            for lowering in max_pool_lowerings() {
                let mut graph = self.graph.clone();
                let of = graph.outputs().to_vec();
                let wrt = self.names[name.as_str()];
                let product = vector_jacobian_product_with(&mut graph, &of, wrt, &lowering);
                let wrt_bar = product.unwrap().wrt_bar;
                graph.set_outputs(vec![wrt_bar]);
                let found = interpret::run(&graph, &fed).unwrap()[0].to_f64();
                self.assert_digits(name, digits, &found, &numbers(published));
            }
        }
    }
}

/// Checks every case of a file; a case without anything published is a mistake in the file.
fn check(file: &str) {
    let published: Value = serde_json::from_str(file).unwrap();
    let cases = published["cases"].as_array().unwrap();
    assert!(!cases.is_empty());
    for case in cases {
        let states = ["output", "gradients"]
            .iter()
            .any(|key| !case[key].is_null());
        assert!(states, "{}", case["test"]);
        Published::new(case).check();
    }
}

macro_rules! published {
    ($($test:ident: $file:literal;)*) => {
        $(#[test] fn $test() { check(include_str!(concat!("vectors/", $file, ".json"))); })*
    };
}

published! {
    convolutions_of_one_axis_as_in_burn: "burn_conv1d";
    convolutions_of_two_axes_as_in_burn: "burn_conv2d";
    transposed_convolutions_of_one_axis_as_in_burn: "burn_conv_transpose1d";
    transposed_convolutions_of_two_axes_as_in_burn: "burn_conv_transpose2d";
    pools_as_in_burn: "burn_pool";
    softmax_and_nearest_resize_as_in_burn: "burn_softmax_resize";
    elementwise_functions_products_and_nearest_resize_as_in_candle: "candle_grad";
    squares_of_a_convolution_as_in_candle: "candle_conv";
    linear_resize_as_in_candle: "candle_bilinear";
    convolutions_of_one_to_three_axes_as_in_onnxruntime: "onnxruntime_conv_grad";
    transposed_convolutions_of_one_to_three_axes_as_in_onnxruntime: "onnxruntime_conv_transpose_grad";
    linear_resize_as_in_onnxruntime: "onnxruntime_resize_grad";
    max_pool_gather_and_slice_as_in_onnxruntime: "onnxruntime_layout_grad";
}
