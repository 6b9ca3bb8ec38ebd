//! What is said once, and what is blamed on which section.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use super::findings::Findings;
use super::*;
use crate::bundle::MANIFEST;
use crate::onnx::OnnxError;
use crate::runtime::Embedded;

#[test]
fn a_key_has_one_problem_the_first() {
    let mut findings = Findings::new(vec![Problem::new(MANIFEST, "judge.file", "gone", "back")]);
    findings.report("judge.file", "unreadable", "export it");
    findings.report("judge.input", "none", "name it");
    let problems = findings.into_problems();
    assert_eq!(problems.len(), 2);
    assert_eq!(problems[0].reason, "gone");
}

#[test]
fn a_section_is_spoilt_by_its_own_keys_from_the_start_only() {
    let problem = Problem::new(MANIFEST, "generator.prior.low", "above", "exchange");
    let mut findings = Findings::new(vec![problem]);
    assert!(findings.is_spoilt("generator.prior"));
    assert!(!findings.is_spoilt("generator"));
    findings.report("generator.output", "none", "name it");
    assert!(!findings.is_spoilt("generator"));
    assert!(findings.blames("generator", None));
    assert!(!findings.blames("generator.prio", None));
}

#[test]
fn errors_of_models_keep_their_remedy_and_lose_the_path() {
    let error = OnnxError::Malformed {
        file: "/home/somebody/g.onnx".to_owned(),
        place: "protobuf".to_owned(),
        reason: "cut off".to_owned(),
        remedy: "get it again",
    };
    let problems = explain::explain("generator.file", "g.onnx", error.into());
    let text = problems[0].to_string();
    assert_eq!(
        text,
        "bundle.toml: generator.file: 'g.onnx': protobuf: cut off; get it again"
    );
}

#[test]
fn sizes_that_a_file_leaves_open_name_the_key_that_gives_them() {
    let error = |axis, symbol: Option<&str>| OnnxError::DynamicDimension {
        file: "c.onnx".to_owned(),
        input: "x".to_owned(),
        axis,
        symbol: symbol.map(str::to_owned),
    };
    let key = |key, error: OnnxError| {
        let problems = explain::explain(key, "c.onnx", error.into());
        problems[0].key.clone().unwrap()
    };
    assert_eq!(
        key("classifier.file", error(2, Some("h"))),
        "classifier.size"
    );
    assert_eq!(key("classifier.file", error(2, None)), "classifier.input");
    assert_eq!(key("judge.file", error(2, Some("h"))), "judge.input");
}

#[test]
fn a_bundle_of_pixels_is_checked_without_a_generator() {
    let runtime: Arc<dyn Runtime> = Arc::new(Embedded::new());
    let report = check("halfspace", &runtime).unwrap();
    assert!(report.ok, "{:?}", report.problems);
    assert_eq!(report.facts.embedding_length, Some(784));
    assert_eq!(report.facts.networks.len(), 1);
    let [low, high] = report.facts.image_range.unwrap();
    assert!(low >= 0.0 && high <= 1.0 && low < high);
    assert!(matches!(
        check("halfspce", &runtime),
        Err(CheckError::Bundle(BundleError::UnknownName { .. }))
    ));
}
