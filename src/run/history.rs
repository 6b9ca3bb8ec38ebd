//! `history.jsonl` and `log.txt`: a line for each step, and what happened besides.

use serde::{Deserialize, Serialize};

use super::RunError;
use super::folder::{HISTORY_FILE, LOG_FILE, LineFile, RunFolder};

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
    },
    /// Something happened between two steps.
    Event {
        /// Steps done before it.
        step: u64,
        /// What.
        event: String,
    },
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
        self.lines.append(&serde_json::json!(line).to_string())
    }

    /// Lengths of both files, once on the disk.
    pub(super) fn sync(&mut self) -> Result<(u64, u64), RunError> {
        Ok((self.lines.sync()?, self.log.sync()?))
    }
}
