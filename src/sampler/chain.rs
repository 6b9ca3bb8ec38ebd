//! The settings of the methods that are chains: `ppgn` and `cover`.

use super::settings::{MethodKind, SettingsError};
use serde::{Deserialize, Serialize};

/// Settings of `ppgn` and `cover`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Chain {
    /// Chains side by side; at most n of them run.
    pub count: usize,
    /// ε1 of `ppgn`: the share of the way to its reconstruction that a code goes at a step, in
    /// [0, 1].
    pub epsilon1: f64,
    /// ε3 of `ppgn`: the standard deviation of a step's noise, in spreads of the prior.
    pub epsilon3: f64,
    /// Steps of `ppgn` between two looks at a chain.
    pub save_every: u64,
    /// Steps after which `ppgn` puts a chain at its next start; 0 is never.
    pub reset_every: u64,
}

impl Chain {
    /// Default number of chains of `ppgn`.
    pub const COUNT: usize = 8;
    /// Default ε1. On `fashion`, shirt in p90..p99, 16 samples of 8 chains, 0.001, 0.01 and 0.1 gave all
    /// 16 in 41, 41 and 31 steps, with Vendi scores of 2.2, 2.1 and 2.4 in the encoder.
    pub const EPSILON1: f64 = 0.01;
    /// Default ε3. With 0.1 in place of 0.01 the same run took as many steps, and scored 2.2.
    pub const EPSILON3: f64 = 0.01;
    /// Default of [`Chain::save_every`], that of PPGN's program for hidden units.
    pub const SAVE_EVERY: u64 = 10;
    /// Default of [`Chain::reset_every`], that of PPGN's program for hidden units.
    pub const RESET_EVERY: u64 = 100;

    /// Defaults for `n` samples by `method`: `cover` has a chain for each.
    pub(super) fn of(method: MethodKind, n: usize) -> Self {
        let usual = Chain::default();
        Chain {
            count: match method {
                MethodKind::Cover => n,
                _ => usual.count,
            },
            ..usual
        }
    }

    /// Checks that every number makes sense.
    ///
    /// # Errors
    /// The first that does not.
    pub(super) fn check(&self) -> Result<(), SettingsError> {
        for (name, value) in [
            ("chains", self.count as u64),
            ("save_every", self.save_every),
        ] {
            if value == 0 {
                return Err(SettingsError::Zero { name });
            }
        }
        if !(0.0..=1.0).contains(&self.epsilon1) {
            return Err(SettingsError::Share {
                name: "epsilon1",
                value: self.epsilon1,
            });
        }
        if !(self.epsilon3.is_finite() && self.epsilon3 >= 0.0) {
            return Err(SettingsError::Negative {
                name: "epsilon3",
                value: self.epsilon3,
            });
        }
        Ok(())
    }
}

impl Default for Chain {
    fn default() -> Self {
        Chain {
            count: Chain::COUNT,
            epsilon1: Chain::EPSILON1,
            epsilon3: Chain::EPSILON3,
            save_every: Chain::SAVE_EVERY,
            reset_every: Chain::RESET_EVERY,
        }
    }
}
