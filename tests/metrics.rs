//! `invset metrics` from outside: scores, how large the inverse set is, and samples beside real images.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::path::{Path, PathBuf};
use std::process::Output;

use common::{failure, json};
use invset::run::RunFolder;
use invset::run::measure::{Saved, Scorer};
use serde_json::Value;

/// Runs of eight samples, and a cache away from the user's.
struct Scene {
    folder: tempfile::TempDir,
}

impl Scene {
    fn new() -> Scene {
        Scene {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn invset(&self, arguments: &[&str]) -> Output {
        common::invset()
            .env("INVSET_CACHE", self.path("cache"))
            .args(arguments)
            .args(["--runtime", "embedded"])
            .output()
            .unwrap()
    }

    /// A run for a label.
    fn sample(&self, label: &str, interval: &str) -> PathBuf {
        self.sample_with(label, interval, &[])
    }

    /// The same with more flags.
    fn sample_with(&self, label: &str, interval: &str, more: &[&str]) -> PathBuf {
        let out = self.path(label);
        let query = format!("{label} in {interval}");
        let path = out.to_str().unwrap();
        let counts = ["-n", "8", "-k", "8"];
        let rest = ["--json", "--quiet", "--out", path];
        json(&self.invset(&[&["sample", "--where", &query], &counts[..], &rest, more].concat()));
        out
    }

    fn metrics(&self, run: &Path, more: &[&str]) -> Value {
        let path = run.to_str().unwrap();
        json(&self.invset(&[&["metrics", path, "--json"], more].concat()))
    }

    fn text(&self, run: &Path, more: &[&str]) -> String {
        let path = run.to_str().unwrap();
        let output = self.invset(&[&["metrics", path], more].concat());
        let (code, stderr) = failure(&output);
        assert_eq!(code, 0, "{stderr}");
        String::from_utf8(output.stdout).unwrap()
    }
}

#[test]
fn the_inverse_set_is_measured_and_the_samples_placed_between_its_ends() {
    let scene = Scene::new();
    let run = scene.sample("coat", "p75..p95");
    let measured = scene.metrics(&run, &["--share", "--forwards", "1024"]);
    let share = &measured["share"];
    let value = |key: &str| share[key].as_f64().unwrap();
    assert_eq!(
        (share["method"].as_str(), value("draws")),
        (Some("draws"), 1024.0)
    );
    assert!(value("low") <= value("share") && value("share") <= value("high"));
    assert!(value("high") < 0.6, "{share}");
    assert_eq!(measured["index"]["independent"], "prior");
    for index in measured["index"]["encoders"].as_array().unwrap() {
        assert!(
            index["independent"].as_f64() > index["jittered"].as_f64(),
            "{index}"
        );
        assert!(index["value"].as_f64().unwrap() > 0.3, "{index}");
    }
    let text = scene.text(&run, &["--share", "--forwards", "512"]);
    for word in ["Vendi", "log det", "perceptual", "share of the code prior"] {
        assert!(text.contains(word), "{text}");
    }
}

/// What the screens show while a run is at work is what `metrics` says of the same samples.
#[test]
fn scores_of_a_run_so_far_are_those_of_metrics() {
    let scene = Scene::new();
    for (label, more) in [("coat", &[][..]), ("bag", &["--encoder", "pixels"][..])] {
        let run = scene.sample_with(label, "p75..p95", more);
        let measured = scene.metrics(&run, &[]);
        let expected = measured["diversity"][0].as_object().unwrap();
        let folder = RunFolder::open(&run).unwrap();
        let found = Scorer::open(&folder).unwrap().score().unwrap();
        assert_eq!(found.saved, 8);
        // Read back as what the program wrote was: reading may change the last digit.
        let found = serde_json::to_string(&found.scores).unwrap();
        let found: Value = serde_json::from_str(&found).unwrap();
        assert!(expected.len() > 12, "{expected:?}");
        for (key, value) in expected {
            match key.as_str() {
                "intervals" => assert!(found[key]["vendi"].is_null(), "they take long"),
                _ => assert_eq!(&found[key], value, "{label} {key}"),
            }
        }
    }
}

#[test]
fn a_run_that_has_saved_nothing_or_whose_bundle_changed_is_not_scored() {
    let scene = Scene::new();
    let bundle = common::bundle_copy("fashion", scene.folder.path());
    let run = scene.sample_with("coat", "p75..", &["--bundle", bundle.to_str().unwrap()]);
    let folder = RunFolder::open(&run).unwrap();
    let before = Saved::of(&folder).unwrap();
    assert_eq!(Saved::of(&folder), Some(before));
    let scorer = Scorer::open(&folder).unwrap();
    let tensors = run.join("samples.safetensors");
    let bytes = std::fs::read(&tensors).unwrap();
    std::fs::write(&tensors, &bytes[..100]).unwrap();
    assert_ne!(Saved::of(&folder), Some(before));
    assert!(scorer.score().is_err());
    std::fs::remove_file(&tensors).unwrap();
    assert_eq!(Saved::of(&folder), None);
    assert!(scorer.score().is_err());
    std::fs::write(bundle.join("labels.txt"), "another\n").unwrap();
    let error = Scorer::open(&folder).unwrap_err().to_string();
    assert!(error.contains("labels.txt"), "{error}");
}

/// The images of one run stand for the real images of its class, those of another for other classes.
#[test]
fn samples_that_are_the_real_images_cover_them_and_others_do_not() {
    let scene = Scene::new();
    let (sneakers, bags) = (
        scene.sample("sneaker", "p95..p99"),
        scene.sample("bag", "p95..p99"),
    );
    let images = scene.path("real");
    for (run, label) in [(&sneakers, "sneaker"), (&bags, "bag")] {
        std::fs::create_dir_all(images.join(label)).unwrap();
        for entry in std::fs::read_dir(run.join("images")).unwrap() {
            let path = entry.unwrap().path();
            std::fs::copy(&path, images.join(label).join(path.file_name().unwrap())).unwrap();
        }
    }
    let folder = ["--images", images.to_str().unwrap()];
    let own = scene.metrics(&sneakers, &folder);
    let real = &own["real"];
    assert_eq!(
        (&real["images"], &real["class"]),
        (&Value::from(16), &Value::from("label"))
    );
    // Eight bits a pixel may move an image over the end of the interval.
    assert!(real["inside"].as_u64().unwrap() >= 6, "{real}");
    for against in real["against"].as_array().unwrap() {
        assert_eq!(against["coverage"]["value"], 1.0, "{against}");
        assert_eq!(against["precision"]["value"], 1.0, "{against}");
    }
    assert_eq!(own["index"]["independent"], "real");
    let score = |measured: &Value| measured["real"]["sanity"]["score"].as_f64().unwrap();
    assert!(score(&own) > 0.9, "{real}");
    let layers = real["sanity"]["layers"].as_array().unwrap();
    assert!(layers.len() > 2 && layers.len() <= 8, "{real}");

    // The bags under the name of sneakers: none is inside, and the classifier treats them as others.
    let swapped = scene.path("swapped");
    std::fs::create_dir(&swapped).unwrap();
    std::fs::rename(images.join("bag"), swapped.join("sneaker")).unwrap();
    std::fs::rename(images.join("sneaker"), swapped.join("bag")).unwrap();
    let other = scene.metrics(&sneakers, &["--images", swapped.to_str().unwrap()]);
    assert!(score(&other) < 0.2, "{}", other["real"]["sanity"]);

    let text = scene.text(&sneakers, &["--images", swapped.to_str().unwrap()]);
    for word in ["coverage", "sanity check", "16 real images"] {
        assert!(text.contains(word), "{text}");
    }
}

#[test]
fn one_real_image_inside_leaves_what_needs_neighbours_without_a_value() {
    let scene = Scene::new();
    let run = scene.sample("sneaker", "p95..p99");
    let images = scene.path("one");
    std::fs::create_dir(&images).unwrap();
    let first = run.join("images/00000.png");
    std::fs::copy(&first, images.join("a.png")).unwrap();
    let measured = scene.metrics(&run, &["--images", images.to_str().unwrap()]);
    let real = &measured["real"];
    assert_eq!(real["class"], "top");
    for against in real["against"].as_array().unwrap() {
        assert!(against["coverage"]["value"].is_null(), "{against}");
    }
    assert!(real["sanity"]["score"].is_null(), "{real}");
    assert!(measured["index"].is_null(), "{measured}");
    let text = scene.text(&run, &["--images", images.to_str().unwrap()]);
    assert!(text.contains("coverage"), "{text}");
    let (code, stderr) = failure(&scene.invset(&[
        "metrics",
        run.to_str().unwrap(),
        "--images",
        scene.path("none").to_str().unwrap(),
    ]));
    assert_eq!(code, 4, "{stderr}");
}

#[test]
fn an_encoder_that_was_chosen_for_the_run_has_all_scores_beside_real_images() {
    let scene = Scene::new();
    let images = scene.path("real");
    let bags = scene.sample("bag", "p90..p99");
    std::fs::create_dir_all(images.join("bag")).unwrap();
    for entry in std::fs::read_dir(bags.join("images")).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, images.join("bag").join(path.file_name().unwrap())).unwrap();
    }
    let folder = ["--images", images.to_str().unwrap()];
    let own = common::repository("models/fashion/encoder.onnx");
    let own = own.to_str().unwrap();
    let with = |number: usize, encoder: &str| {
        let out = scene.path(&number.to_string());
        let words = [
            "sample",
            "--where",
            "bag in p90..p99",
            "-n",
            "8",
            "-k",
            "8",
            "--json",
        ];
        let more = [
            "--method",
            "incremental",
            "--quiet",
            "--encoder",
            encoder,
            "--out",
            out.to_str().unwrap(),
        ];
        json(&scene.invset(&[&words[..], &more].concat()));
        let alone = scene.metrics(&out, &[]);
        (alone, scene.metrics(&out, &folder))
    };
    let (_, stated) = with(0, "bundle");
    for (number, encoder) in [(1, own), (2, "tensor:logits")] {
        let (alone, beside) = with(number, encoder);
        let (e, against) = (&beside["diversity"][0], &beside["real"]["against"][0]);
        assert_eq!(
            alone["diversity"][0]["bandwidth_source"], "sample",
            "{encoder}"
        );
        assert_eq!(e["bandwidth_source"], "images", "{encoder}");
        assert!(e["bandwidth"].as_f64().unwrap() > 0.0);
        for score in ["precision", "recall", "coverage"] {
            assert!(against[score]["value"].is_f64(), "{encoder}: {against}");
        }
        assert!(
            beside["index"]["encoders"][0]["value"].is_f64(),
            "{encoder}"
        );
        if encoder == own {
            // The same network, the same samples, the same real images.
            assert_eq!(*against, stated["real"]["against"][0]);
        }
    }
    assert_eq!(stated["diversity"][0]["bandwidth_source"], "statistics");
}
