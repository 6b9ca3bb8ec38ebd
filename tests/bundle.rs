//! `invset bundle`: everything that is wrong with a bundle at once, and bundles made of model files.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;
mod protobuf;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use common::{bundle_copy, failure, invset, json, repository, run};
use protobuf::{
    Attribute, FLOAT, GraphParts, INT64, Message, attribute, graph, model, node, tensor, value_info,
};
use safetensors::Dtype;
use safetensors::tensor::TensorView;
use serde_json::Value;

/// A copy of `fashion` in a folder of its own.
fn fashion() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let bundle = bundle_copy("fashion", folder.path());
    (folder, bundle)
}

/// Exit code and report of a check.
fn check(bundle: &Path) -> (i32, Value) {
    let output = run(&["bundle", "check", bundle.to_str().unwrap(), "--json"]);
    let (code, stderr) = failure(&output);
    assert!(!stderr.contains("panicked"), "{stderr}");
    let report =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {stderr}"));
    (code, report)
}

/// `FILE KEY` of each problem, sorted; the file is left out where it is the manifest.
fn keys(report: &Value) -> Vec<String> {
    let problems = report["problems"].as_array().unwrap();
    let mut keys: Vec<String> = problems
        .iter()
        .map(|problem| {
            for text in ["reason", "remedy"] {
                assert!(!problem[text].as_str().unwrap().is_empty(), "{problem}");
            }
            let file = problem["file"].as_str().unwrap();
            let key = problem["key"].as_str().unwrap_or_default();
            let file = if file == "bundle.toml" { "" } else { file };
            format!("{file} {key}").trim().to_owned()
        })
        .collect();
    keys.sort();
    keys
}

/// Replaces a text of the manifest.
fn edit(bundle: &Path, from: &str, to: &str) {
    let path = bundle.join("bundle.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{from} is not in {text}");
    std::fs::write(path, text.replacen(from, to, 1)).unwrap();
}

fn halve(file: &Path) {
    let bytes = std::fs::read(file).unwrap();
    std::fs::write(file, &bytes[..bytes.len() / 2]).unwrap();
}

/// A safetensors file of float32 tensors (name, shape), all ascending along their last axis.
fn tensors(path: &Path, all: &[(&str, &[usize])], metadata: &[(&str, &str)]) {
    let data: Vec<Vec<u8>> = all
        .iter()
        .map(|(_, shape)| {
            let columns = *shape.last().unwrap();
            let count: usize = shape.iter().product();
            let value = |at: usize| (at % columns) as f32 / (columns - 1).max(1) as f32;
            (0..count).flat_map(|at| value(at).to_le_bytes()).collect()
        })
        .collect();
    let views = all.iter().zip(&data).map(|((name, shape), bytes)| {
        let view = TensorView::new(Dtype::F32, shape.to_vec(), bytes).unwrap();
        (name.to_string(), view)
    });
    let metadata: HashMap<String, String> = metadata
        .iter()
        .map(|(key, value)| (key.to_string(), value.to_string()))
        .collect();
    std::fs::write(path, safetensors::serialize(views, Some(metadata)).unwrap()).unwrap();
}

/// Statistics of the copy's classifier with these tensors.
fn statistics(bundle: &Path, all: &[(&str, &[usize])], more: &[(&str, &str)]) {
    let bytes = std::fs::read(bundle.join("classifier.onnx")).unwrap();
    let hash = invset::bundle::sha256(&bytes);
    let mut metadata = vec![("classifier_sha256", hash.as_str()), ("image_count", "7")];
    metadata.extend(more);
    let mut tensors_of = vec![("levels", &[3][..])];
    tensors_of.extend(all);
    tensors(&bundle.join("stats.safetensors"), &tensors_of, &metadata);
}

