//! Manifests, whole and wrong.

#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;
use crate::bundle::{
    Axes, Channels, Domain, Encoder, GeneratorForm, Normalisation, PriorKind, Smoothness,
};

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
mean = [0.5, 0.5, 0.5]
std = [0.25, 0.25, 0.25]
channels = "RGB"
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
    let image = Domain::Image {
        range: [-1.0, 1.0],
        channels: Channels::Bgr,
    };
    assert_eq!(manifest.generator.domain, image);
    assert_eq!(manifest.classifier.size, Some([64, 48]));
    assert_eq!(manifest.encoder, Some(Encoder::Tensor("features".into())));
    let inverse = manifest.inverse.as_ref().unwrap();
    assert_eq!(inverse.network.input.as_deref(), Some("image"));
    assert!(inverse.normalisation.is_nothing());
    let judge = Normalisation {
        channels: Some(Channels::Rgb),
        mean: vec![0.5; 3],
        standard_deviation: vec![0.25; 3],
    };
    assert_eq!(manifest.judge.as_ref().unwrap().normalisation, judge);
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
        GeneratorForm::Code {
            shape: vec![1, 28, 28],
            smoothness: Smoothness::NONE
        }
    );
    assert_eq!(manifest.generator.prior.kind, PriorKind::Box);
    assert_eq!(manifest.generator.prior.high, [1.0]);
    assert_eq!(manifest.encoder, None);
}

#[test]
fn pixels_may_be_smooth_and_networks_not() {
    let pixels = "name = 'p'\n[classifier]\nfile = 'c.onnx'\n[generator]\nkind = 'pixels'\nshape = [3, 8, 8]\n";
    let manifest = Manifest::parse(&format!("{pixels}smoothness = 2")).unwrap();
    let form = GeneratorForm::Code {
        shape: vec![3, 8, 8],
        smoothness: Smoothness::new(2.0).unwrap(),
    };
    assert_eq!(manifest.generator.form, form);
    for wrong in ["-1.0", "nan", "'soft'"] {
        let found = keys(&format!("{pixels}smoothness = {wrong}"));
        assert_eq!(found, ["generator.smoothness"], "{wrong}");
    }
    let network = WHOLE.replace("[generator]", "[generator]\nsmoothness = 1.0");
    assert_eq!(keys(&network), ["generator.smoothness"]);
}

/// A manifest of signals or rows, from the lines of its generator and its classifier.
fn series(generator: &str, classifier: &str) -> String {
    format!("name = 's'\n[generator]\n{generator}\n[classifier]\nfile = 'c.onnx'\n{classifier}")
}

#[test]
fn a_signal_is_made_by_a_network_or_is_the_code() {
    let network = "kind = 'signal'\nfile = 'g.onnx'\nrange = [-2, 3]\nnames = 'leads.txt'";
    let manifest = Manifest::parse(&series(network, "mean = [0.1, 0.2, 0.3, 0.4, 0.5]")).unwrap();
    let axes = Axes {
        ranges: vec![[-2.0, 3.0]],
        names: Some("leads.txt".to_owned()),
    };
    assert_eq!(manifest.generator.domain, Domain::Signal(axes));
    assert_eq!(manifest.generator.prior.kind, PriorKind::Normal);
    assert!(manifest.generator.prior.low.is_empty());
    assert!(manifest.files().values().any(|&file| file == "leads.txt"));

    let code = "kind = 'signal'\nshape = [2, 50]\nrange = [[-2, 3], [0, 10]]\nsmoothness = 1.5";
    let manifest = Manifest::parse(&series(code, "mean = [0, 5]\nstd = [1, 2]")).unwrap();
    let form = GeneratorForm::Code {
        shape: vec![2, 50],
        smoothness: Smoothness::new(1.5).unwrap(),
    };
    assert_eq!(manifest.generator.form, form);
    assert_eq!(manifest.generator.prior.kind, PriorKind::Box);
    assert_eq!(manifest.generator.prior.low, [-2.0, 0.0]);
    assert_eq!(manifest.generator.prior.high, [3.0, 10.0]);
}

