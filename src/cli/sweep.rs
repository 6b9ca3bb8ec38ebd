//! `invset sweep`: the inverse sets of many units, one run each, in one folder.

mod print;

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use super::exit::Status;
use super::sampling::{self, Sampling, Tuning};
use super::{Global, output, progress, signals};
use crate::run::snapshot::Observer;
use crate::run::sweep::{self, Choice, Sweep, SweepRequest, SweepUnit, UnitReport, Watcher};
use crate::run::{control, defaults};

/// Arguments of `sweep`.
#[derive(Debug, Args)]
pub struct SweepArgs {
    /// A built-in bundle, or a folder with a bundle.toml; INVSET_BUNDLE names another default
    #[arg(long, default_value_t = defaults::bundle(), value_name = "NAME|DIR")]
    bundle: String,
    #[command(flatten)]
    which: Which,
    /// The interval of every unit, as in p95..p99.9
    #[arg(
        long = "in",
        value_name = "A..B",
        allow_hyphen_values = true,
        required_unless_present = "resume"
    )]
    interval: Option<String>,
    #[command(flatten)]
    sampling: Sampling,
    /// The folder of the sweep; the same command again goes on with what is in it
    #[arg(long, value_name = "DIR", required_unless_present = "resume")]
    out: Option<PathBuf>,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
    /// No progress on stderr
    #[arg(long)]
    quiet: bool,
    #[command(flatten)]
    tuning: Tuning,
}

/// The units of a sweep: chosen in exactly one way.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Which {
    /// Units, each as in --where of `sample`
    #[arg(value_name = "UNIT")]
    units: Vec<String>,
    /// Every label of the bundle
    #[arg(long)]
    all: bool,
    /// So many labels, drawn by --seed
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    draw: Option<u32>,
    /// Go on with the sweep in a folder, as it was asked for
    #[arg(
        long,
        value_name = "DIR",
        conflicts_with_all = ["bundle", "interval", "out"],
        conflicts_with_all = sampling::flags()
    )]
    resume: Option<PathBuf>,
}

impl SweepArgs {
    fn open(&self, global: &Global) -> anyhow::Result<Sweep> {
        if let Some(path) = &self.which.resume {
            return Ok(sweep::resume(path, global.library.as_deref())?);
        }
        let choice = match self.which.draw {
            Some(count) => Choice::Draw(count as usize),
            None if self.which.all => Choice::All,
            None => Choice::Units(self.which.units.clone()),
        };
        // Both are there: clap asks for them wherever there is no --resume.
        let request = SweepRequest {
            bundle: self.bundle.clone(),
            choice,
            interval: self.interval.clone().unwrap_or_default(),
            manner: self.sampling.manner(&self.tuning, global),
            out: self.out.clone().unwrap_or_default(),
        };
        Ok(sweep::start(&request)?)
    }
}

/// Runs the command.
///
/// # Errors
/// See [`super::exit::classify`].
pub fn run(args: &SweepArgs, global: &Global, out: &mut dyn Write) -> anyhow::Result<Status> {
    let mut sweep = args.open(global)?;
    if !args.quiet {
        for note in sweep.notes() {
            output::say(note);
        }
        output::say(&print::headline(&sweep));
    }
    let (commander, _) = control::line_of_command();
    signals::attach(&commander)?;
    let mut teller = Teller {
        quiet: args.quiet,
        total: sweep.units().len(),
        n: sweep.file().settings.n as u64,
    };
    let report = sweep.work(&commander.interrupt_flag(), &mut teller)?;
    if args.json {
        writeln!(out, "{}", serde_json::to_string(&report)?)?;
    } else {
        print::report(&report, out)?;
    }
    if report.interrupted {
        output::say(&format!(
            "interrupted; go on with: invset sweep --resume {}",
            sweep.path().display()
        ));
        return Ok(Status::Interrupted);
    }
    if report.complete == report.total {
        return Ok(Status::Success);
    }
    output::say(&format!(
        "only {} of {} units have all their samples",
        report.complete, report.total
    ));
    Ok(Status::NotFeasible)
}

/// Tells on stderr how a sweep goes.
struct Teller {
    quiet: bool,
    total: usize,
    n: u64,
}

impl Teller {
    fn place(&self, number: usize) -> String {
        format!("[{}/{}] ", number + 1, self.total)
    }
}

impl Watcher for Teller {
    fn begin(&mut self, unit: &SweepUnit, number: usize) -> Box<dyn Observer> {
        let prefix = format!("{}{}  ", self.place(number), unit.folder);
        progress::observer(self.quiet, self.n, &prefix)
    }

    fn end(&mut self, report: &UnitReport, number: usize) {
        if !self.quiet {
            output::say(&format!("{}{}", self.place(number), print::line(report)));
        }
    }
}
