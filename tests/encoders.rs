//! The encoder of a run: its bundle's, pixels, any tensor of the classifier, or a file of its own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::path::Path;

use common::{assert_same, bundle_copy, failure, json, repository, run};
use invset::graph::{Binary, DType, Graph, Op, Tensor, TensorType};
use invset::onnx::serialise;
use serde_json::Value;

/// A short run of `fashion` with an encoder, and further flags.
fn sample(encoder: &str, out: &Path, more: &[&str]) -> Vec<String> {
    let out = out.to_str().unwrap();
    let mut words = vec!["sample", "--where", "bag in p90..p99", "-n", "4", "-k", "4"];
    words.extend(["--encoder", encoder, "--method", "incremental"]);
    words.extend(["--json", "--quiet", "--out", out]);
    words.extend(more);
    words.into_iter().map(str::to_owned).collect()
}

fn sampled(encoder: &str, out: &Path) -> Value {
    let words = sample(encoder, out, &[]);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    json(&run(&words))
}

fn embedding_length(run: &Path) -> u64 {
    let bytes = std::fs::read(run.join("samples.safetensors")).unwrap();
    let header = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let header: Value = serde_json::from_slice(&bytes[8..8 + header]).unwrap();
    header["embeddings"]["shape"][1].as_u64().unwrap()
}

#[test]
fn a_run_measures_distances_in_the_encoder_that_was_chosen() {
    let folder = tempfile::tempdir().unwrap();
    let own = repository("models/fashion/encoder.onnx");
    let own = own.to_str().unwrap();
    for (number, (encoder, name, length, source)) in [
        ("bundle", "encoder", None, "statistics"),
        ("pixels", "pixels", Some(28 * 28), "statistics"),
        ("tensor:logits", "tensor:logits", Some(10), "sample"),
        (own, own, None, "sample"),
    ]
    .into_iter()
    .enumerate()
    {
        let out = folder.path().join(number.to_string());
        let result = sampled(encoder, &out);
        assert_eq!(result["n_feasible"], 4, "{encoder}");
        let score = &result["diversity"][0];
        assert_eq!(score["encoder"], name, "{encoder}");
        assert_eq!(score["bandwidth_source"], source, "{encoder}");
        if let Some(length) = length {
            assert_eq!(embedding_length(&out), length, "{encoder}");
        }
        assert_eq!(result["diversity"][1]["encoder"], "judge", "{encoder}");
        let again = json(&run(&["metrics", out.to_str().unwrap(), "--json"]));
        assert_eq!(again["n_inside"], 4, "{encoder}");
        // `metrics` says more, and of these the same.
        for (key, value) in score.as_object().unwrap() {
            assert_eq!(&again["diversity"][0][key], value, "{encoder}: {key}");
        }
    }
}

#[test]
fn the_bundles_own_encoder_as_a_file_gives_the_same_samples() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (folder.path().join("1"), folder.path().join("2"));
    sampled("bundle", &one);
    sampled(
        repository("models/fashion/encoder.onnx").to_str().unwrap(),
        &other,
    );
    assert_same(&one, &other);
}

#[test]
fn a_run_with_a_file_of_its_own_goes_on_only_while_the_file_is_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("e.onnx");
    std::fs::copy(repository("models/fashion/judge.onnx"), &file).unwrap();
    let out = folder.path().join("run");
    sampled(file.to_str().unwrap(), &out);
    let resume = ["resume", out.to_str().unwrap(), "--json", "--quiet"];
    assert_eq!(json(&run(&resume))["n_feasible"], 4);
    std::fs::copy(repository("models/fashion/encoder.onnx"), &file).unwrap();
    let (code, stderr) = failure(&run(&resume));
    assert_eq!(code, 4, "{stderr}");
    assert!(stderr.contains("e.onnx"), "{stderr}");
    std::fs::remove_file(&file).unwrap();
    let (code, stderr) = failure(&run(&resume));
    assert_eq!(code, 4, "{stderr}");
    assert!(stderr.contains("--encoder"), "{stderr}");
}

