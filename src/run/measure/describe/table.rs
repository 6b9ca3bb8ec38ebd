//! Aligned columns of figures.

use std::io::{self, Write};

use crate::metrics::Confidence;
use crate::text::{clean, width};

/// Rows of a name and a cell for each column.
#[derive(Debug, Default)]
pub(super) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with the heads of its columns; the first stands above the names.
    pub(super) fn new(heads: impl IntoIterator<Item = String>) -> Table {
        let mut table = Table::default();
        table
            .rows
            .push(heads.into_iter().map(|head| clean(&head)).collect());
        table
    }

    /// Adds a row.
    pub(super) fn row(&mut self, name: &str, cells: impl IntoIterator<Item = String>) {
        let cells = cells.into_iter().map(|cell| clean(&cell));
        self.rows
            .push(std::iter::once(clean(name)).chain(cells).collect());
    }

    /// Prints it, every column as wide as its widest cell, two spaces apart.
    pub(super) fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns)
            .map(|at| {
                let cells = self.rows.iter().filter_map(|row| row.get(at));
                cells.map(|cell| width(cell)).max().unwrap_or(0)
            })
            .collect();
        for row in &self.rows {
            let mut line = String::new();
            for (cell, columns) in row.iter().zip(&widths) {
                line.push_str(cell);
                line.push_str(&" ".repeat(columns + 2 - width(cell)));
            }
            writeln!(out, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

/// A figure in three or four significant digits; `-` where it is not a number.
pub(super) fn figure(value: f64) -> String {
    if !value.is_finite() {
        return "-".to_owned();
    }
    let magnitude = value.abs();
    if magnitude != 0.0 && !(1e-3..1e6).contains(&magnitude) {
        return format!("{value:.3e}");
    }
    // Four digits, three after a leading zero.
    let place = magnitude.log10().floor();
    let decimals = match magnitude {
        0.0 => 0,
        _ if magnitude < 1.0 => (2.0 - place) as usize,
        _ => (3.0 - place).max(0.0) as usize,
    };
    format!("{value:.decimals$}")
}

/// The same where it may be missing.
pub(super) fn optional(value: Option<f64>) -> String {
    figure(value.unwrap_or(f64::NAN))
}

/// A figure with its interval, where it has one.
pub(super) fn with_interval(value: f64, interval: Option<Confidence>) -> String {
    match interval {
        Some(ends) => format!(
            "{} [{}, {}]",
            figure(value),
            figure(ends.low),
            figure(ends.high)
        ),
        None => figure(value),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn columns_are_aligned_and_names_made_safe() {
        let mut table = Table::new(["", "encoder", "judge"].map(str::to_owned));
        table.row("Vendi", ["12.30".to_owned(), "9.1".to_owned()]);
        table.row("a\u{1b}[31m longer name", ["1".to_owned(), "2".to_owned()]);
        let mut out = Vec::new();
        table.print(&mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(!text.contains('\u{1b}'));
        let places: Vec<usize> = text
            .lines()
            .zip(["judge", "9.1", "2"])
            .map(|(line, cell)| line.rfind(cell).unwrap())
            .collect();
        assert!(places.iter().all(|place| *place == places[0]), "{text}");
    }

    #[test]
    fn figures_have_four_digits_and_what_is_no_number_a_dash() {
        let shown = [0.0, 1.23456, 45.678, 12345.6, -0.5, 1e-5, 3.2e8, f64::NAN].map(figure);
        let expected = [
            "0", "1.235", "45.68", "12346", "-0.500", "1.000e-5", "3.200e8", "-",
        ];
        assert_eq!(shown, expected);
        let ends = Confidence {
            low: 0.5,
            high: 2.0,
        };
        assert_eq!(with_interval(1.0, Some(ends)), "1.000 [0.500, 2.000]");
        assert_eq!(with_interval(1.0, None), "1.000");
        assert_eq!(optional(None), "-");
    }
}
