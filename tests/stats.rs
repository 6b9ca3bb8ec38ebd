//! `invset stats` from outside: statistics of real images, where they go, and what is asked of them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use common::{bundle_copy, failure, json, repository, shared};
use image::GrayImage;
use safetensors::SafeTensors;

/// A folder of drawn pictures, a cache away from the user's, and a bundle to measure.
struct Scene {
    folder: tempfile::TempDir,
}

const CLASSES: [&str; 3] = ["sneaker", "bag", "other"];

impl Scene {
    fn new(pictures: u32) -> Scene {
        let scene = Scene {
            folder: tempfile::tempdir().unwrap(),
        };
        for number in 0..pictures {
            let class = CLASSES[number as usize % CLASSES.len()];
            let path = scene.images().join(format!("{class}/{number:03}.png"));
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            let picture = GrayImage::from_fn(28, 28, |x, y| {
                let level = x * (number + 2) * 5 + y * y * (number % 5 + 1) * 3;
                image::Luma([(level % 256) as u8])
            });
            picture.save(path).unwrap();
        }
        scene
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn images(&self) -> PathBuf {
        self.path("images")
    }

    /// A copy of `fashion` without statistics, as it is named on a command line.
    fn bundle(&self) -> String {
        let copy = bundle_copy("fashion", self.folder.path());
        let manifest = copy.join("bundle.toml");
        let text = std::fs::read_to_string(&manifest).unwrap();
        let at = text.find("[stats]").unwrap();
        std::fs::write(&manifest, text[..at].trim_end()).unwrap();
        std::fs::remove_file(copy.join("stats.safetensors")).unwrap();
        copy.display().to_string()
    }

    fn invset(&self, arguments: &[&str]) -> Output {
        common::invset()
            .env("INVSET_CACHE", self.path("cache"))
            .args(arguments)
            .args(["--runtime", "embedded"])
            .output()
            .unwrap()
    }

    fn stats(&self, arguments: &[&str]) -> serde_json::Value {
        json(&self.invset(&[&["stats", "--json", "--quiet"], arguments].concat()))
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn statistics_go_into_the_bundle_and_make_its_quantiles_numbers() {
    let scene = Scene::new(24);
    let bundle = scene.bundle();
    let ask = ["--bundle", &bundle, "--where", "bag in p50..p100"];
    let sample = [&["sample", "-n", "1", "--quiet"], &ask[..]].concat();
    let (code, message) = failure(&scene.invset(&sample));
    assert_eq!(code, 4, "{message}");
    let command = format!("`invset stats --bundle {bundle} --images DIR`");
    assert!(message.contains(&command), "{message}");

    let before = std::fs::read_to_string(scene.path("fashion/bundle.toml")).unwrap();
    let images = scene.images();
    let report = scene.stats(&["--bundle", &bundle, "--images", text(&images)]);
    let file = scene.path("fashion/stats.safetensors");
    assert_eq!(report["file"], text(&file));
    assert_eq!(report["images"]["count"], 24);
    assert_eq!(report["images"]["with_class"], 16);
    assert!(report["tensors"].as_array().unwrap().len() > 5);
    for space in ["encoder", "judge", "pixels"] {
        let distance = report["median_distances"][space].as_f64().unwrap();
        assert!(distance > 0.0, "{space}");
    }
    // Nothing of what the user wrote has changed.
    let after = std::fs::read_to_string(scene.path("fashion/bundle.toml")).unwrap();
    let added = after.strip_prefix(&before).unwrap();
    assert_eq!(added, "\n\n[stats]\nfile = \"stats.safetensors\"\n");

    let checked = scene.invset(&["bundle", "check", &bundle, "--json"]);
    let checked: serde_json::Value = serde_json::from_slice(&checked.stdout).unwrap();
    assert_eq!(checked["problems"], serde_json::json!([]));
    assert_eq!(checked["facts"]["statistics"]["images"], 24);
    // Half of the images are inside by the meaning of a quantile.
    let inside = scene.stats(&ask);
    assert!(inside["inside"]["count"].as_u64().unwrap() >= 12);

    // Made again, the manifest stays as it is, and the cache gives the same file.
    let first = std::fs::read(&file).unwrap();
    scene.stats(&["--bundle", &bundle, "--images", text(&images)]);
    assert!(std::fs::read(&file).unwrap() == first);
    let again = std::fs::read_to_string(scene.path("fashion/bundle.toml")).unwrap();
    assert_eq!(again, after);
}

#[test]
fn statistics_of_another_classifier_are_made_anew_though_the_bundle_is_refused_with_them() {
    let scene = Scene::new(6);
    let copy = bundle_copy("fashion", scene.folder.path());
    let classifier = copy.join("classifier.onnx");
    let mut bytes = std::fs::read(&classifier).unwrap();
    // A field that no version of ONNX knows: the same network, but another file.
    bytes.extend([0xb8, 0x3e, 1]);
    std::fs::write(&classifier, bytes).unwrap();
    let bundle = copy.display().to_string();
    let refused = scene.invset(&["stats", "--bundle", &bundle, "--unit", "bag"]);
    let (code, message) = failure(&refused);
    assert_eq!(code, 4, "{message}");
    assert!(message.contains("invset stats"), "{message}");
    scene.stats(&["--bundle", &bundle, "--images", text(&scene.images())]);
    scene.stats(&["--bundle", &bundle, "--unit", "bag"]);
}

#[test]
fn statistics_say_what_the_encoders_were_given() {
    let scene = Scene::new(12);
    let bundle = scene.bundle();
    let images = scene.images();
    let ask = ["--bundle", &bundle, "--images", text(&images)];
    let plain = scene.stats(&ask);
    let manifest = scene.path("fashion/bundle.toml");
    let stated = std::fs::read_to_string(&manifest).unwrap();
    let stated = stated.replace("[judge]", "[judge]\nmean = [0.286]\nstd = [0.353]");
    std::fs::write(&manifest, stated).unwrap();
    let look = ["stats", "--bundle", &bundle, "--unit", "bag"];
    let (code, message) = failure(&scene.invset(&look));
    assert_eq!(code, 4, "{message}");
    assert!(message.contains("judge_normalisation"), "{message}");
    let again = scene.stats(&ask);
    let distance = |of: &serde_json::Value, space: &str| of["median_distances"][space].clone();
    assert_ne!(distance(&again, "judge"), distance(&plain, "judge"));
    assert_eq!(distance(&again, "encoder"), distance(&plain, "encoder"));
    let (code, message) = failure(&scene.invset(&look));
    assert_eq!(code, 0, "{message}");
}

#[test]
fn a_manifest_that_takes_no_section_is_left_as_it_is() {
    let scene = Scene::new(3);
    let bundle = scene.bundle();
    let manifest = scene.path("fashion/bundle.toml");
    let mut text = std::fs::read_to_string(&manifest).unwrap();
    text.push_str("\n[stats]\n");
    std::fs::write(&manifest, &text).unwrap();
    let images = scene.images();
    let (code, message) = failure(&scene.invset(&[
        "stats",
        "--bundle",
        &bundle,
        "--images",
        images.to_str().unwrap(),
    ]));
    assert_eq!(code, 6, "{message}");
    assert!(message.contains("under [stats] yourself"), "{message}");
    assert_eq!(std::fs::read_to_string(&manifest).unwrap(), text);
    // What the message asks for is all that is missing.
    text.push_str("file = \"stats.safetensors\"\n");
    std::fs::write(&manifest, &text).unwrap();
    scene.stats(&["--bundle", &bundle, "--unit", "bag"]);
}

#[test]
fn a_built_in_bundle_keeps_its_statistics_and_a_file_is_written_where_one_is_named() {
    let scene = Scene::new(9);
    let images = scene.images();
    let report = scene.stats(&["--images", text(&images)]);
    assert_eq!(report["file"], serde_json::Value::Null);
    let file = scene.path("own.safetensors");
    let report = scene.stats(&["--images", text(&images), "-o", text(&file)]);
    assert_eq!(report["file"], text(&file));
    let bytes = std::fs::read(&file).unwrap();
    let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
    let metadata = header.metadata().clone().unwrap();
    assert_eq!(metadata["image_count"], "9");
    let classifier = std::fs::read(repository("models/fashion/classifier.onnx")).unwrap();
    assert_eq!(
        metadata["classifier_sha256"],
        invset::bundle::sha256(&classifier)
    );
    assert!(metadata.contains_key("encoder_sha256") && metadata.contains_key("judge_sha256"));
}

#[test]
fn a_unit_is_shown_with_its_images_and_an_interval_with_those_inside() {
    let scene = Scene::new(20);
    let images = scene.images();
    let unit = "prob(bag)";
    let report = scene.stats(&["--images", text(&images), "--unit", unit, "--unit", "bag"]);
    assert_eq!(report["tensors"], serde_json::json!([]));
    let [probability, bag] = &report["units"].as_array().unwrap()[..] else {
        panic!("{report}");
    };
    assert_eq!(probability["unit"], unit);
    assert_eq!((&bag["index"], &bag["label"]), (&8.into(), &"bag".into()));
    let numbers = |value: &serde_json::Value| -> Vec<f64> {
        let list = value.as_array().unwrap().iter();
        list.map(|number| number.as_f64().unwrap()).collect()
    };
    let counts = numbers(&bag["histogram"]);
    assert_eq!((counts.len(), counts.iter().sum::<f64>()), (64, 20.0));
    let quantiles = numbers(&bag["quantiles"]);
    assert!(quantiles.is_sorted());
    let top = bag["top"].as_array().unwrap();
    let activations: Vec<f64> = top
        .iter()
        .map(|image| image["activations"][0].as_f64().unwrap())
        .collect();
    assert_eq!(activations.len(), 9);
    assert!(activations.is_sorted_by(|a, b| a >= b));
    assert_eq!(activations[0], quantiles[12]);

    // The folder is remembered, and what is inside follows from the activations.
    let (low, high) = (activations[6], activations[2]);
    let interval = format!("bag in {low}..{high}");
    let report = scene.stats(&["--where", &interval]);
    assert_eq!(report["inside"]["where"], serde_json::json!([interval]));
    let inside = report["inside"]["images"].as_array().unwrap();
    assert_eq!(inside.len(), 5);
    for image in &top[2..=6] {
        assert!(inside.contains(image), "{image}");
    }
    let shown = scene.invset(&["stats", "--unit", "bag", "--where", &interval]);
    let (code, message) = failure(&shown);
    assert_eq!(code, 0, "{message}");
    let shown = String::from_utf8(shown.stdout).unwrap();
    for part in [
        "logits[8] bag",
        "p99.9 ",
        "most excited by",
        "5 of 20 images",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(shown.contains(top[0]["file"].as_str().unwrap()), "{shown}");
}

#[test]
fn what_cannot_be_measured_is_refused_with_its_exit_code() {
    let scene = Scene::new(3);
    let images = scene.images();
    let empty = scene.path("empty");
    std::fs::create_dir(&empty).unwrap();
    let none = scene.path("none");
    let broken = scene.path("broken");
    std::fs::create_dir(&broken).unwrap();
    std::fs::write(broken.join("x.png"), "no picture").unwrap();
    let locked = scene.path("no/such/folder/x.safetensors");
    let cases: &[(&[&str], i32, &str)] = &[
        (&[], 2, "--images DIR"),
        (&["--images", text(&empty)], 4, "no PNG or JPEG file"),
        (&["--images", text(&none)], 4, "name a folder"),
        (&["--images", text(&broken)], 4, "x.png"),
        (&["--images", text(&images), "--unit", "bagg"], 2, "'bag'"),
        (
            &["--images", text(&images), "--where", "bag"],
            2,
            "no constraint",
        ),
        (
            &["--images", text(&images), "-o", text(&locked)],
            6,
            "x.safetensors",
        ),
        (
            &["--images", text(&images), "-o", "x", "--unit", "bag"],
            2,
            "cannot be used with",
        ),
    ];
    for (arguments, code, part) in cases {
        let (found, message) = failure(&scene.invset(&[&["stats"], *arguments].concat()));
        assert_eq!(found, *code, "{arguments:?}: {message}");
        assert!(message.contains(part), "{arguments:?}: {message}");
    }
}

/// One gzipped idx file: its bytes behind the header.
fn idx(path: &Path, header: usize) -> Vec<u8> {
    let unpacked = Command::new("gzip")
        .arg("-dc")
        .arg(path)
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(unpacked.status.success());
    unpacked.stdout[header..].to_vec()
}

/// The bundled statistics were made by ONNX Runtime in Python (`models/train/statistics_file.py`) over the
/// 10000 test images of Fashion-MNIST.
#[test]
fn statistics_of_the_test_images_are_those_that_python_made_of_them() {
    let Some(images) = shared("fashion-mnist/t10k-images-idx3-ubyte.gz") else {
        return;
    };
    let scene = Scene::new(0);
    let folder = scene.images();
    std::fs::create_dir(&folder).unwrap();
    for (number, pixels) in idx(&images, 16).chunks_exact(28 * 28).enumerate() {
        let picture = GrayImage::from_raw(28, 28, pixels.to_vec()).unwrap();
        picture
            .save(folder.join(format!("{number:05}.png")))
            .unwrap();
    }
    let file = scene.path("own.safetensors");
    scene.stats(&["--images", text(&folder), "-o", text(&file)]);
    let own = std::fs::read(&file).unwrap();
    let own = SafeTensors::deserialize(&own).unwrap();
    let theirs = std::fs::read(repository("models/fashion/stats.safetensors")).unwrap();
    let theirs = SafeTensors::deserialize(&theirs).unwrap();
    let floats = |file: &SafeTensors<'_>, name: &str| -> Vec<f64> {
        let view = file.tensor(name).unwrap();
        let (words, _) = view.data().as_chunks::<4>();
        words
            .iter()
            .map(|&w| f64::from(f32::from_le_bytes(w)))
            .collect()
    };
    let indices = |file: &SafeTensors<'_>, name: &str| -> Vec<i32> {
        let view = file.tensor(name).unwrap();
        let (words, _) = view.data().as_chunks::<4>();
        words.iter().map(|&word| i32::from_le_bytes(word)).collect()
    };
    let mut compared = 0;
    for name in theirs.names() {
        if let Some(space) = name.strip_prefix("median_distance/") {
            // Each side drew its own 1000 images.
            let (a, b) = (floats(&own, name)[0], floats(&theirs, name)[0]);
            assert!((a - b).abs() < 0.03 * b, "{space}: {a} {b}");
        } else if name.starts_with("quantiles/") || name == "levels" {
            for (a, b) in floats(&own, name).iter().zip(floats(&theirs, name)) {
                assert!((a - b).abs() < 1e-3 * b.abs().max(1.0), "{name}: {a} {b}");
            }
            compared += 1;
        } else if name.starts_with("histogram/") {
            let (own, theirs) = (floats(&own, name), floats(&theirs, name));
            assert_eq!(own.len(), theirs.len());
            for (a, b) in own.chunks_exact(64).zip(theirs.chunks_exact(64)) {
                let moved: f64 = a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum();
                assert!(moved <= 20.0, "{name}: {moved}");
            }
        } else {
            let (own, theirs) = (indices(&own, name), indices(&theirs, name));
            let same = own.iter().zip(&theirs).filter(|(a, b)| a == b).count();
            // Equal activations may come in either order.
            assert!(
                100 * same >= 95 * theirs.len(),
                "{name}: {same} of {}",
                theirs.len()
            );
        }
    }
    assert!(compared > 5, "{compared}");
}
