//! Reports: runs shown whole on one page that needs nothing else, with their figures and tables also as
//! files. A front end: it reads run folders and asks for scores, and neither computes nor writes there.

pub mod figure;
mod map;
mod markup;
mod number;
mod page;
mod picture;
mod plots;
mod real_images;
mod reported_run;
mod sanity;
mod scores;
mod table;
mod tables;
mod traces;

use std::path::PathBuf;

use figure::{Figure, FigureError};
use picture::Size;
pub use reported_run::{Found, ReportedRun, Sample, Scoring, Told};
pub use table::{Cell, Table};

use crate::run::{RunError, record};

/// Runs, and everything that is drawn and listed of them.
pub struct Report {
    runs: Vec<ReportedRun>,
    figures: Vec<Figure>,
    tables: Vec<Table>,
    size: Size,
}

impl Report {
    /// Reads the runs in some folders, which may still be at work. `told` hears how far the networks have come.
    ///
    /// # Errors
    /// One is no run folder, or a file of it is damaged.
    pub fn read(
        folders: &[PathBuf],
        scoring: &Scoring,
        told: &mut Told<'_>,
    ) -> Result<Report, RunError> {
        let mut pictures = 0;
        for folder in folders {
            pictures += record::read_samples(folder)?.len();
        }
        let size = Size::for_count(pictures);
        let numbered = folders.iter().enumerate();
        let runs = numbered
            .map(|(at, folder)| ReportedRun::read(folder, at + 1, size, scoring, told))
            .collect::<Result<Vec<_>, _>>()?;
        let maps = map::maps(&runs);
        let mut figures: Vec<Figure> = scores::figure(&runs).into_iter().collect();
        figures.extend(maps.iter().map(map::Map::figure));
        let mut tables = vec![tables::runs(&runs), scores::listed(&runs)];
        tables.extend(maps.iter().map(map::Map::table));
        for run in &runs {
            figures.extend(plots::activations(run));
            figures.extend(plots::progress(run));
            figures.extend(sanity::figure(run));
            tables.push(tables::samples(run));
            tables.push(real_images::table(run));
            tables.push(tables::traces(run));
            tables.push(tables::progress(run));
            tables.push(tables::diversity(run));
            tables.push(sanity::table(run));
        }
        tables.retain(|table| !table.rows.is_empty());
        Ok(Report {
            figures,
            tables,
            size,
            runs,
        })
    }

    /// The runs, in the order of their folders.
    pub fn runs(&self) -> &[ReportedRun] {
        &self.runs
    }

    /// Every figure of the page.
    pub fn figures(&self) -> &[Figure] {
        &self.figures
    }

    /// Every table, those that the page shows and those that its figures are drawn from.
    pub fn tables(&self) -> &[Table] {
        &self.tables
    }

    /// The page: one HTML document that is also well-formed XML.
    ///
    /// # Errors
    /// A figure cannot be drawn.
    pub fn page(&self) -> Result<String, FigureError> {
        page::write(self)
    }

    /// What the page lacks, and why.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        for run in &self.runs {
            if let Err(reason) = &run.measured {
                notes.push(format!("{}: no scores: {reason}", run.title()));
            }
            if let Err(reason) = &run.real {
                notes.push(format!("{}: no real images: {reason}", run.title()));
            }
            let missing = run.samples.iter().filter_map(|sample| {
                let reason = sample.picture.as_ref().err()?;
                Some(format!("sample {}: {reason}", sample.line.index))
            });
            notes.extend(missing.map(|what| format!("{}: {what}", run.title())));
        }
        notes
    }

    fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == name)
    }
}
