//! Does what the screens ask for, away from their thread, and tells what came of it.

mod bundles;
mod look;
mod runs;

use std::collections::HashMap;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, unbounded};

use super::effect::Effect;
use super::message::{Message, RunId};
use super::panic;
use super::wake::Waker;
use crate::machine::Gpus;
use crate::run::control::Command;
use crate::run::run_file::RunFile;
use crate::run::{RunFolder, Watch, catalogue, export, marks, remove};
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
    waker: Waker,
    library: Option<PathBuf>,
    root: PathBuf,
    watches: HashMap<RunId, Watched>,
    next_id: u64,
    looker: Sender<look::Request>,
}

struct Watched {
    watch: Watch,
    folder: RunFolder,
}

impl Tasks {
    /// No thread but the one that looks at samples. Runs lie in `root`; `library` is the ONNX
    /// Runtime that was asked for.
    pub(super) fn new(waker: Waker, root: PathBuf, library: Option<PathBuf>) -> Tasks {
        let (sender, messages) = unbounded();
        let teller = Teller {
            messages: sender,
            waker: waker.clone(),
        };
        gpus(&teller);
        Tasks {
            looker: look::start(teller.clone(), library.clone()),
            teller,
            messages,
            waker,
            library,
            root,
            watches: HashMap::new(),
            next_id: 0,
        }
    }

    /// What there is to tell, without waiting: from the threads, and from every run.
    pub(super) fn take(&mut self, messages: &mut Vec<Message>) {
        messages.extend(self.messages.try_iter());
        for (&run, watched) in &self.watches {
            let seen = watched.watch.seen().try_iter();
            messages.extend(seen.map(|seen| Message::Seen { run, seen }));
        }
    }

    /// Does what needs neither the terminal nor waiting for; what takes longer goes on in a thread.
    pub(super) fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::OpenBundle(name) => bundles::open(&self.teller, name),
            Effect::Start(request) => {
                runs::start(&self.teller, *request, self.library.clone());
            }
            Effect::Resume(path) => runs::resume(&self.teller, path, self.library.clone()),
            Effect::Look(path) => {
                let watches = self.watches.values();
                for watched in watches.filter(|watched| watched.folder.path() == path) {
                    watched.watch.look();
                }
            }
            Effect::Watch { path, shown } => self.watch(path, shown),
            Effect::Forget(run) => {
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
                    self.edit_marks(&watched.folder, command);
                }
            }
            Effect::LoadPictures(run, samples) => self.ask(run, look::What::Pictures(samples)),
            Effect::LoadMap(run) => self.ask(run, look::What::Map),
            Effect::Portray(run, sample) => self.ask(run, look::What::Portrait(sample)),
            Effect::ListRuns => {
                let (teller, root) = (self.teller.clone(), self.root.clone());
                thread::spawn(move || {
                    panic::rehearse("task");
                    teller.tell(Message::Catalogue(catalogue(&root)));
                });
            }
            Effect::RemoveRun(path) => self.remove(&path),
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

    fn edit_marks(&self, folder: &RunFolder, command: Command) {
        let edited = marks::edit(folder, |marks| match command {
            Command::Mark { sample, marked } => marks.mark(sample, marked),
            Command::Drop { sample, dropped } => marks.drop_sample(sample, dropped),
            _ => {}
        });
        if let Err(error) = edited {
            self.teller.fail("the mark is not saved", &error);
        }
    }

    /// The folder of a run and what is wanted of it, for the thread that looks at samples.
    fn ask(&self, run: RunId, what: look::What) {
        if let Some(watched) = self.watches.get(&run) {
            let folder = watched.folder.clone();
            // The thread lives as long as the program.
            let _ = self.looker.send(look::Request { run, folder, what });
        }
    }

    fn watch(&mut self, path: PathBuf, shown: bool) {
        let waker = self.waker.clone();
        let opened = RunFolder::open(&path).and_then(|folder| {
            let file = RunFile::read(&folder)?;
            let watch = Watch::open(&path, move || waker.wake())?;
            Ok((folder, file, watch))
        });
        match opened {
            Ok((folder, file, watch)) => {
                let id = RunId(self.next_id);
                self.next_id += 1;
                let read = marks::Marks::read(&path);
                self.watches.insert(id, Watched { watch, folder });
                self.teller.tell(Message::Run {
                    id,
                    path,
                    file: Box::new(file),
                    shown,
                });
                match read {
                    Ok(marks) => self.teller.tell(Message::Marks { run: id, marks }),
                    Err(error) => self.teller.fail("marks", &error),
                }
            }
            Err(error) => self.teller.fail("the run cannot be opened", &error),
        }
    }

    fn remove(&mut self, path: &std::path::Path) {
        let removed = RunFolder::open(path).and_then(|folder| remove(&folder));
        match removed {
            Ok(()) => self.teller.tell(Message::Removed(path.to_owned())),
            Err(error) => self.teller.fail("not deleted", &error),
        }
    }
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
