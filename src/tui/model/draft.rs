//! A constraint while it is being made: a unit, and the two ends of its interval.

use std::sync::Arc;

use crate::query::number_text;

/// What a unit does on real images, as far as the bundle knows.
#[derive(Debug, Clone, PartialEq)]
pub struct Distribution {
    /// Left end of the histogram.
    pub low: f64,
    /// Its right end.
    pub high: f64,
    /// Images in each bin.
    pub counts: Vec<f32>,
    /// Levels in [0, 1], ascending, and the value at each.
    pub quantiles: Vec<(f64, f64)>,
    /// Images it was taken over.
    pub image_count: u64,
}

impl Distribution {
    /// The value that a share of the images do not exceed: as [`crate::bundle::Statistics::quantile`]
    /// gives it, to the last bit, so that what is shown is what is asked for.
    pub fn value_at(&self, level: f64) -> Option<f64> {
        let level = level as f32;
        let stored = |&(stored, value): &(f64, f64)| (stored as f32, value);
        let above = self.quantiles.iter().position(|q| stored(q).0 >= level)?;
        let (high_level, high) = stored(self.quantiles.get(above)?);
        if high_level == level {
            return Some(high);
        }
        let (low_level, low) = stored(self.quantiles.get(above.checked_sub(1)?)?);
        let share = f64::from(level - low_level) / f64::from(high_level - low_level);
        Some(low + share * (high - low))
    }

    /// The share of the images that do not exceed a value; of images with the same value, all count.
    pub fn level_of(&self, value: f64) -> f64 {
        let above = self
            .quantiles
            .partition_point(|&(_, stored)| stored <= value);
        self.level_before(above, value)
    }

    /// The share of the images that lie below a value.
    fn level_below(&self, value: f64) -> f64 {
        let first = self
            .quantiles
            .partition_point(|&(_, stored)| stored < value);
        match self.quantiles.get(first) {
            Some(&(level, stored)) if stored == value => level,
            _ => self.level_before(first, value),
        }
    }

    /// The level of a value that lies before quantile `above`, and not before those ahead of it.
    fn level_before(&self, above: usize, value: f64) -> f64 {
        let before = above.checked_sub(1).and_then(|i| self.quantiles.get(i));
        match (before, self.quantiles.get(above)) {
            (None, _) => 0.0,
            (_, None) => 1.0,
            (Some(&(low_level, low)), Some(&(high_level, high))) => {
                low_level + (value - low) / (high - low) * (high_level - low_level)
            }
        }
    }
}

/// One end of an interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum End {
    /// There is none.
    Open,
    /// A quantile of real images, as a share in [0, 1].
    Quantile(f64),
    /// A value.
    Value(f64),
}

impl End {
    /// As it is written in an interval.
    pub fn text(self) -> String {
        match self {
            End::Open => String::new(),
            End::Quantile(level) => format!("p{}", number_text(percent(level))),
            End::Value(value) => number_text(value),
        }
    }

    /// Its value, where it is one or the distribution knows it.
    pub fn value(self, distribution: Option<&Distribution>) -> Option<f64> {
        match self {
            End::Open => None,
            End::Quantile(level) => distribution?.value_at(level),
            End::Value(value) => Some(value),
        }
    }

    /// Reads a typed end.
    ///
    /// # Errors
    /// What is wrong with it, and what would be right.
    pub fn parse(text: &str) -> Result<End, String> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(End::Open);
        }
        let wrong = || {
            format!("'{text}' is no end: type a value like 12.5, a quantile like p99, or nothing")
        };
        let (is_quantile, number) = match text.strip_prefix('p') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let number: f64 = number.parse().map_err(|_| wrong())?;
        match (is_quantile, number) {
            (true, 0.0..=100.0) => Ok(End::Quantile(number / 100.0)),
            (false, _) if number.is_finite() => Ok(End::Value(number)),
            _ => Err(wrong()),
        }
    }
}

/// The shortest percentage that reads back as this level.
fn percent(level: f64) -> f64 {
    let percent = level * 100.0;
    (0..17)
        .filter_map(|digits| format!("{percent:.digits$}").parse().ok())
        .find(|&rounded: &f64| rounded / 100.0 == level)
        .unwrap_or(percent)
}

