//! What `metrics` says of a run's samples: evaluated and scored again, from the run's folder alone.

mod anchors;
mod describe;
mod index;
mod perceptual;
mod real;
mod sanity;
mod share;
pub mod so_far;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ndarray::Array2;
use serde::Serialize;

use super::record::SampleTensors;
use super::score::{self, matrix};
use super::{RunError, RunFolder, open_run};
use crate::engine::Engine;
use crate::metrics::{PairDistances, Perceptual, Scores};
use crate::query::Query;
use crate::real::{Progress, RealImages};
use crate::sampler::{Effort, Evaluate, ShareProgress};

pub use describe::describe;
pub use index::{Independent, IndexReport};
pub use real::{ClassKind, RealReport};
pub use share::ShareReport;
pub use so_far::{Saved, Scorer, ScoresSoFar};

/// What is to be measured besides the scores.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Request {
    /// How much to spend on the share of the code prior; nothing leaves it out.
    pub share: Option<Effort>,
    /// A folder of real images to compare with; otherwise the one last used with the bundle, if any.
    pub images: Option<PathBuf>,
}

/// Who is told how far the work has come.
pub struct Watching<'a> {
    /// The measurement of the share.
    pub share: &'a mut dyn FnMut(ShareProgress),
    /// Looking at real images.
    pub images: Progress,
    /// What is done now, as each part of the work begins.
    pub part: &'a mut dyn FnMut(Part),
}

/// A part of the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The samples are evaluated again, and embedded in the judge.
    Evaluating,
    /// Distances, counts and their intervals are taken.
    Scoring,
    /// The judge compares images.
    Perceptual,
    /// The share of the code prior is measured.
    Share,
    /// Real images are read, measured and compared with.
    Real,
    /// The samples are placed between copies and independent members of the set.
    Index,
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
    /// The diversity index, where independent members of the set are known.
    pub index: Option<IndexReport>,
    /// The samples beside real images, where a folder of them is known.
    pub real: Option<RealReport>,
}

/// Checks and scores the samples of a run; the run may still be at work.
///
/// # Errors
/// A file is damaged, the bundle or the runtime changed, an image cannot be read, or the runtime failed.
pub fn measure(
    folder: &RunFolder,
    library: Option<&Path>,
    request: &Request,
    watching: Watching<'_>,
) -> Result<Measured, RunError> {
    let Watching {
        share: share_progress,
        images: image_progress,
        part,
    } = watching;
    part(Part::Evaluating);
    let opened = open_run(folder, library)?;
    let samples = SampleTensors::read(folder)?;
    let mut engine = Engine::with_plan(
        Arc::clone(&opened.runtime),
        Arc::clone(&opened.bundle),
        opened.query.units(),
        opened.file.plan.clone(),
        None,
    )?;
    let codes = matrix(&samples.codes, samples.code_length)?;
    let n_inside = count_inside(&engine.check(codes)?, &opened.query);
    let images = engine.render(codes)?;
    let (runtime, bundle) = (opened.runtime.as_ref(), opened.bundle.as_ref());
    let mut spaces = score::spaces(&engine, runtime, bundle, &samples, &images)?;
    let folder_of_images = request
        .images
        .clone()
        .or_else(|| RealImages::remembered(bundle));
    let real = match &folder_of_images {
        Some(path) => {
            part(Part::Real);
            let real = real::open(&opened, path, image_progress)?;
            real::give_bandwidths(&real, &mut spaces)?;
            Some(real)
        }
        None => None,
    };
    part(Part::Scoring);
    let pairs: Vec<PairDistances> = spaces
        .iter()
        .map(|space| PairDistances::of(space.embeddings.view()))
        .collect();
    let scored = spaces.iter().zip(&pairs).map(|(space, pairs)| {
        let rows = space.embeddings.view();
        Scores::of(&space.name, rows, pairs, space.bandwidth)
    });
    let diversity = scored.collect();
    part(Part::Perceptual);
    let perceptual = perceptual::perceptual(&opened, &engine.shapes().image, &images)?;
    let found = match &request.share {
        Some(effort) => {
            part(Part::Share);
            Some(share::share(&opened, &mut engine, effort, share_progress)?)
        }
        None => None,
    };
    let compared = match &real {
        Some(real) => {
            part(Part::Real);
            Some(real::compare(&opened, real, &spaces, &images)?)
        }
        None => None,
    };
    let members = match (&found, &compared) {
        (Some(found), _) if found.inside.nrows() > 1 => {
            index::of_codes(&opened, &mut engine, found.inside.view())?
        }
        (_, Some(compared)) => index::of_images(&compared.inside),
        _ => None,
    };
    let index = match &members {
        Some(members) => {
            part(Part::Index);
            index::index(&opened, &mut engine, codes, &spaces, &pairs, members)?
        }
        None => None,
    };
    Ok(Measured {
        run: folder.path().display().to_string(),
        n: samples.len(),
        n_inside,
        diversity,
        perceptual,
        share: found
            .zip(request.share)
            .map(|(found, effort)| ShareReport::new(&found, &effort)),
        index,
        real: compared.map(|compared| compared.report),
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
