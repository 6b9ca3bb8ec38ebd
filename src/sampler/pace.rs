//! The end game of `joint`: whether the objective has settled, and how large steps still are.

use super::state::{State, StateError};
use super::tunables::Tunables;
use std::collections::VecDeque;

/// Steps over which the objective must have settled.
const WINDOW: usize = 20;
/// Largest relative change of a settled objective.
const CHANGE: f64 = 1e-4;
/// Smallest share of the set step.
const SMALLEST: f64 = 1.0 / 1024.0;
/// Share of `max_steps` after which steps shrink whatever happens.
const FINAL: f64 = 0.9;

/// The objective's recent values and the share of the step size in use.
///
/// A step along a curved rim leaves it by an amount that falls with the square of the step's
/// length, so samples that dance around the rim settle inside once steps are short enough.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Pace {
    recent: VecDeque<f64>,
    share: f64,
    max_steps: u64,
    give_up_after: u64,
}

impl Pace {
    /// Full steps, nothing known.
    pub(super) fn new(tunables: &Tunables) -> Self {
        Pace {
            recent: VecDeque::with_capacity(WINDOW + 1),
            share: 1.0,
            max_steps: tunables.max_steps,
            give_up_after: tunables.give_up_after,
        }
    }

    /// Another end and another patience from now on.
    pub(super) fn tune(&mut self, tunables: &Tunables) {
        self.max_steps = tunables.max_steps;
        self.give_up_after = tunables.give_up_after;
    }

    /// Takes in the objective of one step.
    pub(super) fn note(&mut self, objective: f64) {
        if self.recent.len() > WINDOW {
            self.recent.pop_front();
        }
        self.recent.push_back(objective);
    }

    /// Whether the objective changed by less than 1e-4 of itself over 20 steps.
    pub(super) fn is_settled(&self) -> bool {
        self.is_settled_within(CHANGE)
    }

    /// Whether the objective changed by no more than that share of itself over 20 steps.
    pub(super) fn is_settled_within(&self, change: f64) -> bool {
        match (self.recent.front(), self.recent.back()) {
            (Some(first), Some(last)) if self.recent.len() > WINDOW => {
                (last - first).abs() <= change * last.abs()
            }
            _ => false,
        }
    }

    /// Halves the steps and begins a new window.
    pub(super) fn slow_down(&mut self) {
        self.share = (0.5 * self.share).max(SMALLEST);
        self.begin_window();
    }

    /// Forgets the values so far: what is maximised has changed.
    pub(super) fn begin_window(&mut self) {
        self.recent.clear();
    }

    /// Share of the set step size at step `step`: as slowed down so far, and falling to the
    /// smallest over the last tenth of all steps, so that a run that is cut off ends feasible.
    pub(super) fn share(&self, step: u64) -> f64 {
        self.share.min(fall(step, self.max_steps, FINAL))
    }

    /// The share for a row that has been sought for `sought` steps: falling over the second half of
    /// its patience, so that before a start is given up only the pull to its intervals moves it.
    pub(super) fn seeking_share(&self, step: u64, sought: u64) -> f64 {
        let patience = fall(sought, self.give_up_after, 0.5);
        self.share(step).min(patience)
    }

    pub(super) fn save(&self, state: &mut State) {
        let recent: Vec<f64> = self.recent.iter().copied().collect();
        state.put_f64("recent_objectives", &recent);
        state.put_f64("step_share", &[self.share]);
    }

    /// The pace of a state.
    pub(super) fn load(&self, state: &State) -> Result<Self, StateError> {
        let share = state.f64("step_share", Some(1))?;
        Ok(Pace {
            recent: state.f64("recent_objectives", None)?.into(),
            share: share.into_iter().sum(),
            ..self.clone()
        })
    }
}

/// 1 until the share `from` of `end`, then falling geometrically to the smallest step at `end`.
fn fall(step: u64, end: u64, from: f64) -> f64 {
    let late = (step as f64 / end as f64 - from) / (1.0 - from);
    SMALLEST.powf(late.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sampler::{MethodKind, Settings};

    fn pace() -> Pace {
        Pace::new(&Tunables {
            max_steps: 1000,
            give_up_after: 200,
            ..Tunables::of(&Settings::new(MethodKind::Joint, 1))
        })
    }

    #[test]
    fn twenty_steps_without_change_settle() {
        let mut pace = pace();
        for step in 0..20 {
            pace.note(100.0 + f64::from(step) * 1e-4);
            assert!(!pace.is_settled());
        }
        pace.note(100.005);
        assert!(pace.is_settled());
        pace.note(101.0);
        assert!(!pace.is_settled());
        pace.slow_down();
        assert_eq!(pace.share(10), 0.5);
        assert!(!pace.is_settled());
    }

    #[test]
    fn the_last_tenth_takes_ever_smaller_steps() {
        let pace = pace();
        assert_eq!(pace.share(900), 1.0);
        assert!(pace.share(950) < 0.1);
        assert!((pace.share(1000) - SMALLEST).abs() < 1e-12);
        assert_eq!(pace.seeking_share(1, 100), 1.0);
        assert!((pace.seeking_share(1, 200) - SMALLEST).abs() < 1e-12);
    }
}
