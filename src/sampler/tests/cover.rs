//! `cover` draws from the prior restricted to the set; `tests/cover.rs` holds it against exact draws.

use super::engines::{ClosedForm, Unit};
use super::{assert_inside, interval, run};
use crate::sampler::{Chain, Finish, Interval, MethodKind, Prior, Problem, Settings};

fn ball(intervals: Vec<Interval>) -> Problem {
    Problem {
        prior: Prior::normal(vec![0.0; 3], vec![1.0; 3]).unwrap(),
        intervals,
        starts: None,
    }
}

fn settings(n: usize) -> Settings {
    Settings::new(MethodKind::Cover, n)
}

/// Twenty samples of four rows.
fn twenty_of_four() -> Settings {
    Settings {
        chain: Chain {
            count: 4,
            ..Chain::default()
        },
        ..settings(20)
    }
}

/// Chains walk from there on, and no draws are made.
fn from_the_middle(intervals: Vec<Interval>) -> Problem {
    Problem {
        starts: Some(ndarray::array![[1.5, 0.0, 0.0]]),
        ..ball(intervals)
    }
}

fn notices(outcome: &super::Outcome) -> Vec<&String> {
    outcome.reports.iter().flat_map(|r| &r.notices).collect()
}

fn linear() -> ClosedForm {
    ClosedForm::new(3, vec![Unit::Linear(vec![1.0, 0.0, 0.0], 0.0)])
}

/// Holds samples of the slab low <= x <= high against the moments of the truncated normal; `expected`
/// is (φ(low) − φ(high)) / (Φ(high) − Φ(low)).
fn has_the_moments_of_the_slab(outcome: &super::Outcome, expected: f64, width: f64) {
    let mean = |j: usize, power: i32| -> f64 {
        let accepted = outcome.accepted();
        let values = accepted.iter().map(|s| f64::from(s.code[j]).powi(power));
        values.sum::<f64>() / accepted.len() as f64
    };
    assert!((mean(0, 1) - expected).abs() < width, "{}", mean(0, 1));
    for j in 1..3 {
        assert!(mean(j, 1).abs() < 4.0 * width, "{}", mean(j, 1));
        assert!((mean(j, 2) - 1.0).abs() < 6.0 * width, "{}", mean(j, 2));
    }
}

#[test]
fn chains_in_a_slab_of_the_normal_prior_have_the_moments_of_the_truncated_normal() {
    let intervals = vec![interval(Some(1.0), Some(2.0))];
    let problem = from_the_middle(intervals.clone());
    let outcome = run(&settings(2000), problem, &mut linear());
    assert_eq!(outcome.finish(), Finish::Complete);
    assert_inside(&outcome, &intervals);
    // The ball cuts off a thousandth.
    let expected = (0.241_970_7 - 0.053_991) / (0.977_249_9 - 0.841_344_7);
    has_the_moments_of_the_slab(&outcome, expected, 0.02);
    let notices = notices(&outcome);
    assert!(notices[0].contains("burn-in"), "{notices:?}");
}

#[test]
fn a_frequent_interval_is_sampled_by_draws_alone() {
    let intervals = vec![interval(Some(1.0), Some(2.0))];
    let outcome = run(&settings(2000), ball(intervals.clone()), &mut linear());
    assert_eq!(outcome.finish(), Finish::Complete);
    assert_inside(&outcome, &intervals);
    let expected = (0.241_970_7 - 0.053_991) / (0.977_249_9 - 0.841_344_7);
    has_the_moments_of_the_slab(&outcome, expected, 0.02);
    let notices = notices(&outcome);
    assert_eq!(notices.len(), 1);
    assert!(
        notices[0].contains("every sample is one of them"),
        "{notices:?}"
    );
    assert!(outcome.reports.iter().all(|report| report.gradients == 0));
    assert!(!outcome.reports[0].accepted.is_empty());
    // Whoever draws it from that start alone finds the sample.
    let prior = ball(intervals).prior;
    for sample in outcome.accepted() {
        assert_eq!(sample.code, prior.draw(sample.seed));
    }
}

