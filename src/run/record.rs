//! Accepted samples on disk: a line, a picture, and rows of tensors for each.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};

use super::RunError;
use super::folder::{LineFile, RunFolder, SAMPLES_FILE, TENSORS_FILE};
use super::from_start::{FromStart, MedianFromStart, Origin};
use super::picture::Depiction;
use crate::sampler::Accepted;

/// One line of `samples.jsonl`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SampleLine {
    /// Number of the sample, from 0 without gaps.
    pub index: u64,
    /// The seed its start was drawn with.
    pub seed: u64,
    /// The step that accepted it.
    pub step: u64,
    /// Number of its start.
    pub start: u64,
    /// Activations of the re-check, in the order of `--where`.
    pub activations: Vec<f32>,
    /// The picture, relative to the run folder.
    pub image: String,
    /// The name of the picture that its start comes from; of `dataset` the real image that it is,
    /// within its folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// How far it is from its start, where that was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_start: Option<FromStart>,
}

/// Rows of `samples.safetensors`, ascending by index.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SampleTensors {
    /// Length d of a code.
    pub code_length: usize,
    /// Shape of one code as the generator takes it.
    pub code_shape: Vec<usize>,
    /// Length p of an embedding.
    pub embedding_length: usize,
    /// Number m of constraints.
    pub constraints: usize,
    /// Sample numbers.
    pub indices: Vec<i64>,
    /// `[n, d]`.
    pub codes: Vec<f32>,
    /// `[n, p]`.
    pub embeddings: Vec<f32>,
    /// `[n, m]`.
    pub activations: Vec<f32>,
}

/// The accepted samples of a run and the files they stand in.
pub(super) struct Recorder {
    folder: RunFolder,
    lines: LineFile,
    tensors: SampleTensors,
    /// Of the samples that have one.
    from_start: Vec<FromStart>,
}

impl Recorder {
    /// Continues after the rows of `tensors`, with `samples.jsonl` cut to `length` bytes.
    pub(super) fn open(
        folder: &RunFolder,
        tensors: SampleTensors,
        length: u64,
    ) -> Result<Recorder, RunError> {
        let lines = LineFile::open(&folder.file(SAMPLES_FILE), length)?;
        let recorded = read_samples(folder.path())?;
        Ok(Recorder {
            lines,
            folder: folder.clone(),
            tensors,
            from_start: recorded.iter().filter_map(|line| line.from_start).collect(),
        })
    }

    /// Records a sample: first its picture, then its line.
    pub(super) fn record(
        &mut self,
        sample: &Accepted,
        origin: Origin,
        values: &[f32],
        shape: &[usize],
        depiction: &Depiction,
    ) -> Result<(), RunError> {
        let index = sample.index as u64;
        let name = RunFolder::image_name(index);
        let png = depiction.png(values, shape);
        let png = png.map_err(|reason| RunError::Damaged {
            path: self.folder.file(&name),
            reason,
        })?;
        let path = self.folder.file(&name);
        fs::write(&path, png).map_err(|error| RunError::write(&path, &error))?;
        let line = SampleLine {
            index,
            seed: sample.seed,
            step: sample.step,
            start: sample.start,
            activations: sample.activations.clone(),
            image: name,
            source: origin.source,
            from_start: origin.from_start,
        };
        self.from_start.extend(origin.from_start);
        self.lines.append(&serde_json::json!(line).to_string())?;
        self.tensors.indices.push(index as i64);
        self.tensors.codes.extend_from_slice(&sample.code);
        self.tensors.embeddings.extend_from_slice(&sample.embedding);
        self.tensors
            .activations
            .extend_from_slice(&sample.activations);
        Ok(())
    }

    /// Replaces `samples.safetensors` and returns the length of `samples.jsonl`.
    pub(super) fn save(&mut self) -> Result<u64, RunError> {
        let length = self.lines.sync()?;
        self.folder
            .replace(TENSORS_FILE, &self.tensors.to_bytes(&self.folder)?)?;
        Ok(length)
    }

    /// How far the samples are from their given starts, if they have any.
    pub(super) fn distances(&self) -> Option<MedianFromStart> {
        MedianFromStart::of(&self.from_start)
    }

    /// The rows so far.
    pub(super) fn tensors(&self) -> &SampleTensors {
        &self.tensors
    }
}

