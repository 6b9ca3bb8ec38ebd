//! What `metrics` says of a run's samples: evaluated and scored again, from the run's folder alone.

mod anchors;
mod perceptual;
mod share;

use std::path::Path;
use std::sync::Arc;

use ndarray::{Array2, ArrayView2};
use serde::Serialize;

use super::record::SampleTensors;
use super::score::{self, Space, matrix};
use super::{OpenedRun, RunError, RunFolder, open_run};
use crate::engine::{self, Engine, ImageNetwork};
use crate::metrics::{DiversityIndex, PairDistances, Perceptual, Scores, diversity_index};
use crate::query::Query;
use crate::sampler::{Effort, Evaluate, PriorShare, ShareProgress};

pub use share::ShareReport;

/// What is to be measured besides the scores.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Request {
    /// How much to spend on the share of the code prior; nothing leaves it out.
    pub share: Option<Effort>,
}

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
    /// How large the inverse set is, where that was asked.
    pub share: Option<ShareReport>,
    /// The diversity index in each encoder of `diversity`, where independent members of the set are
    /// known; null where it has no value.
    pub index: Option<Vec<Option<DiversityIndex>>>,
}

/// Checks and scores the samples of a run; the run may still be at work. `progress` is told how far the
/// measurement of the share has come.
///
/// # Errors
/// A file is damaged, the bundle or the runtime changed, or the runtime failed.
pub fn measure(
    folder: &RunFolder,
    library: Option<&Path>,
    request: &Request,
    progress: &mut dyn FnMut(ShareProgress),
) -> Result<Measured, RunError> {
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
    let pairs: Vec<PairDistances> = spaces
        .iter()
        .map(|space| PairDistances::of(space.embeddings.view()))
        .collect();
    let scored = spaces.iter().zip(&pairs).map(|(space, pairs)| {
        Scores::of(space.name, space.embeddings.view(), pairs, space.bandwidth)
    });
    let diversity = scored.collect();
    let perceptual = perceptual::perceptual(&opened, &engine.shapes().image, &images)?;
    let mut measured = Measured {
        run: folder.path().display().to_string(),
        n: samples.len(),
        n_inside,
        diversity,
        perceptual,
        share: None,
        index: None,
    };
    if let Some(effort) = &request.share {
        let found = share::share(&opened, &mut engine, effort, progress)?;
        measured.share = Some(ShareReport::new(&found, effort));
        measured.index = index(&opened, &mut engine, codes, &spaces, &pairs, &found)?;
    }
    Ok(measured)
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

/// The diversity index in each space, with the codes inside that the share was measured with as
/// independent members; none where they or the samples are too few.
fn index(
    opened: &OpenedRun,
    engine: &mut Engine,
    codes: ArrayView2<'_, f32>,
    spaces: &[Space],
    pairs: &[PairDistances],
    share: &PriorShare,
) -> Result<Option<Vec<Option<DiversityIndex>>>, RunError> {
    let prior = engine::code_prior(&opened.bundle, engine.shapes().code_length)?;
    let jittered = spaces
        .first()
        .and_then(|space| anchors::jittered(codes, space.embeddings.view(), &prior));
    let (Some(jittered), Some(independent)) = (jittered, anchors::independent(share.inside.view()))
    else {
        return Ok(None);
    };
    let low = pair_distances(opened, engine, &jittered)?;
    let high = pair_distances(opened, engine, &independent)?;
    let ends = low.iter().zip(&high);
    let index = pairs
        .iter()
        .zip(ends)
        .map(|(sample, (low, high))| diversity_index(sample, low, high));
    Ok(Some(index.collect()))
}

/// Of the images of some codes, in E and then in the judge, where there is one.
fn pair_distances(
    opened: &OpenedRun,
    engine: &mut Engine,
    codes: &Array2<f32>,
) -> Result<Vec<PairDistances>, RunError> {
    let embeddings = engine.evaluate(codes.view())?.embeddings;
    let mut found = vec![PairDistances::of(embeddings.view())];
    let shape = engine.shapes().image.clone();
    let judge = ImageNetwork::judge(opened.runtime.as_ref(), &opened.bundle, &shape)?;
    if let Some(mut judge) = judge {
        let images = engine.render(codes.view())?;
        found.push(PairDistances::of(judge.run(&images)?.view()));
    }
    Ok(found)
}
