//! `invset metrics`: scores of a run's samples, from its folder alone.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use super::exit::Status;
use super::{Global, output};
use crate::run::{self, RunFolder};

/// Arguments of `metrics`.
#[derive(Debug, Args)]
pub struct MetricsArgs {
    /// The run folder
    run: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Runs the command.
///
/// # Errors
/// See [`super::exit::classify`].
pub fn run(args: &MetricsArgs, global: &Global, out: &mut dyn Write) -> anyhow::Result<Status> {
    let folder = RunFolder::open(&args.run)?;
    let report = run::score::rescore(&folder, global.library.as_deref())?;
    if args.json {
        writeln!(out, "{}", serde_json::to_string(&report)?)?;
    } else {
        writeln!(
            out,
            "{} of {} samples inside on a fresh forward pass",
            report.n_inside, report.n
        )?;
        for score in &report.diversity {
            writeln!(out, "  {}", output::describe(score))?;
        }
    }
    Ok(Status::Success)
}
