//! `--transform`: gradients taken through small random changes of the image.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use common::{assert_same, failure, invset, json, run};

const TRANSFORM: &str = "shift:2,noise:0.05";

/// A run of `fashion` into `out`, as words.
fn words(out: &Path) -> Vec<&str> {
    let mut words = vec![
        "sample",
        "--bundle",
        "fashion",
        "--where",
        "bag in p95..p99",
    ];
    words.extend(["-n", "16", "-k", "4", "--seed", "3", "--json", "--quiet"]);
    words.extend(["--out", out.to_str().unwrap()]);
    words
}

fn sampled(out: &Path, more: &[&str]) -> serde_json::Value {
    json(&run(&[words(out).as_slice(), more].concat()))
}

#[test]
fn a_run_through_transforms_ends_inside_without_them_and_says_what_it_went_through() {
    let folder = tempfile::tempdir().unwrap();
    let (through, plain) = (folder.path().join("through"), folder.path().join("plain"));
    let result = sampled(&through, &["--transform", "noise:0.05,shift:2"]);
    assert_eq!(result["n_feasible"], 16);
    let path = through.to_str().unwrap();
    let measured = json(&run(&["metrics", path, "--json"]));
    assert_eq!(measured["n_inside"], 16);
    let file = std::fs::read_to_string(through.join("run.toml")).unwrap();
    assert!(
        file.contains("transform = \"shift:2,noise:0.05\""),
        "{file}"
    );

    sampled(&plain, &[]);
    let file = std::fs::read_to_string(plain.join("run.toml")).unwrap();
    assert!(!file.contains("transform"), "{file}");
    let samples = |run: &Path| std::fs::read(run.join("samples.safetensors")).unwrap();
    assert_ne!(samples(&through), samples(&plain));
}

#[test]
fn a_killed_run_through_transforms_ends_with_the_bytes_of_an_undisturbed_one() {
    let folder = tempfile::tempdir().unwrap();
    let reference = folder.path().join("undisturbed");
    sampled(&reference, &["--transform", TRANSFORM]);
    let out = folder.path().join("killed");
    let mut child = invset()
        .args(words(&out))
        .args(["--transform", TRANSFORM, "--runtime", "embedded"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let steps = || {
        let lines = std::fs::read_to_string(out.join("history.jsonl")).unwrap_or_default();
        lines.lines().count()
    };
    while steps() < 12 && child.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(5));
    }
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let resumed = run(&["resume", out.to_str().unwrap(), "--json", "--quiet"]);
    assert_eq!(json(&resumed)["n_feasible"], 16);
    assert_same(&reference, &out);
}

#[test]
fn a_batch_in_which_no_row_moves_is_not_the_last_with_transforms() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let mut words = words(&out);
    // With these seeds no row could move along the gradients of step 102.
    let n = words.iter().position(|&word| word == "16").unwrap();
    words[n] = "48";
    words.extend(["--transform", TRANSFORM]);
    let result = json(&run(&words));
    assert_eq!(result["n_feasible"], 48);
}

#[test]
fn transforms_that_make_no_sense_are_usage_errors() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let refused = |more: &[&str]| {
        let (code, said) = failure(&run(&[words(&out).as_slice(), more].concat()));
        assert_eq!(code, 2, "{said}");
        assert!(!out.exists(), "{said}");
        said
    };
    let said = refused(&["--transform", "turn:5"]);
    assert!(
        said.contains("write shift:PIXELS, noise:SD or scale:PERCENT"),
        "{said}"
    );
    let said = refused(&["--transform", "shift:1,shift:2"]);
    assert!(said.contains("'shift' is there twice"), "{said}");
    let said = refused(&["--transform", "noise:2"]);
    assert!(said.contains("above 0, at most 1"), "{said}");
    let said = refused(&["--transform", "shift:1", "--method", "dataset"]);
    assert!(
        said.contains("--method dataset optimises nothing"),
        "{said}"
    );
}

#[test]
fn signals_have_no_transforms_in_a_run_or_a_sweep() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let out = out.to_str().unwrap();
    for command in [
        [
            "sample",
            "--where",
            "normal in 0..",
            "--bundle",
            "heartbeats",
        ],
        ["sweep", "normal", "--in=0..", "--bundle", "heartbeats"],
    ] {
        let more = ["--transform", "shift:1", "--out", out];
        let (code, said) = failure(&run(&[command.as_slice(), &more].concat()));
        assert_eq!(code, 2, "{said}");
        assert!(
            said.contains("the samples of 'heartbeats' are signals"),
            "{said}"
        );
        assert!(!Path::new(out).exists());
    }
}
