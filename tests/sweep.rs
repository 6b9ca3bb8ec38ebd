//! Many units from outside: one run each, resumable as a whole, and each as `sample` makes it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::path::{Path, PathBuf};
use std::process::{Child, Output, Stdio};
use std::time::Duration;

use common::{assert_same, bundle_copy, failure, invset, json, repository, run};

/// Two units, sampled in moments.
const SHORT: &[&str] = &[
    "sweep",
    "sneaker",
    "prob(bag)",
    "--in",
    "0.5..0.9",
    "-n",
    "4",
    "-k",
    "4",
];

/// Three units that take long enough to be killed in the middle.
const LONG: &[&str] = &[
    "sweep", "sneaker", "bag", "coat", "--in", "p75..p95", "-n", "24", "-k", "4", "--seed", "1",
];

/// Runs a sweep quietly with JSON on stdout.
fn sweep(arguments: &[&str], out: &Path) -> Output {
    run(&[
        arguments,
        &["--json", "--quiet", "--out", out.to_str().unwrap()],
    ]
    .concat())
}

fn spawn(arguments: &[&str], out: &Path) -> Child {
    invset()
        .args(arguments)
        .args(["--json", "--quiet", "--runtime", "embedded", "--out"])
        .arg(out)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Waits until `path` is there or the sweep has ended.
fn wait_for(path: &Path, child: &mut Child) {
    while !path.exists() && child.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn strings(units: &serde_json::Value, key: &str) -> Vec<String> {
    let units = units.as_array().unwrap().iter();
    units
        .map(|unit| unit[key].as_str().unwrap_or("-").to_owned())
        .collect()
}

/// The run folders of a sweep.
fn runs(out: &Path) -> Vec<PathBuf> {
    let mut runs: Vec<PathBuf> = std::fs::read_dir(out)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    runs.sort();
    runs
}

fn assert_same_sweep(one: &Path, other: &Path) {
    let (one, other) = (runs(one), runs(other));
    assert_eq!(one.len(), other.len());
    for (one, other) in one.iter().zip(&other) {
        assert_eq!(one.file_name(), other.file_name());
        assert_same(one, other);
    }
}

#[test]
fn every_unit_is_sampled_as_sample_does_and_the_second_call_does_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("sweep");
    let first = sweep(SHORT, &out);
    let report = json(&first);
    assert_eq!(report["complete"], 2);
    assert_eq!(report["total"], 2);
    assert_eq!(strings(&report["units"], "unit"), ["sneaker", "prob(bag)"]);
    assert_eq!(strings(&report["units"], "label"), ["sneaker", "bag"]);
    assert_eq!(report["units"][1]["index"], 8);
    assert_eq!(report["units"][0]["n_feasible"], 4);
    assert_eq!(report["units"][0]["finish"], "complete");
    let names: Vec<_> = runs(&out)
        .iter()
        .map(|path| path.file_name().unwrap().to_owned())
        .collect();
    assert_eq!(names, ["7-sneaker", "8-prob_bag"]);

    let document = std::fs::read_to_string(repository("docs/json.md")).unwrap();
    for object in [&report, &report["units"][0]] {
        for key in object.as_object().unwrap().keys() {
            assert!(document.contains(&format!("`{key}`")), "{key} is missing");
        }
    }

    let alone = folder.path().join("alone");
    json(&run(&[
        "sample",
        "--where",
        "prob(bag) in 0.5..0.9",
        "-n",
        "4",
        "-k",
        "4",
        "--json",
        "--quiet",
        "--out",
        alone.to_str().unwrap(),
    ]));
    assert_same(&alone, &out.join("8-prob_bag"));
    json(&run(&[
        "show",
        "--json",
        out.join("7-sneaker").to_str().unwrap(),
    ]));

    let modified = |name: &str| {
        let path = out.join("7-sneaker").join(name);
        std::fs::metadata(path).unwrap().modified().unwrap()
    };
    let before = ["run.toml", "checkpoint.safetensors", "samples.jsonl"].map(modified);
    let second = sweep(SHORT, &out);
    assert_eq!(json(&second), report);
    assert!(second.stdout == first.stdout);
    let after = ["run.toml", "checkpoint.safetensors", "samples.jsonl"].map(modified);
    assert_eq!(before, after);

    let (code, stderr) = failure(&sweep(&[SHORT, &["--step-size", "0.1"]].concat(), &out));
    assert_eq!(code, 2, "{stderr}");
    assert!(
        stderr.contains("settings.step_size is 0.05 in it and 0.1 now"),
        "{stderr}"
    );
}

#[test]
fn a_killed_sweep_ends_with_the_bytes_of_an_undisturbed_one() {
    let folder = tempfile::tempdir().unwrap();
    let reference = folder.path().join("undisturbed");
    let report = json(&sweep(LONG, &reference));
    assert_eq!(report["complete"], 3);
    for (number, file) in [
        "sweep.toml",
        "7-sneaker/run.toml",
        "8-bag",
        "8-bag/history.jsonl",
        "4-coat/images/00000.png",
    ]
    .into_iter()
    .enumerate()
    {
        let out = folder.path().join(format!("killed-{number}"));
        let mut child = spawn(LONG, &out);
        wait_for(&out.join(file), &mut child);
        child.kill().unwrap();
        child.wait().unwrap();
        let again = json(&sweep(LONG, &out));
        assert_eq!(again["complete"], 3, "{file}");
        assert_same_sweep(&reference, &out);
    }
}

#[test]
fn what_a_kill_leaves_of_a_run_that_never_started_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("sweep");
    json(&sweep(SHORT, &out));
    let reference = common::fingerprint(&out.join("7-sneaker"));
    let half = out.join("7-sneaker");
    std::fs::remove_dir_all(&half).unwrap();
    std::fs::create_dir_all(half.join("images")).unwrap();
    std::fs::write(half.join("lock"), "").unwrap();
    json(&sweep(SHORT, &out));
    assert!(common::fingerprint(&half) == reference);

    // Somebody's file in the way is no such thing.
    std::fs::remove_file(half.join("run.toml")).unwrap();
    let (code, stderr) = failure(&sweep(SHORT, &out));
    assert_eq!(code, 6, "{stderr}");
    assert!(stderr.contains("7-sneaker"), "{stderr}");
    assert!(half.join("samples.jsonl").exists());
}

