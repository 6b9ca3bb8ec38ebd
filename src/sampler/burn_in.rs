//! How long the steps of chains are, and how many a chain needs until it has forgotten its start.

use super::autocorrelation::integrated_time;
use super::state::{State, StateError};

/// Steps over which the length of steps is adapted.
const ADAPT: u64 = 60;
/// The share of steps that should succeed. Measured on half-spaces that hold 5 % of the cube, in 2, 10
/// and 784 dimensions, 64 chains: the longest autocorrelation time is 12, 15 and 17 steps where 0.2
/// to 0.3 succeed, 10, 17 and 21 at 0.4, 20, 68 and 97 at 0.7.
const SUCCESS: f64 = 0.3;
/// Size of the first step, and the largest: its end is as good as independent of its start.
const FIRST: f64 = 0.5;
const LARGEST: f64 = 1.0;
/// The gain of the adaptation is 1 for so many steps, then falls as 1/step.
const FULL_GAIN: f64 = 15.0;
/// Chains whose statistics are kept.
pub(super) const FOLLOWED: usize = 64;
/// Autocorrelation times that the burn-in lasts. What is left of the start after it is of the order
/// of exp(−2·8).
const TIMES: f64 = 8.0;
/// Autocorrelation times that the chains followed last together: fewer measure it badly.
const TIMES_TOGETHER: f64 = 50.0;
/// Autocorrelation times between two samples of a chain.
const APART: f64 = 2.0;
/// Fewest and most steps of the burn-in.
const FEWEST: usize = 40;
const MOST: usize = 240;
/// Steps between two measurements.
const EVERY: usize = 10;

/// What the burn-in has found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Measured {
    /// Steps of the burn-in, after the adaptation.
    pub(super) steps: u64,
    /// Longest integrated autocorrelation time of any statistic, in steps.
    pub(super) time: f64,
    /// Whether the burn-in is as long as that time asks for.
    pub(super) has_mixed: bool,
}

impl Measured {
    /// Steps between two samples of a chain.
    pub(super) fn thinning(&self) -> u64 {
        (APART * self.time).ceil() as u64
    }

    /// Steps of a chain before its next sample: from its start, or from its last sample.
    pub(super) fn between(&self, has_given: bool) -> u64 {
        if has_given {
            self.thinning()
        } else {
            self.steps
        }
    }
}

/// Adapts the length of steps (Robbins and Monro, as in Andrieu and Thoms, Statistics and Computing
/// 18, 2008, algorithm 4, on the share of all chains together), fixes it, and then follows some
/// chains until they have made 8 autocorrelation times.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct BurnIn {
    /// Logarithm of the size of steps.
    log_size: f64,
    /// Steps made.
    ticks: u64,
    /// The chains followed, and their statistics `[chains][statistics][steps]`.
    followed: Vec<usize>,
    statistics: usize,
    series: Vec<Vec<f64>>,
    measured: Option<Measured>,
}

impl BurnIn {
    /// At the beginning; a chain has so many `statistics`.
    pub(super) fn new(statistics: usize) -> Self {
        BurnIn {
            log_size: FIRST.ln(),
            ticks: 0,
            followed: Vec::new(),
            statistics,
            series: Vec::new(),
            measured: None,
        }
    }

    /// Size of the next step ([`super::Prior`]'s proposal), at most 1.
    pub(super) fn size(&self) -> f64 {
        self.log_size.exp()
    }

    /// What was found, once it is.
    pub(super) fn measured(&self) -> Option<Measured> {
        self.measured
    }

    /// Takes in a step: of the `walking` chains the share `success` moved. `statistics` gives those
    /// of a chain. Gives what was found, at the step that found it.
    pub(super) fn note(
        &mut self,
        walking: &[usize],
        success: f64,
        statistics: impl Fn(usize) -> Vec<f64>,
    ) -> Option<Measured> {
        self.ticks += 1;
        if self.ticks <= ADAPT {
            let gain = (FULL_GAIN / self.ticks as f64).min(1.0);
            let log_size = self.log_size + gain * (success - SUCCESS);
            self.log_size = log_size.min(LARGEST.ln());
            return None;
        }
        if self.measured.is_some() {
            return None;
        }
        if self.followed.is_empty() {
            self.followed = walking.iter().copied().take(FOLLOWED).collect();
            self.series = vec![Vec::new(); self.followed.len() * self.statistics];
        }
        for (chain, &row) in self.followed.iter().enumerate() {
            let of_chain = chain * self.statistics..(chain + 1) * self.statistics;
            for (series, value) in self.series[of_chain].iter_mut().zip(statistics(row)) {
                series.push(value);
            }
        }
        self.measured = self.measure();
        if self.measured.is_some() {
            self.series.clear();
        }
        self.measured
    }

