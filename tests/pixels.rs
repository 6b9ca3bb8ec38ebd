//! The pixel form: the paper's noisy images, and what a smoothness prior makes of them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::path::Path;

use common::{assert_same, failure, invset, json, run};

/// Samples of `three in 0.7..0.9` into `out`.
fn sample(out: &Path, more: &[&str]) -> serde_json::Value {
    let arguments = [
        "sample",
        "--bundle",
        "halfspace",
        "--where",
        "three in 0.7..0.9",
        "--method",
        "joint",
        "--stop",
        "feasible",
        "-n",
        "6",
        "--json",
        "--quiet",
        "--out",
        out.to_str().unwrap(),
    ];
    json(&run(&[&arguments, more].concat()))
}

/// Mean absolute difference of neighbouring pixels over the pictures of a run, in [0, 1].
fn total_variation(run: &Path) -> f64 {
    let pictures = std::fs::read_dir(run.join("images")).unwrap();
    let (mut sum, mut pairs) = (0.0, 0.0);
    for picture in pictures {
        let picture = image::open(picture.unwrap().path()).unwrap().to_luma8();
        let level = |x, y| f64::from(picture.get_pixel(x, y).0[0]) / 255.0;
        let (width, height) = picture.dimensions();
        for (x, y) in (1..width).flat_map(|x| (1..height).map(move |y| (x, y))) {
            sum += (level(x, y) - level(x - 1, y)).abs() + (level(x, y) - level(x, y - 1)).abs();
            pairs += 2.0;
        }
    }
    sum / pairs
}

#[test]
fn smoothness_takes_the_noise_out_of_pixels_at_the_same_level() {
    let folder = tempfile::tempdir().unwrap();
    let (rough, smooth) = (folder.path().join("rough"), folder.path().join("smooth"));
    for (out, sigma) in [(&rough, "0"), (&smooth, "1.5")] {
        let result = sample(out, &["--smoothness", sigma]);
        assert_eq!(result["n_feasible"], 6, "{sigma}");
        let constraint = &result["constraints"][0];
        assert!(constraint["min"].as_f64().unwrap() >= 0.7);
        assert!(constraint["max"].as_f64().unwrap() <= 0.9);
    }
    let (rough, smooth) = (total_variation(&rough), total_variation(&smooth));
    // Independent uniform pixels differ by a third on average.
    assert!(rough > 0.25, "{rough}");
    assert!(smooth < 0.2 * rough, "{rough} {smooth}");
}

#[test]
fn a_smooth_run_goes_on_and_is_scored_as_it_was_started() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, cut) = (folder.path().join("whole"), folder.path().join("cut"));
    sample(&whole, &["--smoothness", "1.5"]);
    let text = std::fs::read_to_string(whole.join("run.toml")).unwrap();
    assert!(text.contains("smoothness = 1.5"), "{text}");
    // The same as before its first step: everything but run.toml is made anew.
    std::fs::create_dir_all(cut.join("images")).unwrap();
    std::fs::write(cut.join("run.toml"), text).unwrap();
    let path = cut.to_str().unwrap();
    assert!(
        invset()
            .args(["resume", path, "--quiet"])
            .status()
            .unwrap()
            .success()
    );
    assert_same(&whole, &cut);
    let metrics = invset().args(["metrics", path, "--json"]).output().unwrap();
    assert_eq!(json(&metrics)["n_inside"], 6);
}

#[test]
fn smoothness_is_refused_where_a_network_makes_the_images() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let arguments = [
        "sample",
        "--where",
        "sneaker in 1..",
        "--smoothness",
        "1.5",
        "--out",
    ];
    let output = run(&[&arguments[..], &[out.to_str().unwrap()]].concat());
    let (code, stderr) = failure(&output);
    assert_eq!(code, 2, "{stderr}");
    assert!(
        stderr.contains("--smoothness is for bundles whose code is"),
        "{stderr}"
    );
    assert!(!out.exists());
    let output = run(&["sample", "--where", "x in 1..", "--smoothness", "-1"]);
    assert_eq!(failure(&output).0, 2);
}
