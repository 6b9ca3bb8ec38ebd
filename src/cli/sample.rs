//! `invset sample`: from a neuron's name to a checked, diverse sample on disk and on the screen.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;

use clap::Args;

use super::exit::Status;
use super::sampling::{Sampling, Tuning};
use super::{Global, output, progress, show, signals};
use crate::run::from_start::FromStart;
use crate::run::summary::Summary;
use crate::run::{self, Ending, Outcome, Prepared, Request, control, defaults};
use crate::sampler::Finish;
use crate::text::counted;

/// Arguments of `sample`.
#[derive(Debug, Args)]
pub struct SampleArgs {
    /// A built-in bundle, or a folder with a bundle.toml; INVSET_BUNDLE names another default
    #[arg(long, default_value_t = defaults::bundle(), value_name = "NAME|DIR")]
    bundle: String,
    /// A unit and its interval, as in 'goldfish in p95..p99.9'; repeat it for AND
    #[arg(long = "where", value_name = "UNIT in A..B", required = true)]
    query: Vec<String>,
    #[command(flatten)]
    sampling: Sampling,
    /// The run folder (default: runs/TIME-UNIT-SEED)
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// The folder that run folders are made in
    #[arg(long, default_value = defaults::RUNS, value_name = "DIR")]
    runs: PathBuf,
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
    pub(super) fn request(&self, global: &Global) -> Request {
        Request {
            bundle: self.bundle.clone(),
            query: self.query.clone(),
            manner: self.sampling.manner(&self.tuning, global),
            out: self.out.clone(),
            runs: self.runs.clone(),
        }
    }
}

/// Runs the command.
///
/// # Errors
/// See [`super::exit::classify`].
pub fn run(args: &SampleArgs, global: &Global, out: &mut dyn Write) -> anyhow::Result<Status> {
    let progress = progress::of_images(args.quiet);
    let prepared = run::start_watched(&args.request(global), progress)?;
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
    Ok(status(&outcome, &summary))
}

