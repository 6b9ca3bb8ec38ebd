//! Operators that are read as several others agree with loops over their definitions.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeMap;

use super::super::testing::{Draft, float, int, ints, text, value};
use super::super::wire::AttributeProto;
use super::super::{LoadOptions, OnnxError, UnsupportedNode};
use crate::graph::{DType, Data, Graph, Op, Tensor, interpret};
use std::sync::Arc;

/// A node over float inputs `i0`, `i1`, … of these shapes, then constants, with one output `y`.
fn node(
    opset: i64,
    op_type: &str,
    shapes: &[&[i64]],
    constants: &[Option<Tensor>],
    attributes: Vec<AttributeProto>,
) -> Draft {
    let mut draft = Draft::opset(opset);
    let mut names = Vec::new();
    for (index, shape) in shapes.iter().enumerate() {
        names.push(format!("i{index}"));
        draft = draft.input(&names[index], DType::F32, shape);
    }
    for constant in constants {
        names.push(match constant {
            Some(tensor) => {
                let name = format!("c{}", names.len());
                draft = draft.weight(&name, tensor);
                name
            }
            None => String::new(),
        });
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    draft.node(op_type, &names, &["y"], attributes).output("y")
}

/// The graph at the batch that the inputs have.
fn load(draft: Draft, batch: usize) -> Result<Graph, Vec<UnsupportedNode>> {
    let options = LoadOptions {
        batch,
        ..LoadOptions::default()
    };
    match draft.open().unwrap().graph(&options) {
        Ok(graph) => Ok(graph),
        Err(OnnxError::Unsupported { nodes, .. }) => Err(nodes),
        Err(error) => panic!("{error}"),
    }
}

/// Numbers without a pattern, of small size.
fn numbers(shape: &[usize], seed: usize) -> Tensor {
    let count: usize = shape.iter().product();
    let values = (0..count).map(|i| (((i + 7 * seed) * 37 + 11) % 23) as f32 / 8.0 - 1.25);
    Tensor::f32(shape, values.collect()).unwrap()
}

fn close(found: &[f64], expected: &[f64], case: &str) {
    assert_eq!(found.len(), expected.len(), "{case}");
    for (a, b) in found.iter().zip(expected) {
        assert!(
            (a - b).abs() < 1e-4,
            "{case}: {found:?} is not {expected:?}"
        );
    }
}

/// All values of these indices, the last fastest.
fn every(labels: &[char], lengths: &BTreeMap<char, usize>) -> Vec<BTreeMap<char, usize>> {
    labels
        .iter()
        .fold(vec![BTreeMap::new()], |partial, &label| {
            let extend = |indices: &BTreeMap<char, usize>| {
                let indices = indices.clone();
                (0..lengths[&label]).map(move |at| {
                    let mut more = indices.clone();
                    more.insert(label, at);
                    more
                })
            };
            partial.iter().flat_map(extend).collect()
        })
}

/// The definition: a sum over everything that the result does not name.
fn sum_of_products(equation: &str, operands: &[Tensor]) -> Vec<f64> {
    let (left, right) = equation.split_once("->").unwrap();
    let terms: Vec<Vec<char>> = left.split(',').map(|term| term.chars().collect()).collect();
    let mut lengths = BTreeMap::new();
    for (term, operand) in terms.iter().zip(operands) {
        lengths.extend(term.iter().copied().zip(operand.shape().iter().copied()));
    }
    let result: Vec<char> = right.chars().collect();
    let summed: Vec<char> = lengths
        .keys()
        .copied()
        .filter(|l| !result.contains(l))
        .collect();
    let at = |term: &[char], operand: &Tensor, indices: &BTreeMap<char, usize>| {
        let flat = term
            .iter()
            .fold(0, |flat, label| flat * lengths[label] + indices[label]);
        operand.to_f64()[flat]
    };
    let product = |indices: &BTreeMap<char, usize>| -> f64 {
        let factors = terms.iter().zip(operands).map(|(t, o)| at(t, o, indices));
        factors.product()
    };
    let total = |outer: BTreeMap<char, usize>| -> f64 {
        let inner = every(&summed, &lengths).into_iter();
        inner
            .map(|mut indices| {
                indices.extend(outer.clone());
                product(&indices)
            })
            .sum()
    };
    every(&result, &lengths).into_iter().map(total).collect()
}

fn einsum(equation: &str, operands: &[Tensor]) -> (Graph, Vec<f64>) {
    let shapes: Vec<Vec<i64>> = operands
        .iter()
        .map(|operand| {
            operand
                .shape()
                .iter()
                .map(|&length| length as i64)
                .collect()
        })
        .collect();
    let shapes: Vec<&[i64]> = shapes.iter().map(Vec::as_slice).collect();
    let draft = node(12, "Einsum", &shapes, &[], vec![text("equation", equation)]);
    let batch = operands[0].shape().first().copied().unwrap_or(1);
    let graph = load(draft, batch).unwrap();
    let result = interpret::run(&graph, operands).unwrap();
    (graph, result[0].to_f64())
}

#[test]
fn einsum_is_the_sum_of_products() {
    // First axes are the batch, of which there is one length.
    for (equation, shapes) in [
        ("ij->ji", &[&[2, 3][..]][..]),
        ("ij->", &[&[2, 3]]),
        ("ijk->kj", &[&[2, 3, 4]]),
        ("ij,jk->ik", &[&[3, 3], &[3, 4]]),
        ("ij,kj->ik", &[&[3, 4], &[3, 4]]),
        ("ij,jk->ki", &[&[3, 3], &[3, 4]]),
        ("bij,bjk->bik", &[&[2, 3, 4], &[2, 4, 5]]),
        ("bhqd,bkhd->bhqk", &[&[2, 2, 3, 4], &[2, 5, 2, 4]]),
        ("bhqk,bkhd->bqhd", &[&[2, 2, 3, 5], &[2, 5, 2, 4]]),
        ("ij,ij->ij", &[&[2, 3], &[2, 3]]),
        ("ij,ij->", &[&[2, 3], &[2, 3]]),
        ("ij,ik->ijk", &[&[2, 3], &[2, 4]]),
        ("i,j->ij", &[&[3], &[3]]),
        ("i,i->", &[&[3], &[3]]),
        ("ij,j->i", &[&[3, 3], &[3]]),
        ("abcd,abe->ecd", &[&[2, 3, 2, 3], &[2, 3, 4]]),
        ("ijk,ilk,imk->ijlm", &[&[2, 2, 3], &[2, 3, 3], &[2, 4, 3]]),
        ("ij,ik,il->jkl", &[&[2, 2], &[2, 3], &[2, 4]]),
        ("ii->i", &[&[3, 3]]),
        ("ii->", &[&[3, 3]]),
        ("iji->j", &[&[3, 2, 3]]),
        ("iii->i", &[&[3, 3, 3]]),
        ("ii,ij->j", &[&[3, 3], &[3, 2]]),
    ] {
        let operands: Vec<Tensor> = shapes
            .iter()
            .enumerate()
            .map(|(seed, shape)| numbers(shape, seed))
            .collect();
        let (_, found) = einsum(equation, &operands);
        close(&found, &sum_of_products(equation, &operands), equation);
    }
}

#[test]
fn ellipses_stretch_and_implicit_results_are_what_they_stand_for() {
    let (a, b) = (numbers(&[2, 1, 3, 4], 1), numbers(&[2, 5, 4, 3], 2));
    let (_, found) = einsum("...ij,...jk", &[a.clone(), b.clone()]);
    let a = a.reshaped([2, 3, 4]).unwrap();
    close(
        &found,
        &sum_of_products("xij,xyjk->xyik", &[a, b]),
        "ellipsis",
    );
    let square = numbers(&[3, 3], 3);
    let (_, transposed) = einsum("ba", std::slice::from_ref(&square));
    close(
        &transposed,
        &sum_of_products("ba->ab", &[square]),
        "implicit",
    );
}

#[test]
fn a_plain_matrix_product_is_one_node() {
    for (equation, a, b) in [
        ("ij,jk->ik", &[3, 3][..], &[3, 4][..]),
        ("bhqk,bhkd->bhqd", &[2, 2, 3, 4], &[2, 2, 4, 3]),
    ] {
        let (graph, _) = einsum(equation, &[numbers(a, 0), numbers(b, 1)]);
        assert_eq!(graph.nodes().len(), 1, "{graph}");
        assert_eq!(graph.nodes()[0].op, Op::MatMul);
    }
}

#[test]
fn an_equation_that_does_not_fit_is_refused_with_its_text() {
    for equation in ["ij,jk->ik", "ij->ijk", "i?->i", "ijk->i"] {
        let draft = node(
            12,
            "Einsum",
            &[&[2, 3]],
            &[],
            vec![text("equation", equation)],
        );
        let nodes = load(draft, 2).unwrap_err();
        assert_eq!(nodes[0].attribute.as_deref(), Some("attribute 'equation'"));
        assert!(nodes[0].reason.contains(equation));
    }
}

/// What attention is made with beside `[B, heads, length, width]` inputs.
#[derive(Clone, Copy)]
struct Attention<'a> {
    causal: bool,
    softcap: f64,
    scale: f64,
    /// −∞ or a number for a head, a query and a key.
    bias: &'a dyn Fn(usize, usize, usize) -> f64,
}

