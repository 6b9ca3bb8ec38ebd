//! `invset sample`: from a neuron's name to a checked, diverse sample on disk and on the screen.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;

use clap::Args;

use super::exit::Status;
use super::sampling::{Sampling, Tuning, default_bundle};
use super::{Global, output, progress, show, signals};
use crate::run::summary::Summary;
use crate::run::{self, Ending, Prepared, Request, control};
use crate::sampler::Finish;

/// Arguments of `sample`.
#[derive(Debug, Args)]
pub struct SampleArgs {
    /// A built-in bundle, or a folder with a bundle.toml; INVSET_BUNDLE names another default
    #[arg(long, default_value_t = default_bundle(), value_name = "NAME|DIR")]
    bundle: String,
    /// A unit and its interval, as in 'goldfish in p95..p99.9'; repeat it for AND
    #[arg(long = "where", value_name = "UNIT in A..B", required = true)]
    query: Vec<String>,
    #[command(flatten)]
    sampling: Sampling,
    /// The run folder (default: runs/TIME-UNIT-SEED)
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print one JSON object instead of text and pictures
    #[arg(long)]
    json: bool,
    /// No progress on stderr
    #[arg(long)]
    quiet: bool,
    #[command(flatten)]
    tuning: Tuning,
    #[command(flatten)]
    show: show::Pictures,
}

impl SampleArgs {
    fn request(&self, global: &Global) -> Request {
        Request {
            bundle: self.bundle.clone(),
            query: self.query.clone(),
            manner: self.sampling.manner(&self.tuning, global),
            out: self.out.clone(),
        }
    }
}

/// Runs the command.
///
/// # Errors
/// See [`super::exit::classify`].
pub fn run(args: &SampleArgs, global: &Global, out: &mut dyn Write) -> anyhow::Result<Status> {
    let prepared = run::start(&args.request(global))?;
    let presentation = Presentation {
        json: args.json,
        quiet: args.quiet,
        pictures: &args.show,
    };
    work(prepared, &presentation, out)
}

/// How a run is shown.
pub(super) struct Presentation<'a> {
    pub json: bool,
    pub quiet: bool,
    pub pictures: &'a show::Pictures,
}

/// Works a prepared run to its end and shows what came of it.
pub(super) fn work(
    prepared: Prepared,
    presentation: &Presentation<'_>,
    out: &mut dyn Write,
) -> anyhow::Result<Status> {
    let Prepared { mut run, notes } = prepared;
    if !presentation.quiet {
        for note in &notes {
            output::say(note);
        }
        let plan = run.engine().plan();
        output::say(&format!(
            "{} {} on {}, {} x {} codes, scheme {} ({})",
            plan.backend.name,
            plan.backend.version,
            plan.backend.device,
            plan.workers,
            plan.micro_batch,
            plan.scheme,
            plan.reason
        ));
        output::say(&format!("run folder: {}", run.folder().path().display()));
    }
    let (commander, mut control) = control::line_of_command();
    signals::attach(&commander)?;
    let mut observer = progress::observer(presentation.quiet, run.file().settings.n as u64, "");
    let outcome = run.work(&commander, &mut control, observer.as_mut())?;
    drop(observer);
    let diversity = run.scores(&outcome.samples)?;
    let summary = Summary::new(&run, &outcome, diversity);
    if presentation.json {
        writeln!(out, "{}", serde_json::to_string(&summary)?)?;
    } else {
        // The pictures first: they scroll, and the figures should be what stays.
        if std::io::stdout().is_terminal() && !outcome.samples.is_empty() {
            show::folder(run.folder().path(), presentation.pictures, out)?;
        }
        describe(&summary, out)?;
    }
    Ok(status(&outcome.ending, &summary))
}

/// Tells why a run ended, where that is not plain, and gives its exit status.
fn status(ending: &Ending, summary: &Summary) -> Status {
    if *ending == Ending::Interrupted {
        output::say(&format!(
            "interrupted; go on with: invset resume {}",
            summary.run
        ));
        return Status::Interrupted;
    }
    if summary.n_feasible >= summary.n_requested {
        return Status::Success;
    }
    let why = match ending {
        Ending::Finished(finish) => why_short(*finish, summary.steps),
        _ => String::new(),
    };
    let best: Vec<String> = summary
        .constraints
        .iter()
        .map(|constraint| match constraint.best {
            Some(best) => format!("{}: {best}", constraint.unit),
            None => format!("{}: none", constraint.unit),
        })
        .collect();
    output::say(&format!(
        "only {} of {} samples are feasible{why}; best activation reached: {}",
        summary.n_feasible,
        summary.n_requested,
        best.join(", ")
    ));
    Status::NotFeasible
}

/// Why a method ended short of its samples, to be put after a count of them.
pub(super) fn why_short(finish: Finish, steps: u64) -> String {
    match finish {
        Finish::Complete => String::new(),
        Finish::MaxSteps => format!(" after {steps} steps (--max-steps)"),
        Finish::Stalled => {
            " (no sample could move further; try --method joint, a larger --plain-step or another --seed)"
                .to_owned()
        }
    }
}

/// The summary as text.
pub(super) fn describe(summary: &Summary, out: &mut dyn Write) -> std::io::Result<()> {
    writeln!(
        out,
        "{} of {} samples feasible, {} steps, {:.1} s ({:.0} % in {} {})",
        summary.n_feasible,
        summary.n_requested,
        summary.steps,
        summary.seconds,
        100.0 * summary.seconds_in_runtime / summary.seconds.max(f64::MIN_POSITIVE),
        summary.backend.name,
        summary.backend.version,
    )?;
    for constraint in &summary.constraints {
        writeln!(out, "  {}", describe_constraint(constraint))?;
    }
    for score in &summary.diversity {
        writeln!(out, "  {}", output::describe(score))?;
    }
    writeln!(out, "  {}", summary.run)
}

fn describe_constraint(constraint: &crate::run::summary::ConstraintSummary) -> String {
    let end = |end: Option<f64>| end.map_or(String::new(), |end| format!("{end:.4}"));
    let name = match (&constraint.label, constraint.index) {
        (Some(label), Some(index)) => format!("[{index}] {label}"),
        _ => constraint.unit.clone(),
    };
    let found = match (constraint.min, constraint.max) {
        (Some(min), Some(max)) => format!("samples {min:.4} to {max:.4}"),
        _ => "no samples".to_owned(),
    };
    format!(
        "{} in {}..{}: {found}",
        crate::text::clean(&name),
        end(constraint.low),
        end(constraint.high)
    )
}
