//! Draws from a code prior as a distribution, and random moves that leave it as it is: what a share of
//! the prior is measured with. Unlike starts, these are never projected, which would pile mass on the rim.

use ndarray_rand::rand::Rng;
use ndarray_rand::rand_distr::{Distribution, StandardNormal};

use super::{Prior, Shape};

/// Draws in a row that may miss the valid set before the last one is projected: only a clip that cuts off
/// nearly all of the normal gets there.
const MOST_DRAWS: usize = 10_000;

impl Prior {
    /// Draws a code `[d]` of the prior cut to the valid set: the uniform distribution on a box, the normal
    /// one within its ball and clip.
    pub(crate) fn sample_into(&self, random: &mut impl Rng, code: &mut [f32]) {
        for _ in 0..MOST_DRAWS {
            for (j, value) in code.iter_mut().enumerate() {
                *value = self.coordinate(j, random);
            }
            if self.contains(code) {
                return;
            }
        }
        let mut wide: Vec<f64> = code.iter().map(|&value| f64::from(value)).collect();
        self.project_into(&mut wide, code);
    }

    /// One coordinate within its bounds; the normal's are drawn again until they are.
    fn coordinate(&self, j: usize, random: &mut impl Rng) -> f32 {
        let (low, high) = (self.low[j], self.high[j]);
        match &self.shape {
            Shape::Box => {
                let share: f64 = random.random();
                (low + share * (high - low)).clamp(low, high) as f32
            }
            Shape::Normal { mean, sd, .. } => {
                let mut value = mean[j];
                for _ in 0..MOST_DRAWS {
                    let standard: f64 = StandardNormal.sample(random);
                    value = mean[j] + sd[j] * standard;
                    if low <= value && value <= high {
                        break;
                    }
                }
                value.clamp(low, high) as f32
            }
        }
    }

    /// Proposes a move of `code` by `step` in (0, 1], reversible with respect to the prior, so that a chain
    /// of proposals, each rejected where it is not valid or not wanted, draws from the prior within what is
    /// wanted. Whether the proposal is valid.
    ///
    /// - Normal: the preconditioned Crank-Nicolson proposal mean + √(1 − step²)(c − mean) + step·sd·ξ
    ///   (Cotter, Roberts, Stuart and White, Statistical Science 28, 2013, equation 4.5). A coordinate
    ///   that would leave its clip stays, which is Metropolis' rule for that coordinate alone: else no
    ///   proposal of many clipped coordinates would be valid.
    /// - Box: c + step·(high − low)·ξ, folded at the walls (reflection keeps the uniform distribution;
    ///   clamping would not).
    pub(crate) fn propose_into(
        &self,
        code: &[f32],
        step: f64,
        random: &mut impl Rng,
        proposal: &mut [f32],
    ) -> bool {
        let keep = (1.0 - step * step).max(0.0).sqrt();
        for (j, (target, &value)) in proposal.iter_mut().zip(code).enumerate() {
            let value = f64::from(value);
            let standard: f64 = StandardNormal.sample(random);
            let moved = match &self.shape {
                Shape::Box => {
                    let (low, high) = (self.low[j], self.high[j]);
                    folded(value + step * (high - low) * standard, low, high)
                }
                Shape::Normal { mean, sd, .. } => {
                    let end = mean[j] + keep * (value - mean[j]) + step * sd[j] * standard;
                    let stays = end < self.low[j] || end > self.high[j];
                    if stays { value } else { end }
                }
            };
            *target = moved as f32;
        }
        self.contains(proposal)
    }
}

/// `value` reflected at both walls until it lies between them.
fn folded(value: f64, low: f64, high: f64) -> f64 {
    let width = high - low;
    if width <= 0.0 {
        return low;
    }
    let along = (value - low).rem_euclid(2.0 * width);
    (low + along.min(2.0 * width - along)).clamp(low, high)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;

    /// Mean and variance of the first coordinate over chains of proposals that accept all that is valid.
    fn moments_of_chains(prior: &Prior, step: f64) -> (f64, f64) {
        let mut random = ChaCha20Rng::seed_from_u64(9);
        let d = prior.code_length();
        let (mut code, mut proposal) = (vec![0.0; d], vec![0.0; d]);
        let (mut sum, mut square, count) = (0.0, 0.0, 40_000);
        prior.sample_into(&mut random, &mut code);
        for _ in 0..count {
            if prior.propose_into(&code, step, &mut random, &mut proposal) {
                code.copy_from_slice(&proposal);
            }
            let value = f64::from(code[0]);
            sum += value;
            square += value * value;
        }
        let mean = sum / f64::from(count);
        (mean, square / f64::from(count) - mean * mean)
    }

    #[test]
    fn moves_keep_the_normal_prior() {
        let prior = Prior::normal(vec![1.0, 0.0], vec![2.0, 1.0]).unwrap();
        let (mean, variance) = moments_of_chains(&prior, 0.7);
        // The ball cuts a thousandth of the mass off, and 0.7 % of the variance.
        assert!((mean - 1.0).abs() < 0.1, "{mean}");
        assert!((variance / 4.0 - 0.993).abs() < 0.06, "{variance}");
    }

    #[test]
    fn moves_keep_the_uniform_prior_up_to_the_walls() {
        let prior = Prior::uniform_box(vec![-1.0, 0.0], vec![3.0, 1.0]).unwrap();
        for step in [0.3, 1.0] {
            let (mean, variance) = moments_of_chains(&prior, step);
            assert!((mean - 1.0).abs() < 0.08, "{mean}");
            assert!((variance - 16.0 / 12.0).abs() < 0.06, "{variance}");
        }
    }

    #[test]
    fn moves_and_draws_keep_the_clipped_prior() {
        let prior = Prior::normal(vec![0.0; 2], vec![1.0; 2])
            .unwrap()
            .clipped(&[0.0; 2], &[f64::INFINITY; 2])
            .unwrap();
        // Half-normal coordinates: mean √(2/π), variance 1 − 2/π.
        let (mean, variance) = moments_of_chains(&prior, 0.6);
        assert!((mean - 0.798).abs() < 0.04, "{mean}");
        assert!((variance - 0.363).abs() < 0.03, "{variance}");
        let mut random = ChaCha20Rng::seed_from_u64(1);
        let mut code = vec![0.0; 2];
        for _ in 0..200 {
            prior.sample_into(&mut random, &mut code);
            assert!(prior.contains(&code), "{code:?}");
        }
    }

    #[test]
    fn values_are_folded_between_walls() {
        assert_eq!(folded(1.25, 0.0, 1.0), 0.75);
        assert_eq!(folded(-0.25, 0.0, 1.0), 0.25);
        assert_eq!(folded(5.5, 0.0, 1.0), 0.5);
        assert_eq!(folded(7.0, 2.0, 2.0), 2.0);
    }

    #[test]
    fn pinned_dimensions_stay() {
        let prior = Prior::normal(vec![3.0, 0.0], vec![0.0, 1.0]).unwrap();
        let mut random = ChaCha20Rng::seed_from_u64(2);
        let (mut code, mut proposal) = (vec![0.0; 2], vec![0.0; 2]);
        prior.sample_into(&mut random, &mut code);
        prior.propose_into(&code, 0.5, &mut random, &mut proposal);
        assert_eq!((code[0], proposal[0]), (3.0, 3.0));
    }
}