/// Tells why a run ended, where that is not plain, and gives its exit status.
fn status(outcome: &Outcome, summary: &Summary) -> Status {
    if outcome.ending == Ending::Interrupted {
        output::say(&format!(
            "interrupted; go on with: invset resume {}",
            summary.run
        ));
        return Status::Interrupted;
    }
    if summary.n_feasible >= summary.n_requested {
        return Status::Success;
    }
    let why = match (outcome.ending, &summary.dataset) {
        (_, Some(images)) if summary.n_feasible >= images.inside => format!(
            " ({} of the {} real images in {} lie inside)",
            images.inside, images.images, images.folder
        ),
        (Ending::Finished(finish), _) => why_short(finish, summary.steps),
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
    if let Some(nearest) = &outcome.nearest {
        output::say(&nearest.line());
    }
    Status::NotFeasible
}

/// Why a method ended short of its samples, to be put after a count of them.
pub(super) fn why_short(finish: Finish, steps: u64) -> String {
    match finish {
        Finish::Complete => String::new(),
        Finish::MaxSteps => format!(" after {steps} steps (--max-steps)"),
        Finish::Exhausted => " (no more of the real images lie inside)".to_owned(),
        Finish::NoGradient => format!(
            " after {steps} steps: at no code tried does a finite gradient lead towards the interval; \
             is the unit constant?"
        ),
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
    if let Some(from_start) = &summary.from_start {
        let FromStart {
            code,
            embedding,
            image,
        } = from_start.median;
        writeln!(
            out,
            "  from their starts, median of {}: {code:.3} spreads in the code, {embedding:.3} in \
             the encoder, {image:.4} in the pixels (root mean square)",
            counted(from_start.n, "sample"),
        )?;
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use clap::Parser;

    use super::*;
    use crate::bundle::{EncoderChoice, Smoothness};
    use crate::cli::{Cli, Command};
    use crate::engine::SchemeChoice;
    use crate::run::{CommandLine, Manner};
    use crate::runtime::{DeviceChoice, RuntimeChoice, RuntimeRequest};
    use crate::sampler::{Ascent, Chain, ConstraintKind, MethodKind, Settings, Stop, Update};
    use crate::tui::model::applies::Takes;
    use crate::tui::model::settings;

    fn usual() -> Request {
        Request {
            bundle: "some".to_owned(),
            query: vec!["potter's wheel in p95..".to_owned()],
            manner: Manner {
                encoder: EncoderChoice::Bundle,
                settings: Settings::new(MethodKind::Cover, defaults::SAMPLES),
                runtime: RuntimeRequest::default(),
                micro_batch: None,
                scheme: SchemeChoice::Auto,
                memory_cap: None,
                threads: None,
                smoothness: None,
                transforms: None,
            },
            out: None,
            runs: PathBuf::from(defaults::RUNS),
        }
    }

    /// A request that differs from the usual one in everything.
    fn unusual() -> Request {
        let settings = Settings {
            k: 3,
            seed: 7,
            step_size: 0.1 + 0.2,
            plain_step: 1e-7,
            alpha: 0.5,
            max_steps: 12,
            stop: Stop::Feasible,
            update: Update::Block,
            constraint: ConstraintKind::AugmentedLagrangian,
            seeds_grow: false,
            give_up_after: 5,
            init: "images:my pictures".to_owned(),
            ascent: Ascent {
                steps: 9,
                decay: 0.5,
            },
            chain: Chain {
                count: 3,
                epsilon1: 0.125,
                epsilon3: 0.25,
                save_every: 2,
                reset_every: 0,
            },
            ..Settings::new(MethodKind::Joint, 20)
        };
        Request {
            bundle: "./models/$HOME".to_owned(),
            query: vec!["-1 in 0..1".to_owned(), "a 'b' \"c\" in ..-5".to_owned()],
            manner: Manner {
                encoder: EncoderChoice::Tensor("a 'tensor'[0]".to_owned()),
                settings,
                runtime: RuntimeRequest {
                    choice: RuntimeChoice::OnnxRuntime,
                    device: DeviceChoice::Cuda,
                    library: Some("-odd.so".into()),
                },
                micro_batch: Some(16),
                scheme: SchemeChoice::TwoPass,
                memory_cap: Some(250_000_000),
                threads: Some(4),
                smoothness: Some(Smoothness::new(0.1 + 0.2).unwrap()),
                transforms: Some("scale:2.5,shift:1".parse().unwrap()),
            },
            out: Some("my runs/1".into()),
            runs: "my runs".into(),
        }
    }

    fn parsed(words: impl IntoIterator<Item = std::ffi::OsString>) -> Request {
        let cli = Cli::try_parse_from(words).unwrap();
        match &cli.command {
            Some(Command::Sample(args)) => args.request(&cli.global),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_command_line_of_a_request_asks_for_it_again() {
        for request in [usual(), unusual()] {
            let line = CommandLine::of(&request, "");
            assert_eq!(parsed(line.words().to_vec()), request, "{line}");
        }
    }

    /// Every setting of the query screen, at every end of its values and with every method: the line that
    /// the screen shows is read as what the screen starts.
    #[test]
    fn what_the_query_screen_asks_for_is_a_command_line_that_asks_for_it() {
        let before = usual().manner;
        let mut seen = std::collections::BTreeSet::new();
        for method in MethodKind::ALL {
            let manner = Manner {
                settings: Settings::new(*method, defaults::SAMPLES),
                ..before.clone()
            };
            let mut knobs = settings::knobs(&manner);
            knobs.set_bundle(Takes {
                smoothness: true,
                transforms: true,
            });
            let ids: Vec<&str> = knobs.shown().iter().map(|knob| knob.id).collect();
            for (at, id) in ids.into_iter().enumerate().skip(1) {
                for steps in [-1000, -1, 1, 1000] {
                    knobs.cursor.select(at);
                    assert_eq!(knobs.selected().unwrap().id, id);
                    knobs.step(steps);
                    let asked = Request {
                        manner: settings::manner(&knobs, &manner),
                        out: settings::out(&knobs),
                        ..usual()
                    };
                    asked.manner.settings.check().unwrap();
                    let line = CommandLine::of(&asked, "");
                    assert_eq!(parsed(line.words().to_vec()), asked, "{line}");
                    if line.to_string().contains(&format!("-{id}")) {
                        seen.insert(id);
                    }
                    knobs.reset();
                }
            }
        }
        let flags = super::super::sampling::flags();
        let unseen: Vec<&str> = flags
            .iter()
            .map(|flag| flag.as_str())
            .filter(|flag| !seen.contains(flag.replace('_', "-").as_str()))
            .collect();
        // The first setting, a text of any kind, and another word for starts.
        assert_eq!(unseen, ["method", "init", "images"]);
    }

    #[test]
    fn images_are_another_word_for_starts_from_a_folder() {
        let words = |start: &[&str]| {
            let line = [
                "invset", "sample", "--where", "x in 0..", "--method", "dataset",
            ];
            let line = line.iter().chain(start).map(|word| (*word).into());
            parsed(line.collect::<Vec<std::ffi::OsString>>())
        };
        let named = words(&["--images", "my pictures"]);
        assert_eq!(named, words(&["--init", "images:my pictures"]));
        let line = CommandLine::of(&named, "");
        assert_eq!(parsed(line.words().to_vec()), named);
    }

    #[test]
    fn a_shell_reads_the_line_as_the_same_words() {
        let line = CommandLine::of(&unusual(), "");
        let print = format!("printf '%s\\0' {line}");
        let output = std::process::Command::new("sh")
            .args(["-c", &print])
            .output();
        let output = String::from_utf8(output.unwrap().stdout).unwrap();
        let words = output.trim_end_matches('\0').split('\0');
        assert_eq!(parsed(words.map(Into::into)), unusual());
    }

    #[test]
    fn what_is_usual_is_left_out_of_a_command_line() {
        assert_eq!(
            CommandLine::of(&usual(), "some").to_string(),
            r"invset sample --where 'potter'\''s wheel in p95..'"
        );
        let line = CommandLine::of(&usual(), "another").to_string();
        assert!(
            line.starts_with("invset sample --bundle some --where"),
            "{line}"
        );
    }
}
