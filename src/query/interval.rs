//! Intervals as written: `50..60`, `50..`, `..10`, `p99..p99.9`, `p90..12`.

use std::str::FromStr;

use super::Context;
use super::error::{FileError, QueryError, UsageError};
use super::unit::{Read, Unit};
use crate::sampler::Interval;
use crate::text::shell_word;

/// An interval as written, before any statistics are known. At least one end is given.
#[derive(Debug, Clone, PartialEq)]
pub struct IntervalSyntax {
    /// As written.
    pub text: String,
    /// The low end; none is open.
    pub low: Option<IntervalEnd>,
    /// The high end; none is open.
    pub high: Option<IntervalEnd>,
}

/// One end of an interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum IntervalEnd {
    /// An activation.
    Number(f64),
    /// A quantile of the unit on real images, in percent (0 to 100).
    Percent(f64),
}

impl FromStr for IntervalSyntax {
    type Err = UsageError;

    fn from_str(text: &str) -> Result<Self, UsageError> {
        let text = text.trim();
        let refuse = |reason: String| UsageError::IntervalSyntax {
            text: text.to_owned(),
            reason,
        };
        // `.5..1` and `1...5` have more than one pair of dots: the first that leaves two ends counts.
        let mut splits = text.match_indices("..").map(|(at, _)| {
            let (low, high) = (&text[..at], &text[at + 2..]);
            end(low).and_then(|low| Ok((low, end(high)?)))
        });
        let first = splits
            .next()
            .unwrap_or_else(|| Err("it has no '..'".to_owned()));
        let (low, high) = match first {
            Ok(ends) => ends,
            Err(reason) => splits.find_map(Result::ok).ok_or_else(|| refuse(reason))?,
        };
        match (low, high) {
            (None, None) => return Err(refuse("both ends are open".to_owned())),
            (Some(IntervalEnd::Number(low)), Some(IntervalEnd::Number(high)))
            | (Some(IntervalEnd::Percent(low)), Some(IntervalEnd::Percent(high)))
                if low > high =>
            {
                return Err(empty(text, low, high));
            }
            _ => {}
        }
        Ok(IntervalSyntax {
            text: text.to_owned(),
            low,
            high,
        })
    }
}

fn empty(text: &str, low: f64, high: f64) -> UsageError {
    UsageError::EmptyInterval {
        text: text.to_owned(),
        low,
        high,
    }
}

fn end(text: &str) -> Result<Option<IntervalEnd>, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let (number, is_percent) = match text.strip_prefix('p') {
        Some(rest) => (rest, true),
        None => (text, false),
    };
    // Rust also reads `inf` and `nan`, which are no ends.
    let plain = number
        .bytes()
        .all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
    let value = number
        .parse()
        .ok()
        .filter(|value: &f64| plain && value.is_finite());
    match value {
        None => Err(format!("'{text}' is no number and no quantile")),
        Some(percent) if is_percent => {
            if (0.0..=100.0).contains(&percent) {
                Ok(Some(IntervalEnd::Percent(percent)))
            } else {
                Err(format!("'{text}' is no quantile: they go from p0 to p100"))
            }
        }
        Some(number) => Ok(Some(IntervalEnd::Number(number))),
    }
}

impl IntervalSyntax {
    /// The interval in numbers, for one unit.
    ///
    /// # Errors
    /// A quantile without statistics of the unit, or ends that turn out the wrong way round.
    pub fn resolve(&self, unit: &Unit, context: &Context<'_>) -> Result<Interval, QueryError> {
        let number = |end: Option<IntervalEnd>| match end {
            None => Ok(None),
            Some(IntervalEnd::Number(number)) => Ok(Some(number)),
            Some(IntervalEnd::Percent(percent)) => self.quantile(percent, unit, context).map(Some),
        };
        let (low, high) = (number(self.low)?, number(self.high)?);
        if let (Some(low), Some(high)) = (low, high)
            && low > high
        {
            return Err(empty(&self.text, low, high).into());
        }
        let interval = Interval::new(low, high).map_err(|error| UsageError::IntervalSyntax {
            text: self.text.clone(),
            reason: error.to_string(),
        })?;
        Ok(interval)
    }

    fn quantile(&self, percent: f64, unit: &Unit, context: &Context<'_>) -> Result<f64, FileError> {
        let refuse = |reason: &str, remedy: String| FileError::NoStatistics {
            interval: self.text.clone(),
            unit: unit.text.clone(),
            reason: reason.to_owned(),
            remedy,
        };
        let (Read::Element(index) | Read::Mean(index)) = unit.read else {
            let command = context.measure.as_deref();
            let command = command.unwrap_or("invset stats --images DIR");
            return Err(refuse(
                "statistics are of elements and channel means only",
                format!(
                    "write numbers instead (`{command} --unit {}` shows them)",
                    shell_word(&unit.text)
                ),
            ));
        };
        let remedy = || match &context.measure {
            Some(command) => format!("make them with `{command}`, or write numbers"),
            None => "write numbers instead".to_owned(),
        };
        let statistics = context
            .statistics
            .ok_or_else(|| refuse("the bundle has none", remedy()))?;
        statistics
            .quantile(&unit.tensor, index, percent / 100.0)
            .filter(|value| value.is_finite())
            .ok_or_else(|| refuse("the bundle's do not cover that tensor", remedy()))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use IntervalEnd::{Number, Percent};

    #[test]
    fn every_form_is_read() {
        for (text, low, high) in [
            ("50..60", Some(Number(50.0)), Some(Number(60.0))),
            ("50..", Some(Number(50.0)), None),
            ("..10", None, Some(Number(10.0))),
            ("p99..p99.9", Some(Percent(99.0)), Some(Percent(99.9))),
            ("p90..12", Some(Percent(90.0)), Some(Number(12.0))),
            ("-3..-1.5", Some(Number(-3.0)), Some(Number(-1.5))),
            ("1e-3..2.5E2", Some(Number(1e-3)), Some(Number(250.0))),
            (" 50 .. 60 ", Some(Number(50.0)), Some(Number(60.0))),
            (".5..1", Some(Number(0.5)), Some(Number(1.0))),
            ("..-.5", None, Some(Number(-0.5))),
            ("5..5", Some(Number(5.0)), Some(Number(5.0))),
            ("p0..p100", Some(Percent(0.0)), Some(Percent(100.0))),
        ] {
            let interval: IntervalSyntax = text.parse().unwrap();
            assert_eq!((interval.low, interval.high), (low, high), "{text}");
        }
    }

    #[test]
    fn what_is_no_interval_is_refused_with_the_reason() {
        for (text, reason) in [
            ("..", "both ends are open"),
            ("", "no '..'"),
            ("50", "no '..'"),
            ("50-60", "no '..'"),
            ("60..50", "is empty"),
            ("p99..p90", "is empty"),
            ("a..b", "'a' is no number"),
            ("nan..1", "'nan' is no number"),
            ("0..inf", "'inf' is no number"),
            ("1e999..", "'1e999' is no number"),
            ("p101..", "from p0 to p100"),
            ("p-1..", "from p0 to p100"),
            ("1..2..3", "is no number"),
        ] {
            let message = text.parse::<IntervalSyntax>().unwrap_err().to_string();
            assert!(message.contains(reason), "{text}: {message}");
        }
    }
}
