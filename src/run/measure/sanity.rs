//! The sanity check on a run's samples: how its classifier treats them, layer by layer.

use crate::engine::LayerNetwork;
use crate::metrics::{ImageSet, Sanity, SanityCheck};
use crate::run::{OpenedRun, RunError};

/// Most layers of the classifier.
const MOST_LAYERS: usize = 8;

/// Compares images `[C, H, W]` of the samples with real ones of the class and of others.
pub(super) fn sanity(
    opened: &OpenedRun,
    image_shape: &[usize],
    samples: &[Vec<f32>],
    class: &[Vec<f32>],
    others: &[Vec<f32>],
) -> Result<Sanity, RunError> {
    let runtime = opened.runtime.as_ref();
    let mut classifier =
        LayerNetwork::classifier(runtime, &opened.bundle, image_shape, MOST_LAYERS)?;
    let names = classifier.layers().iter().map(|layer| layer.name.clone());
    let mut check = SanityCheck::new(names);
    for (set, images) in [
        (ImageSet::Samples, samples),
        (ImageSet::Class, class),
        (ImageSet::Others, others),
    ] {
        classifier.run(images, |activations| check.add(set, activations))?;
    }
    Ok(check.result())
}
