//! Random steps that leave a code prior as it is: the proposals of chains.

use super::{Prior, Shape};
use ndarray::ArrayView1;
use ndarray_rand::rand_distr::{Distribution, StandardNormal};
use rand_chacha::ChaCha20Rng;

/// The longest step in a box, in its spreads: its end is as good as independent of its start.
const LONGEST_IN_BOX: f64 = 4.0;

impl Prior {
    /// How many spreads a code `[d]` is from the prior's middle, squared and summed over the
    /// dimensions that vary.
    pub(in crate::sampler) fn distance_from_middle(&self, code: ArrayView1<'_, f32>) -> f64 {
        let middle = |j: usize| match &self.shape {
            Shape::Normal { mean, .. } => mean[j],
            Shape::Box => 0.5 * (self.low[j] + self.high[j]),
        };
        let values = code.iter().zip(&self.spread).enumerate();
        values
            .filter(|(_, (_, spread))| **spread > 0.0)
            .map(|(j, (&value, spread))| ((f64::from(value) - middle(j)) / spread).powi(2))
            .sum()
    }

    /// The longest useful step of [`Prior::walk`].
    pub(in crate::sampler) fn longest_walk(&self) -> f64 {
        match self.shape {
            Shape::Normal { .. } => 1.0,
            Shape::Box => LONGEST_IN_BOX,
        }
    }

    /// Writes to `target` the end of a random step of `size` (in spreads) from `code`, both `[d]`.
    /// Gives whether the end is a valid code.
    ///
    /// The step is reversible with respect to the prior, so a chain that refuses the ends outside a
    /// set samples the prior restricted to that set, by Metropolis' rule:
    /// - Normal: c' = mean + √(1 − size²) (c − mean) + size·sd·ξ, "preconditioned Crank-Nicolson"
    ///   (Cotter, Roberts, Stuart and White, Statistical Science 28, 2013); a dimension that would
    ///   leave its clip stays where it is, which is Metropolis' rule for that dimension alone. An
    ///   end outside the ball is invalid.
    /// - Box: c' = c + size·spread·ξ, reflected at the bounds as often as it takes. Clipping
    ///   instead would pile codes up on the faces.
    pub(in crate::sampler) fn walk(
        &self,
        code: ArrayView1<'_, f32>,
        size: f64,
        generator: &mut ChaCha20Rng,
        target: &mut [f32],
    ) -> bool {
        for (j, (&from, to)) in code.iter().zip(&mut *target).enumerate() {
            let standard: f64 = StandardNormal.sample(generator);
            let at = f64::from(from);
            let (low, high) = (self.low[j], self.high[j]);
            *to = match &self.shape {
                Shape::Normal { mean, sd, .. } => {
                    let kept = (1.0 - size * size).max(0.0).sqrt();
                    let end = mean[j] + kept * (at - mean[j]) + size * sd[j] * standard;
                    if (low..=high).contains(&end) {
                        end as f32
                    } else {
                        from
                    }
                }
                Shape::Box => reflected(at + size * self.spread[j] * standard, low, high) as f32,
            };
        }
        self.contains(target)
    }
}