#[test]
fn an_interrupted_sweep_says_so_and_is_resumed_without_being_asked_again() {
    let folder = tempfile::tempdir().unwrap();
    let reference = folder.path().join("undisturbed");
    let report = json(&sweep(LONG, &reference));
    let out = folder.path().join("interrupted");
    let mut child = spawn(LONG, &out);
    wait_for(&out.join("8-bag/history.jsonl"), &mut child);
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    let status = child.wait().unwrap();
    if status.code() != Some(0) {
        assert_eq!(status.code(), Some(130));
        assert!(!out.join("4-coat/history.jsonl").exists());
    }
    let resumed = json(&run(&[
        "sweep",
        "--resume",
        out.to_str().unwrap(),
        "--json",
        "--quiet",
    ]));
    assert_eq!(resumed["complete"], report["complete"]);
    assert_eq!(
        strings(&resumed["units"], "unit"),
        ["sneaker", "bag", "coat"]
    );
    assert_same_sweep(&reference, &out);
}

#[test]
fn an_unreachable_interval_ends_with_exit_3_and_names_the_unit() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("sweep");
    let arguments = [
        "sweep",
        "sneaker",
        "prob(bag)",
        "--in",
        "0.5..0.6",
        "-n",
        "2",
        "-k",
        "2",
        "--max-steps",
        "1",
    ];
    let output = sweep(&arguments, &out);
    let (code, stderr) = failure(&output);
    assert_eq!(code, 3, "{stderr}");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["units"][1]["finish"], "max-steps");
    assert_eq!(report["units"][1]["complete"], false);
    assert!(report["units"][1]["best"].is_number());

    // As text, and from the folder: nothing is left to do.
    let again = run(&[&arguments[..], &["--out", out.to_str().unwrap()]].concat());
    let text = String::from_utf8(again.stdout.clone()).unwrap();
    assert_eq!(failure(&again).0, 3);
    let (_, short) = text.split_once("short of samples:").unwrap();
    assert!(
        short.contains("prob(bag) [8] bag: 0 of 2 after 1 steps (--max-steps)"),
        "{text}"
    );
    assert!(short.contains("best activation reached: "), "{text}");
}

#[test]
fn a_second_sweep_into_the_same_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("sweep");
    let endless = [
        "sweep",
        "sneaker",
        "--in",
        "1000..",
        "-n",
        "4",
        "--max-steps",
        "1000000",
    ];
    let mut child = spawn(&endless, &out);
    wait_for(&out.join("7-sneaker/history.jsonl"), &mut child);
    let (code, stderr) = failure(&sweep(&endless, &out));
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(code, 2, "{stderr}");
    assert!(stderr.contains("another process"), "{stderr}");
}

#[test]
fn all_units_without_statistics_are_named_before_any_run() {
    let folder = tempfile::tempdir().unwrap();
    let bundle = bundle_copy("fashion", folder.path());
    let manifest = std::fs::read_to_string(bundle.join("bundle.toml")).unwrap();
    let at = manifest.find("[stats]").unwrap();
    std::fs::write(bundle.join("bundle.toml"), &manifest[..at]).unwrap();
    let out = folder.path().join("sweep");
    let bundle = bundle.to_str().unwrap();
    let (code, stderr) = failure(&sweep(
        &[
            "sweep", "--bundle", bundle, "--draw", "2", "--in", "p90..p99",
        ],
        &out,
    ));
    assert_eq!(code, 4, "{stderr}");
    assert_eq!(stderr.matches("invset stats").count(), 2, "{stderr}");
    assert!(!out.exists());
}