#[test]
fn an_encoder_that_cannot_be_used_is_one_clear_error_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let damaged = folder.path().join("damaged.onnx");
    std::fs::write(&damaged, b"no model").unwrap();
    // Takes codes, not images.
    let generator = repository("models/fashion/generator.onnx");
    let colour = repository("models/scenes64/judge.onnx");
    let out = folder.path().join("run");
    for (encoder, code, words) in [
        ("edges", 2, ["edges", "tensor:NAME"]),
        (
            "tensor:layer3.rleu",
            2,
            ["layer3.rleu", "did you mean 'layer3.relu'"],
        ),
        ("nowhere.onnx", 4, ["nowhere.onnx", "cannot be opened"]),
        (damaged.to_str().unwrap(), 4, ["damaged.onnx", "not"]),
        (
            generator.to_str().unwrap(),
            4,
            ["--encoder", "generator.onnx"],
        ),
        (colour.to_str().unwrap(), 4, ["--encoder", "judge.onnx"]),
    ] {
        let words_of = sample(encoder, &out, &[]);
        let arguments: Vec<&str> = words_of.iter().map(String::as_str).collect();
        let (found, stderr) = failure(&run(&arguments));
        assert_eq!(found, code, "{encoder}: {stderr}");
        for word in words {
            assert!(
                stderr.contains(word),
                "{encoder} should say '{word}': {stderr}"
            );
        }
        assert!(!stderr.contains("bundle.toml"), "{stderr}");
        assert!(!out.exists(), "{encoder} left a folder");
    }
}

#[test]
fn a_sweep_has_one_encoder_for_all_its_runs() {
    let folder = tempfile::tempdir().unwrap();
    let bundle = bundle_copy("fashion", folder.path());
    let out = folder.path().join("sweep");
    let mut words = vec!["sweep", "--bundle", bundle.to_str().unwrap(), "bag", "coat"];
    words.extend([
        "--in", "p90..p99", "-n", "2", "-k", "2", "--json", "--quiet",
    ]);
    words.extend(["--out", out.to_str().unwrap()]);
    let with = |encoder: &str| {
        let mut words = words.clone();
        words.extend(["--encoder", encoder]);
        run(&words)
    };
    assert_eq!(json(&with("tensor:logits"))["complete"], 2);
    for unit in ["8-bag", "4-coat"] {
        assert_eq!(embedding_length(&out.join(unit)), 10, "{unit}");
    }
    let (code, stderr) = failure(&with("pixels"));
    assert_eq!(code, 2, "{stderr}");
    assert!(stderr.contains("encoder"), "{stderr}");
    let again = json(&run(&[
        "sweep",
        "--resume",
        out.to_str().unwrap(),
        "--json",
        "--quiet",
    ]));
    assert_eq!(again["complete"], 2);
}

#[test]
fn a_constant_encoder_gives_feasible_samples_and_says_that_they_do_not_differ() {
    let folder = tempfile::tempdir().unwrap();
    let mut graph = Graph::new();
    let image = TensorType::new(DType::F32, [1, 1, 28, 28]);
    let image = graph.add_input("image", image).unwrap();
    let zero = graph.add_constant("zero", Tensor::scalar(DType::F32, 0.0));
    let nothing = graph.add("nothing", Op::Binary(Binary::Mul), &[image, zero]);
    graph.set_outputs(vec![nothing.unwrap()]);
    let file = folder.path().join("constant.onnx");
    std::fs::write(&file, serialise(&graph).unwrap()).unwrap();
    let out = folder.path().join("run");
    let out = out.to_str().unwrap();
    let output = run(&[
        "sample",
        "--where",
        "bag in p90..p99",
        "-n",
        "4",
        "-k",
        "2",
        "--quiet",
        "--encoder",
        file.to_str().unwrap(),
        "--out",
        out,
    ]);
    let (code, stderr) = failure(&output);
    assert_eq!(code, 0, "{stderr}");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("all 4 samples have the same embedding"),
        "{text}"
    );
}