/// The definition, for one image and queries that share heads of keys.
fn attend(q: &Tensor, k: &Tensor, v: &Tensor, with: Attention<'_>) -> Vec<f64> {
    let (heads, queries, width) = (q.shape()[1], q.shape()[2], q.shape()[3]);
    let (kept, keys, out) = (k.shape()[1], k.shape()[2], v.shape()[3]);
    let at = |x: &Tensor, head: usize, row: usize, column: usize| {
        let shape = x.shape();
        x.to_f64()[(head * shape[2] + row) * shape[3] + column]
    };
    let mut result = Vec::new();
    for head in 0..heads {
        let shared = head / (heads / kept);
        for query in 0..queries {
            let score = |key: usize| {
                let product = (0..width).map(|w| at(q, head, query, w) * at(k, shared, key, w));
                let mut score = product.sum::<f64>() * with.scale;
                if with.softcap > 0.0 {
                    score = with.softcap * (score / with.softcap).tanh();
                }
                match with.causal && key > query {
                    true => f64::NEG_INFINITY,
                    false => score + (with.bias)(head, query, key),
                }
            };
            let weights: Vec<f64> = (0..keys).map(|key| score(key).exp()).collect();
            let total: f64 = weights.iter().sum();
            for column in 0..out {
                let sum = (0..keys).map(|key| weights[key] * at(v, shared, key, column));
                let sum: f64 = sum.sum();
                result.push(if total > 0.0 { sum / total } else { 0.0 });
            }
        }
    }
    result
}

