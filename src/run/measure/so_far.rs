//! Scores of the samples that a run has saved so far, cheap enough to be taken again and again while it
//! is at work: the numbers that [`super::measure()`] has for E, without their intervals, from the folder
//! alone. No network runs.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;

use ndarray::{ArrayView2, Axis};

use crate::metrics::{Bandwidth, PairDistances, Scores};
use crate::run::folder::TENSORS_FILE;
use crate::run::record::SampleTensors;
use crate::run::run_file::RunFile;
use crate::run::score::{matrix, optimised_bandwidth, optimised_space};
use crate::run::start::open_bundle;
use crate::run::{RunError, RunFolder};

/// Most samples that are scored at once: a Vendi score takes time in the third power of them.
pub const MOST_SCORED: usize = 512;

/// Scores of the saved samples in E.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoresSoFar {
    /// Samples that are saved.
    pub saved: usize,
    /// Scores of all of them, or of [`MOST_SCORED`] at even distances where there are more:
    /// `scores.diversity.n` says of how many.
    pub scores: Scores,
}

/// Which samples are saved: another value after every checkpoint that saved more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Saved {
    inode: u64,
    bytes: u64,
    seconds: i64,
    nanoseconds: i64,
}

impl Saved {
    /// Of the run in a folder; none before its first checkpoint.
    pub fn of(folder: &RunFolder) -> Option<Saved> {
        let facts: Metadata = fs::metadata(folder.file(TENSORS_FILE)).ok()?;
        Some(Saved {
            inode: facts.ino(),
            bytes: facts.len(),
            seconds: facts.mtime(),
            nanoseconds: facts.mtime_nsec(),
        })
    }
}

/// What scores of a run need besides its samples, read once.
#[derive(Debug, Clone)]
pub struct Scorer {
    folder: RunFolder,
    /// The name of E.
    encoder: String,
    /// The bandwidth of real images in E, where the statistics have one.
    bandwidth: Option<Bandwidth>,
}

impl Scorer {
    /// For the run in a folder.
    ///
    /// # Errors
    /// A file is damaged, or the bundle changed since the run started.
    pub fn open(folder: &RunFolder) -> Result<Scorer, RunError> {
        let file = RunFile::read(folder)?;
        let bundle = open_bundle(folder, &file)?;
        Ok(Scorer {
            folder: folder.clone(),
            encoder: optimised_space(&bundle),
            bandwidth: optimised_bandwidth(&bundle),
        })
    }

    /// Scores what is saved now.
    ///
    /// # Errors
    /// Nothing is saved yet, or the file is damaged.
    pub fn score(&self) -> Result<ScoresSoFar, RunError> {
        let samples = SampleTensors::read(&self.folder)?;
        let all = matrix(&samples.embeddings, samples.embedding_length)?;
        Ok(ScoresSoFar {
            saved: samples.len(),
            scores: self.of(all),
        })
    }

    fn of(&self, all: ArrayView2<'_, f32>) -> Scores {
        let picked = all.select(Axis(0), &evenly(all.nrows(), MOST_SCORED));
        let pairs = PairDistances::of(picked.view());
        let (name, rows) = (self.encoder.as_str(), picked.view());
        Scores::without_intervals(name, rows, &pairs, self.bandwidth)
    }
}

/// The places of `most` of `length` things at even distances; all where there are no more.
fn evenly(length: usize, most: usize) -> Vec<usize> {
    let picked = length.min(most);
    (0..picked).map(|at| at * length / picked).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_are_all_taken_and_of_many_as_many_as_asked_for_from_end_to_end() {
        assert_eq!(evenly(0, 4), [0; 0]);
        assert_eq!(evenly(3, 4), [0, 1, 2]);
        assert_eq!(evenly(4, 4), [0, 1, 2, 3]);
        assert_eq!(evenly(10, 4), [0, 2, 5, 7]);
        let many = evenly(100_000, MOST_SCORED);
        assert_eq!(many.len(), MOST_SCORED);
        assert!(many.is_sorted_by(|a, b| a < b) && many[MOST_SCORED - 1] < 100_000);
    }
}
