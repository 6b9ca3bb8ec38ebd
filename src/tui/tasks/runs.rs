//! Starting runs and their workers.

use std::io;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use super::Teller;
use crate::run::detach::{self, Beginning, Detached, Launch};
use crate::run::{self, Request, RunFolder};
use crate::tui::message::Message;

/// How long a worker's beginning is looked at anew.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Makes a run and starts its worker.
pub(super) fn start(teller: &Teller, request: Request, library: Option<PathBuf>) {
    let teller = teller.clone();
    thread::spawn(move || {
        let prepared = match run::start(&request) {
            Ok(prepared) => prepared,
            Err(error) => return teller.fail("the run cannot be started", &error),
        };
        let folder = prepared.run.folder().path().to_owned();
        match launch(library).and_then(|launch| prepared.hand_over(&launch)) {
            Ok(worker) => {
                teller.tell(Message::Started(folder));
                follow(&teller, &worker);
            }
            Err(error) => teller.fail("the worker cannot be started", &error),
        }
    });
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

/// Waits until a worker works, and tells where it does not.
fn follow(teller: &Teller, worker: &Detached) {
    loop {
        match worker.poll() {
            Beginning::Starting => thread::sleep(LOOK_EVERY),
            Beginning::Working | Beginning::Ended => {
                let path = worker.folder().path().to_owned();
                return teller.tell(Message::Begun(path));
            }
            Beginning::Failed(reason) => return teller.fail("the worker failed", &reason),
        }
    }
}
