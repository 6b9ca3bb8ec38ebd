//! The files of a run folder and the two ways they are written: replaced whole or appended to.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::given::STARTS_FILE;
use super::{RunError, lock};
use crate::files;

/// Everything needed to repeat the run.
pub const RUN_FILE: &str = "run.toml";
/// One line for each accepted sample.
pub const SAMPLES_FILE: &str = "samples.jsonl";
/// Codes, embeddings and activations of the accepted samples.
pub const TENSORS_FILE: &str = "samples.safetensors";
/// One line for each step, and events.
pub const HISTORY_FILE: &str = "history.jsonl";
/// What a resumed run starts from.
pub const CHECKPOINT_FILE: &str = "checkpoint.safetensors";
/// Messages for people.
pub const LOG_FILE: &str = "log.txt";
/// Who writes the run, and where it listens.
pub const LOCK_FILE: &str = "lock";
/// Which samples are marked, and which dropped.
pub const MARKS_FILE: &str = "marks.json";
/// Pictures, one PNG for each accepted sample.
pub const IMAGES_FOLDER: &str = "images";

/// A folder that holds, or will hold, a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunFolder {
    path: PathBuf,
}

impl RunFolder {
    /// Makes the folder of a new run.
    ///
    /// # Errors
    /// It exists, or cannot be made.
    pub fn create(path: &Path) -> Result<RunFolder, RunError> {
        if let Some(parent) = path.parent()
            && !parent.as_os_str().is_empty()
        {
            fs::create_dir_all(parent).map_err(|error| RunError::write(parent, &error))?;
        }
        match fs::create_dir(path) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(RunError::Exists(path.to_owned()));
            }
            Err(error) => return Err(RunError::write(path, &error)),
        }
        let folder = RunFolder {
            path: path.to_owned(),
        };
        let images = folder.file(IMAGES_FOLDER);
        fs::create_dir(&images).map_err(|error| {
            folder.discard();
            RunError::write(&images, &error)
        })?;
        Ok(folder)
    }

    /// An existing run folder.
    ///
    /// # Errors
    /// There is no `run.toml` in it.
    pub fn open(path: &Path) -> Result<RunFolder, RunError> {
        if !path.join(RUN_FILE).is_file() {
            return Err(RunError::NotARun {
                path: path.to_owned(),
                reason: if path.is_dir() {
                    format!("it has no {RUN_FILE}")
                } else {
                    "no such folder".to_owned()
                },
            });
        }
        Ok(RunFolder {
            path: path.to_owned(),
        })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A file in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// The picture of a sample, relative to the folder.
    pub fn image_name(index: u64) -> String {
        format!("{IMAGES_FOLDER}/{index:05}.png")
    }

    /// Removes a folder that was made for a run that could not start.
    pub fn discard(&self) {
        // Nothing can be done about a folder that cannot be removed; the first error is reported.
        let _ = fs::remove_dir_all(&self.path);
    }

    /// Removes what a kill leaves of a run that never started: a folder without `run.toml`, and
    /// nothing in it but what a run writes before that. Does nothing where there is no folder.
    ///
    /// # Errors
    /// Another process is starting a run there, it holds something else, or it cannot be removed.
    pub(super) fn discard_unstarted(path: &Path) -> Result<(), RunError> {
        if !path.exists() {
            return Ok(());
        }
        let folder = RunFolder {
            path: path.to_owned(),
        };
        if let Some(holder) = lock::holder(&folder) {
            return Err(RunError::Held {
                path: path.to_owned(),
                pid: holder.pid,
            });
        }
        let refused = |error: io::Error| RunError::write(path, &error);
        for entry in fs::read_dir(path).map_err(refused)? {
            let entry = entry.map_err(refused)?;
            let name = entry.file_name();
            let is_ours = if name == IMAGES_FOLDER {
                fs::read_dir(entry.path())
                    .map_err(refused)?
                    .next()
                    .is_none()
            } else {
                name == LOCK_FILE || name == STARTS_FILE || files::is_left_behind(&entry)
            };
            if !is_ours {
                return Err(RunError::Exists(path.to_owned()));
            }
        }
        fs::remove_dir_all(path).map_err(refused)
    }

    /// Replaces a file whole: a reader sees the old bytes or the new ones, never a mixture.
    ///
    /// # Errors
    /// The file cannot be written; the old one stays.
    pub fn replace(&self, name: &str, bytes: &[u8]) -> Result<(), RunError> {
        let target = self.file(name);
        files::replace(&target, bytes).map_err(|error| RunError::write(&target, &error))
    }
}

