//! `invset metrics`: scores of a run's samples, from its folder alone.

mod progress;

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

pub(super) use self::progress::Shown;
use super::Global;
use super::exit::Status;
use crate::run::RunFolder;
use crate::run::measure::{Request, Watching, describe, measure};
use crate::sampler::Effort;

/// Arguments of `metrics`.
#[derive(Debug, Args)]
pub struct MetricsArgs {
    /// The run folder
    run: PathBuf,
    /// A folder of real images to compare with, PNG or JPEG, in subfolders named after labels where that
    /// is known (default: the one last used with the run's bundle)
    #[arg(long, value_name = "DIR")]
    images: Option<PathBuf>,
    /// Measure how large the inverse set is: the share of the code prior inside the intervals
    #[arg(long)]
    share: bool,
    /// Most codes to evaluate for --share
    #[arg(long, value_name = "N", requires = "share", default_value_t = Effort::default().most_forwards)]
    forwards: u64,
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
    let request = Request {
        share: args.share.then(|| Effort {
            draws: Effort::default().draws.min(args.forwards),
            most_forwards: args.forwards,
            ..Effort::default()
        }),
        images: args.images.clone(),
    };
    let mut shown = Shown::new();
    let watching = Watching {
        share: &mut |progress| shown.update(progress),
        images: super::progress::of_images(false),
        part: &mut |_| (),
    };
    let measured = measure(&folder, global.library.as_deref(), &request, watching)?;
    drop(shown);
    if args.json {
        writeln!(out, "{}", serde_json::to_string(&measured)?)?;
    } else {
        describe(&measured, out)?;
    }
    Ok(Status::Success)
}
