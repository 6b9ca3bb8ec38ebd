//! What `spread` maximises: first the Riesz energy alone keeps all pairs apart, then the paper's value
//! is added to it.
//!
//! The paper's D = Σ ‖e_i − e_j‖² sees only norms and the mean: two far piles score as well as an even
//! spread. The Riesz s-energy R = Σ_{i≠j} (‖e_i − e_j‖²/h² + ε)^(−s/2) (Hardin & Saff, Notices of the
//! AMS 51, 2004) is dominated by the closest pairs, so a sample that minimises it has no duplicates;
//! D/h² − w R has both. h² is the mean squared distance of the first embeddings, which makes s, ε and w
//! free of units. Exact, in O(n² p) a step: at n = 1024 and p = 512 some 10⁹ operations.

use super::objective::Sums;
use super::population::Population;
use super::state::{State, StateError};

/// s: with 4 the nearest pairs count most and the others still do.
const EXPONENT: f64 = 4.0;
/// ε: where two embeddings coincide the energy stays finite.
const SOFTENING: f64 = 1e-6;
/// w R as a share of D/h² when D begins to count: so little costs almost nothing of D, and along the
/// directions in which D does not change, which are many, the energy alone decides.
const SHARE: f64 = 0.02;

/// The objective and how far it has come.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Spread {
    /// h²; 0 while it is not known.
    scale: f64,
    /// w; 0 while D does not count.
    weight: f64,
}

impl Spread {
    /// The energy alone, at an unknown scale.
    pub(super) fn new() -> Self {
        Spread {
            scale: 0.0,
            weight: 0.0,
        }
    }

    /// Takes the scale from the embeddings, once.
    pub(super) fn note_scale(&mut self, sums: &Sums) {
        let count = sums.count() as f64;
        if self.scale == 0.0 && count > 1.0 {
            self.scale = sums.value() / (count * (count - 1.0));
        }
    }

    /// Whether D counts already.
    pub(super) fn counts_squares(&self) -> bool {
        self.weight > 0.0
    }

    /// Lets D count from now on.
    pub(super) fn count_squares(&mut self, population: &Population, sums: &Sums) {
        let energy = self.energy(population);
        let squares = sums.value() / self.scale;
        self.weight = if energy > 0.0 && squares > 0.0 {
            SHARE * squares / energy
        } else {
            1.0
        };
    }

    /// The objective over the rows with known embeddings.
    pub(super) fn value(&self, population: &Population, sums: &Sums) -> f64 {
        if self.scale == 0.0 {
            return 0.0;
        }
        if self.counts_squares() {
            sums.value() / self.scale - self.weight * self.energy(population)
        } else {
            -self.energy(population)
        }
    }

    /// R over the rows with known embeddings.
    fn energy(&self, population: &Population) -> f64 {
        let mut energy = 0.0;
        for row in population.known_rows() {
            for other in population.known_rows().filter(|&other| other < row) {
                energy += 2.0 * self.kernel(self.square(population, row, other));
            }
        }
        energy
    }

    /// Writes the objective's gradient with respect to the embedding of a row.
    pub(super) fn gradient_into(
        &self,
        population: &Population,
        row: usize,
        sums: &Sums,
        target: &mut [f32],
    ) {
        if self.scale == 0.0 {
            target.fill(0.0);
            return;
        }
        let mut gradient = vec![0.0; target.len()];
        let mut weight = 1.0;
        if self.counts_squares() {
            weight = self.weight;
            sums.gradient_into(population.embeddings.row(row), None, target);
            for (sum, &value) in gradient.iter_mut().zip(target.iter()) {
                *sum = f64::from(value) / self.scale;
            }
        }
        let own = population.embeddings.row(row);
        for other in population.known_rows().filter(|&other| other != row) {
            let square = self.square(population, row, other);
            let factor =
                2.0 * weight * EXPONENT * self.kernel(square) / (square + SOFTENING * self.scale);
            let other = population.embeddings.row(other);
            for ((sum, &from), &to) in gradient.iter_mut().zip(own).zip(other) {
                *sum += factor * (f64::from(from) - f64::from(to));
            }
        }
        for (target, value) in target.iter_mut().zip(gradient) {
            *target = value as f32;
        }
    }

    fn kernel(&self, square: f64) -> f64 {
        (square / self.scale + SOFTENING).powf(-EXPONENT / 2.0)
    }

    fn square(&self, population: &Population, row: usize, other: usize) -> f64 {
        let (a, b) = (
            population.embeddings.row(row),
            population.embeddings.row(other),
        );
        a.iter()
            .zip(b)
            .map(|(&a, &b)| (f64::from(a) - f64::from(b)).powi(2))
            .sum()
    }

    pub(super) fn save(&self, state: &mut State) {
        state.put_f64("spread_scale", &[self.scale]);
        state.put_f64("spread_weight", &[self.weight]);
    }

    pub(super) fn load(state: &State) -> Result<Self, StateError> {
        Ok(Spread {
            scale: state.f64("spread_scale", Some(1))?.into_iter().sum(),
            weight: state.f64("spread_weight", Some(1))?.into_iter().sum(),
        })
    }
}
