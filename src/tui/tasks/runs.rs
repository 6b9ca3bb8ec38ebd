//! Starting runs and their workers.

use std::io;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Sender, unbounded};

use super::Teller;
use crate::run::detach::{self, Beginning, Detached, Launch};
use crate::run::{self, Request, RunFolder};
use crate::tui::message::Message;

/// Time between two looks at a worker that begins.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// Time between two looks at a worker that works.
const LOOK_AGAIN_EVERY: Duration = Duration::from_millis(200);

/// A run to be made.
pub(super) struct Start {
    /// What is asked for.
    pub request: Box<Request>,
    /// Whether it is shown at once.
    pub shown: bool,
}

/// Starts the thread that makes runs, one after the other, and starts their workers; it ends with the
/// sender.
pub(super) fn starter(teller: Teller, library: Option<PathBuf>) -> Sender<Start> {
    let (sender, starts) = unbounded();
    thread::spawn(move || {
        for start in starts {
            begin(&teller, &start, library.clone());
        }
    });
    sender
}

/// Makes a run and starts its worker.
fn begin(teller: &Teller, start: &Start, library: Option<PathBuf>) {
    let shown = start.shown;
    let not_started = |what: &str, error: &dyn std::fmt::Display| {
        let reason = format!("{what}: {error}");
        teller.tell(Message::NotStarted { reason, shown });
    };
    let prepared = match run::start(&start.request) {
        Ok(prepared) => prepared,
        Err(error) => return not_started("the run cannot be started", &error),
    };
    let path = prepared.run.folder().path().to_owned();
    match launch(library).and_then(|launch| prepared.hand_over(&launch)) {
        Ok(worker) => {
            teller.tell(Message::Started { path, shown });
            let teller = teller.clone();
            thread::spawn(move || follow(&teller, &worker));
        }
        Err(error) => not_started("the worker cannot be started", &error),
    }
}

/// Starts a worker that goes on with a run.
pub(super) fn resume(teller: &Teller, path: PathBuf, library: Option<PathBuf>) {
    let teller = teller.clone();
    thread::spawn(move || {
        let worker = RunFolder::open(&path)
            .map_err(|error| error.to_string())
            .and_then(|folder| {
                launch(library)
                    .and_then(|launch| detach::spawn_worker(&folder, &launch))
                    .map_err(|error| error.to_string())
            });
        match worker {
            Ok(worker) => follow(&teller, &worker),
            Err(reason) => teller.fail("the worker cannot be started", &reason),
        }
    });
}

fn launch(library: Option<PathBuf>) -> io::Result<Launch> {
    Ok(Launch {
        program: std::env::current_exe()?,
        library,
        paused: false,
    })
}

/// Waits until a worker works and then until it ends, and tells where it fails.
fn follow(teller: &Teller, worker: &Detached) {
    let mut how = worker.poll();
    while how == Beginning::Starting {
        thread::sleep(LOOK_EVERY);
        how = worker.poll();
    }
    if how == Beginning::Working {
        teller.tell(Message::Begun(worker.folder().path().to_owned()));
        how = loop {
            match worker.ending() {
                Some(ending) => break ending,
                None => thread::sleep(LOOK_AGAIN_EVERY),
            }
        };
    }
    match how {
        Beginning::Failed(reason) => teller.fail("the worker failed", &reason),
        _ => teller.tell(Message::Begun(worker.folder().path().to_owned())),
    }
}
