//! Confidence intervals of scores by resampling rows: how far a score would move if the same method
//! drew another sample of the same size.
//!
//! Which resampling is right depends on the score:
//! - *Means over rows or pairs* (mean distance, Riesz energy, precision, coverage): the bootstrap's
//!   percentile interval (Efron and Tibshirani, *An Introduction to the Bootstrap*, 1993, chapter 13).
//!   Pairs of a row with its own copy are left out ([`super::PairDistances::resampled_mean`]).
//! - *Effective counts and log-determinants* (Vendi, RKE, log-det, distinct rows): the copies that a
//!   bootstrap draws count as lost diversity (a resample has 63 % of the rows), which puts the whole
//!   interval below the score. Parts of the sample drawn without replacement have no copies: the
//!   delete-d jackknife (Shao and Wu, Annals of Statistics 17, 1989). A score of m rows spreads more than
//!   one of n by √((n − m)/m), and lies elsewhere, so only its relative deviations are used, scaled back.
//! - *The least distance* has no interval: it is an extreme, for which the bootstrap is wrong (it
//!   repeats the same closest pair in most resamples) and which tends to zero as n grows.
//!
//! All take the rows for independent draws. Rows that a method placed to keep apart vary less than
//! that, so for them the intervals are too wide rather than too narrow.

use ndarray_rand::rand::seq::index;
use ndarray_rand::rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;
use serde::{Deserialize, Serialize};

/// Resamples of each interval.
pub const RESAMPLES: usize = 200;
/// Share of resamples inside an interval.
pub const LEVEL: f64 = 0.95;
/// Fewer rows than this have no interval: their resamples are too few to have tails.
pub const FEWEST_ROWS: usize = 8;
/// Most rows in a part: Vendi takes time in the third power of them.
const LARGEST_PART: usize = 128;
/// The same resamples for the same number of rows, always.
const SEED: u64 = 0x5eed;

/// Two ends around a score.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Confidence {
    /// 2.5 % of resamples lie below.
    pub low: f64,
    /// 2.5 % of resamples lie above.
    pub high: f64,
}

/// The percentile interval of a mean over rows, by the bootstrap: `score` is given how often each of `n`
/// rows was drawn, and answers none where it has no value. None for fewer than [`FEWEST_ROWS`] rows, or
/// where a score is not finite.
pub fn bootstrap(n: usize, score: impl Fn(&[u32]) -> Option<f64>) -> Option<Confidence> {
    bootstrap_each(&[n], |counts| score(&counts[0]))
}

/// The same for a score of several samples of `sizes` rows, each resampled by itself. All need
/// [`FEWEST_ROWS`] rows.
pub fn bootstrap_each(
    sizes: &[usize],
    score: impl Fn(&[Vec<u32>]) -> Option<f64>,
) -> Option<Confidence> {
    if sizes.iter().any(|&n| n < FEWEST_ROWS) {
        return None;
    }
    let mut random = ChaCha20Rng::seed_from_u64(SEED);
    let mut draw = || -> Vec<Vec<u32>> {
        let each = sizes.iter().map(|&n| {
            let mut counts = vec![0; n];
            for _ in 0..n {
                counts[random.random_range(0..n)] += 1;
            }
            counts
        });
        each.collect()
    };
    let values: Vec<f64> = (0..RESAMPLES).filter_map(|_| score(&draw())).collect();
    let (low, high) = tails(values)?;
    Some(Confidence { low, high })
}

/// The interval of a positive score of the whole sample, by parts drawn without replacement (the
/// delete-d jackknife): `score` is given the rows of a part, and `whole` is the score of all `n` rows.
/// With the relative deviations r = score/mean − 1 of the parts of m rows, the ends are whole·(1 + q)
/// for the tail quantiles q of r √(m/(n − m)). None for fewer than [`FEWEST_ROWS`] rows, or where a score
/// is not finite and positive.
pub fn jackknife(n: usize, whole: f64, score: impl Fn(&[usize]) -> f64) -> Option<Confidence> {
    if n < FEWEST_ROWS || !(whole.is_finite() && whole > 0.0) {
        return None;
    }
    let (mean, low, high, shrink) = parts(n, score)?;
    let end = |value: f64| whole * (1.0 + shrink * (value / mean - 1.0));
    (mean > 0.0).then(|| Confidence {
        low: end(low),
        high: end(high),
    })
}

/// The interval of a score that is a sum over rows, of either sign, by the same parts: with the
/// deviations r of score/m, the ends are whole + n q.
pub fn jackknife_of_sum(
    n: usize,
    whole: f64,
    score: impl Fn(&[usize]) -> f64,
) -> Option<Confidence> {
    if n < FEWEST_ROWS || !whole.is_finite() {
        return None;
    }
    let (mean, low, high, shrink) = parts(n, |rows| score(rows) / rows.len() as f64)?;
    let end = |value: f64| whole + n as f64 * shrink * (value - mean);
    Some(Confidence {
        low: end(low),
        high: end(high),
    })
}

/// Mean and tails of the scores of parts of half the rows, and √(m/(n − m)).
fn parts(n: usize, score: impl Fn(&[usize]) -> f64) -> Option<(f64, f64, f64, f64)> {
    let m = (n / 2).min(LARGEST_PART);
    let mut random = ChaCha20Rng::seed_from_u64(SEED);
    let values: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            let mut rows = index::sample(&mut random, n, m).into_vec();
            rows.sort_unstable();
            score(&rows)
        })
        .collect();
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let (low, high) = tails(values)?;
    let shrink = (m as f64 / (n - m) as f64).sqrt();
    Some((mean, low, high, shrink))
}

