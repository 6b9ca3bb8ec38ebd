//! Scores against what the reference packages make of the same data: `tests/python/score_vectors.py`
//! wrote `tests/vectors/scores.json` with `vendi-score`, `prdc` and scipy. Where `INVSET_TEST_PYTHON` has
//! these packages, the file is made again and compared.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::path::Path;
use std::process::Command;

use common::repository;
use invset::metrics::against_real::NEIGHBOURS;
use invset::metrics::sanity::Ranks;
use invset::metrics::{AgainstReal, Bandwidth, PairDistances, Scores, perceptual_vector};
use ndarray::Array2;
use serde_json::Value;

fn vectors(file: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

fn floats(list: &Value) -> Vec<f32> {
    let numbers = list.as_array().unwrap().iter();
    numbers
        .map(|number| number.as_f64().unwrap() as f32)
        .collect()
}

fn matrix(rows: &Value) -> Array2<f32> {
    let rows: Vec<Vec<f32>> = rows.as_array().unwrap().iter().map(floats).collect();
    Array2::from_shape_vec((rows.len(), rows[0].len()), rows.concat()).unwrap()
}

fn near(what: &str, found: f64, expected: &Value) {
    let expected = expected.as_f64().unwrap();
    let apart = (found - expected).abs();
    assert!(
        apart <= 1e-9 * expected.abs().max(1.0),
        "{what}: {found}, not {expected}"
    );
}

#[test]
fn scores_are_those_of_the_reference_packages() {
    let vectors = vectors(&repository("tests/vectors/scores.json"));
    let cases = vectors["scores"].as_array().unwrap();
    assert!(cases.len() >= 3);
    for case in cases {
        let name = case["name"].as_str().unwrap();
        let (real, generated) = (matrix(&case["real"]), matrix(&case["generated"]));
        let pairs = PairDistances::of(generated.view());
        let bandwidth = case["bandwidth"].as_f64().map(Bandwidth::of_statistics);
        let scores = Scores::of(name, generated.view(), &pairs, bandwidth);
        near("vendi", scores.diversity.vendi, &case["vendi"]);
        near("rke", scores.diversity.rke, &case["rke"]);
        near("log_det", scores.log_det, &case["log_det"]);
        near("riesz_energy", scores.riesz_energy, &case["riesz_energy"]);
        let against = AgainstReal::of(real.view(), generated.view(), NEIGHBOURS);
        near(
            "precision",
            against.precision.value.unwrap(),
            &case["precision"],
        );
        near("recall", against.recall.value.unwrap(), &case["recall"]);
        near("density", against.density.value.unwrap(), &case["density"]);
        near(
            "coverage",
            against.coverage.value.unwrap(),
            &case["coverage"],
        );
    }
}

#[test]
fn rank_correlations_are_those_of_scipy() {
    let vectors = vectors(&repository("tests/vectors/scores.json"));
    for case in vectors["rank_correlations"].as_array().unwrap() {
        let [a, b] = ["a", "b"].map(|side| Ranks::of(&floats(&case[side])).unwrap());
        let (found, expected) = (a.correlation(&b), case["rho"].as_f64().unwrap());
        assert!((found - expected).abs() < 1e-6, "{found} {expected}");
    }
}

#[test]
fn the_perceptual_distance_is_that_of_its_formula() {
    let vectors = vectors(&repository("tests/vectors/scores.json"));
    let perceptual = &vectors["perceptual"];
    let layers: Vec<(usize, Array2<f32>)> = perceptual["layers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|layer| {
            (
                layer["shape"][0].as_u64().unwrap() as usize,
                matrix(&layer["rows"]),
            )
        })
        .collect();
    let images = layers[0].1.nrows();
    let rows: Vec<f32> = (0..images)
        .flat_map(|image| {
            let features: Vec<(usize, &[f32])> = layers
                .iter()
                .map(|(channels, rows)| (*channels, rows.row(image).to_slice().unwrap()))
                .collect();
            perceptual_vector(&features)
        })
        .collect();
    let rows = Array2::from_shape_vec((images, rows.len() / images), rows).unwrap();
    let mean = PairDistances::of(rows.view()).mean(|squared| squared);
    let expected = perceptual["mean"].as_f64().unwrap();
    assert!((mean - expected).abs() < 1e-6, "{mean} {expected}");
}

#[test]
fn the_vectors_are_what_the_packages_give_today() {
    let Some(python) = common::python() else {
        return;
    };
    let has = Command::new(&python)
        .args(["-c", "import prdc, vendi_score"])
        .output()
        .unwrap();
    if !has.status.success() {
        eprintln!("SKIPPED: {} has no prdc and vendi-score", python.display());
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let made = folder.path().join("scores.json");
    let written = Command::new(&python)
        .arg(repository("tests/python/score_vectors.py"))
        .arg(&made)
        .output()
        .unwrap();
    assert!(written.status.success(), "{written:?}");
    same(
        "",
        &vectors(&made),
        &vectors(&repository("tests/vectors/scores.json")),
    );
}

/// Asserts that two values are the same but for the rounding of their numbers.
fn same(place: &str, made: &Value, kept: &Value) {
    match (made, kept) {
        (Value::Object(made), Value::Object(kept)) => {
            assert_eq!(made.len(), kept.len(), "{place}");
            for (key, value) in made {
                same(&format!("{place}/{key}"), value, &kept[key]);
            }
        }
        (Value::Array(made), Value::Array(kept)) => {
            assert_eq!(made.len(), kept.len(), "{place}");
            for (at, (made, kept)) in made.iter().zip(kept).enumerate() {
                same(&format!("{place}/{at}"), made, kept);
            }
        }
        (Value::Number(made), kept) => near(place, made.as_f64().unwrap(), kept),
        _ => assert_eq!(made, kept, "{place}"),
    }
}
