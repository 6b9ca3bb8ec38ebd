//! The paper's objective in linear time: sums of squared distances and their gradients.
//!
//! With S = Σ e and q = Σ ‖e‖² over n embeddings, D = Σ_{i,j} ‖e_i − e_j‖² = 2n q − 2‖S‖² and
//! ∂D/∂e_i = 4(n e_i − S). With m more, frozen, embeddings (S_0, q_0) the term
//! Σ_i Σ_y ‖e_i − e_y‖² = m q − 2 S·S_0 + n q_0 is added, with gradient 2(m e_i − S_0). Distances
//! do not change when all embeddings move together, so both sums are taken about a common centre:
//! what would cancel is never added up. Everything is in f64, in the order of the rows.

use super::state::{State, StateError};
use ndarray::{ArrayView1, ArrayView2};

/// Sums S and q of embeddings about a centre.
#[derive(Debug, Clone, PartialEq)]
pub struct Sums {
    centre: Vec<f64>,
    count: u64,
    sum: Vec<f64>,
    square: f64,
}

impl Sums {
    /// Sums of nothing, about `centre` `[p]`.
    pub fn about(centre: Vec<f64>) -> Self {
        Sums {
            sum: vec![0.0; centre.len()],
            centre,
            count: 0,
            square: 0.0,
        }
    }

    /// Adds one embedding `[p]`.
    pub fn add(&mut self, embedding: ArrayView1<'_, f32>) {
        self.count += 1;
        self.accumulate(embedding, 1.0);
    }

    /// Takes one embedding `[p]` out again, which must have been added.
    pub fn remove(&mut self, embedding: ArrayView1<'_, f32>) {
        self.count -= 1;
        self.accumulate(embedding, -1.0);
    }

    fn accumulate(&mut self, embedding: ArrayView1<'_, f32>, sign: f64) {
        let mut square = 0.0;
        for ((sum, &value), &centre) in self.sum.iter_mut().zip(embedding).zip(&self.centre) {
            let centred = f64::from(value) - centre;
            *sum += sign * centred;
            square += centred * centred;
        }
        self.square += sign * square;
    }

    /// The point that both sums are about `[p]`.
    pub fn centre(&self) -> &[f64] {
        &self.centre
    }

    /// Number of embeddings.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// D, never below zero.
    pub fn value(&self) -> f64 {
        let count = self.count as f64;
        (2.0 * count * self.square - 2.0 * dot(&self.sum, &self.sum)).max(0.0)
    }

    /// D plus the squared distances to `seeds`, which must be about the same centre.
    pub fn value_with(&self, seeds: &Sums) -> f64 {
        debug_assert_eq!(self.centre, seeds.centre);
        let (count, seed_count) = (self.count as f64, seeds.count as f64);
        self.value() + seed_count * self.square - 2.0 * dot(&self.sum, &seeds.sum)
            + count * seeds.square
    }

    /// Writes ∂D/∂e for one of the embeddings, with the term of the `seeds` where there are any.
    pub fn gradient_into(
        &self,
        embedding: ArrayView1<'_, f32>,
        seeds: Option<&Sums>,
        target: &mut [f32],
    ) {
        let count = self.count as f64;
        for (j, (&value, target)) in embedding.iter().zip(target).enumerate() {
            let centred = f64::from(value) - self.centre[j];
            let mut gradient = 4.0 * (count * centred - self.sum[j]);
            if let Some(seeds) = seeds {
                gradient += 2.0 * (seeds.count as f64 * centred - seeds.sum[j]);
            }
            *target = gradient as f32;
        }
    }

    pub(super) fn save(&self, state: &mut State) {
        state.put_f64("seeds_centre", &self.centre);
        state.put_f64("seeds_sum", &self.sum);
        state.put_f64("seeds_square", &[self.square]);
        state.put_integer("seeds", self.count);
    }

    pub(super) fn load(state: &State) -> Result<Self, StateError> {
        let centre = state.f64("seeds_centre", None)?;
        Ok(Sums {
            sum: state.f64("seeds_sum", Some(centre.len()))?,
            square: state.f64("seeds_square", Some(1))?.into_iter().sum(),
            count: state.integer("seeds")?,
            centre,
        })
    }
}

/// The mean of the rows `[p]`; zeros for no row.
pub fn mean<'a>(rows: impl Iterator<Item = ArrayView1<'a, f32>>, length: usize) -> Vec<f64> {
    let mut mean = vec![0.0; length];
    let mut count = 0.0;
    for row in rows {
        count += 1.0;
        for (sum, &value) in mean.iter_mut().zip(row) {
            *sum += f64::from(value);
        }
    }
    if count > 0.0 {
        for value in &mut mean {
            *value /= count;
        }
    }
    mean
}

