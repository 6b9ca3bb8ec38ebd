//! The time of drawing a frame: the view alone, and with finding what changed and writing it.

use std::cell::Cell;
use std::io::{self, Write};
use std::rc::Rc;
use std::time::Instant;

use invset::preview::{Blocks, Colours, Facts, Painters};
use invset::run::Seen;
use invset::run::history::HistoryLine;
use invset::tui::view;
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};

use crate::common::options::Options;
use crate::common::table::Table;
use crate::quantile;
use story::Story;

// The story of the tests fails by panicking, and the bench has use for a part of it.
#[allow(dead_code, unreachable_pub, clippy::unwrap_used)]
#[path = "../../tests/screens/story.rs"]
mod story;

const FRAMES: usize = 200;

/// A screen to draw: its name, rows and steps of its history, the key that leads to it.
const SCREENS: [(&str, u64, u64, &str); 4] = [
    ("run, 8 rows, 200 steps", 8, 200, "2"),
    ("run, 48 rows, 200 steps", 48, 200, "2"),
    ("run, 48 rows, 3000 steps", 48, 3000, "2"),
    ("gallery, 48 samples", 48, 200, "3"),
];

pub(crate) fn table(options: &Options) -> anyhow::Result<()> {
    let mut table = Table::new(&[
        "screen",
        "size",
        "view, median µs",
        "95 %",
        "whole frame, median µs",
        "95 %",
        "median bytes",
    ]);
    for (name, rows, steps, key) in SCREENS {
        for size in [(120, 40), (200, 60)] {
            let times = measure(size, rows, steps, key, options.rounds(FRAMES))?;
            let figure = |of: fn(&Drawn) -> f64, share| {
                let values: Vec<f64> = times.iter().map(of).collect();
                format!("{:.0}", quantile(&values, share))
            };
            table.row(vec![
                name.to_owned(),
                format!("{} x {}", size.0, size.1),
                figure(|drawn| drawn.view, 0.5),
                figure(|drawn| drawn.view, 0.95),
                figure(|drawn| drawn.whole, 0.5),
                figure(|drawn| drawn.whole, 0.95),
                figure(|drawn| drawn.bytes, 0.5),
            ]);
        }
    }
    table.print("Drawing a frame after every step of a run");
    Ok(())
}

/// One frame: microseconds and bytes.
struct Drawn {
    view: f64,
    whole: f64,
    bytes: f64,
}

/// Frames of a run that makes one more step before each.
fn measure(
    size: (u16, u16),
    rows: u64,
    steps: u64,
    key: &str,
    frames: usize,
) -> anyhow::Result<Vec<Drawn>> {
    let mut story = Story::new(size.0, size.1);
    story.run();
    story.steps(1..=1);
    story.samples(48);
    story.portrait(0);
    story.seen(Seen::History((2..steps).map(|at| step(at, rows)).collect()));
    story::press(&mut story, key);
    let mut painters = Painters::new(&Facts::of_characters(Colours::True), Blocks::Half);
    let viewport = Viewport::Fixed(Rect::new(0, 0, size.0, size.1));
    let written = Rc::new(Cell::new(0));
    let backend = CrosstermBackend::new(Sink(Rc::clone(&written)));
    let mut terminal = Terminal::with_options(backend, TerminalOptions { viewport })?;
    let mut drawn = Vec::new();
    for at in steps..steps + frames as u64 {
        story.seen(Seen::History(vec![step(at, rows)]));
        written.set(0);
        let begin = Instant::now();
        let mut view = 0.0;
        terminal.draw(|frame| {
            view::draw(&mut story.app, frame, &mut painters);
            view = begin.elapsed().as_secs_f64();
        })?;
        drawn.push(Drawn {
            view: view * 1e6,
            whole: begin.elapsed().as_secs_f64() * 1e6,
            bytes: written.get() as f64,
        });
    }
    Ok(drawn)
}

/// A step in which rows go up and down on their way into an interval.
fn step(at: u64, rows: u64) -> HistoryLine {
    let value = |row: u64| {
        let (at, row) = (at as f64, row as f64);
        let way = 1.0 - (-at / (30.0 + 3.0 * row)).exp();
        (10.0 * way + (0.7 * at + row).sin() * (1.0 - 0.8 * way)) as f32
    };
    HistoryLine::Step {
        step: at,
        forwards: at * rows,
        n_feasible: rows.min(at),
        objective: Some(at as f64),
        seconds: at as f64 * 0.1,
        activations: Some((0..rows).map(|row| vec![value(row)]).collect()),
        diversity: None,
    }
}

/// Counts what is written.
struct Sink(Rc<Cell<usize>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.set(self.0.get() + bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
