//! A sweep: the same interval and settings for many units, one run each, in one folder.
//!
//! Each run is what `sample` would have made of its unit, in a folder of its own, so that it can be
//! repeated, shown, scored and resumed alone. `sweep.toml` says what was asked for; how far a sweep
//! has come is read from its runs and stored nowhere else.

mod error;
mod file;
mod folder;
mod open;
mod report;
#[cfg(test)]
mod tests;
mod units;
mod work;

use std::path::Path;

pub use error::{SweepError, UnitProblem};
pub use file::{PlanFile, SWEEP_FILE, SweepFile};
pub use open::{SweepRequest, resume, start};
pub use report::{SweepReport, UnitReport};
pub use units::{Choice, SweepUnit};
pub use work::Watcher;

use super::Manner;
use super::ground::Ground;
use crate::runtime::Backend;
use folder::SweepFolder;

/// A sweep that this process may write.
pub struct Sweep {
    folder: SweepFolder,
    file: SweepFile,
    units: Vec<SweepUnit>,
    manner: Manner,
    ground: Ground,
}

impl Sweep {
    /// Its folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Its `sweep.toml`.
    pub fn file(&self) -> &SweepFile {
        &self.file
    }

    /// Its units, in the order they are sampled.
    pub fn units(&self) -> &[SweepUnit] {
        &self.units
    }

    /// The runtime that all its runs use.
    pub fn backend(&self) -> &Backend {
        &self.file.backend
    }

    /// Notes on the runtime, one line each.
    pub fn notes(&self) -> &[String] {
        &self.ground.opened.notes
    }
}
