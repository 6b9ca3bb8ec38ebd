//! What a checkpoint says of a run without the method's arrays: those may be large, and whoever lists
//! runs needs none of them.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use serde::Deserialize;

use super::RunError;
use super::checkpoint::Progress;
use super::folder::{CHECKPOINT_FILE, RunFolder};
use crate::sampler::state::{Array, State, Values};

/// The array that is read: for each constraint the activation nearest to its interval.
const BEST: &str = "best";

/// Longest header that a checkpoint of ours has.
const LONGEST_HEADER: u64 = 1 << 26;

/// Counters of a checkpoint, with as much of the method's state as tells how the run stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct CheckpointHead {
    pub progress: Progress,
    pub state: State,
}

#[derive(Deserialize)]
struct Header {
    #[serde(rename = "__metadata__")]
    metadata: Metadata,
    #[serde(flatten)]
    tensors: BTreeMap<String, Place>,
}

#[derive(Deserialize)]
struct Metadata {
    checkpoint: String,
}

#[derive(Deserialize)]
struct Entry {
    progress: Progress,
    integers: BTreeMap<String, u64>,
}

#[derive(Deserialize)]
struct Place {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: [u64; 2],
}

impl CheckpointHead {
    /// Reads it; `None` for a run that was interrupted before its first checkpoint.
    pub(super) fn read(folder: &RunFolder) -> Result<Option<CheckpointHead>, RunError> {
        let path = folder.file(CHECKPOINT_FILE);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(RunError::damaged(&path, &error)),
        };
        read(file)
            .map(Some)
            .map_err(|error| RunError::damaged(&path, &error))
    }
}

fn read(mut file: File) -> io::Result<CheckpointHead> {
    let whole = file.metadata()?.len();
    let mut length = [0; 8];
    file.read_exact(&mut length)?;
    let length = u64::from_le_bytes(length);
    if length > LONGEST_HEADER.min(whole) {
        return Err(io::Error::other("its header is longer than it"));
    }
    let mut header = vec![0; length as usize];
    file.read_exact(&mut header)?;
    let header: Header = serde_json::from_slice(&header)?;
    let entry: Entry = serde_json::from_str(&header.metadata.checkpoint)?;
    let start = 8 + length;
    let ends = header.tensors.values().map(|place| place.data_offsets[1]);
    if whole != start.saturating_add(ends.max().unwrap_or(0)) {
        return Err(io::Error::other("it is not as long as its header says"));
    }
    let mut arrays = BTreeMap::new();
    if let Some(place) = header.tensors.get(BEST) {
        arrays.insert(BEST.to_owned(), counters(&mut file, place, start)?);
    }
    Ok(CheckpointHead {
        progress: entry.progress,
        state: State {
            arrays,
            integers: entry.integers,
        },
    })
}

fn counters(file: &mut File, place: &Place, start: u64) -> io::Result<Array> {
    let [from, to] = place.data_offsets;
    let bytes = to.saturating_sub(from);
    if place.dtype != "U64" || bytes > LONGEST_HEADER {
        return Err(io::Error::other(format!(
            "'{BEST}' has the type {}",
            place.dtype
        )));
    }
    file.seek(SeekFrom::Start(start.saturating_add(from)))?;
    let mut values = vec![0; bytes as usize];
    file.read_exact(&mut values)?;
    let (words, _) = values.as_chunks::<8>();
    let values = words.iter().map(|&word| u64::from_le_bytes(word)).collect();
    Ok(Array {
        shape: place.shape.clone(),
        values: Values::U64(values),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::run::checkpoint::Checkpoint;

    fn checkpoint() -> Checkpoint {
        let mut state = State::default();
        let mut put = |name: &str, values| {
            let shape = vec![2];
            state.arrays.insert(name.into(), Array { shape, values });
        };
        put("codes", Values::F32(vec![1.0, 2.0]));
        put(BEST, Values::U64(vec![7, u64::MAX]));
        put("sums", Values::F64(vec![0.5, 0.25]));
        state.integers.insert("finish".into(), 2);
        Checkpoint {
            progress: Progress {
                step: 12,
                recorded: 3,
                finished: true,
                ..Progress::default()
            },
            state,
        }
    }

    #[test]
    fn the_head_of_a_checkpoint_is_the_checkpoint_without_its_large_arrays() {
        let parent = tempfile::tempdir().unwrap();
        let folder = RunFolder::create(&parent.path().join("run")).unwrap();
        assert_eq!(CheckpointHead::read(&folder).unwrap(), None);
        let mut expected = checkpoint();
        expected.write(&folder).unwrap();
        let head = CheckpointHead::read(&folder).unwrap().unwrap();
        expected.state.arrays.retain(|name, _| name == BEST);
        assert_eq!(
            (head.progress, head.state),
            (expected.progress, expected.state)
        );
    }

    #[test]
    fn a_torn_checkpoint_is_damaged_wherever_it_is_torn() {
        let parent = tempfile::tempdir().unwrap();
        let folder = RunFolder::create(&parent.path().join("run")).unwrap();
        checkpoint().write(&folder).unwrap();
        let path = folder.file(CHECKPOINT_FILE);
        let bytes = std::fs::read(&path).unwrap();
        for length in [0, 4, 20, bytes.len() / 2, bytes.len() - 1] {
            std::fs::write(&path, &bytes[..length]).unwrap();
            let error = CheckpointHead::read(&folder).unwrap_err();
            assert!(
                matches!(error, RunError::Damaged { .. }),
                "{length}: {error}"
            );
        }
    }
}
