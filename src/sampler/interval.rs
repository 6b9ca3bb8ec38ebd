//! Intervals of activation: what an accepted sample satisfies, and what the optimiser aims at.

use serde::{Deserialize, Serialize};

/// The largest share of the interval's width that the margin may take.
const MARGIN_OF_WIDTH: f64 = 0.1;
/// The margin relative to the larger end (or to 1).
const MARGIN_OF_LEVEL: f64 = 1e-4;

/// A closed interval `[low, high]` of activation; a missing end is open.
///
/// A point (`low == high`) is allowed: its margin is zero, the optimiser aims at the point itself,
/// and only an activation that is exactly the point is accepted. Nothing guarantees that float32
/// activations hit it (where the point is no float32, none can), so a point is met by luck only.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Ends", into = "Ends")]
pub struct Interval {
    low: Option<f64>,
    high: Option<f64>,
}

/// The two ends as they stand in files.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Ends {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    low: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    high: Option<f64>,
}

/// Two ends make no interval.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum IntervalError {
    /// Neither end is given.
    #[error("an interval needs at least one end: write 50..60, 50.. or ..60")]
    Unbounded,
    /// An end is infinite or not a number.
    #[error("{end} is no end of an interval: leave an end out to open it")]
    NotFinite {
        /// The end.
        end: f64,
    },
    /// The ends are in the wrong order.
    #[error("the interval {low}..{high} is empty: its low end is above its high end")]
    Reversed {
        /// The low end.
        low: f64,
        /// The high end.
        high: f64,
    },
}

impl Interval {
    /// An interval from its ends.
    ///
    /// # Errors
    /// No end is given, an end is not finite, or `low > high`.
    pub fn new(low: Option<f64>, high: Option<f64>) -> Result<Self, IntervalError> {
        for end in [low, high].into_iter().flatten() {
            if !end.is_finite() {
                return Err(IntervalError::NotFinite { end });
            }
        }
        match (low, high) {
            (None, None) => Err(IntervalError::Unbounded),
            (Some(low), Some(high)) if low > high => Err(IntervalError::Reversed { low, high }),
            _ => Ok(Interval { low, high }),
        }
    }

    /// The same interval for a unit whose values lie between `lowest` and `highest` by
    /// construction (a probability: 0 and 1): an end at or beyond the unit's own limit is open,
    /// because no margin can be kept from a limit that is never reached. Both ends may become
    /// open; such an interval holds every value.
    pub fn within_limits(self, lowest: Option<f64>, highest: Option<f64>) -> Self {
        Interval {
            low: self
                .low
                .filter(|&low| lowest.is_none_or(|lowest| low > lowest)),
            high: self
                .high
                .filter(|&high| highest.is_none_or(|highest| high < highest)),
        }
    }

    /// The low end, if closed.
    pub fn low(&self) -> Option<f64> {
        self.low
    }

    /// The high end, if closed.
    pub fn high(&self) -> Option<f64> {
        self.high
    }

    /// Whether `value` lies in the interval, ends included, without any tolerance.
    pub fn contains(&self, value: f64) -> bool {
        !value.is_nan()
            && self.low.is_none_or(|low| value >= low)
            && self.high.is_none_or(|high| value <= high)
    }

    /// How far `value` lies outside: 0 inside, infinite for what is not a number.
    pub fn distance(&self, value: f64) -> f64 {
        if value.is_nan() {
            return f64::INFINITY;
        }
        let below = self.low.map_or(0.0, |low| low - value);
        let above = self.high.map_or(0.0, |high| value - high);
        below.max(above).max(0.0)
    }

    /// The margin δ = min(1e-4·max(1, |z1|, |z2|), (z2 − z1)/10), open ends ignored.
    pub fn margin(&self) -> f64 {
        let level = [self.low, self.high]
            .into_iter()
            .flatten()
            .fold(1.0_f64, |level, end| level.max(end.abs()));
        let margin = MARGIN_OF_LEVEL * level;
        match (self.low, self.high) {
            (Some(low), Some(high)) => margin.min(MARGIN_OF_WIDTH * (high - low)),
            _ => margin,
        }
    }

    /// `[z1 + δ, z2 − δ]`: optima lie on the rim, so a sample counts as feasible only here, and
    /// another runtime's rounding cannot put it outside `[z1, z2]`.
    pub fn shrunk(&self) -> Self {
        self.inset(self.margin())
    }

