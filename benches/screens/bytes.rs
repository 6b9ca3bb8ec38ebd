//! Bytes of the first frame and of typical ones.

use std::thread::sleep;
use std::time::Duration;

use crate::common::options::Options;
use crate::common::table::Table;
use crate::quantile;
use crate::subject::{Backend, Frame, Headless, Screens};

/// Between two keys of somebody who types.
const TYPING: Duration = Duration::from_millis(150);

pub(crate) fn table(options: &Options) -> anyhow::Result<()> {
    let watched = Duration::from_secs(if options.quick { 6 } else { 20 });
    let mut table = Table::new(&[
        "frames",
        "runtime",
        "count",
        "a second",
        "median bytes",
        "95 %",
        "largest",
    ]);
    for (at, backend) in Backend::all().iter().enumerate() {
        if at == 0 {
            query(backend, &mut table)?;
        }
        for (name, flags) in RUNS {
            run(backend, name, flags, watched, &mut table)?;
        }
    }
    table
        .print("Bytes of frames at 120 x 40, pictures as half blocks (goal: a typical frame 2000)");
    Ok(())
}

/// Runs to watch, and what makes them.
const RUNS: [(&str, &[&str]); 2] = [
    ("joint, 48 rows", &["--method", "joint", "-n", "48"]),
    ("incremental, samples stream in", &["-n", "100000"]),
];

/// The first frame, nothing, typing.
fn query(backend: &Backend, table: &mut Table) -> anyhow::Result<()> {
    let idle = Duration::from_secs(3);
    let screens = Screens::start(backend, &[])?;
    screens.terminal.wait_for(" labels, ");
    screens.settle(Duration::from_secs(5));
    let first = screens.frames()?.into_iter().take(1).collect();
    row(table, "the first", backend, first, None);
    let frames = screens.during(|_| {
        sleep(idle);
        Ok(())
    })?;
    row(table, "query, idle", backend, frames, Some(idle));
    let text = "king penguin";
    let frames = screens.during(|terminal| {
        for letter in text.chars() {
            terminal.send(&letter.to_string());
            sleep(TYPING);
        }
        Ok(())
    })?;
    row(table, "query, typing", backend, frames, None);
    let frames = screens.during(|terminal| {
        terminal.send("\r");
        sleep(TYPING);
        for _ in 0..12 {
            terminal.send("\x1b[C");
            sleep(TYPING);
        }
        Ok(())
    })?;
    row(table, "query, moving an end", backend, frames, None);
    Ok(())
}

/// A run while it works, and its gallery.
fn run(
    backend: &Backend,
    name: &str,
    flags: &[&str],
    watched: Duration,
    table: &mut Table,
) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let headless = Headless::start(backend, folder.path(), "run", flags)?;
    headless.wait_for_steps(2)?;
    let path = headless.run.to_string_lossy().into_owned();
    let screens = Screens::start(backend, &["attach", &path])?;
    screens.terminal.wait_for("steps/s");
    screens.settle(Duration::from_secs(2));
    let frames = screens.during(|_| {
        sleep(watched);
        Ok(())
    })?;
    row(
        table,
        &format!("run: {name}"),
        backend,
        frames,
        Some(watched),
    );
    if name.starts_with("incremental") {
        screens.terminal.send("3");
        screens.terminal.wait_for("by index");
        screens.settle(Duration::from_secs(1));
        let frames = screens.during(|terminal| {
            for _ in 0..20 {
                terminal.send("\x1b[C");
                sleep(TYPING);
            }
            Ok(())
        })?;
        row(table, "gallery, going along it", backend, frames, None);
    }
    Ok(())
}

fn row(
    table: &mut Table,
    name: &str,
    backend: &Backend,
    frames: Vec<Frame>,
    during: Option<Duration>,
) {
    let bytes: Vec<f64> = frames.iter().map(|frame| frame.bytes).collect();
    let figure = |share: f64| match bytes.is_empty() {
        true => "-".to_owned(),
        false => format!("{:.0}", quantile(&bytes, share)),
    };
    let pace = during.map_or("-".to_owned(), |during| {
        format!("{:.1}", bytes.len() as f64 / during.as_secs_f64())
    });
    table.row(vec![
        name.to_owned(),
        backend.name.to_owned(),
        bytes.len().to_string(),
        pace,
        figure(0.5),
        figure(0.95),
        figure(1.0),
    ]);
}
