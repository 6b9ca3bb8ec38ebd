//! What a network is given: `mean`, `std` and `channels` of `bundle.toml`, and behind `--encoder FILE.onnx`,
//! are the same as the same steps inside the file.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;
mod protobuf;

use std::path::Path;
use std::sync::Arc;

use common::{assert_same, failure, json, run};
use invset::bundle::Bundle;
use invset::engine::{Engine, ImageNetwork, LayerNetwork, PlanRequest};
use invset::query::Query;
use invset::runtime::Embedded;
use invset::sampler::Evaluate;
use ndarray::Array2;
use protobuf::{FLOAT, GraphParts, INT64, Message, graph, model, node, tensor, value_info};

const MEAN: [f32; 3] = [0.485, 0.456, 0.406];
const STD: [f32; 3] = [0.229, 0.224, 0.225];
const KEYS: &str =
    "mean = [0.485, 0.456, 0.406]\nstd = [0.229, 0.224, 0.225]\nchannels = \"BGR\"\n";
/// Height and width of the images.
const SIDE: usize = 6;

fn floats(name: &str, dims: &[i64], values: &[f32]) -> Message {
    let raw: Vec<u8> = values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    tensor(name, FLOAT, dims, &raw)
}

fn step(op: &str, inputs: &[&str], output: &str) -> Message {
    let inputs: Vec<String> = inputs.iter().map(|name| name.to_string()).collect();
    node(op, "", &inputs, &[output.to_owned()], Vec::new())
}

/// A model `image [N, 3, 6, 6]` to `embedding`, a convolution with four filters and a ReLU; with
/// `built_in`, behind the order BGR and (x − mean) / std.
fn encoder(built_in: bool) -> Vec<u8> {
    let weights: Vec<f32> = (0..4 * 27)
        .map(|at| (at as f32 * 1.7).sin() * 0.4)
        .collect();
    let mut nodes = Vec::new();
    let mut initializers = vec![floats("weights", &[4, 3, 3, 3], &weights)];
    let mut seen = "image";
    if built_in {
        let order: Vec<u8> = [2_i64, 1, 0].iter().flat_map(|n| n.to_le_bytes()).collect();
        initializers.extend([
            tensor("order", INT64, &[3], &order),
            floats("mean", &[1, 3, 1, 1], &MEAN),
            floats("std", &[1, 3, 1, 1], &STD),
        ]);
        let axis = protobuf::attribute("axis", protobuf::Attribute::Int(1));
        let names = ["image".to_owned(), "order".to_owned()];
        nodes.push(node("Gather", "", &names, &["bgr".to_owned()], vec![axis]));
        nodes.push(step("Sub", &["bgr", "mean"], "centred"));
        nodes.push(step("Div", &["centred", "std"], "normalised"));
        seen = "normalised";
    }
    nodes.push(step("Conv", &[seen, "weights"], "map"));
    nodes.push(step("Relu", &["map"], "active"));
    nodes.push(step("Flatten", &["active"], "embedding"));
    finished(nodes, initializers, ("embedding", &[0, 64]))
}

/// A model of the images, of an open batch.
fn finished(nodes: Vec<Message>, initializers: Vec<Message>, output: (&str, &[i64])) -> Vec<u8> {
    let side = SIDE as i64;
    let parts = GraphParts {
        nodes,
        initializers,
        inputs: vec![value_info("image", FLOAT, &[0, 3, side, side])],
        outputs: vec![value_info(output.0, FLOAT, output.1)],
    };
    model(18, graph(parts), Vec::new()).into_bytes()
}

/// `logits [N, 2]`: the mean of all pixels, and a filter.
fn classifier() -> Vec<u8> {
    let area = 3 * SIDE * SIDE;
    let filter = (0..area).map(|at| (at as f32 * 0.9).cos() * 0.1);
    let weights: Vec<f32> = vec![1.0 / area as f32; area]
        .into_iter()
        .chain(filter)
        .collect();
    let side = SIDE as i64;
    let nodes = vec![
        step("Conv", &["image", "weights"], "map"),
        step("Flatten", &["map"], "logits"),
    ];
    let weights = floats("weights", &[2, 3, side, side], &weights);
    finished(nodes, vec![weights], ("logits", &[0, 2]))
}

