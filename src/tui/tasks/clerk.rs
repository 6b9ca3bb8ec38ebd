//! The thread that works on run folders: one thing after the other, in the order it was asked for, so
//! that a list that was asked for after a removal is one without the removed run.

use std::path::{Path, PathBuf};
use std::thread;

use crossbeam_channel::{Sender, unbounded};

use super::Teller;
use crate::run::control::Command;
use crate::run::marks::{self, Marks};
use crate::run::run_file::RunFile;
use crate::run::{RunError, RunFolder, Watch, catalogue, remove};
use crate::tui::message::{Message, RunId};
use crate::tui::panic;
use crate::tui::wake::Waker;

/// Something to be done with run folders.
pub(super) enum Errand {
    /// Open a run to look at it.
    Open {
        /// Its folder.
        path: PathBuf,
        /// Whether it is shown at once.
        shown: bool,
    },
    /// Mark or hide a sample of a run that nobody works.
    EditMarks(RunId, RunFolder, Command),
    /// List the runs in a folder.
    List(PathBuf),
    /// Delete a run's folder.
    Remove(PathBuf),
}

/// A run that was opened.
pub(super) struct Opened {
    pub folder: RunFolder,
    pub file: RunFile,
    pub marks: Marks,
    pub watch: Watch,
    pub shown: bool,
}

/// Starts the thread; it ends with the sender. Opened runs are given to `opened`.
pub(super) fn start(teller: Teller, waker: Waker, opened: Sender<Opened>) -> Sender<Errand> {
    let (sender, errands) = unbounded();
    let clerk = Clerk {
        teller,
        waker,
        opened,
    };
    thread::spawn(move || errands.iter().for_each(|errand| clerk.run(errand)));
    sender
}

struct Clerk {
    teller: Teller,
    waker: Waker,
    opened: Sender<Opened>,
}

impl Clerk {
    fn run(&self, errand: Errand) {
        match errand {
            Errand::Open { path, shown } => match self.open(&path, shown) {
                Ok(opened) => {
                    // Where the screens are gone nobody looks at it.
                    let _ = self.opened.send(opened);
                    self.waker.wake();
                }
                Err(error) => self.teller.fail("the run cannot be opened", &error),
            },
            Errand::EditMarks(run, folder, command) => self.edit_marks(run, &folder, command),
            Errand::List(root) => {
                panic::rehearse("task");
                self.teller.tell(Message::Catalogue(catalogue(&root)));
            }
            Errand::Remove(path) => {
                match RunFolder::open(&path).and_then(|folder| remove(&folder)) {
                    Ok(()) => self.teller.tell(Message::Removed(path)),
                    Err(error) => self.teller.fail("not deleted", &error),
                }
            }
        }
    }

    fn open(&self, path: &Path, shown: bool) -> Result<Opened, RunError> {
        let folder = RunFolder::open(path)?;
        let file = RunFile::read(&folder)?;
        let marks = Marks::read(path).unwrap_or_else(|error| {
            self.teller.fail("marks", &error);
            Marks::default()
        });
        let waker = self.waker.clone();
        let watch = Watch::open(path, move || waker.wake())?;
        Ok(Opened {
            folder,
            file,
            marks,
            watch,
            shown,
        })
    }

    fn edit_marks(&self, run: RunId, folder: &RunFolder, command: Command) {
        let edited = marks::edit(folder, |marks| match command {
            Command::Mark { sample, marked } => marks.mark(sample, marked),
            Command::Drop { sample, dropped } => marks.drop_sample(sample, dropped),
            _ => {}
        });
        let Err(error) = edited else {
            return;
        };
        self.teller.fail("the mark is not saved", &error);
        // The screens show it already: back to what the file says.
        if let Ok(marks) = Marks::read(folder.path()) {
            self.teller.tell(Message::Marks { run, marks });
        }
    }
}
