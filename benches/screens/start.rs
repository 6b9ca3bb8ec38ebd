//! From the start of the process to the first frame, and to the list of units.

use std::time::{Duration, Instant};

use crate::common::options::Options;
use crate::common::table::{Table, milliseconds};
use crate::quantile;
use crate::subject::{Backend, FRAME_END, Screens};

const STARTS: usize = 20;

/// What the note of the list says once the bundle is open.
const LIST: &str = " labels, ";

pub(crate) fn table(options: &Options) -> anyhow::Result<()> {
    let mut first_frames = Vec::new();
    let mut lists = Vec::new();
    let Some(embedded) = Backend::all().into_iter().next() else {
        return Ok(());
    };
    for _ in 0..options.rounds(STARTS) {
        let begin = Instant::now();
        let screens = Screens::start(&embedded, &[])?;
        screens.terminal.wait_for_bytes(FRAME_END);
        first_frames.push(begin.elapsed().as_secs_f64());
        screens.terminal.wait_for(LIST);
        lists.push(begin.elapsed().as_secs_f64());
        screens.settle(Duration::from_secs(2));
    }
    let mut table = Table::new(&["until", "starts", "median ms", "worst ms"]);
    for (name, times) in [
        ("the first frame", first_frames),
        ("the list of units", lists),
    ] {
        table.row(vec![
            name.to_owned(),
            times.len().to_string(),
            milliseconds(quantile(&times, 0.5)),
            milliseconds(quantile(&times, 1.0)),
        ]);
    }
    table.print("From the start of the process (goal: first frame 100 ms)");
    Ok(())
}
