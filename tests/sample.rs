//! The main job from outside: a neuron's name and an interval in, checked samples out.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{failure, invset, json, repository, run};

#[test]
fn a_fashion_neuron_is_sampled_and_every_sample_lies_inside() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let result = json(&run(&[
        "sample",
        "--where",
        "sneaker in p90..p99",
        "-n",
        "12",
        "-k",
        "4",
        "--json",
        "--quiet",
        "--out",
        out.to_str().unwrap(),
    ]));
    assert_eq!(result["n_feasible"], 12);
    assert_eq!(result["constraints"][0]["index"], 7);
    assert_eq!(result["constraints"][0]["label"], "sneaker");
    let constraint = &result["constraints"][0];
    let (low, high) = (
        constraint["low"].as_f64().unwrap(),
        constraint["high"].as_f64().unwrap(),
    );
    assert!(constraint["min"].as_f64().unwrap() >= low);
    assert!(constraint["max"].as_f64().unwrap() <= high);
    let encoders: Vec<_> = result["diversity"]
        .as_array()
        .unwrap()
        .iter()
        .map(|d| &d["encoder"])
        .collect();
    assert_eq!(encoders, ["encoder", "judge"]);
    assert_eq!(std::fs::read_dir(out.join("images")).unwrap().count(), 12);
    for file in [
        "run.toml",
        "samples.jsonl",
        "samples.safetensors",
        "history.jsonl",
        "checkpoint.safetensors",
        "log.txt",
        "lock",
    ] {
        assert!(out.join(file).exists(), "{file}");
    }
}

#[test]
fn an_intersection_with_an_open_end_and_a_hidden_channel_are_sampled() {
    let folder = tempfile::tempdir().unwrap();
    for (name, query) in [
        (
            "and",
            vec![
                "--where",
                "sneaker in p90..p99",
                "--where",
                "ankle boot in ..0",
            ],
        ),
        ("hidden", vec!["--where", "layer3.relu[5] in p90..p99"]),
    ] {
        let out = folder.path().join(name);
        let mut arguments = vec![
            "sample",
            "-n",
            "8",
            "-k",
            "4",
            "--json",
            "--quiet",
            "--out",
            out.to_str().unwrap(),
        ];
        arguments.extend(query);
        assert_eq!(json(&run(&arguments))["n_feasible"], 8, "{name}");
    }
}

#[test]
fn samples_stay_inside_on_a_fresh_forward_pass_outside_invset() {
    let Some(python) = common::python() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    for (number, (bundle, query)) in [
        ("fashion", "sneaker in p90..p99"),
        ("fashion", "layer2.relu[3] in p75..p95"),
        ("fashion", "prob(logits[8]) in 0.5..0.9"),
        ("halfspace", "three in 0.7..1"),
        ("scenes64", "goldfish in p95..p99.9"),
    ]
    .into_iter()
    .enumerate()
    {
        let out = folder.path().join(number.to_string());
        json(&run(&[
            "sample",
            "--bundle",
            bundle,
            "--where",
            query,
            "-n",
            "8",
            "-k",
            "4",
            "--json",
            "--quiet",
            "--out",
            out.to_str().unwrap(),
        ]));
        let check = std::process::Command::new(&python)
            .arg(repository("tests/python/check_samples.py"))
            .arg(&out)
            .arg(repository("models").join(bundle))
            .output()
            .unwrap();
        assert!(
            check.status.success(),
            "{query}: {}{}",
            String::from_utf8_lossy(&check.stdout),
            String::from_utf8_lossy(&check.stderr)
        );
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let sample = |name: &str, seed: &str| {
        let out = folder.path().join(name);
        json(&run(&[
            "sample",
            "--where",
            "bag in p90..p99",
            "-n",
            "8",
            "-k",
            "4",
            "--seed",
            seed,
            "--json",
            "--quiet",
            "--out",
            out.to_str().unwrap(),
        ]));
        out
    };
    let (one, two, three) = (sample("one", "1"), sample("two", "1"), sample("three", "2"));
    common::assert_same(&one, &two);
    assert!(common::fingerprint(&one) != common::fingerprint(&three));
}

#[test]
fn joint_in_two_passes_equals_joint_with_kept_values() {
    let folder = tempfile::tempdir().unwrap();
    let sample = |scheme: &str| {
        let out = folder.path().join(scheme);
        let result = json(&run(&[
            "sample",
            "--method",
            "joint",
            "--where",
            "dress in p75..p95",
            "-n",
            "12",
            "--max-steps",
            "150",
            "--stop",
            "feasible",
            "--scheme",
            scheme,
            "--json",
            "--quiet",
            "--out",
            out.to_str().unwrap(),
        ]));
        assert_eq!(result["plan"]["scheme"], scheme);
        out
    };
    common::assert_same(&sample("split"), &sample("two-pass"));
}

#[test]
fn scores_of_a_finished_run_are_found_again_from_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let sampled = json(&run(&[
        "sample",
        "--where",
        "coat in p75..p95",
        "-n",
        "8",
        "-k",
        "4",
        "--json",
        "--quiet",
        "--out",
        out.to_str().unwrap(),
    ]));
    let scored = json(&run(&["metrics", out.to_str().unwrap(), "--json"]));
    assert_eq!(scored["n_inside"], 8);
    // `metrics` says all that `sample` does, and more.
    for (said, again) in [0, 1].map(|at| (&sampled["diversity"][at], &scored["diversity"][at])) {
        for (key, value) in said.as_object().unwrap() {
            assert_eq!(again[key], *value, "{key}");
        }
        for score in ["vendi", "rke", "log_det", "riesz_energy", "mean_pairwise"] {
            let (low, high) = (
                &again["intervals"][score]["low"],
                &again["intervals"][score]["high"],
            );
            let value = again[score].as_f64().unwrap();
            assert!(
                low.as_f64().unwrap() <= value && value <= high.as_f64().unwrap(),
                "{score}"
            );
        }
    }
    assert!(scored["perceptual"]["mean_pairwise"].as_f64().unwrap() > 0.0);
}

