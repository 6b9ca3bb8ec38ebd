//! A method that goes on from its state repeats an undisturbed run bit for bit.

use super::engines::{ClosedForm, Unit};
use super::{drive, interval};
use crate::sampler::{
    Accepted, Ascent, Chain, ConstraintKind, MethodKind, Prior, Problem, Reached, Settings, State,
    Stop, Update, start,
};

pub(super) fn engine() -> ClosedForm {
    let w = vec![1.0, -0.5, 0.25];
    let mut engine = ClosedForm::new(3, vec![Unit::Linear(w, 0.1), Unit::Square]);
    // Some rows break, so that redraws are part of what is replayed.
    engine.breaks_above = 1.5;
    engine
}

pub(super) fn problem() -> Problem {
    Problem {
        prior: Prior::normal(vec![0.0; 3], vec![1.0; 3]).unwrap(),
        intervals: vec![interval(Some(0.5), Some(0.9)), interval(None, Some(3.0))],
        starts: None,
    }
}

/// For `cover` so rare an interval that draws are not enough and chains go on.
pub(super) fn problem_of(settings: &Settings) -> Problem {
    let mut problem = problem();
    if settings.method == MethodKind::Cover {
        problem.intervals[0] = interval(Some(0.5), Some(0.51));
    }
    problem
}

pub(super) fn every_kind() -> Vec<Settings> {
    let base = Settings {
        max_steps: 150,
        k: 4,
        give_up_after: 10,
        ..Settings::new(MethodKind::Joint, 10)
    };
    vec![
        Settings {
            stop: Stop::Feasible,
            ..base.clone()
        },
        Settings {
            update: Update::Block,
            ..base.clone()
        },
        Settings {
            constraint: ConstraintKind::AugmentedLagrangian,
            ..base.clone()
        },
        Settings {
            method: MethodKind::Spread,
            ..base.clone()
        },
        Settings {
            method: MethodKind::Cover,
            ..base.clone()
        },
        Settings {
            method: MethodKind::Cover,
            chain: Chain {
                count: 3,
                ..Chain::default()
            },
            ..base.clone()
        },
        Settings {
            method: MethodKind::Ppgn,
            chain: Chain {
                count: 4,
                epsilon3: 0.2,
                reset_every: 30,
                ..Chain::default()
            },
            ..base.clone()
        },
        Settings {
            method: MethodKind::Maximise,
            ascent: Ascent {
                steps: 30,
                ..Ascent::default()
            },
            ..base.clone()
        },
        Settings {
            method: MethodKind::Incremental,
            n: 30,
            ..base.clone()
        },
        Settings {
            method: MethodKind::Incremental,
            n: 30,
            seeds_grow: false,
            ..base.clone()
        },
        base,
    ]
}

pub(super) fn bits(accepted: &[&Accepted]) -> Vec<(u64, u64, u64, Vec<u32>)> {
    accepted
        .iter()
        .map(|sample| {
            let values = sample.code.iter().chain(&sample.embedding);
            let values = values.chain(&sample.activations).map(|v| v.to_bits());
            (sample.seed, sample.step, sample.start, values.collect())
        })
        .collect()
}

#[test]
fn a_run_restored_at_any_step_goes_on_identically() {
    for settings in every_kind() {
        let whole = drive(
            &mut *start(&settings, problem_of(&settings)).unwrap(),
            &mut engine(),
        );
        for cut in [0, 1, 7, whole.reports.len() / 2, whole.reports.len() - 1] {
            let mut first = start(&settings, problem_of(&settings)).unwrap();
            let mut before = engine();
            let reports: Vec<_> = (0..cut).map(|_| first.step(&mut before).unwrap()).collect();
            // Through text, as through a file.
            let text = serde_json::to_string(&first.state()).unwrap();
            let state: State = serde_json::from_str(&text).unwrap();
            let mut second = start(&settings, problem_of(&settings)).unwrap();
            second.restore(&state).unwrap();
            assert_eq!(second.state(), state);
            let rest = drive(&mut *second, &mut engine());
            let mut both: Vec<&Accepted> = reports.iter().flat_map(|r| &r.accepted).collect();
            both.extend(rest.accepted());
            assert_eq!(
                bits(&both),
                bits(&whole.accepted()),
                "cut at {cut}, {settings:?}"
            );
            let objective = |reports: &[super::StepReport]| reports.last().unwrap().objective;
            assert_eq!(objective(&rest.reports), objective(&whole.reports));
        }
    }
}

#[test]
fn a_state_of_something_else_is_refused_and_changes_nothing() {
    let all = every_kind();
    let mut method = start(&all[0], problem()).unwrap();
    let before = method.state();
    let other = Settings {
        n: 11,
        ..all[0].clone()
    };
    let wrong = start(&other, problem()).unwrap().state();
    assert!(method.restore(&wrong).is_err());
    assert!(method.restore(&State::default()).is_err());
    assert_eq!(method.state(), before);
}

#[test]
fn an_ended_method_evaluates_nothing_more() {
    for settings in every_kind() {
        let mut method = start(&settings, problem_of(&settings)).unwrap();
        let outcome = drive(&mut *method, &mut engine());
        let again = method.step(&mut engine()).unwrap();
        let last = outcome.reports.last().unwrap();
        assert_eq!((again.forwards, again.gradients), (0, 0));
        assert_eq!((again.finish, again.step), (last.finish, last.step));
        assert!(again.accepted.is_empty());
        let reached = Reached::of(&method.state()).unwrap();
        assert_eq!(reached.finish, last.finish);
        assert_eq!(reached.best, last.best_activations);
    }
}

#[test]
fn another_seed_gives_another_sample() {
    let settings = every_kind().pop().unwrap();
    let other = Settings {
        seed: 1,
        ..settings.clone()
    };
    let run = |settings: &Settings| drive(&mut *start(settings, problem()).unwrap(), &mut engine());
    assert_ne!(
        bits(&run(&settings).accepted()),
        bits(&run(&other).accepted())
    );
}
