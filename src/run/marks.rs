//! `marks.json`: which samples somebody marked, and which they dropped from sight. The samples
//! themselves stay as they are.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::folder::{MARKS_FILE, RunFolder};
use super::lock::RunLock;
use super::{RunError, record};

/// The marks of a run, by the indices of its samples.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Marks {
    /// Samples that stand out.
    pub marked: BTreeSet<u64>,
    /// Samples that are not shown and not exported.
    pub dropped: BTreeSet<u64>,
}

impl Marks {
    /// Reads those of a run; none where there is no file.
    ///
    /// # Errors
    /// The file is damaged.
    pub fn read(folder: &Path) -> Result<Marks, RunError> {
        let path = folder.join(MARKS_FILE);
        let damaged = |reason: String| RunError::Damaged {
            path: path.clone(),
            reason,
        };
        match fs::read_to_string(&path) {
            Ok(text) => serde_json::from_str(&text).map_err(|error| damaged(error.to_string())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Marks::default()),
            Err(error) => Err(damaged(error.to_string())),
        }
    }

    /// Marks a sample, or takes its mark away.
    pub fn mark(&mut self, sample: u64, marked: bool) {
        put(&mut self.marked, sample, marked);
    }

    /// Drops a sample from sight, or brings it back.
    pub fn drop_sample(&mut self, sample: u64, dropped: bool) {
        put(&mut self.dropped, sample, dropped);
    }

    /// Forgets the samples from `first` on; says whether there were any.
    pub(super) fn forget_from(&mut self, first: u64) -> bool {
        let marked = self.marked.split_off(&first);
        let dropped = self.dropped.split_off(&first);
        !(marked.is_empty() && dropped.is_empty())
    }

    /// Replaces the file.
    pub(super) fn write(&self, folder: &RunFolder) -> Result<(), RunError> {
        let text = serde_json::to_string(self).map_err(|error| RunError::Damaged {
            path: folder.file(MARKS_FILE),
            reason: error.to_string(),
        })?;
        folder.replace(MARKS_FILE, (text + "\n").as_bytes())
    }
}

fn put(samples: &mut BTreeSet<u64>, sample: u64, present: bool) {
    if present {
        samples.insert(sample);
    } else {
        samples.remove(&sample);
    }
}

/// Changes the marks of a run that nobody works on: takes its lock for a moment. A run at work
/// takes orders on its socket instead. Gives the marks as they are then.
///
/// # Errors
/// Another process holds the run, a sample does not exist, the file is damaged or cannot be
/// written; the marks stay as they were.
pub fn edit(folder: &RunFolder, change: impl FnOnce(&mut Marks)) -> Result<Marks, RunError> {
    let _lock = RunLock::acquire(folder.path())?;
    let before = Marks::read(folder.path())?;
    let mut marks = before.clone();
    change(&mut marks);
    if marks == before {
        return Ok(before);
    }
    let n = record::read_samples(folder.path())?.len() as u64;
    let last = marks.marked.last().max(marks.dropped.last()).copied();
    if let Some(sample) = last.filter(|&sample| sample >= n) {
        return Err(RunError::NoSample { sample, n });
    }
    marks.write(folder)?;
    Ok(marks)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::run::folder::SAMPLES_FILE;

    /// A folder with two samples.
    fn folder(parent: &tempfile::TempDir) -> RunFolder {
        let folder = RunFolder::create(&parent.path().join("run")).unwrap();
        let line = |index: u64| {
            let line = record::SampleLine {
                index,
                seed: 1,
                step: 2,
                start: 0,
                activations: vec![0.5],
                image: RunFolder::image_name(index),
                source: None,
                from_start: None,
            };
            serde_json::to_string(&line).unwrap() + "\n"
        };
        fs::write(folder.file(SAMPLES_FILE), line(0) + &line(1)).unwrap();
        folder
    }

    #[test]
    fn marks_are_kept_and_taken_away_again() {
        let parent = tempfile::tempdir().unwrap();
        let folder = folder(&parent);
        assert_eq!(Marks::read(folder.path()).unwrap(), Marks::default());
        edit(&folder, |marks| {
            marks.mark(1, true);
            marks.mark(0, true);
            marks.drop_sample(1, true);
        })
        .unwrap();
        let text = fs::read_to_string(folder.file(MARKS_FILE)).unwrap();
        assert_eq!(text, "{\"marked\":[0,1],\"dropped\":[1]}\n");
        let marks = edit(&folder, |marks| marks.mark(0, false)).unwrap();
        assert_eq!(Marks::read(folder.path()).unwrap(), marks);
        assert_eq!(marks.marked, BTreeSet::from([1]));
    }

    #[test]
    fn a_sample_that_is_not_there_cannot_be_marked() {
        let parent = tempfile::tempdir().unwrap();
        let folder = folder(&parent);
        let error = edit(&folder, |marks| marks.mark(2, true)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "there is no sample 2: the run has 2 so far"
        );
        assert!(!folder.file(MARKS_FILE).exists());
    }

    #[test]
    fn marks_of_a_run_at_work_are_its_workers() {
        let parent = tempfile::tempdir().unwrap();
        let folder = folder(&parent);
        let lock = RunLock::acquire(folder.path()).unwrap();
        let refused = edit(&folder, |marks| marks.mark(0, true));
        assert!(matches!(refused, Err(RunError::Held { .. })));
        drop(lock);
        edit(&folder, |marks| marks.mark(0, true)).unwrap();
    }

    #[test]
    fn damaged_marks_are_named_and_not_replaced() {
        let parent = tempfile::tempdir().unwrap();
        let folder = folder(&parent);
        fs::write(folder.file(MARKS_FILE), "{\"marked\":[-1]}").unwrap();
        let error = edit(&folder, |marks| marks.mark(0, true)).unwrap_err();
        assert!(error.to_string().contains("marks.json"), "{error}");
    }

    #[test]
    fn samples_that_will_be_others_lose_their_marks() {
        let mut marks = Marks::default();
        marks.mark(1, true);
        marks.drop_sample(3, true);
        assert!(!marks.forget_from(4));
        assert!(marks.forget_from(2));
        assert_eq!(marks.marked, BTreeSet::from([1]));
        assert!(marks.dropped.is_empty());
    }
}
