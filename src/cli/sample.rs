//! `invset sample`: from a neuron's name to a checked, diverse sample on disk and on the screen.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;

use clap::Args;

use super::exit::Status;
use super::{Global, output, progress, show, signals};
use crate::engine::SchemeChoice;
use crate::run::summary::Summary;
use crate::run::{self, Ending, Prepared, Request, control};
use crate::sampler::{ConstraintKind, Finish, MethodKind, Settings, Stop, Update};

/// The built-in bundle used when none is named.
pub const DEFAULT_BUNDLE: &str = "fashion";

/// Arguments of `sample`.
#[derive(Debug, Args)]
pub struct SampleArgs {
    /// A built-in bundle, or a folder with a bundle.toml
    #[arg(long, default_value = DEFAULT_BUNDLE, value_name = "NAME|DIR")]
    bundle: String,
    /// A unit and its interval, as in 'sneaker in p90..p99'; repeat it for AND
    #[arg(long = "where", value_name = "UNIT in A..B", required = true)]
    query: Vec<String>,
    /// Samples wanted
    #[arg(short, default_value_t = 48, value_name = "N")]
    n: usize,
    /// Samples in a batch of `incremental`
    #[arg(short, default_value_t = 8, value_name = "K")]
    k: usize,
    /// How samples are found
    #[arg(long, default_value_t = MethodKind::Incremental, value_name = "METHOD", value_parser = choices::<MethodKind>(MethodKind::ALL.iter().map(|choice| choice.name()).collect()))]
    method: MethodKind,
    /// Where samples start: random, images:DIR or run:RUN
    #[arg(long, default_value = "random", value_name = "START")]
    init: String,
    /// When `joint` ends
    #[arg(long, default_value_t = Stop::Converged, value_name = "WHEN", value_parser = choices::<Stop>(Stop::ALL.iter().map(|choice| choice.name()).collect()))]
    stop: Stop,
    /// Seed of the run
    // TOML, which run.toml is written in, has no larger integers.
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=i64::MAX as u64))]
    seed: u64,
    /// Steps after which a run ends with what is feasible
    #[arg(long, value_name = "N")]
    max_steps: Option<u64>,
    /// Codes in one run of a network (default: chosen)
    #[arg(long, value_name = "B", value_parser = clap::value_parser!(u64).range(1..=65536))]
    batch: Option<u64>,
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

/// Numbers that most runs leave alone.
#[derive(Debug, Args)]
#[command(next_help_heading = "Tuning")]
struct Tuning {
    /// Adam's step, in spreads of the code prior
    #[arg(long, default_value_t = Settings::STEP_SIZE, value_name = "X")]
    step_size: f64,
    /// Length of the plain step of `incremental`, in typical code lengths
    #[arg(long, default_value_t = Settings::PLAIN_STEP, value_name = "X")]
    plain_step: f64,
    /// Share of the way to an end of the interval that one step may go
    #[arg(long, default_value_t = Settings::ALPHA, value_name = "X")]
    alpha: f64,
    /// How `joint` goes through the samples
    #[arg(long, default_value_t = Update::Exact, value_name = "HOW", value_parser = choices::<Update>(Update::ALL.iter().map(|choice| choice.name()).collect()))]
    update: Update,
    /// How intervals are enforced
    #[arg(long, default_value_t = ConstraintKind::Projection, value_name = "HOW", value_parser = choices::<ConstraintKind>(ConstraintKind::ALL.iter().map(|choice| choice.name()).collect()))]
    constraint: ConstraintKind,
    /// Keep the seeds of `incremental` to the first batch
    #[arg(long)]
    fixed_seeds: bool,
    /// Steps after which a start that was never feasible is drawn anew
    #[arg(long, default_value_t = Settings::GIVE_UP_AFTER, value_name = "N")]
    give_up_after: u64,
    /// Where backward passes get forward values: kept, or computed again
    #[arg(long, value_enum, default_value_t, value_name = "SCHEME")]
    scheme: SchemeChoice,
    /// Most megabytes kept for backward passes (default: a quarter of the free memory)
    #[arg(long, value_name = "MB")]
    memory_cap: Option<u64>,
    /// Threads (default: every core)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=4096))]
    threads: Option<u64>,
}

/// A parser of one of the sampler's choices that lists them in the help.
fn choices<T>(names: Vec<&'static str>) -> impl clap::builder::TypedValueParser<Value = T>
where
    T: std::str::FromStr + Clone + Send + Sync + 'static,
    T::Err: std::error::Error + Send + Sync + 'static,
{
    use clap::builder::{PossibleValuesParser, TypedValueParser};
    PossibleValuesParser::new(names).try_map(|text| text.parse::<T>())
}

impl SampleArgs {
    fn settings(&self) -> Settings {
        let defaults = Settings::new(self.method, self.n);
        Settings {
            k: self.k,
            seed: self.seed,
            step_size: self.tuning.step_size,
            plain_step: self.tuning.plain_step,
            alpha: self.tuning.alpha,
            max_steps: self.max_steps.unwrap_or(defaults.max_steps),
            stop: self.stop,
            update: self.tuning.update,
            constraint: self.tuning.constraint,
            seeds_grow: !self.tuning.fixed_seeds,
            give_up_after: self.tuning.give_up_after,
            init: self.init.clone(),
            ..defaults
        }
    }

    fn request(&self, global: &Global) -> Request {
        Request {
            bundle: self.bundle.clone(),
            query: self.query.clone(),
            settings: self.settings(),
            runtime: global.runtime_request(),
            micro_batch: self.batch.map(|batch| batch as usize),
            scheme: self.tuning.scheme,
            memory_cap: self
                .tuning
                .memory_cap
                .map(|megabytes| megabytes.saturating_mul(1_000_000)),
            threads: self.tuning.threads.map(|threads| threads as usize),
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
    let mut observer = progress::observer(presentation.quiet, run.file().settings.n as u64);
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
        Ending::Finished(Finish::MaxSteps) => {
            format!(" after {} steps (--max-steps)", summary.steps)
        }
        Ending::Finished(Finish::Stalled) => {
            " (no sample could move further; try --method joint, a larger --plain-step or another --seed)"
                .to_owned()
        }
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
