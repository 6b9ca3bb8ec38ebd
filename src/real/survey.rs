//! Everything that the statistics of a bundle hold, measured on real images.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rayon::prelude::*;

use super::shuffle::shuffled;
use super::unit_statistics::{LEVELS, UnitStatistics};
use super::{RealError, RealImages, Space};
use crate::bundle::{Encoder, NewStatistics, TensorStatistics};
use crate::engine::{EngineError, ImageTap, tensors_of_images};
use crate::metrics::median_pairwise;
use crate::query::UnitIndex;

/// Most bytes of activations measured in one pass; tensors beyond take another pass over the images.
const HELD: usize = 128 << 20;
/// Most bytes of activations kept in the cache by one survey, the tensors nearest to the logits first.
const KEPT: usize = 512 << 20;
/// Images whose distances are taken in pairs.
const PAIRED: usize = 1000;

/// What the units of a classifier do on real images.
#[derive(Debug, Clone, PartialEq)]
pub struct Survey {
    /// Each tensor that units can be read off, in the order of the network.
    pub tensors: Vec<Surveyed>,
    /// Tensors that were left out, and why.
    pub left_out: Vec<LeftOut>,
    /// The median distance between two of 1000 images in each space that the bundle has; none where
    /// all images are alike there.
    pub median_distances: Vec<(Space, f32)>,
}

/// What the units of one tensor do on real images.
#[derive(Debug, Clone, PartialEq)]
pub struct Surveyed {
    /// The tensor.
    pub tensor: String,
    /// Its shape at batch 1.
    pub shape: Vec<usize>,
    /// Each of its units.
    pub units: Vec<UnitStatistics>,
}

/// A tensor without statistics.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct LeftOut {
    /// The tensor.
    pub tensor: String,
    /// Why it was left out.
    pub reason: String,
}

/// A tensor that is to be measured.
struct Wanted {
    tensor: String,
    shape: Vec<usize>,
    units: usize,
}

impl RealImages {
    /// Measures every unit of the classifier: each element of a tensor of rank 2, each channel's mean
    /// of rank 3 and 4. Takes one pass over the images for each 128 MB of activations (4 bytes for an
    /// image and unit), and three times that memory.
    ///
    /// # Errors
    /// A file cannot be read as a picture, a network is bad, or the runtime failed.
    pub fn survey(&self) -> Result<Survey, RealError> {
        let (wanted, mut left_out) = self.wanted()?;
        let bytes = |tensor: &Wanted| tensor.units * self.len() * size_of::<f32>();
        // From the end, because what is kept begins with the logits.
        let mut groups: Vec<Vec<&Wanted>> = Vec::new();
        let mut held = HELD;
        for tensor in wanted.iter().rev() {
            if held + bytes(tensor) > HELD {
                groups.push(Vec::new());
                held = 0;
            }
            held += bytes(tensor);
            if let Some(group) = groups.last_mut() {
                group.push(tensor);
            }
        }
        let mut kept = 0;
        let mut tensors = Vec::with_capacity(wanted.len());
        for group in groups {
            let taps: Vec<ImageTap> = group
                .iter()
                .map(|wanted| ImageTap::Channels(wanted.tensor.clone()))
                .collect();
            kept += group.iter().map(|wanted| bytes(wanted)).sum::<usize>();
            let tables = if kept <= KEPT {
                self.tables(&taps)?
            } else {
                let all: Vec<usize> = (0..self.len()).collect();
                self.measure(&taps, &all)?
            };
            for (wanted, table) in group.into_iter().zip(tables) {
                let units: Option<Vec<UnitStatistics>> = (0..table.ncols())
                    .into_par_iter()
                    .map(|unit| UnitStatistics::of(&table.column(unit).to_vec()))
                    .collect();
                match units {
                    Some(units) => tensors.push(Surveyed {
                        tensor: wanted.tensor.clone(),
                        shape: wanted.shape.clone(),
                        units,
                    }),
                    None => left_out.push(LeftOut {
                        tensor: wanted.tensor.clone(),
                        reason: "a value of it is not finite on some image".to_owned(),
                    }),
                }
            }
        }
        tensors.reverse();
        Ok(Survey {
            tensors,
            left_out,
            median_distances: self.median_distances()?,
        })
    }