#[test]
fn what_images_have_and_signals_and_tables_do_not_is_named() {
    for (generator, classifier, key) in [
        ("kind = 'signal'\nshape = [1, 9]", "", "generator.range"),
        ("kind = 'signal'\nrange = [0, 1]", "", "generator.shape"),
        (
            "kind = 'signal'\nshape = [9]\nrange = [0, 1]",
            "",
            "generator.shape",
        ),
        (
            "kind = 'tabular'\nshape = [0]\nrange = [0, 1]",
            "",
            "generator.shape",
        ),
        (
            "kind = 'tabular'\nshape = [3]\nrange = [[0, 1], [0, 2]]",
            "",
            "generator.range",
        ),
        (
            "kind = 'tabular'\nshape = [3]\nrange = [0]",
            "",
            "generator.range",
        ),
        (
            "kind = 'tabular'\nshape = [3]\nrange = [0, 1]\nsmoothness = 1",
            "",
            "generator.smoothness",
        ),
        (
            "kind = 'tabular'\nfile = 'g.onnx'\nshape = [3]\nrange = [0, 1]",
            "",
            "generator.shape",
        ),
        (
            "kind = 'signal'\nfile = 'g.onnx'\nrange = [0, 1]\nchannels = 'gray'",
            "",
            "generator.channels",
        ),
        (
            "kind = 'tabular'\nshape = [3]\nrange = [0, 1]",
            "mean = [1, 2]",
            "classifier.mean",
        ),
        (
            "kind = 'tabular'\nshape = [3]\nrange = [0, 1]",
            "size = [1, 3]",
            "classifier.size",
        ),
        ("file = 'g.onnx'\nnames = 'n.txt'", "", "generator.names"),
        (
            "file = 'g.onnx'\nrange = [[0, 1], [0, 1]]",
            "",
            "generator.range",
        ),
    ] {
        let found = keys(&series(generator, classifier));
        let distinct: std::collections::BTreeSet<_> = found.iter().map(String::as_str).collect();
        assert!(distinct.contains(key), "{generator}: {found:?}");
    }
    let table = series(
        "kind = 'tabular'\nshape = [3]\nrange = [0, 1]",
        "mean = [1, 2, 3]",
    );
    assert!(Manifest::parse(&table).is_ok());
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
fn every_network_has_the_keys_of_its_input_and_a_tensor_has_none() {
    let with = |keys: &str| {
        let file = format!("file = \"e.onnx\"\n{keys}");
        WHOLE.replace("tensor = \"features\"", &file)
    };
    let manifest = Manifest::parse(&with("mean = [1, 2, 3]\nchannels = 'RGB'")).unwrap();
    let encoder = manifest.encoder_network().unwrap();
    assert_eq!(encoder.file(), "e.onnx");
    assert_eq!(encoder.normalisation.mean, [1.0, 2.0, 3.0]);
    // In the generator's order, which has three channels, unless it says otherwise.
    assert!(Manifest::parse(&with("std = [1, 2, 3]")).is_ok());
    assert_eq!(keys(&with("std = [1]")), ["encoder.std"]);
    assert_eq!(
        keys(&with("std = [1, 2, 3]\nchannels = 'gray'")),
        ["encoder.std"]
    );
    assert_eq!(keys(&with("mean = [inf, 0, 0]")), ["encoder.mean"]);
    assert_eq!(keys(&with("channels = 'HSV'")), ["encoder.channels"]);
    let judge = WHOLE.replace("std = [0.25, 0.25, 0.25]", "std = [0.25, 0.25, -1]");
    assert_eq!(keys(&judge), ["judge.std"]);
    let inverse = WHOLE.replace("[inverse]", "[inverse]\nmean = [1, 2]");
    assert_eq!(keys(&inverse), ["inverse.mean"]);
    let tensor = "tensor = \"features\"\nmean = [1]\nstd = [1]\nchannels = 'RGB'";
    assert_eq!(
        keys(&WHOLE.replace("tensor = \"features\"", tensor)),
        ["encoder.mean", "encoder.std", "encoder.channels"]
    );
    let signal = series(
        "kind = 'signal'\nshape = [2, 9]\nrange = [0, 1]",
        "[judge]\nfile = 'j.onnx'\nchannels = 'RGB'\nmean = [1]",
    );
    assert_eq!(keys(&signal), ["judge.channels", "judge.mean"]);
}

#[test]
fn what_is_not_toml_names_the_line() {
    let problems = Manifest::parse("name = 'x'\n[generator").unwrap_err();
    assert!(problems[0].reason.contains("line 2"), "{}", problems[0]);
}
