//! Bad input gets one clear line that names the place and the remedy, the right exit code, and
//! leaves no trace.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{bundle_copy, failure, invset, run};

/// Asserts that `arguments` fail with `code` and say each of `words`, and that no run is left.
fn refused(arguments: &[&str], code: i32, words: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let mut all = vec!["sample", "--quiet", "--out", out.to_str().unwrap()];
    all.extend(arguments);
    let (found, stderr) = failure(&run(&all));
    assert_eq!(found, code, "{arguments:?}: {stderr}");
    for word in words {
        assert!(
            stderr.contains(word),
            "{arguments:?} should say '{word}': {stderr}"
        );
    }
    assert!(!stderr.contains("panicked"), "{stderr}");
    assert!(!out.exists(), "{arguments:?} left a folder");
}

#[test]
fn an_unknown_bundle_is_refused_with_the_nearest_name() {
    refused(
        &["--bundle", "fashoin", "--where", "bag in 1..2"],
        4,
        &["fashoin", "fashion"],
    );
    refused(
        &["--bundle", "./nowhere", "--where", "bag in 1..2"],
        4,
        &["nowhere"],
    );
}

#[test]
fn an_unknown_label_is_refused_with_near_matches() {
    refused(
        &["--where", "sneeker in 1..2"],
        2,
        &["sneeker", "did you mean 'sneaker'"],
    );
}

#[test]
fn an_ambiguous_label_is_refused_with_its_indices() {
    let folder = tempfile::tempdir().unwrap();
    let bundle = bundle_copy("fashion", folder.path());
    let labels = std::fs::read_to_string(bundle.join("labels.txt")).unwrap();
    std::fs::write(bundle.join("labels.txt"), labels.replace("sneaker", "bag")).unwrap();
    refused(
        &[
            "--bundle",
            bundle.to_str().unwrap(),
            "--where",
            "bag in 1..2",
        ],
        2,
        &["bag", "logits[7]", "logits[8]"],
    );
}

#[test]
fn senseless_intervals_are_refused() {
    refused(&["--where", "bag in 5..2"], 2, &["5..2"]);
    refused(&["--where", "bag in .."], 2, &[".."]);
    refused(&["--where", "bag in x..2"], 2, &["x..2"]);
    refused(&["--where", "bag"], 2, &["bag"]);
    refused(&["--where", "bag in p99..p90"], 2, &["p99..p90"]);
}

#[test]
fn a_tensor_or_index_that_is_not_there_is_refused() {
    refused(&["--where", "layer9.relu[3] in 1..2"], 2, &["layer9.relu"]);
    refused(&["--where", "logits[10] in 1..2"], 2, &["10", "logits"]);
}

#[test]
fn a_quantile_without_statistics_names_the_command_that_makes_them() {
    let folder = tempfile::tempdir().unwrap();
    let bundle = bundle_copy("fashion", folder.path());
    let text = std::fs::read_to_string(bundle.join("bundle.toml")).unwrap();
    let at = text.find("[stats]").unwrap();
    std::fs::write(bundle.join("bundle.toml"), &text[..at]).unwrap();
    refused(
        &[
            "--bundle",
            bundle.to_str().unwrap(),
            "--where",
            "bag in p90..p99",
        ],
        4,
        &["p90..p99", "invset stats"],
    );
}

#[test]
fn damaged_models_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    for (number, file) in ["classifier.onnx", "generator.onnx", "encoder.onnx"]
        .into_iter()
        .enumerate()
    {
        let parent = folder.path().join(number.to_string());
        std::fs::create_dir(&parent).unwrap();
        let bundle = bundle_copy("fashion", &parent);
        let bytes = std::fs::read(bundle.join(file)).unwrap();
        std::fs::write(bundle.join(file), &bytes[..bytes.len() / 2]).unwrap();
        std::fs::remove_file(bundle.join("stats.safetensors")).unwrap();
        let text = std::fs::read_to_string(bundle.join("bundle.toml")).unwrap();
        let at = text.find("[stats]").unwrap();
        std::fs::write(bundle.join("bundle.toml"), &text[..at]).unwrap();
        refused(
            &[
                "--bundle",
                bundle.to_str().unwrap(),
                "--where",
                "bag in 1..2",
            ],
            4,
            &[file],
        );
    }
}

#[test]
fn networks_that_do_not_fit_are_refused_with_their_shapes() {
    let folder = tempfile::tempdir().unwrap();
    let bundle = bundle_copy("halfspace", folder.path());
    let text = std::fs::read_to_string(bundle.join("bundle.toml")).unwrap();
    std::fs::write(
        bundle.join("bundle.toml"),
        text.replace("shape = [1, 28, 28]", "shape = [3, 28, 28]")
            .replacen("\"gray\"", "\"RGB\"", 1)
            .replace("size = [28, 28]", "size = [32, 32]"),
    )
    .unwrap();
    refused(
        &[
            "--bundle",
            bundle.to_str().unwrap(),
            "--where",
            "three in 0.5..0.9",
        ],
        4,
        &["32"],
    );
}

#[test]
fn counts_of_zero_are_refused() {
    refused(&["--where", "bag in 1..2", "-n", "0"], 2, &["n"]);
    refused(&["--where", "bag in 1..2", "-k", "0"], 2, &["k"]);
    refused(&["--where", "bag in 1..2", "--batch", "0"], 2, &["batch"]);
}

