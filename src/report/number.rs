//! Numbers as they stand on the page.

use crate::text;

/// A mark of an axis: as many digits as the number has.
pub(super) fn mark(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    if value.abs() >= 1e6 || value.abs() < 1e-3 {
        return format!("{value:e}");
    }
    // What rounding leaves behind the sixth digit is none of the mark.
    trimmed(format!("{value:.6}"))
}

/// A number in about four digits; a dash where there is none.
pub(super) fn short(value: f64) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    match value {
        0.0 => "0".to_owned(),
        _ => text::four_digits(value),
    }
}

/// A number in about four digits, without zeros at its end: an end of an interval, a setting.
pub(super) fn plain(value: f64) -> String {
    let text = short(value);
    if text.contains('e') {
        text
    } else {
        trimmed(text)
    }
}

/// An interval as on the command line: `20..30`, `20..`.
pub(super) fn interval(low: Option<f64>, high: Option<f64>) -> String {
    let end = |end: Option<f64>| end.map_or(String::new(), plain);
    format!("{}..{}", end(low), end(high))
}

/// A length of time.
pub(super) fn seconds(seconds: f64) -> String {
    match seconds {
        s if s < 60.0 => format!("{s:.1} s"),
        s if s < 3600.0 => format!("{:.0} min {:.0} s", (s / 60.0).floor(), s % 60.0),
        s => format!(
            "{:.0} h {:.0} min",
            (s / 3600.0).floor(),
            (s % 3600.0) / 60.0
        ),
    }
}

/// A number of bytes.
pub(super) fn bytes(bytes: usize) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{} KB", bytes / 1_000),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

fn trimmed(text: String) -> String {
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_have_the_digits_they_need() {
        assert_eq!(mark(0.0), "0");
        assert_eq!(mark(20_000.0), "20000");
        assert_eq!(mark(2.5), "2.5");
        assert_eq!(mark(0.1 + 0.2), "0.3");
        assert_eq!(mark(2e6), "2e6");
        assert_eq!(mark(-1e-4), "-1e-4");
    }

    #[test]
    fn intervals_and_numbers_are_short() {
        assert_eq!(interval(Some(2.154_827), None), "2.155..");
        assert_eq!(interval(Some(50.0), Some(60.0)), "50..60");
        assert_eq!(interval(None, Some(0.0)), "..0");
        assert_eq!(short(f64::NAN), "–");
        assert_eq!(short(1.0), "1.000");
        assert_eq!(plain(1e9), "1.00e9");
    }

    #[test]
    fn times_and_sizes_are_in_units_that_fit() {
        assert_eq!(seconds(29.14), "29.1 s");
        assert_eq!(seconds(125.0), "2 min 5 s");
        assert_eq!(seconds(7260.0), "2 h 1 min");
        assert_eq!(bytes(999), "999 B");
        assert_eq!(bytes(51_464), "51 KB");
        assert_eq!(bytes(1_940_000), "1.9 MB");
    }
}
