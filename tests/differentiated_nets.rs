//! Whole nets: gradients, second derivatives, the split, and what cannot be differentiated.
#![allow(clippy::unwrap_used, clippy::panic)]

mod derivatives;

use derivatives::net::Net;
use derivatives::{dot, norm, tensor};
use invset::autodiff::{AutodiffError, Split, blockers, split, vector_jacobian_product};
use invset::graph::op::*;
use invset::graph::{DType, Graph, Tensor, ValueId, interpret};

const STEP: f64 = 1e-6;
const TOLERANCE: f64 = 1e-6;

/// A generator, a classifier with a residual block and pooling, and two outputs.
fn small_net(dtype: DType) -> (Net, ValueId, Vec<ValueId>) {
    let mut net = Net::new(dtype);
    let code = net.input("code", &[2, 5]);
    let weight = net.weight(&[5, 64]);
    let x = net.node(Op::MatMul, &[code, weight]);
    let x = net.node(
        Op::Reshape {
            shape: vec![2, 4, 4, 4],
        },
        &[x],
    );
    let x = net.unary(Unary::LeakyRelu { alpha: 0.2 }, x);
    let weight = net.weight(&[4, 3, 4, 4]);
    let x = net.node(
        Op::ConvTranspose {
            convolution: Convolution {
                strides: vec![2; 2],
                dilations: vec![1; 2],
                pads_before: vec![1; 2],
                pads_after: vec![1; 2],
                group: 1,
            },
            output_padding: vec![0; 2],
        },
        &[x, weight],
    );
    let image = net.unary(Unary::Tanh, x);
    let x = net.convolution(image, 4, 1, 1);
    let start = net.unary(Unary::Relu, x);
    let x = net.convolution(start, 4, 1, 4);
    let gate = net.unary(Unary::Sigmoid, x);
    let x = net.node(Op::Binary(Binary::Mul), &[x, gate]);
    let x = net.node(Op::Binary(Binary::Add), &[x, start]);
    let x = net.unary(Unary::Relu, x);
    let x = net.node(
        Op::MaxPool(Pool {
            kernel: vec![2; 2],
            strides: vec![2; 2],
            dilations: vec![1; 2],
            pads_before: vec![0; 2],
            pads_after: vec![0; 2],
            ceil_mode: false,
        }),
        &[x],
    );
    let x = net.convolution(x, 6, 2, 1);
    let x = net.node(
        Op::Clip {
            low: Some(0.0),
            high: Some(6.0),
        },
        &[x],
    );
    let x = net.node(Op::GlobalAveragePool, &[x]);
    let embedding = net.node(Op::Reshape { shape: vec![2, 6] }, &[x]);
    let weight = net.weight(&[3, 6]);
    let op = Op::Gemm {
        alpha: 1.0,
        beta: 1.0,
        transpose_a: false,
        transpose_b: true,
    };
    let logits = net.node(op, &[embedding, weight]);
    let activation = net.node(Op::Softmax { axis: 1 }, &[logits]);
    net.graph.set_outputs(vec![image, activation, embedding]);
    (net, code, vec![activation, embedding])
}

#[test]
fn a_whole_net_with_two_cotangents() {
    let (mut net, code, of) = small_net(DType::F64);
    let forward = net.graph.clone();
    let x = net.tensor(code);
    let bars: Vec<Tensor> = of.iter().map(|&id| net.tensor(id)).collect();
    let vjp = vector_jacobian_product(&mut net.graph, &of, code).unwrap();
    assert_eq!(net.graph.outputs(), forward.outputs(), "outputs untouched");
    assert_eq!(net.graph.name(vjp.wrt_bar), "code_bar");
    net.graph.set_outputs(vec![vjp.wrt_bar]);
    let fed = [vec![x.clone()], bars.clone()].concat();
    let pulled = interpret::run(&net.graph, &fed).unwrap()[0].to_f64();

    let direction = net.tensor(code).to_f64();
    let value = |sign: f64| -> f64 {
        let moved: Vec<f64> = x
            .to_f64()
            .iter()
            .zip(&direction)
            .map(|(x, v)| x + sign * STEP * v)
            .collect();
        let outputs = interpret::run(&forward, &[tensor(x.shape(), &moved)]).unwrap();
        outputs[1..]
            .iter()
            .zip(&bars)
            .map(|(y, g)| dot(&y.to_f64(), &g.to_f64()))
            .sum()
    };
    let difference = (value(1.0) - value(-1.0)) / (2.0 * STEP);
    let error = (dot(&pulled, &direction) - difference).abs();
    assert!(error <= TOLERANCE * norm(&pulled) * norm(&direction));
}

