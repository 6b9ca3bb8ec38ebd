//! The folder of a sweep: one writer, and nothing in it that is no part of the sweep.

use std::ffi::OsStr;
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
                let name = entry.map_err(|error| refused(&error))?.file_name();
                // What a kill leaves before sweep.toml is there.
                let is_ours = name == LOCK_FILE || is_temporary(&name);
                if !is_ours {
                    return Err(SweepError::Occupied(path.to_owned()));
                }
            }
        }
        let folder = SweepFolder {
            _lock: RunLock::acquire(path)?,
            path: path.to_owned(),
            is_new,
        };
        for entry in fs::read_dir(path)
            .map_err(|error| refused(&error))?
            .flatten()
        {
            if is_temporary(&entry.file_name()) {
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

    /// Removes a folder that this process made for a sweep of which no run could start.
    pub(super) fn discard(&self) {
        if self.is_new {
            // Only what is ours goes; a folder with anything else in it stays.
            let _ = fs::remove_file(self.path.join(SWEEP_FILE));
            let _ = fs::remove_file(self.path.join(LOCK_FILE));
            let _ = fs::remove_dir(&self.path);
        }
    }
}

fn is_temporary(name: &OsStr) -> bool {
    name.to_string_lossy().starts_with(files::TEMPORARY)
}