/// A bundle of RGB pixels in a folder, whose encoder and judge are one file with these keys.
fn bundle(folder: &Path, built_in: bool, keys: &str) -> String {
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(folder.join("classifier.onnx"), classifier()).unwrap();
    std::fs::write(folder.join("encoder.onnx"), encoder(built_in)).unwrap();
    let manifest = format!(
        "name = \"tiny\"\n[generator]\nkind = \"pixels\"\nshape = [3, {SIDE}, {SIDE}]\n[classifier]\nfile = \
         \"classifier.onnx\"\n[encoder]\nfile = \"encoder.onnx\"\n{keys}[judge]\nfile = \"encoder.onnx\"\n{keys}"
    );
    std::fs::write(folder.join("bundle.toml"), manifest).unwrap();
    folder.display().to_string()
}

fn codes(rows: usize) -> Array2<f32> {
    let length = 3 * SIDE * SIDE;
    Array2::from_shape_fn((rows, length), |(row, at)| {
        ((row * length + at) as f32 * 0.61).sin().abs()
    })
}

/// Everything that an encoder and a judge make of a few images.
struct Made {
    embeddings: Vec<f32>,
    gradients: Vec<f32>,
    judged: Vec<f32>,
    layers: Vec<f32>,
}

fn made(bundle: Bundle) -> Made {
    let bundle = Arc::new(bundle);
    let codes = codes(3);
    let units = Query::resolve(&["logits[0] in 0..".to_owned()], &bundle).unwrap();
    let request = PlanRequest {
        rows: 3,
        micro_batch: Some(3),
        ..PlanRequest::default()
    };
    let runtime = Arc::new(Embedded::new());
    let mut engine =
        Engine::new(runtime, Arc::clone(&bundle), units.units(), &request, None).unwrap();
    let embeddings = engine.evaluate(codes.view()).unwrap().embeddings;
    let bar = embeddings.mapv(|value| value - 0.3);
    let gradients = engine.pull_back(bar.view()).unwrap().code_bar;

    let images: Vec<Vec<f32>> = codes.rows().into_iter().map(|row| row.to_vec()).collect();
    let shape = [3, SIDE, SIDE];
    let finished = ImageNetwork::encoder(&Embedded::new(), &bundle, &shape);
    let of_images = finished.unwrap().unwrap().run(&images).unwrap();
    near(&values(&of_images), &values(&embeddings));
    let mut judge = ImageNetwork::judge(&Embedded::new(), &bundle, &shape)
        .unwrap()
        .unwrap();
    let mut layers = Vec::new();
    LayerNetwork::judge(&Embedded::new(), &bundle, &shape)
        .unwrap()
        .unwrap()
        .run(&images, |found| layers.extend(found.concat()))
        .unwrap();
    Made {
        embeddings: values(&embeddings),
        gradients: values(&gradients),
        judged: values(&judge.run(&images).unwrap()),
        layers,
    }
}

fn values(rows: &Array2<f32>) -> Vec<f32> {
    rows.iter().copied().collect()
}

/// Largest difference over the largest value.
fn difference(one: &[f32], other: &[f32]) -> f32 {
    assert_eq!(one.len(), other.len());
    let largest = |values: &mut dyn Iterator<Item = f32>| values.fold(0.0, f32::max);
    let scale = largest(&mut one.iter().map(|value| value.abs()));
    largest(&mut one.iter().zip(other).map(|(a, b)| (a - b).abs())) / scale
}

fn near(one: &[f32], other: &[f32]) {
    let found = difference(one, other);
    assert!(found < 1e-5, "{found}");
}

