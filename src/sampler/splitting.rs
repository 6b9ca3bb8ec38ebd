//! One estimate of a rare share of the prior by splitting: a population of codes is led into the
//! intervals level by level, and the share is the product of the shares that pass each level.
//!
//! Adaptive multilevel splitting, or subset simulation (Au and Beck, Probabilistic Engineering Mechanics
//! 16, 2001; Cérou and Guyader, Stochastic Analysis and Applications 25, 2007). The level of a code is how
//! far its activations lie outside their intervals, in units of their standard deviation under the prior,
//! the worst of them; 0 is inside. Each level is the one that a fifth of the population passes. Those that
//! pass are copied to the full number, and all are moved by Markov chains that keep the prior cut to the
//! level. The estimate's expectation is the share but for a bias of the order of 1/population that the
//! adaptive levels bring; its error is what independent repeats show ([`super::share`]).

use ndarray::Array2;
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
/// Bounds of the moves' step.
const STEPS: (f64, f64) = (1e-4, 1.0);
/// ln of the share below which a population gives up.
const LEAST_LOG_SHARE: f64 = -69.0;

/// What one population found.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Split {
    /// ln of the estimate; where the intervals were not reached, of the share that came nearest.
    pub log_share: f64,
    /// Levels passed.
    pub levels: usize,
    /// The codes inside at the end `[rows, d]`; no row where none is.
    pub inside: Array2<f32>,
}

/// Leads `population` codes, drawn by `seed`, into the intervals. `passed` is told after each level how many
/// codes were evaluated for it.
///
/// # Errors
/// The evaluation failed.
pub(super) fn split(
    evaluator: &mut dyn Evaluate,
    prior: &Prior,
    intervals: &[Interval],
    population: usize,
    seed: u64,
    passed: &mut dyn FnMut(u64, f64),
) -> Result<Split, EvaluateError> {
    let mut chains = Chains::draw(evaluator, prior, intervals, population, seed)?;
    let passing = ((PASSING * population as f64).ceil() as usize).max(1);
    let mut found = Split {
        log_share: 0.0,
        levels: 0,
        inside: Array2::zeros((0, prior.code_length())),
    };
    let mut before = f64::INFINITY;
    passed(population as u64, found.log_share);
    loop {
        let inside = chains.within(0.0);
        if inside.len() >= passing {
            found.log_share += (inside.len() as f64 / population as f64).ln();
            found.inside = chains.codes.select(ndarray::Axis(0), &inside);
            return Ok(found);
        }
        let level = chains.level_of(passing);
        let survivors = chains.within(level);
        // All at the same distance (a constant unit, values that are not numbers): no level leads on.
        let stuck = !level.is_finite() || level >= before || survivors.len() == population;
        if stuck || found.log_share < LEAST_LOG_SHARE {
            return Ok(found);
        }
        found.log_share += (survivors.len() as f64 / population as f64).ln();
        found.levels += 1;
        before = level;
        chains.copy_onto_all(&survivors);
        let mut evaluated = 0;
        for _ in 0..SWEEPS {
            evaluated += chains.sweep(evaluator, prior, intervals, level)?;
        }
        passed(evaluated, found.log_share);
    }
}

/// Codes and how far each lies outside.
struct Chains {
    codes: Array2<f32>,
    outside: Vec<f64>,
    /// What a distance of 1 is for each constraint.
    scales: Vec<f64>,
    step: f64,
    random: ChaCha20Rng,
}

impl Chains {
    fn draw(
        evaluator: &mut dyn Evaluate,
        prior: &Prior,
        intervals: &[Interval],
        population: usize,
        seed: u64,
    ) -> Result<Self, EvaluateError> {
        let mut random = ChaCha20Rng::seed_from_u64(seed);
        let codes = draws(prior, population, &mut random);
        let activations = evaluator.check(codes.view())?;
        let scales: Vec<f64> = activations.columns().into_iter().map(deviation).collect();
        let outside = distances(&activations, intervals, &scales);
        Ok(Chains {
            codes,
            outside,
            scales,
            step: 0.5,
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
        self.codes = self.codes.select(ndarray::Axis(0), &rows);
        self.outside = rows.iter().map(|&row| self.outside[row]).collect();
    }

    /// Moves every chain once within `level`, tunes the step, and gives how many codes were evaluated.
    fn sweep(
        &mut self,
        evaluator: &mut dyn Evaluate,
        prior: &Prior,
        intervals: &[Interval],
        level: f64,
    ) -> Result<u64, EvaluateError> {
        let mut proposals = self.codes.clone();
        let mut proposal = vec![0.0; prior.code_length()];
        let mut valid = Vec::new();
        for row in 0..proposals.nrows() {
            let code = self.codes.row(row).to_vec();
            if prior.propose_into(&code, self.step, &mut self.random, &mut proposal) {
                let target = proposals.row_mut(row);
                target.into_iter().zip(&proposal).for_each(|(t, &p)| *t = p);
                valid.push(row);
            }
        }
        let proposals = proposals.select(ndarray::Axis(0), &valid);
        let activations = evaluator.check(proposals.view())?;
        let outside = distances(&activations, intervals, &self.scales);
        let mut accepted = 0;
        for (at, &row) in valid.iter().enumerate() {
            if outside[at] <= level {
                self.codes.row_mut(row).assign(&proposals.row(at));
                self.outside[row] = outside[at];
                accepted += 1;
            }
        }
        let rate = f64::from(accepted) / self.outside.len() as f64;
        self.step = (self.step * (rate - ACCEPTANCE).exp()).clamp(STEPS.0, STEPS.1);
        Ok(valid.len() as u64)
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
fn deviation(column: ndarray::ArrayView1<'_, f32>) -> f64 {
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
