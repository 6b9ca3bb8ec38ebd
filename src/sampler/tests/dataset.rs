//! `dataset` against a linear unit: which images are inside is known.

use super::engines::{ClosedForm, Unit};
use super::replay::bits;
use super::{assert_inside, drive, interval, run};
use crate::sampler::{
    Finish, Interval, MethodKind, Prior, Problem, Reached, RowStatus, Settings, SettingsError,
    start,
};
use ndarray::Array2;

/// Images whose activation is their number over 1000.
fn images(count: usize) -> Array2<f32> {
    Array2::from_shape_fn((count, 2), |(image, pixel)| {
        if pixel == 0 {
            image as f32 / 1000.0
        } else {
            0.5
        }
    })
}

fn engine() -> ClosedForm {
    ClosedForm::new(2, vec![Unit::Linear(vec![1.0, 0.0], 0.0)])
}

fn problem(count: usize, low: f64, high: f64) -> Problem {
    Problem {
        prior: Prior::uniform_box(vec![0.0; 2], vec![1.0; 2]).unwrap(),
        intervals: vec![interval(Some(low), Some(high))],
        starts: Some(images(count)),
    }
}

fn settings(n: usize) -> Settings {
    Settings::new(MethodKind::Dataset, n)
}

#[test]
fn the_first_images_inside_are_the_samples_in_their_order() {
    // Images 150, 151, … are inside; the windows are of five rows.
    let outcome = run(&settings(5), problem(400, 0.15, 0.3), &mut engine());
    assert_eq!(outcome.finish(), Finish::Complete);
    assert_inside(&outcome, &[interval(Some(0.15), Some(0.3))]);
    let starts: Vec<u64> = outcome.accepted().iter().map(|a| a.start).collect();
    assert_eq!(starts, [150, 151, 152, 153, 154]);
    let code = &outcome.accepted()[0].code;
    assert_eq!(code, &[0.15, 0.5]);
    assert!(outcome.reports.iter().all(|report| report.gradients == 0));
}

#[test]
fn every_image_is_looked_at_once_and_the_nearest_is_told_where_too_few_are_inside() {
    for count in [1, 63, 64, 65, 130, 200] {
        let outcome = run(
            &settings(100),
            problem(count, 0.0095, 0.0125),
            &mut engine(),
        );
        let found: Vec<u64> = outcome.accepted().iter().map(|a| a.start).collect();
        let there: Vec<u64> = (10..13).filter(|&image| image < count as u64).collect();
        assert_eq!(found, there, "{count}");
        assert_eq!(outcome.finish(), Finish::Exhausted, "{count}");
    }
    let outcome = run(&settings(2), problem(130, 0.5, 0.6), &mut engine());
    assert_eq!(outcome.accepted().len(), 0);
    let best = outcome.reports.last().unwrap().best_activations[0];
    assert_eq!(best, Some(0.129));
}

#[test]
fn what_the_plain_forward_finds_outside_is_no_sample() {
    let mut engine = engine();
    engine.check_offset = 0.0016;
    let outcome = run(&settings(9), problem(50, 0.0095, 0.0125), &mut engine);
    let found: Vec<u64> = outcome.accepted().iter().map(|a| a.start).collect();
    assert_eq!(found, [10]);
}

#[test]
fn images_without_a_finite_embedding_are_passed_over() {
    let mut engine = engine();
    engine.breaks_above = 0.0105;
    let outcome = run(&settings(9), problem(50, 0.0095, 0.0125), &mut engine);
    let found: Vec<u64> = outcome.accepted().iter().map(|a| a.start).collect();
    assert_eq!(found, [10]);
    assert_eq!(outcome.finish(), Finish::Exhausted);
}

#[test]
fn it_goes_on_from_any_step_as_if_undisturbed() {
    let (settings, problem) = (settings(20), problem(333, 0.0995, 0.1195));
    let whole = drive(
        &mut *start(&settings, problem.clone()).unwrap(),
        &mut engine(),
    );
    for cut in 0..whole.reports.len() {
        let mut first = start(&settings, problem.clone()).unwrap();
        for _ in 0..cut {
            first.step(&mut engine()).unwrap();
        }
        let state = first.state();
        let mut second = start(&settings, problem.clone()).unwrap();
        second.restore(&state).unwrap();
        assert_eq!(second.rows().status, first.rows().status, "{cut}");
        let rest = drive(&mut *second, &mut engine());
        let before: usize = whole.reports[..cut].iter().map(|r| r.accepted.len()).sum();
        assert_eq!(
            bits(&rest.accepted()),
            bits(&whole.accepted()[before..]),
            "{cut}"
        );
        assert_eq!(second.state(), {
            let mut undisturbed = start(&settings, problem.clone()).unwrap();
            drive(&mut *undisturbed, &mut engine());
            undisturbed.state()
        });
    }
    let mut ended = start(&settings, problem).unwrap();
    drive(&mut *ended, &mut engine());
    let reached = Reached::of(&ended.state()).unwrap();
    assert_eq!(reached.finish, Some(Finish::Complete));
}

#[test]
fn an_image_cannot_be_drawn_anew_and_steps_are_limited() {
    let mut method = start(&settings(4), problem(100, 0.09, 0.1)).unwrap();
    method.step(&mut engine()).unwrap();
    assert!(method.reseed(0).is_err());
    assert!(
        method
            .rows()
            .status
            .iter()
            .all(|s| *s == RowStatus::Seeking)
    );
    let few = Settings {
        max_steps: 2,
        ..settings(4)
    };
    let outcome = run(&few, problem(100, 0.09, 0.1), &mut engine());
    assert_eq!(
        (outcome.finish(), outcome.reports.len()),
        (Finish::MaxSteps, 2)
    );
}

#[test]
fn without_images_or_with_others_it_does_not_start() {
    let none = Problem {
        starts: None,
        ..problem(1, 0.0, 1.0)
    };
    let refused = |problem| start(&settings(1), problem).map(|_| ()).unwrap_err();
    assert!(matches!(refused(none), SettingsError::Starts(_)));
    let wide = Problem {
        starts: Some(Array2::zeros((2, 3))),
        ..problem(1, 0.0, 1.0)
    };
    assert!(matches!(refused(wide), SettingsError::StartLength { .. }));
    let open = Problem {
        intervals: Vec::<Interval>::new(),
        ..problem(1, 0.0, 1.0)
    };
    assert!(matches!(refused(open), SettingsError::NoConstraint));
}
