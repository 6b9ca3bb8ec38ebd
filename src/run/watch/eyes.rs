//! The thread that watches a run. It sleeps until the worker says something, until it is told to look,
//! or until it is time to look at the files.

use std::io::{ErrorKind, Read};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crossbeam_channel::Sender;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::link::{Link, Orders};
use super::tail::{News, Tail};
use super::{Seen, WorkerState};
use crate::run::checkpoint_head::CheckpointHead;
use crate::run::folder::{HISTORY_FILE, RunFolder, SAMPLES_FILE};
use crate::run::history::HistoryLine;
use crate::run::lock;
use crate::run::record::SampleLine;

/// Longest time between two looks at the files of a run at work.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// The same for a run that nobody works on.
const LOOK_IDLY_EVERY: Duration = Duration::from_millis(2500);

/// Nobody is interested any more.
pub(super) struct Closed;

/// What the thread knows of the run.
pub(super) struct Eyes<N> {
    folder: RunFolder,
    history: Tail<HistoryLine>,
    samples: Tail<SampleLine>,
    link: Option<Link>,
    orders: Arc<Mutex<Option<Orders>>>,
    state: Option<WorkerState>,
    sender: Sender<Seen>,
    woken: UnixStream,
    notify: N,
}

impl<N: Fn()> Eyes<N> {
    pub(super) fn new(
        folder: RunFolder,
        sender: Sender<Seen>,
        orders: Arc<Mutex<Option<Orders>>>,
        woken: UnixStream,
        notify: N,
    ) -> Self {
        Eyes {
            history: Tail::new(folder.file(HISTORY_FILE)),
            samples: Tail::new(folder.file(SAMPLES_FILE)),
            folder,
            link: None,
            orders,
            state: None,
            sender,
            woken,
            notify,
        }
    }

    /// Watches until nobody is interested.
    pub(super) fn watch(mut self) {
        while self.look().and_then(|()| self.wait()).is_ok() {}
    }

    /// Looks at the worker, then at the files, and tells what is new.
    fn look(&mut self) -> Result<(), Closed> {
        // The state before the files: of a worker that is gone, all that it wrote is then read.
        let state = self.state();
        let mut is_new = self.read_files()?;
        if self.state != Some(state) {
            self.state = Some(state);
            self.tell(Seen::Worker(state))?;
            is_new = true;
        }
        if is_new {
            (self.notify)();
        }
        Ok(())
    }

    /// Whether anybody works; connects to a worker that can be talked to.
    fn state(&mut self) -> WorkerState {
        if let (Some(_), Some(state)) = (&self.link, self.state) {
            return state;
        }
        let Some(holder) = lock::holder(&self.folder) else {
            let head = CheckpointHead::read(&self.folder).ok().flatten();
            return WorkerState::Gone {
                finished: head.is_some_and(|head| head.progress.finished),
            };
        };
        if let Some(link) = holder.socket.and_then(|path| Link::connect(&path).ok())
            && let Ok(orders) = link.orders()
        {
            self.set_orders(Some(orders));
            self.link = Some(link);
        }
        WorkerState::Working {
            pid: holder.pid,
            writable: self.link.is_some(),
        }
    }

    /// Tells what is new in the files; whether anything is.
    fn read_files(&mut self) -> Result<bool, Closed> {
        let mut is_new = false;
        loop {
            let history = self.history.next();
            let samples = self.samples.next();
            if history == News::Rewound || samples == News::Rewound {
                self.history.rewind();
                self.samples.rewind();
                self.tell(Seen::Rewound)?;
                is_new = true;
                continue;
            }
            let mut has_more = false;
            if let News::Lines(lines) = history
                && !lines.is_empty()
            {
                self.tell(Seen::History(lines))?;
                has_more = true;
            }
            if let News::Lines(lines) = samples
                && !lines.is_empty()
            {
                self.tell(Seen::Samples(lines))?;
                has_more = true;
            }
            if !has_more {
                return Ok(is_new);
            }
            is_new = true;
        }
    }

    /// Sleeps until there is a reason to look.
    fn wait(&mut self) -> Result<(), Closed> {
        let every = match self.state {
            Some(WorkerState::Working { .. }) => LOOK_EVERY,
            _ => LOOK_IDLY_EVERY,
        };
        let timeout = Timespec::try_from(every).ok();
        let mut ready = vec![PollFd::new(&self.woken, PollFlags::IN)];
        if let Some(link) = &self.link {
            ready.push(PollFd::new(link.stream(), PollFlags::IN));
        }
        // An interrupted sleep is as good as one that is over.
        let _ = poll(&mut ready, timeout.as_ref());
        let [is_woken, is_told] =
            [0, 1].map(|at| ready.get(at).is_some_and(|fd| !fd.revents().is_empty()));
        drop(ready);
        if is_woken {
            self.wake()?;
        }
        if is_told {
            self.listen()?;
        }
        Ok(())
    }

    /// Why it was woken: to look, or to end.
    fn wake(&mut self) -> Result<(), Closed> {
        let mut bytes = [0; 64];
        match self.woken.read(&mut bytes) {
            Ok(0) => Err(Closed),
            Err(error) if error.kind() != ErrorKind::WouldBlock => Err(Closed),
            _ => Ok(()),
        }
    }

    /// Tells what the worker says.
    fn listen(&mut self) -> Result<(), Closed> {
        let Some(link) = &mut self.link else {
            return Ok(());
        };
        let (snapshot, open) = link.latest();
        if open.is_err() {
            self.set_orders(None);
            self.link = None;
        }
        if let Some(snapshot) = snapshot {
            self.tell(Seen::Snapshot(snapshot))?;
            (self.notify)();
        }
        Ok(())
    }

    fn set_orders(&self, orders: Option<Orders>) {
        *self.orders.lock().unwrap_or_else(PoisonError::into_inner) = orders;
    }

    fn tell(&self, seen: Seen) -> Result<(), Closed> {
        self.sender.send(seen).map_err(|_| Closed)
    }
}
