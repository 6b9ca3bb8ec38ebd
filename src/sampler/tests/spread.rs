//! `spread` reaches the value of `joint` without its duplicates.

use super::engines::{ClosedForm, Unit};
use super::{Outcome, assert_inside, interval, run};
use crate::sampler::counted::Counted;
use crate::sampler::population::Population;
use crate::sampler::spread::Spread;
use crate::sampler::{Finish, Interval, MethodKind, Prior, Problem, Settings, Update};
use ndarray::Array2;

/// ‖c‖² between 1 and 4 under a normal prior: a shell.
fn shell(length: usize) -> (ClosedForm, Problem) {
    let problem = Problem {
        prior: Prior::normal(vec![0.0; length], vec![1.0; length]).unwrap(),
        intervals: vec![interval(Some(1.0), Some(4.0))],
        starts: None,
    };
    (ClosedForm::new(length, vec![Unit::Square]), problem)
}

fn least_distance(outcome: &Outcome) -> f64 {
    let accepted = outcome.accepted();
    let mut least = f64::INFINITY;
    for (at, a) in accepted.iter().enumerate() {
        for b in &accepted[..at] {
            let pairs = a.embedding.iter().zip(&b.embedding);
            let square: f64 = pairs.map(|(&a, &b)| f64::from(a - b).powi(2)).sum();
            least = least.min(square.sqrt());
        }
    }
    least
}

fn sampled(method: MethodKind, update: Update, length: usize, n: usize) -> Outcome {
    let (mut engine, problem) = shell(length);
    let settings = Settings {
        update,
        ..Settings::new(method, n)
    };
    let intervals = problem.intervals.clone();
    let outcome = run(&settings, problem, &mut engine);
    assert_eq!(outcome.finish(), Finish::Complete);
    assert_inside(&outcome, &intervals);
    outcome
}

#[test]
fn the_value_of_joint_is_reached_with_all_samples_apart() {
    for (length, n) in [(4, 24), (8, 32)] {
        let joint = sampled(MethodKind::Joint, Update::Exact, length, n);
        for update in [Update::Exact, Update::Block] {
            let spread = sampled(MethodKind::Spread, update, length, n);
            let share = spread.value() / joint.value();
            let (apart, close) = (least_distance(&spread), least_distance(&joint));
            assert!(
                share > 0.999 && apart > 2.0 * close,
                "{length}-D {update}: {share} of joint's value, {apart} apart against {close}, {} steps",
                spread.reports.len()
            );
            assert!(spread.reports.len() < 300, "{}", spread.reports.len());
        }
    }
}

#[test]
fn a_single_sample_needs_no_distance() {
    let outcome = sampled(MethodKind::Spread, Update::Exact, 3, 1);
    assert_eq!(outcome.accepted().len(), 1);
}

/// Embeddings drawn at random, all known.
fn population() -> Population {
    let problem = Problem {
        prior: Prior::normal(vec![0.0; 3], vec![1.0; 3]).unwrap(),
        intervals: vec![Interval::new(Some(0.0), None).unwrap()],
        starts: None,
    };
    let mut population = Population::new(5, 7, problem).unwrap();
    let mut engine = ClosedForm::new(3, vec![Unit::Square]);
    let rows: Vec<usize> = (0..5).collect();
    let mut counted = Counted::new(&mut engine);
    population.evaluate(&rows, &mut counted).unwrap();
    population
}

#[test]
fn the_gradient_is_that_of_the_value() {
    let population = population();
    let rows: Vec<usize> = (0..5).collect();
    let mut spread = Spread::new();
    spread.note_scale(&population.sums());
    for counts_squares in [false, true] {
        let sums = population.sums();
        if counts_squares {
            spread.count_squares(sums.value(), spread.energy(&population, &rows, &sums));
        }
        let mut gradient = Array2::zeros((5, 3));
        spread.gradient_into(&population, &rows, &sums, gradient.view_mut());
        for ((row, j), &gradient) in gradient.indexed_iter() {
            let at = |step: f32| {
                let mut moved = population.clone();
                moved.embeddings[[row, j]] += step;
                let sums = moved.sums();
                spread.value(sums.value(), spread.energy(&moved, &rows, &sums))
            };
            let difference = (at(1e-3) - at(-1e-3)) / 2e-3;
            let error = (difference - f64::from(gradient)).abs();
            assert!(
                error <= 1e-2 * (1.0 + difference.abs()),
                "{difference} {gradient} {counts_squares}"
            );
        }
    }
}

#[test]
fn the_scale_is_taken_once() {
    let mut population = population();
    let mut spread = Spread::new();
    spread.note_scale(&population.sums());
    let before = spread.clone();
    population.embeddings *= 10.0;
    spread.note_scale(&population.sums());
    assert_eq!(spread, before);
}
