//! Constraints put into writing: what `--where` takes, from a unit and the ends of an interval.

use super::IntervalEnd;

/// `UNIT in INTERVAL`, as `--where` takes it.
pub fn where_text(unit: &str, interval: &str) -> String {
    format!("{} in {}", unit.trim(), interval.trim())
}

/// `LOW..HIGH` with an end left out where it is open. Both ends open is no interval, and nothing then.
pub fn interval_text(low: Option<IntervalEnd>, high: Option<IntervalEnd>) -> Option<String> {
    if low.is_none() && high.is_none() {
        return None;
    }
    let end = |end: Option<IntervalEnd>| match end {
        None => String::new(),
        Some(IntervalEnd::Number(number)) => number_text(number),
        Some(IntervalEnd::Percent(percent)) => format!("p{}", number_text(percent)),
    };
    Some(format!("{}..{}", end(low), end(high)))
}

/// The shorter way to write a number that reads back as the same number.
pub fn number_text(number: f64) -> String {
    let (plain, exponent) = (format!("{number}"), format!("{number:e}"));
    if exponent.len() < plain.len() {
        exponent
    } else {
        plain
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::query::IntervalSyntax;
    use IntervalEnd::{Number, Percent};

    #[test]
    fn what_is_written_reads_back_as_the_same_interval() {
        let ends = [
            None,
            Some(Number(-12.345)),
            Some(Number(0.0)),
            Some(Number(0.1 + 0.2)),
            Some(Number(1e300)),
            Some(Percent(99.9)),
        ];
        let mut read = 0;
        for (at, &low) in ends.iter().enumerate() {
            for &high in ends.iter().skip(at) {
                let Some(text) = interval_text(low, high) else {
                    assert_eq!((low, high), (None, None));
                    continue;
                };
                let interval: IntervalSyntax = text.parse().unwrap();
                assert_eq!((interval.low, interval.high), (low, high), "{text}");
                read += 1;
            }
        }
        assert_eq!(read, 20);
        assert_eq!(number_text(1e300), "1e300");
        assert_eq!(number_text(12.5), "12.5");
        assert_eq!(where_text(" hen ", "p95..p99.9"), "hen in p95..p99.9");
    }
}
