//! Perceptual distances between the images of a run's samples.

use ndarray::Array2;

use crate::engine::{EngineError, LayerNetwork};
use crate::metrics::{PairDistances, Perceptual, perceptual_vector};
use crate::run::{OpenedRun, RunError};

/// Most bytes of features that are kept.
const MOST_FEATURE_BYTES: usize = 1 << 30;

/// Between the first images whose features fit [`MOST_FEATURE_BYTES`]; none without a judge that has
/// feature maps.
pub(super) fn perceptual(
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
    let pairs = PairDistances::of(vectors.view());
    Ok(Some(Perceptual::of(names, &pairs)))
}
