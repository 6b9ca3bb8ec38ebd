//! `history.jsonl` and `log.txt`: a line for each step, and what happened besides.

use ndarray::{Array2, ArrayView2, s};
use serde::{Deserialize, Serialize};

use super::diversity_now::DiversityNow;
use super::folder::{HISTORY_FILE, LOG_FILE, LineFile, RunFolder};
use super::{RunError, no_number};

/// One line of `history.jsonl`: a step, or an event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum HistoryLine {
    /// A step was done.
    Step {
        /// Its number, from 1.
        step: u64,
        /// Codes evaluated forwards so far.
        forwards: u64,
        /// Rows inside every interval.
        n_feasible: u64,
        /// The objective; absent when not finite.
        objective: Option<f64>,
        /// Wall time of the step loop so far.
        seconds: f64,
        /// Latest activations of the first rows, one column for each constraint; not a number where
        /// none is known, which is `null` in JSON.
        #[serde(
            default,
            skip_serializing_if = "Option::is_none",
            deserialize_with = "no_number::optional_rows"
        )]
        activations: Option<Vec<Vec<f32>>>,
        /// Scores of the rows, at the steps that take them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        diversity: Option<DiversityNow>,
    },
    /// Something happened between two steps.
    Event {
        /// Steps done before it.
        step: u64,
        /// What.
        event: String,
    },
}

/// Most rows whose activations a step keeps.
const ROWS: usize = 64;

/// The activations that a step keeps.
pub(super) fn first_rows(activations: &Array2<f32>) -> Vec<Vec<f32>> {
    rows_of(activations.slice(s![..activations.nrows().min(ROWS), ..]))
}

/// A matrix as rows of numbers.
pub(super) fn rows_of(matrix: ArrayView2<'_, f32>) -> Vec<Vec<f32>> {
    let rows = matrix.rows().into_iter();
    rows.map(|row| row.to_vec()).collect()
}

/// Writes both files.
pub(super) struct History {
    lines: LineFile,
    log: LineFile,
}

impl History {
    /// Continues both files at the given lengths.
    pub(super) fn open(
        folder: &RunFolder,
        history_length: u64,
        log_length: u64,
    ) -> Result<History, RunError> {
        Ok(History {
            lines: LineFile::open(&folder.file(HISTORY_FILE), history_length)?,
            log: LineFile::open(&folder.file(LOG_FILE), log_length)?,
        })
    }

    pub(super) fn append(&mut self, line: &HistoryLine) -> Result<(), RunError> {
        if let HistoryLine::Event { step, event } = line {
            self.log.append(&format!("step {step}: {event}"))?;
        }
        let text = serde_json::to_string(line).map_err(|error| RunError::Damaged {
            path: self.lines.path().to_owned(),
            reason: error.to_string(),
        })?;
        self.lines.append(&text)
    }

    /// Lengths of both files, once on the disk.
    pub(super) fn sync(&mut self) -> Result<(u64, u64), RunError> {
        Ok((self.lines.sync()?, self.log.sync()?))
    }
}
