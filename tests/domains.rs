//! Bundles whose samples are no images: signals and rows of tables, from the command line to the pictures.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;
mod protobuf;

use std::fs;
use std::path::{Path, PathBuf};

use common::{assert_same, failure, invset, json, repository, run};
use protobuf::{FLOAT, GraphParts, graph, model, node, tensor, value_info};

const PREMATURE: [&str; 6] = [
    "sample",
    "--bundle",
    "heartbeats",
    "--where",
    "premature in p95..",
    "--json",
];

fn sample(arguments: &[&str], out: &Path, more: &[&str]) -> serde_json::Value {
    let place = ["--quiet", "--out", out.to_str().unwrap()];
    json(&run(&[arguments, &place, more].concat()))
}

/// A bundle in a folder: the heartbeats' classifier with the code as its signal.
fn raw_heartbeats(folder: &Path, more: &str) -> PathBuf {
    let bundle = folder.join("raw");
    fs::create_dir(&bundle).unwrap();
    let classifier = repository("models/heartbeats/classifier.onnx");
    fs::copy(classifier, bundle.join("classifier.onnx")).unwrap();
    let manifest = format!(
        "name = 'raw'\n[generator]\nkind = 'signal'\nshape = [1, 128]\nrange = [-1.5, 2.5]\n{more}\n\
         [classifier]\nfile = 'classifier.onnx'\nlogits = 'logits'\nmean = [0.0]\nstd = [0.35]\n"
    );
    fs::write(bundle.join("bundle.toml"), manifest).unwrap();
    bundle
}

/// A bundle of rows of three features, whose logits are two weighted sums.
fn table(folder: &Path) -> PathBuf {
    let bundle = folder.join("table");
    fs::create_dir(&bundle).unwrap();
    fs::write(bundle.join("classifier.onnx"), row_classifier()).unwrap();
    fs::write(bundle.join("features.txt"), "ash\nhue\nproline\n").unwrap();
    fs::write(bundle.join("labels.txt"), "red\nwhite\n").unwrap();
    let manifest = "name = 'table'\n[generator]\nkind = 'tabular'\nshape = [3]\n\
         range = [[0.0, 1.0], [-1.0, 1.0], [200.0, 1700.0]]\nnames = 'features.txt'\n\
         [classifier]\nfile = 'classifier.onnx'\nmean = [0.5, 0.0, 950.0]\nstd = [0.3, 0.5, 400.0]\n\
         [labels]\nfile = 'labels.txt'\n";
    fs::write(bundle.join("bundle.toml"), manifest).unwrap();
    bundle
}

/// Two logits of three features, as an ONNX file.
fn row_classifier() -> Vec<u8> {
    let names = |names: &[&str]| {
        names
            .iter()
            .map(|&name| name.to_owned())
            .collect::<Vec<_>>()
    };
    let weights = [1.0f32, -1.0, 0.5, 0.5, -0.25, 1.0];
    let raw: Vec<u8> = weights
        .iter()
        .flat_map(|weight| weight.to_le_bytes())
        .collect();
    let parts = GraphParts {
        nodes: vec![node(
            "MatMul",
            "",
            &names(&["row", "weights"]),
            &names(&["logits"]),
            Vec::new(),
        )],
        initializers: vec![tensor("weights", FLOAT, &[3, 2], &raw)],
        // A length of 0 is an axis left open.
        inputs: vec![value_info("row", FLOAT, &[0, 3])],
        outputs: vec![value_info("logits", FLOAT, &[0, 2])],
    };
    model(18, graph(parts), Vec::new()).into_bytes()
}

#[test]
fn beats_are_sampled_drawn_and_shown_as_images_are() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (folder.path().join("one"), folder.path().join("other"));
    let result = sample(&PREMATURE, &one, &["-n", "6"]);
    assert_eq!(result["n_feasible"], 6);
    let spaces = result["diversity"].as_array().unwrap();
    let spaces: Vec<&str> = spaces
        .iter()
        .map(|s| s["encoder"].as_str().unwrap())
        .collect();
    assert_eq!(spaces, ["values", "judge"]);
    let pictures: Vec<image::RgbImage> = (0..6)
        .map(|index| one.join(format!("images/{index:05}.png")))
        .map(|path| image::open(path).unwrap().to_rgb8())
        .collect();
    assert!(
        pictures
            .iter()
            .all(|picture| picture.dimensions() == (192, 96))
    );
    assert!(pictures[1..].iter().all(|picture| *picture != pictures[0]));
    sample(&PREMATURE, &other, &["-n", "6"]);
    assert_same(&one, &other);

    let show = invset()
        .args(["show", one.to_str().unwrap()])
        .output()
        .unwrap();
    let text = String::from_utf8(show.stdout).unwrap();
    assert!(text.contains("6 pictures"), "{text}");
    let metrics = invset()
        .args(["metrics", one.to_str().unwrap(), "--json"])
        .output()
        .unwrap();
    assert_eq!(json(&metrics)["n_inside"], 6);
}

#[test]
fn a_signal_bundle_is_checked_and_says_what_its_samples_are() {
    let report = json(&run(&["bundle", "check", "heartbeats", "--json"]));
    assert_eq!(report["ok"], true, "{report}");
    assert_eq!(report["facts"]["sample"], "signal");
    assert_eq!(report["facts"]["image_shape"], serde_json::json!([1, 128]));
    assert_eq!(report["facts"]["encoder"], "values");
}

