//! A run that is killed at any instant goes on and ends with the same bytes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use common::{failure, invset, json, run};

/// A run long enough to be killed in the middle.
const QUERY: &[&str] = &[
    "sample",
    "--where",
    "sneaker in p75..p99",
    "-n",
    "48",
    "-k",
    "8",
    "--json",
    "--quiet",
    "--seed",
    "5",
];

fn start(out: &Path) -> std::process::Child {
    invset()
        .args(QUERY)
        .args(["--runtime", "embedded", "--out"])
        .arg(out)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn undisturbed(folder: &Path) -> std::path::PathBuf {
    let out = folder.join("undisturbed");
    json(&run(&[QUERY, &["--out", out.to_str().unwrap()]].concat()));
    out
}

#[test]
fn a_killed_run_ends_with_the_bytes_of_an_undisturbed_one() {
    let folder = tempfile::tempdir().unwrap();
    let reference = undisturbed(folder.path());
    for (number, milliseconds) in [120u64, 300, 550, 800].into_iter().enumerate() {
        let out = folder.path().join(format!("killed-{number}"));
        let mut child = start(&out);
        std::thread::sleep(Duration::from_millis(milliseconds));
        child.kill().unwrap();
        child.wait().unwrap();
        if !out.join("run.toml").exists() {
            continue;
        }
        let resumed = json(&run(&[
            "resume",
            out.to_str().unwrap(),
            "--json",
            "--quiet",
        ]));
        assert_eq!(resumed["n_feasible"], 48);
        common::assert_same(&reference, &out);
    }
}

#[test]
fn an_interrupted_run_says_so_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let reference = undisturbed(folder.path());
    let out = folder.path().join("interrupted");
    let mut child = start(&out);
    while !out.join("history.jsonl").exists() && child.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(5));
    }
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let status = child.wait().unwrap();
    if status.code() != Some(0) {
        assert_eq!(status.code(), Some(130));
        let again = run(&["resume", out.to_str().unwrap(), "--json", "--quiet"]);
        assert_eq!(json(&again)["n_feasible"], 48);
    }
    common::assert_same(&reference, &out);
}

#[test]
fn a_torn_tail_is_cut_off() {
    let folder = tempfile::tempdir().unwrap();
    let out = undisturbed(folder.path());
    let reference = common::fingerprint(&out);
    use std::io::Write;
    let mut lines = std::fs::OpenOptions::new()
        .append(true)
        .open(out.join("samples.jsonl"))
        .unwrap();
    lines.write_all(b"{\"index\":48,\"see").unwrap();
    drop(lines);
    std::fs::write(out.join("images/00048.png"), b"torn").unwrap();
    json(&run(&[
        "resume",
        out.to_str().unwrap(),
        "--json",
        "--quiet",
    ]));
    assert!(common::fingerprint(&out) == reference);
}

#[test]
fn a_run_that_another_process_writes_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let mut child = invset()
        .args([
            "sample",
            "--where",
            "sneaker in 1000..",
            "-n",
            "8",
            "--max-steps",
            "1000000",
            "--quiet",
        ])
        .args(["--runtime", "embedded", "--out"])
        .arg(&out)
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while !out.join("history.jsonl").exists() {
        assert!(child.try_wait().unwrap().is_none());
        std::thread::sleep(Duration::from_millis(5));
    }
    let (code, stderr) = failure(&run(&["resume", out.to_str().unwrap(), "--quiet"]));
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(code, 2, "{stderr}");
    assert!(stderr.contains("another process"), "{stderr}");
}

#[test]
fn a_changed_bundle_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let bundle = common::bundle_copy("halfspace", folder.path());
    let out = folder.path().join("run");
    json(&run(&[
        "sample",
        "--bundle",
        bundle.to_str().unwrap(),
        "--where",
        "three in 0.7..0.9",
        "-n",
        "4",
        "-k",
        "4",
        "--json",
        "--quiet",
        "--out",
        out.to_str().unwrap(),
    ]));
    std::fs::write(bundle.join("labels.txt"), "four\n").unwrap();
    let (code, stderr) = failure(&run(&["resume", out.to_str().unwrap(), "--quiet"]));
    assert_eq!(code, 4, "{stderr}");
    assert!(stderr.contains("labels.txt"), "{stderr}");
}
