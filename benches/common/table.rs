//! Markdown tables, ready for `docs/benchmarks.md`.

/// A table under construction.
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(head: &[&str]) -> Self {
        Table {
            rows: vec![head.iter().map(|cell| (*cell).to_owned()).collect()],
        }
    }

    /// Adds a row, and shows it on stderr at once.
    pub(crate) fn row(&mut self, cells: Vec<String>) {
        eprintln!("  {}", cells.join(" · "));
        self.rows.push(cells);
    }

    /// Prints the table on stdout under a title.
    #[expect(clippy::print_stdout, reason = "the bench's result")]
    pub(crate) fn print(&self, title: &str) {
        let columns = self.rows[0].len();
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        println!("\n{title}\n");
        for (number, row) in self.rows.iter().enumerate() {
            let cells: Vec<String> = (0..columns)
                .map(|column| {
                    let cell = row.get(column).map_or("", String::as_str);
                    let padding = width(column) - cell.chars().count();
                    format!("{cell}{}", " ".repeat(padding))
                })
                .collect();
            println!("| {} |", cells.join(" | "));
            if number == 0 {
                println!("|{}", "---|".repeat(columns));
            }
        }
    }
}

/// Milliseconds.
pub(crate) fn milliseconds(seconds: f64) -> String {
    match seconds * 1e3 {
        value if !value.is_finite() => "-".to_owned(),
        value if value < 10.0 => format!("{value:.2}"),
        value if value < 100.0 => format!("{value:.1}"),
        value => format!("{value:.0}"),
    }
}

/// A quotient of two times.
pub(crate) fn ratio(of: f64, to: f64) -> String {
    match of / to {
        value if value.is_finite() => format!("{value:.2}"),
        _ => "-".to_owned(),
    }
}
