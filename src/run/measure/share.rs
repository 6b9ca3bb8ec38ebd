//! The share of the code prior inside a run's intervals, as reports say it.

use serde::Serialize;

use crate::engine::{self, Engine};
use crate::run::{OpenedRun, RunError};
use crate::sampler::{self, Effort, Interval, PriorShare, ShareMethod, ShareProgress};

/// How large the inverse set is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ShareReport {
    /// How the share was found: `draws` or `splitting`.
    pub method: &'static str,
    /// The share of the code prior inside the intervals; null where it was not found.
    pub share: Option<f64>,
    /// Low end of the 95 % interval; 0 where the share was not found.
    pub low: f64,
    /// High end; where the share was not found, the share of the codes that came nearest.
    pub high: f64,
    /// Plain draws.
    pub draws: u64,
    /// Plain draws inside.
    pub hits: u64,
    /// Populations split; 0 for plain draws.
    pub repeats: usize,
    /// Codes in each.
    pub population: usize,
    /// Most levels of a population.
    pub levels: usize,
    /// Codes evaluated.
    pub forwards: u64,
}

/// Measures the share for the query of a run.
pub(super) fn share(
    opened: &OpenedRun,
    engine: &mut Engine,
    effort: &Effort,
    progress: &mut dyn FnMut(ShareProgress),
) -> Result<PriorShare, RunError> {
    let prior = engine::code_prior(&opened.bundle, engine.shapes().code_length)
        .map_err(RunError::Engine)?;
    let intervals: Vec<Interval> = opened
        .query
        .constraints
        .iter()
        .map(|constraint| constraint.interval)
        .collect();
    Ok(sampler::prior_share(
        engine, &prior, &intervals, effort, progress,
    )?)
}

impl ShareReport {
    pub(super) fn new(found: &PriorShare, effort: &Effort) -> ShareReport {
        ShareReport {
            method: match found.method {
                ShareMethod::Draws => "draws",
                ShareMethod::Splitting => "splitting",
            },
            share: found.share,
            low: found.low,
            high: found.high,
            draws: found.draws,
            hits: found.hits,
            repeats: found.repeats,
            population: effort.population,
            levels: found.levels,
            forwards: found.forwards,
        }
    }
}
