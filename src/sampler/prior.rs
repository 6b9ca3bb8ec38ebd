//! Which codes are valid: a hard set, projected onto after every step, and drawn from at starts.

mod motion;
mod moves;

use super::chi_square;
use ndarray::ArrayView1;
use ndarray_rand::rand_distr::{Distribution, StandardNormal, Uniform};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

/// Share of the normal prior's mass that is valid.
const NORMAL_MASS: f64 = 0.999;
/// Projections land this much (relative) inside the rim, so that rounding to float32 stays valid.
const RIM: f64 = 1e-6;
/// Halvings of the multiplier's bracket: enough for every bit of an f64.
const HALVINGS: usize = 100;
/// Draws of a code until a valid one is found.
const DRAWS: usize = 16;

/// The set of valid codes and the distribution that starts are drawn from.
///
/// Normal: ‖(c − mean)/sd‖² <= χ²_d(0.999), cut with the clip. Box: low <= c <= high.
#[derive(Debug, Clone, PartialEq)]
pub struct Prior {
    shape: Shape,
    /// Bounds of each dimension, infinite where there are none.
    low: Vec<f64>,
    high: Vec<f64>,
    spread: Vec<f64>,
}

#[derive(Debug, Clone, PartialEq)]
enum Shape {
    Normal {
        mean: Vec<f64>,
        sd: Vec<f64>,
        radius_squared: f64,
    },
    Box,
}

/// Numbers that make no prior.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PriorError {
    /// Lists of different lengths, or empty ones.
    #[error("the prior's {name} has {found} values where {expected} are needed")]
    Length {
        /// Which list.
        name: &'static str,
        /// Its length.
        found: usize,
        /// The code's length.
        expected: usize,
    },
    /// A value that is not usable.
    #[error("the prior's {name}[{index}] is {value}: {requirement}")]
    Value {
        /// Which list.
        name: &'static str,
        /// Which dimension.
        index: usize,
        /// The value.
        value: f64,
        /// What it must be.
        requirement: &'static str,
    },
    /// The clip leaves nothing of the normal prior.
    #[error("the prior's clip and its normal ball have no code in common: widen the clip")]
    Empty,
}

impl Prior {
    /// A normal prior from its mean and standard deviations `[d]`. A standard deviation of zero
    /// pins the dimension to its mean.
    ///
    /// # Errors
    /// Lengths differ or are zero, a value is not finite, or a standard deviation is negative.
    pub fn normal(mean: Vec<f64>, sd: Vec<f64>) -> Result<Self, PriorError> {
        let length = mean.len();
        check_length("mean", length, length.max(1))?;
        check_length("sd", sd.len(), length)?;
        check_values("mean", &mean, "it must be finite", f64::is_finite)?;
        check_values("sd", &sd, "it must be finite and not negative", |sd| {
            sd.is_finite() && sd >= 0.0
        })?;
        Ok(Prior {
            low: vec![f64::NEG_INFINITY; length],
            high: vec![f64::INFINITY; length],
            spread: sd.clone(),
            shape: Shape::Normal {
                mean,
                sd,
                radius_squared: chi_square::quantile(length, NORMAL_MASS),
            },
        })
    }

    /// A uniform prior on a box from its bounds `[d]`, moved inward to float32 values.
    ///
    /// # Errors
    /// Lengths differ or are zero, a bound is not finite, or low > high.
    pub fn uniform_box(low: Vec<f64>, high: Vec<f64>) -> Result<Self, PriorError> {
        let length = low.len();
        check_length("low", length, length.max(1))?;
        check_values("low", &low, "it must be finite", f64::is_finite)?;
        check_values("high", &high, "it must be finite", f64::is_finite)?;
        let (low, high) = inward_bounds(&low, &high, length)?;
        Ok(Prior {
            spread: low
                .iter()
                .zip(&high)
                .map(|(low, high)| (high - low) / 12.0_f64.sqrt())
                .collect(),
            shape: Shape::Box,
            low,
            high,
        })
    }