#[test]
fn a_hessian_vector_product_by_differentiating_twice() {
    let mut net = Net::new(DType::F64);
    let x = net.input("x", &[1, 2, 4, 4]);
    let y = net.convolution(x, 3, 1, 1);
    let y = net.unary(Unary::Softplus, y);
    let y = net.convolution(y, 3, 2, 1);
    let y = net.unary(Unary::Gelu { tanh: false }, y);
    let (scale, bias) = (net.weight(&[3]), net.weight(&[3]));
    let op = Op::InstanceNormalization { epsilon: 1e-2 };
    let y = net.node(op, &[y, scale, bias]);
    let y = net.unary(Unary::Tanh, y);
    let first = vector_jacobian_product(&mut net.graph, &[y], x).unwrap();
    let second = vector_jacobian_product(&mut net.graph, &[first.wrt_bar], x).unwrap();
    net.graph.set_outputs(vec![first.wrt_bar, second.wrt_bar]);

    let (at, g) = (net.tensor(x), net.tensor(y));
    let v = net.tensor(x);
    let run =
        |at: &Tensor| interpret::run(&net.graph, &[at.clone(), g.clone(), v.clone()]).unwrap();
    let product = run(&at)[1].to_f64();
    let gradient = |sign: f64| {
        let pairs = at.to_f64().into_iter().zip(v.to_f64());
        let moved: Vec<f64> = pairs.map(|(x, v)| x + sign * STEP * v).collect();
        run(&tensor(at.shape(), &moved))[0].to_f64()
    };
    // The Hessian is symmetric, so the product with v from the left is the derivative along v.
    let error: Vec<f64> = gradient(1.0)
        .iter()
        .zip(gradient(-1.0))
        .zip(&product)
        .map(|((plus, minus), product)| (plus - minus) / (2.0 * STEP) - product)
        .collect();
    assert!(norm(&product) > 1e-3);
    assert!(norm(&error) <= TOLERANCE * norm(&product));
}

#[test]
fn the_parts_of_a_split_compute_what_the_whole_computes() {
    for dtype in [DType::F32, DType::F64] {
        let (mut net, code, of) = small_net(dtype);
        let forward_nodes = net.graph.nodes().len();
        let fed = [
            vec![net.tensor(code)],
            of.iter().map(|&id| net.tensor(id)).collect(),
        ]
        .concat();
        let vjp = vector_jacobian_product(&mut net.graph, &of, code).unwrap();
        let parts = split(&net.graph, &vjp.cotangents, &[vjp.wrt_bar]);
        net.graph.add_output(vjp.wrt_bar);
        let whole = interpret::run(&net.graph, &fed).unwrap();

        let outputs = interpret::run(&parts.forward, &fed[..1]).unwrap();
        assert_eq!(outputs[..3], whole[..3]);
        let saved = parts.saved.iter().map(|name| {
            let id = parts.forward.find(name).unwrap();
            let position = parts.forward.outputs().iter().position(|&o| o == id);
            outputs[position.unwrap()].clone()
        });
        let fed_back: Vec<Tensor> = saved.chain(fed[1..].iter().cloned()).collect();
        let pulled = interpret::run(&parts.backward, &fed_back).unwrap();
        assert_eq!(pulled[..], whole[3..]);
        check_what_crosses(&parts, forward_nodes);
    }
}

