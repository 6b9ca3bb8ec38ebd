//! The command line's own promises.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{failure, invset, json, repository, run};

#[test]
fn help_lists_what_is_built_and_only_that() {
    let output = invset().arg("--help").output().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    for command in [
        "sample",
        "sweep",
        "resume",
        "attach",
        "show",
        "metrics",
        "stats",
        "report",
        "bundle",
        "grad",
        "check-grad",
        "inspect",
        "doctor",
        "runtime",
        "completions",
        "man",
    ] {
        assert!(
            text.contains(&format!("\n  {command}")),
            "{command} is missing: {text}"
        );
    }
    for later in ["merge", "worker"] {
        assert!(
            !text.contains(&format!("\n  {later}")),
            "{later} is listed: {text}"
        );
    }
}

#[test]
fn every_reporting_command_takes_json() {
    for command in [
        "sample",
        "sweep",
        "resume",
        "show",
        "metrics",
        "report",
        "check-grad",
        "inspect",
        "doctor",
    ] {
        let output = invset().args([command, "--help"]).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains("--json"), "{command}");
    }
}

#[test]
fn usage_errors_exit_with_2() {
    for arguments in [
        &["nonsense"][..],
        &["sample"],
        &["sample", "--where"],
        &["show", "--frobnicate"],
    ] {
        let (code, stderr) = failure(&invset().args(arguments).output().unwrap());
        assert_eq!(code, 2, "{arguments:?}: {stderr}");
    }
}

#[test]
fn completions_and_the_manual_name_the_program() {
    for shell in ["bash", "zsh", "fish"] {
        let output = run(&["completions", shell]);
        assert!(
            String::from_utf8_lossy(&output.stdout).contains("invset"),
            "{shell}"
        );
    }
    let manual = invset().arg("man").output().unwrap();
    assert!(String::from_utf8_lossy(&manual.stdout).contains(".TH invset"));
}

#[test]
fn doctor_names_the_runtime_and_one_remedy() {
    let output = run(&["doctor", "--json"]);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(report.is_object());
}

/// Every key of an object and of the objects within, but for those of maps by name.
fn keys(value: &serde_json::Value, found: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(object) => {
            for (key, value) in object {
                found.push(key.clone());
                if !["opsets", "operators", "metadata"].contains(&key.as_str()) {
                    keys(value, found);
                }
            }
        }
        serde_json::Value::Array(values) => values.iter().for_each(|value| keys(value, found)),
        _ => {}
    }
}

#[test]
fn the_keys_of_json_are_documented() {
    let document = std::fs::read_to_string(repository("docs/json.md")).unwrap();
    let classifier = repository("models/fashion/classifier.onnx");
    let classifier = classifier.to_str().unwrap();
    let inspect = run(&["inspect", classifier, "--json"]);
    let check = ["--wrt", "image", "--of", "logits", "--json"];
    let check = run(&[&["check-grad", classifier][..], &check].concat());
    for output in [inspect, check] {
        let mut found = Vec::new();
        keys(&json(&output), &mut found);
        assert!(found.len() > 10);
        for key in found {
            assert!(document.contains(&format!("`{key}`")), "{key} is missing");
        }
    }
}
