//! The numbers by which a chain is judged to have forgotten its start.

use super::noise::noise;
use super::population::Population;
use ndarray::Array2;
use ndarray_rand::rand_distr::{Distribution, StandardNormal};

/// Random directions of the code that are followed.
const DIRECTIONS: usize = 4;
/// No row has this number: its noise is free for the directions.
const NO_ROW: usize = u32::MAX as usize;

/// The activations of a chain, and its code along fixed random directions, measured in spreads of
/// the prior, and by its distance from the prior's middle.
#[derive(Debug, Clone)]
pub(super) struct Statistics {
    /// `[DIRECTIONS, d]`, divided by the spreads.
    directions: Array2<f64>,
    constraints: usize,
}

impl Statistics {
    /// For the chains of `population`.
    pub(super) fn new(run_seed: u64, population: &Population) -> Self {
        let spread = population.prior.spread();
        let mut generator = noise(run_seed, NO_ROW, 0);
        let directions = Array2::from_shape_fn((DIRECTIONS, spread.len()), |(_, j)| {
            let standard: f64 = StandardNormal.sample(&mut generator);
            if spread[j] > 0.0 {
                standard / spread[j]
            } else {
                0.0
            }
        });
        Statistics {
            directions,
            constraints: population.targets.len(),
        }
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.constraints + DIRECTIONS + 1
    }

    /// Those of a row.
    pub(super) fn of(&self, population: &Population, row: usize) -> Vec<f64> {
        let activations = population.activations.row(row).into_iter();
        let activations = activations.map(|&activation| f64::from(activation));
        let code = population.codes.row(row);
        let along = self.directions.outer_iter().map(|direction| {
            let pairs = direction.into_iter().zip(code);
            pairs.map(|(d, &value)| d * f64::from(value)).sum()
        });
        let distance = population.prior.distance_from_middle(code);
        activations.chain(along).chain([distance]).collect()
    }
}
