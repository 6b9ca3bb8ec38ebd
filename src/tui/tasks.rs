//! Does what the screens ask for, away from their thread, and tells what came of it.

mod bundles;
mod clerk;
mod look;
mod measure;
mod runs;
mod scores;

use std::collections::HashMap;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, unbounded};

use super::effect::Effect;
use super::message::{Message, RunId};
use super::wake::Waker;
use crate::machine::Gpus;
use crate::run::{RunFolder, Watch, export};
use crate::text;

/// Tells the screens something, from any thread.
#[derive(Clone)]
pub(super) struct Teller {
    messages: Sender<Message>,
    waker: Waker,
}

impl Teller {
    /// Tells it.
    pub(super) fn tell(&self, message: Message) {
        // Where the screens are gone nobody needs to know.
        let _ = self.messages.send(message);
        self.waker.wake();
    }

    /// Tells that something failed.
    fn fail(&self, what: &str, error: &dyn std::fmt::Display) {
        self.tell(Message::Failed(format!("{what}: {error}")));
    }
}

/// The threads behind the screens.
pub(super) struct Tasks {
    teller: Teller,
    messages: Receiver<Message>,
    library: Option<PathBuf>,
    root: PathBuf,
    watches: HashMap<RunId, Watched>,
    next_id: u64,
    clerk: Sender<clerk::Errand>,
    /// Runs that the clerk has opened.
    opened: Receiver<clerk::Opened>,
    starter: Sender<runs::Start>,
    looker: Sender<look::Request>,
    /// Distances of many embeddings take long: pictures and portraits do not wait for them.
    mapper: Sender<look::Request>,
    scorer: Sender<scores::LookedAt>,
    measurer: Sender<(RunId, RunFolder)>,
}

struct Watched {
    watch: Watch,
    folder: RunFolder,
}

impl Tasks {
    /// Starts the threads. Runs lie in `root`; `library` is the ONNX Runtime that was asked for.
    pub(super) fn new(waker: Waker, root: PathBuf, library: Option<PathBuf>) -> Tasks {
        let (sender, messages) = unbounded();
        let teller = Teller {
            messages: sender,
            waker: waker.clone(),
        };
        gpus(&teller);
        let (clerk_opens, opened) = unbounded();
        Tasks {
            clerk: clerk::start(teller.clone(), waker, clerk_opens),
            opened,
            starter: runs::starter(teller.clone(), library.clone()),
            looker: look::start(teller.clone(), library.clone()),
            mapper: look::start(teller.clone(), library.clone()),
            scorer: scores::start(teller.clone()),
            measurer: measure::start(teller.clone(), library.clone()),
            teller,
            messages,
            library,
            root,
            watches: HashMap::new(),
            next_id: 0,
        }
    }

    /// What there is to tell, without waiting: from the threads, and from every run.
    pub(super) fn take(&mut self, messages: &mut Vec<Message>) {
        messages.extend(self.messages.try_iter());
        while let Ok(opened) = self.opened.try_recv() {
            self.take_in(opened, messages);
        }
        for (&run, watched) in &self.watches {
            let seen = watched.watch.seen().try_iter();
            messages.extend(seen.map(|seen| Message::Seen { run, seen }));
        }
    }

