//! A rare share of the prior by splitting: a population of codes is led into the intervals level by level,
//! and the share is the product of the shares that pass each level.
//!
//! Multilevel splitting, or subset simulation (Au and Beck, Probabilistic Engineering Mechanics 16, 2001;
//! Cérou and Guyader, Stochastic Analysis and Applications 25, 2007). The level of a code is how far its
//! activations lie outside their intervals, in units of their standard deviation under the prior, the worst
//! of them; 0 is inside. A pilot population chooses the levels, each the one that a fifth of it passes,
//! and the step of the moves at each. Choosing them from the population that is counted would put the
//! estimate too high (by 4 % a level for 100 codes: Cérou and Guyader, section 4), so others are led through
//! the pilot's levels, which are fixed for them: then the expectation of the product is exactly the share,
//! however much the chains are correlated (Del Moral, *Feynman-Kac Formulae*, 2004, theorem 7.4.2). Those
//! that pass are copied to the full number, and all are moved by Markov chains that keep the prior cut to
//! the level.

use ndarray::{Array2, ArrayView1, Axis};
use ndarray_rand::rand::Rng;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

use super::evaluate::{Evaluate, EvaluateError};
use super::interval::Interval;
use super::prior::Prior;

/// Share of a population that passes a level.
const PASSING: f64 = 0.2;
/// Moves of each chain at a level.
const SWEEPS: usize = 8;
/// Acceptance that the moves are tuned to (Papaioannou, Betz, Zwirglmaier and Straub, Probabilistic
/// Engineering Mechanics 41, 2015: near 0.44 for moves of this kind).
const ACCEPTANCE: f64 = 0.44;
/// The step at the first level, and its bounds.
const FIRST_STEP: f64 = 0.5;
const STEPS: (f64, f64) = (1e-10, 1.0);
/// ln of the share below which a population gives up.
const LEAST_LOG_SHARE: f64 = -69.0;

/// The levels of a population on its way into the intervals.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Schedule {
    /// What a distance of 1 is for each constraint.
    scales: Vec<f64>,
    /// From far to near, without the last one, 0.
    pub levels: Vec<Level>,
}

/// A level, and the step of moves within it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Level {
    outside: f64,
    step: f64,
}

/// What the pilot population found.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Pilot {
    /// The levels; none where the intervals were not reached.
    pub schedule: Option<Schedule>,
    /// ln of the share that passed all levels found: a rough estimate.
    pub log_share: f64,
}

/// What one population found on fixed levels.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Split {
    /// ln of the estimate; minus infinity where all codes were lost on the way.
    pub log_share: f64,
    /// The codes inside at the end `[rows, d]`.
    pub inside: Array2<f32>,
}

/// What populations are led through, and who is told: after each level, how many codes were evaluated for
/// it, and ln of the share that passed so far.
pub(super) struct Splitting<'a> {
    pub evaluator: &'a mut dyn Evaluate,
    pub prior: &'a Prior,
    pub intervals: &'a [Interval],
    pub population: usize,
    pub passed: &'a mut dyn FnMut(u64, f64),
}

impl Splitting<'_> {
    /// Leads a population drawn by `seed` as near as it comes, and notes the levels.
    ///
    /// # Errors
    /// The evaluation failed.
    pub(super) fn pilot(&mut self, seed: u64) -> Result<Pilot, EvaluateError> {
        let mut chains = Chains::draw(self, None, seed)?;
        let passing = ((PASSING * self.population as f64).ceil() as usize).max(1);
        let mut levels: Vec<Level> = Vec::new();
        let (mut log_share, mut step) = (0.0, FIRST_STEP);
        (self.passed)(self.population as u64, log_share);
        while chains.within(0.0).len() < passing {
            let outside = chains.level_of(passing);
            let survivors = chains.within(outside);
            // All at the same distance (a constant unit, values that are not numbers): no level leads on.
            let before = levels.last().map_or(f64::INFINITY, |level| level.outside);
            let stuck = outside >= before || survivors.len() == self.population;
            if stuck || log_share < LEAST_LOG_SHARE {
                return Ok(Pilot {
                    schedule: None,
                    log_share,
                });
            }
            log_share += (survivors.len() as f64 / self.population as f64).ln();
            chains.copy_onto_all(&survivors);
            let mut evaluated = 0;
            for _ in 0..SWEEPS {
                let moved = chains.sweep(self, Level { outside, step })?;
                evaluated += moved.evaluated;
                step = (step * (moved.accepted - ACCEPTANCE).exp()).clamp(STEPS.0, STEPS.1);
            }
            levels.push(Level { outside, step });
            (self.passed)(evaluated, log_share);
        }
        let share = chains.within(0.0).len() as f64 / self.population as f64;
        Ok(Pilot {
            schedule: Some(Schedule {
                scales: chains.scales,
                levels,
            }),
            log_share: log_share + share.ln(),
        })
    }

    /// Most codes that a population is evaluated for on its way.
    pub(super) fn most_forwards(&self, schedule: &Schedule) -> u64 {
        (self.population * (1 + SWEEPS * schedule.levels.len())) as u64
    }

    /// Leads another population, drawn by `seed`, through fixed levels.
    ///
    /// # Errors
    /// The evaluation failed.
    pub(super) fn split(&mut self, schedule: &Schedule, seed: u64) -> Result<Split, EvaluateError> {
        let mut chains = Chains::draw(self, Some(&schedule.scales), seed)?;
        let mut log_share = 0.0;
        (self.passed)(self.population as u64, log_share);
        for &level in &schedule.levels {
            let survivors = chains.within(level.outside);
            if survivors.is_empty() {
                return Ok(Split {
                    log_share: f64::NEG_INFINITY,
                    inside: Array2::zeros((0, self.prior.code_length())),
                });
            }
            log_share += (survivors.len() as f64 / self.population as f64).ln();
            chains.copy_onto_all(&survivors);
            let mut evaluated = 0;
            for _ in 0..SWEEPS {
                evaluated += chains.sweep(self, level)?.evaluated;
            }
            (self.passed)(evaluated, log_share);
        }
        let inside = chains.within(0.0);
        Ok(Split {
            log_share: log_share + (inside.len() as f64 / self.population as f64).ln(),
            inside: chains.codes.select(Axis(0), &inside),
        })
    }
}

