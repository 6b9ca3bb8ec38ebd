//! What the screens are told: keys, and what the threads behind them have found.

use std::path::PathBuf;
use std::sync::Arc;

use super::chord::Chord;
use super::model::measuring::Measuring;
use super::model::run_view::{EmbeddingMap, Portrait};
use crate::bundle::Bundle;
use crate::machine::Gpu;
use crate::preview::Picture;
use crate::query::UnitIndex;
use crate::run::Listed;
use crate::run::Seen;
use crate::run::marks::Marks;
use crate::run::measure::ScoresSoFar;
use crate::run::run_file::RunFile;

/// Number of an open run, for as long as the program lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RunId(pub u64);

/// A bundle that is ready to be asked.
pub struct OpenBundle {
    /// As it was named.
    pub name: String,
    /// The bundle.
    pub bundle: Bundle,
    /// All that can be named in it.
    pub units: UnitIndex,
}

/// What the mouse does, where the user gave it to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mouse {
    /// The wheel was turned up.
    WheelUp,
    /// The wheel was turned down.
    WheelDown,
    /// The left button was pressed.
    Click {
        /// From the left.
        column: u16,
        /// From the top.
        row: u16,
    },
}

/// Something that happened.
pub enum Message {
    /// A key.
    Key(Chord),
    /// Text was pasted.
    Paste(String),
    /// The mouse.
    Mouse(Mouse),
    /// The terminal has another size.
    Resized {
        /// Columns.
        width: u16,
        /// Rows.
        height: u16,
    },
    /// A bundle was opened, or could not be.
    Bundle {
        /// As it was asked for.
        name: String,
        /// The bundle, or why there is none.
        opened: Result<Arc<OpenBundle>, String>,
    },
    /// A run was made and its worker started.
    Started {
        /// Its folder.
        path: PathBuf,
        /// Whether it is shown at once, and not only compared.
        shown: bool,
    },
    /// A run that was asked for could not be made or started.
    NotStarted {
        /// Why not.
        reason: String,
        /// Whether it was to be shown.
        shown: bool,
    },
    /// A worker has taken up a run, or has ended.
    Begun(PathBuf),
    /// A run was opened.
    Run {
        /// Its number.
        id: RunId,
        /// Its folder.
        path: PathBuf,
        /// Its `run.toml`.
        file: Box<RunFile>,
        /// Whether it is shown at once, and not only compared.
        shown: bool,
    },
    /// A run told something.
    Seen {
        /// Which.
        run: RunId,
        /// What.
        seen: Seen,
    },
    /// The marks of a run were read.
    Marks {
        /// Which.
        run: RunId,
        /// Its marks.
        marks: Marks,
    },
    /// The picture of a sample was read.
    Picture {
        /// The run.
        run: RunId,
        /// The sample.
        sample: u64,
        /// Its picture.
        picture: Arc<Picture>,
    },
    /// The embeddings of a run were read.
    Map {
        /// Which.
        run: RunId,
        /// Its map.
        map: Arc<EmbeddingMap>,
    },
    /// The saved samples of a run were scored, or could not be.
    Scores {
        /// Which.
        run: RunId,
        /// Their scores, or why there are none.
        scores: Result<Arc<ScoresSoFar>, String>,
    },
    /// A run is being measured, or was.
    Measuring {
        /// Which.
        run: RunId,
        /// How far that is.
        measuring: Measuring,
    },
    /// The classifier looked at a sample.
    Portrait {
        /// The run.
        run: RunId,
        /// What it sees.
        portrait: Arc<Portrait>,
    },
    /// The run folders there are.
    Catalogue(Vec<Listed>),
    /// What the GPU does; none where there is none.
    Gpu(Option<Gpu>),
    /// A run's folder was deleted.
    Removed(PathBuf),
    /// Something was done that is worth a line.
    Done(String),
    /// Something could not be done.
    Failed(String),
    /// The system asks to end.
    Terminate,
}
