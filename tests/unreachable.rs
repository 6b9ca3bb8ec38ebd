//! Intervals that no code reaches: what was reached is said, and a query that can be had.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::path::Path;
use std::process::Output;

use common::{failure, json, run};
use serde_json::Value;

fn sample(bundle: &str, query: &[String], out: &Path, more: &[&str]) -> Output {
    let out = out.to_str().unwrap();
    let mut words = vec![
        "sample", "--bundle", bundle, "--json", "--quiet", "--out", out,
    ];
    for constraint in query {
        words.extend(["--where", constraint]);
    }
    words.extend(more);
    run(&words)
}

/// The object that a run prints which fell short, and what it says on stderr.
fn short(output: &Output) -> (Value, String) {
    let (code, stderr) = failure(output);
    assert_eq!(code, 3, "{stderr}");
    (serde_json::from_slice(&output.stdout).unwrap(), stderr)
}

/// The constraints that the line offers.
fn offered(stderr: &str) -> Vec<String> {
    let line = stderr
        .lines()
        .find(|line| line.starts_with("nearest reachable"))
        .unwrap_or_else(|| panic!("nothing is offered: {stderr}"));
    line.split("--where '")
        .skip(1)
        .map(|rest| rest[..rest.find('\'').unwrap()].to_owned())
        .collect()
}

#[test]
fn what_is_offered_for_an_unreachable_interval_can_be_sampled() {
    let folder = tempfile::tempdir().unwrap();
    let steps = ["-n", "4", "-k", "4", "--max-steps", "80"];
    for (number, (bundle, query)) in [
        ("fashion", vec!["bag in 1e6.."]),
        ("fashion", vec!["bag in 1e6..1000001"]),
        ("fashion", vec!["bag in p90..", "ankle boot in 1e4.."]),
        ("halfspace", vec!["activation[0] in 2..3"]),
    ]
    .into_iter()
    .enumerate()
    {
        let query: Vec<String> = query.into_iter().map(str::to_owned).collect();
        let out = folder.path().join(number.to_string());
        let (result, stderr) = short(&sample(bundle, &query, &out, &steps));
        assert_eq!(result["n_feasible"], 0, "{query:?}");
        assert!(stderr.contains("best activation reached"), "{stderr}");
        let nearest =
            &result["constraints"].as_array().unwrap().last().unwrap()["nearest_reachable"];
        assert!(
            nearest["low"].as_f64().unwrap() < 1e4,
            "{query:?}: {nearest}"
        );
        // The run's history keeps the line, for the screens.
        let history = std::fs::read_to_string(out.join("history.jsonl")).unwrap();
        assert!(
            history
                .lines()
                .last()
                .unwrap()
                .contains("nearest reachable")
        );
        // A run that had ended says it again.
        let (again, _) = short(&run(&[
            "resume",
            out.to_str().unwrap(),
            "--json",
            "--quiet",
        ]));
        assert_eq!(again["constraints"], result["constraints"]);

        let offered = offered(&stderr);
        assert_eq!(offered.len(), query.len());
        let out = folder.path().join(format!("{number}-offered"));
        let result = json(&sample(bundle, &offered, &out, &["-n", "4", "-k", "4"]));
        assert_eq!(result["n_feasible"], 4, "{offered:?}");
        let reachable = result["constraints"].as_array().unwrap();
        assert!(
            reachable
                .iter()
                .all(|one| one["nearest_reachable"].is_null())
        );
    }
}

#[test]
fn what_was_found_is_kept_where_some_samples_are_missing() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let query = vec!["bag in p90..".to_owned()];
    let steps = [
        "-n",
        "12",
        "--method",
        "joint",
        "--stop",
        "feasible",
        "--max-steps",
        "30",
    ];
    let (result, _) = short(&sample("fashion", &query, &out, &steps));
    let found = result["n_feasible"].as_u64().unwrap();
    assert!(
        (1..12).contains(&found),
        "{found} of 12: choose other steps"
    );
    let samples = std::fs::read_to_string(out.join("samples.jsonl")).unwrap();
    assert_eq!(samples.lines().count() as u64, found);
    let constraint = &result["constraints"][0];
    let nearest = constraint["nearest_reachable"]["low"].as_f64().unwrap();
    assert!(nearest < constraint["low"].as_f64().unwrap());
}