const PLAIN: Attention<'static> = Attention {
    causal: false,
    softcap: 0.0,
    scale: 0.5,
    bias: &|_, _, _| 0.0,
};

fn attention(
    inputs: &[Tensor; 3],
    mask: Option<Tensor>,
    attributes: Vec<AttributeProto>,
) -> Vec<f64> {
    let shapes: Vec<Vec<i64>> = inputs
        .iter()
        .map(|x| x.shape().iter().map(|&length| length as i64).collect())
        .collect();
    let shapes: Vec<&[i64]> = shapes.iter().map(Vec::as_slice).collect();
    let graph = load(node(23, "Attention", &shapes, &[mask], attributes), 1).unwrap();
    interpret::run(&graph, inputs).unwrap()[0].to_f64()
}

#[test]
fn attention_agrees_with_its_definition() {
    let inputs = [
        numbers(&[1, 4, 3, 4], 0),
        numbers(&[1, 2, 5, 4], 1),
        numbers(&[1, 2, 5, 2], 2),
    ];
    let [q, k, v] = &inputs;
    close(
        &attention(&inputs, None, vec![]),
        &attend(q, k, v, PLAIN),
        "plain",
    );
    let causal = Attention {
        causal: true,
        scale: 0.25,
        ..PLAIN
    };
    let attributes = vec![int("is_causal", 1), float("scale", 0.25)];
    close(
        &attention(&inputs, None, attributes),
        &attend(q, k, v, causal),
        "causal",
    );

    // Truth values; the second query may look nowhere.
    let open = |query: usize, key: usize| query != 1 && !(query + key).is_multiple_of(3);
    let truths = (0..15).map(|i| open(i / 5, i % 5)).collect();
    let truths = Tensor::new([3, 5], Data::Bool(Arc::new(truths))).unwrap();
    let masked = Attention {
        bias: &|_, query, key| {
            if open(query, key) {
                0.0
            } else {
                f64::NEG_INFINITY
            }
        },
        ..PLAIN
    };
    close(
        &attention(&inputs, Some(truths), vec![]),
        &attend(q, k, v, masked),
        "truths",
    );

    // Floats for each head, shorter than the keys.
    let floats = numbers(&[4, 3, 4], 5);
    let added = floats.to_f64();
    let biased = Attention {
        softcap: 0.75,
        bias: &|head, query, key| match key {
            4 => f64::NEG_INFINITY,
            _ => added[(head * 3 + query) * 4 + key],
        },
        ..PLAIN
    };
    let found = attention(&inputs, Some(floats), vec![float("softcap", 0.75)]);
    close(&found, &attend(q, k, v, biased), "floats");
}