    /// `[z1 + 1.5 δ, z2 − 1.5 δ]`: where the optimiser steers. Approaching an end by a share of
    /// the distance a step never reaches it; steering half a margin deeper brings the sample
    /// inside [`Interval::shrunk`] after finitely many steps.
    pub fn aim(&self) -> Self {
        self.inset(1.5 * self.margin())
    }

    fn inset(&self, margin: f64) -> Self {
        Interval {
            low: self.low.map(|low| low + margin),
            high: self.high.map(|high| high - margin),
        }
    }
}

impl TryFrom<Ends> for Interval {
    type Error = IntervalError;

    fn try_from(ends: Ends) -> Result<Self, IntervalError> {
        Interval::new(ends.low, ends.high)
    }
}

impl From<Interval> for Ends {
    fn from(interval: Interval) -> Self {
        Ends {
            low: interval.low,
            high: interval.high,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ends_are_parsed() {
        assert_eq!(Interval::new(None, None), Err(IntervalError::Unbounded));
        assert!(matches!(
            Interval::new(Some(2.0), Some(1.0)),
            Err(IntervalError::Reversed { .. })
        ));
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert!(Interval::new(Some(bad), None).is_err());
            assert!(Interval::new(None, Some(bad)).is_err());
        }
        assert!(Interval::new(Some(-3.0), Some(-3.0)).is_ok());
    }

    #[test]
    fn the_margin_is_the_designs() {
        let margin = |low, high| Interval::new(low, high).unwrap().margin();
        assert_eq!(margin(Some(50.0), Some(60.0)), 1e-4 * 60.0);
        assert_eq!(margin(Some(-70.0), Some(60.0)), 1e-4 * 70.0);
        assert_eq!(margin(Some(0.5), None), 1e-4);
        assert_eq!(margin(None, Some(-20.0)), 1e-4 * 20.0);
        assert_eq!(margin(Some(0.5), Some(0.5 + 1.0 / 4096.0)), 0.1 / 4096.0);
        assert_eq!(margin(Some(7.0), Some(7.0)), 0.0);
    }

    #[test]
    fn closed_ends_are_inside_and_an_open_end_holds_everything_beyond() {
        let interval = Interval::new(Some(1.0), Some(2.0)).unwrap();
        assert!(interval.contains(1.0) && interval.contains(2.0));
        assert!(!interval.contains(1.0 - f64::EPSILON) && !interval.contains(2.0 + 1e-15));
        let open = Interval::new(None, Some(0.0)).unwrap();
        assert!(open.contains(f64::NEG_INFINITY) && !open.contains(f64::NAN));
        assert_eq!(open.shrunk().low(), None);
        assert_eq!(interval.distance(3.5), 1.5);
        assert_eq!(interval.distance(0.75), 0.25);
        assert_eq!(interval.distance(1.5), 0.0);
    }

    #[test]
    fn an_end_at_the_units_own_limit_is_open() {
        let probability = Interval::new(Some(0.9), Some(1.0))
            .unwrap()
            .within_limits(Some(0.0), Some(1.0));
        assert_eq!((probability.low(), probability.high()), (Some(0.9), None));
        assert!(probability.contains(1.0 + 1e-7));
        let everything = Interval::new(Some(0.0), Some(1.0))
            .unwrap()
            .within_limits(Some(0.0), Some(1.0));
        assert!(everything.contains(0.3));
        let logit = Interval::new(Some(0.0), Some(1.0))
            .unwrap()
            .within_limits(None, None);
        assert_eq!((logit.low(), logit.high()), (Some(0.0), Some(1.0)));
    }

    #[test]
    fn a_file_holds_only_the_closed_ends() {
        let interval = Interval::new(Some(50.0), None).unwrap();
        let text = serde_json::to_string(&interval).unwrap();
        assert_eq!(text, r#"{"low":50.0}"#);
        assert_eq!(serde_json::from_str::<Interval>(&text).unwrap(), interval);
        assert!(serde_json::from_str::<Interval>("{}").is_err());
        assert!(serde_json::from_str::<Interval>(r#"{"low":2.0,"high":1.0}"#).is_err());
    }

    proptest! {
        #[test]
        fn the_three_intervals_nest(low in -1e3..1e3_f64, width in 0.0..1e3_f64) {
            let interval = Interval::new(Some(low), Some(low + width)).unwrap();
            let (shrunk, aim) = (interval.shrunk(), interval.aim());
            prop_assert!(low <= shrunk.low().unwrap() && shrunk.low() <= aim.low());
            prop_assert!(aim.low() <= aim.high());
            prop_assert!(aim.high() <= shrunk.high() && shrunk.high().unwrap() <= low + width);
        }
    }
}
