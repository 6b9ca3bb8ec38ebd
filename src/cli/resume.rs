//! `invset resume`: go on with a run that was stopped, killed or out of disk.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use super::exit::Status;
use super::sample::{Presentation, work};
use super::{Global, show};
use crate::run;

/// Arguments of `resume`.
#[derive(Debug, Args)]
pub struct ResumeArgs {
    /// The run folder
    run: PathBuf,
    /// Print one JSON object instead of text and pictures
    #[arg(long)]
    json: bool,
    /// No progress on stderr
    #[arg(long)]
    quiet: bool,
    #[command(flatten)]
    show: show::Pictures,
}

/// Runs the command.
///
/// # Errors
/// See [`super::exit::classify`].
pub fn run(args: &ResumeArgs, global: &Global, out: &mut dyn Write) -> anyhow::Result<Status> {
    let prepared = run::resume(&args.run, global.library.as_deref())?;
    let presentation = Presentation {
        json: args.json,
        quiet: args.quiet,
        pictures: &args.show,
    };
    work(prepared, &presentation, out)
}
