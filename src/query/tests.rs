//! Queries against a made-up classifier and against the built-in bundles.

#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;
use crate::bundle::BundleError;
use crate::bundle::test_files::tensors;

struct Classifier;

impl Taps for Classifier {
    fn names(&self) -> Vec<String> {
        ["/layer1/conv/Conv_output_0", "tokens", "logits", "flat"]
            .map(str::to_owned)
            .into()
    }

    fn tap(&self, name: &str) -> Result<Option<Tap>, BundleError> {
        let (shape, low) = match name {
            "/layer1/conv/Conv_output_0" => (vec![1, 8, 4, 6], None),
            "tokens" => (vec![1, 5, 3], Some(0.0)),
            "logits" => (vec![1, 4], None),
            "flat" => (vec![1], None),
            _ => return Ok(None),
        };
        let limits = Limits { low, high: None };
        Ok(Some(Tap { shape, limits }))
    }
}

fn labels() -> Vec<String> {
    ["volcano", "crane", "crane", ""].map(str::to_owned).into()
}

fn statistics() -> Statistics {
    let values: Vec<f32> = (0..12).map(|i| i as f32).collect();
    let bytes = tensors(
        &[
            ("levels", &[3], &[0.0, 0.5, 1.0]),
            ("quantiles/logits", &[4, 3], &values),
        ],
        &[("classifier_sha256", "h"), ("image_count", "10")],
    );
    let manifest = "name = 't'\n[generator]\nfile = 'g'\n[classifier]\nfile = 'c'";
    let manifest = crate::bundle::Manifest::parse(manifest).unwrap();
    Statistics::parse("s", &bytes, &manifest, &|_| Some("h".to_owned())).unwrap()
}

fn resolve(text: &str) -> Result<Constraint, QueryError> {
    let (labels, statistics) = (labels(), statistics());
    let context = Context {
        taps: &Classifier,
        logits: "logits",
        labels: &labels,
        statistics: Some(&statistics),
        measure: Some("invset stats --bundle b --images DIR".to_owned()),
    };
    Constraint::resolve(text, &context)
}

fn read(unit: &str) -> Read {
    resolve(&format!("{unit} in 0..1")).unwrap().unit.read
}

fn usage(text: &str) -> String {
    match resolve(text).unwrap_err() {
        QueryError::Usage(error) => error.to_string(),
        other => panic!("{other}"),
    }
}

#[test]
fn the_rank_decides_how_a_unit_is_read() {
    assert_eq!(read("logits[2]"), Read::Element(2));
    assert_eq!(read("volcano"), Read::Element(0));
    assert_eq!(read("prob(logits[2])"), Read::Probability(2));
    assert_eq!(read("tokens[2]"), Read::Mean(2));
    assert_eq!(read("max(tokens[2])"), Read::Max(2));
    let tensor = "/layer1/conv/Conv_output_0";
    assert_eq!(read(&format!("{tensor}[7]")), Read::Mean(7));
    assert_eq!(read(&format!("max({tensor}[7])")), Read::Max(7));
    assert_eq!(read(&format!("{tensor}[7,3,5]")), Read::Position(7, 3, 5));
}

#[test]
fn index_and_label_are_known_whichever_was_written() {
    for text in ["volcano in 1..2", "logits[0] in 1..2"] {
        let unit = resolve(text).unwrap().unit;
        assert_eq!(unit.index, Some(0));
        assert_eq!(unit.label.as_deref(), Some("volcano"));
        assert_eq!(unit.to_string(), "logits[0] volcano");
    }
    assert_eq!(
        resolve("prob(volcano) in 0.5..").unwrap().unit.to_string(),
        "prob(logits[0]) volcano"
    );
    assert_eq!(resolve("logits[3] in 1..2").unwrap().unit.label, None);
    assert_eq!(resolve("tokens[0] in 1..2").unwrap().unit.label, None);
}

#[test]
fn a_duplicate_label_lists_its_indices() {
    let message = usage("crane in 1..2");
    assert!(message.contains("logits[1], logits[2]"), "{message}");
}

#[test]
fn unknown_names_suggest_the_nearest() {
    let message = usage("volcanoe in 1..2");
    assert!(message.ends_with("did you mean 'volcano'?"), "{message}");
    assert!(usage("logit[1] in 1..2").contains("'logits'"));
    assert!(usage("layer1/conv[1] in 1..2").contains("'/layer1/conv/Conv_output_0'"));
    assert!(usage("980 in 1..2").contains("write logits[980]"));
    assert!(usage("tokens in 1..2").contains("write tokens[0]"));
}

