//! Watching a run from outside, at work or ended: its files, and its worker's socket while it has one.

mod eyes;
mod link;
mod tail;

use std::io::Write;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use crossbeam_channel::{Receiver, unbounded};

use super::control::Command;
use super::history::HistoryLine;
use super::record::SampleLine;
use super::snapshot::Snapshot;
use super::{RunError, RunFolder};
use eyes::Eyes;
use link::Orders;

/// Something seen of a run.
#[derive(Debug, Clone, PartialEq)]
pub enum Seen {
    /// The latest state of a run at work.
    Snapshot(Box<Snapshot>),
    /// The next lines of the history, from its beginning.
    History(Vec<HistoryLine>),
    /// The next samples, from the first.
    Samples(Vec<SampleLine>),
    /// Whether anybody works on the run: at first, and whenever that changes. Before a worker is
    /// gone, all that it wrote was seen.
    Worker(WorkerState),
    /// The run went back to its checkpoint: history and samples come again from the beginning.
    Rewound,
}

/// Whether anybody works on a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkerState {
    /// A process holds the run.
    Working {
        /// The process; 0 while it has not said.
        pid: u32,
        /// Whether it takes orders: [`Watch::give`].
        writable: bool,
    },
    /// Nobody does.
    Gone {
        /// Whether the run has ended for good; otherwise it can be resumed.
        finished: bool,
    },
}

/// A run that is watched, until dropped.
pub struct Watch {
    seen: Receiver<Seen>,
    orders: Arc<Mutex<Option<Orders>>>,
    /// A byte makes the watching thread look at once; closed, it ends.
    wake: UnixStream,
}

impl Watch {
    /// Watches the run in a folder. `notify` is called, on a thread of the watch's own, after
    /// something was seen.
    ///
    /// # Errors
    /// It is no run folder, or the system has no thread or socket to spare.
    pub fn open(path: &Path, notify: impl Fn() + Send + 'static) -> Result<Watch, RunError> {
        let folder = RunFolder::open(path)?;
        let (sender, seen) = unbounded();
        let orders = Arc::new(Mutex::new(None));
        let begin = || {
            let (wake, woken) = UnixStream::pair()?;
            woken.set_nonblocking(true)?;
            wake.set_nonblocking(true)?;
            let eyes = Eyes::new(folder, sender, Arc::clone(&orders), woken, notify);
            thread::Builder::new()
                .name("watch".into())
                .spawn(move || eyes.watch())?;
            Ok(wake)
        };
        let wake = begin().map_err(|error: std::io::Error| RunError::damaged(path, &error))?;
        Ok(Watch { seen, orders, wake })
    }

    /// What was seen, in order.
    pub fn seen(&self) -> &Receiver<Seen> {
        &self.seen
    }

    /// Gives an order to the worker; false where there is none that takes orders.
    pub fn give(&self, command: Command) -> bool {
        let mut orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        orders.as_mut().is_some_and(|orders| orders.give(command))
    }

    /// Looks at once: a worker was started just now, or should have ended.
    pub fn look(&self) {
        // Where a byte waits already it has the same effect.
        let _ = (&self.wake).write(&[0]);
    }
}
