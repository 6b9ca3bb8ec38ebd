//! Diversity of a run's samples, in the encoder that was optimised and in the judge that was not.

use std::path::Path;
use std::sync::Arc;

use ndarray::ArrayView2;
use serde::Serialize;

use super::record::SampleTensors;
use super::{Run, RunError, RunFolder, open_run};
use crate::bundle::Bundle;
use crate::engine::{Engine, EngineError, ImageNetwork};
use crate::metrics::Diversity;
use crate::runtime::Runtime;
use crate::sampler::Evaluate;

/// Name of the encoder E in reports; without one embeddings are pixels.
const ENCODER: &str = "encoder";
/// Name of the judge in reports.
const JUDGE: &str = "judge";
/// The space of embeddings without an encoder.
const PIXELS: &str = "pixels";

/// Samples of a run, evaluated and scored again.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rescored {
    /// The run folder.
    pub run: String,
    /// Samples saved.
    pub n: usize,
    /// Samples inside every interval on a fresh forward pass.
    pub n_inside: usize,
    /// Scores in E, then in the judge.
    pub diversity: Vec<Diversity>,
}

impl Run {
    /// Scores of the samples: first in E, then in the judge, where the bundle has one.
    ///
    /// # Errors
    /// The runtime failed.
    pub fn scores(&mut self, samples: &SampleTensors) -> Result<Vec<Diversity>, RunError> {
        scores(
            &mut self.engine,
            self.runtime.as_ref(),
            &self.bundle,
            samples,
        )
    }
}

/// Checks and scores the samples of a run from its folder alone; the run may still be at work.
///
/// # Errors
/// A file is damaged, the bundle or the runtime changed, or the runtime failed.
pub fn rescore(folder: &RunFolder, library: Option<&Path>) -> Result<Rescored, RunError> {
    let opened = open_run(folder, library)?;
    let samples = SampleTensors::read(folder)?;
    let mut engine = Engine::with_plan(
        Arc::clone(&opened.runtime),
        Arc::clone(&opened.bundle),
        opened.query.units(),
        opened.file.plan,
    )?;
    let activations = engine.check(matrix(&samples.codes, samples.code_length)?)?;
    let n_inside = activations
        .rows()
        .into_iter()
        .filter(|row| {
            row.iter()
                .zip(&opened.query.constraints)
                .all(|(&value, constraint)| constraint.interval.contains(f64::from(value)))
        })
        .count();
    Ok(Rescored {
        run: folder.path().display().to_string(),
        n: samples.len(),
        n_inside,
        diversity: scores(
            &mut engine,
            opened.runtime.as_ref(),
            &opened.bundle,
            &samples,
        )?,
    })
}

fn scores(
    engine: &mut Engine,
    runtime: &dyn Runtime,
    bundle: &Bundle,
    samples: &SampleTensors,
) -> Result<Vec<Diversity>, RunError> {
    let embeddings = matrix(&samples.embeddings, samples.embedding_length)?;
    let mut scores = vec![score(bundle, optimised_space(bundle), embeddings)];
    let shape = engine.shapes().image.clone();
    if let Some(mut judge) = ImageNetwork::judge(runtime, bundle, &shape)? {
        let images = engine.render(matrix(&samples.codes, samples.code_length)?)?;
        scores.push(score(bundle, JUDGE, judge.run(&images)?.view()));
    }
    Ok(scores)
}

fn score(bundle: &Bundle, space: &str, embeddings: ArrayView2<'_, f32>) -> Diversity {
    Diversity::of(space, embeddings, bandwidth(bundle, space))
}

/// Where the embeddings lie that a run optimises.
fn optimised_space(bundle: &Bundle) -> &'static str {
    if bundle.manifest().encoder.is_some() {
        ENCODER
    } else {
        PIXELS
    }
}

fn bandwidth(bundle: &Bundle, space: &str) -> Option<f64> {
    bundle
        .statistics()
        .and_then(|statistics| statistics.median_distance(space))
}

/// The bandwidth for scores of the embeddings that a run optimises, where the statistics have one.
pub(super) fn optimised_bandwidth(bundle: &Bundle) -> Option<f64> {
    bandwidth(bundle, optimised_space(bundle))
}

fn matrix(values: &[f32], width: usize) -> Result<ArrayView2<'_, f32>, EngineError> {
    ArrayView2::from_shape((values.len() / width.max(1), width), values)
        .map_err(|error| EngineError::Internal(error.to_string()))
}
