//! Embeddings of real images, where samples are compared with them.

use ndarray::Array2;

use super::{RealError, RealImages};
use crate::bundle::Encoder;
use crate::engine::{EngineError, ImageClassifier, ImageNetwork, ImageTap};

/// Where embeddings lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Space {
    /// The bundle's encoder.
    Encoder,
    /// The bundle's judge.
    Judge,
    /// The pixels of the generator's images.
    Pixels,
}

impl Space {
    /// Its name in statistics and reports.
    pub fn name(self) -> &'static str {
        match self {
            Space::Encoder => "encoder",
            Space::Judge => "judge",
            Space::Pixels => "pixels",
        }
    }
}

impl RealImages {
    /// The embeddings `[indices, p]` of some images; none where the bundle has no such network.
    ///
    /// # Errors
    /// A file cannot be read as a picture, a network is bad, or the runtime failed.
    pub fn embeddings(
        &self,
        space: Space,
        indices: &[usize],
    ) -> Result<Option<Array2<f32>>, RealError> {
        let manifest = self.bundle.manifest();
        let (runtime, shape) = (self.runtime.as_ref(), &self.image_shape);
        match (space, &manifest.encoder, &manifest.judge) {
            (Space::Pixels, _, _) => {
                let width = shape.iter().product();
                let pixels = self.pixels_of(indices)?.concat();
                let pixels = Array2::from_shape_vec((indices.len(), width), pixels)
                    .map_err(|error| EngineError::Internal(error.to_string()))?;
                Ok(Some(pixels))
            }
            // An encoder outside the bundle is of one run.
            (Space::Encoder, None | Some(Encoder::Outside(_)), _) | (Space::Judge, _, None) => {
                Ok(None)
            }
            (Space::Encoder, Some(Encoder::Tensor(tensor)), _) => {
                let taps = [ImageTap::Whole(tensor.clone())];
                let mut network = ImageClassifier::new(runtime, &self.bundle, &taps, shape)?;
                let mut found = network.run(&self.pixels_of(indices)?)?;
                Ok(found.pop())
            }
            (Space::Encoder, Some(Encoder::Network(_)), _) => {
                self.vectors(ImageNetwork::encoder(runtime, &self.bundle, shape)?, indices)
            }
            (Space::Judge, _, Some(_)) => {
                self.vectors(ImageNetwork::judge(runtime, &self.bundle, shape)?, indices)
            }
        }
    }

    fn vectors(
        &self,
        network: Option<ImageNetwork>,
        indices: &[usize],
    ) -> Result<Option<Array2<f32>>, RealError> {
        let Some(mut network) = network else {
            return Ok(None);
        };
        Ok(Some(network.run(&self.pixels_of(indices)?)?))
    }
}