#[test]
fn attention_of_three_axes_splits_the_last_into_heads() {
    let heads = [
        numbers(&[1, 4, 3, 2], 0),
        numbers(&[1, 2, 5, 2], 1),
        numbers(&[1, 2, 5, 3], 2),
    ];
    let swapped = |x: &Tensor| {
        let op = Op::Transpose {
            permutation: vec![0, 2, 1, 3],
        };
        interpret::evaluate(&op, &[x], 1).unwrap().remove(0)
    };
    let joined = heads.each_ref().map(|x| {
        let x = swapped(x);
        let shape = [1, x.shape()[1], x.shape()[2] * x.shape()[3]];
        x.reshaped(shape).unwrap()
    });
    let attributes = vec![int("q_num_heads", 4), int("kv_num_heads", 2)];
    let found = attention(&joined, None, attributes);
    let [q, k, v] = &heads;
    let plain = Attention {
        scale: 0.5f64.sqrt(),
        ..PLAIN
    };
    let expected = Tensor::from_f64(DType::F32, [1, 4, 3, 3], &attend(q, k, v, plain)).unwrap();
    close(&found, &swapped(&expected).to_f64(), "joined");
}

#[test]
fn caches_of_attention_are_refused_by_input() {
    let shape: &[i64] = &[1, 2, 3, 4];
    let draft = node(
        23,
        "Attention",
        &[shape; 3],
        &[None, Some(numbers(&[1, 2, 3, 4], 0))],
        vec![],
    );
    let nodes = load(draft, 1).unwrap_err();
    assert_eq!(nodes[0].attribute.as_deref(), Some("input 4"));
    assert!(nodes[0].reason.contains("cache of keys"));
}

#[test]
fn rotary_embeddings_turn_pairs() {
    let x = numbers(&[1, 2, 3, 6], 0);
    let (cosine, sine) = (numbers(&[1, 3, 2], 1), numbers(&[1, 3, 2], 2));
    for interleaved in [false, true] {
        let draft = node(
            23,
            "RotaryEmbedding",
            &[&[1, 2, 3, 6]],
            &[Some(cosine.clone()), Some(sine.clone())],
            vec![
                int("interleaved", i64::from(interleaved)),
                int("rotary_embedding_dim", 4),
            ],
        );
        let graph = load(draft, 1).unwrap();
        let found = interpret::run(&graph, std::slice::from_ref(&x)).unwrap()[0].to_f64();
        let mut expected = x.to_f64();
        for row in 0..6 {
            for pair in 0..2 {
                let (a, b) = match interleaved {
                    true => (row * 6 + 2 * pair, row * 6 + 2 * pair + 1),
                    false => (row * 6 + pair, row * 6 + 2 + pair),
                };
                let angle = row % 3 * 2 + pair;
                let (c, s) = (cosine.to_f64()[angle], sine.to_f64()[angle]);
                let (first, second) = (x.to_f64()[a], x.to_f64()[b]);
                expected[a] = first * c - second * s;
                expected[b] = first * s + second * c;
            }
        }
        close(&found, &expected, "rotary");
    }
}