    /// Does what needs neither the terminal nor waiting for; what takes longer goes on in a thread.
    pub(super) fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::OpenBundle(name) => bundles::open(&self.teller, name),
            Effect::Start { request, shown } => send(&self.starter, runs::Start { request, shown }),
            Effect::Resume(path) => runs::resume(&self.teller, path, self.library.clone()),
            Effect::Look(path) => {
                let watches = self.watches.values();
                for watched in watches.filter(|watched| watched.folder.path() == path) {
                    watched.watch.look();
                }
            }
            Effect::Watch { path, shown } => {
                send(&self.clerk, clerk::Errand::Open { path, shown });
            }
            Effect::Forget(run) => {
                self.ask(run, look::What::Forget);
                self.watches.remove(&run);
            }
            Effect::Give(run, command) => {
                if let Some(watched) = self.watches.get(&run)
                    && !watched.watch.give(command)
                {
                    self.teller.tell(Message::Failed(
                        "the worker did not take the order".to_owned(),
                    ));
                }
            }
            Effect::EditMarks(run, command) => {
                if let Some(watched) = self.watches.get(&run) {
                    let folder = watched.folder.clone();
                    send(&self.clerk, clerk::Errand::EditMarks(run, folder, command));
                }
            }
            Effect::LoadPictures(run, samples) => self.ask(run, look::What::Pictures(samples)),
            Effect::LoadMap(run) => self.ask(run, look::What::Map),
            Effect::Portray(run, sample) => self.ask(run, look::What::Portrait(sample)),
            Effect::Score(runs) => {
                let known = runs.into_iter().filter_map(|run| {
                    let watched = self.watches.get(&run)?;
                    Some((run, watched.folder.clone()))
                });
                send(&self.scorer, known.collect());
            }
            Effect::Measure(run) => {
                if let Some(watched) = self.watches.get(&run) {
                    send(&self.measurer, (run, watched.folder.clone()));
                }
            }
            Effect::ListRuns => send(&self.clerk, clerk::Errand::List(self.root.clone())),
            Effect::RemoveRun(path) => send(&self.clerk, clerk::Errand::Remove(path)),
            Effect::Export { run, samples, to } => {
                if let Some(watched) = self.watches.get(&run) {
                    let (teller, folder) = (self.teller.clone(), watched.folder.clone());
                    thread::spawn(move || match export(&folder, &samples, &to) {
                        Ok(_) => teller.tell(Message::Done(format!(
                            "{} saved in {}",
                            text::counted(samples.len(), "sample"),
                            to.display()
                        ))),
                        Err(error) => teller.fail("not saved", &error),
                    });
                }
            }
            // The loop does these: they need the terminal.
            Effect::Copy(_)
            | Effect::NextGraphics
            | Effect::Redraw
            | Effect::Suspend
            | Effect::Quit => {}
        }
    }

    /// The folder of a run and what is wanted of it, for the thread that looks at samples.
    fn ask(&self, run: RunId, what: look::What) {
        if let Some(watched) = self.watches.get(&run) {
            let folder = watched.folder.clone();
            let thread = match what {
                look::What::Map => &self.mapper,
                _ => &self.looker,
            };
            send(thread, look::Request { run, folder, what });
        }
    }

    /// Gives an opened run its number, and tells of it before anything that is seen of it.
    fn take_in(&mut self, opened: clerk::Opened, messages: &mut Vec<Message>) {
        let id = RunId(self.next_id);
        self.next_id += 1;
        messages.push(Message::Run {
            id,
            path: opened.folder.path().to_owned(),
            file: Box::new(opened.file),
            shown: opened.shown,
        });
        messages.push(Message::Marks {
            run: id,
            marks: opened.marks,
        });
        let watched = Watched {
            watch: opened.watch,
            folder: opened.folder,
        };
        self.watches.insert(id, watched);
    }
}

/// Sends to a thread that lives as long as the program.
fn send<T>(thread: &Sender<T>, what: T) {
    // Where it is gone there is nobody to tell.
    let _ = thread.send(what);
}

/// Time between two looks at the GPUs.
const GPU_EVERY: Duration = Duration::from_secs(2);

/// Tells what the first GPU does, where there is one.
fn gpus(teller: &Teller) {
    let teller = teller.clone();
    thread::spawn(move || {
        let mut gpus = Gpus::new();
        let mut before = None;
        loop {
            let Some(gpu) = gpus.at(Instant::now()).first().cloned() else {
                return;
            };
            let now = Some(gpu);
            if now != before {
                teller.tell(Message::Gpu(now.clone()));
                before = now;
            }
            thread::sleep(GPU_EVERY);
        }
    });
}
