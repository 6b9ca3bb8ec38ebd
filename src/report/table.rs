//! Tables, on the page and as files.

use super::markup::Markup;
use super::number;
use crate::text::csv_row;

/// A table of a report.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Its name among the files of a report, without an ending.
    pub name: String,
    /// What stands above its columns.
    pub headings: Vec<String>,
    /// Its rows, each as long as the headings.
    pub rows: Vec<Vec<Cell>>,
}

/// What stands in one place of a table.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Words.
    Text(String),
    /// How many.
    Count(u64),
    /// A measured number.
    Number(f64),
    /// A number of single precision, with no more digits than it has.
    Single(f32),
    /// An estimate with its interval, where it has one.
    Estimate(f64, Option<(f64, f64)>),
    /// Nothing is known.
    Missing,
}

impl Table {
    /// An empty table.
    pub fn new(name: impl Into<String>, headings: &[&str]) -> Table {
        Table {
            name: name.into(),
            headings: headings.iter().map(|&heading| heading.to_owned()).collect(),
            rows: Vec::new(),
        }
    }

    /// The table as a file of comma-separated values (RFC 4180), numbers in full.
    pub fn csv(&self) -> String {
        let rows = self
            .rows
            .iter()
            .map(|row| csv_row(row.iter().map(Cell::in_full)));
        std::iter::once(csv_row(self.headings.iter().cloned()))
            .chain(rows)
            .collect()
    }

    /// Writes it into the page; the first column names the rows.
    pub(super) fn write(&self, markup: &mut Markup) {
        markup.element("div", &[("class", "scroll")], |markup| {
            markup.element("table", &[], |markup| {
                markup.element("thead", &[], |markup| {
                    markup.element("tr", &[], |markup| {
                        for heading in &self.headings {
                            markup.line("th", &[("scope", "col")], heading);
                        }
                    });
                });
                markup.element("tbody", &[], |markup| {
                    for row in &self.rows {
                        markup.element("tr", &[], |markup| write_row(row, markup));
                    }
                });
            });
        });
    }
}

fn write_row(row: &[Cell], markup: &mut Markup) {
    for (place, cell) in row.iter().enumerate() {
        match (place, cell) {
            (0, cell) => markup.line("th", &[("scope", "row")], &cell.shown()),
            (_, Cell::Text(text)) => markup.line("td", &[], text),
            (_, cell) => markup.line("td", &[("class", "number")], &cell.shown()),
        }
    }
}

impl Cell {
    /// Words, or nothing where there are none.
    pub fn text(text: Option<&str>) -> Cell {
        text.map_or(Cell::Missing, |text| Cell::Text(text.to_owned()))
    }

    /// As people read it.
    fn shown(&self) -> String {
        match self {
            Cell::Text(text) => text.clone(),
            Cell::Count(count) => count.to_string(),
            Cell::Number(value) => number::short(*value),
            Cell::Single(value) => number::short(f64::from(*value)),
            Cell::Estimate(value, None) => number::short(*value),
            Cell::Estimate(value, Some((low, high))) => format!(
                "{} [{}, {}]",
                number::short(*value),
                number::short(*low),
                number::short(*high)
            ),
            Cell::Missing => "–".to_owned(),
        }
    }

    /// As programs read it: empty where there is no number.
    fn in_full(&self) -> String {
        match self {
            Cell::Text(text) => text.clone(),
            Cell::Count(count) => count.to_string(),
            Cell::Number(value) | Cell::Estimate(value, _) if value.is_finite() => {
                value.to_string()
            }
            Cell::Single(value) if value.is_finite() => value.to_string(),
            _ => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_numbers_in_full_and_nothing_where_there_is_none() {
        let mut table = Table::new("t", &["a", "b,c"]);
        table.rows.push(vec![
            Cell::Text("say \"x\"".to_owned()),
            Cell::Number(1.0 / 3.0),
        ]);
        table.rows.push(vec![Cell::Count(7), Cell::Single(0.1)]);
        table.rows.push(vec![Cell::Missing, Cell::Number(f64::NAN)]);
        assert_eq!(
            table.csv(),
            "a,\"b,c\"\r\n\"say \"\"x\"\"\",0.3333333333333333\r\n7,0.1\r\n,\r\n"
        );
    }

    #[test]
    fn the_page_has_numbers_in_few_digits() {
        assert_eq!(Cell::Number(1.0 / 3.0).shown(), "0.3333");
        assert_eq!(
            Cell::Estimate(2.0, Some((1.5, 2.5))).shown(),
            "2.000 [1.500, 2.500]"
        );
        assert_eq!(Cell::Missing.shown(), "–");
    }
}
