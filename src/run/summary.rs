//! What a run ends with: the object that `sample --json` prints.

use serde::Serialize;

use super::dataset::DatasetFile;
use super::from_start::MedianFromStart;
use super::method_name::method_name;
use super::{Outcome, Run};
use crate::engine::Scheme;
use crate::metrics::Diversity;
use crate::runtime::Backend;
use crate::sampler::Interval;

/// Counts, intervals and scores of a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// The run folder.
    pub run: String,
    /// How the samples were found, by [`method_name`].
    pub method: String,
    /// The run's seed.
    pub seed: u64,
    /// Samples wanted.
    pub n_requested: u64,
    /// Samples inside every interval on the re-check, and saved.
    pub n_feasible: u64,
    /// Steps done.
    pub steps: u64,
    /// Codes through a forward pass, re-checks included.
    pub forwards: u64,
    /// Codes through a vector-Jacobian product.
    pub gradients: u64,
    /// Wall time of the step loop, without loading.
    pub seconds: f64,
    /// Wall time with at least one session running.
    pub seconds_in_runtime: f64,
    /// The runtime.
    pub backend: Backend,
    /// The layout of the work.
    pub plan: PlanSummary,
    /// The query, with the extremes of the samples' activations.
    pub constraints: Vec<ConstraintSummary>,
    /// The real images, where the samples are some of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dataset: Option<DatasetFile>,
    /// How far the samples are from the given codes that they started from; absent unless some
    /// were.
    pub from_start: Option<MedianFromStart>,
    /// Scores in E, then in the judge.
    pub diversity: Vec<Diversity>,
}

/// The layout of the work.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlanSummary {
    /// Codes in one run of a session.
    pub micro_batch: usize,
    /// Sessions side by side.
    pub workers: usize,
    /// Where backward passes get what they need.
    pub scheme: Scheme,
    /// Why that scheme.
    pub reason: String,
}

/// One constraint and the samples' activations.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ConstraintSummary {
    /// The unit as typed.
    pub unit: String,
    /// Its index, counted from 0.
    pub index: Option<u64>,
    /// Its label.
    pub label: Option<String>,
    /// Low end; absent when open.
    pub low: Option<f64>,
    /// High end; absent when open.
    pub high: Option<f64>,
    /// Smallest activation of the samples.
    pub min: Option<f32>,
    /// Largest activation of the samples.
    pub max: Option<f32>,
    /// The activation nearest to the interval that was met, inside it or not.
    pub best: Option<f32>,
    /// The nearest interval that as many starts were inside of, at once with those of the other
    /// constraints; absent unless the run has ended short of its samples.
    pub nearest_reachable: Option<Ends>,
}

/// The two ends of an interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Ends {
    /// Low end; absent when open.
    pub low: Option<f64>,
    /// High end; absent when open.
    pub high: Option<f64>,
}

impl Ends {
    fn of(interval: &Interval) -> Ends {
        Ends {
            low: interval.low(),
            high: interval.high(),
        }
    }
}

impl Summary {
    /// The summary of a run and its scores.
    pub fn new(run: &Run, outcome: &Outcome, diversity: Vec<Diversity>) -> Summary {
        let file = run.file();
        let plan = run.engine().plan();
        let samples = &outcome.samples;
        let constraints = file
            .constraint
            .iter()
            .enumerate()
            .map(|(number, constraint)| {
                let column = || {
                    samples
                        .activations
                        .iter()
                        .skip(number)
                        .step_by(samples.constraints.max(1))
                        .copied()
                };
                ConstraintSummary {
                    unit: constraint.unit.clone(),
                    index: constraint.index,
                    label: constraint.label.clone(),
                    low: constraint.low,
                    high: constraint.high,
                    min: column().reduce(f32::min),
                    max: column().reduce(f32::max),
                    best: outcome.best.get(number).copied().flatten(),
                    nearest_reachable: outcome
                        .nearest
                        .as_ref()
                        .and_then(|nearest| nearest.intervals.get(number))
                        .map(Ends::of),
                }
            })
            .collect();
        Summary {
            run: run.folder().path().display().to_string(),
            method: method_name(&file.settings, &run.bundle).to_owned(),
            seed: file.settings.seed,
            n_requested: file.settings.n as u64,
            n_feasible: samples.len() as u64,
            steps: outcome.steps,
            forwards: outcome.counts.forwards,
            gradients: outcome.counts.gradients,
            seconds: outcome.seconds,
            seconds_in_runtime: outcome.seconds_in_runtime,
            backend: plan.backend.clone(),
            plan: PlanSummary {
                micro_batch: plan.micro_batch,
                workers: plan.workers,
                scheme: plan.scheme,
                reason: plan.reason.clone(),
            },
            constraints,
            dataset: file.dataset.clone(),
            from_start: outcome.from_start,
            diversity,
        }
    }
}