    /// The same prior with every dimension kept between `low` and `high` `[d]` as well; an
    /// infinite bound is none.
    ///
    /// # Errors
    /// Lengths differ, a bound is not a number, low > high, or no valid code is left.
    pub fn clipped(self, low: &[f64], high: &[f64]) -> Result<Self, PriorError> {
        check_length("clip", low.len(), self.low.len())?;
        check_length("clip", high.len(), self.low.len())?;
        check_values("clip", low, "it must be a number", |v| !v.is_nan())?;
        check_values("clip", high, "it must be a number", |v| !v.is_nan())?;
        let tighter_low: Vec<f64> = self.low.iter().zip(low).map(|(a, b)| a.max(*b)).collect();
        let tighter_high: Vec<f64> = self.high.iter().zip(high).map(|(a, b)| a.min(*b)).collect();
        let (low, high) = inward_bounds(&tighter_low, &tighter_high, self.low.len())?;
        let prior = Prior { low, high, ..self };
        if let Shape::Normal {
            mean,
            radius_squared,
            ..
        } = &prior.shape
        {
            let nearest: Vec<f64> = (0..mean.len())
                .map(|j| mean[j].clamp(prior.low[j], prior.high[j]))
                .collect();
            let distance = prior.normal_distance(&nearest);
            if distance.is_none_or(|distance| distance > *radius_squared * (1.0 - RIM)) {
                return Err(PriorError::Empty);
            }
        }
        Ok(prior)
    }

    /// Length d of a code.
    pub fn code_length(&self) -> usize {
        self.low.len()
    }

    /// Spread of each dimension `[d]`: the standard deviation, or a box's width over √12.
    pub fn spread(&self) -> &[f64] {
        &self.spread
    }

    /// Lower and upper bound of each dimension (infinite where there is none), or nothing where no
    /// dimension is bounded.
    pub fn bounds(&self) -> Option<(&[f64], &[f64])> {
        let bounded = self.low.iter().any(|low| low.is_finite())
            || self.high.iter().any(|high| high.is_finite());
        bounded.then_some((&self.low, &self.high))
    }

    /// Whether a code is valid.
    pub fn contains(&self, code: &[f32]) -> bool {
        let code: Vec<f64> = code.iter().map(|&value| f64::from(value)).collect();
        code.len() == self.code_length() && self.holds(&code)
    }

    fn holds(&self, code: &[f64]) -> bool {
        let bounded = (0..code.len()).all(|j| self.low[j] <= code[j] && code[j] <= self.high[j]);
        bounded
            && match &self.shape {
                Shape::Box => true,
                Shape::Normal { radius_squared, .. } => self
                    .normal_distance(code)
                    .is_some_and(|distance| distance <= *radius_squared),
            }
    }

    /// ‖(c − mean)/sd‖² over the dimensions that vary; nothing for a value that is not a number.
    fn normal_distance(&self, code: &[f64]) -> Option<f64> {
        let Shape::Normal { mean, sd, .. } = &self.shape else {
            return None;
        };
        let distance: f64 = (0..code.len())
            .filter(|&j| sd[j] > 0.0)
            .map(|j| ((code[j] - mean[j]) / sd[j]).powi(2))
            .sum();
        distance.is_finite().then_some(distance)
    }

    /// Moves `code` `[d]` to the nearest valid code, rounds it to float32 and writes it to
    /// `target`.
    ///
    /// For the normal prior "nearest" is measured in standard deviations w = (c − mean)/sd, where
    /// the set is a ball cut with a box. Its projection has the form clamp(w/(1 + λ)) with the
    /// least λ >= 0 that ends inside the ball; ‖clamp(w/(1 + λ))‖ falls with λ, so bisection finds
    /// it.
    pub fn project_into(&self, code: &mut [f64], target: &mut [f32]) {
        for (j, value) in code.iter_mut().enumerate() {
            if let Shape::Normal { mean, sd, .. } = &self.shape
                && sd[j] == 0.0
            {
                *value = mean[j];
            }
        }
        if let Shape::Normal {
            mean,
            sd,
            radius_squared,
        } = &self.shape
        {
            self.shrink_into_ball(code, mean, sd, *radius_squared);
        }
        for (j, value) in code.iter_mut().enumerate() {
            *value = value.clamp(self.low[j], self.high[j]);
            // The bounds are float32 values, so rounding cannot cross them.
            target[j] = *value as f32;
        }
    }

    /// Replaces `code` by the code whose clamp is the projection.
    fn shrink_into_ball(&self, code: &mut [f64], mean: &[f64], sd: &[f64], radius_squared: f64) {
        // ‖clamp(mean + share·(c − mean))‖² in standard deviations.
        let distance = |code: &[f64], share: f64| -> f64 {
            let mut sum = 0.0;
            for j in 0..code.len() {
                if sd[j] > 0.0 {
                    let moved = mean[j] + share * (code[j] - mean[j]);
                    let scaled = (moved.clamp(self.low[j], self.high[j]) - mean[j]) / sd[j];
                    sum += scaled * scaled;
                }
            }
            sum
        };
        if distance(code, 1.0) <= radius_squared {
            return;
        }
        let target = radius_squared * (1.0 - RIM);
        let (mut low, mut high) = (0.0, 1.0);
        if self.bounds().is_none() {
            low = (target / distance(code, 1.0)).sqrt();
        } else {
            for _ in 0..HALVINGS {
                let middle = 0.5 * (low + high);
                if distance(code, middle) <= target {
                    low = middle;
                } else {
                    high = middle;
                }
            }
        }
        for (value, mean) in code.iter_mut().zip(mean) {
            *value = mean + low * (*value - mean);
        }
    }