#[test]
fn a_broken_library_path_is_refused_when_that_runtime_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let output = invset()
        .args([
            "sample",
            "--where",
            "bag in 1..2",
            "--quiet",
            "--runtime",
            "onnxruntime",
            "--out",
        ])
        .arg(&out)
        .env("ORT_DYLIB_PATH", "/nowhere/libonnxruntime.so")
        .output()
        .unwrap();
    let (code, stderr) = failure(&output);
    assert_eq!(code, 5, "{stderr}");
    assert!(stderr.contains("/nowhere/libonnxruntime.so"), "{stderr}");
    assert!(!out.exists());
}

#[test]
fn a_folder_that_exists_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    std::fs::create_dir(&out).unwrap();
    std::fs::write(out.join("mine"), "x").unwrap();
    let (code, stderr) = failure(&run(&[
        "sample",
        "--where",
        "bag in 1..2",
        "--quiet",
        "--out",
        out.to_str().unwrap(),
    ]));
    assert_eq!(code, 6, "{stderr}");
    assert!(stderr.contains("exists"), "{stderr}");
    assert_eq!(std::fs::read_dir(&out).unwrap().count(), 1);
}

#[test]
fn a_folder_that_cannot_be_made_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "x").unwrap();
    let out = file.join("run");
    let (code, stderr) = failure(&run(&[
        "sample",
        "--where",
        "bag in 1..2",
        "--quiet",
        "--out",
        out.to_str().unwrap(),
    ]));
    assert_eq!(code, 6, "{stderr}");
    // Root may write where permissions forbid it; /proc takes no folder from anyone.
    let (code, stderr) = failure(&run(&[
        "sample",
        "--where",
        "bag in 1..2",
        "--quiet",
        "--out",
        "/proc/invset-run",
    ]));
    assert_eq!(code, 6, "{stderr}");
}

#[test]
fn a_folder_that_is_no_run_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for command in ["resume", "metrics"] {
        let (code, stderr) = failure(&run(&[command, folder.path().to_str().unwrap()]));
        assert_eq!(code, 4, "{stderr}");
        assert!(stderr.contains("run.toml"), "{stderr}");
    }
}

#[test]
fn labels_with_escape_codes_stay_text() {
    let folder = tempfile::tempdir().unwrap();
    let bundle = bundle_copy("fashion", folder.path());
    let labels = std::fs::read_to_string(bundle.join("labels.txt")).unwrap();
    std::fs::write(
        bundle.join("labels.txt"),
        labels.replace("bag", "\u{1b}[31mbag\u{7}"),
    )
    .unwrap();
    let output = run(&[
        "sample",
        "--bundle",
        bundle.to_str().unwrap(),
        "--where",
        "\u{1b}[2Jbagg in 1..2",
        "--quiet",
    ]);
    let (code, stderr) = failure(&output);
    assert_eq!(code, 2);
    assert!(
        !stderr.contains('\u{1b}') && !stderr.contains('\u{7}'),
        "{stderr:?}"
    );
}

#[test]
fn a_full_disk_stops_the_run_and_keeps_what_was_found() {
    let folder = tempfile::tempdir().unwrap();
    let mount = folder.path().join("small");
    std::fs::create_dir(&mount).unwrap();
    let mounted = std::process::Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=96k", "tmpfs"])
        .arg(&mount)
        .output();
    if !mounted.is_ok_and(|output| output.status.success()) {
        eprintln!(
            "SKIPPED: a_full_disk_stops_the_run_and_keeps_what_was_found needs the right to mount a tmpfs"
        );
        return;
    }
    let out = mount.join("run");
    let (code, stderr) = failure(&run(&[
        "sample",
        "--where",
        "bag in p75..p95",
        "-n",
        "48",
        "-k",
        "8",
        "--quiet",
        "--out",
        out.to_str().unwrap(),
    ]));
    let leftovers: Vec<String> = std::fs::read_dir(&out)
        .map(|entries| {
            entries
                .flatten()
                .map(|e| e.file_name().to_string_lossy().into_owned())
                .collect()
        })
        .unwrap_or_default();
    let _ = std::process::Command::new("umount").arg(&mount).status();
    assert_eq!(code, 6, "{stderr}");
    assert!(stderr.contains("space"), "{stderr}");
    assert!(
        !leftovers.iter().any(|name| name.starts_with(".tmp")),
        "{leftovers:?}"
    );
}

#[test]
fn whole_numbers_that_run_toml_cannot_hold_are_refused() {
    let beyond = "9223372036854775808";
    for flag in [
        "-n",
        "-k",
        "--seed",
        "--max-steps",
        "--give-up-after",
        "--memory-cap",
    ] {
        refused(&["--where", "bag in 1..2", flag, beyond], 2, &[beyond]);
    }
    // In megabytes.
    let beyond = "9223372036855";
    refused(
        &["--where", "bag in 1..2", "--memory-cap", beyond],
        2,
        &[beyond],
    );
}

#[test]
fn more_samples_than_memory_holds_are_a_usage_error_for_every_method() {
    for method in ["incremental", "joint"] {
        for flag in ["-n", "-k"] {
            refused(
                &[
                    "--where",
                    "bag in 1..2",
                    "--method",
                    method,
                    flag,
                    "9223372036854775807",
                ],
                2,
                &["10000000"],
            );
        }
    }
}