/// A value folded into [low, high] as by mirrors at both ends.
fn reflected(value: f64, low: f64, high: f64) -> f64 {
    let width = high - low;
    if width <= 0.0 {
        return low;
    }
    let along = (value - low).rem_euclid(2.0 * width);
    let folded = if along > width {
        2.0 * width - along
    } else {
        along
    };
    (low + folded).clamp(low, high)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::sampler::noise::noise;
    use ndarray::aview1;

    #[test]
    fn mirrors_fold_as_often_as_it_takes() {
        for (value, expected) in [
            (0.25, 0.25),
            (1.25, 0.75),
            (-0.25, 0.25),
            (5.5, 0.5),
            (-3.75, 0.25),
        ] {
            assert!(
                (reflected(value, 0.0, 1.0) - expected).abs() < 1e-12,
                "{value}"
            );
        }
        assert_eq!(reflected(7.0, 2.0, 2.0), 2.0);
    }

    /// Mean and variance of each dimension after many steps.
    fn moments(prior: &Prior, size: f64) -> Vec<(f64, f64)> {
        let d = prior.code_length();
        let mut code = prior.draw(1);
        let mut target = code.clone();
        let (mut sum, mut squares) = (vec![0.0; d], vec![0.0; d]);
        let steps = 20_000;
        for step in 0..steps {
            if prior.walk(aview1(&code), size, &mut noise(5, 0, step), &mut target) {
                code.copy_from_slice(&target);
            }
            for (j, &value) in code.iter().enumerate() {
                sum[j] += f64::from(value);
                squares[j] += f64::from(value).powi(2);
            }
        }
        let steps = steps as f64;
        (0..d)
            .map(|j| {
                (
                    sum[j] / steps,
                    squares[j] / steps - (sum[j] / steps).powi(2),
                )
            })
            .collect()
    }

    #[test]
    fn a_long_walk_has_the_moments_of_a_normal_prior() {
        let prior = Prior::normal(vec![2.0, -1.0, 3.0], vec![0.5, 2.0, 0.0]).unwrap();
        let expected = [(2.0, 0.25), (-1.0, 4.0), (3.0, 0.0)];
        for ((mean, variance), (at, wide)) in moments(&prior, 0.7).into_iter().zip(expected) {
            assert!((mean - at).abs() < 0.05 * (1.0 + wide), "{mean} {at}");
            assert!(
                (variance - wide).abs() < 0.05 * (wide + 1e-9),
                "{variance} {wide}"
            );
        }
    }

    #[test]
    fn a_clipped_dimension_has_the_moments_of_the_truncated_normal() {
        // The half normal: mean √(2/π), variance 1 − 2/π.
        let prior = Prior::normal(vec![0.0; 2], vec![1.0; 2])
            .unwrap()
            .clipped(&[0.0, f64::NEG_INFINITY], &[f64::INFINITY; 2])
            .unwrap();
        let half = 2.0 / std::f64::consts::PI;
        let (mean, variance) = moments(&prior, 0.7)[0];
        assert!((mean - half.sqrt()).abs() < 0.03, "{mean}");
        assert!((variance - (1.0 - half)).abs() < 0.03, "{variance}");
    }

    #[test]
    fn a_long_walk_has_the_moments_of_a_box() {
        let prior = Prior::uniform_box(vec![0.0, -3.0], vec![1.0, 1.0]).unwrap();
        for size in [0.5, 1.5] {
            let expected: [(f64, f64); 2] = [(0.5, 1.0 / 12.0), (-1.0, 16.0 / 12.0)];
            for ((mean, variance), (at, wide)) in moments(&prior, size).into_iter().zip(expected) {
                assert!((mean - at).abs() < 0.1 * wide.sqrt(), "{mean}");
                assert!((variance / wide - 1.0).abs() < 0.05, "{variance} {wide}");
            }
        }
    }

    #[test]
    fn the_distance_from_the_middle_counts_spreads() {
        let normal = Prior::normal(vec![1.0, -1.0, 0.0], vec![1.0, 7.0, 0.0]).unwrap();
        assert_eq!(normal.distance_from_middle(aview1(&[2.0, 13.0, 0.0])), 5.0);
        let cube = Prior::uniform_box(vec![0.0], vec![12.0]).unwrap();
        assert!((cube.distance_from_middle(aview1(&[12.0])) - 3.0).abs() < 1e-12);
    }

    #[test]
    fn every_valid_end_is_a_valid_code() {
        let prior = Prior::normal(vec![0.0; 3], vec![1.0; 3])
            .unwrap()
            .clipped(&[-1.0; 3], &[1.0; 3])
            .unwrap();
        let mut target = vec![0.0; 3];
        let code = prior.draw(2);
        for step in 0..200 {
            if prior.walk(aview1(&code), 0.9, &mut noise(6, 0, step), &mut target) {
                assert!(prior.contains(&target));
            }
        }
    }
}