#[test]
fn an_index_out_of_range_says_the_range() {
    assert!(usage("logits[4] in 1..2").contains("it has 4, counted 0 to 3"));
    assert!(usage("tokens[3] in 1..2").contains("it has 3, counted 0 to 2"));
    assert!(usage("/layer1/conv/Conv_output_0[0,4,0] in 1..").contains("row 4"));
    assert!(usage("/layer1/conv/Conv_output_0[0,0,6] in 1..").contains("column 6"));
}

#[test]
fn a_wrong_rank_says_what_is_possible() {
    assert!(
        usage("max(logits[0]) in 1..2")
            .contains("possible: logits[c] (the element), prob(logits[c])")
    );
    assert!(usage("prob(tokens[0]) in 1..2").contains("max(tokens[c])"));
    assert!(usage("logits[0,0,0] in 1..2").contains("possible: logits[c]"));
    assert!(usage("flat[0] in 1..2").contains("another tensor"));
}

#[test]
fn a_constraint_is_split_at_its_last_in() {
    let labels = ["man in black".to_owned()];
    let context = Context {
        taps: &Classifier,
        logits: "logits",
        labels: &labels,
        statistics: None,
        measure: None,
    };
    let constraint = Constraint::resolve("man in black in ..-2e0", &context).unwrap();
    assert_eq!(constraint.unit.index, Some(0));
    assert_eq!(constraint.interval.high(), Some(-2.0));
    assert_eq!(constraint.interval.low(), None);
}

#[test]
fn quantiles_become_numbers() {
    let interval = resolve("logits[1] in p25..p100").unwrap().interval;
    assert_eq!((interval.low(), interval.high()), (Some(3.5), Some(5.0)));
    let interval = resolve("logits[1] in p50..4.5").unwrap().interval;
    assert_eq!((interval.low(), interval.high()), (Some(4.0), Some(4.5)));
    assert!(usage("logits[1] in p50..1").contains("low end 4 is above its high end 1"));
}

#[test]
fn a_quantile_without_statistics_is_a_file_error_that_names_the_command() {
    for (text, part) in [
        (
            "tokens[1] in p50..",
            "`invset stats --bundle b --images DIR`",
        ),
        (
            "max(tokens[1]) in p50..",
            "b --images DIR --unit 'max(tokens[1])'`",
        ),
        ("max(tokens[1]) in p50..", "write numbers"),
    ] {
        match resolve(text).unwrap_err() {
            QueryError::File(error) => assert!(error.to_string().contains(part), "{error}"),
            other => panic!("{other}"),
        }
    }
}

#[test]
fn ends_at_a_units_own_limit_count_as_open() {
    let constraint = resolve("prob(logits[0]) in 0.5..1").unwrap();
    assert_eq!(constraint.interval.high(), Some(1.0));
    assert_eq!(constraint.reachable_interval().high(), None);
    assert_eq!(constraint.reachable_interval().low(), Some(0.5));
    assert_eq!(
        resolve("tokens[0] in 0..5")
            .unwrap()
            .reachable_interval()
            .low(),
        None
    );
    assert_eq!(
        resolve("logits[0] in 0..5")
            .unwrap()
            .reachable_interval()
            .low(),
        Some(0.0)
    );
}

#[test]
fn messages_carry_no_control_characters() {
    for text in [
        "\x1b[2Jx in 1..2",
        "\x1b[2Jx[0] in 1..2",
        "x in \x1b[2J",
        "\x1b[2J",
        "x\x07[ ] in 1..",
    ] {
        let message = resolve(text).unwrap_err().to_string();
        assert!(!message.chars().any(char::is_control), "{message:?}");
    }
}

#[test]
fn the_built_in_bundles_answer_queries_about_any_tensor() {
    let resolve = |bundle: &str, text: &str| {
        let bundle = Bundle::open(bundle).unwrap();
        Query::resolve(&[text.to_owned()], &bundle)
    };
    let query = resolve("fashion", "sneaker in p99..").unwrap();
    assert_eq!(query.constraints[0].unit.to_string(), "logits[7] sneaker");
    assert!(query.constraints[0].interval.low().is_some());
    let query = resolve("fashion", "layer1.conv[0,3,3] in ..1").unwrap();
    assert_eq!(query.constraints[0].unit.read, Read::Position(0, 3, 3));
    let query = resolve("halfspace", "three in 0.9..1").unwrap();
    assert_eq!(query.constraints[0].unit.limits, Limits::UNIT);
    assert_eq!(query.constraints[0].reachable_interval().high(), None);
    assert!(matches!(
        resolve("halfspace", "four in 0.9..1"),
        Err(QueryError::Usage(UsageError::UnknownLabel { .. }))
    ));
    assert!(matches!(
        Query::resolve(&[], &Bundle::open("halfspace").unwrap()),
        Err(QueryError::Usage(UsageError::NoConstraint))
    ));
}
