//! `ppgn` is a chain that is kept only where it is inside.

use super::engines::{ClosedForm, Unit};
use super::{assert_inside, interval, run};
use crate::sampler::{
    Chain, Evaluate, EvaluateError, Evaluation, Finish, Interval, MethodKind, Prior, Problem,
    PullBack, Settings, start,
};
use ndarray::{Array2, ArrayView2};

/// c0 + c1 + c2, with or without a network that reads every image as the code 1, −1, 1.
struct Engine {
    units: ClosedForm,
    has_inverse: bool,
}

const READ: [f32; 3] = [1.0, -1.0, 1.0];

impl Evaluate for Engine {
    fn code_length(&self) -> usize {
        self.units.code_length()
    }

    fn constraint_count(&self) -> usize {
        self.units.constraint_count()
    }

    fn embedding_length(&self) -> usize {
        self.units.embedding_length()
    }

    fn evaluate(&mut self, codes: ArrayView2<'_, f32>) -> Result<Evaluation, EvaluateError> {
        self.units.evaluate(codes)
    }

    fn pull_back(&mut self, embedding_bar: ArrayView2<'_, f32>) -> Result<PullBack, EvaluateError> {
        self.units.pull_back(embedding_bar)
    }

    fn check(&mut self, codes: ArrayView2<'_, f32>) -> Result<Array2<f32>, EvaluateError> {
        self.units.check(codes)
    }

    fn reconstruct(
        &mut self,
        codes: ArrayView2<'_, f32>,
    ) -> Result<Option<Array2<f32>>, EvaluateError> {
        let read = Array2::from_shape_fn((codes.nrows(), 3), |(_, j)| READ[j]);
        Ok(self.has_inverse.then_some(read))
    }

    fn block_rows(&self) -> usize {
        self.units.block_rows()
    }
}

fn engine(has_inverse: bool) -> Engine {
    Engine {
        units: ClosedForm::new(3, vec![Unit::Linear(vec![1.0; 3], 0.0)]),
        has_inverse,
    }
}

fn problem(intervals: Vec<Interval>) -> Problem {
    Problem {
        prior: Prior::normal(vec![0.0; 3], vec![1.0; 3]).unwrap(),
        intervals,
        starts: None,
    }
}

fn settings(n: usize) -> Settings {
    Settings {
        chain: Chain {
            count: 4,
            epsilon3: 0.1,
            ..Chain::default()
        },
        ..Settings::new(MethodKind::Ppgn, n)
    }
}

#[test]
fn chains_are_saved_where_they_are_inside_and_go_on() {
    let intervals = vec![interval(Some(2.0), Some(2.6))];
    let outcome = run(&settings(50), problem(intervals.clone()), &mut engine(true));
    assert_eq!(outcome.finish(), Finish::Complete);
    assert_inside(&outcome, &intervals);
    let accepted = outcome.accepted();
    assert_eq!(accepted.len(), 50);
    // More samples than chains: each gives several, at least ten steps apart.
    for chain in 0..4 {
        let of_chain: Vec<_> = accepted.iter().filter(|s| s.start % 4 == chain).collect();
        assert!(of_chain.len() > 1);
        for pair in of_chain.windows(2) {
            if pair[0].start == pair[1].start {
                assert!(pair[1].step - pair[0].step >= 10);
                assert_ne!(pair[0].code, pair[1].code);
            }
        }
    }
}

#[test]
fn chains_start_anew_as_often_as_set() {
    let never = Settings {
        max_steps: 350,
        chain: Chain {
            reset_every: 0,
            ..settings(1).chain
        },
        ..settings(100_000)
    };
    let often = Settings {
        chain: Chain {
            reset_every: 100,
            ..never.chain
        },
        ..never.clone()
    };
    let redraws = |settings: &Settings| {
        let intervals = vec![interval(Some(2.0), None)];
        let outcome = run(settings, problem(intervals), &mut engine(true));
        outcome.reports.last().unwrap().redraws
    };
    assert_eq!(redraws(&never), 0);
    assert_eq!(redraws(&often), 4 * 3);
}

#[test]
fn the_prior_term_goes_towards_the_reconstruction() {
    // Inside from the start on, without noise: nothing else moves the code.
    let settings = Settings {
        chain: Chain {
            epsilon1: 0.25,
            epsilon3: 0.0,
            ..Chain::default()
        },
        ..settings(100)
    };
    let intervals = vec![interval(Some(-90.0), None)];
    let mut engine = engine(true);
    let mut method = start(&settings, problem(intervals)).unwrap();
    let before = method.codes().to_owned();
    let report = method.step(&mut engine).unwrap();
    assert!(report.notices.is_empty());
    assert_eq!(report.forwards, 3 * 8);
    for (after, before) in method.codes().rows().into_iter().zip(before.rows()) {
        for j in 0..3 {
            let expected = before[j] + 0.25 * (READ[j] - before[j]);
            assert!((after[j] - expected).abs() < 1e-6);
        }
    }
}

#[test]
fn a_chain_without_its_prior_term_says_so_at_the_start() {
    let intervals = vec![interval(Some(2.0), None)];
    let outcome = run(&settings(9), problem(intervals.clone()), &mut engine(false));
    assert!(outcome.reports[0].notices[0].contains("[inverse]"));
    assert!(outcome.reports[0].notices[0].contains("not PPGN"));
    assert!(outcome.reports[1..].iter().all(|r| r.notices.is_empty()));
    let settings = Settings {
        chain: Chain {
            epsilon1: 0.0,
            ..settings(9).chain
        },
        ..settings(9)
    };
    let outcome = run(&settings, problem(intervals), &mut engine(true));
    assert!(outcome.reports[0].notices[0].contains("not PPGN"));
}

#[test]
fn the_condition_pulls_towards_the_interval_from_both_sides() {
    let quiet = Settings {
        chain: Chain {
            epsilon1: 0.0,
            epsilon3: 0.0,
            reset_every: 0,
            ..Chain::default()
        },
        max_steps: 200,
        ..settings(10_000)
    };
    let intervals = vec![interval(Some(0.4), Some(0.9))];
    let outcome = run(&quiet, problem(intervals), &mut engine(false));
    let last = outcome.reports.last().unwrap();
    assert_eq!(last.feasible, 8);
}