fn check_what_crosses(parts: &Split, forward_nodes: usize) {
    let inputs: Vec<String> = parts
        .backward
        .inputs()
        .iter()
        .map(|&id| parts.backward.name(id).to_owned())
        .collect();
    let cotangents = ["Softmax_bar", "Reshape~1_bar"].map(str::to_owned);
    assert_eq!(inputs, [&parts.saved[..], &cotangents].concat());
    // One mask for each kinked activation and one for the pooling.
    let masks = parts
        .saved
        .iter()
        .filter_map(|name| parts.backward.find(name))
        .filter(|&id| parts.backward.tensor_type(id).dtype == DType::Bool);
    assert_eq!(masks.count(), 5);
    let (pooled, sums) = ("Conv~2", "Relu");
    assert!(
        !parts
            .saved
            .iter()
            .any(|name| name == pooled || name == sums)
    );
    // The forward graph holds the forward nodes and the masks (the pooling's takes six nodes), the
    // backward graph no convolution but its own.
    assert!(parts.forward.nodes().len() <= forward_nodes + 16);
    let convolutions = |graph: &Graph| {
        let is_one = |op: &Op| matches!(op, Op::Conv(_) | Op::ConvTranspose { .. });
        graph.nodes().iter().filter(|n| is_one(&n.op)).count()
    };
    assert_eq!(convolutions(&parts.forward), 4);
    assert_eq!(convolutions(&parts.backward), 4);
}

#[test]
fn an_input_that_the_backward_graph_needs_crosses_under_a_name_of_its_own() {
    let mut net = Net::new(DType::F64);
    let x = net.input("x", &[3]);
    let y = net.unary(Unary::Sin, x);
    net.graph.set_outputs(vec![y]);
    let vjp = vector_jacobian_product(&mut net.graph, &[y], x).unwrap();
    let parts = split(&net.graph, &vjp.cotangents, &[vjp.wrt_bar]);
    assert_eq!(parts.saved, ["x/saved"]);
    let at = tensor(&[3], &[0.0, 1.0, 2.0]);
    let outputs = interpret::run(&parts.forward, std::slice::from_ref(&at)).unwrap();
    let one = tensor(&[3], &[1.0; 3]);
    let pulled = interpret::run(&parts.backward, &[outputs[1].clone(), one]).unwrap();
    let cosine: Vec<f64> = at.to_f64().iter().map(|x| x.cos()).collect();
    assert_eq!(pulled[0].to_f64(), cosine);
}

#[test]
fn an_input_that_is_named_like_a_cotangent_belongs_to_the_forward_graph() {
    let mut net = Net::new(DType::F64);
    let x = net.input("x", &[2]);
    let other = net.input("x_bar", &[2]);
    let y = net.node(Op::Binary(Binary::Mul), &[x, other]);
    net.graph.set_outputs(vec![y]);
    let vjp = vector_jacobian_product(&mut net.graph, &[y], x).unwrap();
    let parts = split(&net.graph, &vjp.cotangents, &[vjp.wrt_bar]);
    assert_eq!(parts.forward.inputs().len(), 2);
    assert_eq!(parts.saved, ["x_bar/saved"]);
}

#[test]
fn cotangents_of_several_uses_are_added() {
    let mut net = Net::new(DType::F64);
    let x = net.input("x", &[2]);
    let square = net.node(Op::Binary(Binary::Mul), &[x, x]);
    let y = net.node(Op::Binary(Binary::Add), &[square, x]);
    let vjp = vector_jacobian_product(&mut net.graph, &[y, x], x).unwrap();
    net.graph.set_outputs(vec![vjp.wrt_bar]);
    let fed = [[3.0, -1.0], [1.0, 10.0], [100.0, 1000.0]].map(|v| tensor(&[2], &v));
    let pulled = interpret::run(&net.graph, &fed).unwrap();
    assert_eq!(pulled[0].to_f64(), [107.0, 990.0]);
}

#[test]
fn an_intermediate_value_can_be_differentiated_with_respect_to() {
    let mut net = Net::new(DType::F64);
    let x = net.input("x", &[2]);
    let middle = net.unary(Unary::Floor, x);
    let y = net.unary(Unary::Exp, middle);
    let vjp = vector_jacobian_product(&mut net.graph, &[y], middle).unwrap();
    assert_eq!(net.graph.name(vjp.wrt_bar), "Floor_bar");
}

