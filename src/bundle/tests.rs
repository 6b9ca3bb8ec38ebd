//! Whole bundles: folders made for the test, and those in the binary.

#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;
use crate::graph::{Binary, DType, Graph, Op, Tensor, TensorType};
use crate::onnx::{Placement, encode};

const MANIFEST_TEXT: &str = "name = 'tiny'
[generator]
file = 'generator.onnx'
[generator.prior]
kind = 'box'
file = 'prior.safetensors'
[classifier]
file = 'classifier.onnx'
[labels]
file = 'labels.txt'
[stats]
file = 'stats.safetensors'
";

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    write(MANIFEST, MANIFEST_TEXT.as_bytes());
    write("generator.onnx", b"g");
    write("classifier.onnx", b"c");
    write("labels.txt", b"rose\n\n\x1b[31mtu\x07lip\x1b[0m\n");
    let bounds: &[(&str, &[usize], &[f32])] =
        &[("low", &[2], &[0.0, 0.0]), ("high", &[2], &[1.0, 2.0])];
    write("prior.safetensors", &test_files::tensors(bounds, &[]));
    let hash = sha256(b"c");
    let facts = [("classifier_sha256", hash.as_str()), ("image_count", "9")];
    let levels: &[(&str, &[usize], &[f32])] = &[("levels", &[2], &[0.0, 1.0])];
    write("stats.safetensors", &test_files::tensors(levels, &facts));
    folder
}

fn problems(path: &Path) -> Vec<String> {
    match Bundle::open(path.to_str().unwrap()).unwrap_err() {
        BundleError::Invalid { problems, .. } => problems.iter().map(Problem::to_string).collect(),
        other => panic!("{other}"),
    }
}

#[test]
fn a_folder_is_read_with_its_labels_prior_and_statistics() {
    let folder = folder();
    let bundle = Bundle::open(folder.path().to_str().unwrap()).unwrap();
    assert_eq!(bundle.labels(), ["rose", "", "tulip"]);
    assert_eq!(bundle.statistics().unwrap().image_count(), 9);
    assert_eq!(bundle.prior(2).unwrap().high, Some(vec![1.0, 2.0]));
    assert!(
        bundle
            .prior(3)
            .unwrap_err()
            .to_string()
            .contains("prior.safetensors: low")
    );
    let fingerprints = bundle.fingerprints().unwrap();
    assert_eq!(fingerprints.len(), 6);
    assert_eq!(
        fingerprints["classifier.onnx"],
        "2e7d2c03a9507ae265ecf5b5356885a53393a2029d241394997265a1a25aefc6"
    );
}

#[test]
fn weights_in_other_files_are_part_of_what_a_bundle_is() {
    let folder = folder();
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    let mut graph = Graph::new();
    let input = TensorType::new(DType::F32, [1, 512]);
    let input = graph.add_input("x", input).unwrap();
    let weight = graph.add_constant("w", Tensor::filled(DType::F32, [512], 2.5));
    let sum = graph.add("y", Op::Binary(Binary::Add), &[input, weight]);
    graph.set_outputs(vec![sum.unwrap()]);
    let encoded = encode(&graph, Placement::Beside("w.bin")).unwrap();
    let (mut model, mut weights) = (Vec::new(), Vec::new());
    encoded.write_model(&mut model).unwrap();
    encoded.write_weights(&mut weights).unwrap();
    std::fs::create_dir(folder.path().join("sub")).unwrap();
    write("sub/classifier.onnx", &model);
    write("sub/w.bin", &weights);
    write(
        MANIFEST,
        MANIFEST_TEXT
            .replace("classifier.onnx", "sub/classifier.onnx")
            .as_bytes(),
    );
    let statistics = |hash: &str| {
        let facts = [("classifier_sha256", hash), ("image_count", "9")];
        let levels: &[(&str, &[usize], &[f32])] = &[("levels", &[2], &[0.0, 1.0])];
        write("stats.safetensors", &test_files::tensors(levels, &facts));
    };
    statistics(&sha256(&[&model[..], &weights].concat()));
    let open = || Bundle::open(folder.path().to_str().unwrap());
    let before = open().unwrap().fingerprints().unwrap();
    assert_eq!(before["sub/classifier.onnx"], sha256(&model));
    assert_eq!(before["sub/w.bin"], sha256(&weights), "{before:?}");
    let bundle = open().unwrap();
    weights[2] ^= 1;
    write("sub/w.bin", &weights);
    let after = bundle.fingerprints().unwrap();
    assert_ne!(before["sub/w.bin"], after["sub/w.bin"]);
    let found = problems(folder.path());
    assert!(
        found[0].starts_with("stats.safetensors: classifier_sha256: "),
        "{found:?}"
    );
}

#[test]
fn all_problems_of_all_files_are_reported_at_once() {
    let folder = folder();
    std::fs::remove_file(folder.path().join("generator.onnx")).unwrap();
    std::fs::write(folder.path().join("labels.txt"), [0xff, 0xfe]).unwrap();
    std::fs::write(folder.path().join("prior.safetensors"), b"?").unwrap();
    std::fs::write(folder.path().join("classifier.onnx"), b"another").unwrap();
    let found = problems(folder.path());
    assert_eq!(found.len(), 4, "{found:#?}");
    assert!(found[0].starts_with("bundle.toml: generator.file: "));
    assert!(found[1].starts_with("labels.txt: is not UTF-8"));
    assert!(found[2].starts_with("prior.safetensors: is not a safetensors file"));
    assert!(found[3].starts_with("stats.safetensors: classifier_sha256: "));
}

#[test]
fn a_folder_without_a_manifest_says_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let found = problems(folder.path());
    assert!(found[0].contains("bundle.toml"), "{found:?}");
    let found = problems(&folder.path().join("none"));
    assert!(found[0].contains("cannot be opened"), "{found:?}");
}

#[test]
fn an_unknown_name_lists_the_built_in_bundles_and_the_nearest() {
    let message = Bundle::open("fashon").unwrap_err().to_string();
    assert!(message.contains("did you mean 'fashion'?"), "{message}");
    assert!(message.contains("'halfspace'"), "{message}");
}

#[test]
fn built_in_bundles_open_and_hold_every_file_they_name() {
    for embedded in EMBEDDED {
        let bundle = Bundle::open(embedded.name).unwrap();
        let mut named: Vec<&str> = bundle.manifest().files().into_values().collect();
        named.push(MANIFEST);
        named.sort_unstable();
        let mut compiled: Vec<&str> = embedded.file_names().collect();
        compiled.sort_unstable();
        assert_eq!(named, compiled, "{}", embedded.name);
        assert_eq!(bundle.manifest().name, embedded.name);
    }
}

#[test]
fn a_bundle_in_the_binary_is_the_one_in_the_folder() {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    for embedded in EMBEDDED {
        let folder = models.join(embedded.name);
        let folder = Bundle::open(folder.to_str().unwrap()).unwrap();
        let built_in = Bundle::open(embedded.name).unwrap();
        assert_eq!(
            folder.fingerprints().unwrap(),
            built_in.fingerprints().unwrap()
        );
        assert_eq!(folder.labels(), built_in.labels());
    }
}
