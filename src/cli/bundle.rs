//! `invset bundle`: says everything that is wrong with a bundle, and makes one of model files.

mod print;

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, Subcommand};
use serde::Serialize;

use super::exit::Status;
use super::{Global, output};
use crate::bundle::{Draft, Guess};
use crate::check::{self, Report};
use crate::run::defaults;
use crate::runtime::Runtime;

/// Arguments of `bundle`.
#[derive(Debug, Args)]
pub struct BundleArgs {
    #[command(subcommand)]
    command: BundleCommand,
}

#[derive(Debug, Subcommand)]
enum BundleCommand {
    /// Say everything that is wrong with a bundle, or what is in it
    Check(CheckArgs),
    /// Make a bundle of model files
    New(Box<NewArgs>),
}

/// Arguments of `bundle check`.
#[derive(Debug, Args)]
struct CheckArgs {
    /// A built-in bundle, or a folder with a bundle.toml; INVSET_BUNDLE names another default
    #[arg(default_value_t = defaults::bundle(), value_name = "NAME|DIR")]
    bundle: String,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Arguments of `bundle new`.
#[derive(Debug, Args)]
struct NewArgs {
    /// The folder to make
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// The network from code to image
    #[arg(long, value_name = "FILE.onnx")]
    generator: PathBuf,
    /// The network whose units are asked for
    #[arg(long, value_name = "FILE.onnx")]
    classifier: PathBuf,
    /// A network from image to embedding, where distances are measured
    #[arg(long, value_name = "FILE.onnx", conflicts_with = "encoder_tensor")]
    encoder: Option<PathBuf>,
    /// A tensor of the classifier that is the embedding
    #[arg(long, value_name = "NAME")]
    encoder_tensor: Option<String>,
    /// A second encoder, which is never optimised and scores diversity
    #[arg(long, value_name = "FILE.onnx")]
    judge: Option<PathBuf>,
    /// The network from image to code
    #[arg(long, value_name = "FILE.onnx")]
    inverse: Option<PathBuf>,
    /// The labels, one a line
    #[arg(long, value_name = "FILE.txt")]
    labels: Option<PathBuf>,
    /// The bundle's name (default: the folder's)
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Least and greatest value of the generator's images (default: 0..1, to be checked)
    #[arg(long, value_name = "A..B", allow_hyphen_values = true, value_parser = parse_range)]
    range: Option<Range>,
    /// Subtracted from an image in [0, 1] before the classifier, one number a channel
    #[arg(
        long,
        value_name = "A,B,C",
        value_delimiter = ',',
        requires = "std",
        allow_hyphen_values = true,
        value_parser = parse_finite
    )]
    mean: Vec<f32>,
    /// Divides it after that, one number a channel
    #[arg(
        long,
        value_name = "A,B,C",
        value_delimiter = ',',
        requires = "mean",
        allow_hyphen_values = true,
        value_parser = parse_positive
    )]
    std: Vec<f32>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// An interval of values.
#[derive(Debug, Clone, Copy)]
struct Range([f64; 2]);

/// `A..B` with A below B.
fn parse_range(text: &str) -> Result<Range, String> {
    let ends = text.split_once("..");
    let number = |text: &str| text.trim().parse::<f64>().ok().filter(|n| n.is_finite());
    match ends.map(|(low, high)| (number(low), number(high))) {
        Some((Some(low), Some(high))) if low < high => Ok(Range([low, high])),
        _ => Err(format!("'{text}' is not A..B with A below B, as in -1..1")),
    }
}

/// A number that a manifest can hold and a network can use.
fn parse_finite(text: &str) -> Result<f32, String> {
    let number = text.trim().parse::<f32>().ok();
    let finite = number.filter(|number| number.is_finite());
    finite.ok_or_else(|| format!("'{text}' is not a finite number, as in 0.5"))
}

fn parse_positive(text: &str) -> Result<f32, String> {
    let positive = parse_finite(text).ok().filter(|number| *number > 0.0);
    positive.ok_or_else(|| format!("'{text}' is not a number above 0, as in 0.25"))
}

/// What `bundle new --json` prints.
#[derive(Serialize)]
struct Made {
    /// What could not be read off the files.
    guesses: Vec<Guess>,
    #[serde(flatten)]
    report: Report,
}

/// Runs the command.
///
/// # Errors
/// See [`super::exit::classify`]. What is wrong with a bundle is the result, with the status
/// [`Status::BadInput`].
pub fn run(args: &BundleArgs, global: &Global, out: &mut dyn Write) -> anyhow::Result<Status> {
    match &args.command {
        BundleCommand::Check(args) => {
            let report = check::check(&args.bundle, &runtime(global)?)?;
            if args.json {
                serde_json::to_writer_pretty(&mut *out, &report)?;
                writeln!(out)?;
            } else {
                print::report(&report, out)?;
            }
            Ok(status(&report))
        }
        BundleCommand::New(args) => make(args, global, out),
    }
}

fn runtime(global: &Global) -> anyhow::Result<Arc<dyn Runtime>> {
    let opened = global.runtime_request().open()?;
    for note in &opened.notes {
        tracing::info!("{note}");
    }
    Ok(opened.runtime)
}

fn status(report: &Report) -> Status {
    if report.ok {
        Status::Success
    } else {
        Status::BadInput
    }
}

fn make(args: &NewArgs, global: &Global, out: &mut dyn Write) -> anyhow::Result<Status> {
    let draft = Draft {
        name: args.name.clone(),
        generator: args.generator.clone(),
        classifier: args.classifier.clone(),
        encoder: args.encoder.clone(),
        encoder_tensor: args.encoder_tensor.clone(),
        judge: args.judge.clone(),
        inverse: args.inverse.clone(),
        labels: args.labels.clone(),
        range: args.range.map(|Range(range)| range),
        mean: args.mean.clone(),
        standard_deviation: args.std.clone(),
    };
    // First, so that a failure leaves no folder behind that the next try would refuse.
    let runtime = runtime(global)?;
    let guesses = draft.write(&args.folder)?;
    if !args.json {
        output::say(&format!("made {}", args.folder.display()));
    }
    let report = check::check(&args.folder.to_string_lossy(), &runtime)?;
    let status = status(&report);
    if args.json {
        serde_json::to_writer_pretty(&mut *out, &Made { guesses, report })?;
        writeln!(out)?;
    } else {
        print::report(&report, out)?;
        print::guesses(&guesses, out)?;
    }
    Ok(status)
}
