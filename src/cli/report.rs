//! `invset report`: runs on one page that needs nothing else, and its figures and tables as files.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::exit::Status;
use super::metrics::Shown;
use super::{Global, output};
use crate::files;
use crate::report::{Report, Scoring, Told};
use crate::run::folder::RUN_FILE;
use crate::run::measure::Request;
use crate::sampler::Effort;
use crate::text::{self, counted};

/// Arguments of `report`.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// Run folders, one column each where runs are compared
    #[arg(required = true, value_name = "RUN")]
    runs: Vec<PathBuf>,
    /// The page to write; one that is there is replaced
    #[arg(short = 'o', long = "output", value_name = "FILE.html")]
    output: PathBuf,
    /// Write each figure as an SVG file into a folder
    #[arg(long, value_name = "DIR")]
    svg: Option<PathBuf>,
    /// Write each figure as a PNG file into a folder
    #[arg(long, value_name = "DIR")]
    png: Option<PathBuf>,
    /// Write each table as a CSV file into a folder
    #[arg(long, value_name = "DIR")]
    csv: Option<PathBuf>,
    /// Measure how large each inverse set is: the share of the code prior inside the intervals
    #[arg(long, conflicts_with = "no_scores")]
    share: bool,
    /// A folder of real images, PNG or JPEG, to show and compare (default: the one last used with the bundle).
    /// Subfolders named after labels say what is on them
    #[arg(long, value_name = "DIR", conflicts_with = "no_scores")]
    images: Option<PathBuf>,
    /// Make the page of the files alone, without the networks
    #[arg(long)]
    no_scores: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// A report cannot be written where it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The system refuses.
    #[error("cannot write {}: {reason}", text::clean(&.file.to_string_lossy()))]
    Write {
        /// The file or folder.
        file: PathBuf,
        /// The cause, without the temporary file's name.
        reason: io::ErrorKind,
    },
    /// The place belongs to a run.
    #[error("{} would lie in a run folder, which only its run writes; choose a place beside it", text::clean(&.0.to_string_lossy()))]
    InRun(PathBuf),
}

/// What was written.
#[derive(Debug, Serialize)]
struct Written {
    report: PathBuf,
    bytes: usize,
    runs: Vec<PathBuf>,
    samples: usize,
    figures: Vec<PathBuf>,
    tables: Vec<PathBuf>,
    notes: Vec<String>,
}

/// Runs the command.
///
/// # Errors
/// [`crate::run::RunError`]: a run; [`ReportError`]: a place that cannot be written.
pub fn run(args: &ReportArgs, global: &Global, out: &mut dyn Write) -> anyhow::Result<Status> {
    let folders = [&args.svg, &args.png, &args.csv].into_iter().flatten();
    for place in folders.clone().chain([&args.output]) {
        refuse_run(place)?;
    }
    let scoring = match args.no_scores {
        true => Scoring::Off,
        false => Scoring::On {
            library: global.library.clone(),
            request: Request {
                share: args.share.then(Effort::default),
                images: args.images.clone(),
            },
        },
    };
    let mut shown = Shown::new();
    let mut told = Told {
        share: &mut |progress| shown.update(progress),
        images: super::progress::of_images(args.json),
    };
    let report = Report::read(&args.runs, &scoring, &mut told)?;
    drop(shown);
    let page = report.page()?;
    for folder in folders {
        fs::create_dir_all(folder).map_err(|error| refused(folder, &error))?;
    }
    let mut figures = Vec::new();
    for figure in report.figures() {
        if let Some(folder) = &args.svg {
            let file = folder.join(format!("{}.svg", figure.name));
            figures.push(write(file, figure.svg()?.as_bytes())?);
        }
        if let Some(folder) = &args.png {
            let file = folder.join(format!("{}.png", figure.name));
            figures.push(write(file, &figure.png()?)?);
        }
    }
    let mut tables = Vec::new();
    if let Some(folder) = &args.csv {
        for table in report.tables() {
            let file = folder.join(format!("{}.csv", table.name));
            tables.push(write(file, table.csv().as_bytes())?);
        }
    }
    // Last: a page that is there says that all was written.
    let written = Written {
        report: write(args.output.clone(), page.as_bytes())?,
        bytes: page.len(),
        runs: args.runs.clone(),
        samples: report.runs().iter().map(|run| run.samples.len()).sum(),
        figures,
        tables,
        notes: report.notes(),
    };
    if args.json {
        writeln!(out, "{}", serde_json::to_string(&written)?)?;
    } else {
        tell(&written, out)?;
    }
    Ok(Status::Success)
}

fn tell(written: &Written, out: &mut dyn Write) -> io::Result<()> {
    for note in &written.notes {
        output::say(&format!("note: {note}"));
    }
    let megabytes = written.bytes as f64 / 1e6;
    let samples = counted(written.samples, "sample");
    let report = text::clean(&written.report.to_string_lossy());
    writeln!(out, "{report}: {samples}, {megabytes:.1} MB")?;
    for (files, thing) in [
        (&written.figures, "figure file"),
        (&written.tables, "table file"),
    ] {
        if !files.is_empty() {
            writeln!(out, "  and {}", counted(files.len(), thing))?;
        }
    }
    Ok(())
}

/// Only a run writes into its folder.
fn refuse_run(place: &Path) -> Result<(), ReportError> {
    let absolute = std::path::absolute(place).unwrap_or_else(|_| place.to_owned());
    match absolute
        .ancestors()
        .any(|folder| folder.join(RUN_FILE).is_file())
    {
        true => Err(ReportError::InRun(place.to_owned())),
        false => Ok(()),
    }
}

fn write(file: PathBuf, bytes: &[u8]) -> Result<PathBuf, ReportError> {
    files::replace(&file, bytes).map_err(|error| refused(&file, &error))?;
    Ok(file)
}

fn refused(file: &Path, error: &io::Error) -> ReportError {
    ReportError::Write {
        file: file.to_owned(),
        reason: error.kind(),
    }
}