#[test]
fn keys_of_the_manifest_do_what_the_same_steps_inside_the_file_do() {
    let folder = tempfile::tempdir().unwrap();
    let open = |name: &str, built_in: bool, keys: &str| {
        Bundle::open(&bundle(&folder.path().join(name), built_in, keys)).unwrap()
    };
    let inside = made(open("inside", true, ""));
    let stated = made(open("stated", false, KEYS));
    let chosen = {
        let file = folder.path().join("stated/encoder.onnx");
        let choice = format!(
            "{}:mean=0.485,0.456,0.406:std=0.229,0.224,0.225:channels=BGR",
            file.display()
        );
        let inside = open("judged", true, "");
        made(inside.with_encoder(&choice.parse().unwrap()).unwrap())
    };
    for other in [&stated, &chosen] {
        near(&inside.embeddings, &other.embeddings);
        near(&inside.gradients, &other.gradients);
        near(&inside.judged, &other.judged);
        near(&inside.layers, &other.layers);
    }
    let nothing = made(open("nothing", false, ""));
    for (one, other) in [
        (&inside.embeddings, &nothing.embeddings),
        (&inside.gradients, &nothing.gradients),
        (&inside.judged, &nothing.judged),
        (&inside.layers, &nothing.layers),
    ] {
        assert!(difference(one, other) > 0.1);
    }
    // Each of the three keys counts.
    for without in ["mean", "std", "channels"] {
        let keys: String = KEYS
            .lines()
            .filter(|line| !line.starts_with(without))
            .map(|line| format!("{line}\n"))
            .collect();
        let other = made(open(&format!("without {without}"), false, &keys));
        assert!(
            difference(&inside.embeddings, &other.embeddings) > 0.01,
            "{without}"
        );
        assert!(
            difference(&inside.judged, &other.judged) > 0.01,
            "{without}"
        );
    }
}

/// A short run of a bundle.
fn sample(bundle: &str, out: &Path, more: &[&str]) -> std::process::Output {
    let mut words = vec![
        "sample",
        "--bundle",
        bundle,
        "--where",
        "logits[0] in 0.4..0.6",
    ];
    words.extend([
        "--method",
        "joint",
        "-n",
        "4",
        "--max-steps",
        "20",
        "--json",
        "--quiet",
    ]);
    words.extend(["--out", out.to_str().unwrap()]);
    words.extend(more);
    run(&words)
}

#[test]
fn what_stands_behind_the_file_of_a_run_is_remembered_by_it() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    let stated = bundle(&place("stated"), false, KEYS);
    let one = json(&sample(&stated, &place("1"), &[]));
    assert_eq!(one["n_feasible"], 4);
    let file = place("stated/encoder.onnx").display().to_string();
    let choice = format!("{file}:mean=0.485,0.456,0.406:std=0.229,0.224,0.225:channels=BGR");
    let other = json(&sample(&stated, &place("2"), &["--encoder", &choice]));
    assert_same(&place("1"), &place("2"));
    assert_eq!(other["diversity"][0]["encoder"], choice);
    let measured = json(&run(&["metrics", place("2").to_str().unwrap(), "--json"]));
    let score = |of: &serde_json::Value| of["diversity"][0]["mean_pairwise"].as_f64().unwrap();
    assert!((score(&measured) - score(&other)).abs() < 1e-9);

    let none = json(&sample(&stated, &place("3"), &["--encoder", &file]));
    assert!(
        score(&none) < 0.9 * score(&other),
        "nothing is done by itself"
    );
}

#[test]
fn numbers_that_do_not_fit_are_one_error_that_says_where() {
    let folder = tempfile::tempdir().unwrap();
    let stated = bundle(&folder.path().join("stated"), false, KEYS);
    let file = folder
        .path()
        .join("stated/encoder.onnx")
        .display()
        .to_string();
    let out = folder.path().join("run");
    for (behind, code, said) in [
        (":mean=1,2", 4, "mean has 2 numbers for 3 channels"),
        (
            ":channels=gray",
            4,
            ":channels=gray behind it for one channel",
        ),
        (":std=1,1", 4, "std has 2 numbers for 3 channels"),
        (":mean=a", 2, "mean holds 'a'"),
        (":men=1", 2, "'men=1' is not mean"),
    ] {
        let choice = format!("{file}{behind}");
        let (found, stderr) = failure(&sample(&stated, &out, &["--encoder", &choice]));
        assert_eq!(found, code, "{behind}: {stderr}");
        assert!(stderr.contains(said), "{behind}: {stderr}");
        assert!(stderr.contains("encoder.onnx") && stderr.contains("--encoder"));
        assert!(!stderr.contains("bundle.toml"), "{stderr}");
        assert!(!out.exists());
    }
    let wrong = KEYS.replace("0.485, ", "");
    let wrong = bundle(&folder.path().join("wrong"), false, &wrong);
    let (code, stderr) = failure(&sample(&wrong, &out, &[]));
    assert_eq!(code, 4, "{stderr}");
    for said in ["bundle.toml: encoder.mean: ", "bundle.toml: judge.mean: "] {
        assert_eq!(stderr.matches(said).count(), 1, "{stderr}");
    }
}
