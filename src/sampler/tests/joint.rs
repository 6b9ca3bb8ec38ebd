//! `joint` finds known optima, accepts only what is inside, and gives up what cannot be reached.

use super::engines::{ClosedForm, Unit};
use super::{assert_inside, best_value, drive, interval, run};
use crate::sampler::{
    ConstraintKind, Finish, MethodKind, Prior, Problem, Reached, Settings, Stop, Update,
    nearest_reachable, start,
};
use ndarray::Array2;

fn cube(length: usize) -> Prior {
    Prior::uniform_box(vec![0.0; length], vec![1.0; length]).unwrap()
}

fn ball(length: usize) -> Prior {
    Prior::normal(vec![0.0; length], vec![1.0; length]).unwrap()
}

/// x + y between 0.5 and 1 in the unit square, with the interval.
fn band() -> (ClosedForm, Problem) {
    let problem = Problem {
        prior: cube(2),
        intervals: vec![interval(Some(0.5), Some(1.0))],
        starts: None,
    };
    (
        ClosedForm::new(2, vec![Unit::Linear(vec![1.0, 1.0], 0.0)]),
        problem,
    )
}

fn joint(n: usize) -> Settings {
    Settings::new(MethodKind::Joint, n)
}

#[test]
fn a_band_across_the_square_is_spread_over_its_far_corners_in_every_way() {
    // Half of the samples in each of the corners (1, 0) and (0, 1): D = 2·(n/2)²·2.
    let (mut engine, problem) = band();
    let projection = joint(8);
    let block = Settings {
        update: Update::Block,
        ..joint(8)
    };
    let lagrangian = Settings {
        constraint: ConstraintKind::AugmentedLagrangian,
        ..joint(8)
    };
    for settings in [projection, block, lagrangian] {
        let best = best_value(&settings, &problem, &mut engine, &problem.intervals);
        assert!(0.99 * 64.0 < best && best <= 64.0, "{best} {settings:?}");
    }
}

#[test]
fn a_curved_rim_is_reached_and_kept() {
    // ‖c‖² between 1 and 4 under a normal prior: zero mean on the sphere of radius 2, D = 2 n² 4.
    let mut engine = ClosedForm::new(5, vec![Unit::Square]);
    let intervals = vec![interval(Some(1.0), Some(4.0))];
    let problem = Problem {
        prior: ball(5),
        intervals: intervals.clone(),
        starts: None,
    };
    let optimum = 2.0 * 256.0 * 4.0;
    let best = best_value(&joint(16), &problem, &mut engine, &intervals);
    assert!(0.999 * optimum < best && best <= optimum, "{best}");
    let lagrangian = Settings {
        constraint: ConstraintKind::AugmentedLagrangian,
        max_steps: 3000,
        ..joint(16)
    };
    let best = best_value(&lagrangian, &problem, &mut engine, &intervals);
    assert!(0.99 * optimum < best && best <= optimum, "{best}");
}

#[test]
fn the_priors_own_rim_is_no_trap() {
    // The optimum lies where the ball's rim meets the interval's.
    let mut engine = ClosedForm::new(3, vec![Unit::Linear(vec![1.0, 1.0, 1.0], 0.0)]);
    let intervals = vec![interval(Some(5.0), None)];
    let problem = Problem {
        prior: ball(3),
        intervals: intervals.clone(),
        starts: None,
    };
    // A disc of squared radius χ²_3(0.999) − 25/3.
    let optimum = 2.0 * 64.0 * (16.266 - 25.0 / 3.0);
    let best = best_value(&joint(8), &problem, &mut engine, &intervals);
    assert!(
        0.99 * optimum < best && best <= 1.0001 * optimum,
        "{best} {optimum}"
    );
}

#[test]
fn several_constraints_hold_together() {
    let units = vec![
        Unit::Linear(vec![1.0, 2.0, 0.0, -1.0], 0.5),
        Unit::Sigmoid(vec![0.0, 1.0, -3.0, 1.0], 0.0),
        Unit::Square,
    ];
    let intervals = vec![
        interval(Some(3.0), Some(4.0)),
        interval(Some(0.9), Some(1.0)).within_limits(Some(0.0), Some(1.0)),
        interval(None, Some(9.0)),
    ];
    let mut engine = ClosedForm::new(4, units);
    let problem = Problem {
        prior: ball(4),
        intervals: intervals.clone(),
        starts: None,
    };
    let outcome = run(&joint(12), problem, &mut engine);
    assert_eq!(outcome.finish(), Finish::Complete);
    assert_inside(&outcome, &intervals);
    assert!(outcome.value() > 1.0);
}

