//! Settings changed and rows put at other starts between two steps.

use super::replay::{bits, engine, every_kind, problem, problem_of};
use super::{drive, run};
use crate::sampler::{
    Accepted, Finish, Method, MethodKind, ReseedError, RowStatus, Settings, State, Stop, Tunables,
    start,
};

/// Everything set to something else than at the start.
fn tuned(settings: &Settings) -> Tunables {
    Tunables {
        step_size: 0.11,
        plain_step: 0.07,
        alpha: 0.6,
        max_steps: settings.max_steps - 20,
        give_up_after: 7,
        stop: Stop::Feasible,
    }
}

fn steps(method: &mut dyn Method, count: usize) {
    let mut engine = engine();
    for _ in 0..count {
        method.step(&mut engine).unwrap();
    }
}

#[test]
fn a_tuned_method_goes_on_identically_from_its_state() {
    for settings in every_kind() {
        let mut undisturbed = start(&settings, problem_of(&settings)).unwrap();
        steps(&mut *undisturbed, 5);
        undisturbed.tune(&tuned(&settings)).unwrap();
        let live = undisturbed
            .rows()
            .status
            .iter()
            .rposition(|&s| s != RowStatus::Accepted);
        if let Some(row) = live {
            undisturbed.reseed(row).unwrap();
        }
        let text = serde_json::to_string(&undisturbed.state()).unwrap();
        let state: State = serde_json::from_str(&text).unwrap();
        let mut restored = start(&settings, problem_of(&settings)).unwrap();
        restored.restore(&state).unwrap();
        assert_eq!(restored.tunables(), tuned(&settings));
        assert_eq!(restored.state(), state);
        let whole = drive(&mut *undisturbed, &mut engine());
        let rest = drive(&mut *restored, &mut engine());
        assert_eq!(
            bits(&rest.accepted()),
            bits(&whole.accepted()),
            "{settings:?}"
        );
    }
}

#[test]
fn a_tuned_step_is_that_of_a_method_with_these_settings() {
    for settings in every_kind() {
        let tunables = Tunables {
            stop: settings.stop,
            ..tuned(&settings)
        };
        let from_the_start = Settings {
            step_size: tunables.step_size,
            plain_step: tunables.plain_step,
            alpha: tunables.alpha,
            max_steps: tunables.max_steps,
            give_up_after: tunables.give_up_after,
            ..settings.clone()
        };
        let mut method = start(&settings, problem_of(&settings)).unwrap();
        method.tune(&tunables).unwrap();
        let accepted: Vec<Accepted> = drive(&mut *method, &mut engine())
            .accepted()
            .into_iter()
            .cloned()
            .collect();
        let accepted: Vec<&Accepted> = accepted.iter().collect();
        let expected = run(&from_the_start, problem_of(&settings), &mut engine());
        assert_eq!(bits(&accepted), bits(&expected.accepted()), "{settings:?}");
        let untuned = run(&settings, problem_of(&settings), &mut engine());
        assert_ne!(bits(&accepted), bits(&untuned.accepted()), "{settings:?}");
    }
}

#[test]
fn senseless_tunables_are_refused_and_change_nothing() {
    for settings in every_kind() {
        let mut method = start(&settings, problem_of(&settings)).unwrap();
        let before = method.state();
        let bad = Tunables {
            alpha: 2.0,
            ..tuned(&settings)
        };
        assert!(method.tune(&bad).is_err());
        assert_eq!(method.state(), before);
    }
}

#[test]
fn an_end_that_has_passed_ends_the_run_with_the_next_step() {
    for settings in every_kind() {
        let mut method = start(&settings, problem_of(&settings)).unwrap();
        steps(&mut *method, 2);
        let end = Tunables {
            max_steps: 1,
            ..method.tunables()
        };
        method.tune(&end).unwrap();
        let report = method.step(&mut engine()).unwrap();
        assert_eq!((report.step, report.finish), (3, Some(Finish::MaxSteps)));
    }
}

#[test]
fn a_reseeded_row_is_at_its_next_start_with_nothing_known_of_it() {
    let settings = Settings::new(MethodKind::Joint, 10);
    let mut method = start(&settings, problem()).unwrap();
    steps(&mut *method, 5);
    let others = method.codes().to_owned();
    let redraws = method.rows().redraws;
    method.reseed(3).unwrap();
    let rows = method.rows();
    assert_eq!(rows.status[3], RowStatus::Seeking);
    assert!(!rows.known[3] && rows.activations[[3, 0]].is_nan());
    assert_eq!(rows.redraws, redraws + 1);
    assert_eq!(rows.known_embeddings(100).nrows(), 9);
    assert_eq!(rows.known_embeddings(4).nrows(), 4);
    for (row, code) in method.codes().rows().into_iter().enumerate() {
        assert_eq!(code == others.row(row), row != 3, "row {row}");
    }
    let first = method.codes().row(3).to_owned();
    method.reseed(3).unwrap();
    assert_ne!(method.codes().row(3), first);
}

#[test]
fn rows_that_cannot_move_are_not_reseeded() {
    let settings = Settings {
        k: 4,
        ..Settings::new(MethodKind::Incremental, 30)
    };
    let mut method = start(&settings, problem()).unwrap();
    let refused = ReseedError::Unknown { row: 4, last: 3 };
    assert_eq!(method.reseed(4), Err(refused));
    let mut engine = engine();
    while method.rows().status[2] != RowStatus::Accepted {
        method.step(&mut engine).unwrap();
    }
    let before = method.state();
    assert_eq!(method.reseed(2), Err(ReseedError::Accepted(2)));
    assert_eq!(method.state(), before);
    drive(&mut *method, &mut engine);
    assert_eq!(method.reseed(0), Err(ReseedError::Ended));
}
