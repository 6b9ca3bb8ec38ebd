//! `sample --method dataset` from outside: real images inside the interval as a run like any other.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::path::{Path, PathBuf};
use std::process::Output;

use common::{assert_same, failure, json};
use image::GrayImage;

/// A folder of drawn pictures and a cache of its own.
struct Scene {
    folder: tempfile::TempDir,
}

impl Scene {
    fn new() -> Scene {
        let scene = Scene {
            folder: tempfile::tempdir().unwrap(),
        };
        for number in 0..40u32 {
            let path = scene
                .images()
                .join(format!("{}/{number:03}.png", number % 3));
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            let picture = GrayImage::from_fn(28, 28, |x, y| {
                let level = x * (number + 2) * 5 + y * y * (number % 5 + 1) * 3;
                image::Luma([(level % 256) as u8])
            });
            picture.save(path).unwrap();
        }
        scene
    }

    fn images(&self) -> PathBuf {
        self.folder.path().join("images")
    }

    fn invset(&self, arguments: &[&str]) -> Output {
        common::invset()
            .env("INVSET_CACHE", self.folder.path().join("cache"))
            .args(arguments)
            .args(["--runtime", "embedded", "--quiet"])
            .output()
            .unwrap()
    }

    /// The activation of 'bag' on each image, by its file; sorted.
    fn activations(&self) -> Vec<(f64, String)> {
        let images = self.images();
        let report = json(&self.invset(&[
            "stats",
            "--json",
            "--images",
            images.to_str().unwrap(),
            "--where",
            "bag in -1e9..",
        ]));
        let mut found: Vec<(f64, String)> = report["inside"]["images"]
            .as_array()
            .unwrap()
            .iter()
            .map(|image| {
                let activation = image["activations"][0].as_f64().unwrap();
                (activation, image["file"].as_str().unwrap().to_owned())
            })
            .collect();
        found.sort_by(|a, b| a.0.total_cmp(&b.0));
        assert_eq!(found.len(), 40);
        found
    }

    fn sample(&self, interval: &str, n: &str, out: &Path, more: &[&str]) -> Output {
        let interval = format!("bag in {interval}");
        let arguments = [
            "sample",
            "--method",
            "dataset",
            "--json",
            "--where",
            &interval,
            "-n",
            n,
            "--out",
            out.to_str().unwrap(),
        ];
        self.invset(&[&arguments, more].concat())
    }
}