#[test]
fn tuples_of_indices_gather_and_scatter_along_joined_axes() {
    let x = numbers(&[2, 3, 2], 0);
    let values = x.to_f64();
    let tuples = |shape: &[usize], values: &[i64]| {
        Some(Tensor::i64_vector(values.to_vec()).reshaped(shape).unwrap())
    };
    let run = |draft: Draft| {
        let graph = load(draft, 2).unwrap();
        interpret::run(&graph, std::slice::from_ref(&x)).unwrap()[0].to_f64()
    };
    let shape: &[i64] = &[2, 3, 2];
    let rows = tuples(&[2, 2], &[0, 1, -1, -3]);
    let gathered = run(node(13, "GatherND", &[shape], &[rows], vec![]));
    close(
        &gathered,
        &[&values[2..4], &values[6..8]].concat(),
        "gathered",
    );
    let per_image = tuples(&[2, 1], &[2, 0]);
    let attributes = vec![int("batch_dims", 1)];
    let gathered = run(node(13, "GatherND", &[shape], &[per_image], attributes));
    close(
        &gathered,
        &[&values[4..6], &values[6..8]].concat(),
        "by image",
    );
    for (reduction, kept) in [("none", 0.0), ("add", 1.0)] {
        let updates = Some(Tensor::filled(DType::F32, [1, 2], 9.0));
        let attributes = vec![text("reduction", reduction)];
        let at = tuples(&[1, 2], &[1, 2]);
        let scattered = run(node(16, "ScatterND", &[shape], &[at, updates], attributes));
        let mut expected = values.clone();
        expected[10] = kept * expected[10] + 9.0;
        expected[11] = kept * expected[11] + 9.0;
        close(&scattered, &expected, reduction);
    }
    let outside = tuples(&[1, 2], &[0, 3]);
    let nodes = load(node(13, "GatherND", &[shape], &[outside], vec![]), 2).unwrap_err();
    assert!(nodes[0].reason.contains("outside"));
}

