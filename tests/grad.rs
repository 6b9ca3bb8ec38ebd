//! `invset grad` from outside: the names it promises, its numbers against other people's, and what it
//! says to bad input.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::path::{Path, PathBuf};

use common::{failure, repository, run};
use invset::graph::op::Unary;
use invset::graph::{DType, Graph, Op, Tensor, TensorType, interpret, passes};
use invset::onnx::{LoadOptions, Model, serialise};

/// A path as an argument.
fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn fashion(file: &str) -> PathBuf {
    repository("models/fashion").join(file)
}

/// The gradient of the built-in classifier's logits in the code, without the glue of a bundle.
fn joined_gradient(folder: &Path, of: &str, batch: &str) -> PathBuf {
    let out = folder.join("gradient.onnx");
    let (generator, classifier) = (fashion("generator.onnx"), fashion("classifier.onnx"));
    let output = run(&[
        "grad",
        "--forward",
        text(&generator),
        "--then",
        text(&classifier),
        "--join",
        "image=image",
        "--wrt",
        "code",
        "--of",
        of,
        "--batch",
        batch,
        "-o",
        text(&out),
    ]);
    let (code, stderr) = failure(&output);
    assert_eq!(code, 0, "{stderr}");
    out
}

fn graph(file: &Path, batch: usize) -> Graph {
    let options = LoadOptions {
        batch,
        ..LoadOptions::default()
    };
    Model::open(file).unwrap().graph(&options).unwrap()
}

/// Names of a file's inputs and outputs.
fn interface(file: &Path) -> (Vec<String>, Vec<String>) {
    let model = Model::open(file).unwrap();
    let names =
        |infos: &[invset::onnx::TensorInfo]| infos.iter().map(|info| info.name.clone()).collect();
    (names(model.inputs()), names(model.outputs()))
}

#[test]
fn names_are_those_of_the_files_with_a_bar_for_cotangents() {
    let folder = tempfile::tempdir().unwrap();
    let (inputs, outputs) = interface(&joined_gradient(folder.path(), "logits", "2"));
    assert_eq!(inputs, ["code", "logits_bar"]);
    assert_eq!(outputs, ["logits", "code_bar"]);
}

#[test]
fn a_name_of_both_files_is_the_second_file_s_behind_then() {
    let folder = tempfile::tempdir().unwrap();
    let classifier = fashion("classifier.onnx");
    // A network before the classifier that uses one of the classifier's names for its input.
    let mut first = Graph::new();
    let input = TensorType::new(DType::F32, [1, 1, 28, 28]);
    let x = first.add_input("logits", input).unwrap();
    let y = first.add("picture", Op::Unary(Unary::Tanh), &[x]).unwrap();
    first.set_outputs(vec![y]);
    let file = folder.path().join("first.onnx");
    std::fs::write(&file, serialise(&first).unwrap()).unwrap();
    let out = folder.path().join("out.onnx");
    let output = run(&[
        "grad",
        "--forward",
        text(&file),
        "--then",
        text(&classifier),
        "--wrt",
        "logits",
        "--of",
        "then/logits",
        "-o",
        text(&out),
    ]);
    assert_eq!(failure(&output), (0, String::new()));
    let (inputs, outputs) = interface(&out);
    assert_eq!(inputs, ["logits", "then/logits_bar"]);
    assert_eq!(outputs, ["then/logits", "logits_bar"]);
}

#[test]
fn a_gradient_is_differentiated_again() {
    let folder = tempfile::tempdir().unwrap();
    let first = joined_gradient(folder.path(), "logits", "1");
    let second = folder.path().join("second.onnx");
    let output = run(&[
        "grad",
        "--forward",
        text(&first),
        "--wrt",
        "code",
        "--of",
        "code_bar",
        "-o",
        text(&second),
    ]);
    assert_eq!(failure(&output), (0, String::new()));
    assert_eq!(interface(&second).0, ["code", "logits_bar", "code_bar_bar"]);
    graph(&second, 1);
}

/// Against central differences of the plain files in f64, along the gradient of each row.
#[test]
fn the_gradient_of_two_files_agrees_with_differences() {
    let folder = tempfile::tempdir().unwrap();
    let (rows, length) = (8, 64);
    let file = joined_gradient(folder.path(), "logits", &rows.to_string());
    let exact = |file: &Path| passes::convert_floats(&graph(file, rows), DType::F64);
    let gradient = exact(&file);
    let (generator, classifier) = (
        exact(&fashion("generator.onnx")),
        exact(&fashion("classifier.onnx")),
    );
    let tensor =
        |values: &[f64], width| Tensor::from_f64(DType::F64, [rows, width], values).unwrap();
    let codes: Vec<f64> = (0..rows * length).map(|i| (i as f64 * 1.7).sin()).collect();
    let weights: Vec<f64> = (0..rows * 10).map(|i| (i as f64 * 2.3).cos()).collect();
    let bar = interpret::run(&gradient, &[tensor(&codes, length), tensor(&weights, 10)]).unwrap()
        [1]
    .to_f64();
    let value = |step: f64| -> Vec<f64> {
        let moved: Vec<f64> = codes.iter().zip(&bar).map(|(c, g)| c + step * g).collect();
        let image = interpret::run(&generator, &[tensor(&moved, length)]).unwrap();
        let outputs = interpret::run(&classifier, &image[..1]).unwrap();
        let products: Vec<f64> = outputs[0]
            .to_f64()
            .iter()
            .zip(&weights)
            .map(|(y, w)| y * w)
            .collect();
        products.chunks(10).map(|row| row.iter().sum()).collect()
    };
    let step = 1e-7;
    let mut errors: Vec<f64> = (value(step).iter().zip(value(-step)))
        .zip(bar.chunks(length))
        .map(|((ahead, behind), row)| {
            let slope: f64 = row.iter().map(|g| g * g).sum();
            ((ahead - behind) / (2.0 * step) / slope - 1.0).abs()
        })
        .collect();
    errors.sort_by(f64::total_cmp);
    assert!(errors[rows / 2] < 5e-6, "{errors:?}");
}

