//! How far a run has come, from its folder alone.

use super::checkpoint_head::CheckpointHead;
use super::folder::CHECKPOINT_FILE;
use super::{RunError, RunFolder};
use crate::sampler::{Finish, Reached};

/// What a run had come to at its last checkpoint.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Standing {
    /// Samples inside every interval on the re-check, and saved.
    pub n_feasible: u64,
    /// Steps done.
    pub steps: u64,
    /// Wall time of the step loop.
    pub seconds: f64,
    /// For each constraint, the activation nearest to its interval (or inside) met so far; empty
    /// before the first checkpoint.
    pub best: Vec<Option<f32>>,
    /// Why the run has ended; none while it has not.
    pub finish: Option<Finish>,
}

impl Standing {
    /// Reads it; another process may write the run meanwhile.
    ///
    /// # Errors
    /// The checkpoint is damaged.
    pub fn read(folder: &RunFolder) -> Result<Standing, RunError> {
        let Some(CheckpointHead { progress, state }) = CheckpointHead::read(folder)? else {
            return Ok(Standing::default());
        };
        let reached = Reached::of(&state).map_err(|error| RunError::Damaged {
            path: folder.file(CHECKPOINT_FILE),
            reason: error.to_string(),
        })?;
        Ok(Standing {
            n_feasible: progress.recorded,
            steps: progress.step,
            seconds: progress.seconds,
            best: reached.best,
            finish: reached.finish,
        })
    }
}
