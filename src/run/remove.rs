//! Removing a run: the whole folder at once, and never anything but a run.

use std::fs;
use std::io;

use super::detach::WORKER_LOG;
use super::folder::{
    CHECKPOINT_FILE, HISTORY_FILE, IMAGES_FOLDER, LOCK_FILE, LOG_FILE, MARKS_FILE, RUN_FILE,
    RunFolder, SAMPLES_FILE, TENSORS_FILE,
};
use super::given::STARTS_FILE;
use super::lock::RunLock;
use super::{RunError, record};
use crate::files;

/// Everything that a run writes besides its pictures.
const FILES: [&str; 10] = [
    RUN_FILE,
    SAMPLES_FILE,
    TENSORS_FILE,
    HISTORY_FILE,
    CHECKPOINT_FILE,
    LOG_FILE,
    LOCK_FILE,
    STARTS_FILE,
    WORKER_LOG,
    MARKS_FILE,
];

/// Removes a run for good.
///
/// # Errors
/// A process works on it, it is no run folder or holds something that no run writes, or the folder
/// refuses; nothing is removed then.
pub fn remove(folder: &RunFolder) -> Result<(), RunError> {
    let path = folder.path();
    // It may have gone since it was opened.
    RunFolder::open(path)?;
    let _lock = RunLock::acquire(path)?;
    let refused = |error: io::Error| RunError::write(path, &error);
    if let Some(name) = foreign(folder).map_err(refused)? {
        return Err(RunError::NotARun {
            path: path.to_owned(),
            reason: format!("it also holds '{name}', which no run writes; move that away first"),
        });
    }
    // Out of sight at once, so that a removal that is cut short leaves no half of a run.
    let real = path.canonicalize().map_err(refused)?;
    let parent = real.parent().unwrap_or(&real);
    let grave = tempfile::Builder::new()
        .prefix(".removed-")
        .tempdir_in(parent)
        .map_err(refused)?;
    fs::rename(&real, grave.path().join("run")).map_err(refused)?;
    grave.close().map_err(refused)
}

/// Something in the folder that no run writes.
fn foreign(folder: &RunFolder) -> io::Result<Option<String>> {
    for entry in fs::read_dir(folder.path())? {
        let entry = entry?;
        let name = entry.file_name();
        let kind = entry.file_type()?;
        if name == IMAGES_FOLDER && kind.is_dir() {
            for picture in fs::read_dir(entry.path())? {
                let picture = picture?;
                if record::image_index(&picture.path()).is_none() {
                    let name = picture.file_name();
                    return Ok(Some(format!("{IMAGES_FOLDER}/{}", name.to_string_lossy())));
                }
            }
            continue;
        }
        let is_ours = kind.is_file() && FILES.iter().any(|ours| name == *ours);
        if !is_ours && !files::is_left_behind(&entry) {
            return Ok(Some(name.to_string_lossy().into_owned()));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::run::test_runs::run_with_samples;

    #[test]
    fn a_run_is_removed_with_everything_it_wrote_and_nothing_beside_it() {
        let parent = tempfile::tempdir().unwrap();
        let folder = run_with_samples(&parent.path().join("run"));
        fs::write(parent.path().join("beside"), "mine").unwrap();
        remove(&folder).unwrap();
        let left: Vec<_> = fs::read_dir(parent.path()).unwrap().collect();
        assert_eq!(left.len(), 1);
        assert!(matches!(remove(&folder), Err(RunError::NotARun { .. })));
    }

    #[test]
    fn a_run_that_is_held_is_not_removed() {
        let parent = tempfile::tempdir().unwrap();
        let folder = run_with_samples(&parent.path().join("run"));
        let lock = RunLock::acquire(folder.path()).unwrap();
        assert!(matches!(remove(&folder), Err(RunError::Held { .. })));
        drop(lock);
        assert!(folder.file(RUN_FILE).exists());
    }

    #[test]
    fn what_no_run_writes_is_not_removed() {
        let parent = tempfile::tempdir().unwrap();
        let folder = run_with_samples(&parent.path().join("run"));
        for mine in ["notes.txt", "images/best.png", "run.toml.bak"] {
            fs::write(folder.file(mine), "mine").unwrap();
            let error = remove(&folder).unwrap_err().to_string();
            assert!(error.contains(mine), "{error}");
            assert!(folder.file(SAMPLES_FILE).exists());
            fs::remove_file(folder.file(mine)).unwrap();
        }
        remove(&folder).unwrap();
    }
}