/// Codes and how far each lies outside.
struct Chains {
    codes: Array2<f32>,
    outside: Vec<f64>,
    scales: Vec<f64>,
    random: ChaCha20Rng,
}

/// How a sweep of moves went.
struct Moved {
    /// Codes evaluated.
    evaluated: u64,
    /// Share of the chains that moved.
    accepted: f64,
}

impl Chains {
    /// Draws a population; without `scales` they are its own deviations.
    fn draw(
        splitting: &mut Splitting<'_>,
        scales: Option<&[f64]>,
        seed: u64,
    ) -> Result<Self, EvaluateError> {
        let mut random = ChaCha20Rng::seed_from_u64(seed);
        let codes = draws(splitting.prior, splitting.population, &mut random);
        let activations = splitting.evaluator.check(codes.view())?;
        let scales: Vec<f64> = match scales {
            Some(scales) => scales.to_vec(),
            None => activations.columns().into_iter().map(deviation).collect(),
        };
        Ok(Chains {
            outside: distances(&activations, splitting.intervals, &scales),
            codes,
            scales,
            random,
        })
    }

    /// Rows at most `level` outside.
    fn within(&self, level: f64) -> Vec<usize> {
        let rows = 0..self.outside.len();
        rows.filter(|&row| self.outside[row] <= level).collect()
    }

    /// The level that `passing` rows pass, more where several lie on it.
    fn level_of(&self, passing: usize) -> f64 {
        let mut sorted = self.outside.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        sorted[passing - 1]
    }

    /// Replaces the rows by copies of `survivors`, each equally often but for a random remainder.
    fn copy_onto_all(&mut self, survivors: &[usize]) {
        let population = self.outside.len();
        let first = self.random.random_range(0..survivors.len());
        let rows: Vec<usize> = (0..population)
            .map(|row| survivors[(first + row) % survivors.len()])
            .collect();
        self.codes = self.codes.select(Axis(0), &rows);
        self.outside = rows.iter().map(|&row| self.outside[row]).collect();
    }

    /// Moves every chain once within `level`.
    fn sweep(
        &mut self,
        splitting: &mut Splitting<'_>,
        level: Level,
    ) -> Result<Moved, EvaluateError> {
        let prior = splitting.prior;
        let mut proposals = self.codes.clone();
        let mut proposal = vec![0.0; prior.code_length()];
        let mut valid = Vec::new();
        for row in 0..proposals.nrows() {
            let code = self.codes.row(row).to_vec();
            if prior.propose_into(&code, level.step, &mut self.random, &mut proposal) {
                let target = proposals.row_mut(row);
                target.into_iter().zip(&proposal).for_each(|(t, &p)| *t = p);
                valid.push(row);
            }
        }
        let proposals = proposals.select(Axis(0), &valid);
        let activations = splitting.evaluator.check(proposals.view())?;
        let outside = distances(&activations, splitting.intervals, &self.scales);
        let mut accepted = 0;
        for (at, &row) in valid.iter().enumerate() {
            if outside[at] <= level.outside {
                self.codes.row_mut(row).assign(&proposals.row(at));
                self.outside[row] = outside[at];
                accepted += 1;
            }
        }
        Ok(Moved {
            evaluated: valid.len() as u64,
            accepted: f64::from(accepted) / self.outside.len() as f64,
        })
    }
}

/// Codes of the prior `[rows, d]`.
pub(super) fn draws(prior: &Prior, rows: usize, random: &mut ChaCha20Rng) -> Array2<f32> {
    let mut codes = Array2::zeros((rows, prior.code_length()));
    let mut code = vec![0.0; prior.code_length()];
    for mut row in codes.rows_mut() {
        prior.sample_into(random, &mut code);
        row.iter_mut().zip(&code).for_each(|(t, &c)| *t = c);
    }
    codes
}

/// The standard deviation of the finite values; 1 where there is none.
fn deviation(column: ArrayView1<'_, f32>) -> f64 {
    let finite: Vec<f64> = column
        .iter()
        .filter(|value| value.is_finite())
        .map(|&value| f64::from(value))
        .collect();
    let count = finite.len() as f64;
    let mean = finite.iter().sum::<f64>() / count;
    let variance = finite.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / count;
    if variance > 0.0 { variance.sqrt() } else { 1.0 }
}

/// How far each row of `activations` `[rows, m]` lies outside its intervals: the worst constraint's
/// distance in its scale.
fn distances(activations: &Array2<f32>, intervals: &[Interval], scales: &[f64]) -> Vec<f64> {
    activations
        .rows()
        .into_iter()
        .map(|row| {
            row.iter()
                .zip(intervals.iter().zip(scales))
                .map(|(&value, (interval, scale))| interval.distance(f64::from(value)) / scale)
                .fold(0.0, f64::max)
        })
        .collect()
}
