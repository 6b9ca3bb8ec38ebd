//! `cover` against exact draws: uniform on the cube cut with a half-space that holds 5 % of it. Two-sample
//! Kolmogorov-Smirnov tests pass for `cover` and reject what only looks like it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::repository;
use invset::metrics::{KolmogorovSmirnov, holm};
use invset::onnx::{LoadOptions, Model};
use invset::sampler::{
    self, Evaluate, EvaluateError, Evaluation, Finish, Interval, MethodKind, Prior, Problem,
    PullBack, Settings,
};
use ndarray::{Array2, Array3, ArrayView2};
use ndarray_rand::rand_distr::{Distribution, StandardNormal};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

/// Chains of `cover`, each of which gives one sample: so many independent draws.
const CHAINS: usize = 2100;
/// Exact draws.
const EXACT: usize = 4000;
/// Share of the cube inside the half-space.
const SHARE: f64 = 0.05;
/// The smallest adjusted p-value that passes.
const LEVEL: f64 = 0.01;

/// { x in [0, 1]^d : w·x >= threshold }.
struct HalfSpace {
    w: Vec<f64>,
    threshold: f64,
    /// Where a method starts; drawn where there is none.
    start: Option<Array2<f32>>,
    last: Array2<f32>,
}

impl HalfSpace {
    /// The one that holds the share 5 % of the cube, by the quantile of draws.
    fn new(w: Vec<f64>) -> Self {
        let cube = cube(w.len());
        let mut logits: Vec<f64> = (0..20_000).map(|seed| dot(&w, &cube.draw(seed))).collect();
        logits.sort_by(f64::total_cmp);
        let threshold = logits[((1.0 - SHARE) * logits.len() as f64) as usize];
        HalfSpace {
            last: Array2::zeros((0, w.len())),
            w,
            threshold,
            start: None,
        }
    }

    fn contains(&self, code: &[f32]) -> bool {
        f64::from(dot(&self.w, code) as f32) >= self.threshold
    }

    fn problem(&self) -> Problem {
        Problem {
            prior: cube(self.w.len()),
            intervals: vec![Interval::new(Some(self.threshold), None).unwrap()],
            starts: self.start.clone(),
        }
    }

    /// Uniform draws, refused outside.
    fn exact(&self) -> Vec<Vec<f32>> {
        let cube = cube(self.w.len());
        (1 << 32..)
            .map(|seed| cube.draw(seed))
            .filter(|code| self.contains(code))
            .take(EXACT)
            .collect()
    }

    /// The codes that a method finds.
    fn sampled(&mut self, settings: &Settings) -> Vec<Vec<f32>> {
        let mut method = sampler::start(settings, self.problem()).unwrap();
        let mut codes = Vec::new();
        loop {
            let report = method.step(self).unwrap();
            codes.extend(report.accepted.into_iter().map(|sample| sample.code));
            if let Some(finish) = report.finish {
                assert_eq!(finish, Finish::Complete);
                return codes;
            }
        }
    }

    /// A random walk of each exact draw of the given `edge`: what becomes of a code that leaves the
    /// cube.
    fn walked(&self, codes: &[Vec<f32>], edge: fn(f64) -> f64) -> Vec<Vec<f32>> {
        let mut generator = ChaCha20Rng::seed_from_u64(11);
        let mut step = |code: &mut Vec<f32>| {
            let end: Vec<f32> = code
                .iter()
                .map(|&value| {
                    let standard: f64 = StandardNormal.sample(&mut generator);
                    edge(f64::from(value) + 0.1 * standard) as f32
                })
                .collect();
            if self.contains(&end) {
                *code = end;
            }
        };
        let mut codes = codes.to_vec();
        for code in &mut codes {
            for _ in 0..40 {
                step(code);
            }
        }
        codes
    }
}

impl Evaluate for HalfSpace {
    fn code_length(&self) -> usize {
        self.w.len()
    }

    fn constraint_count(&self) -> usize {
        1
    }

    fn embedding_length(&self) -> usize {
        1
    }

    fn evaluate(&mut self, codes: ArrayView2<'_, f32>) -> Result<Evaluation, EvaluateError> {
        self.last = codes.to_owned();
        let activations = self.check(codes)?;
        Ok(Evaluation {
            embeddings: activations.clone(),
            activations,
        })
    }

    fn pull_back(&mut self, embedding_bar: ArrayView2<'_, f32>) -> Result<PullBack, EvaluateError> {
        let (rows, d) = self.last.dim();
        Ok(PullBack {
            activation_gradients: Array3::from_shape_fn((rows, 1, d), |(_, _, j)| self.w[j] as f32),
            code_bar: Array2::from_shape_fn((rows, d), |(row, j)| {
                embedding_bar[[row, 0]] * self.w[j] as f32
            }),
        })
    }

    fn check(&mut self, codes: ArrayView2<'_, f32>) -> Result<Array2<f32>, EvaluateError> {
        Ok(Array2::from_shape_fn((codes.nrows(), 1), |(row, _)| {
            codes
                .row(row)
                .as_slice()
                .map_or(f32::NAN, |code| dot(&self.w, code) as f32)
        }))
    }

    fn block_rows(&self) -> usize {
        CHAINS
    }
}

fn cube(length: usize) -> Prior {
    Prior::uniform_box(vec![0.0; length], vec![1.0; length]).unwrap()
}