/// D = Σ_{i,j} ‖e_i − e_j‖² over ordered pairs of the rows of `embeddings` `[n, p]`.
pub fn sum_of_squared_distances(embeddings: ArrayView2<'_, f32>) -> f64 {
    let mut sums = Sums::about(mean(embeddings.rows().into_iter(), embeddings.ncols()));
    for row in embeddings.rows() {
        sums.add(row);
    }
    sums.value()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use ndarray::Array2;
    use proptest::prelude::*;

    fn squared(a: ArrayView1<'_, f32>, b: ArrayView1<'_, f32>) -> f64 {
        a.iter()
            .zip(b)
            .map(|(&a, &b)| (f64::from(a) - f64::from(b)).powi(2))
            .sum()
    }

    fn brute_force(live: &Array2<f32>, seeds: &Array2<f32>) -> f64 {
        let mut sum = 0.0;
        for a in live.rows() {
            sum += live.rows().into_iter().map(|b| squared(a, b)).sum::<f64>();
            sum += seeds.rows().into_iter().map(|b| squared(a, b)).sum::<f64>();
        }
        sum
    }

    fn sums(rows: &Array2<f32>, centre: &[f64]) -> Sums {
        let mut sums = Sums::about(centre.to_vec());
        rows.rows().into_iter().for_each(|row| sums.add(row));
        sums
    }

    fn matrix(rows: usize, offset: f32) -> impl Strategy<Value = Array2<f32>> {
        proptest::collection::vec(-3.0..3.0_f32, rows * 4)
            .prop_map(move |values| Array2::from_shape_vec((rows, 4), values).unwrap() + offset)
    }

    proptest! {
        #[test]
        fn values_equal_the_double_sum(live in matrix(7, 100.0), seeds in matrix(5, 90.0)) {
            let centre = mean(live.rows().into_iter(), 4);
            let (k, m) = (sums(&live, &centre), sums(&seeds, &centre));
            let joint = brute_force(&live, &Array2::zeros((0, 4)));
            prop_assert!((k.value() - joint).abs() <= 1e-12 * joint);
            prop_assert!((sum_of_squared_distances(live.view()) - joint).abs() <= 1e-12 * joint);
            let both = brute_force(&live, &seeds);
            prop_assert!((k.value_with(&m) - both).abs() <= 1e-12 * both);
        }

        #[test]
        fn the_gradient_equals_differences(live in matrix(6, 0.0), seeds in matrix(3, 2.0), row in 0..6_usize) {
            // D is quadratic, so a central difference is exact but for rounding.
            let centre = vec![0.25; 4];
            let seed_sums = sums(&seeds, &centre);
            let mut gradient = [0.0; 4];
            sums(&live, &centre).gradient_into(live.row(row), Some(&seed_sums), &mut gradient);
            for j in 0..4 {
                let moved = |by: f32| {
                    let mut live = live.clone();
                    live[[row, j]] += by;
                    (brute_force(&live, &seeds), f64::from(live[[row, j]]))
                };
                let ((above, at_above), (below, at_below)) = (moved(0.5), moved(-0.5));
                let difference = (above - below) / (at_above - at_below);
                prop_assert!((f64::from(gradient[j]) - difference).abs() <= 1e-4 * difference.abs().max(1.0));
            }
        }

        #[test]
        fn what_is_removed_leaves_no_trace(live in matrix(4, 1.0)) {
            let full = sums(&live, &[0.0; 4]);
            let mut copy = full.clone();
            copy.add(live.row(2));
            copy.remove(live.row(2));
            prop_assert!((copy.value() - full.value()).abs() < 1e-9);
            prop_assert_eq!(copy.count(), 4);
        }
    }

    #[test]
    fn a_large_common_offset_costs_no_digits() {
        let near: Array2<f32> = ndarray::array![[1e6, 0.0], [1e6 + 1.0, 0.0], [1e6 + 3.0, 0.0]];
        let value = sum_of_squared_distances(near.view());
        assert!((value - 2.0 * (1.0 + 9.0 + 4.0)).abs() < 1e-8, "{value}");
    }

    #[test]
    fn nothing_and_one_have_no_distance() {
        assert_eq!(sum_of_squared_distances(Array2::zeros((0, 3)).view()), 0.0);
        assert_eq!(sum_of_squared_distances(Array2::ones((1, 3)).view()), 0.0);
    }
}
