//! Two samples in a half-space cut with the cube: the exact optimum lies on vertices, which can
//! all be listed.

use super::engines::{ClosedForm, Unit};
use super::{interval, run};
use crate::sampler::{MethodKind, Prior, Problem, Settings};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// A problem with the paper's shape: σ(w·x + b) >= z1 on the unit cube.
struct HalfSpace {
    w: Vec<f64>,
    b: f64,
    z1: f64,
}

impl HalfSpace {
    /// A generated half-space that cuts the cube somewhere around its middle.
    fn generate(length: usize, seed: u64) -> Self {
        let mut generator = ChaCha20Rng::seed_from_u64(seed);
        let mut uniform = || f64::from(generator.next_u32()) / f64::from(u32::MAX);
        let w: Vec<f64> = (0..length).map(|_| 4.0 * uniform() - 2.0).collect();
        let middle = w.iter().sum::<f64>() / 2.0;
        let z1: f64 = 0.55 + 0.4 * uniform();
        // The rim passes near the cube's middle.
        let b = (z1 / (1.0 - z1)).ln() - middle + 0.5 * uniform() - 0.25;
        HalfSpace { w, b, z1 }
    }

    /// w·x + b − σ⁻¹(z1).
    fn slack(&self, x: &[f64]) -> f64 {
        let linear: f64 = self.w.iter().zip(x).map(|(w, x)| w * x).sum();
        linear + self.b - (self.z1 / (1.0 - self.z1)).ln()
    }

    /// Vertices of the cut cube: the cube's own that are inside, and where its edges cross.
    fn vertices(&self) -> Vec<Vec<f64>> {
        let length = self.w.len();
        let mut vertices = Vec::new();
        for bits in 0..1_usize << length {
            let corner: Vec<f64> = (0..length).map(|j| ((bits >> j) & 1) as f64).collect();
            let here = self.slack(&corner);
            if here >= 0.0 {
                vertices.push(corner.clone());
            }
            for j in (0..length).filter(|j| bits >> j & 1 == 0) {
                let there = here + self.w[j];
                if (here < 0.0) != (there < 0.0) {
                    let mut crossing = corner.clone();
                    crossing[j] = -here / self.w[j];
                    vertices.push(crossing);
                }
            }
        }
        vertices
    }

    /// The largest D of two feasible points: a convex function is largest at vertices.
    fn optimum(&self) -> f64 {
        let vertices = self.vertices();
        let mut best = 0.0_f64;
        for (i, a) in vertices.iter().enumerate() {
            for b in &vertices[..i] {
                let squared: f64 = a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum();
                best = best.max(2.0 * squared);
            }
        }
        best
    }

    /// D of the best of 20 starts.
    fn best_found(&self) -> f64 {
        let length = self.w.len();
        let unit = Unit::Sigmoid(self.w.clone(), self.b);
        let mut best = 0.0_f64;
        for seed in 0..20 {
            let problem = Problem {
                prior: Prior::uniform_box(vec![0.0; length], vec![1.0; length]).unwrap(),
                intervals: vec![
                    interval(Some(self.z1), Some(1.0)).within_limits(Some(0.0), Some(1.0)),
                ],
                starts: None,
            };
            let settings = Settings {
                seed,
                ..Settings::new(MethodKind::Joint, 2)
            };
            let mut engine = ClosedForm::new(length, vec![unit.clone()]);
            let outcome = run(&settings, problem, &mut engine);
            for sample in outcome.accepted() {
                let x: Vec<f64> = sample.code.iter().map(|&v| f64::from(v)).collect();
                assert!(self.slack(&x) >= -1e-6);
            }
            if outcome.accepted().len() == 2 {
                best = best.max(outcome.value());
            }
        }
        best
    }
}

#[test]
fn the_best_of_twenty_starts_is_within_one_per_cent_of_the_exact_optimum() {
    for length in [2, 3, 4, 6, 8, 10] {
        for seed in 0..4 {
            let half_space = HalfSpace::generate(length, 100 * length as u64 + seed);
            let (optimum, found) = (half_space.optimum(), half_space.best_found());
            assert!(
                found >= 0.99 * optimum && found <= optimum * (1.0 + 1e-6),
                "d = {length}, seed {seed}: {found} of {optimum}"
            );
        }
    }
}