#[test]
fn the_gradient_of_two_files_agrees_with_pytorch_in_plain_onnxruntime() {
    let Some(python) = common::python() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let file = joined_gradient(folder.path(), "logits", "32");
    let output = std::process::Command::new(python)
        .arg(repository("tests/python/grad_parity.py"))
        .args([&file, &repository("models/fashion")])
        .arg("32")
        .output()
        .unwrap();
    let (code, stderr) = failure(&output);
    if code == 77 {
        eprintln!("SKIPPED: INVSET_TEST_PYTHON has no torch");
        return;
    }
    assert_eq!(code, 0, "{stderr}");
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    eprintln!("{found}");
    assert_eq!(found["rows"], 512);
    assert!(found["median"].as_f64().unwrap() < 5e-6, "{found}");
    assert!(found["above"].as_f64().unwrap() <= 0.1, "{found}");
}

/// Asserts one line on stderr that says each of `words`.
fn refused(arguments: &[&str], words: &[&str]) -> i32 {
    let (code, stderr) = failure(&run(arguments));
    assert_ne!(code, 0, "{arguments:?}");
    assert_eq!(stderr.lines().count(), 1, "{arguments:?}: {stderr}");
    assert!(stderr.starts_with("error: "), "{stderr}");
    for word in words {
        assert!(
            stderr.contains(word),
            "{arguments:?} should say {word:?}: {stderr}"
        );
    }
    code
}

#[test]
fn bad_input_gets_one_clear_line() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out.onnx");
    let classifier = fashion("classifier.onnx");
    let (out, model) = (text(&out), text(&classifier));
    let grad = |file, wrt, of, out| {
        [
            "grad",
            "--forward",
            file,
            "--wrt",
            wrt,
            "--of",
            of,
            "-o",
            out,
        ]
    };
    let missing = grad("nowhere.onnx", "image", "logits", out);
    assert_eq!(refused(&missing, &["nowhere.onnx", "cannot be read"]), 4);
    assert_eq!(refused(&["inspect", "nowhere.onnx"], &["nowhere.onnx"]), 4);
    let check = [
        "check-grad",
        "nowhere.onnx",
        "--wrt",
        "image",
        "--of",
        "logits",
    ];
    assert_eq!(refused(&check, &["nowhere.onnx"]), 4);

    let code = refused(
        &grad(model, "imag", "logits", out),
        &["--wrt", "\"imag\"", "\"image\""],
    );
    assert_eq!(code, 2);
    let code = refused(
        &grad(model, "image", "logit", out),
        &["--of", "\"logit\"", "\"logits\""],
    );
    assert_eq!(code, 2);
    let code = refused(
        &["check-grad", model, "--wrt", "imag", "--of", "logits"],
        &["--wrt", "\"image\""],
    );
    assert_eq!(code, 2);
    let code = refused(
        &["check-grad", model, "--wrt", "image", "--of", "logit"],
        &["--of", "\"logits\""],
    );
    assert_eq!(code, 2);

    let nowhere = folder.path().join("nowhere/out.onnx");
    let unwritable = grad(model, "image", "logits", text(&nowhere));
    let code = refused(&unwritable, &["cannot write", text(&nowhere)]);
    assert_eq!(code, 6);
    assert!(!Path::new(out).exists());
}

#[test]
fn an_operator_that_no_derivative_passes_is_named_with_its_node() {
    let folder = tempfile::tempdir().unwrap();
    let mut graph = Graph::new();
    let x = graph
        .add_input("x", TensorType::new(DType::F32, [1, 2]))
        .unwrap();
    let y = graph.add("steps", Op::Unary(Unary::Floor), &[x]).unwrap();
    graph.set_outputs(vec![y]);
    let file = folder.path().join("steps.onnx");
    std::fs::write(&file, serialise(&graph).unwrap()).unwrap();
    let out = folder.path().join("out.onnx");
    let (code, stderr) = failure(&run(&[
        "grad",
        "--forward",
        text(&file),
        "--wrt",
        "x",
        "--of",
        "steps",
        "-o",
        text(&out),
    ]));
    assert_eq!(code, 4, "{stderr}");
    assert!(
        stderr.contains("steps") && stderr.contains("Floor"),
        "{stderr}"
    );
    assert!(!out.exists());
}
