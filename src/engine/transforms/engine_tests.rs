#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use ndarray::{Array2, Array3, s};

use super::{Drawing, SeededTransforms, Transforms};
use crate::bundle::Bundle;
use crate::engine::networks::Networks;
use crate::engine::{Engine, PlanRequest, Scheme, SchemeChoice};
use crate::onnx;
use crate::query::{Query, Unit};
use crate::runtime::{Embedded, Input, Runtime, SessionOptions};
use crate::sampler::Evaluate;

const ROWS: usize = 3;
const STEP: u64 = 7;
const ALL: &str = "shift:2,noise:0.05,scale:10";

fn fashion() -> (Arc<Bundle>, Vec<Unit>) {
    let bundle = Arc::new(Bundle::open("fashion").unwrap());
    let query = Query::resolve(&["bag in 1..".to_owned()], &bundle).unwrap();
    (bundle, query.units())
}

fn seeded(text: &str) -> SeededTransforms {
    SeededTransforms {
        transforms: text.parse().unwrap(),
        seed: 11,
    }
}

fn engine(transforms: Option<SeededTransforms>) -> Engine {
    let (bundle, units) = fashion();
    let request = PlanRequest {
        rows: ROWS,
        micro_batch: Some(2),
        scheme: SchemeChoice::Split,
        threads: Some(1),
        ..PlanRequest::default()
    };
    Engine::new(
        Arc::new(Embedded::new()),
        bundle,
        units,
        &request,
        transforms,
    )
    .unwrap()
}

fn codes(length: usize) -> Array2<f32> {
    Array2::from_shape_fn((ROWS, length), |(row, at)| {
        (0.7 * at as f32 + row as f32).sin()
    })
}

/// Gradients of the activation, `[rows, 1, d]`, in `step`.
fn gradients(engine: &mut Engine, step: u64) -> Array3<f32> {
    let codes = codes(engine.shapes().code_length);
    engine.begin_step(step);
    engine.evaluate(codes.view()).unwrap();
    let bars = Array2::zeros((ROWS, engine.shapes().embedding_length));
    engine.pull_back(bars.view()).unwrap().activation_gradients
}

/// The activation that the classifier finds through the transforms of row 0 in [`STEP`].
fn transformed_activation(transforms: &Transforms, codes: &[Vec<f32>]) -> Vec<f64> {
    let (bundle, units) = fashion();
    let networks = Networks::build(&bundle, &units, 1, Some(transforms)).unwrap();
    let drawing = Drawing {
        seeded: seeded(&transforms.to_string()),
        step: STEP,
        pull: 0,
    };
    let drawn = drawing.values(0..1, &networks.transforms);
    let model = onnx::serialise(&networks.forward).unwrap();
    let mut session = Embedded::new()
        .load(&model, &SessionOptions::threads(1))
        .unwrap();
    let activation = |code: &Vec<f32>| {
        let shape = [1, code.len()];
        let mut inputs = vec![Input::F32 {
            shape: &shape,
            values: code,
        }];
        inputs.extend(
            drawn
                .iter()
                .zip(&networks.transforms)
                .map(|(values, input)| {
                    let shape = &input.shape;
                    Input::F32 { shape, values }
                }),
        );
        let outputs = session.run(&inputs).unwrap();
        f64::from(outputs[0].read_f32().unwrap()[0])
    };
    codes.iter().map(activation).collect()
}

#[test]
fn gradients_are_those_of_the_transformed_activation() {
    for text in ["shift:2", "noise:0.05", ALL] {
        let mut engine = engine(Some(seeded(text)));
        let found = gradients(&mut engine, STEP);
        let gradient = found.slice(s![0, 0, ..]);
        let squares = gradient.iter().map(|&g| f64::from(g).powi(2));
        let norm = squares.sum::<f64>().sqrt();
        let start = codes(engine.shapes().code_length);
        let moved = |share: f64| {
            let pairs = start.row(0).into_iter().zip(&gradient);
            let code = pairs.map(|(&at, &g)| at + (share * f64::from(g) / norm) as f32);
            code.collect::<Vec<f32>>()
        };
        // Small enough to cross few kinks, large enough for 32-bit floats.
        let transforms = text.parse().unwrap();
        let errors = [3e-4, 1e-4, 5e-5].map(|step| {
            let ends = transformed_activation(&transforms, &[moved(step), moved(-step)]);
            ((ends[0] - ends[1]) / (2.0 * step) / norm - 1.0).abs()
        });
        let least = errors.into_iter().fold(f64::INFINITY, f64::min);
        assert!(least < 0.02, "{text}: {errors:?}");
    }
}

#[test]
fn activations_embeddings_and_images_are_those_without_transforms() {
    let (mut with, mut without) = (engine(Some(seeded(ALL))), engine(None));
    assert_eq!(with.plan().scheme, Scheme::TwoPass);
    assert_eq!(without.plan().scheme, Scheme::Split);
    let codes = codes(with.shapes().code_length);
    let (one, other) = (
        with.evaluate(codes.view()).unwrap(),
        without.evaluate(codes.view()).unwrap(),
    );
    let near = |a: &Array2<f32>, b: &Array2<f32>| (a - b).iter().all(|d| d.abs() < 1e-4);
    assert!(near(&one.activations, &other.activations));
    assert!(near(&one.embeddings, &other.embeddings));
    let checked = with.check(codes.view()).unwrap();
    assert_eq!(checked, without.check(codes.view()).unwrap());
    let images = with.render(codes.view()).unwrap();
    assert_eq!(images, without.render(codes.view()).unwrap());
}

#[test]
fn the_pull_back_of_an_encoder_of_its_own_goes_through_no_transforms() {
    let pulled = |mut engine: Engine| {
        let codes = codes(engine.shapes().code_length);
        engine.begin_step(STEP);
        engine.evaluate(codes.view()).unwrap();
        let bars = Array2::ones((ROWS, engine.shapes().embedding_length));
        engine.pull_back(bars.view()).unwrap().code_bar
    };
    let (with, without) = (pulled(engine(Some(seeded(ALL)))), pulled(engine(None)));
    let largest = without
        .iter()
        .fold(0.0_f32, |most, bar| most.max(bar.abs()));
    assert!(largest > 0.0);
    assert!((&with - &without).iter().all(|d| d.abs() < 1e-4 * largest));
}

#[test]
fn gradients_follow_from_the_seed_and_the_step() {
    let mut one = engine(Some(seeded(ALL)));
    let first = gradients(&mut one, STEP);
    assert_ne!(first, gradients(&mut one, STEP + 1));
    assert_eq!(first, gradients(&mut one, STEP));
    let another = SeededTransforms {
        seed: 12,
        ..seeded(ALL)
    };
    assert_ne!(first, gradients(&mut engine(Some(another)), STEP));
    assert_ne!(first, gradients(&mut engine(None), STEP));
}