fn lines(run: &Path) -> Vec<serde_json::Value> {
    let text = std::fs::read_to_string(run.join("samples.jsonl")).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn sources(run: &Path) -> Vec<String> {
    let lines = lines(run);
    let source = |line: &serde_json::Value| line["source"].as_str().unwrap().to_owned();
    lines.iter().map(source).collect()
}

#[test]
fn the_samples_are_the_real_images_inside_in_an_order_drawn_by_the_seed() {
    let scene = Scene::new();
    let activations = scene.activations();
    let (low, high) = (activations[10].0 - 1e-4, activations[29].0 + 1e-4);
    let interval = format!("{low}..{high}");
    let out = scene.folder.path().join("run");
    let images = scene.images();
    let named = ["--images", images.to_str().unwrap()];
    let summary = json(&scene.sample(&interval, "20", &out, &named));
    assert_eq!(summary["n_feasible"], 20);
    assert_eq!(summary["dataset"]["images"], 40);
    assert_eq!(summary["dataset"]["inside"], 20);
    assert_eq!(summary["gradients"], 0);
    let mut found = sources(&out);
    let drawn = found.clone();
    let mut expected: Vec<String> = activations[10..=29]
        .iter()
        .map(|(_, f)| f.clone())
        .collect();
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
    for line in lines(&out) {
        // The picture of a sample is the image itself, to the last bit.
        let saved = image::open(out.join(line["image"].as_str().unwrap())).unwrap();
        let real = image::open(images.join(line["source"].as_str().unwrap())).unwrap();
        assert_eq!(saved.to_luma8(), real.to_luma8());
        let activation = line["activations"][0].as_f64().unwrap();
        assert!(activation >= low && activation <= high);
    }
    // `metrics` re-checks it like any run.
    let metrics = json(&scene.invset_metrics(&out));
    assert_eq!(
        (&metrics["n"], &metrics["n_inside"]),
        (&20.into(), &20.into())
    );

    // The folder is remembered; the same seed repeats the run, another draws another order.
    let [again, other] = ["again", "other"].map(|name| scene.folder.path().join(name));
    json(&scene.sample(&interval, "20", &again, &[]));
    assert_same(&out, &again);
    json(&scene.sample(&interval, "20", &other, &["--seed", "1"]));
    assert_ne!(sources(&other), drawn);
}

impl Scene {
    fn invset_metrics(&self, run: &Path) -> Output {
        common::invset()
            .args(["metrics", run.to_str().unwrap(), "--json"])
            .output()
            .unwrap()
    }
}

#[test]
fn a_run_goes_on_when_its_images_are_gone() {
    let scene = Scene::new();
    let interval = format!("{}..", scene.activations()[5].0);
    let out = scene.folder.path().join("run");
    let images = scene.images();
    json(&scene.sample(
        &interval,
        "24",
        &out,
        &["--images", images.to_str().unwrap()],
    ));
    let killed = scene.folder.path().join("killed");
    std::fs::create_dir_all(killed.join("images")).unwrap();
    // What a kill before the first checkpoint leaves.
    for file in ["run.toml", "starts.safetensors", "log.txt"] {
        std::fs::copy(out.join(file), killed.join(file)).unwrap();
    }
    std::fs::remove_dir_all(&images).unwrap();
    std::fs::remove_dir_all(scene.folder.path().join("cache")).unwrap();
    let resumed = json(&scene.invset(&["resume", killed.to_str().unwrap(), "--json"]));
    assert_eq!(resumed["n_feasible"], 24);
    assert_same(&out, &killed);
}

#[test]
fn too_few_images_inside_are_kept_and_the_nearest_activation_is_told() {
    let scene = Scene::new();
    let activations = scene.activations();
    let images = scene.images();
    let named = ["--images", images.to_str().unwrap()];
    let out = scene.folder.path().join("some");
    let interval = format!("{}..", activations[37].0 - 1e-4);
    let (code, message) = failure(&scene.sample(&interval, "10", &out, &named));
    assert_eq!(code, 3, "{message}");
    assert!(message.contains("only 3 of 10"), "{message}");
    assert!(message.contains("3 of the 40 real images in"), "{message}");
    assert_eq!(lines(&out).len(), 3);

    let out = scene.folder.path().join("none");
    let best = activations[39].0;
    let interval = format!("{}..", best + 100.0);
    let output = scene.sample(&interval, "10", &out, &named);
    let (code, message) = failure(&output);
    assert_eq!(code, 3, "{message}");
    assert!(message.contains("0 of the 40 real images in"), "{message}");
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let told = summary["constraints"][0]["best"].as_f64().unwrap();
    assert!((told - best).abs() < 1e-3, "{told} {best}");
}

#[test]
fn without_images_or_from_another_start_it_is_a_usage_error() {
    let scene = Scene::new();
    let out = scene.folder.path().join("run");
    let (code, message) = failure(&scene.sample("0..", "4", &out, &[]));
    assert_eq!(code, 2, "{message}");
    for part in ["--images DIR", "invset stats"] {
        assert!(message.contains(part), "{message}");
    }
    let started = scene.sample("0..", "4", &out, &["--init", "run:some"]);
    let (code, message) = failure(&started);
    assert_eq!(code, 2, "{message}");
    assert!(message.contains("write --images DIR"), "{message}");
    let none = scene.sample("0..", "4", &out, &["--images", "no/such/folder"]);
    assert_eq!(failure(&none).0, 4);
    assert!(!out.exists());
}

#[test]
fn a_sweep_takes_all_its_images_from_one_folder() {
    let scene = Scene::new();
    let place = |name: &str| scene.folder.path().join(name);
    let remember = |images: &Path| {
        let images = images.to_str().unwrap();
        json(&scene.invset(&["stats", "--json", "--unit", "bag", "--images", images]));
    };
    let out = place("sweep");
    let sweep = || {
        let out = out.to_str().unwrap();
        let units = ["sweep", "bag", "coat", "--in", "-1e9.."];
        let how = ["--method", "dataset", "-n", "2", "--json", "--out", out];
        json(&scene.invset(&[&units[..], &how[..]].concat()))
    };
    remember(&scene.images());
    assert_eq!(sweep()["complete"], 2);
    let first = scene.images().canonicalize().unwrap();
    let named = format!("images:{}", first.display());
    let told = std::fs::read_to_string(out.join("sweep.toml")).unwrap();
    assert!(told.contains(&named), "{told}");

    // Another folder is used with the bundle: the same command goes on with the sweep's own.
    let other = place("other");
    std::fs::create_dir(&other).unwrap();
    let picture = scene.images().join("0/000.png");
    std::fs::copy(picture, other.join("only.png")).unwrap();
    remember(&other);
    assert_eq!(sweep()["complete"], 2);
    std::fs::remove_dir_all(out.join("4-coat")).unwrap();
    let again = sweep();
    assert_eq!(again["complete"], 2);
    let run = std::fs::read_to_string(out.join("4-coat/run.toml")).unwrap();
    assert!(run.contains(&named) && run.contains("images = 40"), "{run}");
}
