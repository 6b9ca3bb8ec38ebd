//! Diversity of a run's samples, in the encoder that was optimised and in the judge that was not.

use ndarray::{Array2, ArrayView2};

use super::record::SampleTensors;
use super::{Run, RunError};
use crate::bundle::{Bundle, Encoder, EncoderChoice};
use crate::engine::{Engine, EngineError, ImageNetwork};
use crate::metrics::{Bandwidth, Diversity};
use crate::real;
use crate::runtime::Runtime;

/// Name of the encoder E in reports; without one embeddings are a sample's own values.
const ENCODER: &str = "encoder";
/// Name of the judge in reports.
const JUDGE: &str = "judge";

/// Embeddings of a run's samples in one encoder.
pub(super) struct Space {
    /// The encoder's name in reports.
    pub name: String,
    /// Where real images have embeddings of the same kind.
    pub kind: real::Space,
    /// `[n, p]`.
    pub embeddings: Array2<f32>,
    /// The bandwidth of kernels there, where real embeddings have given one.
    pub bandwidth: Option<Bandwidth>,
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

fn scores(
    engine: &mut Engine,
    runtime: &dyn Runtime,
    bundle: &Bundle,
    samples: &SampleTensors,
) -> Result<Vec<Diversity>, RunError> {
    let images = match bundle.manifest().judge {
        Some(_) => engine.render(matrix(&samples.codes, samples.code_length)?)?,
        None => Vec::new(),
    };
    let spaces = spaces(engine, runtime, bundle, samples, &images)?;
    let score = |space: Space| Diversity::of(space.name, space.embeddings.view(), space.bandwidth);
    Ok(spaces.into_iter().map(score).collect())
}

/// The samples' embeddings in E, then those of their `images` in the judge, where the bundle has one.
pub(super) fn spaces(
    engine: &Engine,
    runtime: &dyn Runtime,
    bundle: &Bundle,
    samples: &SampleTensors,
    images: &[Vec<f32>],
) -> Result<Vec<Space>, RunError> {
    let space = |name: String, kind, embeddings| Space {
        bandwidth: bandwidth(bundle, &name),
        name,
        kind,
        embeddings,
    };
    let embeddings = matrix(&samples.embeddings, samples.embedding_length)?;
    let optimised = match bundle.manifest().encoder {
        Some(_) => real::Space::Encoder,
        None => real::Space::Pixels,
    };
    let name = optimised_space(bundle);
    let mut spaces = vec![space(name, optimised, embeddings.to_owned())];
    let shape = &engine.shapes().image;
    if let Some(mut judge) = ImageNetwork::judge(runtime, bundle, shape)? {
        spaces.push(space(
            JUDGE.to_owned(),
            real::Space::Judge,
            judge.run(images)?,
        ));
    }
    Ok(spaces)
}

/// Where the embeddings lie that a run optimises: the bundle's own encoder, or one chosen for the
/// run as `--encoder` names it.
pub(super) fn optimised_space(bundle: &Bundle) -> String {
    match &bundle.manifest().encoder {
        None => bundle.manifest().generator.domain.own_space().to_owned(),
        Some(_) if bundle.has_own_encoder() => ENCODER.to_owned(),
        Some(Encoder::Tensor(tensor)) => EncoderChoice::Tensor(tensor.clone()).to_string(),
        Some(Encoder::Outside(chosen)) => EncoderChoice::File(chosen.clone()).to_string(),
        Some(Encoder::Network(network)) => network.file().to_owned(),
    }
}

/// The statistics know of the bundle's encoder, the judge and pixels, and of no other space.
fn bandwidth(bundle: &Bundle, space: &str) -> Option<Bandwidth> {
    let distance = bundle.statistics()?.median_distance(space)?;
    Some(Bandwidth::of_statistics(distance))
}

/// The bandwidth for scores of the embeddings that a run optimises, where the statistics have one.
pub(super) fn optimised_bandwidth(bundle: &Bundle) -> Option<Bandwidth> {
    bandwidth(bundle, &optimised_space(bundle))
}

pub(super) fn matrix(values: &[f32], width: usize) -> Result<ArrayView2<'_, f32>, EngineError> {
    ArrayView2::from_shape((values.len() / width.max(1), width), values)
        .map_err(|error| EngineError::Internal(error.to_string()))
}
