//! What `metrics` says of a run's samples: evaluated and scored again, from the run's folder alone.

use std::path::Path;
use std::sync::Arc;

use ndarray::Array2;
use serde::Serialize;

use super::record::SampleTensors;
use super::score::{self, matrix};
use super::{OpenedRun, RunError, RunFolder, open_run};
use crate::engine::{Engine, EngineError, LayerNetwork};
use crate::metrics::{PairDistances, Perceptual, Scores, perceptual_vector};
use crate::query::Query;
use crate::sampler::Evaluate;

/// Most bytes of features that perceptual distances are taken over.
const MOST_FEATURE_BYTES: usize = 1 << 30;

/// Samples of a run, evaluated and scored again.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Measured {
    /// The run folder.
    pub run: String,
    /// Samples saved.
    pub n: usize,
    /// Samples inside every interval on a fresh forward pass.
    pub n_inside: usize,
    /// Scores in E, then in the judge.
    pub diversity: Vec<Scores>,
    /// Perceptual distances in the judge; none without a judge that has feature maps.
    pub perceptual: Option<Perceptual>,
}

/// Checks and scores the samples of a run; the run may still be at work.
///
/// # Errors
/// A file is damaged, the bundle or the runtime changed, or the runtime failed.
pub fn measure(folder: &RunFolder, library: Option<&Path>) -> Result<Measured, RunError> {
    let opened = open_run(folder, library)?;
    let samples = SampleTensors::read(folder)?;
    let mut engine = Engine::with_plan(
        Arc::clone(&opened.runtime),
        Arc::clone(&opened.bundle),
        opened.query.units(),
        opened.file.plan.clone(),
    )?;
    let codes = matrix(&samples.codes, samples.code_length)?;
    let n_inside = count_inside(&engine.check(codes)?, &opened.query);
    let images = engine.render(codes)?;
    let (runtime, bundle) = (opened.runtime.as_ref(), opened.bundle.as_ref());
    let spaces = score::spaces(&engine, runtime, bundle, &samples, &images)?;
    let diversity = spaces
        .iter()
        .map(|space| {
            let rows = space.embeddings.view();
            Scores::of(space.name, rows, &PairDistances::of(rows), space.bandwidth)
        })
        .collect();
    Ok(Measured {
        run: folder.path().display().to_string(),
        n: samples.len(),
        n_inside,
        diversity,
        perceptual: perceptual(&opened, &engine.shapes().image, &images)?,
    })
}

/// Rows of `activations` `[n, m]` inside every interval of the query.
fn count_inside(activations: &Array2<f32>, query: &Query) -> usize {
    let inside = |value: f32, at: usize| {
        let interval = &query.constraints[at].interval;
        interval.contains(f64::from(value))
    };
    let rows = activations.rows().into_iter();
    rows.filter(|row| (0..row.len()).all(|at| inside(row[at], at)))
        .count()
}

/// Perceptual distances of the first images whose features fit [`MOST_FEATURE_BYTES`].
fn perceptual(
    opened: &OpenedRun,
    image_shape: &[usize],
    images: &[Vec<f32>],
) -> Result<Option<Perceptual>, RunError> {
    let runtime = opened.runtime.as_ref();
    let Some(mut judge) = LayerNetwork::judge(runtime, &opened.bundle, image_shape)? else {
        return Ok(None);
    };
    let layers = judge.layers().to_vec();
    let width: usize = layers.iter().map(|layer| layer.length()).sum();
    let most = MOST_FEATURE_BYTES / (width * size_of::<f32>()).max(1);
    let compared = &images[..images.len().min(most.max(2))];
    let mut vectors = Vec::with_capacity(compared.len() * width);
    judge.run(compared, |values| {
        let features: Vec<(usize, &[f32])> = layers
            .iter()
            .zip(values)
            .map(|(layer, &values)| (layer.shape[0], values))
            .collect();
        vectors.extend(perceptual_vector(&features));
    })?;
    let vectors = Array2::from_shape_vec((compared.len(), width), vectors)
        .map_err(|error| EngineError::Internal(error.to_string()))?;
    let names = layers.into_iter().map(|layer| layer.name).collect();
    Ok(Some(Perceptual::of(names, &PairDistances::of(vectors.view()))))
}