#[test]
fn draws_of_a_rare_interval_are_samples_and_chains_from_them_find_the_others() {
    let intervals = vec![interval(Some(2.65), Some(3.5))];
    let settings = Settings {
        max_steps: 1000,
        ..settings(600)
    };
    let outcome = run(&settings, ball(intervals.clone()), &mut linear());
    assert_eq!(outcome.finish(), Finish::Complete);
    assert_inside(&outcome, &intervals);
    let prior = ball(intervals).prior;
    let accepted = outcome.accepted();
    let drawn = accepted.iter().filter(|s| s.code == prior.draw(s.seed));
    let drawn: Vec<u64> = drawn.map(|sample| sample.seed).collect();
    // The share is 0.38 %, which is found after 17 draws of each row to be too small.
    assert!((20..80).contains(&drawn.len()), "{}", drawn.len());
    assert!(accepted.iter().all(|sample| drawn.contains(&sample.seed)));
    let notices = notices(&outcome);
    assert!(notices[0].contains("chains find the other"), "{notices:?}");
    assert!(notices[1].contains("burn-in"), "{notices:?}");
    assert!(outcome.reports.iter().all(|report| report.gradients == 0));
    // (φ(2.65) − φ(3.5)) / (Φ(3.5) − Φ(2.65)) is 2.911, and the ball of radius 4.03 takes a little of the far end.
    let x: f64 = accepted.iter().map(|s| f64::from(s.code[0])).sum::<f64>() / 600.0;
    assert!((x - 2.905).abs() < 0.03, "{x}");
}

#[test]
fn each_of_n_chains_gives_one_sample_and_says_how_it_was_found() {
    let intervals = vec![interval(Some(1.0), Some(2.0))];
    let outcome = run(&settings(40), from_the_middle(intervals), &mut linear());
    let rows = outcome
        .accepted()
        .into_iter()
        .map(|sample| sample.start % 40);
    let mut rows: Vec<u64> = rows.collect();
    rows.sort_unstable();
    assert_eq!(rows, (0..40).collect::<Vec<u64>>());
    let notices = notices(&outcome);
    assert_eq!(notices.len(), 1);
    assert!(notices[0].contains("burn-in"), "{}", notices[0]);
}

#[test]
fn fewer_chains_give_samples_apart_from_each_other() {
    let intervals = vec![interval(Some(1.0), Some(2.0))];
    let outcome = run(
        &twenty_of_four(),
        from_the_middle(intervals.clone()),
        &mut linear(),
    );
    assert_eq!(outcome.accepted().len(), 20);
    assert_inside(&outcome, &intervals);
    let accepted = outcome.accepted();
    for (place, later) in accepted.iter().enumerate() {
        for earlier in &accepted[..place] {
            assert_ne!(earlier.code, later.code);
        }
    }
}

#[test]
fn a_row_that_is_needed_again_goes_on_with_other_draws() {
    let intervals = vec![interval(Some(1.0), Some(2.0))];
    let outcome = run(&twenty_of_four(), ball(intervals), &mut linear());
    let mut starts: Vec<u64> = outcome.accepted().iter().map(|s| s.start).collect();
    starts.sort_unstable();
    starts.dedup();
    assert_eq!(starts.len(), 20);
}

#[test]
fn several_constraints_and_a_box_hold_together() {
    let units = vec![Unit::Linear(vec![1.0, 1.0, -1.0], 0.0), Unit::Square];
    let intervals = vec![interval(Some(0.5), Some(0.6)), interval(None, Some(0.8))];
    let problem = Problem {
        prior: Prior::uniform_box(vec![0.0; 3], vec![1.0; 3]).unwrap(),
        ..ball(intervals.clone())
    };
    let outcome = run(&settings(30), problem, &mut ClosedForm::new(3, units));
    assert_eq!(outcome.finish(), Finish::Complete);
    assert_inside(&outcome, &intervals);
}

#[test]
fn a_run_that_is_cut_off_says_that_its_chains_had_not_forgotten_their_starts() {
    let settings = Settings {
        max_steps: 30,
        ..settings(5)
    };
    let intervals = vec![interval(Some(1.0), Some(2.0))];
    let outcome = run(&settings, from_the_middle(intervals.clone()), &mut linear());
    assert_eq!(outcome.accepted().len(), 5);
    assert_inside(&outcome, &intervals);
    let last = outcome.reports.last().unwrap();
    assert!(
        last.notices[0].contains("--max-steps"),
        "{:?}",
        last.notices
    );
}

#[test]
fn an_unreachable_interval_ends_with_the_best_activation_and_no_sample() {
    let intervals = vec![interval(Some(9.0), None)];
    let settings = Settings {
        max_steps: 80,
        ..settings(4)
    };
    let outcome = run(&settings, ball(intervals), &mut linear());
    let last = outcome.reports.last().unwrap();
    assert_eq!(
        (outcome.finish(), last.accepted_total),
        (Finish::MaxSteps, 0)
    );
    assert!(last.redraws > 0);
    // The ball's radius is √χ²_3(0.999).
    assert!((last.best_activations[0].unwrap() - 4.033).abs() < 0.05);
}