fn dot(w: &[f64], code: &[f32]) -> f64 {
    w.iter().zip(code).map(|(w, &x)| w * f64::from(x)).sum()
}

/// Along w, the 9 pixels of largest |w|, the 5 with w nearest to 0, and 5 random directions.
fn directions(w: &[f64]) -> Vec<Vec<f64>> {
    let axis = |j: usize| (0..w.len()).map(|i| f64::from(u8::from(i == j))).collect();
    let mut order: Vec<usize> = (0..w.len()).collect();
    order.sort_by(|&a, &b| w[b].abs().total_cmp(&w[a].abs()));
    let largest = order.iter().take(9);
    let smallest = order.iter().skip(9).rev().take(5);
    let mut generator = ChaCha20Rng::seed_from_u64(3);
    let mut random = || {
        (0..w.len())
            .map(|_| StandardNormal.sample(&mut generator))
            .collect::<Vec<f64>>()
    };
    let mut directions = vec![w.to_vec()];
    directions.extend(largest.chain(smallest).map(|&j| axis(j)));
    directions.extend((0..5).map(|_| random()));
    directions
}

/// The smallest Holm-adjusted p-value over the directions.
fn smallest_p(w: &[f64], codes: &[Vec<f32>], exact: &[Vec<f32>]) -> f64 {
    let p_values: Vec<f64> = directions(w)
        .iter()
        .map(|direction| {
            let along = |codes: &[Vec<f32>]| -> Vec<f64> {
                codes.iter().map(|code| dot(direction, code)).collect()
            };
            KolmogorovSmirnov::of(&along(codes), &along(exact))
                .unwrap()
                .p_value
        })
        .collect();
    holm(&p_values).into_iter().fold(1.0, f64::min)
}

fn cover() -> Settings {
    Settings {
        seed: 4,
        ..Settings::new(MethodKind::Cover, CHAINS)
    }
}

/// The weights of the bundle `halfspace`.
fn weights_of_the_bundle() -> Vec<f64> {
    let options = LoadOptions {
        batch: 1,
        ..LoadOptions::default()
    };
    let model = Model::open(&repository("models/halfspace/classifier.onnx")).unwrap();
    let graph = model.graph(&options).unwrap();
    let id = graph.find("logit.weight").unwrap();
    graph.constant(id).unwrap().to_f64()
}

/// Weights of both signs and several sizes, one of them zero.
fn weights(length: usize) -> Vec<f64> {
    (0..length)
        .map(|j| {
            let sign = if j % 3 == 1 { -1.0 } else { 1.0 };
            sign * (length - 1 - j) as f64 / length as f64
        })
        .collect()
}

/// Every chain starts in the middle of the cube, which it has to forget.
fn covers(w: Vec<f64>) {
    let mut set = HalfSpace::new(w);
    let exact = set.exact();
    set.start = Some(Array2::from_elem((1, set.w.len()), 0.5));
    let codes = set.sampled(&cover());
    assert_eq!(codes.len(), CHAINS);
    assert!(codes.iter().all(|code| set.contains(code)));
    let p = smallest_p(&set.w, &codes, &exact);
    assert!(p > LEVEL, "{} dimensions: {p}", set.w.len());
}

#[test]
fn cover_draws_from_the_half_space_in_the_square() {
    covers(vec![1.0, -0.4]);
}

#[test]
fn cover_draws_from_the_half_space_in_ten_dimensions() {
    covers(weights(10));
}

#[test]
fn cover_draws_from_the_half_space_of_the_bundle() {
    covers(weights_of_the_bundle());
}

#[test]
fn the_test_rejects_draws_without_the_half_space() {
    for w in [vec![1.0, -0.4], weights(10), weights_of_the_bundle()] {
        let set = HalfSpace::new(w);
        let cube = cube(set.w.len());
        let free: Vec<Vec<f32>> = (0..CHAINS as u64).map(|seed| cube.draw(seed)).collect();
        assert!(smallest_p(&set.w, &free, &set.exact()) < 1e-6);
    }
}

#[test]
fn the_test_rejects_spread() {
    for w in [vec![1.0, -0.4], weights(10), weights_of_the_bundle()] {
        let mut set = HalfSpace::new(w);
        let exact = set.exact();
        let settings = Settings {
            max_steps: 100,
            ..Settings::new(MethodKind::Spread, 64)
        };
        let codes = set.sampled(&settings);
        let p = smallest_p(&set.w, &codes, &exact);
        assert!(p < LEVEL, "{} dimensions: {p}", set.w.len());
    }
}

#[test]
fn the_test_rejects_clipping_at_the_faces_and_nothing_else_of_the_walk() {
    for w in [vec![1.0, -0.4], weights(10), weights_of_the_bundle()] {
        let set = HalfSpace::new(w);
        let exact = set.exact();
        let (start, exact) = exact.split_at(EXACT / 2);
        let clipped = set.walked(start, |value| value.clamp(0.0, 1.0));
        assert!(smallest_p(&set.w, &clipped, exact) < 1e-6);
        // The steps are short: one mirror is enough.
        let reflected = set.walked(start, |value| 1.0 - (1.0 - value.abs()).abs());
        let p = smallest_p(&set.w, &reflected, exact);
        assert!(p > LEVEL, "{} dimensions: {p}", set.w.len());
    }
}
