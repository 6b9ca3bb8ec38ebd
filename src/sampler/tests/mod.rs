//! Methods against closed-form engines, whose optima are known.
#![allow(clippy::unwrap_used, clippy::panic)]

mod bad_values;
mod cover;
mod dataset;
mod dead_units;
mod engines;
mod incremental;
mod joint;
mod maximise;
mod optimum;
mod ppgn;
mod replay;
mod share;
mod spread;
mod tuning;

use super::{Evaluate, Finish, Interval, Method, Problem, Settings, StepReport};

/// All that a finished run reported.
struct Outcome {
    reports: Vec<StepReport>,
}

impl Outcome {
    fn finish(&self) -> Finish {
        self.reports.last().unwrap().finish.unwrap()
    }

    fn accepted(&self) -> Vec<&super::Accepted> {
        self.reports.iter().flat_map(|r| &r.accepted).collect()
    }

    /// D of the accepted embeddings.
    fn value(&self) -> f64 {
        let accepted = self.accepted();
        let mut sum = 0.0;
        for a in &accepted {
            for b in &accepted {
                let pairs = a.embedding.iter().zip(&b.embedding);
                sum += pairs.map(|(&a, &b)| f64::from(a - b).powi(2)).sum::<f64>();
            }
        }
        sum
    }
}

/// Steps until the method has ended.
fn drive(method: &mut dyn Method, engine: &mut dyn Evaluate) -> Outcome {
    let mut reports = Vec::new();
    loop {
        let report = method.step(engine).unwrap();
        let ended = report.finish.is_some();
        reports.push(report);
        if ended {
            return Outcome { reports };
        }
        assert!(reports.len() < 100_000, "the method does not end");
    }
}

fn run(settings: &Settings, problem: Problem, engine: &mut dyn Evaluate) -> Outcome {
    drive(&mut *super::start(settings, problem).unwrap(), engine)
}

/// The largest D of the accepted samples over a few seeds: local optima are many.
fn best_value(
    settings: &Settings,
    problem: &Problem,
    engine: &mut dyn Evaluate,
    intervals: &[Interval],
) -> f64 {
    let mut best = 0.0_f64;
    for seed in 0..4 {
        let settings = Settings {
            seed,
            ..settings.clone()
        };
        let outcome = run(&settings, problem.clone(), engine);
        assert_eq!(outcome.finish(), Finish::Complete, "seed {seed}");
        assert_eq!(outcome.accepted().len(), settings.n);
        assert_inside(&outcome, intervals);
        best = best.max(outcome.value());
    }
    best
}

fn interval(low: Option<f64>, high: Option<f64>) -> Interval {
    Interval::new(low, high).unwrap()
}

/// Asserts that every accepted sample lies inside the intervals, by its reported activations.
fn assert_inside(outcome: &Outcome, intervals: &[Interval]) {
    for (index, sample) in outcome.accepted().iter().enumerate() {
        assert_eq!(sample.index, index);
        for (interval, &activation) in intervals.iter().zip(&sample.activations) {
            assert!(
                interval.contains(f64::from(activation)),
                "{activation} is outside {interval:?}"
            );
        }
    }
}