#[test]
fn units_are_chosen_in_exactly_one_way() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("sweep");
    let path = out.to_str().unwrap();
    for arguments in [
        &["--in", "0..1"][..],
        &["--all", "bag", "--in", "0..1"],
        &["--all", "--draw", "2", "--in", "0..1"],
        &["--draw", "0", "--in", "0..1"],
        &["--draw", "11", "--in", "0..1"],
        &["bag", "logits[8]", "--in", "0..1"],
        &["bag"],
        &["bag", "--in", "5..2"],
        &["bag", "--in", "0..1", "-n", "0"],
        &["--resume", path],
    ] {
        let (code, stderr) = failure(&sweep(&[&["sweep"][..], arguments].concat(), &out));
        assert_eq!(code, 2, "{arguments:?}: {stderr}");
        assert!(!out.exists(), "{arguments:?}");
    }
    for flag in ["-n", "--step-size", "--seed"] {
        let (code, stderr) = failure(&run(&["sweep", "--resume", path, flag, "1"]));
        assert_eq!(code, 2, "{flag}: {stderr}");
        assert!(stderr.contains(flag), "{stderr}");
    }
    let (code, stderr) = failure(&run(&["sweep", "--resume", path]));
    assert_eq!(code, 4, "{stderr}");
}

#[test]
fn a_sweep_of_which_no_run_could_start_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("sweep");
    let (code, stderr) = failure(&sweep(&[SHORT, &["--init", "nowhere"]].concat(), &out));
    assert_eq!(code, 2, "{stderr}");
    assert!(stderr.contains("nowhere"), "{stderr}");
    assert!(!out.exists());
    // A folder that was there stays as it was: empty.
    std::fs::create_dir(&out).unwrap();
    let (code, stderr) = failure(&sweep(&[SHORT, &["--init", "nowhere"]].concat(), &out));
    assert_eq!(code, 2, "{stderr}");
    assert_eq!(std::fs::read_dir(&out).unwrap().count(), 0);
    std::fs::write(out.join("mine"), "x").unwrap();
    let (code, stderr) = failure(&sweep(SHORT, &out));
    assert_eq!(code, 6, "{stderr}");
    assert_eq!(std::fs::read_dir(&out).unwrap().count(), 1);
}

#[test]
fn a_sweep_with_relative_paths_goes_on_from_another_folder() {
    let folder = tempfile::tempdir().unwrap();
    let there = folder.path();
    let source = there.join("source");
    json(&run(&[
        "sample",
        "--where",
        "bag in -90..90",
        "-n",
        "4",
        "-k",
        "4",
        "--json",
        "--quiet",
        "--out",
        source.to_str().unwrap(),
    ]));
    // A vector of ten numbers, as numpy writes it.
    let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (10,), }";
    let mut vector = b"\x93NUMPY\x01\x00".to_vec();
    vector.extend(118_u16.to_le_bytes());
    vector.extend(format!("{header:<117}\n").bytes());
    (0..10).for_each(|at| vector.extend((at as f32).to_le_bytes()));
    std::fs::write(there.join("v.npy"), vector).unwrap();
    let arguments = [
        "sweep",
        "bag",
        "dir(v.npy)@logits",
        "--in",
        "-900..900",
        "--init",
        "run:source",
        "-n",
        "4",
        "-k",
        "4",
    ];
    let output = invset()
        .current_dir(there)
        .args(arguments)
        .args(["--json", "--quiet", "--runtime", "embedded", "--out", "out"])
        .output()
        .unwrap();
    assert_eq!(json(&output)["complete"], 2);
    let out = there.join("out");
    let direction = out.join("dir_v.npy__logits");
    let reference = common::fingerprint(&direction);
    std::fs::remove_dir_all(&direction).unwrap();
    let path = out.to_str().unwrap();
    let resumed = json(&run(&["sweep", "--resume", path, "--json", "--quiet"]));
    assert_eq!(resumed["complete"], 2);
    assert!(common::fingerprint(&direction) == reference);
}

#[test]
fn a_sweep_names_its_method_as_its_runs_do() {
    let folder = tempfile::tempdir().unwrap();
    for (bundle, unit, name) in [
        ("halfspace", "activation[0]", "ppgn-without-prior-term"),
        ("fashion", "logits[8]", "ppgn"),
    ] {
        let chain = ["--method", "ppgn", "-n", "1", "--max-steps", "2", "--json"];
        let chain = [&["--quiet", "--bundle", bundle], &chain[..]].concat();
        let place = |name: &str| folder.path().join(format!("{bundle}-{name}"));
        let (alone, swept) = (place("alone"), place("swept"));
        let query = format!("{unit} in -1e3..1e3");
        let flags = [
            "sample",
            "--where",
            &query,
            "--out",
            alone.to_str().unwrap(),
        ];
        let alone = run(&[&flags[..], &chain[..]].concat());
        let flags = [
            "sweep",
            unit,
            "--in",
            "-1e3..1e3",
            "--out",
            swept.to_str().unwrap(),
        ];
        let swept = run(&[&flags[..], &chain[..]].concat());
        for output in [alone, swept] {
            let printed: serde_json::Value = serde_json::from_slice(&output.stdout)
                .unwrap_or_else(|_| panic!("{}", failure(&output).1));
            assert_eq!(printed["method"], name);
        }
    }
}
