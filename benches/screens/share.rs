//! The optimiser's pace with a screen on it, against the same run without one.

use crate::common::options::Options;
use crate::common::table::Table;
use crate::quantile;
use crate::subject::{Backend, Headless, Screens};

const ROUNDS: usize = 6;

pub(crate) fn table(options: &Options) -> anyhow::Result<()> {
    let mut table = Table::new(&[
        "runtime",
        "rounds",
        "steps/s headless",
        "steps/s with the screen",
        "ratio, median",
        "least",
        "greatest",
        "the screen's share of a core",
    ]);
    for backend in Backend::all() {
        let steps = match (backend.is_fast(), options.quick) {
            (false, true) => 30,
            (false, false) | (true, true) => 120,
            (true, false) => 500,
        };
        let mut rounds = Vec::new();
        for round in 0..options.rounds(ROUNDS) {
            // Whatever drifts in the meantime favours each of them in turn.
            let (alone, watched) = if round % 2 == 0 {
                let alone = pace(&backend, steps, false)?;
                (alone, pace(&backend, steps, true)?)
            } else {
                let watched = pace(&backend, steps, true)?;
                (pace(&backend, steps, false)?, watched)
            };
            rounds.push((alone, watched));
        }
        let column = |of: fn(&(Pace, Pace)) -> f64| -> Vec<f64> { rounds.iter().map(of).collect() };
        let ratios = column(|(alone, watched)| watched.steps / alone.steps);
        let figure = |values: &[f64], share| format!("{:.3}", quantile(values, share));
        let steps = |values: Vec<f64>| format!("{:.2}", quantile(&values, 0.5));
        let share = column(|(_, watched)| watched.share);
        table.row(vec![
            backend.name.to_owned(),
            rounds.len().to_string(),
            steps(column(|(alone, _)| alone.steps)),
            steps(column(|(_, watched)| watched.steps)),
            figure(&ratios, 0.5),
            figure(&ratios, 0.0),
            figure(&ratios, 1.0),
            format!("{:.1} %", 100.0 * quantile(&share, 0.5)),
        ]);
    }
    table.print("Steps of `joint`, 8 rows, with the screen on and off in turn (goal: ratio 0.98)");
    Ok(())
}

/// How fast a run went.
struct Pace {
    /// Steps a second.
    steps: f64,
    /// Processor time of the screen over the time of the run.
    share: f64,
}

fn pace(backend: &Backend, steps: usize, is_watched: bool) -> anyhow::Result<Pace> {
    let folder = tempfile::tempdir()?;
    let steps = steps.to_string();
    let flags = ["--method", "joint", "-n", "8", "--max-steps", &steps];
    let headless = Headless::start(backend, folder.path(), "run", &flags)?;
    headless.wait_for_steps(1)?;
    let path = headless.run.to_string_lossy().into_owned();
    let screens = match is_watched {
        true => Some(Screens::start(backend, &["attach", &path])?),
        false => None,
    };
    let report = headless.finish()?;
    let figure = |name: &str| report[name].as_f64().unwrap_or(f64::NAN);
    let seconds = figure("seconds");
    let used = screens.as_ref().map_or(0.0, Screens::processor_seconds);
    Ok(Pace {
        steps: figure("steps") / seconds,
        share: used / seconds,
    })
}
