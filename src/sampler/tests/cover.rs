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

fn linear() -> ClosedForm {
    ClosedForm::new(3, vec![Unit::Linear(vec![1.0, 0.0, 0.0], 0.0)])
}

#[test]
fn a_slab_of_the_normal_prior_has_the_moments_of_the_truncated_normal() {
    let intervals = vec![interval(Some(1.0), Some(2.0))];
    let outcome = run(&settings(2000), ball(intervals.clone()), &mut linear());
    assert_eq!(outcome.finish(), Finish::Complete);
    assert_inside(&outcome, &intervals);
    let mean = |j: usize, power: i32| -> f64 {
        let accepted = outcome.accepted();
        let values = accepted.iter().map(|s| f64::from(s.code[j]).powi(power));
        values.sum::<f64>() / accepted.len() as f64
    };
    // (φ(1) − φ(2)) / (Φ(2) − Φ(1)); the ball cuts off a thousandth.
    let expected = (0.241_970_7 - 0.053_991) / (0.977_249_9 - 0.841_344_7);
    assert!((mean(0, 1) - expected).abs() < 0.02, "{}", mean(0, 1));
    for j in 1..3 {
        assert!(mean(j, 1).abs() < 0.08, "{}", mean(j, 1));
        assert!((mean(j, 2) - 1.0).abs() < 0.12, "{}", mean(j, 2));
    }
}

#[test]
fn each_of_n_chains_gives_one_sample_and_says_how_it_was_found() {
    let intervals = vec![interval(Some(1.0), Some(2.0))];
    let outcome = run(&settings(40), ball(intervals), &mut linear());
    let rows = outcome
        .accepted()
        .into_iter()
        .map(|sample| sample.start % 40);
    let mut rows: Vec<u64> = rows.collect();
    rows.sort_unstable();
    assert_eq!(rows, (0..40).collect::<Vec<u64>>());
    let notices: Vec<&String> = outcome.reports.iter().flat_map(|r| &r.notices).collect();
    assert_eq!(notices.len(), 1);
    assert!(notices[0].contains("burn-in"), "{}", notices[0]);
}

#[test]
fn fewer_chains_give_samples_apart_from_each_other() {
    let settings = Settings {
        chain: Chain {
            count: 4,
            ..Chain::default()
        },
        ..settings(20)
    };
    let intervals = vec![interval(Some(1.0), Some(2.0))];
    let outcome = run(&settings, ball(intervals.clone()), &mut linear());
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
    let outcome = run(&settings, ball(intervals.clone()), &mut linear());
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
