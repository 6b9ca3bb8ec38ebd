//! `maximise` climbs without an interval: what is inside where an ascent ends is a sample.

use super::engines::{ClosedForm, Unit};
use super::{assert_inside, interval, run};
use crate::sampler::{Ascent, Finish, Interval, MethodKind, Prior, Problem, Settings, start};

fn problem(intervals: Vec<Interval>) -> Problem {
    Problem {
        prior: Prior::normal(vec![0.0; 3], vec![1.0; 3]).unwrap(),
        intervals,
        starts: None,
    }
}

fn settings(n: usize) -> Settings {
    Settings::new(MethodKind::Maximise, n)
}

/// c0 + c1 + c2.
fn sum() -> ClosedForm {
    ClosedForm::new(3, vec![Unit::Linear(vec![1.0; 3], 0.0)])
}

#[test]
fn an_open_interval_is_met_by_the_first_ascent_of_every_slot() {
    let intervals = vec![interval(Some(3.0), None)];
    let outcome = run(&settings(7), problem(intervals.clone()), &mut sum());
    assert_eq!(outcome.finish(), Finish::Complete);
    assert_inside(&outcome, &intervals);
    let accepted = outcome.accepted();
    assert_eq!(accepted.len(), 7);
    for sample in accepted {
        assert_eq!(sample.step, Ascent::STEPS + 1);
        assert!(sample.start < 7);
    }
}

#[test]
fn a_closed_interval_is_overshot_even_where_the_ascent_passes_through_it() {
    // Every ascent ends where the decay holds the step, beyond 1.
    let intervals = vec![interval(Some(0.5), Some(1.0))];
    let mut engine = sum();
    let mut method = start(&settings(4), problem(intervals)).unwrap();
    let mut passed = 0;
    let report = loop {
        let report = method.step(&mut engine).unwrap();
        passed += report.feasible;
        if report.finish.is_some() {
            break report;
        }
    };
    assert!(passed > 0);
    assert_eq!(report.finish, Some(Finish::MaxSteps));
    assert_eq!(report.accepted_total, 0);
    // Each slot was refilled after each of its first four ascents.
    assert_eq!(report.redraws, 16);
}

#[test]
fn a_unit_with_a_high_end_only_is_climbed_down() {
    let intervals = vec![interval(None, Some(-3.0))];
    let outcome = run(&settings(3), problem(intervals.clone()), &mut sum());
    assert_eq!(outcome.finish(), Finish::Complete);
    assert_inside(&outcome, &intervals);
}

#[test]
fn the_sum_of_several_units_is_climbed_to_its_maximum() {
    // c0 + c1 + c2 − ‖c‖² is largest at (1/2, 1/2, 1/2).
    let intervals = vec![interval(Some(1.0), None), interval(None, Some(2.0))];
    let units = vec![Unit::Linear(vec![1.0; 3], 0.0), Unit::Square];
    let settings = Settings {
        ascent: Ascent {
            decay: 1.0,
            ..Ascent::default()
        },
        ..settings(5)
    };
    let mut engine = ClosedForm::new(3, units);
    let outcome = run(&settings, problem(intervals), &mut engine);
    assert_eq!(outcome.accepted().len(), 5);
    for sample in outcome.accepted() {
        for value in &sample.code {
            assert!((value - 0.5).abs() < 1e-2, "{:?}", sample.code);
        }
    }
}

#[test]
fn where_nothing_slopes_the_ascent_ends_at_once() {
    let mut engine = ClosedForm::new(3, vec![Unit::Linear(vec![0.0; 3], 2.0)]);
    let intervals = vec![interval(Some(1.0), None)];
    let outcome = run(&settings(2), problem(intervals), &mut engine);
    assert_eq!(outcome.finish(), Finish::Complete);
    assert_eq!(outcome.reports.len(), 2);
}

#[test]
fn a_run_that_is_cut_off_keeps_what_is_inside() {
    let settings = Settings {
        max_steps: 60,
        ..settings(9)
    };
    let intervals = vec![interval(Some(1.0), None)];
    let outcome = run(&settings, problem(intervals.clone()), &mut sum());
    assert_eq!(outcome.reports.len(), 60);
    assert_eq!(outcome.accepted().len(), 9);
    assert_inside(&outcome, &intervals);
}
