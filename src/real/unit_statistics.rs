//! What one unit does on real images: quantiles, a histogram, the images that excite it most.

use super::top;
use crate::bundle::HISTOGRAM_BINS;

/// The shares at which quantiles are taken.
pub const LEVELS: [f32; 13] = [
    0.0, 0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1.0,
];

/// Images kept for each unit as those that excite it most.
const TOP: usize = 9;

/// What one unit does on real images.
#[derive(Debug, Clone, PartialEq)]
pub struct UnitStatistics {
    /// Its value at each of [`LEVELS`].
    pub quantiles: Vec<f32>,
    /// Images in each of 64 equal bins between its least and its greatest value; all in the first
    /// where it is constant.
    pub histogram: Vec<f32>,
    /// The images that excite it most, the greatest activation first.
    pub top: Vec<usize>,
}

impl UnitStatistics {
    /// Of the activation on each image; none without images, or where one of the values is not
    /// finite.
    pub fn of(values: &[f32]) -> Option<UnitStatistics> {
        if values.is_empty() || values.iter().any(|value| !value.is_finite()) {
            return None;
        }
        let mut sorted = values.to_vec();
        sorted.sort_unstable_by(f32::total_cmp);
        Some(UnitStatistics {
            quantiles: LEVELS.iter().map(|&at| quantile(&sorted, at)).collect(),
            histogram: histogram(values, sorted[0], sorted[sorted.len() - 1]),
            top: top(values.iter().copied(), TOP),
        })
    }
}

/// The value at the share `level` of sorted values: linear between the two nearest (Hyndman and Fan's
/// definition 7, American Statistician 50, 1996; numpy's default).
fn quantile(sorted: &[f32], level: f32) -> f32 {
    let last = sorted.len() - 1;
    let place = f64::from(level) * last as f64;
    let below = (place.floor() as usize).min(last);
    let share = place - below as f64;
    let (low, high) = (
        f64::from(sorted[below]),
        f64::from(sorted[last.min(below + 1)]),
    );
    (low + share * (high - low)) as f32
}

fn histogram(values: &[f32], low: f32, high: f32) -> Vec<f32> {
    // In 64 bits: the width of a range near the largest float is not one.
    let (low, width) = (f64::from(low), f64::from(high) - f64::from(low));
    let mut counts = vec![0.0; HISTOGRAM_BINS];
    for &value in values {
        let share = if width > 0.0 {
            (f64::from(value) - low) / width
        } else {
            0.0
        };
        let bin = (share * HISTOGRAM_BINS as f64) as usize;
        counts[bin.min(HISTOGRAM_BINS - 1)] += 1.0;
    }
    counts
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn quantiles_are_those_of_numpy() {
        // numpy.quantile([3, 1, 4, 1, 5, 9, 2, 6], LEVELS) in float64.
        let found = UnitStatistics::of(&[3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0]).unwrap();
        let expected = [
            1.0, 1.0, 1.0, 1.0, 1.0, 1.75, 3.5, 5.25, 6.9, 7.95, 8.79, 8.979, 9.0,
        ];
        for (found, expected) in found.quantiles.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-5, "{found} {expected}");
        }
        assert_eq!(found.top, [5, 7, 4, 2, 0, 6, 1, 3]);
    }

    #[test]
    fn every_image_is_in_one_bin_and_the_greatest_in_the_last() {
        let values: Vec<f32> = (0..640).map(|at| at as f32 / 10.0).collect();
        let found = UnitStatistics::of(&values).unwrap();
        assert_eq!(found.histogram.iter().sum::<f32>(), 640.0);
        assert!(
            found
                .histogram
                .iter()
                .all(|&count| (9.0..=11.0).contains(&count))
        );
        let two = UnitStatistics::of(&[-1.0, 1.0]).unwrap();
        assert_eq!((two.histogram[0], two.histogram[63]), (1.0, 1.0));
    }

    #[test]
    fn constant_single_and_broken_units_have_defined_answers() {
        let constant = UnitStatistics::of(&[2.0; 12]).unwrap();
        assert!(constant.quantiles.iter().all(|&value| value == 2.0));
        assert_eq!(constant.histogram[0], 12.0);
        assert_eq!(constant.top, [0, 1, 2, 3, 4, 5, 6, 7, 8]);
        let single = UnitStatistics::of(&[-3.0]).unwrap();
        assert!(single.quantiles.iter().all(|&value| value == -3.0));
        let wide = UnitStatistics::of(&[f32::MIN, 0.0, f32::MAX]).unwrap();
        assert_eq!(wide.histogram.iter().sum::<f32>(), 3.0);
        assert_eq!(wide.histogram[32], 1.0);
        assert_eq!(UnitStatistics::of(&[]), None);
        assert_eq!(UnitStatistics::of(&[1.0, f32::NAN]), None);
        assert_eq!(UnitStatistics::of(&[1.0, f32::INFINITY]), None);
    }
}
