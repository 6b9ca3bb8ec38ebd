//! Starts from given codes: how far each sample is from its own, and which picture that was.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use common::{assert_same, invset, json, run};
use serde_json::Value;

fn sample<'a>(query: &'a str, init: &'a str, out: &'a Path, more: &[&'a str]) -> Vec<&'a str> {
    let out = out.to_str().unwrap();
    let mut words = vec![
        "sample", "--where", query, "--json", "--quiet", "--out", out,
    ];
    words.extend(["--init", init]);
    words.extend(more);
    words
}

/// A folder of five pictures of bags, and the run that made them.
fn bags(folder: &Path) -> (PathBuf, PathBuf) {
    let out = folder.join("bags");
    let words = sample("bag in p75..p90", "random", &out, &["-n", "5", "-k", "5"]);
    json(&run(&words));
    (out.join("images"), out)
}

fn lines(out: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(out.join("samples.jsonl")).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn a_samples_distance_from_the_picture_it_started_from_is_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let (images, source) = bags(folder.path());
    let images = format!("images:{}", images.display());
    let from_run = format!("run:{}", source.display());
    let easy = ["-n", "5", "--method", "joint", "--stop", "feasible"];
    let out = |name: &str| folder.path().join(name);

    // Samples of the same interval are inside where they start.
    let there = out("there");
    let words = sample("bag in p70..p92", &from_run, &there, &easy);
    let result = json(&run(&words));
    assert_eq!(result["from_start"]["n"], 5);
    for (index, line) in lines(&there).iter().enumerate() {
        assert_eq!(line["source"], format!("images/{index:05}.png"));
        for distance in ["code", "embedding", "image"] {
            assert_eq!(line["from_start"][distance], 0.0, "{line}");
        }
    }

    // Another level takes a change.
    for (name, init, prefix) in [("run", &from_run, "images/"), ("images", &images, "")] {
        let moved = out(name);
        let words = sample("bag in p90..p97", init, &moved, &easy);
        let result = json(&run(&words));
        let median = &result["from_start"];
        for (index, line) in lines(&moved).iter().enumerate() {
            let start = line["start"].as_u64().unwrap();
            if start >= 5 {
                assert!(line["from_start"].is_null(), "it was drawn anew: {line}");
                continue;
            }
            assert_eq!(line["source"], format!("{prefix}{start:05}.png"), "{index}");
            for distance in ["code", "embedding", "image"] {
                assert!(
                    line["from_start"][distance].as_f64().unwrap() > 0.0,
                    "{line}"
                );
            }
        }
        for distance in ["code", "embedding", "image"] {
            assert!(median[distance].as_f64().unwrap() > 0.0, "{median}");
        }
        assert!(median["image"].as_f64().unwrap() < 1.0);
    }

    // Random starts have none.
    assert!(lines(&source)[0].get("from_start").is_none());
    assert!(lines(&source)[0].get("source").is_none());
}

#[test]
fn a_killed_run_from_pictures_ends_with_the_same_distances() {
    let folder = tempfile::tempdir().unwrap();
    let (images, _) = bags(folder.path());
    let init = format!("images:{}", images.display());
    let more = ["-n", "40", "-k", "5"];
    let reference = folder.path().join("undisturbed");
    let words = sample("bag in p90..p99", &init, &reference, &more);
    let result = json(&run(&words));
    assert!(result["from_start"]["n"].as_u64().unwrap() > 0);
    for (number, milliseconds) in [200u64, 500].into_iter().enumerate() {
        let out = folder.path().join(format!("killed-{number}"));
        let mut child = invset()
            .args(sample("bag in p90..p99", &init, &out, &more))
            .args(["--runtime", "embedded"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
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
        assert_same(&reference, &out);
        assert_eq!(resumed["from_start"], result["from_start"]);
    }
}
