//! From a key to its frame while the optimiser has all cores: by the program's own log, and as
//! somebody at the terminal sees it.

use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::common::options::Options;
use crate::common::table::{Table, milliseconds};
use crate::quantile;
use crate::subject::{Backend, Headless, Screens};

const KEYS: usize = 60;

/// Between two keys; no multiple of the time of a frame, so that keys come at all moments of one.
const PAUSE: Duration = Duration::from_millis(237);

pub(crate) fn table(options: &Options) -> anyhow::Result<()> {
    let mut table = Table::new(&[
        "runtime",
        "keys",
        "to the frame, median ms",
        "95 %",
        "seen outside, median ms",
        "95 %",
    ]);
    for backend in Backend::all() {
        let (inside, outside) = measure(&backend, options.rounds(KEYS))?;
        table.row(vec![
            backend.name.to_owned(),
            outside.len().to_string(),
            milliseconds(quantile(&inside, 0.5)),
            milliseconds(quantile(&inside, 0.95)),
            milliseconds(quantile(&outside, 0.5)),
            milliseconds(quantile(&outside, 0.95)),
        ]);
    }
    table.print(
        "From a key to its frame during a run that uses every core (goal: within a frame, 100 ms)",
    );
    Ok(())
}

/// Seconds from keys to frames, inside and outside.
fn measure(backend: &Backend, keys: usize) -> anyhow::Result<(Vec<f64>, Vec<f64>)> {
    let folder = tempfile::tempdir()?;
    let headless = Headless::start(backend, folder.path(), "run", &["-n", "100000"])?;
    headless.wait_for_steps(2)?;
    let path = headless.run.to_string_lossy().into_owned();
    let screens = Screens::start(backend, &["attach", &path])?;
    // Samples to go along.
    screens.terminal.wait_until("two samples", |screen| {
        let count = screen.split(" of 100000 samples").next();
        let count = count.and_then(|before| before.rsplit(' ').next()?.parse::<u64>().ok());
        count.is_some_and(|count| count >= 2) && screen.contains("sample 0")
    });
    let mut outside = Vec::new();
    let frames = screens.during(|terminal| {
        for key in 0..keys {
            // Into the gallery, along it, back to the run, along its samples.
            let (text, answer) = match key % 6 {
                0 => ("3", "by index".to_owned()),
                3 => ("2", "Diversity".to_owned()),
                place => {
                    let (text, sample) = if place % 3 == 1 { ("]", 1) } else { ("[", 0) };
                    // The gallery marks the selected picture, the run screen describes it.
                    let mark = if place < 3 { "▸" } else { "sample " };
                    (text, format!("{mark}{sample} "))
                }
            };
            let pressed = Instant::now();
            terminal.send(text);
            terminal.wait_until(&answer, |screen| screen.contains(&answer));
            outside.push(pressed.elapsed().as_secs_f64());
            sleep(PAUSE);
        }
        Ok(())
    })?;
    let inside = frames.iter().filter_map(|frame| frame.key_ms);
    Ok((inside.map(|ms| ms / 1e3).collect(), outside))
}
