//! What the screens ask of the world. [`super::update()`] decides, `tasks` does it.

use std::path::PathBuf;

use super::message::RunId;
use crate::run::Request;
use crate::run::control::Command;

/// Something to be done.
#[derive(Debug, Clone)]
pub enum Effect {
    /// Open a bundle by its name or folder.
    OpenBundle(String),
    /// Make a run and start its worker.
    Start {
        /// What is asked for.
        request: Box<Request>,
        /// Whether it is shown at once, and not only compared.
        shown: bool,
    },
    /// Open a run to look at it.
    Watch {
        /// Its folder.
        path: PathBuf,
        /// Whether it is shown at once.
        shown: bool,
    },
    /// Look at once whether a run has a worker.
    Look(PathBuf),
    /// Start a worker that goes on with a run.
    Resume(PathBuf),
    /// Close a run that was looked at.
    Forget(RunId),
    /// Give an order to the worker of a run.
    Give(RunId, Command),
    /// Mark or hide a sample of a run that nobody works.
    EditMarks(RunId, Command),
    /// Read the pictures of samples.
    LoadPictures(RunId, Vec<u64>),
    /// Read the embeddings of a run.
    LoadMap(RunId),
    /// Let the classifier look at a sample.
    Portray(RunId, u64),
    /// Keep the scores of the saved samples of these runs up to date, and of no others.
    Score(Vec<RunId>),
    /// Evaluate and score the saved samples of a run again, with the judge and real images.
    Measure(RunId),
    /// List all run folders.
    ListRuns,
    /// Delete a run's folder.
    RemoveRun(PathBuf),
    /// Save samples elsewhere.
    Export {
        /// The run.
        run: RunId,
        /// Which.
        samples: Vec<u64>,
        /// Where.
        to: PathBuf,
    },
    /// Copy text to the clipboard of the terminal.
    Copy(String),
    /// Draw pictures in the next way.
    NextGraphics,
    /// Draw everything anew.
    Redraw,
    /// Back to the shell for a while.
    Suspend,
    /// The end.
    Quit,
}