/// A number without needless digits.
pub fn short(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let digits = (5 - value.abs().log10().floor() as i32 - 1).clamp(0, 9) as usize;
    let text = format!("{value:.digits$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// The levels that quantile ends step through, in per cent.
const LADDER: [f64; 27] = [
    0.0, 0.1, 0.5, 1.0, 5.0, 10.0, 20.0, 25.0, 30.0, 40.0, 50.0, 60.0, 70.0, 75.0, 80.0, 85.0,
    90.0, 92.0, 94.0, 95.0, 96.0, 97.0, 98.0, 99.0, 99.5, 99.9, 100.0,
];

/// Steps of a value across a unit's whole range.
const STEPS_ACROSS: f64 = 200.0;

/// The two ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The low end.
    Low,
    /// The high end.
    High,
}

/// A unit with its interval.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// The unit as a query names it.
    pub unit: String,
    /// Its place and label, for the screen.
    pub name: String,
    /// Low end.
    pub low: End,
    /// High end.
    pub high: End,
    /// Which end the keys move.
    pub side: Side,
    /// What it does on real images.
    pub distribution: Option<Arc<Distribution>>,
    initial: (End, End),
    undo: Vec<(End, End)>,
}

impl Draft {
    /// A unit at its usual interval: rare but reached by real images, where they are known.
    /// `low` is the share of the images that lies below.
    pub fn new(
        unit: String,
        name: String,
        distribution: Option<Arc<Distribution>>,
        low: f64,
    ) -> Draft {
        let ends = match distribution {
            Some(_) => (End::Quantile(low), End::Quantile(0.999)),
            None => (End::Value(1.0), End::Open),
        };
        Draft {
            unit,
            name,
            low: ends.0,
            high: ends.1,
            side: Side::Low,
            distribution,
            initial: ends,
            undo: Vec::new(),
        }
    }

    /// The end that the keys move.
    pub fn end(&self) -> End {
        match self.side {
            Side::Low => self.low,
            Side::High => self.high,
        }
    }

    /// The constraint as a query writes it.
    pub fn text(&self) -> String {
        format!("{} in {}..{}", self.unit, self.low.text(), self.high.text())
    }

    /// Why it cannot be sampled, if so.
    pub fn problem(&self) -> Option<String> {
        if self.low == End::Open && self.high == End::Open {
            return Some("both ends are open: close one (o)".to_owned());
        }
        if let (End::Quantile(low), End::Quantile(high)) = (self.low, self.high)
            && percent(low) > percent(high)
        {
            // Also where both have the same value, as of a unit that is 0 on most images.
            let (low, high) = (self.low.text(), self.high.text());
            return Some(format!("the low end {low} lies above the high end {high}"));
        }
        let distribution = self.distribution.as_deref();
        match (self.low.value(distribution), self.high.value(distribution)) {
            (Some(low), Some(high)) if low > high => Some(format!(
                "the low end {} lies above the high end {}",
                short(low),
                short(high)
            )),
            _ => None,
        }
    }

    /// The share of real images inside, where it is known.
    pub fn share(&self) -> Option<f64> {
        let distribution = self.distribution.as_deref()?;
        let value = |end: End| end.value(Some(distribution));
        let high = value(self.high).map_or(1.0, |value| distribution.level_of(value));
        let low = value(self.low).map_or(0.0, |value| distribution.level_below(value));
        Some((high - low).max(0.0))
    }

    /// Takes the other end.
    pub fn other_side(&mut self) {
        self.side = match self.side {
            Side::Low => Side::High,
            Side::High => Side::Low,
        };
    }

    /// Moves the end: quantiles along a ladder of levels, values by a share of the unit's range.
    pub fn step(&mut self, steps: i32) {
        let end = match self.end() {
            End::Open => match self.side {
                Side::Low => self.closed_end(0.5),
                Side::High => self.closed_end(0.999),
            },
            End::Quantile(level) => {
                let percent = level * 100.0;
                let at = LADDER.iter().position(|&stored| stored >= percent - 1e-9);
                let at = at.unwrap_or(LADDER.len() - 1) as i32;
                let to = (at + steps.clamp(-5, 5)).clamp(0, LADDER.len() as i32 - 1);
                End::Quantile(LADDER[to as usize] / 100.0)
            }
            End::Value(value) => {
                let step = self.value_step(value);
                let to = ((value / step).round() + f64::from(steps)) * step;
                // A multiple of a power of ten is written with as few digits as that.
                let digits = (-step.log10()).max(0.0) as usize;
                End::Value(format!("{to:.digits$}").parse().unwrap_or(to))
            }
        };
        self.set(end);
    }

    /// A step of a value: the nearest power of ten to a share of the range.
    fn value_step(&self, value: f64) -> f64 {
        let range = match self.distribution.as_deref() {
            Some(distribution) if distribution.high > distribution.low => {
                (distribution.high - distribution.low) / STEPS_ACROSS
            }
            _ => value.abs().max(1.0) / 10.0,
        };
        10f64.powf(range.log10().round())
    }

    /// Opens the end, or closes it again.
    pub fn toggle_open(&mut self) {
        let end = match (self.end(), self.side) {
            (End::Open, Side::Low) => self.closed_end(0.5),
            (End::Open, Side::High) => self.closed_end(0.999),
            _ => End::Open,
        };
        self.set(end);
    }

