//! The optimiser's pace with a screen on it, against the same run without one: the screen is put on
//! and taken off again and again while one run goes on.

use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::Context;

use crate::common::options::Options;
use crate::common::table::Table;
use crate::quantile;
use crate::subject::{Backend, Headless, Screens};

const ROUNDS: usize = 8;

/// Runs to watch, and what makes them; neither ends by itself.
const RUNS: [(&str, &[&str]); 2] = [
    (
        "joint, 8 rows, none accepted",
        &[
            "--where",
            "goldfish in 1000..2000",
            "--method",
            "joint",
            "-n",
            "8",
            "--max-steps",
            "1000000",
            "--give-up-after",
            "1000000",
        ],
    ),
    ("incremental, samples stream in", &["-n", "100000"]),
];

pub(crate) fn table(options: &Options) -> anyhow::Result<()> {
    let window = Duration::from_secs(if options.quick { 4 } else { 10 });
    let mut table = Table::new(&[
        "run",
        "runtime",
        "rounds",
        "steps/s without",
        "with",
        "ratio, median",
        "from",
        "to",
        "the screen's share of a core",
    ]);
    for backend in Backend::all() {
        for (name, flags) in RUNS {
            let rounds = measure(&backend, flags, window, options.rounds(ROUNDS))?;
            let column = |of: fn(&Round) -> f64| -> Vec<f64> { rounds.iter().map(of).collect() };
            let ratios = column(|round| round.watched / round.alone);
            let figure = |share| format!("{:.3}", quantile(&ratios, share));
            let steps = |values: Vec<f64>| format!("{:.2}", quantile(&values, 0.5));
            table.row(vec![
                name.to_owned(),
                backend.name.to_owned(),
                rounds.len().to_string(),
                steps(column(|round| round.alone)),
                steps(column(|round| round.watched)),
                figure(0.5),
                figure(0.0),
                figure(1.0),
                format!(
                    "{:.1} %",
                    100.0 * quantile(&column(|round| round.share), 0.5)
                ),
            ]);
        }
    }
    table.print("The optimiser with the screen on and off, by turns in one run (goal: ratio 0.98)");
    Ok(())
}

/// A while with the screen and one without, beside each other.
struct Round {
    /// Steps a second.
    alone: f64,
    watched: f64,
    /// Processor time of the screen over the time that passed.
    share: f64,
}

fn measure(
    backend: &Backend,
    flags: &[&str],
    window: Duration,
    rounds: usize,
) -> anyhow::Result<Vec<Round>> {
    let folder = tempfile::tempdir()?;
    let headless = Headless::start(backend, folder.path(), "run", flags)?;
    headless.wait_for_steps(10)?;
    let mut measured = Vec::new();
    for round in 0..rounds {
        // Whatever drifts in the meantime favours each of them in turn.
        let (alone, (watched, share)) = if round % 2 == 0 {
            let alone = pace(&headless, window)?;
            (alone, watched_pace(backend, &headless, window)?)
        } else {
            let watched = watched_pace(backend, &headless, window)?;
            (pace(&headless, window)?, watched)
        };
        measured.push(Round {
            alone,
            watched,
            share,
        });
    }
    Ok(measured)
}

/// The pace with the screen on, and the screen's share of a core.
fn watched_pace(
    backend: &Backend,
    headless: &Headless,
    window: Duration,
) -> anyhow::Result<(f64, f64)> {
    let path = headless.run.to_string_lossy().into_owned();
    let screens = Screens::start(backend, &["attach", &path])?;
    // It reads what there is and opens the networks for its portrait: done once in a run.
    screens.terminal.wait_for("steps/s");
    screens.settle(Duration::from_secs(3));
    let (begin, before) = (Instant::now(), screens.processor_seconds());
    let pace = pace(headless, window)?;
    let used = screens.processor_seconds() - before;
    Ok((pace, used / begin.elapsed().as_secs_f64()))
}

/// Steps a second of the worker's own time over a while.
fn pace(headless: &Headless, window: Duration) -> anyhow::Result<f64> {
    let before = last_step(headless)?;
    sleep(window);
    let after = last_step(headless)?;
    Ok((after.0 - before.0) / (after.1 - before.1))
}

/// The last step in the history, and the time at its end.
fn last_step(headless: &Headless) -> anyhow::Result<(f64, f64)> {
    let text = std::fs::read_to_string(headless.run.join("history.jsonl"))?;
    let figures = |line: &str| {
        let line: serde_json::Value = serde_json::from_str(line).ok()?;
        Some((line["step"].as_f64()?, line["seconds"].as_f64()?))
    };
    // Events have no time, and the last line may be half written.
    text.lines().rev().find_map(figures).context("no step yet")
}
