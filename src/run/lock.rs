//! One writer for each run, and for each sweep. The lock is the kernel's, so that it goes with its process however
//! that ends; the file says who holds it and where it listens.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};

use super::RunError;
use super::folder::{LOCK_FILE, RunFolder};

/// How often a lock that is held is looked at again, and how long after: whoever asks for its holder
/// takes it for an instant.
const LOOKS: u32 = 10;
const BETWEEN_LOOKS: Duration = Duration::from_millis(5);

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
        let mut looks = 0;
        while flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
            if looks == LOOKS {
                return Err(RunError::Held {
                    path: folder.to_owned(),
                    pid: read_holder(&path).map_or(0, |holder| holder.pid),
                });
            }
            looks += 1;
            thread::sleep(BETWEEN_LOOKS);
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

/// Who holds a run now; `None` when nobody does. While the holder is writing its name it is 0.
pub fn holder(folder: &RunFolder) -> Option<Holder> {
    let path = folder.file(LOCK_FILE);
    let file = File::open(&path).ok()?;
    if flock(&file, FlockOperation::NonBlockingLockShared).is_ok() {
        return None;
    }
    let nameless = Holder {
        pid: 0,
        socket: None,
    };
    Some(read_holder(&path).unwrap_or(nameless))
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

    #[test]
    fn whoever_asks_for_the_holder_keeps_nobody_from_becoming_it() {
        let parent = tempfile::tempdir().unwrap();
        let folder = RunFolder::create(&parent.path().join("run")).unwrap();
        RunLock::acquire(folder.path()).unwrap();
        let asked = File::open(folder.file(LOCK_FILE)).unwrap();
        flock(&asked, FlockOperation::NonBlockingLockShared).unwrap();
        let path = folder.path().to_owned();
        let worker = thread::spawn(move || RunLock::acquire(&path).map(drop));
        thread::sleep(BETWEEN_LOOKS);
        drop(asked);
        worker.join().unwrap().unwrap();
    }

    #[test]
    fn a_holder_that_has_not_said_its_name_yet_holds_all_the_same() {
        let parent = tempfile::tempdir().unwrap();
        let folder = RunFolder::create(&parent.path().join("run")).unwrap();
        let _lock = RunLock::acquire(folder.path()).unwrap();
        std::fs::write(folder.file(LOCK_FILE), "").unwrap();
        assert_eq!(holder(&folder).unwrap().pid, 0);
    }
}
