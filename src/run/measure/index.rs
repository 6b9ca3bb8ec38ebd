//! The diversity index of a run's samples, between jittered copies of one and independent members.

use ndarray::{Array2, ArrayView2};
use serde::Serialize;

use super::anchors;
use crate::engine::{self, Engine, ImageNetwork};
use crate::metrics::{DiversityIndex, PairDistances, diversity_index};
use crate::run::score::Space;
use crate::run::{OpenedRun, RunError};
use crate::sampler::Evaluate;

/// The diversity index of the samples.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct IndexReport {
    /// Which members of the set score 1.
    pub independent: Independent,
    /// In each encoder of `diversity`; null where it has no value.
    pub encoders: Vec<Option<DiversityIndex>>,
}

/// Independent members of the inverse set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Independent {
    /// Codes of the prior inside the intervals, from the measurement of the share.
    Prior,
    /// Real images inside the intervals.
    Real,
}

/// Pair distances of independent members, in each encoder.
pub(super) struct Members {
    kind: Independent,
    pairs: Vec<Option<PairDistances>>,
}

/// Members from the codes inside that a share was measured with; none where they are too few.
pub(super) fn of_codes(
    opened: &OpenedRun,
    engine: &mut Engine,
    inside: ArrayView2<'_, f32>,
) -> Result<Option<Members>, RunError> {
    let Some(codes) = anchors::independent(inside) else {
        return Ok(None);
    };
    let pairs = pair_distances(opened, engine, &codes)?;
    Ok(Some(Members {
        kind: Independent::Prior,
        pairs: pairs.into_iter().map(Some).collect(),
    }))
}

/// Members from real images inside; none where they are too few.
pub(super) fn of_images(inside: &[Option<PairDistances>]) -> Option<Members> {
    let enough = |pairs: &Option<PairDistances>| pairs.as_ref().is_some_and(|pairs| pairs.n() > 1);
    inside.iter().any(enough).then(|| Members {
        kind: Independent::Real,
        pairs: inside.to_vec(),
    })
}

/// The index in each space; none for no sample.
pub(super) fn index(
    opened: &OpenedRun,
    engine: &mut Engine,
    codes: ArrayView2<'_, f32>,
    spaces: &[Space],
    pairs: &[PairDistances],
    members: &Members,
) -> Result<Option<IndexReport>, RunError> {
    let prior = engine::code_prior(&opened.bundle, engine.shapes().code_length)?;
    let jittered = spaces
        .first()
        .and_then(|space| anchors::jittered(codes, space.embeddings.view(), &prior));
    let Some(jittered) = jittered else {
        return Ok(None);
    };
    let low = pair_distances(opened, engine, &jittered)?;
    let ends = low.iter().zip(&members.pairs);
    let encoders = pairs
        .iter()
        .zip(ends)
        .map(|(sample, (low, high))| diversity_index(sample, low, high.as_ref()?));
    Ok(Some(IndexReport {
        independent: members.kind,
        encoders: encoders.collect(),
    }))
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
