//! Values that say nothing: not finite, constant, or of one sample alone. Each has a defined answer.

use super::engines::{ClosedForm, Unit};
use super::{Outcome, assert_inside, drive, interval, run};
use crate::sampler::{
    ConstraintKind, Finish, Interval, MethodKind, Prior, Problem, Reached, Settings, Stop, start,
};

const LENGTH: usize = 4;

fn problem(intervals: &[Interval]) -> Problem {
    Problem {
        prior: Prior::uniform_box(vec![0.0; LENGTH], vec![1.0; LENGTH]).unwrap(),
        intervals: intervals.to_vec(),
        starts: None,
    }
}

fn sum() -> Unit {
    Unit::Linear(vec![1.0; LENGTH], 0.0)
}

/// Every method that moves rows to intervals.
fn methods(n: usize) -> impl Iterator<Item = Settings> {
    let kinds = [
        MethodKind::Incremental,
        MethodKind::Joint,
        MethodKind::Spread,
    ];
    kinds.into_iter().map(move |kind| Settings::new(kind, n))
}

/// Asserts that a run without any gradient ends long before its last step; gives what it reached.
fn ends_soon(settings: &Settings, intervals: &[Interval], units: &[Unit]) -> (Outcome, Reached) {
    let mut engine = ClosedForm::new(LENGTH, units.to_vec());
    let mut method = start(settings, problem(intervals)).unwrap();
    let outcome = drive(&mut *method, &mut engine);
    assert_eq!(outcome.finish(), Finish::NoGradient, "{settings:?}");
    let steps = outcome.reports.len() as u64;
    assert_eq!(steps, 2 * settings.give_up_after, "{settings:?}");
    assert!(outcome.accepted().is_empty());
    (outcome, Reached::of(&method.state()).unwrap())
}

#[test]
fn a_constant_unit_outside_its_interval_ends_the_run_soon() {
    let intervals = [interval(Some(5.0), None), interval(Some(1.0), Some(2.0))];
    for settings in methods(5) {
        for constraint in ConstraintKind::ALL {
            let settings = Settings {
                constraint: *constraint,
                ..settings.clone()
            };
            let units = [Unit::Constant(3.0), sum()];
            let (_, reached) = ends_soon(&settings, &intervals[..1], &units[..1]);
            assert_eq!(reached.best, [Some(3.0)]);
        }
        // The other constraint can be met, and then nothing leads on.
        let units = [Unit::Constant(3.0), sum()];
        let mut engine = ClosedForm::new(LENGTH, units.to_vec());
        let outcome = run(&settings, problem(&intervals), &mut engine);
        assert_eq!(outcome.finish(), Finish::NoGradient, "{settings:?}");
        assert!(outcome.reports.len() < 200, "{}", outcome.reports.len());
    }
}

#[test]
fn a_constant_unit_inside_its_interval_constrains_nothing() {
    let intervals = [
        interval(Some(2.0), Some(4.0)),
        interval(Some(1.0), Some(2.0)),
    ];
    for settings in methods(5) {
        let mut engine = ClosedForm::new(LENGTH, vec![Unit::Constant(3.0), sum()]);
        let outcome = run(&settings, problem(&intervals), &mut engine);
        assert_eq!(outcome.finish(), Finish::Complete, "{settings:?}");
        assert_inside(&outcome, &intervals);
    }
}

#[test]
fn activations_that_are_nowhere_finite_end_the_run_soon_and_nothing_is_reached() {
    for settings in methods(3) {
        for broken in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let intervals = [interval(Some(5.0), None)];
            let (outcome, reached) = ends_soon(&settings, &intervals, &[Unit::Constant(broken)]);
            assert_eq!(reached.best, [None]);
            assert!(reached.nearest.is_empty());
            let last = outcome.reports.last().unwrap();
            assert!(last.activations.iter().all(|value| value.is_nan()));
        }
    }
}

#[test]
fn codes_with_infinite_activations_are_drawn_anew() {
    let intervals = [interval(Some(1.0), Some(2.0))];
    for settings in methods(8) {
        let settings = Settings {
            stop: Stop::Feasible,
            ..settings
        };
        let mut engine = ClosedForm::new(LENGTH, vec![Unit::Broken(0.5)]);
        let outcome = run(&settings, problem(&intervals), &mut engine);
        assert_eq!(outcome.finish(), Finish::Complete, "{settings:?}");
        assert_inside(&outcome, &intervals);
        assert!(outcome.reports.last().unwrap().redraws > 0);
    }
}

#[test]
fn a_constant_encoder_gives_feasible_samples_of_value_zero() {
    let intervals = [interval(Some(2.5), Some(3.0))];
    for settings in methods(6) {
        let mut engine = ClosedForm::new(LENGTH, vec![sum()]);
        engine.has_constant_encoder = true;
        let outcome = run(&settings, problem(&intervals), &mut engine);
        assert_eq!(outcome.finish(), Finish::Complete, "{settings:?}");
        assert_inside(&outcome, &intervals);
        assert_eq!(outcome.value(), 0.0);
        assert!(outcome.reports.iter().all(|report| report.objective == 0.0));
    }
}

#[test]
fn one_sample_alone_and_fewer_samples_than_a_batch_are_found() {
    let intervals = [interval(Some(2.5), Some(3.0))];
    for settings in methods(1).chain(methods(3)) {
        assert!(settings.k > settings.n);
        let mut engine = ClosedForm::new(LENGTH, vec![sum()]);
        let outcome = run(&settings, problem(&intervals), &mut engine);
        assert_eq!(outcome.finish(), Finish::Complete, "{settings:?}");
        assert_eq!(outcome.accepted().len(), settings.n);
        assert_inside(&outcome, &intervals);
    }
}

#[test]
fn multipliers_find_the_set_that_the_projection_finds() {
    // On a line the farthest four are two at each end.
    let ends = (0.25, 0.75);
    let intervals = [interval(Some(ends.0), Some(ends.1))];
    let line = Problem {
        prior: Prior::uniform_box(vec![0.0], vec![1.0]).unwrap(),
        ..problem(&intervals)
    };
    let found: Vec<Vec<f32>> = ConstraintKind::ALL
        .iter()
        .map(|&constraint| {
            let settings = Settings {
                constraint,
                ..Settings::new(MethodKind::Joint, 4)
            };
            let mut engine = ClosedForm::new(1, vec![Unit::Linear(vec![1.0], 0.0)]);
            let outcome = run(&settings, line.clone(), &mut engine);
            assert_eq!(outcome.finish(), Finish::Complete, "{constraint}");
            let mut codes: Vec<f32> = outcome.accepted().iter().map(|a| a.code[0]).collect();
            codes.sort_by(f32::total_cmp);
            codes
        })
        .collect();
    for codes in found {
        for (code, expected) in codes.iter().zip([ends.0, ends.0, ends.1, ends.1]) {
            assert!((f64::from(*code) - expected).abs() < 1e-3, "{codes:?}");
        }
    }
}
