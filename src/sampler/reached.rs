//! What a method has come to, read off its state: for those who have a checkpoint and no engine.

use super::reach::Reach;
use super::report::Finish;
use super::state::{State, StateError};

/// What a method had come to when its state was taken.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reached {
    /// For each constraint, the activation nearest to its interval (or inside) met so far.
    pub best: Vec<Option<f32>>,
    /// Of as many starts as the method has rows, those that came nearest to all intervals at once:
    /// the activations `[m]` of each where it was nearest. See
    /// [`super::nearest_reachable`]. Empty where the state is only the head of a checkpoint.
    pub nearest: Vec<Vec<f32>>,
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
            nearest: Reach::load(state)?.map_or(Vec::new(), |reach| reach.nearest()),
            finish: Finish::from_integer(state.integer("finish")?)?,
        })
    }
}
