//! What a method has come to, read off its state: for those who have a checkpoint and no engine.

use super::report::Finish;
use super::state::{State, StateError};

/// What a method had come to when its state was taken.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reached {
    /// For each constraint, the activation nearest to its interval (or inside) met so far.
    pub best: Vec<Option<f32>>,
    /// Why the method has ended; none while it has not.
    pub finish: Option<Finish>,
}

impl Reached {
    /// Reads it off the state of any method.
    ///
    /// # Errors
    /// The state belongs to something else.
    pub fn of(state: &State) -> Result<Reached, StateError> {
        Ok(Reached {
            best: state.optional_f32("best", None)?,
            finish: Finish::from_integer(state.integer("finish")?)?,
        })
    }
}
