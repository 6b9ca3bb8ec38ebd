//! A value against steps, kept at a bounded number of points.

/// Points kept of what lies back; a chart has fewer columns.
const KEPT: usize = 512;
/// The latest points, which are all kept.
const RECENT: usize = 512;

/// Values against steps, in ascending steps: all of the latest, and of those before at even distances.
/// Values that are not finite are gaps.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Series {
    points: Vec<(f64, f64)>,
}

impl Series {
    /// Adds the value at a step.
    pub fn push(&mut self, step: f64, value: f64) {
        self.points.push((step, value));
        if self.points.len() >= 2 * KEPT + RECENT {
            self.thin();
        }
    }

    /// Keeps of the earlier points as many as leave no wide gaps.
    fn thin(&mut self) {
        let recent = self.points.len().saturating_sub(RECENT);
        let (Some(first), Some(last)) = (self.points.first(), self.points.get(recent)) else {
            return;
        };
        let farthest = 2.0 * (last.0 - first.0) / KEPT as f64;
        let mut kept: Vec<(f64, f64)> = Vec::with_capacity(2 * KEPT + RECENT);
        for (at, &point) in self.points.iter().enumerate() {
            let is_needed = match (kept.last(), self.points.get(at + 1)) {
                (Some(before), Some(after)) => after.0 - before.0 > farthest,
                _ => true,
            };
            if at >= recent || is_needed {
                kept.push(point);
            }
        }
        self.points = kept;
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
        assert!(points.len() < 2 * KEPT + RECENT, "{}", points.len());
        assert_eq!(points.first(), Some(&(0.0, 0.0)));
        assert_eq!(points.last(), Some(&(99_999.0, 199_998.0)));
        assert!(points.is_sorted_by(|a, b| a.0 < b.0));
        assert!(points.iter().all(|&(step, value)| value == 2.0 * step));
        assert_eq!(
            series.since(99_500.0).len(),
            500,
            "the latest are all there"
        );
        let farthest = points.windows(2).map(|pair| pair[1].0 - pair[0].0);
        assert!(farthest.fold(0.0, f64::max) <= 2.0 * 100_000.0 / KEPT as f64);
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