/// A file that grows by whole lines.
#[derive(Debug)]
pub struct LineFile {
    path: PathBuf,
    file: File,
    length: u64,
}

impl LineFile {
    /// Opens a file for appending, cut to `length` bytes first: what was written after a checkpoint
    /// is written again by the replay.
    ///
    /// # Errors
    /// The file cannot be opened, or is shorter than `length`.
    pub fn open(path: &Path, length: u64) -> Result<LineFile, RunError> {
        let open = || -> io::Result<(File, u64)> {
            let file = OpenOptions::new().create(true).append(true).open(path)?;
            let there = file.metadata()?.len();
            if there > length {
                file.set_len(length)?;
            }
            Ok((file, there))
        };
        let (file, there) = open().map_err(|error| RunError::write(path, &error))?;
        if there < length {
            return Err(RunError::Damaged {
                path: path.to_owned(),
                reason: format!("{there} bytes, but the checkpoint counted {length}"),
            });
        }
        Ok(LineFile {
            path: path.to_owned(),
            file,
            length,
        })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends one line.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn append(&mut self, line: &str) -> Result<(), RunError> {
        let mut bytes = Vec::with_capacity(line.len() + 1);
        bytes.extend_from_slice(line.as_bytes());
        bytes.push(b'\n');
        self.file
            .write_all(&bytes)
            .map_err(|error| RunError::write(&self.path, &error))?;
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// Bytes written so far, once they are on the disk.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn sync(&mut self) -> Result<u64, RunError> {
        self.file
            .sync_data()
            .map_err(|error| RunError::write(&self.path, &error))?;
        Ok(self.length)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_existing_folder_is_refused_and_left_alone() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("run");
        RunFolder::create(&path).unwrap();
        fs::write(path.join("mine"), "x").unwrap();
        assert!(matches!(RunFolder::create(&path), Err(RunError::Exists(_))));
        assert!(path.join("mine").exists());
    }

    #[test]
    fn only_what_a_run_writes_before_it_starts_is_discarded() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("run");
        RunFolder::discard_unstarted(&path).unwrap();
        RunFolder::create(&path).unwrap();
        fs::write(path.join(LOCK_FILE), "").unwrap();
        fs::write(path.join(".tmpAbCdEf"), "invset =").unwrap();
        RunFolder::discard_unstarted(&path).unwrap();
        assert!(!path.exists());
        for mine in ["mine", ".tmp.mine", RUN_FILE, "images/mine.png"] {
            RunFolder::create(&path).unwrap();
            fs::write(path.join(mine), "x").unwrap();
            assert!(matches!(
                RunFolder::discard_unstarted(&path),
                Err(RunError::Exists(_))
            ));
            assert!(path.join(mine).exists());
            fs::remove_dir_all(&path).unwrap();
        }
    }

    #[test]
    fn appended_files_are_cut_to_the_length_of_the_checkpoint() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines");
        fs::write(&path, "one\ntwo\nto").unwrap();
        let mut lines = LineFile::open(&path, 4).unwrap();
        lines.append("zwei").unwrap();
        assert_eq!(lines.sync().unwrap(), 9);
        assert_eq!(fs::read_to_string(&path).unwrap(), "one\nzwei\n");
    }

    #[test]
    fn a_file_shorter_than_its_checkpoint_is_damaged() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines");
        fs::write(&path, "one\n").unwrap();
        assert!(matches!(
            LineFile::open(&path, 9),
            Err(RunError::Damaged { .. })
        ));
    }

    #[test]
    fn replacing_leaves_no_other_file_behind() {
        let parent = tempfile::tempdir().unwrap();
        let folder = RunFolder::create(&parent.path().join("run")).unwrap();
        folder.replace(RUN_FILE, b"a").unwrap();
        folder.replace(RUN_FILE, b"b").unwrap();
        assert_eq!(fs::read(folder.file(RUN_FILE)).unwrap(), b"b");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }
}