    /// The tensors that units can be read off for each image.
    fn wanted(&self) -> Result<(Vec<Wanted>, Vec<LeftOut>), RealError> {
        let index = UnitIndex::of(&self.bundle)
            .map_err(|error| EngineError::Internal(error.to_string()))?;
        let names: Vec<String> = index
            .tensors()
            .iter()
            .map(|tensor| tensor.name.clone())
            .collect();
        let of_images = tensors_of_images(&self.bundle, &names)?;
        let (mut wanted, mut left_out) = (Vec::new(), Vec::new());
        for tensor in index.tensors() {
            if of_images.contains(&tensor.name) {
                wanted.push(Wanted {
                    tensor: tensor.name.clone(),
                    shape: tensor.shape.clone(),
                    units: tensor.units,
                });
            } else {
                left_out.push(LeftOut {
                    tensor: tensor.name.clone(),
                    reason: "its first axis does not count images".to_owned(),
                });
            }
        }
        Ok((wanted, left_out))
    }

    /// Over the same pairs every time: the images are chosen by a fixed seed.
    fn median_distances(&self) -> Result<Vec<(Space, f32)>, RealError> {
        let mut chosen = shuffled(self.len(), &mut ChaCha8Rng::seed_from_u64(0));
        chosen.truncate(PAIRED);
        let mut distances = Vec::new();
        for space in [Space::Encoder, Space::Judge, Space::Pixels] {
            let Some(embeddings) = self.embeddings(space, &chosen)? else {
                continue;
            };
            let median = median_pairwise(embeddings.view()).filter(|&median| median > 0.0);
            distances.extend(median.map(|median| (space, median as f32)));
        }
        Ok(distances)
    }

    /// A survey as a statistics file of the bundle.
    ///
    /// # Errors
    /// A model of the bundle cannot be read.
    pub fn statistics_file(&self, survey: &Survey) -> Result<Vec<u8>, RealError> {
        let manifest = self.bundle.manifest();
        let encoder = match &manifest.encoder {
            Some(Encoder::Network(network)) => Some(&network.file),
            Some(Encoder::Tensor(_)) | None => None,
        };
        let judge = manifest.judge.as_ref().map(|judge| &judge.file);
        let mut metadata = vec![("image_count", self.len().to_string())];
        for (key, file) in [
            ("classifier_sha256", Some(&manifest.classifier.file)),
            ("encoder_sha256", encoder),
            ("judge_sha256", judge),
        ] {
            if let Some(file) = file {
                metadata.push((key, self.bundle.model_sha256(file)?));
            }
        }
        let statistics = NewStatistics {
            levels: LEVELS.to_vec(),
            tensors: survey.tensors.iter().map(Surveyed::rows).collect(),
            median_distances: survey
                .median_distances
                .iter()
                .map(|&(space, distance)| (space.name(), distance))
                .collect(),
            metadata,
        };
        let bytes = statistics.to_bytes();
        Ok(bytes.map_err(|error| EngineError::Internal(error.to_string()))?)
    }
}

impl Surveyed {
    fn rows(&self) -> TensorStatistics {
        let units = self.units.iter();
        TensorStatistics {
            name: self.tensor.clone(),
            units: self.units.len(),
            quantiles: units
                .clone()
                .flat_map(|unit| unit.quantiles.clone())
                .collect(),
            histogram: units
                .clone()
                .flat_map(|unit| unit.histogram.clone())
                .collect(),
            top: units
                .flat_map(|unit| unit.top.iter().map(|&image| image as i32))
                .collect(),
        }
    }
}