#[test]
fn an_unreachable_interval_ends_with_the_best_activation_and_exit_3() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let output = run(&[
        "sample",
        "--where",
        "sneaker in 1000..2000",
        "-n",
        "4",
        "-k",
        "4",
        "--max-steps",
        "20",
        "--quiet",
        "--out",
        out.to_str().unwrap(),
    ]);
    let (code, stderr) = failure(&output);
    assert_eq!(code, 3, "{stderr}");
    assert!(stderr.contains("0 of 4"), "{stderr}");
    assert!(
        stderr.contains("best activation reached: sneaker: "),
        "{stderr}"
    );
}

#[test]
fn runs_start_from_another_run() {
    let folder = tempfile::tempdir().unwrap();
    let first = folder.path().join("first");
    json(&run(&[
        "sample",
        "--where",
        "bag in p75..p90",
        "-n",
        "4",
        "-k",
        "4",
        "--json",
        "--quiet",
        "--out",
        first.to_str().unwrap(),
    ]));
    let second = folder.path().join("second");
    let images = format!("images:{}", first.join("images").display());
    json(&run(&[
        "sample",
        "--where",
        "bag in p90..p99",
        "-n",
        "4",
        "-k",
        "4",
        "--json",
        "--quiet",
        "--init",
        &format!("run:{}", first.display()),
        "--out",
        second.to_str().unwrap(),
    ]));
    let third = folder.path().join("third");
    json(&run(&[
        "sample",
        "--where",
        "bag in p90..p99",
        "-n",
        "4",
        "-k",
        "4",
        "--json",
        "--quiet",
        "--init",
        &images,
        "--out",
        third.to_str().unwrap(),
    ]));
}

#[test]
fn stdout_carries_nothing_but_the_result() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let output = invset()
        .args([
            "sample",
            "--where",
            "bag in p75..p90",
            "-n",
            "4",
            "-k",
            "4",
            "--runtime",
            "embedded",
            "--out",
        ])
        .arg(&out)
        .output()
        .unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!text.contains('\u{1b}'), "{text}");
    assert!(text.starts_with("4 of 4 samples feasible"), "{text}");
}

/// A numpy file of one vector.
fn write_vector(path: &std::path::Path, values: &[f32]) {
    let mut header = format!(
        "{{'descr': '<f4', 'fortran_order': False, 'shape': ({},), }}",
        values.len()
    );
    header.push_str(&" ".repeat(63 - (10 + header.len()) % 64));
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn means_positions_maxima_and_directions_are_sampled() {
    let folder = tempfile::tempdir().unwrap();
    let sample = |name: &str, query: &str| {
        let out = folder.path().join(name);
        let out = out.to_str().unwrap();
        let arguments = ["sample", "--where", query, "-n", "4", "-k", "4", "--json"];
        let result = json(&run(&[&arguments[..], &["--quiet", "--out", out]].concat()));
        assert_eq!(result["n_feasible"], 4, "{query}");
        result
    };
    let mean = sample("mean", "layer3.relu[5] in p75..p95");
    sample("position", "layer3.relu[5,1,1] in 0.1..");
    sample("maximum", "max(layer3.relu[5]) in 0.5..2");

    // Along an axis a direction is that channel's mean.
    let constraint = &mean["constraints"][0];
    let inspected = json(&run(&[
        "inspect",
        repository("models/fashion/classifier.onnx")
            .to_str()
            .unwrap(),
        "--json",
    ]));
    let tensors = inspected["tensors"].as_array().unwrap();
    let tensor = tensors.iter().find(|one| one["name"] == "layer3.relu");
    let units = tensor.unwrap()["units"].as_u64().unwrap() as usize;
    let mut axis = vec![0.0; units];
    axis[5] = 1.0;
    let file = folder.path().join("v.npy");
    write_vector(&file, &axis);
    let query = format!(
        "dir({})@layer3.relu in {}..{}",
        file.display(),
        constraint["low"],
        constraint["high"]
    );
    let direction = sample("direction", &query);
    assert_eq!(direction["constraints"][0]["low"], constraint["low"]);
}
