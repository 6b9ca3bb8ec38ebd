//! How large the inverse set is: the share of the code prior whose activations lie inside the intervals.
//!
//! First plain draws: where at least [`FEWEST_HITS`] of them lie inside, their share with Wilson's interval
//! is the answer. Where fewer do, independent populations are split (`splitting.rs`), and the answer
//! is the mean of their unbiased estimates, with an interval from their spread: the estimates are close to
//! log-normal, so with the mean m and the standard deviation s of their R logarithms the logarithm of the
//! share is m + s²/2 ± t √(s²/R + s⁴/(2(R − 1))), t being Student's 97.5 % quantile (Cox's method with t:
//! Olsson, Journal of Statistics Education 13, 2005). The spread counts all there is: the correlation of
//! the chains, and common ancestors.

use ndarray::{Array2, Axis};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

use super::evaluate::{Evaluate, EvaluateError};
use super::interval::Interval;
use super::prior::Prior;
use super::splitting::{Splitting, draws};

/// So many plain draws inside are enough for an answer: within a factor of about 1.6.
pub const FEWEST_HITS: u64 = 20;
/// Fewer estimates than this have no spread to speak of.
const FEWEST_REPEATS: usize = 4;
/// More would need more of Student's quantiles.
const MOST_REPEATS: usize = FEWEST_REPEATS + STUDENT_QUANTILES.len() - 1;
/// Plain draws evaluated at once.
const BLOCK: usize = 512;
/// The standard normal's 97.5 % quantile.
const NORMAL_QUANTILE: f64 = 1.959_963_984_540_054;
/// Student's 97.5 % quantiles for 3 to 15 degrees of freedom.
const STUDENT_QUANTILES: [f64; 13] = [
    3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
];

/// How much is spent on the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effort {
    /// Plain draws.
    pub draws: u64,
    /// Codes in each population.
    pub population: usize,
    /// Populations counted, from 4 to 16, after the pilot.
    pub repeats: usize,
    /// Most codes evaluated. The pilot is never cut short; after it no more populations are led than this
    /// allows.
    pub most_forwards: u64,
    /// Draws and moves follow from it alone.
    pub seed: u64,
}

impl Default for Effort {
    fn default() -> Self {
        Effort {
            draws: 4096,
            population: 256,
            repeats: 10,
            most_forwards: 500_000,
            seed: 0,
        }
    }
}

/// Where the work stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ShareProgress {
    /// Codes evaluated.
    pub forwards: u64,
    /// Populations begun.
    pub populations: usize,
    /// Share that the population at work has come down to; 1 while drawing.
    pub reached: f64,
}

/// How the share was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShareMethod {
    /// Plain draws, with Wilson's interval.
    Draws,
    /// Splitting, with an interval from the spread of independent populations.
    Splitting,
}

/// The share of the code prior inside the intervals.
#[derive(Debug, Clone, PartialEq)]
pub struct PriorShare {
    /// How it was found.
    pub method: ShareMethod,
    /// The share; none where too few populations reached the intervals to tell.
    pub share: Option<f64>,
    /// Low end of its 95 % interval; 0 where the share is not known.
    pub low: f64,
    /// High end. Where the share is not known, the share of the codes that came nearest: the set is a part
    /// of it, so this is an estimate of a bound, not a bound.
    pub high: f64,
    /// Codes evaluated.
    pub forwards: u64,
    /// Plain draws, and how many of them lay inside.
    pub draws: u64,
    /// Draws inside.
    pub hits: u64,
    /// Populations counted.
    pub repeats: usize,
    /// Levels of each, the intervals themselves being the last.
    pub levels: usize,
    /// Codes inside `[rows, d]`: independent draws of the prior cut to the set, or the ends of the chains
    /// of splitting, which are nearly so.
    pub inside: Array2<f32>,
}

