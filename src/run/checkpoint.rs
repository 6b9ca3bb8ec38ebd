//! What a resumed run starts from: the method's state, counts, and how long each file was.

use std::collections::{BTreeMap, HashMap};
use std::fs;

use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};

use super::RunError;
use super::folder::{CHECKPOINT_FILE, RunFolder};
use super::record::{bytes_of, floats};
use crate::engine::Counts;
use crate::sampler::state::{Array, State, Values};

/// Numbers of a checkpoint besides the method's arrays.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Progress {
    /// Steps done.
    pub step: u64,
    /// Samples recorded.
    pub recorded: u64,
    /// Bytes of `samples.jsonl`.
    pub samples_length: u64,
    /// Bytes of `history.jsonl`.
    pub history_length: u64,
    /// Bytes of `log.txt`.
    pub log_length: u64,
    /// Events noted.
    pub events: u64,
    /// The last of them.
    pub last_event: Option<String>,
    /// The objective at the last step; absent when not finite.
    pub objective: Option<f64>,
    /// Codes sent through.
    pub counts: Counts,
    /// Wall time of the step loop.
    pub seconds: f64,
    /// Wall time with a session running.
    pub seconds_in_runtime: f64,
    /// Whether the method has ended.
    pub finished: bool,
}

/// A checkpoint.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Checkpoint {
    pub progress: Progress,
    pub state: State,
}

/// The one metadata entry of the file, so that its bytes do not depend on a map's order.
const ENTRY: &str = "checkpoint";

#[derive(Serialize, Deserialize)]
struct Entry {
    progress: Progress,
    integers: BTreeMap<String, u64>,
}

impl Checkpoint {
    /// Replaces the checkpoint of a run.
    pub(super) fn write(&self, folder: &RunFolder) -> Result<(), RunError> {
        let arrays: Vec<(&str, Dtype, &[usize], Vec<u8>)> = self
            .state
            .arrays
            .iter()
            .map(|(name, array)| {
                let (dtype, bytes) = match &array.values {
                    Values::F32(values) => (Dtype::F32, bytes_of(values)),
                    Values::F64(values) => (
                        Dtype::F64,
                        values.iter().flat_map(|v| v.to_le_bytes()).collect(),
                    ),
                    Values::U64(values) => (
                        Dtype::U64,
                        values.iter().flat_map(|v| v.to_le_bytes()).collect(),
                    ),
                };
                (name.as_str(), dtype, array.shape.as_slice(), bytes)
            })
            .collect();
        let entry = Entry {
            progress: self.progress.clone(),
            integers: self.state.integers.clone(),
        };
        let serialise = || {
            let views = arrays
                .iter()
                .map(|(name, dtype, shape, bytes)| {
                    Ok((*name, TensorView::new(*dtype, shape.to_vec(), bytes)?))
                })
                .collect::<Result<Vec<_>, safetensors::SafeTensorError>>()?;
            let metadata =
                HashMap::from([(ENTRY.to_owned(), serde_json::json!(entry).to_string())]);
            safetensors::serialize(views, Some(metadata))
        };
        let bytes = serialise().map_err(|error| RunError::Damaged {
            path: folder.file(CHECKPOINT_FILE),
            reason: error.to_string(),
        })?;
        folder.replace(CHECKPOINT_FILE, &bytes)
    }

    /// The checkpoint of a run; `None` if it was interrupted before its first.
    pub(super) fn read(folder: &RunFolder) -> Result<Option<Checkpoint>, RunError> {
        let path = folder.file(CHECKPOINT_FILE);
        let damaged = |reason: String| RunError::Damaged {
            path: path.clone(),
            reason,
        };
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(damaged(error.to_string())),
        };
        let (_, metadata) =
            SafeTensors::read_metadata(&bytes).map_err(|error| damaged(error.to_string()))?;
        let entry = metadata
            .metadata()
            .as_ref()
            .and_then(|texts| texts.get(ENTRY))
            .ok_or_else(|| damaged("it has no counters".to_owned()))?;
        let entry: Entry =
            serde_json::from_str(entry).map_err(|error| damaged(error.to_string()))?;
        let file = SafeTensors::deserialize(&bytes).map_err(|error| damaged(error.to_string()))?;
        let mut arrays = BTreeMap::new();
        for (name, tensor) in file.tensors() {
            let eight = |bytes: &[u8]| -> [u8; 8] { std::array::from_fn(|i| bytes[i]) };
            let chunks = tensor.data().chunks_exact(8);
            let values = match tensor.dtype() {
                Dtype::F32 => Values::F32(floats(tensor.data())),
                Dtype::F64 => Values::F64(chunks.map(|b| f64::from_le_bytes(eight(b))).collect()),
                Dtype::U64 => Values::U64(chunks.map(|b| u64::from_le_bytes(eight(b))).collect()),
                other => return Err(damaged(format!("'{name}' has the type {other:?}"))),
            };
            arrays.insert(
                name,
                Array {
                    shape: tensor.shape().to_vec(),
                    values,
                },
            );
        }
        Ok(Some(Checkpoint {
            progress: entry.progress,
            state: State {
                arrays,
                integers: entry.integers,
            },
        }))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn checkpoint() -> Checkpoint {
        let mut state = State::default();
        let array = |shape: &[usize], values| Array {
            shape: shape.to_vec(),
            values,
        };
        state.arrays.insert(
            "codes".into(),
            array(
                &[2, 2],
                Values::F32(vec![1.0, -2.0, f32::MIN_POSITIVE, 0.1]),
            ),
        );
        state
            .arrays
            .insert("sums".into(), array(&[1], Values::F64(vec![0.1])));
        state
            .arrays
            .insert("starts".into(), array(&[1], Values::U64(vec![u64::MAX])));
        state.integers.insert("step".into(), 12);
        Checkpoint {
            progress: Progress {
                step: 12,
                seconds: 1.5,
                ..Progress::default()
            },
            state,
        }
    }

    #[test]
    fn a_checkpoint_is_read_back_to_the_bit() {
        let parent = tempfile::tempdir().unwrap();
        let folder = RunFolder::create(&parent.path().join("run")).unwrap();
        assert_eq!(Checkpoint::read(&folder).unwrap(), None);
        checkpoint().write(&folder).unwrap();
        assert_eq!(Checkpoint::read(&folder).unwrap(), Some(checkpoint()));
    }

    #[test]
    fn a_torn_checkpoint_is_an_error_that_names_the_file() {
        let parent = tempfile::tempdir().unwrap();
        let folder = RunFolder::create(&parent.path().join("run")).unwrap();
        checkpoint().write(&folder).unwrap();
        let path = folder.file(CHECKPOINT_FILE);
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
        let error = Checkpoint::read(&folder).unwrap_err().to_string();
        assert!(error.contains("checkpoint.safetensors"), "{error}");
    }
}
