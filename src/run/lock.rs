//! One writer for each run, and for each sweep. The lock is the kernel's, so that it goes with its process however
//! that ends; the file says who holds it and where it listens.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};

use super::RunError;
use super::folder::{LOCK_FILE, RunFolder};

/// What stands in the lock file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The writing process.
    pub pid: u32,
    /// The socket it listens on, if it does.
    pub socket: Option<PathBuf>,
}

/// The right to write a run or a sweep, until dropped.
#[derive(Debug)]
pub struct RunLock {
    file: File,
    path: PathBuf,
}

impl RunLock {
    /// Takes the lock of the folder of a run or of a sweep.
    ///
    /// # Errors
    /// Another process holds it, or the file cannot be written.
    pub fn acquire(folder: &Path) -> Result<RunLock, RunError> {
        let path = folder.join(LOCK_FILE);
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(|error| RunError::write(&path, &error))?;
        if flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
            return Err(RunError::Held {
                path: folder.to_owned(),
                pid: read_holder(&path).map_or(0, |holder| holder.pid),
            });
        }
        let mut lock = RunLock { file, path };
        lock.announce(None)?;
        Ok(lock)
    }

    /// Writes where the holder listens.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn announce(&mut self, socket: Option<PathBuf>) -> Result<(), RunError> {
        let holder = Holder {
            pid: std::process::id(),
            socket,
        };
        let text = serde_json::json!(holder).to_string() + "\n";
        let mut write = || {
            self.file.set_len(0)?;
            self.file.rewind()?;
            self.file.write_all(text.as_bytes())
        };
        write().map_err(|error| RunError::write(&self.path, &error))
    }
}

/// Who holds a run now; `None` when nobody does.
pub fn holder(folder: &RunFolder) -> Option<Holder> {
    let path = folder.file(LOCK_FILE);
    let file = File::open(&path).ok()?;
    if flock(&file, FlockOperation::NonBlockingLockShared).is_ok() {
        return None;
    }
    read_holder(&path)
}

fn read_holder(path: &Path) -> Option<Holder> {
    let mut text = String::new();
    // A lock is a line; anything longer is not one of ours.
    File::open(path)
        .ok()?
        .take(4096)
        .read_to_string(&mut text)
        .ok()?;
    serde_json::from_str(&text).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_second_writer_is_refused_while_the_first_lives() {
        let parent = tempfile::tempdir().unwrap();
        let folder = RunFolder::create(&parent.path().join("run")).unwrap();
        assert_eq!(holder(&folder), None);
        let lock = RunLock::acquire(folder.path()).unwrap();
        let pid = std::process::id();
        assert!(matches!(
            RunLock::acquire(folder.path()),
            Err(RunError::Held { pid: held, .. }) if held == pid
        ));
        assert_eq!(holder(&folder).unwrap().pid, pid);
        drop(lock);
        assert_eq!(holder(&folder), None);
        RunLock::acquire(folder.path()).unwrap();
    }
}
