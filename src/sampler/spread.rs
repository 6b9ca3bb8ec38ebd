//! What `spread` maximises: first the Riesz energy alone keeps all pairs apart, then the paper's value
//! is added to it.
//!
//! The paper's D = Σ ‖e_i − e_j‖² sees only norms and the mean: two far piles score as well as an even
//! spread. The Riesz energy R ([`super::riesz`]) is dominated by the closest pairs, so a sample that
//! minimises it has no duplicates; D/h² − w R has both. h² is the mean squared distance of the first
//! embeddings, which makes w free of units.

use super::objective::Sums;
use super::population::Population;
use super::riesz::Riesz;
use super::state::{State, StateError};
use ndarray::{Array2, ArrayViewMut2};

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

    /// Lets D count from now on, beside the energy R.
    pub(super) fn count_squares(&mut self, squares: f64, energy: f64) {
        let squares = if self.scale > 0.0 {
            squares / self.scale
        } else {
            0.0
        };
        self.weight = if energy > 0.0 && squares > 0.0 {
            SHARE * squares / energy
        } else {
            1.0
        };
    }

    /// The objective of a sample with the values D and R.
    pub(super) fn value(&self, squares: f64, energy: f64) -> f64 {
        if self.scale == 0.0 {
            0.0
        } else if self.counts_squares() {
            squares / self.scale - self.weight * energy
        } else {
            -energy
        }
    }

    /// The part of R in which `rows` come first: R itself where they are all that are known.
    pub(super) fn energy(&self, population: &Population, rows: &[usize], sums: &Sums) -> f64 {
        if self.scale == 0.0 {
            return 0.0;
        }
        let known: Vec<usize> = population.known_rows().collect();
        self.riesz(population, &known, sums).energy(rows)
    }

    /// Writes the objective's gradient with respect to the embeddings of `rows` to `target`
    /// `[rows, p]`; gives their energy as [`Spread::energy`] does.
    pub(super) fn gradient_into(
        &self,
        population: &Population,
        rows: &[usize],
        sums: &Sums,
        mut target: ArrayViewMut2<'_, f32>,
    ) -> f64 {
        target.fill(0.0);
        if self.scale == 0.0 {
            return 0.0;
        }
        let known: Vec<usize> = population.known_rows().collect();
        let mut forces = Array2::zeros(target.dim());
        let energy = self
            .riesz(population, &known, sums)
            .forces_into(rows, forces.view_mut());
        let weight = if self.counts_squares() {
            for (mut target, &row) in target.rows_mut().into_iter().zip(rows) {
                if let Some(target) = target.as_slice_mut() {
                    sums.gradient_into(population.embeddings.row(row), None, target);
                }
            }
            self.weight
        } else {
            1.0
        };
        target.zip_mut_with(&forces, |target, &force| {
            *target = (f64::from(*target) / self.scale + weight * force) as f32;
        });
        energy
    }

    fn riesz<'a>(
        &self,
        population: &'a Population,
        known: &'a [usize],
        sums: &'a Sums,
    ) -> Riesz<'a> {
        Riesz::new(
            population.embeddings.view(),
            known,
            sums.centre(),
            self.scale,
        )
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
