//! Motions that a code prior defines by itself.

use super::{Prior, Shape};
use ndarray::ArrayView1;

impl Prior {
    /// Moves `code` `[d]` towards the mean of a normal prior: what is left of its distance is the
    /// share `kept`. A box prefers no code, so there it does nothing.
    pub(in crate::sampler) fn decay(&self, code: &mut [f64], kept: f64) {
        if let Shape::Normal { mean, .. } = &self.shape {
            for (value, mean) in code.iter_mut().zip(mean) {
                *value = mean + kept * (*value - mean);
            }
        }
    }

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

    /// The root mean square of the spreads: the unit of lengths that are stated in spreads.
    pub(in crate::sampler) fn typical_spread(&self) -> f64 {
        let squares: f64 = self.spread.iter().map(|spread| spread * spread).sum();
        (squares / self.spread.len() as f64).sqrt()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use ndarray::aview1;

    #[test]
    fn the_distance_from_the_middle_counts_spreads() {
        let normal = Prior::normal(vec![1.0, -1.0, 0.0], vec![1.0, 7.0, 0.0]).unwrap();
        assert_eq!(normal.distance_from_middle(aview1(&[2.0, 13.0, 0.0])), 5.0);
        let cube = Prior::uniform_box(vec![0.0], vec![12.0]).unwrap();
        assert!((cube.distance_from_middle(aview1(&[12.0])) - 3.0).abs() < 1e-12);
    }

    #[test]
    fn a_code_decays_towards_the_mean_of_a_normal_and_nowhere_in_a_box() {
        let mut code = [3.0, -1.0];
        let normal = Prior::normal(vec![1.0, -1.0], vec![1.0, 7.0]).unwrap();
        normal.decay(&mut code, 0.75);
        assert_eq!(code, [2.5, -1.0]);
        assert_eq!(normal.typical_spread(), 5.0);
        let cube = Prior::uniform_box(vec![-9.0; 2], vec![9.0; 2]).unwrap();
        cube.decay(&mut code, 0.75);
        assert_eq!(code, [2.5, -1.0]);
    }
}
