//! Statistics, whole and wrong.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::bundle::test_files::tensors;

const HASH: &str = "abc";
const MANIFEST: &str = "name = 't'
[generator]
file = 'g.onnx'
[classifier]
file = 'c.onnx'
[judge]
file = 'j.onnx'";
const FACTS: &[(&str, &str)] = &[("classifier_sha256", HASH), ("image_count", "100")];
const LEVELS: (&str, &[usize], &[f32]) = ("levels", &[4], &[0.0, 0.5, 0.999, 1.0]);

fn parse(
    extra: &[(&str, &[usize], &[f32])],
    facts: &[(&str, &str)],
) -> Result<Statistics, Vec<Problem>> {
    let mut all = vec![LEVELS];
    all.extend_from_slice(extra);
    read(&tensors(&all, facts))
}

/// Every network has the same hash.
fn read(bytes: &[u8]) -> Result<Statistics, Vec<Problem>> {
    let manifest = Manifest::parse(MANIFEST).unwrap();
    let hash = |_: &str| Some(HASH.to_owned());
    Statistics::parse("stats.safetensors", bytes, &manifest, &hash)
}

fn keys(result: Result<Statistics, Vec<Problem>>) -> Vec<String> {
    let problems = result.unwrap_err();
    problems.into_iter().filter_map(|p| p.key).collect()
}

#[test]
fn quantiles_interpolate_between_levels_and_meet_them_exactly() {
    let values = [0.0, 1.0, 3.3, 4.0, -4.0, -2.0, 0.0, 9.0];
    let statistics = parse(&[("quantiles//layer1/Conv", &[2, 4], &values)], FACTS).unwrap();
    let at = |unit, level| statistics.quantile("/layer1/Conv", unit, level);
    assert_eq!(at(0, 0.25), Some(0.5));
    assert_eq!(at(0, 0.999), Some(f64::from(3.3_f32)));
    assert_eq!(at(1, 0.0), Some(-4.0));
    assert_eq!(at(1, 1.0), Some(9.0));
    assert_eq!(at(2, 0.5), None);
    assert_eq!(at(0, 1.5), None);
    assert_eq!(at(0, -0.5), None);
    assert_eq!(statistics.quantile("other", 0, 0.5), None);
    assert_eq!(statistics.units("/layer1/Conv"), Some(2));
}

#[test]
fn histograms_span_the_units_range() {
    let quantiles = [-1.0, 0.0, 1.0, 3.0];
    let counts = [1.0; HISTOGRAM_BINS];
    let statistics = parse(
        &[
            ("quantiles/t", &[1, 4], &quantiles),
            ("histogram/t", &[1, HISTOGRAM_BINS], &counts),
        ],
        FACTS,
    )
    .unwrap();
    let histogram = statistics.histogram("t", 0).unwrap();
    assert_eq!((histogram.low, histogram.high), (-1.0, 3.0));
    assert_eq!(histogram.counts.len(), HISTOGRAM_BINS);
    assert_eq!(statistics.image_count(), 100);
}

#[test]
fn wrong_shapes_and_values_name_their_key() {
    let falling = [3.0, 2.0, 1.0, 0.0];
    assert_eq!(
        keys(parse(
            &[
                ("quantiles/a", &[4], &falling),
                ("quantiles/b", &[1, 4], &falling),
                ("histogram/b", &[1, 4], &falling),
                ("median_distance/judge", &[1], &[0.0]),
            ],
            FACTS
        )),
        [
            "quantiles/a",
            "histogram/b",
            "quantiles/b",
            "median_distance/judge"
        ]
    );
}

#[test]
fn statistics_of_another_classifier_are_refused() {
    let facts = [("classifier_sha256", "def"), ("image_count", "x")];
    assert_eq!(
        keys(parse(&[], &facts)),
        ["classifier_sha256", "image_count"]
    );
    assert_eq!(keys(parse(&[], &[])), ["classifier_sha256", "image_count"]);
}

#[test]
fn statistics_of_another_judge_are_refused_and_those_of_no_encoder_are_not_compared() {
    let facts = [FACTS, &[("judge_sha256", "def")]].concat();
    assert_eq!(keys(parse(&[], &facts)), ["judge_sha256"]);
    let facts = [FACTS, &[("judge_sha256", HASH), ("encoder_sha256", "def")]].concat();
    assert!(parse(&[], &facts).is_ok());
}

#[test]
fn distances_of_a_judge_that_was_given_something_else_are_refused() {
    let facts = [FACTS, &[("judge_sha256", HASH)]].concat();
    let under = |keys: &str, facts: &[(&str, &str)]| {
        let manifest = Manifest::parse(&format!("{MANIFEST}\n{keys}")).unwrap();
        let hash = |_: &str| Some(HASH.to_owned());
        let bytes = tensors(&[LEVELS], facts);
        Statistics::parse("stats.safetensors", &bytes, &manifest, &hash)
    };
    let key = "judge_normalisation";
    let (mean, text) = ("mean = [0.5, 0, 1]", ":mean=0.5,0,1");
    assert!(under("", &facts).is_ok());
    assert_eq!(keys(under(mean, &facts)), [key]);
    let stated = [&facts[..], &[(key, text)]].concat();
    assert!(under(mean, &stated).is_ok());
    assert_eq!(keys(under("", &stated)), [key]);
    assert_eq!(keys(under("channels = 'BGR'", &stated)), [key]);
    // Which judge it was is not said: nothing is compared.
    assert!(under(mean, FACTS).is_ok());
}

#[test]
fn levels_must_ascend_from_0_to_1() {
    let bytes = tensors(&[("levels", &[2], &[0.5, 1.0])], FACTS);
    assert_eq!(keys(read(&bytes)), ["levels"]);
}
