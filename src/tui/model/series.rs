//! A value against steps, kept at a bounded number of points.

/// Points kept; twice as many are thinned to half.
const KEPT: usize = 2048;

/// Values against steps, in ascending steps. Values that are not finite are gaps.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Series {
    points: Vec<(f64, f64)>,
    /// Values that are passed over between two kept ones.
    passed: u32,
    stride: u32,
}

impl Series {
    /// Adds the value at a step.
    pub fn push(&mut self, step: f64, value: f64) {
        if self.passed < self.stride {
            self.passed += 1;
            // The newest value is always there, whatever is thinned.
            if let Some(last) = self.points.last_mut().filter(|_| self.passed > 1) {
                *last = (step, value);
                return;
            }
            self.points.push((step, value));
            return;
        }
        self.passed = 0;
        self.points.push((step, value));
        if self.points.len() >= 2 * KEPT {
            let mut keep = false;
            self.points.retain(|_| {
                keep = !keep;
                keep
            });
            self.stride = self.stride * 2 + 1;
        }
    }

    /// All points kept.
    pub fn points(&self) -> &[(f64, f64)] {
        &self.points
    }

    /// Those from a step on.
    pub fn since(&self, step: f64) -> &[(f64, f64)] {
        let first = self.points.partition_point(|&(at, _)| at < step);
        &self.points[first..]
    }

    /// The latest value.
    pub fn last(&self) -> Option<f64> {
        self.points.last().map(|&(_, value)| value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_series_keeps_its_ends_and_its_order() {
        let mut series = Series::default();
        for step in 0..100_000 {
            series.push(f64::from(step), f64::from(step) * 2.0);
        }
        let points = series.points();
        assert!(points.len() <= 2 * KEPT, "{}", points.len());
        assert_eq!(points.first(), Some(&(0.0, 0.0)));
        assert_eq!(points.last(), Some(&(99_999.0, 199_998.0)));
        assert!(points.is_sorted_by(|a, b| a.0 < b.0));
        assert!(points.iter().all(|&(step, value)| value == 2.0 * step));
    }

    #[test]
    fn the_last_steps_are_a_part_of_it() {
        let mut series = Series::default();
        for step in 0..10 {
            series.push(f64::from(step), 0.0);
        }
        assert_eq!(series.since(7.0).len(), 3);
        assert_eq!(series.last(), Some(0.0));
    }
}
