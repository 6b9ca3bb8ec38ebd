//! Shares of the prior that are known.

use super::engines::{ClosedForm, Unit};
use super::interval;
use crate::sampler::share::{Effort, PriorShare, ShareMethod, prior_share, wilson};
use crate::sampler::{Interval, Prior};

fn square(length: usize) -> Prior {
    Prior::uniform_box(vec![0.0; length], vec![1.0; length]).unwrap()
}

fn coordinate(length: usize, j: usize) -> Unit {
    let mut w = vec![0.0; length];
    w[j] = 1.0;
    Unit::Linear(w, 0.0)
}

fn measure(prior: &Prior, units: Vec<Unit>, intervals: &[Interval], effort: &Effort) -> PriorShare {
    let mut engine = ClosedForm::new(prior.code_length(), units);
    prior_share(&mut engine, prior, intervals, effort, &mut |_| ()).unwrap()
}

fn seeded(seed: u64) -> Effort {
    Effort {
        draws: 512,
        population: 100,
        repeats: 8,
        seed,
        ..Effort::default()
    }
}

/// Asserts that the share is known and its interval holds `expected`.
fn holds(found: &PriorShare, expected: f64) {
    assert!(
        found.low <= expected && expected <= found.high,
        "{expected:e} is not in {:e}..{:e}",
        found.low,
        found.high
    );
    let share = found.share.unwrap();
    assert!(found.low <= share && share <= found.high);
}

#[test]
fn a_frequent_share_is_that_of_plain_draws() {
    let prior = square(2);
    let quarter = [interval(None, Some(0.25))];
    let found = measure(&prior, vec![coordinate(2, 0)], &quarter, &seeded(0));
    assert_eq!((found.method, found.repeats), (ShareMethod::Draws, 0));
    assert_eq!((found.draws, found.forwards), (512, 512));
    assert_eq!(found.inside.nrows() as u64, found.hits);
    assert!(found.inside.rows().into_iter().all(|code| code[0] <= 0.25));
    holds(&found, 0.25);
}

#[test]
fn a_rare_share_is_found_by_splitting() {
    let prior = square(3);
    for (share, ends) in [
        (1e-4, (None, Some(1e-4))),
        (1e-8, (None, Some(1e-8))),
        // An interval in the middle is approached from both sides.
        (1e-5, (Some(0.5), Some(0.500_01))),
    ] {
        let effort = Effort {
            population: 256,
            ..seeded(1)
        };
        let ends = interval(ends.0, ends.1);
        let found = measure(&prior, vec![coordinate(3, 0)], &[ends], &effort);
        assert_eq!(found.method, ShareMethod::Splitting);
        holds(&found, share);
        assert!(
            found.high < 4.0 * share && found.low > share / 4.0,
            "{found:?}"
        );
        assert!(found.inside.nrows() > 50);
        assert!(
            found
                .inside
                .column(0)
                .iter()
                .all(|&c| ends.contains(f64::from(c)))
        );
    }
}

#[test]
fn several_intervals_are_met_together() {
    let prior = square(3);
    let both = [interval(None, Some(1e-2)), interval(Some(0.999), None)];
    let units = vec![coordinate(3, 0), coordinate(3, 1)];
    holds(&measure(&prior, units, &both, &seeded(2)), 1e-5);
}

/// P(x >= t) of two normal coordinates within the ball of radius R that holds 99.9 %:
/// ∫ over r from t to R of arccos(t/r)/π · r exp(−r²/2), by the midpoint rule, over 0.999.
#[test]
fn a_share_of_the_normal_prior_within_its_ball_is_that_of_the_quadrature() {
    let prior = Prior::normal(vec![0.0; 2], vec![1.0; 2]).unwrap();
    let t = 3.4;
    let radius = (-2.0 * 0.001_f64.ln()).sqrt();
    let steps = 100_000;
    let width = (radius - t) / f64::from(steps);
    let integral: f64 = (0..steps)
        .map(|step| {
            let r = t + (f64::from(step) + 0.5) * width;
            (t / r).acos() / std::f64::consts::PI * r * (-0.5 * r * r).exp() * width
        })
        .sum();
    let found = measure(
        &prior,
        vec![coordinate(2, 0)],
        &[interval(Some(t), None)],
        &seeded(3),
    );
    assert_eq!(found.method, ShareMethod::Splitting);
    holds(&found, integral / 0.999);
}

#[test]
fn intervals_of_splitting_hold_the_share_as_often_as_they_say() {
    let prior = square(2);
    let share = 1e-5;
    let seeds = 40;
    let held = (0..seeds).filter(|seed| {
        let effort = Effort {
            draws: 0,
            seed: 1000 * seed,
            ..seeded(0)
        };
        let unit = Unit::Linear(vec![1.0, 0.0], 0.0);
        let found = measure(&prior, vec![unit], &[interval(None, Some(share))], &effort);
        found.low <= share && share <= found.high
    });
    let held = held.count();
    assert!(held >= 35, "{held} of {seeds}");
}

#[test]
fn what_cannot_be_reached_has_no_share_but_the_nearest_that_was() {
    let prior = square(2);
    let beyond = [interval(Some(1.5), None)];
    let found = measure(&prior, vec![coordinate(2, 0)], &beyond, &seeded(4));
    assert_eq!(
        (found.share, found.low, found.inside.nrows()),
        (None, 0.0, 0)
    );
    assert!(found.high < 1e-6, "{found:?}");
    assert_eq!(found.repeats, 0);
}

#[test]
fn constant_units_and_units_that_are_no_numbers_have_no_share() {
    let prior = square(2);
    let nothing = Unit::Linear(vec![0.0, 0.0], f64::NAN);
    let constant = Unit::Linear(vec![0.0, 0.0], 1.0);
    for unit in [nothing, constant] {
        let found = measure(&prior, vec![unit], &[interval(Some(2.0), None)], &seeded(5));
        assert_eq!((found.share, found.levels), (None, 0));
        assert!(found.high < 0.05, "{found:?}");
    }
}

#[test]
fn a_limit_on_forwards_ends_the_work_without_an_answer() {
    let effort = Effort {
        most_forwards: 10_000,
        ..seeded(6)
    };
    let rare = [interval(None, Some(1e-6))];
    let found = measure(&square(2), vec![coordinate(2, 0)], &rare, &effort);
    assert!(found.repeats < 4 && found.share.is_none(), "{found:?}");
    assert!(found.forwards < 2 * effort.most_forwards);
}

#[test]
fn the_same_seed_gives_the_same_share() {
    let rare = [interval(None, Some(1e-4))];
    let once = || measure(&square(2), vec![coordinate(2, 0)], &rare, &seeded(7));
    assert_eq!(once(), once());
}

#[test]
fn wilsons_interval_is_that_of_the_literature() {
    // Brown, Cai and DasGupta, Statistical Science 16, 2001: 10 of 100 give 0.0552 to 0.1744.
    let [low, high] = wilson(10, 100);
    assert!(
        (low - 0.0552).abs() < 5e-5 && (high - 0.1744).abs() < 5e-5,
        "{low} {high}"
    );
    assert_eq!(wilson(0, 0), [0.0, 1.0]);
    let [low, high] = wilson(0, 100);
    assert!(low == 0.0 && (high - 0.037).abs() < 1e-3, "{high}");
    assert_eq!(wilson(100, 100)[1], 1.0);
}
