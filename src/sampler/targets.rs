//! The intervals of all constraints together, in their three widths.

use super::interval::Interval;
use ndarray::ArrayView1;

/// The intervals `[m]` of a query.
#[derive(Debug, Clone)]
pub(super) struct Targets {
    exact: Vec<Interval>,
    shrunk: Vec<Interval>,
    /// Ends of [`Interval::aim`], infinite where open.
    aim: Vec<(f64, f64)>,
}

impl Targets {
    pub(super) fn new(intervals: Vec<Interval>) -> Self {
        Targets {
            shrunk: intervals.iter().map(Interval::shrunk).collect(),
            aim: intervals
                .iter()
                .map(|interval| {
                    let aim = interval.aim();
                    (
                        aim.low().unwrap_or(f64::NEG_INFINITY),
                        aim.high().unwrap_or(f64::INFINITY),
                    )
                })
                .collect(),
            exact: intervals,
        }
    }

    /// Number of constraints.
    pub(super) fn len(&self) -> usize {
        self.exact.len()
    }

    /// Whether the activations `[m]` lie inside every interval as the user wrote it.
    pub(super) fn accept(&self, activations: ArrayView1<'_, f32>) -> bool {
        all_inside(&self.exact, activations)
    }

    /// Whether the activations `[m]` lie inside every shrunk interval.
    pub(super) fn feasible(&self, activations: ArrayView1<'_, f32>) -> bool {
        all_inside(&self.shrunk, activations)
    }

    /// For each constraint, the way a method without an interval goes: down where the interval
    /// has a high end only, else up.
    pub(super) fn direction(&self) -> impl Iterator<Item = f64> + '_ {
        self.exact
            .iter()
            .map(|interval| match (interval.low(), interval.high()) {
                (None, Some(_)) => -1.0,
                _ => 1.0,
            })
    }

    /// For each constraint, the way from its activation `[m]` to its interval: 1 is up, -1 down,
    /// 0 where it is inside.
    pub(super) fn towards(&self, activations: ArrayView1<'_, f32>) -> impl Iterator<Item = f64> {
        let ends = self.aim.iter();
        ends.zip(activations).map(|(&(low, high), &activation)| {
            let activation = f64::from(activation);
            if activation < low {
                1.0
            } else if activation > high {
                -1.0
            } else {
                0.0
            }
        })
    }

    /// Whether an activation of one constraint is outside its shrunk interval.
    pub(super) fn is_outside(&self, constraint: usize, activation: f32) -> bool {
        !self.shrunk[constraint].contains(f64::from(activation))
    }

    /// The ends `(z1, z2)` that each constraint is steered between.
    pub(super) fn aim(&self) -> &[(f64, f64)] {
        &self.aim
    }

    /// How far the activations `[m]` of one row are from their intervals: the sum of the distances,
    /// each in units of its interval's width, or of its only end's size.
    pub(super) fn violation(&self, activations: ArrayView1<'_, f32>) -> f64 {
        self.exact
            .iter()
            .zip(activations)
            .map(|(interval, &activation)| {
                let scale = match (interval.low(), interval.high()) {
                    (Some(low), Some(high)) if high > low => high - low,
                    (low, high) => [low, high]
                        .into_iter()
                        .flatten()
                        .fold(0.0, |size: f64, end| size.max(end.abs()))
                        .max(f64::MIN_POSITIVE.sqrt()),
                };
                interval.distance(f64::from(activation)) / scale
            })
            .sum()
    }

    /// How far an activation of one constraint is from its interval.
    pub(super) fn distance(&self, constraint: usize, activation: f32) -> f64 {
        self.exact[constraint].distance(f64::from(activation))
    }
}

fn all_inside(intervals: &[Interval], activations: ArrayView1<'_, f32>) -> bool {
    intervals
        .iter()
        .zip(activations)
        .all(|(interval, &activation)| interval.contains(f64::from(activation)))
}
