//! What a report refuses, and with which exit code.

use super::sampled;
use crate::common::{failure, run};

#[test]
fn what_is_no_run_or_damaged_is_bad_input() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.html");
    let file = file.to_str().unwrap();
    let none = folder.path().join("none");
    let (code, stderr) = failure(&run(&["report", none.to_str().unwrap(), "-o", file]));
    assert_eq!(code, 4, "{stderr}");
    assert!(stderr.contains("is no run folder"), "{stderr}");
    let place = sampled(folder.path(), "run", &["-n", "2", "-k", "2"]);
    std::fs::write(place.join("samples.jsonl"), "{\"index\":\n").unwrap();
    let (code, stderr) = failure(&run(&["report", place.to_str().unwrap(), "-o", file]));
    assert_eq!(code, 4, "{stderr}");
    assert!(
        stderr.contains("samples.jsonl is damaged: line 1"),
        "{stderr}"
    );
    assert!(!std::path::Path::new(file).exists());
}

#[test]
fn a_report_needs_a_run_and_a_place() {
    for arguments in [
        &["report"][..],
        &["report", "x"],
        &["report", "-o", "y.html"],
    ] {
        assert_eq!(failure(&run(arguments)).0, 2, "{arguments:?}");
    }
}

#[test]
fn only_a_run_writes_into_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let place = sampled(folder.path(), "run", &["-n", "2", "-k", "2"]);
    let before = std::fs::read(place.join("run.toml")).unwrap();
    let outside = folder.path().join("report.html");
    for (page, figures) in [
        (place.join("run.toml"), None),
        (place.join("images/report.html"), None),
        (outside.clone(), Some(place.join("svg"))),
    ] {
        let mut arguments = vec![
            "report",
            place.to_str().unwrap(),
            "-o",
            page.to_str().unwrap(),
        ];
        if let Some(figures) = &figures {
            arguments.extend(["--svg", figures.to_str().unwrap()]);
        }
        let (code, stderr) = failure(&run(&arguments));
        assert_eq!(code, 2, "{stderr}");
        assert!(stderr.contains("which only its run writes"), "{stderr}");
    }
    assert_eq!(std::fs::read(place.join("run.toml")).unwrap(), before);
    assert!(!outside.exists() && !place.join("svg").exists());
}

#[test]
fn a_place_that_cannot_be_written_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let place = sampled(folder.path(), "run", &["-n", "2", "-k", "2"]);
    let missing = folder.path().join("none/report.html");
    let arguments = [
        "report",
        place.to_str().unwrap(),
        "-o",
        missing.to_str().unwrap(),
        "--no-scores",
    ];
    let (code, stderr) = failure(&run(&arguments));
    assert_eq!(code, 6, "{stderr}");
    assert!(
        stderr.contains("cannot write") && stderr.contains("report.html"),
        "{stderr}"
    );
}
