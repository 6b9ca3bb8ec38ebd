//! How `maximise` climbs: its settings.

use super::settings::SettingsError;
use serde::{Deserialize, Serialize};

/// Settings of `maximise`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Ascent {
    /// Steps from each start.
    pub steps: u64,
    /// What is left of a code's distance from the mean of a normal prior after each step, in
    /// [0, 1].
    pub decay: f64,
}

impl Ascent {
    /// Default number of steps, DGN-AM's own. On `fashion`, bag in p95.., 60 gave 8 of 8 slots their
    /// sample within four ascents each; in the closed p95..p99.9 two ascents of each gave 2 of 8.
    pub const STEPS: u64 = 200;
    /// Default decay, DGN-AM's own.
    pub const DECAY: f64 = 0.99;

    /// Checks that every number makes sense.
    ///
    /// # Errors
    /// The first that does not.
    pub(super) fn check(&self) -> Result<(), SettingsError> {
        if self.steps == 0 {
            return Err(SettingsError::Zero {
                name: "ascent_steps",
            });
        }
        if !(0.0..=1.0).contains(&self.decay) {
            return Err(SettingsError::Share {
                name: "decay",
                value: self.decay,
            });
        }
        Ok(())
    }
}

impl Default for Ascent {
    fn default() -> Self {
        Ascent {
            steps: Ascent::STEPS,
            decay: Ascent::DECAY,
        }
    }
}