    /// The normal ball linearised at a code: writes the gradient of ‖(c − mean)/sd‖² to `normal`
    /// `[d]` and gives the most that a displacement may have along it. Nothing for a box.
    pub(super) fn rim(&self, code: ArrayView1<'_, f32>, normal: &mut Vec<f32>) -> Option<f64> {
        let Shape::Normal {
            mean,
            sd,
            radius_squared,
        } = &self.shape
        else {
            return None;
        };
        normal.clear();
        let mut distance = 0.0;
        for (j, &value) in code.iter().enumerate() {
            // A pinned dimension does not move, so it has no slope.
            let precision = if sd[j] > 0.0 { 1.0 / sd[j] } else { 0.0 };
            let deviation = (f64::from(value) - mean[j]) * precision;
            distance += deviation * deviation;
            normal.push((2.0 * deviation * precision) as f32);
        }
        Some(radius_squared * (1.0 - RIM) - distance)
    }

    /// Draws the code of `seed`, always the same for the same seed. What is not valid (one draw in a
    /// thousand of the normal's, and what a clip cuts off) is drawn again, so that draws have the
    /// density that random steps (`propose_into`) keep; after 16 draws it is projected.
    pub fn draw(&self, seed: u64) -> Vec<f32> {
        let mut generator = ChaCha20Rng::seed_from_u64(seed);
        let mut code = self.draw_free(&mut generator);
        for _ in 1..DRAWS {
            if self.holds(&code) {
                break;
            }
            code = self.draw_free(&mut generator);
        }
        let mut drawn = vec![0.0; code.len()];
        self.project_into(&mut code, &mut drawn);
        drawn
    }

    /// A draw of the normal without its ball and bounds, or of the box.
    fn draw_free(&self, generator: &mut ChaCha20Rng) -> Vec<f64> {
        (0..self.code_length())
            .map(|j| match &self.shape {
                Shape::Normal { mean, sd, .. } => {
                    let standard: f64 = StandardNormal.sample(generator);
                    mean[j] + sd[j] * standard
                }
                Shape::Box => {
                    let (low, high) = (self.low[j], self.high[j]);
                    match Uniform::new_inclusive(low, high) {
                        Ok(uniform) => uniform.sample(generator),
                        // Not reached with finite bounds in order.
                        Err(_) => low,
                    }
                }
            })
            .collect()
    }
}

fn check_length(name: &'static str, found: usize, expected: usize) -> Result<(), PriorError> {
    if found == expected {
        Ok(())
    } else {
        Err(PriorError::Length {
            name,
            found,
            expected,
        })
    }
}

fn check_values(
    name: &'static str,
    values: &[f64],
    requirement: &'static str,
    good: impl Fn(f64) -> bool,
) -> Result<(), PriorError> {
    match values.iter().position(|&value| !good(value)) {
        None => Ok(()),
        Some(index) => Err(PriorError::Value {
            name,
            index,
            value: values[index],
            requirement,
        }),
    }
}