#[test]
fn masks_and_tests_of_numbers_agree_with_their_definition() {
    let run = |draft: Draft, x: &[f32]| {
        let graph = load(draft, 2).unwrap();
        let x = Tensor::f32([2, 3], x.to_vec()).unwrap();
        interpret::run(&graph, &[x]).unwrap()[0].to_f64()
    };
    let shape: &[i64] = &[2, 3];
    let ones = [1.0; 6];
    let upper = run(node(14, "Trilu", &[shape], &[], vec![]), &ones);
    assert_eq!(upper, [1.0, 1.0, 1.0, 0.0, 1.0, 1.0]);
    let diagonal = Some(Tensor::i64_vector(vec![-1]).reshaped(Vec::new()).unwrap());
    let attributes = vec![int("upper", 0)];
    let lower = run(node(14, "Trilu", &[shape], &[diagonal], attributes), &ones);
    assert_eq!(lower, [0.0, 0.0, 0.0, 1.0, 0.0, 0.0]);

    let odd = [
        f32::NAN,
        1.0,
        f32::INFINITY,
        f32::NEG_INFINITY,
        0.0,
        f32::MAX,
    ];
    let is_nan = run(node(13, "IsNaN", &[shape], &[], vec![]), &odd);
    assert_eq!(is_nan, [1.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
    let is_infinite = run(node(10, "IsInf", &[shape], &[], vec![]), &odd);
    assert_eq!(is_infinite, [0.0, 0.0, 1.0, 1.0, 0.0, 0.0]);
    let attributes = vec![int("detect_positive", 0)];
    let is_low = run(node(10, "IsInf", &[shape], &[], attributes), &odd);
    assert_eq!(is_low, [0.0, 0.0, 0.0, 1.0, 0.0, 0.0]);
}

#[test]
fn what_opset_18_cannot_spell_is_a_product_with_matrices() {
    let x = numbers(&[1, 2, 5, 4], 0);
    let values = x.to_f64();
    let at = |channel: usize, row: usize, column: usize| values[(channel * 5 + row) * 4 + column];
    let shape: &[i64] = &[1, 2, 5, 4];
    let run = |draft: Draft| {
        let graph = load(draft, 1).unwrap();
        let found = interpret::run(&graph, std::slice::from_ref(&x)).unwrap();
        let names: Vec<&str> = graph.nodes().iter().map(|node| node.op.name()).collect();
        assert!(names.contains(&"MatMul"), "{names:?}");
        found[0].to_f64()
    };
    let pool = node(
        19,
        "AveragePool",
        &[shape],
        &[],
        vec![
            ints("kernel_shape", &[2, 2]),
            ints("dilations", &[3, 2]),
            ints("pads", &[0, 1, 0, 0]),
        ],
    );
    let mut expected = Vec::new();
    for channel in 0..2 {
        for row in 0..2 {
            for column in 0..3 {
                // Columns start one before the image: its first window has one column only.
                let columns: Vec<usize> = [column, column + 2]
                    .into_iter()
                    .filter_map(|padded: usize| padded.checked_sub(1))
                    .filter(|&column| column < 4)
                    .collect();
                let rows = [row, row + 3];
                let taps = rows
                    .iter()
                    .flat_map(|&r| columns.iter().map(move |&c| (r, c)));
                let sum: f64 = taps.map(|(r, c)| at(channel, r, c)).sum();
                expected.push(sum / (2 * columns.len()) as f64);
            }
        }
    }
    close(&run(pool), &expected, "pool");

    // 4 · 0.6 = 2.4 columns, of which there are 2: the centre stays where it is.
    let scales = Tensor::f32([4], vec![1.0, 1.0, 1.0, 0.6]).unwrap();
    let resize = node(
        19,
        "Resize",
        &[shape],
        &[None, Some(scales)],
        vec![
            text("mode", "linear"),
            text("coordinate_transformation_mode", "half_pixel_symmetric"),
        ],
    );
    let mut expected = Vec::new();
    for line in values.chunks(4) {
        for column in 0..2 {
            let scale = f64::from(0.6f32);
            let offset = 2.0 * (1.0 - 2.0 / (4.0 * scale));
            let place = offset + (column as f64 + 0.5) / scale - 0.5;
            let (left, share) = (place.floor(), place.fract());
            expected.push(line[left as usize] * (1.0 - share) + line[left as usize + 1] * share);
        }
    }
    close(&run(resize), &expected, "resize");
}

#[test]
fn zeros_stay_zeros_when_divided_by_their_norm() {
    let draft = node(22, "LpNormalization", &[&[2, 2]], &[], vec![int("p", 2)]);
    let x = Tensor::f32([2, 2], vec![3.0, -4.0, 0.0, 0.0]).unwrap();
    let found = interpret::run(&load(draft, 2).unwrap(), &[x]).unwrap()[0].to_f64();
    close(&found, &[0.6, -0.8, 0.0, 0.0], "norm");
}

#[test]
fn classes_become_rows_with_one_value_on() {
    let pair = Tensor::f32([2], vec![-1.0, 5.0]).unwrap();
    let hot = Draft::opset(11)
        .input("x", DType::F32, &[1, 3])
        .ints("classes", &[2, -3, 7])
        .ints("depth", &[3])
        .weight("pair", &pair)
        .node(
            "OneHot",
            &["classes", "depth", "pair"],
            &["hot"],
            vec![int("axis", 0)],
        )
        .node("Mul", &["x", "hot"], &["y"], vec![])
        .output("y");
    let graph = load(hot, 1).unwrap();
    let x = Tensor::f32([1, 3], vec![1.0; 3]).unwrap();
    let found = interpret::run(&graph, &[x]).unwrap()[0].to_f64();
    assert_eq!(found, [-1.0, 5.0, -1.0, -1.0, -1.0, -1.0, 5.0, -1.0, -1.0]);
}

#[test]
fn positions_of_a_constant_that_are_not_zero_are_a_constant() {
    let mask = Tensor::from_f64(DType::Bool, [2, 2], &[1.0, 0.0, 1.0, 1.0]).unwrap();
    let graph = load(
        Draft::opset(13)
            .input("x", DType::F32, &[1, 6])
            .node("Constant", &[], &["mask"], vec![value("value", &mask)])
            .node("NonZero", &["mask"], &["positions"], vec![])
            .node("Reshape", &["positions", "flat"], &["six"], vec![])
            .ints("flat", &[-1])
            .node("Gather", &["x", "six"], &["y"], vec![int("axis", 1)])
            .output("y"),
        1,
    )
    .unwrap();
    let x = Tensor::f32([1, 6], vec![10.0, 11.0, 12.0, 13.0, 14.0, 15.0]).unwrap();
    let found = interpret::run(&graph, &[x]).unwrap()[0].to_f64();
    assert_eq!(found, [10.0, 11.0, 11.0, 10.0, 10.0, 11.0]);
    let computed = node(13, "NonZero", &[&[2, 2]], &[], vec![]);
    let nodes = load(computed, 2).unwrap_err();
    assert_eq!(nodes[0].op, "NonZero");
    assert!(nodes[0].reason.contains("depends on the model's input"));
}
