//! `incremental` follows its two phases to the letter.

use super::engines::{ClosedForm, Unit};
use super::{assert_inside, drive, interval, run};
use crate::sampler::{Finish, MethodKind, Prior, Problem, Settings, start};

/// ‖c‖² between 1 and 4 under a normal prior.
fn shell() -> (ClosedForm, Problem) {
    let problem = Problem {
        prior: Prior::normal(vec![0.0; 4], vec![1.0; 4]).unwrap(),
        intervals: vec![interval(Some(1.0), Some(4.0))],
        starts: None,
    };
    (ClosedForm::new(4, vec![Unit::Square]), problem)
}

fn settings(n: usize, k: usize) -> Settings {
    Settings {
        k,
        ..Settings::new(MethodKind::Incremental, n)
    }
}

#[test]
fn seeds_come_first_and_then_batches_of_k_until_n() {
    let (mut engine, problem) = shell();
    let intervals = problem.intervals.clone();
    let outcome = run(&settings(20, 6), problem, &mut engine);
    assert_eq!(outcome.finish(), Finish::Complete);
    assert_eq!(outcome.accepted().len(), 20);
    assert_inside(&outcome, &intervals);
    let seeding = outcome
        .reports
        .iter()
        .position(|report| report.accepted_total == 6)
        .unwrap();
    let sizes: Vec<usize> = outcome.reports[seeding + 1..]
        .iter()
        .map(|report| report.accepted.len())
        .collect();
    assert_eq!(sizes, [6, 6, 2]);
}

#[test]
fn a_batch_is_one_step_of_at_most_the_stated_length() {
    let (mut engine, problem) = shell();
    let outcome = run(&settings(60, 6), problem, &mut engine);
    let accepted = outcome.accepted();
    // The prior's typical distance from its middle is √4.
    let longest = Settings::PLAIN_STEP * 2.0;
    let mut full = 0;
    for later in &accepted[6..] {
        let earlier = accepted[..later.index]
            .iter()
            .rev()
            .find(|sample| sample.start == later.start)
            .unwrap();
        let pairs = earlier.code.iter().zip(&later.code);
        let length = pairs
            .map(|(&a, &b)| f64::from(a - b).powi(2))
            .sum::<f64>()
            .sqrt();
        assert!(length <= longest * (1.0 + 1e-4), "{length} {longest}");
        full += usize::from(length > 0.99 * longest);
    }
    assert!(full > 0);
}

#[test]
fn each_batch_raises_the_objective_it_climbs() {
    let (mut engine, problem) = shell();
    let settings = Settings {
        seeds_grow: false,
        ..settings(80, 8)
    };
    let outcome = run(&settings, problem, &mut engine);
    let batches: Vec<f64> = outcome
        .reports
        .iter()
        .filter(|report| report.accepted_total > 8)
        .map(|report| report.objective)
        .collect();
    assert!(batches.len() == 9 && batches[8] > batches[0], "{batches:?}");
}

#[test]
fn growing_and_fixed_seeds_differ_only_after_the_first_batch() {
    let outcome = |seeds_grow| {
        let (mut engine, problem) = shell();
        let settings = Settings {
            seeds_grow,
            ..settings(24, 6)
        };
        run(&settings, problem, &mut engine)
    };
    let (growing, fixed) = (outcome(true), outcome(false));
    assert_eq!(growing.accepted()[..12], fixed.accepted()[..12]);
    assert_ne!(growing.accepted()[12..], fixed.accepted()[12..]);
}

#[test]
fn a_step_that_leaves_by_curvature_is_halved_and_kept_inside() {
    // A very long step on a thin shell: the linearisation fails at full length.
    let (mut engine, problem) = shell();
    let problem = Problem {
        intervals: vec![interval(Some(3.9), Some(4.0))],
        ..problem
    };
    let intervals = problem.intervals.clone();
    let settings = Settings {
        plain_step: 2.0,
        ..settings(40, 4)
    };
    let outcome = run(&settings, problem, &mut engine);
    assert_inside(&outcome, &intervals);
    assert!(outcome.accepted().len() > 4);
    // More re-checks than one per row: some steps were halved.
    let halved = |report: &&super::StepReport| report.accepted_total > 4 && report.forwards > 3 * 4;
    assert!(outcome.reports.iter().any(|report| halved(&report)));
}

#[test]
fn a_row_that_cannot_move_records_no_sample_and_a_batch_without_any_ends_the_run() {
    let (mut engine, problem) = shell();
    let mut method = start(&settings(40, 4), problem).unwrap();
    while method.step(&mut engine).unwrap().accepted_total < 4 {}
    let before = method.codes().to_owned();
    engine.check_offset = 10.0;
    let outcome = drive(&mut *method, &mut engine);
    assert_eq!(outcome.finish(), Finish::Stalled);
    assert!(outcome.accepted().is_empty());
    assert_eq!(method.codes(), before);
}

#[test]
fn fewer_samples_than_k_need_no_batch() {
    let (mut engine, problem) = shell();
    let outcome = run(&settings(3, 8), problem, &mut engine);
    assert_eq!(outcome.finish(), Finish::Complete);
    assert_eq!(outcome.accepted().len(), 3);
}

#[test]
fn a_run_that_is_cut_off_says_so() {
    let (mut engine, problem) = shell();
    let settings = Settings {
        max_steps: 5,
        ..settings(4000, 4)
    };
    let outcome = run(&settings, problem, &mut engine);
    assert_eq!(outcome.finish(), Finish::MaxSteps);
    assert_eq!(outcome.reports.len(), 5);
}
