//! `invset metrics`: scores of a run's samples, from its folder alone.

mod print;
mod table;

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use super::Global;
use super::exit::Status;
use crate::run::RunFolder;
use crate::run::measure::measure;

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
    let measured = measure(&folder, global.library.as_deref())?;
    if args.json {
        writeln!(out, "{}", serde_json::to_string(&measured)?)?;
    } else {
        print::report(&measured, out)?;
    }
    Ok(Status::Success)
}
