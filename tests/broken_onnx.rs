//! Broken and hostile model files give errors that name the file; never a panic, a hang or a huge
//! allocation.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "broken_onnx/hostile.rs"]
mod hostile;
#[path = "broken_onnx/memory.rs"]
mod memory;
mod protobuf;

use std::path::Path;

use invset::graph::op::Convolution;
use invset::graph::{Binary, DType, Graph, Op, Tensor, TensorType, Unary};
use invset::onnx::{LoadOptions, Model, OnnxError, serialise};
use proptest::prelude::*;

const FILE: &str = "broken.onnx";

/// A small network that uses several kinds of attributes and weights.
fn network() -> Vec<u8> {
    let mut graph = Graph::new();
    let add = |graph: &mut Graph, name: &str, op, inputs: &[_]| {
        graph.add(name, op, inputs).expect("it fits")
    };
    let x = graph
        .add_input("image", TensorType::new(DType::F32, [1, 2, 4, 4]))
        .expect("a new name");
    let weight = graph.add_constant("weight", Tensor::filled(DType::F32, [3, 2, 3, 3], 0.1));
    let convolution = Op::Conv(Convolution {
        strides: vec![1, 1],
        dilations: vec![1, 1],
        pads_before: vec![1, 1],
        pads_after: vec![1, 1],
        group: 1,
    });
    let maps = add(&mut graph, "maps", convolution, &[x, weight]);
    let active = add(&mut graph, "active", Op::Unary(Unary::Relu), &[maps]);
    let pooled = add(&mut graph, "pooled", Op::GlobalAveragePool, &[active]);
    let features = Op::Reshape { shape: vec![1, 3] };
    let features = add(&mut graph, "features", features, &[pooled]);
    let bias = graph.add_constant("bias", Tensor::filled(DType::F32, [3], 0.5));
    let sum = Op::Binary(Binary::Add);
    let logits = add(&mut graph, "logits", sum, &[features, bias]);
    graph.set_outputs(vec![logits]);
    serialise(&graph).expect("it is written")
}

/// Opens and reads; both steps may refuse.
fn read(bytes: Vec<u8>) -> Result<Graph, OnnxError> {
    Model::from_bytes(bytes, FILE)?.graph(&LoadOptions {
        batch: 1,
        ..LoadOptions::default()
    })
}

/// The bytes with one run of them replaced everywhere by another of the same length.
fn replaced(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut bytes = bytes.to_vec();
    let mut at = 0;
    while let Some(found) = bytes[at..]
        .windows(from.len())
        .position(|window| window == from.as_bytes())
    {
        at += found;
        bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
    }
    bytes
}

#[test]
fn the_network_itself_is_sound() {
    assert_eq!(read(network()).expect("it is sound").nodes().len(), 5);
}

#[test]
fn a_file_cut_short_anywhere_is_an_error_or_a_smaller_model() {
    let whole = network();
    for length in 0..whole.len() {
        if let Err(error) = read(whole[..length].to_vec()) {
            assert!(error.to_string().contains(FILE), "{error}");
        }
    }
    let half = read(whole[..whole.len() / 2].to_vec());
    assert!(matches!(half, Err(OnnxError::Malformed { .. })));
}

#[test]
fn what_is_no_model_is_an_error_with_a_remedy() {
    let text = b"<!DOCTYPE html><html>404 not found</html>".to_vec();
    for bytes in [Vec::new(), text, vec![0xff; 64], vec![0; 64]] {
        let error = read(bytes).expect_err("it is no model").to_string();
        assert!(error.contains(FILE), "{error}");
        assert!(error.contains("download or export it again"), "{error}");
    }
}

#[test]
fn a_missing_file_and_a_folder_are_errors_that_name_them() {
    for path in ["/nowhere/model.onnx", "/"] {
        let error = Model::open(Path::new(path)).expect_err("it cannot be read");
        assert!(matches!(error, OnnxError::Read { .. }), "{error}");
        assert!(error.to_string().contains(path));
    }
}

#[test]
fn a_sparse_file_larger_than_memory_is_refused_by_its_size() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let path = folder.path().join("huge.onnx");
    let file = std::fs::File::create(&path).expect("a file");
    file.set_len(1 << 40).expect("a sparse file");
    let error = Model::open(&path).expect_err("it is too large");
    assert!(error.to_string().contains("2 GiB"), "{error}");
}

#[test]
fn two_values_of_one_name_are_an_error() {
    let doubled = replaced(&network(), "active", "pooled");
    let error = read(doubled).expect_err("two values have one name");
    assert!(error.to_string().contains("\"pooled\""), "{error}");
}

#[test]
fn a_name_that_nothing_produces_is_printed_without_its_escapes() {
    let bytes = network();
    let first = bytes
        .windows(6)
        .position(|window| window == b"weight")
        .expect("the name is in the file");
    let mut dangling = bytes;
    dangling[first..first + 6].copy_from_slice(b"wei\x1b[m");
    let error = read(dangling).expect_err("a name dangles").to_string();
    assert!(error.contains(r"wei\u{1b}[m"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn changed_bytes_never_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)
    ) {
        let mut bytes = network();
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        let _ = read(bytes);
    }

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..256)) {
        let _ = read(bytes);
    }
}