/// A model `image [N, 1, 28, 28] -> out`, one node after another, of an open batch.
fn image_model(operators: &[&str]) -> Vec<u8> {
    let names: Vec<String> = std::iter::once("image".to_owned())
        .chain((1..operators.len()).map(|at| format!("h{at}")))
        .chain(["out".to_owned()])
        .collect();
    let nodes = operators
        .iter()
        .enumerate()
        .map(|(at, op)| node(op, "", &names[at..=at], &names[at + 1..=at + 1], Vec::new()))
        .collect();
    let parts = GraphParts {
        nodes,
        initializers: Vec::new(),
        // A length of 0 stands for an open one.
        inputs: vec![value_info("image", FLOAT, &[0, 1, 28, 28])],
        outputs: vec![value_info("out", FLOAT, &[0, 1, 28, 28])],
    };
    model(18, graph(parts), Vec::new()).into_bytes()
}

/// A classifier `image [N, 1, 28, 28]` to `logits [N, 784]`, and to `turned [784, N]` and
/// `total []`, whose first axis counts no images.
fn classifier_with_stray_tensors() -> Vec<u8> {
    let names = |names: &[&str]| {
        names
            .iter()
            .map(|name| name.to_string())
            .collect::<Vec<_>>()
    };
    let step = |op: &str, input: &str, output: &str, attributes| {
        node(op, "", &names(&[input]), &names(&[output]), attributes)
    };
    let turn = attribute("perm", Attribute::Ints(vec![1, 0]));
    let total = attribute("keepdims", Attribute::Int(0));
    let parts = GraphParts {
        nodes: vec![
            step("Flatten", "image", "logits", Vec::new()),
            step("Transpose", "logits", "turned", vec![turn]),
            step("ReduceMean", "logits", "total", vec![total]),
        ],
        initializers: Vec::new(),
        inputs: vec![value_info("image", FLOAT, &[0, 1, 28, 28])],
        outputs: vec![value_info("logits", FLOAT, &[0, 784])],
    };
    model(18, graph(parts), Vec::new()).into_bytes()
}