impl SampleTensors {
    /// Number of samples.
    pub fn len(&self) -> usize {
        self.indices.len()
    }

    /// Whether there is no sample.
    pub fn is_empty(&self) -> bool {
        self.indices.is_empty()
    }

    /// Reads `samples.safetensors` of a run.
    ///
    /// # Errors
    /// The file is missing or damaged.
    pub fn read(folder: &RunFolder) -> Result<SampleTensors, RunError> {
        let path = folder.file(TENSORS_FILE);
        let damaged = |reason: String| RunError::Damaged {
            path: path.clone(),
            reason,
        };
        let bytes = fs::read(&path).map_err(|error| damaged(error.to_string()))?;
        let (_, metadata) =
            SafeTensors::read_metadata(&bytes).map_err(|error| damaged(error.to_string()))?;
        let file = SafeTensors::deserialize(&bytes).map_err(|error| damaged(error.to_string()))?;
        let code_shape = metadata
            .metadata()
            .as_ref()
            .and_then(|texts| texts.get("code_shape"))
            .and_then(|text| serde_json::from_str(text).ok())
            .ok_or_else(|| damaged("its metadata lack code_shape".to_owned()))?;
        let matrix = |name: &str| -> Result<(usize, Vec<f32>), RunError> {
            let tensor = file
                .tensor(name)
                .map_err(|error| damaged(error.to_string()))?;
            match (tensor.dtype(), tensor.shape()) {
                (Dtype::F32, &[_, width]) => Ok((width, floats(tensor.data()))),
                _ => Err(damaged(format!("'{name}' is no float32 matrix"))),
            }
        };
        let index = file
            .tensor("index")
            .map_err(|error| damaged(error.to_string()))?;
        if index.dtype() != Dtype::I64 {
            return Err(damaged("'index' is not int64".to_owned()));
        }
        let (code_length, codes) = matrix("codes")?;
        let (embedding_length, embeddings) = matrix("embeddings")?;
        let (constraints, activations) = matrix("activations")?;
        let tensors = SampleTensors {
            code_length,
            code_shape,
            embedding_length,
            constraints,
            indices: index
                .data()
                .chunks_exact(8)
                .map(|bytes| i64::from_le_bytes(std::array::from_fn(|i| bytes[i])))
                .collect(),
            codes,
            embeddings,
            activations,
        };
        let n = tensors.len();
        if tensors.codes.len() != n * code_length
            || tensors.embeddings.len() != n * embedding_length
            || tensors.activations.len() != n * constraints
        {
            return Err(damaged("its tensors have different numbers of rows".into()));
        }
        Ok(tensors)
    }

    /// Keeps the first `rows` samples: the rest was accepted after a checkpoint.
    pub(super) fn truncate(&mut self, rows: usize) {
        self.indices.truncate(rows);
        self.codes.truncate(rows * self.code_length);
        self.embeddings.truncate(rows * self.embedding_length);
        self.activations.truncate(rows * self.constraints);
    }

    fn to_bytes(&self, folder: &RunFolder) -> Result<Vec<u8>, RunError> {
        let n = self.len();
        let indices: Vec<u8> = self.indices.iter().flat_map(|i| i.to_le_bytes()).collect();
        let codes = bytes_of(&self.codes);
        let embeddings = bytes_of(&self.embeddings);
        let activations = bytes_of(&self.activations);
        let serialise = || {
            let views = [
                ("index", TensorView::new(Dtype::I64, vec![n], &indices)?),
                (
                    "codes",
                    TensorView::new(Dtype::F32, vec![n, self.code_length], &codes)?,
                ),
                (
                    "embeddings",
                    TensorView::new(Dtype::F32, vec![n, self.embedding_length], &embeddings)?,
                ),
                (
                    "activations",
                    TensorView::new(Dtype::F32, vec![n, self.constraints], &activations)?,
                ),
            ];
            // One key only: the order of several would differ from run to run.
            let metadata = HashMap::from([(
                "code_shape".to_owned(),
                serde_json::json!(self.code_shape).to_string(),
            )]);
            safetensors::serialize(views, Some(metadata))
        };
        serialise().map_err(|error| RunError::Damaged {
            path: folder.file(TENSORS_FILE),
            reason: error.to_string(),
        })
    }
}

