//! Everything that the statistics of a bundle hold, measured on real images.

use std::ops::Range;

use rayon::prelude::*;

use super::unit_statistics::{LEVELS, UnitStatistics};
use super::{RealError, RealImages, Space};
use crate::bundle::{NewStatistics, TensorStatistics};
use crate::engine::{EngineError, ImageTap, tensors_of_images};
use crate::query::UnitIndex;

/// Most bytes of activations measured in one pass; tensors beyond take another pass over the images.
const HELD: usize = 128 << 20;
/// Most bytes of activations kept in the cache by one survey, the tensors nearest to the logits first.
const KEPT: usize = 512 << 20;
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
        let (mut wanted, mut left_out) = self.wanted()?;
        let bytes = |tensor: &Wanted| tensor.units * self.len() * size_of::<f32>();
        // From the end, because what is kept begins with the logits.
        wanted.reverse();
        let sizes: Vec<usize> = wanted.iter().map(bytes).collect();
        let mut kept = 0;
        let mut tensors = Vec::with_capacity(wanted.len());
        for group in groups(&sizes, HELD) {
            let group = &wanted[group];
            let taps: Vec<ImageTap> = group
                .iter()
                .map(|wanted| ImageTap::Channels(wanted.tensor.clone()))
                .collect();
            kept += group.iter().map(bytes).sum::<usize>();
            let tables = if kept <= KEPT {
                self.tables(&taps)?
            } else {
                let all: Vec<usize> = (0..self.len()).collect();
                self.measure(&taps, &all)?
            };
            for (wanted, table) in group.iter().zip(tables) {
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

    fn median_distances(&self) -> Result<Vec<(Space, f32)>, RealError> {
        let mut distances = Vec::new();
        for space in [Space::Encoder, Space::Judge, Space::Pixels] {
            let median = self.median_distance(space)?;
            distances.extend(median.map(|median| (space, median)));
        }
        Ok(distances)
    }

    /// A survey as a statistics file of the bundle.
    ///
    /// # Errors
    /// A model of the bundle cannot be read.
    pub fn statistics_file(&self, survey: &Survey) -> Result<Vec<u8>, RealError> {
        let manifest = self.bundle.manifest();
        let classifier = &manifest.classifier.file;
        let mut metadata = vec![
            ("image_count", self.len().to_string()),
            ("classifier_sha256", self.bundle.model_sha256(classifier)?),
        ];
        let encoders = [
            (
                "encoder_sha256",
                "encoder_normalisation",
                manifest.encoder_network(),
            ),
            (
                "judge_sha256",
                "judge_normalisation",
                manifest.judge.as_ref(),
            ),
        ];
        for (sha256, normalisation, network) in encoders {
            let Some(network) = network else { continue };
            metadata.push((sha256, self.bundle.model_sha256(network.file())?));
            if !network.normalisation.is_nothing() {
                metadata.push((normalisation, network.normalisation.to_string()));
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

/// Splits things of these sizes, in their order, into groups of at most `most` together; one that is
/// larger is a group of its own.
fn groups(sizes: &[usize], most: usize) -> Vec<Range<usize>> {
    let mut groups: Vec<Range<usize>> = Vec::new();
    let mut held = 0;
    for (at, &size) in sizes.iter().enumerate() {
        match groups.last_mut() {
            Some(group) if held + size <= most => {
                group.end = at + 1;
                held += size;
            }
            _ => {
                groups.push(at..at + 1);
                held = size;
            }
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_hold_all_in_order_and_no_more_than_they_may() {
        assert_eq!(groups(&[3, 3, 3, 1, 9, 1], 7), [0..2, 2..4, 4..5, 5..6]);
        assert_eq!(groups(&[7, 7], 7), [0..1, 1..2]);
        assert_eq!(groups(&[1, 2], 100).len(), 1);
        assert!(groups(&[], 7).is_empty());
    }
}
