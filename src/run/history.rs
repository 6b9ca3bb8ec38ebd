//! `history.jsonl` and `log.txt`: a line for each step, and what happened besides.

use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind};
use std::path::Path;

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

/// Visits the lines of the `history.jsonl` in a folder, in their order, one at a time: of a long run
/// they are more than one wants to hold. A line without an end is not there yet; one that is none of
/// ours is left out, for a later version may write others.
///
/// # Errors
/// The file cannot be read.
pub fn for_each_line(folder: &Path, mut visit: impl FnMut(HistoryLine)) -> Result<(), RunError> {
    let path = folder.join(HISTORY_FILE);
    let damaged = |error: std::io::Error| RunError::damaged(&path, &error);
    let mut file = match File::open(&path) {
        Ok(file) => BufReader::new(file),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(damaged(error)),
    };
    let mut line = Vec::new();
    loop {
        line.clear();
        file.read_until(b'\n', &mut line).map_err(damaged)?;
        if line.last() != Some(&b'\n') {
            return Ok(());
        }
        if let Ok(line) = serde_json::from_slice(&line) {
            visit(line);
        }
    }
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn whole_lines_of_ours_are_visited_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let read = || {
            let mut lines = Vec::new();
            for_each_line(folder.path(), |line| lines.push(line)).unwrap();
            lines
        };
        assert!(read().is_empty(), "no file is no line");
        let text = concat!(
            r#"{"step":1,"forwards":2,"n_feasible":0,"objective":null,"seconds":0.5,"activations":[[null],[2.0]]}"#,
            "\nnone of ours\n\n",
            r#"{"step":1,"event":"paused"}"#,
            "\n",
            r#"{"step":2,"event":"torn"}"#,
        );
        std::fs::write(folder.path().join(HISTORY_FILE), text).unwrap();
        let lines = read();
        assert_eq!(lines.len(), 2);
        let HistoryLine::Step { activations, .. } = &lines[0] else {
            unreachable!("{:?}", lines[0]);
        };
        assert!(activations.as_ref().unwrap()[0][0].is_nan());
        let event = HistoryLine::Event {
            step: 1,
            event: "paused".to_owned(),
        };
        assert_eq!(lines[1], event);
    }
}