#[test]
fn a_bundle_of_signals_is_drafted_of_its_model_files() {
    let folder = tempfile::tempdir().unwrap();
    let bundle = folder.path().join("drafted");
    let file = |name: &str| repository("models/heartbeats").join(name);
    let output = invset()
        .args([
            "bundle",
            "new",
            bundle.to_str().unwrap(),
            "--json",
            "--generator",
        ])
        .arg(file("generator.onnx"))
        .arg("--classifier")
        .arg(file("classifier.onnx"))
        .args([
            "--range",
            "-1.5..2.5",
            "--mean",
            "0",
            "--std",
            "0.35",
            "--runtime",
            "embedded",
        ])
        .output()
        .unwrap();
    let report = json(&output);
    assert_eq!(report["ok"], true, "{report}");
    let text = fs::read_to_string(bundle.join("bundle.toml")).unwrap();
    assert!(text.contains("kind = \"signal\""), "{text}");
    assert!(
        !text.contains("size") && !text.contains("channels ="),
        "{text}"
    );
}

#[test]
fn a_code_that_is_the_signal_starts_from_files_and_may_be_smooth() {
    let folder = tempfile::tempdir().unwrap();
    let bundle = raw_heartbeats(folder.path(), "smoothness = 2.0");
    let starts = folder.path().join("starts");
    fs::create_dir(&starts).unwrap();
    let beat: String = (0..128)
        .map(|at| format!("{}\n", if at == 56 { 1.2 } else { 0.0 }))
        .collect();
    fs::write(starts.join("beat.csv"), format!("mV\n{beat}")).unwrap();
    let init = format!("images:{}", starts.display());
    let bundle = bundle.to_str().unwrap();
    let arguments = [
        "sample",
        "--bundle",
        bundle,
        "--where",
        "logits[1] in -5..5",
        "--json",
    ];
    let out = folder.path().join("run");
    let result = sample(&arguments, &out, &["-n", "2", "--init", &init]);
    assert_eq!(result["n_feasible"], 2);
    fs::write(starts.join("beat.csv"), "1\n2\n").unwrap();
    let short = run(&[&arguments[..], &["--init", &init]].concat());
    let (code, stderr) = failure(&short);
    assert_eq!(code, 4, "{stderr}");
    assert!(
        stderr.contains("beat.csv: has 2 lines of numbers, a signal of this bundle 128"),
        "{stderr}"
    );
}

#[test]
fn rows_of_a_table_are_sampled_within_the_ends_of_each_feature() {
    let folder = tempfile::tempdir().unwrap();
    let bundle = table(folder.path());
    let bundle = bundle.to_str().unwrap();
    let report = json(&run(&["bundle", "check", bundle, "--json"]));
    assert_eq!(report["ok"], true, "{report}");
    assert_eq!(report["facts"]["sample"], "row");
    let arguments = [
        "sample",
        "--bundle",
        bundle,
        "--where",
        "red in 1..1.5",
        "--json",
    ];
    let out = folder.path().join("run");
    let result = sample(&arguments, &out, &["-n", "5", "--method", "joint"]);
    assert_eq!(result["n_feasible"], 5);
    let bytes = fs::read(out.join("samples.safetensors")).unwrap();
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let codes = file.tensor("codes").unwrap();
    let codes: Vec<f32> = codes
        .data()
        .chunks_exact(4)
        .map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap()))
        .collect();
    for row in codes.chunks(3) {
        assert!(
            (0.0..=1.0).contains(&row[0]) && (-1.0..=1.0).contains(&row[1]),
            "{row:?}"
        );
        assert!((200.0..=1700.0).contains(&row[2]), "{row:?}");
    }
    // Three bars with their names.
    let picture = image::open(out.join("images/00000.png")).unwrap();
    assert_eq!((picture.width(), picture.height()), (192, 36));
}

#[test]
fn what_does_not_fit_a_signal_is_told_by_its_key() {
    let folder = tempfile::tempdir().unwrap();
    let bundle = raw_heartbeats(folder.path(), "names = 'leads.txt'");
    fs::write(bundle.join("leads.txt"), "one\ntwo\n").unwrap();
    let manifest = bundle.join("bundle.toml");
    let text = fs::read_to_string(&manifest).unwrap();
    let keys = |text: &str| -> Vec<String> {
        fs::write(&manifest, text).unwrap();
        let output = run(&["bundle", "check", bundle.to_str().unwrap(), "--json"]);
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let problems = report["problems"].as_array().unwrap().iter();
        problems
            .map(|problem| problem["key"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(keys(&text), ["generator.names"]);
    let named = text.replace("names = 'leads.txt'", "");
    assert!(keys(&named).is_empty());
    assert_eq!(
        keys(&named.replace("[1, 128]", "[1, 100]")),
        ["classifier.input"]
    );
    let off = named.replace(
        "range = [-1.5, 2.5]",
        "range = [50, 51]\nprior.kind = 'box'\nprior.low = -1\nprior.high = 1",
    );
    assert_eq!(keys(&off), ["generator.range"]);
}