/// The values between which the share [`LEVEL`] lies, linearly between two of them.
fn tails(mut values: Vec<f64>) -> Option<(f64, f64)> {
    if values.is_empty() || values.iter().any(|value| !value.is_finite()) {
        return None;
    }
    values.sort_unstable_by(f64::total_cmp);
    let quantile = |share: f64| {
        let place = share * (values.len() - 1) as f64;
        let below = values[place.floor() as usize];
        below + place.fract() * (values[place.ceil() as usize] - below)
    };
    let tail = (1.0 - LEVEL) / 2.0;
    Some((quantile(tail), quantile(1.0 - tail)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::metrics::distinct::distinct;
    use crate::metrics::pairs::PairDistances;
    use crate::metrics::vendi::EffectiveCounts;
    use ndarray::Array2;
    use ndarray_rand::RandomExt;
    use ndarray_rand::rand_distr::StandardNormal;

    const ROWS: usize = 32;
    const REPEATS: u64 = 200;
    const BANDWIDTH: f64 = 2.0;

    fn normal_sample(seed: u64) -> PairDistances {
        let mut random = ChaCha20Rng::seed_from_u64(seed);
        let rows: Array2<f32> = Array2::random_using((ROWS, 3), StandardNormal, &mut random);
        PairDistances::of(rows.view())
    }

    /// How many of the intervals of independent samples hold the mean score of such samples.
    fn coverage(score: impl Fn(&PairDistances) -> (f64, Option<Confidence>)) -> f64 {
        let found: Vec<(f64, Option<Confidence>)> = (0..REPEATS)
            .map(|seed| score(&normal_sample(seed)))
            .collect();
        let mean = found.iter().map(|(value, _)| value).sum::<f64>() / found.len() as f64;
        let holds = |interval: &Option<Confidence>| {
            interval.is_some_and(|ends| ends.low <= mean && mean <= ends.high)
        };
        let held = found.iter().filter(|(_, interval)| holds(interval)).count();
        held as f64 / found.len() as f64
    }

    #[test]
    fn intervals_of_the_mean_distance_hold_its_mean_as_often_as_they_say() {
        let held = coverage(|pairs| {
            let interval = bootstrap(ROWS, |counts| pairs.resampled_mean(counts, f64::sqrt));
            (pairs.mean(f64::sqrt), interval)
        });
        assert!((0.88..=0.99).contains(&held), "{held}");
    }

    #[test]
    fn intervals_of_counts_hold_their_mean_as_often_as_they_say() {
        let rke = |pairs: &PairDistances| EffectiveCounts::rke_of(pairs, BANDWIDTH);
        let held = coverage(|pairs| {
            let whole = rke(pairs);
            let interval = jackknife(ROWS, whole, |rows| rke(&pairs.of_rows(rows)));
            (whole, interval)
        });
        assert!((0.88..=0.99).contains(&held), "{held}");
    }

    /// Why counts are not bootstrapped: the interval would miss the score itself.
    #[test]
    fn a_bootstrap_of_distinct_rows_would_lie_below_their_number() {
        let pairs = normal_sample(1);
        let whole = distinct(&pairs, 0.0).unwrap() as f64;
        let by_copies = bootstrap(ROWS, |counts| {
            let rows: Vec<usize> = (0..ROWS)
                .flat_map(|row| std::iter::repeat_n(row, counts[row] as usize))
                .collect();
            distinct(&pairs.of_rows(&rows), 0.0).map(|count| count as f64)
        });
        assert!(by_copies.unwrap().high < 0.85 * whole);
        let by_parts = jackknife(ROWS, whole, |rows| {
            distinct(&pairs.of_rows(rows), 0.0).map_or(f64::NAN, |count| count as f64)
        });
        let by_parts = by_parts.unwrap();
        assert!(by_parts.low <= whole && whole <= by_parts.high);
    }

    #[test]
    fn a_score_that_is_the_number_of_rows_has_no_width_and_a_sum_the_width_of_its_terms() {
        let constant = jackknife(20, 20.0, |rows| rows.len() as f64).unwrap();
        assert!((constant.low - 20.0).abs() < 1e-9 && (constant.high - 20.0).abs() < 1e-9);
        // Terms −1 and 1 in turn: a sum of 64 of them has the deviation √64 = 8.
        let sum = |rows: &[usize]| -> f64 {
            rows.iter()
                .map(|&row| if row % 2 == 0 { 1.0 } else { -1.0 })
                .sum()
        };
        let ends = jackknife_of_sum(64, 0.0, sum).unwrap();
        assert!((-20.0..-12.0).contains(&ends.low), "{ends:?}");
        assert!((12.0..20.0).contains(&ends.high), "{ends:?}");
    }

    #[test]
    fn few_rows_and_scores_without_a_value_have_no_interval() {
        assert_eq!(bootstrap(FEWEST_ROWS - 1, |_| Some(1.0)), None);
        assert_eq!(bootstrap(20, |_| Some(f64::NAN)), None);
        assert_eq!(bootstrap(20, |_| None), None);
        assert_eq!(jackknife(2, 1.0, |_| 1.0), None);
        assert_eq!(jackknife(20, f64::NAN, |_| 1.0), None);
        assert_eq!(jackknife(20, 1.0, |_| f64::NAN), None);
        assert_eq!(jackknife(20, 0.0, |_| 0.0), None);
    }

    #[test]
    fn the_same_rows_have_the_same_interval_every_time() {
        let pairs = normal_sample(3);
        let once = || bootstrap(ROWS, |counts| pairs.resampled_mean(counts, f64::sqrt));
        assert_eq!(once(), once());
    }
}