/// The lines of the `samples.jsonl` in a folder, of a run that may still be at work: a line without
/// an end is not there yet.
///
/// # Errors
/// The file cannot be read, or a whole line is not a sample.
pub fn read_samples(folder: &Path) -> Result<Vec<SampleLine>, RunError> {
    let path = folder.join(SAMPLES_FILE);
    let damaged = |reason: String| RunError::Damaged {
        path: path.clone(),
        reason,
    };
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(damaged(error.to_string())),
    };
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    whole
        .lines()
        .enumerate()
        .map(|(number, line)| {
            serde_json::from_str(line)
                .map_err(|error| damaged(format!("line {}: {error}", number + 1)))
        })
        .collect()
}

/// Removes pictures of samples from `first` on: the replay writes them again.
pub(super) fn remove_images_from(folder: &RunFolder, first: u64) -> Result<(), RunError> {
    let images = folder.file(super::folder::IMAGES_FOLDER);
    let entries = fs::read_dir(&images).map_err(|error| RunError::write(&images, &error))?;
    for entry in entries.flatten() {
        let path = entry.path();
        if image_index(&path).is_some_and(|index| index >= first) {
            fs::remove_file(&path).map_err(|error| RunError::write(&path, &error))?;
        }
    }
    Ok(())
}

pub(super) fn image_index(path: &Path) -> Option<u64> {
    if path.extension()? != "png" {
        return None;
    }
    path.file_stem()?.to_str()?.parse().ok()
}

pub(super) fn bytes_of(values: &[f32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect()
}

pub(super) fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes
        .chunks_exact(4)
        .map(|bytes| f32::from_le_bytes(std::array::from_fn(|i| bytes[i])))
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::bundle::Channels;

    fn sample(index: usize) -> Accepted {
        Accepted {
            index,
            code: vec![index as f32, 1.0],
            embedding: vec![0.5; 3],
            activations: vec![2.0],
            seed: 7,
            step: 3,
            start: index as u64,
        }
    }

    fn empty() -> SampleTensors {
        SampleTensors {
            code_length: 2,
            code_shape: vec![2],
            embedding_length: 3,
            constraints: 1,
            ..SampleTensors::default()
        }
    }

    #[test]
    fn recorded_samples_are_read_back() {
        let parent = tempfile::tempdir().unwrap();
        let folder = RunFolder::create(&parent.path().join("run")).unwrap();
        let mut recorder = Recorder::open(&folder, empty(), 0).unwrap();
        for index in 0..3 {
            recorder
                .record(
                    &sample(index),
                    Origin::default(),
                    &[0.0, 1.0, 0.5, 0.25],
                    &[1, 2, 2],
                    &Depiction::Image(Channels::Gray),
                )
                .unwrap();
        }
        recorder.save().unwrap();
        let read = SampleTensors::read(&folder).unwrap();
        assert_eq!(&read, recorder.tensors());
        let lines = read_samples(folder.path()).unwrap();
        assert_eq!(lines.len(), 3);
        let picture = image::open(folder.file(&lines[2].image)).unwrap();
        assert_eq!(picture.to_luma8().into_raw(), [0, 255, 128, 64]);
    }

    #[test]
    fn a_torn_last_line_is_left_out() {
        let parent = tempfile::tempdir().unwrap();
        let folder = RunFolder::create(&parent.path().join("run")).unwrap();
        let mut recorder = Recorder::open(&folder, empty(), 0).unwrap();
        let gray = Depiction::Image(Channels::Gray);
        recorder
            .record(&sample(0), Origin::default(), &[0.0], &[1, 1, 1], &gray)
            .unwrap();
        let path = folder.file(SAMPLES_FILE);
        let mut text = fs::read_to_string(&path).unwrap();
        text.push_str("{\"index\":1,");
        fs::write(&path, text).unwrap();
        assert_eq!(read_samples(folder.path()).unwrap().len(), 1);
    }

    #[test]
    fn truncated_rows_keep_the_first_samples() {
        let mut tensors = empty();
        for index in 0..3 {
            let sample = sample(index);
            tensors.indices.push(index as i64);
            tensors.codes.extend(sample.code);
            tensors.embeddings.extend(sample.embedding);
            tensors.activations.extend(sample.activations);
        }
        tensors.truncate(1);
        assert_eq!((tensors.len(), tensors.codes.len()), (1, 2));
    }
}