/// Measures the share of `prior` inside `intervals`, one for each constraint of `evaluator`.
///
/// # Errors
/// The evaluation failed.
pub fn prior_share(
    evaluator: &mut dyn Evaluate,
    prior: &Prior,
    intervals: &[Interval],
    effort: &Effort,
    progress: &mut dyn FnMut(ShareProgress),
) -> Result<PriorShare, EvaluateError> {
    let mut found = plain(evaluator, prior, intervals, effort, progress)?;
    if found.hits >= FEWEST_HITS {
        return Ok(found);
    }
    found.method = ShareMethod::Splitting;
    let repeats = effort.repeats.clamp(FEWEST_REPEATS, MOST_REPEATS);
    let (mut forwards, mut done) = (found.forwards, 0);
    let mut passed = |evaluated: u64, log_share: f64| {
        forwards += evaluated;
        if log_share == 0.0 {
            done += 1;
        }
        progress(ShareProgress {
            forwards,
            populations: done,
            reached: log_share.exp(),
        });
        forwards
    };
    let mut spent = found.forwards;
    let mut splitting = Splitting {
        evaluator,
        prior,
        intervals,
        population: effort.population.max(2),
        passed: &mut |evaluated, log_share| spent = passed(evaluated, log_share),
    };
    // Seeds of populations are apart from that of the draws.
    let seed = |population: usize| effort.seed.wrapping_add(1 + population as u64);
    let pilot = splitting.pilot(seed(0))?;
    let mut logs = Vec::new();
    if let Some(schedule) = &pilot.schedule {
        found.levels = schedule.levels.len() + 1;
        let each = splitting.most_forwards(schedule);
        let affordable = effort.most_forwards.saturating_sub(found.forwards) / each;
        // The pilot was one.
        let repeats = repeats.min(affordable.saturating_sub(1) as usize);
        for repeat in 1..=repeats {
            let split = splitting.split(schedule, seed(repeat))?;
            logs.push(split.log_share);
            found.inside = joined(found.inside, split.inside);
        }
    }
    found.repeats = logs.len();
    found.forwards = spent;
    // A population that was lost on the way is an estimate of 0, which no logarithm can average.
    match log_normal_mean(&logs).filter(|ends| ends.iter().all(|end| end.is_finite())) {
        Some([log, low, high]) => {
            found.share = Some(log.exp());
            (found.low, found.high) = (low.exp(), high.exp().min(1.0));
        }
        None => {
            found.share = None;
            let [_, drawn] = wilson(found.hits, found.draws);
            (found.low, found.high) = (0.0, pilot.log_share.exp().min(drawn));
        }
    }
    Ok(found)
}

/// The rows of one matrix below those of another of the same width.
fn joined(above: Array2<f32>, below: Array2<f32>) -> Array2<f32> {
    ndarray::concatenate(Axis(0), &[above.view(), below.view()]).unwrap_or(above)
}

/// Plain draws of the prior.
fn plain(
    evaluator: &mut dyn Evaluate,
    prior: &Prior,
    intervals: &[Interval],
    effort: &Effort,
    progress: &mut dyn FnMut(ShareProgress),
) -> Result<PriorShare, EvaluateError> {
    let mut random = ChaCha20Rng::seed_from_u64(effort.seed);
    let mut inside = Vec::new();
    let (mut hits, mut drawn) = (0, 0);
    while drawn < effort.draws {
        let rows = BLOCK.min((effort.draws - drawn) as usize);
        let codes = draws(prior, rows, &mut random);
        let activations = evaluator.check(codes.view())?;
        for (code, row) in codes.rows().into_iter().zip(activations.rows()) {
            let holds = |(&value, interval): (&f32, &Interval)| interval.contains(f64::from(value));
            if row.iter().zip(intervals).all(holds) {
                hits += 1;
                inside.extend(code.iter().copied());
            }
        }
        drawn += rows as u64;
        progress(ShareProgress {
            forwards: drawn,
            populations: 0,
            reached: 1.0,
        });
    }
    let [low, high] = wilson(hits, drawn);
    let width = prior.code_length();
    Ok(PriorShare {
        method: ShareMethod::Draws,
        share: (drawn > 0).then(|| hits as f64 / drawn as f64),
        low,
        high,
        forwards: drawn,
        draws: drawn,
        hits,
        repeats: 0,
        levels: 0,
        inside: Array2::from_shape_vec((inside.len() / width.max(1), width), inside)
            .unwrap_or_else(|_| Array2::zeros((0, width))),
    })
}

/// Wilson's 95 % interval of a share (Wilson, Journal of the American Statistical Association 22, 1927);
/// everything for no draw.
pub fn wilson(hits: u64, draws: u64) -> [f64; 2] {
    if draws == 0 {
        return [0.0, 1.0];
    }
    let (n, z) = (draws as f64, NORMAL_QUANTILE);
    let share = hits as f64 / n;
    let scale = 1.0 + z * z / n;
    let centre = (share + z * z / (2.0 * n)) / scale;
    let half = z * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt() / scale;
    let low = if hits == 0 { 0.0 } else { centre - half };
    let high = if hits == draws { 1.0 } else { centre + half };
    [low.max(0.0), high.min(1.0)]
}

/// The logarithm of the mean of log-normal values and its 95 % interval, from their logarithms; none for
/// fewer than [`FEWEST_REPEATS`].
fn log_normal_mean(logs: &[f64]) -> Option<[f64; 3]> {
    if logs.len() < FEWEST_REPEATS {
        return None;
    }
    let r = logs.len() as f64;
    let mean = logs.iter().sum::<f64>() / r;
    let variance = logs.iter().map(|log| (log - mean).powi(2)).sum::<f64>() / (r - 1.0);
    let error = (variance / r + variance * variance / (2.0 * (r - 1.0))).sqrt();
    let t = *STUDENT_QUANTILES.get(logs.len() - FEWEST_REPEATS)?;
    let centre = mean + variance / 2.0;
    Some([centre, centre - t * error, centre + t * error])
}