#[test]
fn an_open_end_pulls_nowhere() {
    for (low, high) in [(Some(2.0), None), (None, Some(-2.0))] {
        let mut engine = ClosedForm::new(3, vec![Unit::Linear(vec![1.0, 1.0, 1.0], 0.0)]);
        let intervals = vec![interval(low, high)];
        let problem = Problem {
            prior: ball(3),
            intervals: intervals.clone(),
            starts: None,
        };
        let outcome = run(&joint(6), problem, &mut engine);
        assert_eq!(outcome.finish(), Finish::Complete);
        assert_inside(&outcome, &intervals);
    }
}

#[test]
fn every_code_stays_valid() {
    let (mut engine, problem) = band();
    let prior = problem.prior.clone();
    let mut method = crate::sampler::start(&joint(8), problem).unwrap();
    while method.step(&mut engine).unwrap().finish.is_none() {
        for code in method.codes().rows() {
            assert!(prior.contains(&code.to_vec()), "{code}");
        }
    }
}

#[test]
fn samples_that_become_feasible_freeze_and_are_not_evaluated_again() {
    let (mut engine, problem) = band();
    let intervals = problem.intervals.clone();
    let settings = Settings {
        stop: Stop::Feasible,
        ..joint(16)
    };
    let mut method = crate::sampler::start(&settings, problem).unwrap();
    let outcome = super::drive(&mut *method, &mut engine);
    assert_eq!(outcome.finish(), Finish::Complete);
    assert_inside(&outcome, &intervals);
    for pair in outcome.reports.windows(2) {
        assert_eq!(pair[1].live, 16 - pair[0].accepted_total);
    }
    for sample in outcome.accepted() {
        let row = (sample.start % 16) as usize;
        assert_eq!(sample.code, method.codes().row(row).to_vec());
    }
}

#[test]
fn an_unreachable_interval_ends_with_the_best_activation_and_no_sample() {
    let mut engine = ClosedForm::new(2, vec![Unit::Linear(vec![1.0, 1.0], 0.0)]);
    let problem = Problem {
        prior: cube(2),
        intervals: vec![interval(Some(3.0), Some(4.0))],
        starts: None,
    };
    let settings = Settings {
        max_steps: 120,
        give_up_after: 50,
        ..joint(3)
    };
    let outcome = run(&settings, problem, &mut engine);
    assert_eq!(outcome.finish(), Finish::MaxSteps);
    assert!(outcome.accepted().is_empty());
    let last = outcome.reports.last().unwrap();
    assert_eq!(last.best_activations, [Some(2.0)]);
    assert_eq!((last.step, last.redraws), (120, 6));
}

#[test]
fn rows_that_are_not_finite_begin_anew_and_poison_nothing() {
    let (mut engine, problem) = band();
    engine.breaks_above = 0.8;
    let intervals = problem.intervals.clone();
    for update in Update::ALL {
        let settings = Settings {
            update: *update,
            max_steps: 300,
            ..joint(6)
        };
        let outcome = run(&settings, problem.clone(), &mut engine);
        assert!(outcome.reports.iter().all(|r| r.objective.is_finite()));
        assert!(outcome.reports.last().unwrap().redraws > 0);
        assert_inside(&outcome, &intervals);
        for sample in outcome.accepted() {
            assert!(sample.embedding.iter().all(|v| v.is_finite()));
        }
    }
}

#[test]
fn what_the_plain_forward_finds_outside_is_not_accepted() {
    let (mut engine, problem) = band();
    engine.check_offset = 10.0;
    for stop in Stop::ALL {
        let settings = Settings {
            stop: *stop,
            max_steps: 60,
            ..joint(3)
        };
        let outcome = run(&settings, problem.clone(), &mut engine);
        assert_eq!(outcome.finish(), Finish::MaxSteps);
        assert!(outcome.accepted().is_empty());
    }
}

#[test]
fn one_sample_alone_is_found_too() {
    let (mut engine, problem) = band();
    let outcome = run(&joint(1), problem, &mut engine);
    assert_eq!((outcome.finish(), outcome.value()), (Finish::Complete, 0.0));
}

#[test]
fn a_point_interval_is_steered_to() {
    let mut engine = ClosedForm::new(2, vec![Unit::Linear(vec![1.0, 1.0], 0.0)]);
    let problem = Problem {
        prior: cube(2),
        intervals: vec![interval(Some(1.25), Some(1.25))],
        starts: None,
    };
    let settings = Settings {
        max_steps: 100,
        ..joint(4)
    };
    let outcome = run(&settings, problem, &mut engine);
    let best = outcome.reports.last().unwrap().best_activations[0].unwrap();
    assert!((best - 1.25).abs() < 1e-6, "{best}");
}

