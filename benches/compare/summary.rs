//! Means over units with their intervals.

use std::collections::BTreeMap;

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// Resamples of the units.
const RESAMPLES: usize = 2000;

/// A mean and its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Mean {
    pub mean: f64,
    pub low: f64,
    pub high: f64,
}

/// Values by the unit that they belong to: what is measured twice on one unit is no second witness.
#[derive(Debug, Clone, Default)]
pub(crate) struct ByUnit {
    values: BTreeMap<String, Vec<f64>>,
}

impl ByUnit {
    pub(crate) fn add(&mut self, unit: &str, value: Option<f64>) {
        if let Some(value) = value.filter(|value| value.is_finite()) {
            self.values.entry(unit.to_owned()).or_default().push(value);
        }
    }

    /// Mean of each unit.
    pub(crate) fn means(&self) -> Vec<f64> {
        let mean = |values: &Vec<f64>| values.iter().sum::<f64>() / values.len() as f64;
        self.values.values().map(mean).collect()
    }

    /// The mean over units with its percentile interval from resampled units (Efron 1979); none
    /// without values, an interval of no width for a single unit.
    pub(crate) fn mean(&self) -> Option<Mean> {
        let means = self.means();
        let count = means.len();
        if count == 0 {
            return None;
        }
        let mean = means.iter().sum::<f64>() / count as f64;
        let mut generator = ChaCha20Rng::seed_from_u64(0);
        let mut resampled: Vec<f64> = (0..RESAMPLES)
            .map(|_| {
                let drawn = (0..count).map(|_| means[generator.next_u64() as usize % count]);
                drawn.sum::<f64>() / count as f64
            })
            .collect();
        resampled.sort_by(f64::total_cmp);
        let at = |share: f64| resampled[(share * (RESAMPLES - 1) as f64).round() as usize];
        Some(Mean {
            mean,
            low: at(0.025),
            high: at(0.975),
        })
    }
}

/// The middle value; none of nothing.
pub(crate) fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        odd if odd % 2 == 1 => Some(values[middle]),
        _ => Some(0.5 * (values[middle - 1] + values[middle])),
    }
}
