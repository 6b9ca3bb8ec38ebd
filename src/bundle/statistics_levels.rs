//! Between activations and levels: which value a share of real images does not exceed, and back.

use super::statistics::Statistics;

impl Statistics {
    /// The value that the share `level` (in [0, 1]) of images do not exceed, by linear interpolation
    /// between the stored levels. None where the tensor or the unit has no statistics, or the level
    /// lies outside.
    pub fn quantile(&self, tensor: &str, unit: usize, level: f64) -> Option<f64> {
        let row = self.quantile_row(tensor, unit)?;
        // Levels are stored in float32: 0.999 must meet its own level, not one beside it.
        let level = level as f32;
        let above = self.levels().iter().position(|&stored| stored >= level)?;
        let (high_level, high) = (self.levels()[above], f64::from(row[above]));
        if high_level == level {
            return Some(high);
        }
        let below = above.checked_sub(1)?;
        let (low_level, low) = (self.levels()[below], f64::from(row[below]));
        let share = f64::from(level - low_level) / f64::from(high_level - low_level);
        Some(low + share * (high - low))
    }

    /// The share of images that do not exceed `value`: the inverse of [`Statistics::quantile`]. 0 below
    /// the least value seen, 1 from the greatest on; where many images have the same value (a ReLU
    /// at 0), all of them are counted. None where the unit has no statistics or `value` is not a
    /// number.
    pub fn level_of(&self, tensor: &str, unit: usize, value: f64) -> Option<f64> {
        let row = self.quantile_row(tensor, unit)?;
        if value.is_nan() {
            return None;
        }
        let above = row.partition_point(|&stored| f64::from(stored) <= value);
        Some(self.level_before(row, above, value))
    }

    /// The share of images whose activation lies in `[low, high]`, both ends closed; an open end is
    /// infinite. None where the unit has no statistics or an end is not a number.
    pub fn share_between(&self, tensor: &str, unit: usize, low: f64, high: f64) -> Option<f64> {
        let up_to_high = self.level_of(tensor, unit, high)?;
        let row = self.quantile_row(tensor, unit)?;
        if low.is_nan() {
            return None;
        }
        // Images at `low` itself belong to the interval, so only those below it are taken off.
        let first = row.partition_point(|&stored| f64::from(stored) < low);
        let is_met = row
            .get(first)
            .is_some_and(|&stored| f64::from(stored) == low);
        let below_low = if is_met {
            self.levels()
                .get(first)
                .map_or(1.0, |&level| f64::from(level))
        } else {
            self.level_before(row, first, low)
        };
        Some((up_to_high - below_low).max(0.0))
    }

    /// The level of a value that lies before entry `above` of a row, and not before those ahead of it.
    fn level_before(&self, row: &[f32], above: usize, value: f64) -> f64 {
        let Some(below) = above.checked_sub(1) else {
            return 0.0;
        };
        let level = |at: usize| self.levels().get(at).map_or(1.0, |&level| f64::from(level));
        let Some(&high) = row.get(above) else {
            return 1.0;
        };
        let low = f64::from(row[below]);
        let share = (value - low) / (f64::from(high) - low);
        level(below) + share * (level(above) - level(below))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::bundle::Manifest;
    use crate::bundle::test_files::tensors;

    /// Levels 0, 0.25, 0.5, 0.75, 1 of one unit of `t`.
    fn statistics(row: [f32; 5]) -> Statistics {
        let bytes = tensors(
            &[
                ("levels", &[5], &[0.0, 0.25, 0.5, 0.75, 1.0]),
                ("quantiles/t", &[1, 5], &row),
            ],
            &[("classifier_sha256", "h"), ("image_count", "10")],
        );
        let manifest = "name = 't'\n[generator]\nfile = 'g'\n[classifier]\nfile = 'c'";
        let manifest = Manifest::parse(manifest).unwrap();
        Statistics::parse("s", &bytes, &manifest, &|_| Some("h".to_owned())).unwrap()
    }

    #[test]
    fn a_level_is_the_inverse_of_its_quantile() {
        let statistics = statistics([-2.0, 0.0, 1.0, 5.0, 9.0]);
        for level in [0.0, 0.1, 0.25, 0.3, 0.5, 0.75, 0.8, 1.0] {
            let value = statistics.quantile("t", 0, level).unwrap();
            let back = statistics.level_of("t", 0, value).unwrap();
            assert!((back - level).abs() < 1e-6, "{level} {back}");
        }
        assert_eq!(statistics.level_of("t", 0, -3.0), Some(0.0));
        assert_eq!(statistics.level_of("t", 0, f64::INFINITY), Some(1.0));
        assert_eq!(statistics.level_of("t", 0, f64::NAN), None);
        assert_eq!(statistics.level_of("t", 1, 0.0), None);
        assert_eq!(statistics.level_of("u", 0, 0.0), None);
        assert_eq!(statistics.levels().len(), 5);
    }

    #[test]
    fn images_of_the_same_value_are_all_counted() {
        let dead = statistics([0.0, 0.0, 0.0, 2.0, 4.0]);
        assert_eq!(dead.level_of("t", 0, 0.0), Some(0.5));
        assert_eq!(dead.share_between("t", 0, 0.0, 1.0), Some(0.625));
        assert_eq!(
            dead.share_between("t", 0, 1e-9, 4.0).map(|s| s < 0.5),
            Some(true)
        );
        assert_eq!(dead.share_between("t", 0, -1.0, 0.0), Some(0.5));
        let constant = statistics([3.0; 5]);
        assert_eq!(constant.share_between("t", 0, 3.0, 3.0), Some(1.0));
        assert_eq!(constant.share_between("t", 0, 3.5, 9.0), Some(0.0));
    }

    #[test]
    fn shares_of_an_interval_add_up() {
        let statistics = statistics([-2.0, 0.0, 1.0, 5.0, 9.0]);
        let share = |low, high| statistics.share_between("t", 0, low, high).unwrap();
        assert_eq!(share(f64::NEG_INFINITY, f64::INFINITY), 1.0);
        assert_eq!(share(0.0, 1.0), 0.25);
        assert_eq!(share(3.0, f64::INFINITY), 1.0 - 0.625);
        assert_eq!(share(10.0, 11.0), 0.0);
        assert_eq!(share(5.0, 1.0), 0.0);
        assert_eq!(statistics.share_between("t", 0, f64::NAN, 1.0), None);
    }
}