/// Puts the classifier with stray tensors into a copy, without labels and statistics.
fn with_stray_tensors(bundle: &Path) {
    let bytes = classifier_with_stray_tensors();
    std::fs::write(bundle.join("classifier.onnx"), bytes).unwrap();
    let path = bundle.join("bundle.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let at = text.find("[labels]").unwrap();
    std::fs::write(path, &text[..at]).unwrap();
}

const ENCODER: &str =
    "[encoder]\nfile = \"encoder.onnx\"\ninput = \"image\"\noutput = \"embedding\"";

/// A generator `code [N, 784] -> image`, with an operator behind a reshape to [N, 1, 28, 28].
fn generator(operator: &str) -> Vec<u8> {
    let names = |names: &[&str]| {
        names
            .iter()
            .map(|name| name.to_string())
            .collect::<Vec<_>>()
    };
    let shape: Vec<u8> = [-1_i64, 1, 28, 28]
        .iter()
        .flat_map(|n| n.to_le_bytes())
        .collect();
    let parts = GraphParts {
        nodes: vec![
            node(
                "Reshape",
                "",
                &names(&["code", "shape"]),
                &names(&["h"]),
                Vec::new(),
            ),
            node(operator, "", &names(&["h"]), &names(&["image"]), Vec::new()),
        ],
        initializers: vec![tensor("shape", INT64, &[4], &shape)],
        inputs: vec![value_info("code", FLOAT, &[0, 784])],
        outputs: vec![value_info("image", FLOAT, &[0, 1, 28, 28])],
    };
    model(18, graph(parts), Vec::new()).into_bytes()
}

/// Puts another generator into a copy, with a standard normal prior and no inverse.
fn with_generator(bundle: &Path, bytes: &[u8]) {
    std::fs::write(bundle.join("generator.onnx"), bytes).unwrap();
    edit(
        bundle,
        "kind = \"normal\"\nfile = \"prior.safetensors\"",
        "kind = \"normal\"",
    );
    edit(
        bundle,
        "[inverse]\nfile = \"inverse.onnx\"\ninput = \"image\"\noutput = \"code\"\n",
        "",
    );
}

#[test]
fn built_in_bundles_have_nothing_wrong() {
    let report = json(&run(&["bundle", "check", "--json"]));
    assert_eq!(report["bundle"], "fashion");
    assert_eq!(report["ok"], true);
    let facts = &report["facts"];
    assert_eq!(facts["labels"], 10);
    assert_eq!(facts["networks"].as_array().unwrap().len(), 5);
    assert_eq!(facts["image_shape"], serde_json::json!([1, 28, 28]));
    let report = json(&run(&["bundle", "check", "halfspace", "--json"]));
    assert_eq!(keys(&report), Vec::<String>::new());
    assert_eq!(report["facts"]["encoder"], "pixels");
    assert_eq!(report["facts"]["code_length"], 784);
    let folder = repository("models/fashion");
    let output = run(&["bundle", "check", folder.to_str().unwrap()]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    for word in [
        "fashion",
        "MIT",
        "generator.onnx",
        "labels: 10",
        "10000 images",
    ] {
        assert!(text.contains(word), "{word}: {text}");
    }
}

#[test]
fn the_default_bundle_is_the_photographs() {
    let output = invset()
        .env_remove("INVSET_BUNDLE")
        .args(["bundle", "check", "--json", "--runtime", "embedded"])
        .output()
        .unwrap();
    let report = json(&output);
    assert_eq!(report["bundle"], "scenes64");
    assert_eq!(report["facts"]["name"], "scenes64");
    assert_eq!(report["ok"], true);
    let help = run(&["sample", "--help"]).stdout;
    let help = String::from_utf8(help).unwrap();
    assert!(help.contains("INVSET_BUNDLE"), "{help}");
}

#[test]
fn five_independent_faults_are_reported_at_once() {
    let (_guard, bundle) = fashion();
    halve(&bundle.join("generator.onnx"));
    std::fs::remove_file(bundle.join("judge.onnx")).unwrap();
    std::fs::write(bundle.join("labels.txt"), "a\nb\nc\n").unwrap();
    std::fs::write(bundle.join("stats.safetensors"), b"?").unwrap();
    edit(&bundle, "output = \"embedding\"", "output = \"embeding\"");
    let (code, report) = check(&bundle);
    assert_eq!(code, 4);
    assert_eq!(
        keys(&report),
        [
            "encoder.output",
            "generator.file",
            "judge.file",
            "labels.file",
            "stats.safetensors"
        ]
    );
    let text = report.to_string();
    assert!(text.contains("did you mean 'embedding'?"), "{text}");
    assert!(
        text.contains("3 lines") && text.contains("10 elements"),
        "{text}"
    );
    // The same as text.
    let output = run(&["bundle", "check", bundle.to_str().unwrap()]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("5 problems"), "{text}");
    assert!(text.contains("bundle.toml: labels.file: "), "{text}");
}

/// Each fault, made in a copy of `fashion`, and the keys it is reported under.
type Fault = (&'static str, fn(&Path), &'static [&'static str]);

const FAULTS: &[Fault] = &[
    (
        "the manifest and a model",
        |b| {
            edit(b, "mean = [0.286]", "mean = [0.286, 0.5]");
            halve(&b.join("inverse.onnx"));
        },
        &["classifier.mean", "inverse.file"],
    ),
    (
        "what each network is given, all wrong",
        |b| {
            edit(b, "[encoder]", "[encoder]\nmean = [0.286, 0.5]");
            edit(b, "[judge]", "[judge]\nstd = [0.0]");
            edit(b, "[inverse]", "[inverse]\nmean = [nan]\nstd = [1, 1]");
        },
        // The distances in the statistics are of encoders that were given nothing of the kind.
        &[
            "encoder.mean",
            "inverse.mean",
            "inverse.std",
            "judge.std",
            "stats.safetensors encoder_normalisation",
            "stats.safetensors judge_normalisation",
        ],
    ),
    (
        "channels that the inverse does not take",
        |b| {
            edit(b, "[inverse]", "[inverse]\nchannels = \"RGB\"");
        },
        &["inverse.channels"],
    ),
    (
        "statistics of an encoder that was given something else",
        |b| {
            edit(b, "[judge]", "[judge]\nmean = [0.5]\nstd = [0.25]");
        },
        &["stats.safetensors judge_normalisation"],
    ),
    (
        "a bad classifier",
        |b| halve(&b.join("classifier.onnx")),
        &["classifier.file", "stats.safetensors classifier_sha256"],
    ),
    (
        "an input that is not there",
        |b| edit(b, "input = \"code\"", "input = \"cod\""),
        &["generator.input"],
    ),
    (
        "logits that are not there",
        |b| edit(b, "\"logits\"", "\"logit\""),
        &["classifier.logits"],
    ),
    (
        "an encoder tensor that is not there",
        |b| {
            edit(
                b,
                "[encoder]\nfile = \"encoder.onnx\"\ninput = \"image\"\noutput = \"embedding\"",
                "[encoder]\ntensor = \"feature\"",
            );
        },
        &["encoder.tensor"],
    ),
    (
        "an encoder tensor without a first axis for the images",
        |b| {
            with_stray_tensors(b);
            edit(b, ENCODER, "[encoder]\ntensor = \"total\"");
        },
        &["encoder.tensor"],
    ),
    (
        "logits and an encoder tensor whose first axis is another",
        |b| {
            with_stray_tensors(b);
            edit(b, "\"logits\"", "\"turned\"");
            edit(b, ENCODER, "[encoder]\ntensor = \"turned\"");
        },
        &["classifier.logits", "encoder.tensor"],
    ),
    (
        "channels of the generator",
        |b| edit(b, "channels = \"gray\"", "channels = \"RGB\""),
        &["generator.channels"],
    ),
    (
        "size and channels of the classifier",
        |b| {
            edit(
                b,
                "size = [28, 28]\nchannels = \"gray\"",
                "size = [32, 32]\nchannels = \"RGB\"",
            );
            edit(b, "mean = [0.286]\nstd = [0.353]\n", "");
        },
        &["classifier.channels", "classifier.size"],
    ),
    (
        "a generator whose output is no image",
        |b| edit(b, "output = \"image\"", "output = \"code\""),
        &["generator.output"],
    ),
    (
        "an inverse that gives no code",
        |b| {
            // 32 numbers, where a code has 64.
            std::fs::copy(b.join("encoder.onnx"), b.join("inverse.onnx")).unwrap();
            edit(b, "output = \"code\"", "output = \"embedding\"");
        },
        &["inverse.output"],
    ),
    (
        "a judge that takes no images",
        |b| {
            std::fs::copy(b.join("generator.onnx"), b.join("judge.onnx")).unwrap();
            edit(
                b,
                "file = \"judge.onnx\"\ninput = \"image\"\noutput = \"embedding\"",
                "file = \"judge.onnx\"",
            );
            statistics(b, &[], &[]);
        },
        &["judge.input"],
    ),
    (
        "a prior of another length",
        |b| {
            tensors(&b.join("prior.safetensors"), &[("mean", &[3])], &[]);
        },
        &["prior.safetensors mean"],
    ),
    (
        "a clip that leaves no code",
        |b| {
            edit(
                b,
                "kind = \"normal\"\nfile = \"prior.safetensors\"",
                "kind = \"normal\"\nlow = 50.0\nhigh = 60.0",
            );
        },
        &["generator.prior"],
    ),
    (
        "a label too few, and an empty one",
        |b| std::fs::write(b.join("labels.txt"), "a\nb\n\nd\n").unwrap(),
        &["labels.file"],
    ),
    (
        "logits that are another tensor than the labels",
        |b| edit(b, "\"logits\"", "\"layer1.relu\""),
        &["labels.file"],
    ),
    (
        "statistics of tensors that are not there, or have other units",
        |b| {
            let tensors = [
                ("quantiles/logits", &[4, 3][..]),
                ("quantiles/nothing", &[1, 3]),
            ];
            statistics(b, &tensors, &[]);
        },
        &[
            "stats.safetensors quantiles/logits",
            "stats.safetensors quantiles/nothing",
        ],
    ),
    (
        "statistics of other encoders",
        |b| statistics(b, &[], &[("encoder_sha256", "0"), ("judge_sha256", "1")]),
        &[
            "stats.safetensors encoder_sha256",
            "stats.safetensors judge_sha256",
        ],
    ),
    (
        "a range too narrow",
        |b| edit(b, "range = [0.0, 1.0]", "range = [0.0, 0.3]"),
        &["generator.range"],
    ),
    (
        "a normalisation that overflows",
        |b| edit(b, "std = [0.353]", "std = [1e-42]"),
        &["classifier.file"],
    ),
    (
        "a generator without a derivative",
        |b| with_generator(b, &generator("Floor")),
        &["generator.file"],
    ),
    (
        "a generator that gives no numbers",
        |b| with_generator(b, &generator("Log")),
        &["generator.file"],
    ),
    (
        "a generator that cannot be read",
        |b| with_generator(b, &generator("Nonsense")),
        &["generator.file"],
    ),
    (
        "a judge that gives no numbers",
        |b| {
            std::fs::write(
                b.join("judge.onnx"),
                image_model(&["Neg", "Log", "Flatten"]),
            )
            .unwrap();
            edit(
                b,
                "file = \"judge.onnx\"\ninput = \"image\"\noutput = \"embedding\"",
                "file = \"judge.onnx\"",
            );
            statistics(b, &[], &[]);
        },
        &["judge.file"],
    ),
];

#[test]
fn every_fault_alone_is_reported_under_its_key_and_nothing_else_is() {
    let mut wrong = Vec::new();
    for (fault, make, expected) in FAULTS {
        let (_guard, bundle) = fashion();
        make(&bundle);
        let (code, report) = check(&bundle);
        if code != 4 || keys(&report) != *expected {
            wrong.push(format!("{fault}: {code} {:#}", report["problems"]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_tensor_that_mixes_images_is_refused_by_sample_as_by_check() {
    let (_guard, bundle) = fashion();
    with_stray_tensors(&bundle);
    let sample = |place: &Path, unit: &str| {
        let bundle = place.to_str().unwrap();
        let unit = format!("{unit} in 0..1");
        failure(&run(&[
            "sample",
            "--bundle",
            bundle,
            "--where",
            &unit,
            "-n",
            "2",
            "--quiet",
            "--json",
            "--out",
            "/nowhere/run",
        ]))
    };
    let (code, stderr) = sample(&bundle, "turned[0]");
    assert_eq!(code, 4, "{stderr}");
    assert!(stderr.contains("'turned'"), "{stderr}");
    for tensor in ["total", "turned"] {
        let (_guard, bundle) = fashion();
        with_stray_tensors(&bundle);
        edit(
            &bundle,
            ENCODER,
            &format!("[encoder]\ntensor = \"{tensor}\""),
        );
        let (code, stderr) = sample(&bundle, "logits[0]");
        assert_eq!(code, 4, "{stderr}");
        assert!(stderr.contains("encoder.tensor"), "{stderr}");
        assert!(!stderr.contains("panicked"), "{stderr}");
    }
}

#[test]
fn a_network_of_one_fixed_batch_is_reported_whatever_that_is() {
    for batch in [1, 2, 3, 8] {
        let (_guard, bundle) = fashion();
        let mut bytes = generator("Sigmoid");
        // The open first length of the code, before one of 784.
        let open = [0x08, 0, 0x0a, 3, 0x08, 0x90, 0x06];
        let at = bytes.windows(7).position(|part| part == open).unwrap();
        bytes[at + 1] = batch;
        with_generator(&bundle, &bytes);
        let (code, report) = check(&bundle);
        let expected = vec!["generator.input".to_owned()];
        assert_eq!((code, keys(&report)), (4, expected), "{report:#}");
    }
}

#[test]
fn what_the_engine_mends_is_no_fault() {
    let (_guard, bundle) = fashion();
    // A network that takes another size gets images of it.
    let mut bytes = image_model(&["Neg", "Flatten"]);
    let at = bytes.windows(2).position(|pair| pair == [8, 28]).unwrap();
    bytes[at + 1] = 14;
    std::fs::write(bundle.join("judge.onnx"), &bytes).unwrap();
    let judge = "file = \"judge.onnx\"\ninput = \"image\"\noutput = \"embedding\"";
    edit(&bundle, judge, "file = \"judge.onnx\"");
    statistics(&bundle, &[("quantiles/logits", &[10, 3])], &[]);
    let (code, report) = check(&bundle);
    assert_eq!((code, keys(&report)), (0, Vec::new()), "{report:#}");
}

#[test]
fn a_bundle_that_is_not_there_is_refused() {
    let (code, stderr) = failure(&run(&["bundle", "check", "fashoin"]));
    assert_eq!(code, 4, "{stderr}");
    assert!(stderr.contains("did you mean 'fashion'"), "{stderr}");
    let (code, report) = check(Path::new("./nowhere"));
    assert_eq!((code, keys(&report)), (4, vec![String::new()]));
}

#[test]
fn names_with_escape_codes_stay_text() {
    let (_guard, bundle) = fashion();
    edit(&bundle, "\"logits\"", "\"\\u001b[31mlogits\"");
    let output = run(&["bundle", "check", bundle.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(4));
    assert!(!output.stdout.contains(&0x1b));
}

/// `invset bundle new` with the networks of `fashion` and more arguments.
fn new(folder: &Path, more: &[&str]) -> std::process::Output {
    let file = |name: &str| {
        repository("models/fashion")
            .join(name)
            .display()
            .to_string()
    };
    let (generator, classifier) = (file("generator.onnx"), file("classifier.onnx"));
    let mut arguments = vec!["bundle", "new", folder.to_str().unwrap()];
    arguments.extend(["--generator", &generator, "--classifier", &classifier]);
    arguments.extend(more);
    run(&arguments)
}

#[test]
fn a_new_bundle_is_accepted_by_check_and_sample() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("sub/mine");
    let file = |name: &str| {
        repository("models/fashion")
            .join(name)
            .display()
            .to_string()
    };
    let output = new(
        &folder,
        &[
            "--encoder",
            &file("encoder.onnx"),
            "--judge",
            &file("judge.onnx"),
            "--inverse",
            &file("inverse.onnx"),
            "--labels",
            &file("labels.txt"),
            "--name",
            "mine \"quoted\"",
            "--range",
            "0..1",
            "--mean",
            "0.286",
            "--std",
            "0.353",
            "--json",
        ],
    );
    let made = json(&output);
    assert_eq!(made["ok"], true, "{made:#}");
    let guesses = made["guesses"].as_array().unwrap();
    let guessed: Vec<_> = guesses
        .iter()
        .map(|guess| guess["key"].as_str().unwrap())
        .collect();
    // --mean and --std are the classifier's: of the others nothing is known.
    assert_eq!(
        guessed,
        [
            "generator.prior.kind",
            "encoder.mean",
            "judge.mean",
            "inverse.mean"
        ]
    );
    let manifest = std::fs::read_to_string(folder.join("bundle.toml")).unwrap();
    assert_eq!(manifest.matches("channels = \"gray\"").count(), 5);
    let (code, report) = check(&folder);
    assert_eq!(code, 0, "{report:#}");
    assert_eq!(report["facts"]["name"], "mine \"quoted\"");
    assert_eq!(report["facts"]["networks"].as_array().unwrap().len(), 5);
    let out = parent.path().join("run");
    let sample = run(&[
        "sample",
        "--bundle",
        folder.to_str().unwrap(),
        "--where",
        "bag in -90..90",
        "-n",
        "2",
        "-k",
        "2",
        "--quiet",
        "--json",
        "--out",
        out.to_str().unwrap(),
    ]);
    assert_eq!(json(&sample)["n_feasible"], 2);
}

#[test]
fn what_a_new_bundle_guesses_is_said_in_its_manifest() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("mine");
    let output = new(&folder, &["--encoder-tensor", "features"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    let manifest = std::fs::read_to_string(folder.join("bundle.toml")).unwrap();
    for key in ["generator.range", "generator.prior.kind", "classifier.mean"] {
        assert!(text.contains(key), "{key}: {text}");
        let last = key.rsplit_once('.').unwrap().1;
        let marked = |line: &str| line.contains(last) && line.contains("CHECK");
        assert!(manifest.lines().any(marked), "{key}: {manifest}");
    }
    for line in [
        "name = \"mine\"",
        "size = [28, 28]",
        "channels = \"gray\"",
        "input = \"code\"",
    ] {
        assert!(manifest.contains(line), "{line}: {manifest}");
    }
    assert!(manifest.contains("tensor = \"features\""), "{manifest}");
}

#[test]
fn a_new_bundle_says_what_remains_wrong() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("mine");
    let output = new(
        &folder,
        &["--encoder-tensor", "nothing", "--range", "-1..0.2"],
    );
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(4), "{text}");
    assert!(text.contains("bundle.toml: encoder.tensor: "), "{text}");
    assert!(text.contains("bundle.toml: generator.range: "), "{text}");
    assert!(folder.join("bundle.toml").exists());
}

#[test]
fn a_folder_in_use_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("mine"), "x").unwrap();
    for place in [folder.path().to_owned(), folder.path().join("mine")] {
        let (code, stderr) = failure(&new(&place, &[]));
        assert_eq!(code, 6, "{stderr}");
        assert!(stderr.contains("exists"), "{stderr}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    // An empty one will do, and so will the one that one stands in.
    let empty = tempfile::tempdir().unwrap();
    let output = new(empty.path(), &[]);
    assert_eq!(output.status.code(), Some(0), "{:?}", failure(&output));
    assert_eq!(std::fs::read_dir(empty.path()).unwrap().count(), 3);
    let here = empty.path().join("here");
    std::fs::create_dir(&here).unwrap();
    let file = |name: &str| repository("models/fashion").join(name);
    let output = invset()
        .current_dir(&here)
        .args(["bundle", "new", ".", "--runtime", "embedded", "--generator"])
        .arg(file("generator.onnx"))
        .arg("--classifier")
        .arg(file("classifier.onnx"))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{:?}", failure(&output));
    let manifest = std::fs::read_to_string(here.join("bundle.toml")).unwrap();
    assert!(manifest.contains("name = \"here\""), "{manifest}");
}

#[test]
fn without_a_runtime_no_new_bundle_is_made() {
    let parent = tempfile::tempdir().unwrap();
    let file = |name: &str| repository("models/fashion").join(name);
    let output = invset()
        .env("ORT_DYLIB_PATH", "/nowhere/libonnxruntime.so")
        .current_dir(parent.path())
        .args([
            "bundle",
            "new",
            "mine",
            "--runtime",
            "onnxruntime",
            "--generator",
        ])
        .arg(file("generator.onnx"))
        .arg("--classifier")
        .arg(file("classifier.onnx"))
        .output()
        .unwrap();
    let (code, stderr) = failure(&output);
    assert_eq!(code, 5, "{stderr}");
    assert_eq!(std::fs::read_dir(parent.path()).unwrap().count(), 0);
}

#[test]
fn a_bad_file_leaves_no_new_bundle() {
    let parent = tempfile::tempdir().unwrap();
    let broken = parent.path().join("broken.onnx");
    std::fs::write(&broken, b"?").unwrap();
    let folder = parent.path().join("mine");
    for more in [
        ["--judge", broken.to_str().unwrap()],
        ["--labels", "/nowhere/labels.txt"],
        ["--labels", "/dev/null"],
        ["--judge", "/dev"],
    ] {
        let (code, stderr) = failure(&new(&folder, &more));
        assert_eq!(code, 4, "{stderr}");
        assert!(stderr.contains(more[1]), "{stderr}");
    }
    assert_eq!(std::fs::read_dir(parent.path()).unwrap().count(), 1);
    for more in [["--range", "1..0"], ["--mean", "0.5"], ["--range", "x"]] {
        let (code, stderr) = failure(&new(&folder, &more));
        assert_eq!(code, 2, "{more:?}: {stderr}");
    }
    for [mean, std] in [
        ["nan", "1"],
        ["inf", "1"],
        ["0", "0"],
        ["0", "-1"],
        ["0", "1e39"],
    ] {
        let (code, stderr) = failure(&new(&folder, &["--mean", mean, "--std", std]));
        assert_eq!(code, 2, "{mean} {std}: {stderr}");
    }
}

/// `out = Flatten(image + w)`, with the one number `w` in a file of its own.
fn image_model_with_weight_in(location: &str) -> Vec<u8> {
    let entry = |key: &str, value: &str| Message::new().text(1, key).text(2, value);
    let weight = Message::new()
        .ints(1, &[1])
        .int(2, FLOAT)
        .text(8, "w")
        .message(13, entry("location", location))
        .int(14, 1);
    let names = |names: &[&str]| {
        names
            .iter()
            .map(|name| name.to_string())
            .collect::<Vec<_>>()
    };
    let parts = GraphParts {
        nodes: vec![
            node(
                "Add",
                "",
                &names(&["image", "w"]),
                &names(&["h"]),
                Vec::new(),
            ),
            node("Flatten", "", &names(&["h"]), &names(&["out"]), Vec::new()),
        ],
        initializers: vec![weight],
        inputs: vec![value_info("image", FLOAT, &[0, 1, 28, 28])],
        outputs: vec![value_info("out", FLOAT, &[0, 784])],
    };
    model(18, graph(parts), Vec::new()).into_bytes()
}

#[test]
fn a_weight_file_with_the_name_of_the_new_model_does_not_become_it() {
    let parent = tempfile::tempdir().unwrap();
    let judge = parent.path().join("mine.onnx");
    let bytes = image_model_with_weight_in("./judge.onnx");
    std::fs::write(&judge, &bytes).unwrap();
    std::fs::write(parent.path().join("judge.onnx"), 2.5_f32.to_le_bytes()).unwrap();
    let folder = parent.path().join("mine");
    let output = new(&folder, &["--judge", judge.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{:?}", failure(&output));
    let weights = std::fs::read(folder.join("judge/judge.onnx")).unwrap();
    assert_eq!(weights, 2.5_f32.to_le_bytes());
    let copied = std::fs::read(folder.join("judge/model-judge.onnx")).unwrap();
    assert!(copied == bytes);
}

#[test]
fn weights_in_other_files_are_copied_with_their_model() {
    let parent = tempfile::tempdir().unwrap();
    let judge = parent.path().join("judge.onnx");
    std::fs::write(&judge, image_model_with_weight_in("data/w.bin")).unwrap();
    std::fs::create_dir(parent.path().join("data")).unwrap();
    std::fs::write(parent.path().join("data/w.bin"), 2.5_f32.to_le_bytes()).unwrap();
    let folder = parent.path().join("mine");
    let output = new(&folder, &["--judge", judge.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{:?}", failure(&output));
    let copied = std::fs::read(folder.join("judge/data/w.bin")).unwrap();
    assert_eq!(copied, 2.5_f32.to_le_bytes());
    assert!(folder.join("judge/judge.onnx").exists());
}

/// Every key of an object and of the objects within.
fn all_keys(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                found.push(key.clone());
                all_keys(value, found);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| all_keys(value, found)),
        _ => {}
    }
}

#[test]
fn the_keys_of_json_are_documented() {
    let document = std::fs::read_to_string(repository("docs/json.md")).unwrap();
    let parent = tempfile::tempdir().unwrap();
    let output = new(&parent.path().join("mine"), &["--json"]);
    let mut found = Vec::new();
    all_keys(&json(&output), &mut found);
    all_keys(&json(&run(&["bundle", "check", "--json"])), &mut found);
    let (_, report) = check(Path::new("./nowhere"));
    all_keys(&report, &mut found);
    for key in found {
        assert!(document.contains(&format!("`{key}`")), "{key} is missing");
    }
}