    fn measure(&self) -> Option<Measured> {
        let steps = self.series.first()?.len();
        if steps < FEWEST || !steps.is_multiple_of(EVERY) {
            return None;
        }
        let time = (0..self.statistics)
            .map(|statistic| {
                let chains = self.series.iter().skip(statistic).step_by(self.statistics);
                integrated_time(&chains.map(Vec::as_slice).collect::<Vec<_>>())
            })
            .fold(1.0, f64::max);
        let together = steps * self.followed.len();
        let has_mixed = steps as f64 >= TIMES * time && together as f64 >= TIMES_TOGETHER * time;
        (has_mixed || steps >= MOST).then_some(Measured {
            steps: steps as u64,
            time,
            has_mixed,
        })
    }

    pub(super) fn save(&self, state: &mut State) {
        state.put_f64("walk_log_size", &[self.log_size]);
        state.put_integer("walk_ticks", self.ticks);
        let followed = self.followed.iter().map(|&row| row as u64).collect();
        state.put_u64("walk_followed", followed);
        state.put_f64("walk_series", &self.series.concat());
        let measured = self.measured.map_or([0.0; 3], |measured| {
            let has_mixed = f64::from(u8::from(measured.has_mixed));
            [measured.steps as f64, measured.time, has_mixed]
        });
        state.put_f64("walk_measured", &measured);
    }

    /// That of a state of the same problem.
    pub(super) fn load(&self, state: &State) -> Result<Self, StateError> {
        let followed = state.counters("walk_followed", None)?;
        let followed: Vec<usize> = followed.iter().map(|&row| row as usize).collect();
        let measured = state.f64("walk_measured", Some(3))?;
        let measured = (measured[0] > 0.0).then_some(Measured {
            steps: measured[0] as u64,
            time: measured[1],
            has_mixed: measured[2] > 0.0,
        });
        let values = state.f64("walk_series", None)?;
        let chains = followed.len() * self.statistics;
        let series = if chains == 0 || values.is_empty() {
            Vec::new()
        } else if values.len().is_multiple_of(chains) {
            let steps = values.len() / chains;
            values.chunks(steps).map(<[f64]>::to_vec).collect()
        } else {
            return Err(StateError::Value {
                name: "walk_series".to_owned(),
            });
        };
        Ok(BurnIn {
            log_size: state.f64("walk_log_size", Some(1))?.into_iter().sum(),
            ticks: state.integer("walk_ticks")?,
            followed,
            series,
            measured,
            ..self.clone()
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn steps_shorten_where_few_succeed_and_lengthen_up_to_the_largest() {
        let mut short = BurnIn::new(1);
        let mut long = BurnIn::new(1);
        for _ in 0..ADAPT {
            // A step of length s succeeds with the probability exp(−50 s).
            let success = (-50.0 * short.size()).exp();
            short.note(&[0], success, |_| vec![0.0]);
            long.note(&[0], 1.0, |_| vec![0.0]);
        }
        assert!(((-50.0 * short.size()).exp() - SUCCESS).abs() < 0.03);
        assert_eq!(long.size(), 1.0);
    }

    #[test]
    fn the_burn_in_ends_when_it_is_long_against_what_chains_remember() {
        let mut burn_in = BurnIn::new(2);
        let mut steps = 0;
        let measured = loop {
            steps += 1;
            // One statistic alternates, the other keeps its sign for three steps.
            let slow = if (steps / 3) % 2 == 0 { 1.0 } else { -1.0 };
            let fast = if steps % 2 == 0 { 1.0 } else { -1.0 };
            let found = burn_in.note(&[4, 7], 0.3, |row| vec![fast, slow * row as f64]);
            if let Some(measured) = found {
                break measured;
            }
        };
        assert_eq!(steps, ADAPT + measured.steps);
        assert!(measured.has_mixed);
        assert!(measured.thinning() as f64 >= 2.0 * measured.time);
        assert_eq!(measured.between(false), measured.steps);
        assert_eq!(measured.between(true), measured.thinning());
        assert_eq!(burn_in.note(&[4, 7], 0.3, |_| vec![0.0; 2]), None);
    }

    #[test]
    fn chains_that_never_mix_are_told_so_in_the_end() {
        let mut burn_in = BurnIn::new(1);
        let measured = loop {
            let found = burn_in.note(&[0, 1], 0.3, |row| vec![row as f64]);
            if let Some(measured) = found {
                break measured;
            }
        };
        assert_eq!(measured.steps, MOST as u64);
        assert!(!measured.has_mixed);
    }
}
