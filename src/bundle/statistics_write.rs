//! Statistics as they were measured, written as [`super::Statistics`] reads them.

use std::collections::{BTreeMap, HashMap};

use safetensors::SafeTensorError;
use safetensors::tensor::{Dtype, TensorView};

/// Statistics to be written. The file's form is told in `statistics.rs`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct NewStatistics {
    /// The shares at which quantiles are given, ascending from 0 to 1.
    pub levels: Vec<f32>,
    /// Each tensor of the classifier that was measured.
    pub tensors: Vec<TensorStatistics>,
    /// The median distance between two real images, by `encoder`, `judge` or `pixels`.
    pub median_distances: Vec<(&'static str, f32)>,
    /// `image_count`, `classifier_sha256` and the like.
    pub metadata: Vec<(&'static str, String)>,
}

/// What the units of one tensor do on real images.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TensorStatistics {
    /// Its name in the classifier.
    pub name: String,
    /// How many units it has.
    pub units: usize,
    /// The value of each unit at each level `[units, levels]`.
    pub quantiles: Vec<f32>,
    /// Images in each bin of each unit `[units, 64]`.
    pub histogram: Vec<f32>,
    /// The images that excite each unit most `[units, k]`, the greatest activation first.
    pub top: Vec<i32>,
}

impl NewStatistics {
    /// The file's bytes.
    ///
    /// # Errors
    /// A tensor's values are not a multiple of its units.
    pub fn to_bytes(&self) -> Result<Vec<u8>, SafeTensorError> {
        let mut parts = vec![part("levels".to_owned(), None, &self.levels)];
        for tensor in &self.tensors {
            let (name, units) = (&tensor.name, Some(tensor.units));
            parts.push(part(format!("quantiles/{name}"), units, &tensor.quantiles));
            parts.push(part(format!("histogram/{name}"), units, &tensor.histogram));
            parts.push(Part {
                name: format!("top/{name}"),
                dtype: Dtype::I32,
                shape: shape(units, tensor.top.len()),
                bytes: tensor.top.iter().flat_map(|v| v.to_le_bytes()).collect(),
            });
        }
        for &(space, distance) in &self.median_distances {
            parts.push(part(format!("median_distance/{space}"), None, &[distance]));
        }
        let views = parts
            .iter()
            .map(|part| {
                let view = TensorView::new(part.dtype, part.shape.clone(), &part.bytes)?;
                Ok((part.name.as_str(), view))
            })
            .collect::<Result<Vec<_>, SafeTensorError>>()?;
        let metadata: HashMap<String, String> = self
            .metadata
            .iter()
            .map(|(key, value)| ((*key).to_owned(), value.clone()))
            .collect();
        let bytes = safetensors::serialize(views, Some(metadata))?;
        Ok(in_order(&bytes).unwrap_or(bytes))
    }
}

/// The same file with the keys of its header in alphabetical order: the library writes metadata in
/// another order every time, and runs know a bundle by the hashes of its files. None where the bytes
/// are no such file.
fn in_order(bytes: &[u8]) -> Option<Vec<u8>> {
    let (length, rest) = bytes.split_first_chunk::<8>()?;
    let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
    let (header, data) = rest.split_at_checked(length)?;
    let header: BTreeMap<String, BTreeMap<String, serde_json::Value>> =
        serde_json::from_slice(header).ok()?;
    let mut header = serde_json::to_vec(&header).ok()?;
    // The format wants the data to begin at a multiple of eight.
    header.resize(header.len().next_multiple_of(8), b' ');
    let mut ordered = (header.len() as u64).to_le_bytes().to_vec();
    ordered.append(&mut header);
    ordered.extend_from_slice(data);
    Some(ordered)
}

struct Part {
    name: String,
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

fn part(name: String, units: Option<usize>, values: &[f32]) -> Part {
    Part {
        name,
        dtype: Dtype::F32,
        shape: shape(units, values.len()),
        bytes: values.iter().flat_map(|v| v.to_le_bytes()).collect(),
    }
}

/// One row, or a row for each unit.
fn shape(units: Option<usize>, values: usize) -> Vec<usize> {
    match units {
        None => vec![values],
        Some(units) => vec![units, values / units.max(1)],
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use safetensors::SafeTensors;

    use super::*;

    #[test]
    fn the_same_statistics_are_the_same_bytes() {
        let statistics = NewStatistics {
            levels: vec![0.0, 1.0],
            tensors: vec![TensorStatistics {
                name: "t".to_owned(),
                units: 2,
                quantiles: vec![1.0, 2.0, 3.0, 4.0],
                histogram: vec![1.0; 128],
                top: vec![0, 1, 1, 0],
            }],
            median_distances: vec![("judge", 0.5)],
            metadata: ["a", "b", "c", "d", "e"]
                .map(|key| (key, key.to_owned()))
                .to_vec(),
        };
        let first = statistics.to_bytes().unwrap();
        for _ in 0..20 {
            assert!(statistics.to_bytes().unwrap() == first);
        }
        let file = SafeTensors::deserialize(&first).unwrap();
        assert_eq!(file.tensor("quantiles/t").unwrap().shape(), [2, 2]);
        assert_eq!(file.tensor("top/t").unwrap().data()[4..8], [1, 0, 0, 0]);
        let (_, header) = SafeTensors::read_metadata(&first).unwrap();
        assert_eq!(header.metadata().as_ref().unwrap()["c"], "c");
    }
}
