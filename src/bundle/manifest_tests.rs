//! Manifests, whole and wrong.

#![allow(clippy::unwrap_used)]

use super::*;

const WHOLE: &str = r#"
name = "garden"
description = "flowers"
licence = "MIT"
[generator]
file = "generator.onnx"
input = "code"
output = "image"
range = [-1, 1]
channels = "BGR"
[generator.prior]
kind = "normal"
file = "prior.safetensors"
[classifier]
file = "classifier.onnx"
input = "image"
logits = "logits"
mean = [0.4, 0.5, 0.6]
std = [0.2, 0.2, 0.2]
size = [64, 48]
channels = "RGB"
[encoder]
tensor = "features"
[judge]
file = "judge.onnx"
[inverse]
file = "sub/inverse.onnx"
input = "image"
[labels]
file = "labels.txt"
[stats]
file = "stats.safetensors"
"#;

fn keys(text: &str) -> Vec<String> {
    Manifest::parse(text)
        .unwrap_err()
        .into_iter()
        .filter_map(|problem| problem.key)
        .collect()
}

#[test]
fn every_key_of_the_format_is_read() {
    let manifest = Manifest::parse(WHOLE).unwrap();
    assert_eq!(manifest.name, "garden");
    assert_eq!(manifest.generator.range, [-1.0, 1.0]);
    assert_eq!(manifest.generator.channels, Channels::Bgr);
    assert_eq!(manifest.classifier.size, Some([64, 48]));
    assert_eq!(manifest.encoder, Some(Encoder::Tensor("features".into())));
    assert_eq!(
        manifest.inverse.as_ref().unwrap().input.as_deref(),
        Some("image")
    );
    assert_eq!(
        manifest.files().into_values().collect::<Vec<_>>(),
        [
            "classifier.onnx",
            "generator.onnx",
            "prior.safetensors",
            "sub/inverse.onnx",
            "judge.onnx",
            "labels.txt",
            "stats.safetensors"
        ]
    );
}

#[test]
fn pixels_need_no_file_and_default_to_the_box_of_their_range() {
    let manifest = Manifest::parse(
        "name = 'p'\n[generator]\nkind = 'pixels'\nshape = [1, 28, 28]\nchannels = 'gray'\n[classifier]\nfile = 'c.onnx'",
    )
    .unwrap();
    assert_eq!(
        manifest.generator.form,
        GeneratorForm::Pixels {
            shape: [1, 28, 28],
            smoothness: Smoothness::NONE
        }
    );
    assert_eq!(manifest.generator.prior.kind, PriorKind::Box);
    assert_eq!(manifest.generator.prior.high, Some(1.0));
    assert_eq!(manifest.encoder, None);
}

#[test]
fn pixels_may_be_smooth_and_networks_not() {
    let pixels = "name = 'p'\n[classifier]\nfile = 'c.onnx'\n[generator]\nkind = 'pixels'\nshape = [3, 8, 8]\n";
    let manifest = Manifest::parse(&format!("{pixels}smoothness = 2")).unwrap();
    let GeneratorForm::Pixels { smoothness, .. } = manifest.generator.form else {
        panic!("{:?}", manifest.generator.form);
    };
    assert_eq!(smoothness.sigma(), 2.0);
    for wrong in ["-1.0", "nan", "'soft'"] {
        let found = keys(&format!("{pixels}smoothness = {wrong}"));
        assert_eq!(found, ["generator.smoothness"], "{wrong}");
    }
    let network = WHOLE.replace("[generator]", "[generator]\nsmoothness = 1.0");
    assert_eq!(keys(&network), ["generator.smoothness"]);
}

#[test]
fn every_problem_is_reported_with_its_key() {
    let mut found = keys(
        "kind = 'signal'\nnmae = 'x'\n[generator]\nfile = '../g.onnx'\nrange = [1, 0]\nchannels = 'HSV'\n[generator.prior]\nkind = 'uniform'\n[classifier]\nmean = 3\nstd = [1, 0, 1]\nsise = [1, 1]\n[judge]",
    );
    found.sort();
    assert_eq!(
        found,
        [
            "classifier.file",
            "classifier.mean",
            "classifier.sise",
            "classifier.std",
            "generator.channels",
            "generator.file",
            "generator.prior.kind",
            "generator.prior.kind",
            "generator.range",
            "judge.file",
            "kind",
            "name",
            "nmae",
        ]
    );
}

#[test]
fn contradictions_are_named() {
    let pixels = "name = 'p'\n[classifier]\nfile = 'c.onnx'\n[generator]\nkind = 'pixels'\n";
    assert_eq!(
        keys(&format!("{pixels}file = 'g.onnx'\nshape = [3, 2, 2]")),
        ["generator.file"]
    );
    assert_eq!(keys(pixels), ["generator.shape"]);
    assert_eq!(
        keys(&format!("{pixels}shape = [1, 2, 2]")),
        ["generator.shape"]
    );
    assert_eq!(
        keys(&format!("{pixels}shape = [3, 4294967296, 4294967296]")),
        ["generator.shape"]
    );
    let whole = WHOLE.replace("tensor = \"features\"", "tensor = \"a\"\nfile = \"e.onnx\"");
    assert_eq!(keys(&whole), ["encoder"]);
    let whole = WHOLE.replace("kind = \"normal\"", "kind = \"box\"\nlow = 0.0");
    assert_eq!(keys(&whole), ["generator.prior.low"]);
}

#[test]
fn what_is_not_toml_names_the_line() {
    let problems = Manifest::parse("name = 'x'\n[generator").unwrap_err();
    assert!(problems[0].reason.contains("line 2"), "{}", problems[0]);
}