#[test]
fn a_missing_piece_of_a_split_counts_as_zero() {
    let mut net = Net::new(DType::F64);
    let x = net.input("x", &[6]);
    let op = Op::Split {
        axis: 0,
        sizes: vec![1, 2, 3],
    };
    let names = ["a", "b", "c"].map(str::to_owned);
    let pieces = net.graph.add_named("cut", op, &[x], &names).unwrap();
    for (of, expected) in [
        (vec![pieces[1]], [0.0, 1.0, 1.0, 0.0, 0.0, 0.0]),
        (vec![pieces[0], pieces[2]], [1.0, 0.0, 0.0, 1.0, 1.0, 1.0]),
    ] {
        let mut graph = net.graph.clone();
        let vjp = vector_jacobian_product(&mut graph, &of, x).unwrap();
        graph.set_outputs(vec![vjp.wrt_bar]);
        let mut fed = vec![tensor(&[6], &[0.0; 6])];
        fed.extend(of.iter().map(|&id| {
            let shape = graph.shape(id);
            tensor(shape, &vec![1.0; shape[0]])
        }));
        let pulled = interpret::run(&graph, &fed).unwrap();
        assert_eq!(pulled[0].to_f64(), expected);
    }
}

#[test]
fn a_path_that_only_stops_lie_on_is_an_error_that_names_them() {
    let mut net = Net::new(DType::F64);
    let x = net.input("x", &[2]);
    let rounded = net.unary(Unary::Round, x);
    let above = net.node(Op::Binary(Binary::Greater), &[x, rounded]);
    let mask = net.node(Op::Cast { to: DType::F64 }, &[above]);
    let y = net.node(Op::Binary(Binary::Mul), &[rounded, mask]);
    let before = net.graph.clone();
    let found = blockers(&net.graph, y, x);
    let names: Vec<&str> = found.iter().map(|blocker| blocker.op.as_str()).collect();
    assert_eq!(names, ["Round", "Greater"]);
    let error = vector_jacobian_product(&mut net.graph, &[y], x).unwrap_err();
    assert!(matches!(error, AutodiffError::NoPath { .. }));
    let text = error.to_string();
    assert!(
        text.contains("'Round' (Round) is piecewise constant"),
        "{text}"
    );
    assert_eq!(net.graph, before, "unchanged");

    let other = net.input("other", &[2]);
    let found = blockers(&net.graph, y, other);
    assert!(found[0].reason.contains("does not depend on 'other'"));
    assert!(blockers(&net.graph, y, mask).is_empty());
}

#[test]
fn every_refusal_on_the_path_is_reported_at_once() {
    let mut net = Net::new(DType::F64);
    let x = net.input("x", &[1 << 20, 2]);
    let pad = |mode| Op::Pad {
        mode,
        before: vec![1, 0],
        after: vec![0, 0],
        value: 0.0,
    };
    let y = net.node(pad(PadMode::Edge), &[x]);
    let y = net.unary(Unary::Exp, y);
    let y = net.node(pad(PadMode::Reflect), &[y]);
    let before = net.graph.clone();
    let error = vector_jacobian_product(&mut net.graph, &[y], x).unwrap_err();
    let AutodiffError::Refused(blockers) = error else {
        panic!("{error}");
    };
    let nodes: Vec<&str> = blockers
        .iter()
        .map(|blocker| blocker.node.as_str())
        .collect();
    assert_eq!(nodes, ["Pad", "Pad~1"]);
    assert!(blockers[0].reason.contains("too large"));
    assert_eq!(net.graph, before, "unchanged");
}

#[test]
fn integers_have_no_derivative() {
    let mut net = Net::new(DType::F64);
    let x = net.input("x", &[2]);
    let y = net.node(Op::Cast { to: DType::I64 }, &[x]);
    let error = vector_jacobian_product(&mut net.graph, &[y], x).unwrap_err();
    assert!(matches!(error, AutodiffError::NotFloat { .. }));
    let back = net.node(Op::Cast { to: DType::F64 }, &[y]);
    let found = blockers(&net.graph, back, x);
    assert_eq!(found[0].op, "Cast");
    assert!(found[0].reason.contains("gives integers"));
}