/// Bounds moved inward to the nearest float32 values, so that rounding a code cannot leave them.
fn inward_bounds(
    low: &[f64],
    high: &[f64],
    length: usize,
) -> Result<(Vec<f64>, Vec<f64>), PriorError> {
    check_length("high", high.len(), length)?;
    let inward: (Vec<f64>, Vec<f64>) = low
        .iter()
        .zip(high)
        .map(|(&low, &high)| {
            let (mut up, mut down) = (low as f32, high as f32);
            if f64::from(up) < low {
                up = up.next_up();
            }
            if f64::from(down) > high {
                down = down.next_down();
            }
            (f64::from(up), f64::from(down))
        })
        .unzip();
    match (0..length).find(|&j| inward.0[j] > inward.1[j]) {
        None => Ok(inward),
        Some(index) => Err(PriorError::Value {
            name: "low",
            index,
            value: low[index],
            requirement: "it must not be above the high bound, with a float32 between them",
        }),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use proptest::prelude::*;

    fn projected(prior: &Prior, code: &[f64]) -> Vec<f32> {
        let mut target = vec![0.0; code.len()];
        prior.project_into(&mut code.to_vec(), &mut target);
        target
    }

    #[test]
    fn a_normal_code_outside_is_scaled_onto_the_rim() {
        let prior = Prior::normal(vec![1.0, -1.0], vec![2.0, 1.0]).unwrap();
        let code = projected(&prior, &[1.0 + 200.0, -1.0]);
        let radius = (-2.0 * 0.001_f64.ln()).sqrt();
        assert!((f64::from(code[0]) - (1.0 + 2.0 * radius)).abs() < 1e-5);
        assert_eq!(code[1], -1.0);
        assert!(prior.contains(&code));
        assert!(!prior.contains(&[201.0, -1.0]) && !prior.contains(&[f32::NAN, 0.0]));
        assert_eq!(projected(&prior, &[1.5, -0.5]), [1.5, -0.5]);
    }

    #[test]
    fn a_dimension_without_deviation_is_pinned() {
        let prior = Prior::normal(vec![3.0, 0.0], vec![0.0, 1.0]).unwrap();
        assert_eq!(projected(&prior, &[9.0, 0.5]), [3.0, 0.5]);
        assert_eq!(prior.draw(1)[0], 3.0);
    }

    #[test]
    fn bounds_hold_exactly_in_float32() {
        let prior = Prior::uniform_box(vec![0.1; 3], vec![0.7; 3]).unwrap();
        let code = projected(&prior, &[-5.0, 5.0, 0.3]);
        assert!(f64::from(code[0]) >= 0.1 && f64::from(code[1]) <= 0.7);
        assert!(prior.contains(&code));
    }

    #[test]
    fn senseless_priors_are_refused() {
        assert!(Prior::normal(vec![], vec![]).is_err());
        assert!(Prior::normal(vec![0.0], vec![-1.0]).is_err());
        assert!(Prior::normal(vec![0.0], vec![1.0, 1.0]).is_err());
        assert!(Prior::normal(vec![f64::NAN], vec![1.0]).is_err());
        assert!(Prior::uniform_box(vec![1.0], vec![0.0]).is_err());
        assert!(Prior::uniform_box(vec![0.0], vec![f64::INFINITY]).is_err());
        let normal = Prior::normal(vec![0.0], vec![1.0]).unwrap();
        assert_eq!(
            normal.clipped(&[9.0], &[f64::INFINITY]),
            Err(PriorError::Empty)
        );
    }

    #[test]
    fn the_same_seed_draws_the_same_code_and_draws_follow_the_prior() {
        let prior = Prior::normal(vec![5.0; 8], vec![0.5; 8]).unwrap();
        assert_eq!(prior.draw(42), prior.draw(42));
        assert_ne!(prior.draw(42), prior.draw(43));
        let values: Vec<f64> = (0..500)
            .flat_map(|seed| prior.draw(seed))
            .map(f64::from)
            .collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / values.len() as f64;
        assert!((mean - 5.0).abs() < 0.03, "{mean}");
        assert!((variance.sqrt() - 0.5).abs() < 0.03, "{variance}");
    }

    proptest! {
        #[test]
        fn every_projection_is_valid_and_no_valid_code_moves(
            code in proptest::collection::vec(-20.0..20.0_f64, 4),
            sd in proptest::collection::vec(0.1..3.0_f64, 4),
            clip in 0.2..4.0_f64,
        ) {
            let prior = Prior::normal(vec![0.5; 4], sd)
                .unwrap()
                .clipped(&[-clip, f64::NEG_INFINITY, 0.0, -clip], &[clip, clip, f64::INFINITY, 9.0])
                .unwrap();
            let first = projected(&prior, &code);
            prop_assert!(prior.contains(&first));
            let again: Vec<f64> = first.iter().map(|&v| f64::from(v)).collect();
            prop_assert_eq!(projected(&prior, &again), first);
        }

        #[test]
        fn the_projection_is_the_nearest_valid_code(
            code in proptest::collection::vec(-9.0..9.0_f64, 3),
            seed in 0..1000_u64,
        ) {
            let prior = Prior::normal(vec![0.0; 3], vec![1.0; 3])
                .unwrap()
                .clipped(&[-1.0, -9.0, 0.5], &[2.0, 9.0, 9.0])
                .unwrap();
            let distance = |to: &[f32]| -> f64 {
                code.iter().zip(to).map(|(a, b)| (a - f64::from(*b)).powi(2)).sum()
            };
            let nearest = distance(&projected(&prior, &code));
            prop_assert!(nearest <= distance(&prior.draw(seed)) + 1e-4 * (1.0 + nearest));
        }
    }
}