    fn closed_end(&self, level: f64) -> End {
        if self.distribution.is_some() {
            return End::Quantile(level);
        }
        match (self.side, self.low, self.high) {
            (Side::High, End::Value(low), _) => End::Value(low + 1.0),
            (Side::Low, _, End::Value(high)) => End::Value(high - 1.0),
            _ => End::Value(1.0),
        }
    }

    /// Writes the end as a value or as a quantile, where both are known.
    pub fn toggle_kind(&mut self) {
        let Some(distribution) = self.distribution.clone() else {
            return;
        };
        match self.end() {
            End::Open => {}
            end @ End::Quantile(_) => {
                if let Some(value) = end.value(Some(&distribution)) {
                    self.set(End::Value(short(value).parse().unwrap_or(value)));
                }
            }
            End::Value(value) => {
                let percent = distribution.level_of(value) * 100.0;
                self.set(End::Quantile(
                    short(percent).parse().unwrap_or(percent) / 100.0,
                ));
            }
        }
    }

    /// Sets the end.
    pub fn set(&mut self, end: End) {
        if end == self.end() {
            return;
        }
        self.undo.push((self.low, self.high));
        match self.side {
            Side::Low => self.low = end,
            Side::High => self.high = end,
        }
    }

    /// Puts both ends back to what they were at first.
    pub fn reset(&mut self) {
        if (self.low, self.high) != self.initial {
            self.undo.push((self.low, self.high));
            (self.low, self.high) = self.initial;
        }
    }

    /// Whether there is a change to take back.
    pub fn can_undo(&self) -> bool {
        !self.undo.is_empty()
    }

    /// Takes back the last change of an end.
    pub fn undo(&mut self) -> bool {
        let Some((low, high)) = self.undo.pop() else {
            return false;
        };
        (self.low, self.high) = (low, high);
        true
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn draft() -> Draft {
        let quantiles = (0..=1000).map(|i| (f64::from(i) / 1000.0, f64::from(i) / 50.0));
        let distribution = Distribution {
            low: 0.0,
            high: 20.0,
            counts: vec![1.0; 64],
            quantiles: quantiles.collect(),
            image_count: 1000,
        };
        Draft::new(
            "goldfish".into(),
            "[1] goldfish".into(),
            Some(Arc::new(distribution)),
            0.95,
        )
    }

    #[test]
    fn ends_step_along_quantiles_and_are_written_so() {
        let mut draft = draft();
        assert_eq!(draft.text(), "goldfish in p95..p99.9");
        draft.step(1);
        assert_eq!(draft.text(), "goldfish in p96..p99.9");
        draft.step(-10);
        assert_eq!(
            draft.text(),
            "goldfish in p85..p99.9",
            "a far step is five rungs"
        );
        draft.other_side();
        draft.step(1);
        assert_eq!(draft.text(), "goldfish in p85..p100");
        assert!((draft.share().unwrap() - 0.15).abs() < 1e-9);
    }

    #[test]
    fn an_end_opens_closes_and_becomes_a_value() {
        let mut draft = draft();
        draft.other_side();
        draft.toggle_open();
        assert_eq!(draft.text(), "goldfish in p95..");
        draft.other_side();
        draft.toggle_kind();
        assert_eq!(draft.text(), "goldfish in 19..");
        draft.step(3);
        assert_eq!(draft.text(), "goldfish in 19.3..");
        draft.toggle_kind();
        assert_eq!(draft.text(), "goldfish in p96.5..");
        draft.toggle_open();
        assert!(draft.problem().unwrap().contains("both ends"));
        while draft.undo() {}
        assert_eq!(draft.text(), "goldfish in p95..p99.9");
    }

    #[test]
    fn a_reversed_interval_is_a_problem() {
        let mut draft = draft();
        draft.set(End::Value(100.0));
        assert!(draft.problem().unwrap().contains("above the high end"));
        draft.reset();
        assert_eq!(draft.problem(), None);
    }

    #[test]
    fn typed_ends_are_values_quantiles_or_nothing() {
        assert_eq!(End::parse(" p99.9"), Ok(End::Quantile(99.9 / 100.0)));
        assert_eq!(End::parse("-1e-3"), Ok(End::Value(-1e-3)));
        assert_eq!(End::parse(""), Ok(End::Open));
        assert!(End::parse("p101").is_err());
        assert!(End::parse("warm").is_err());
        assert!(End::parse("inf").is_err());
    }

    #[test]
    fn numbers_are_short_and_read_back() {
        for (value, text) in [
            (0.0, "0"),
            (12.5, "12.5"),
            (99.9, "99.9"),
            (-0.000123456, "-0.00012346"),
            (123456.0, "123456"),
        ] {
            assert_eq!(short(value), text);
        }
    }
}
