//! What gradient graphs are made of, and that they give the same bits every time.
//!
//! `tests/budgets.json` holds the node counts of the gradients of the recorded networks; a change of
//! them is a change of speed on somebody's machine, so it shows in a diff.
//! `UPDATE_BUDGETS=1 cargo test --test budgets` writes the table anew.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;
mod recorded;

use std::collections::BTreeMap;

use invset::graph::{DType, Graph, Node, Op};
use invset::onnx::Model;
use invset::runtime::{self, DeviceChoice, Input, RuntimeChoice, SessionOptions};
use recorded::{Export, Gradient, Network};

const REPETITIONS: usize = 20;
const THREADS: usize = 4;

/// The newest export of each exporter that the repository holds.
fn exports(network: &Network) -> Vec<Export> {
    let newest: BTreeMap<String, Export> = network
        .exports()
        .into_iter()
        .map(|export| (export.exporter().to_owned(), export))
        .collect();
    newest.into_values().collect()
}

fn gradients() -> impl Iterator<Item = (String, Network, Gradient)> {
    recorded::names().into_iter().flat_map(|name| {
        let network = Network::open(&name);
        let found: Vec<(String, Network, Gradient)> = exports(&network)
            .into_iter()
            .map(|export| {
                let place = format!("{name}/{}", export.name);
                let gradient = export.differentiated(1);
                let gradient = gradient.unwrap_or_else(|error| panic!("{place}: {error}"));
                (place, Network::open(&name), gradient)
            })
            .collect();
        found
    })
}

/// Nodes by operator as the file has them, and `total`.
fn counts(gradient: &Gradient) -> BTreeMap<String, usize> {
    let model = Model::from_bytes(gradient.bytes.clone(), "gradient.onnx").unwrap();
    let mut counts: BTreeMap<String, usize> = model
        .operators()
        .into_iter()
        .map(|(op, count)| (op.to_owned(), count))
        .collect();
    counts.insert("total".to_owned(), counts.values().sum());
    counts
}

#[test]
fn node_counts_are_those_of_the_table() {
    let found: BTreeMap<String, BTreeMap<String, usize>> = gradients()
        .map(|(place, _, gradient)| (place, counts(&gradient)))
        .collect();
    let file = common::repository("tests/budgets.json");
    if std::env::var_os("UPDATE_BUDGETS").is_some() {
        let text = serde_json::to_string_pretty(&found).unwrap();
        std::fs::write(&file, text + "\n").unwrap();
    }
    let table = std::fs::read_to_string(&file).unwrap_or_else(|_| "{}".to_owned());
    let table: BTreeMap<String, BTreeMap<String, usize>> = serde_json::from_str(&table).unwrap();
    let places: Vec<&String> = found.keys().collect();
    assert_eq!(places, table.keys().collect::<Vec<_>>());
    for (place, counts) in &found {
        assert_eq!(
            counts, &table[place],
            "{place}: if the change is meant, UPDATE_BUDGETS=1 cargo test --test budgets"
        );
    }
}

/// On several threads ONNX Runtime's `ScatterND` with `add` loses contributions.
#[test]
fn no_gradient_scatters_by_n_dimensional_indices() {
    for (place, _, gradient) in gradients() {
        assert!(!counts(&gradient).contains_key("ScatterND"), "{place}");
    }
}

/// Nodes that a runtime cannot compute once and for all when it loads the model.
fn at_run_time(graph: &Graph) -> Vec<&Node> {
    let mut varies = vec![false; graph.values().count()];
    for &input in graph.inputs() {
        varies[input.index()] = true;
    }
    let mut nodes = Vec::new();
    for node in graph.nodes() {
        if node.inputs.iter().any(|input| varies[input.index()]) {
            nodes.push(node);
            for output in &node.outputs {
                varies[output.index()] = true;
            }
        }
    }
    nodes
}

/// Images are never transposed; the derivative of `MaxPool` parts the phases of rows, as matrices.
#[test]
fn a_resnet_is_differentiated_without_transposing_images_or_selecting() {
    let network = Network::open("resnet");
    for export in exports(&network) {
        let graph = export.differentiated(1).unwrap().graph();
        let nodes = at_run_time(&graph);
        assert!(nodes.iter().any(|node| node.op.name() == "Conv"));
        for node in nodes {
            let op = node.op.name();
            let transposes_images = matches!(
                &node.op,
                Op::Transpose { permutation } if permutation.len() > 2
            );
            assert!(!transposes_images && op != "Where", "{}: {op}", export.name);
        }
    }
}

#[test]
fn onnxruntime_repeats_every_gradient_bit_for_bit_on_four_threads() {
    let Some(library) = common::onnxruntime() else {
        return;
    };
    let opened = runtime::open(
        RuntimeChoice::OnnxRuntime,
        DeviceChoice::Cpu,
        Some(&library),
    );
    let runtime = opened.unwrap().runtime;
    let options = SessionOptions::threads(THREADS);
    for (place, network, gradient) in gradients() {
        let fed = network.rows(1).inputs(DType::F32);
        let fed: Vec<Input<'_>> = fed.iter().map(Input::Tensor).collect();
        let mut session = runtime.load(&gradient.bytes, &options).unwrap();
        let mut bits = || -> Vec<u32> {
            let found = session.run(&fed).unwrap();
            let gradient = found[1].read_f32().unwrap();
            gradient.iter().map(|value| value.to_bits()).collect()
        };
        let first = bits();
        for repetition in 1..REPETITIONS {
            assert!(bits() == first, "{place}: repetition {repetition}");
        }
    }
}
