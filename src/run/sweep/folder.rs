//! The folder of a sweep: one writer, and nothing in it that is no part of the sweep.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::error::SweepError;
use super::file::SWEEP_FILE;
use crate::files;
use crate::run::RunError;
use crate::run::folder::LOCK_FILE;
use crate::run::lock::RunLock;

/// The folder of a sweep that this process may write.
#[derive(Debug)]
pub(super) struct SweepFolder {
    path: PathBuf,
    /// Held until the sweep is dropped.
    _lock: RunLock,
    /// Whether this process made the folder.
    is_new: bool,
    /// Whether a sweep was in it before.
    was_started: bool,
}

impl SweepFolder {
    /// Takes a folder for a sweep, making it where there is none.
    ///
    /// # Errors
    /// It holds something else, another process sweeps into it, or it cannot be written.
    pub(super) fn claim(path: &Path) -> Result<SweepFolder, SweepError> {
        let refused = |error: &io::Error| SweepError::from(RunError::write(path, error));
        let is_new = !path.exists();
        if is_new {
            fs::create_dir_all(path).map_err(|error| refused(&error))?;
        } else if !path.join(SWEEP_FILE).exists() {
            for entry in fs::read_dir(path).map_err(|error| refused(&error))? {
                let entry = entry.map_err(|error| refused(&error))?;
                // What a kill leaves before sweep.toml is there.
                let is_ours = entry.file_name() == LOCK_FILE || files::is_left_behind(&entry);
                if !is_ours {
                    return Err(SweepError::Occupied(path.to_owned()));
                }
            }
        }
        let folder = SweepFolder {
            _lock: RunLock::acquire(path)?,
            path: path.to_owned(),
            is_new,
            was_started: path.join(SWEEP_FILE).exists(),
        };
        for entry in fs::read_dir(path)
            .map_err(|error| refused(&error))?
            .flatten()
        {
            if files::is_left_behind(&entry) {
                // Half a sweep.toml; one that stays does no harm.
                let _ = fs::remove_file(entry.path());
            }
        }
        Ok(folder)
    }

    /// Takes the folder of a sweep that was started.
    ///
    /// # Errors
    /// It is none, another process sweeps into it, or it cannot be written.
    pub(super) fn open(path: &Path) -> Result<SweepFolder, SweepError> {
        if !path.join(SWEEP_FILE).is_file() {
            return Err(SweepError::not_a_sweep(path.to_owned()));
        }
        SweepFolder::claim(path)
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Removes what this process wrote for a sweep of which no run could start, and the folder where
    /// it made that; a sweep that was in it before stays.
    pub(super) fn discard(&self) {
        if self.was_started {
            return;
        }
        let _ = fs::remove_file(self.path.join(SWEEP_FILE));
        let _ = fs::remove_file(self.path.join(LOCK_FILE));
        if self.is_new {
            // One with anything else in it stays.
            let _ = fs::remove_dir(&self.path);
        }
    }
}
