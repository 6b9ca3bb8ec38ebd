//! Units behind a ReLU that are dead at every start.

use super::engines::{ClosedForm, Unit};
use super::{assert_inside, drive, interval, run};
use crate::sampler::{Finish, MethodKind, Prior, Problem, Reached, Settings, Stop, start};

const LENGTH: usize = 8;
/// The sum of a random code is 4 with a standard deviation of 0.8: below 7 at every start.
const THRESHOLD: f64 = -7.0;

fn problem(low: Option<f64>, high: Option<f64>) -> Problem {
    Problem {
        prior: Prior::uniform_box(vec![0.0; LENGTH], vec![1.0; LENGTH]).unwrap(),
        intervals: vec![interval(low, high)],
        starts: None,
    }
}

fn settings(kind: MethodKind) -> Settings {
    Settings {
        stop: Stop::Feasible,
        ..Settings::new(kind, 6)
    }
}

#[test]
fn a_dead_unit_comes_alive_by_what_goes_into_its_relu() {
    let problem = problem(Some(0.3), Some(0.6));
    for kind in [
        MethodKind::Incremental,
        MethodKind::Joint,
        MethodKind::Spread,
    ] {
        let mut engine = ClosedForm::new(LENGTH, vec![Unit::Relu(vec![1.0; LENGTH], THRESHOLD)]);
        let outcome = run(&settings(kind), problem.clone(), &mut engine);
        assert_eq!(outcome.finish(), Finish::Complete, "{kind}");
        assert_inside(&outcome, &problem.intervals);
        // What is told is the unit's own value, never what steers it.
        let first = &outcome.reports[0];
        assert!(first.activations.iter().all(|&value| value == 0.0));
        let none = vec![Unit::DeadRelu(vec![1.0; LENGTH], THRESHOLD)];
        let outcome = run(
            &settings(kind),
            problem.clone(),
            &mut ClosedForm::new(LENGTH, none),
        );
        assert_eq!(outcome.finish(), Finish::NoGradient, "{kind}");
    }
}

#[test]
fn a_unit_that_is_to_stay_dead_moves_freely_below_zero() {
    let problem = problem(None, Some(0.0));
    let settings = Settings::new(MethodKind::Joint, 6);
    let mut engine = ClosedForm::new(LENGTH, vec![Unit::Relu(vec![1.0; LENGTH], -4.0)]);
    let outcome = run(&settings, problem.clone(), &mut engine);
    assert_eq!(outcome.finish(), Finish::Complete);
    assert_inside(&outcome, &problem.intervals);
    // Pairs of opposite corners with a sum of 4 each lie in the set: D = 2·36·8/4.
    assert!(outcome.value() > 0.8 * 144.0, "{}", outcome.value());
}

#[test]
fn what_a_dead_unit_reached_is_zero_and_survives_a_checkpoint() {
    let problem = problem(Some(50.0), None);
    let settings = Settings {
        max_steps: 3,
        ..settings(MethodKind::Joint)
    };
    let mut engine = ClosedForm::new(LENGTH, vec![Unit::Relu(vec![1.0; LENGTH], -20.0)]);
    let mut method = start(&settings, problem.clone()).unwrap();
    drive(&mut *method, &mut engine);
    let state = method.state();
    let reached = Reached::of(&state).unwrap();
    assert_eq!(reached.best, [Some(0.0)]);
    assert!(reached.nearest.iter().all(|start| start == &[0.0]));
    let mut again = start(&settings, problem).unwrap();
    again.restore(&state).unwrap();
    assert!(again.rows().activations.iter().all(|&value| value == 0.0));
}
