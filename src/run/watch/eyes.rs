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
use crate::run::snapshot::Snapshot;

/// Longest time between two looks at the files of a run at work.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// The same for a run that nobody works on.
const LOOK_IDLY_EVERY: Duration = Duration::from_millis(2500);

/// The same while whoever watches does not keep up.
const LOOK_BEHIND_EVERY: Duration = Duration::from_millis(100);

/// Things told that may wait to be heard. A terminal that takes nothing for an hour must not make the
/// snapshots of an hour pile up: of those that cannot be told only the latest is kept.
const MOST_WAITING: usize = 16;

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
    /// A snapshot that waits to be told.
    snapshot: Option<Box<Snapshot>>,
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
            snapshot: None,
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
        is_new |= self.tell_snapshot()?;
        if self.state != Some(state) && !self.is_behind() {
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
        while !self.is_behind() {
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
                break;
            }
            is_new = true;
        }
        Ok(is_new)
    }

    /// Whether so much was told that was not heard yet that the rest has to wait.
    fn is_behind(&self) -> bool {
        self.sender.len() >= MOST_WAITING
    }

    /// Tells the snapshot that waits, where there is one and it can be told; whether it was.
    fn tell_snapshot(&mut self) -> Result<bool, Closed> {
        if self.is_behind() {
            return Ok(false);
        }
        match self.snapshot.take() {
            Some(snapshot) => self.tell(Seen::Snapshot(snapshot)).map(|()| true),
            None => Ok(false),
        }
    }

    /// Sleeps until there is a reason to look.
    fn wait(&mut self) -> Result<(), Closed> {
        let every = match self.state {
            _ if self.is_behind() => LOOK_BEHIND_EVERY,
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
        if snapshot.is_some() {
            self.snapshot = snapshot;
        }
        if self.tell_snapshot()? {
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::fmt::Write as _;
    use std::time::Instant;

    use crossbeam_channel::unbounded;

    use super::*;
    use crate::run::folder::RUN_FILE;

    /// The eyes of somebody who watches a run that has as many events as told, each of a megabyte.
    fn eyes(parent: &tempfile::TempDir, events: usize) -> (Eyes<fn()>, UnixStream, Receiver) {
        let folder = RunFolder::create(&parent.path().join("run")).unwrap();
        folder.replace(RUN_FILE, b"").unwrap();
        let mut text = String::new();
        for step in 0..events {
            let space = " ".repeat(1 << 20);
            let _ = writeln!(text, "{{\"step\":{step},{space}\"event\":\"e\"}}");
        }
        std::fs::write(folder.file(HISTORY_FILE), text).unwrap();
        let (sender, seen) = unbounded();
        let quiet: fn() = || {};
        let (wake, woken) = UnixStream::pair().unwrap();
        woken.set_nonblocking(true).unwrap();
        (
            Eyes::new(folder, sender, Arc::default(), woken, quiet),
            wake,
            seen,
        )
    }

    type Receiver = crossbeam_channel::Receiver<Seen>;

    #[test]
    fn who_does_not_listen_is_told_no_more_than_waits_and_all_of_it_later() {
        let parent = tempfile::tempdir().unwrap();
        let (mut eyes, wake, seen) = eyes(&parent, 3 * MOST_WAITING);
        assert!(eyes.look().is_ok());
        assert!(seen.len() <= MOST_WAITING + 1, "{}", seen.len());
        let thread = std::thread::spawn(move || eyes.watch());
        let deadline = Instant::now() + Duration::from_secs(60);
        let mut steps = Vec::new();
        loop {
            match seen.recv_deadline(deadline).unwrap() {
                Seen::History(lines) => steps.extend(lines.into_iter().map(|line| match line {
                    HistoryLine::Event { step, .. } | HistoryLine::Step { step, .. } => step,
                })),
                Seen::Worker(_) => break,
                other => unreachable!("{other:?}"),
            }
        }
        let all: Vec<u64> = (0..3 * MOST_WAITING as u64).collect();
        assert_eq!(
            steps, all,
            "all that was written, before the worker is gone"
        );
        drop(wake);
        thread.join().unwrap();
    }

    #[test]
    fn a_run_whose_folder_vanishes_is_stopped_and_stays_as_it_was_seen() {
        let parent = tempfile::tempdir().unwrap();
        let (mut eyes, _wake, seen) = eyes(&parent, 1);
        assert!(eyes.look().is_ok());
        std::fs::remove_dir_all(parent.path().join("run")).unwrap();
        assert!(eyes.look().is_ok());
        let gone = Seen::Worker(WorkerState::Gone { finished: false });
        let told: Vec<Seen> = seen.try_iter().collect();
        assert!(matches!(told[0], Seen::History(_)));
        assert_eq!(told[1..], [gone]);
    }
}