#[test]
fn given_starts_are_used_and_equal_ones_part() {
    let (mut engine, problem) = band();
    let problem = Problem {
        starts: Some(Array2::from_elem((1, 2), 0.375)),
        ..problem
    };
    let outcome = run(&joint(4), problem, &mut engine);
    assert_eq!(outcome.finish(), Finish::Complete);
    assert!(outcome.value() > 4.0, "{}", outcome.value());
}

#[test]
fn the_accepted_seed_draws_the_samples_start_again() {
    let (mut engine, problem) = band();
    let prior = problem.prior.clone();
    let settings = Settings {
        seed: 9,
        ..joint(4)
    };
    let first = crate::sampler::start(&settings, problem.clone()).unwrap();
    let starts = first.codes().to_owned();
    let outcome = run(&settings, problem, &mut engine);
    for sample in outcome.accepted() {
        assert_eq!(prior.draw(sample.seed), starts.row(sample.index).to_vec());
        assert_eq!(sample.start, sample.index as u64);
    }
}

#[test]
fn settings_without_a_constraint_are_refused() {
    let problem = Problem {
        prior: cube(2),
        intervals: vec![],
        starts: None,
    };
    assert!(crate::sampler::start(&joint(4), problem).is_err());
}

#[test]
fn an_unreachable_interval_ends_with_the_nearest_that_as_many_starts_were_inside() {
    // x + y reaches 2 in the unit square at the one corner that all starts can go to.
    let unreachable = vec![interval(Some(50.0), Some(51.0))];
    let problem = Problem {
        intervals: unreachable.clone(),
        ..band().1
    };
    for method in [MethodKind::Joint, MethodKind::Incremental] {
        let settings = Settings {
            max_steps: 120,
            ..Settings::new(method, 8)
        };
        let mut method = start(&settings, problem.clone()).unwrap();
        let outcome = drive(&mut *method, &mut band().0);
        assert_eq!(outcome.finish(), Finish::MaxSteps);
        assert!(outcome.accepted().is_empty());
        let reached = Reached::of(&method.state()).unwrap();
        assert_eq!(reached.nearest.len(), 8);
        let nearest = nearest_reachable(&unreachable, &reached.nearest).unwrap()[0];
        let (low, high) = (nearest.low().unwrap(), nearest.high().unwrap());
        assert!((1.5..=2.0).contains(&low), "{low}");
        assert!((high - low - 1.0).abs() < 0.25, "{low}..{high}");
        // What is offered can be had.
        let offered = Problem {
            intervals: vec![nearest],
            ..problem.clone()
        };
        let again = run(&settings, offered, &mut band().0);
        assert_eq!(again.finish(), Finish::Complete);
        assert_inside(&again, &[nearest]);
    }
}

#[test]
fn the_nearest_intervals_of_two_constraints_hold_at_the_same_codes() {
    // x alone and y alone reach 1, but x + y >= 1.8 leaves little of x - y: each is reachable, both
    // at once are not.
    let units = vec![
        Unit::Linear(vec![1.0, 1.0], 0.0),
        Unit::Linear(vec![1.0, -1.0], 0.0),
    ];
    let mut engine = ClosedForm::new(2, units);
    let intervals = vec![interval(Some(1.8), None), interval(Some(0.9), None)];
    let problem = Problem {
        prior: cube(2),
        intervals: intervals.clone(),
        starts: None,
    };
    let settings = Settings {
        max_steps: 100,
        ..joint(4)
    };
    let mut method = start(&settings, problem.clone()).unwrap();
    assert!(drive(&mut *method, &mut engine).accepted().is_empty());
    let reached = Reached::of(&method.state()).unwrap();
    let nearest = nearest_reachable(&intervals, &reached.nearest).unwrap();
    // x + y = s and x - y = t are both in the square only where s + t <= 2.
    let ends: Vec<f64> = nearest.iter().map(|i| i.low().unwrap()).collect();
    assert!(ends[0] + ends[1] <= 2.0, "{ends:?}");
    let offered = Problem {
        intervals: nearest.clone(),
        ..problem
    };
    let feasible = Settings {
        stop: Stop::Feasible,
        ..joint(4)
    };
    let again = run(&feasible, offered, &mut engine);
    assert_eq!(again.finish(), Finish::Complete);
    assert_inside(&again, &nearest);
}
