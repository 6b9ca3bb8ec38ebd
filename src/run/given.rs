//! Given starts of a run, kept in its folder so that it can be resumed when their source is gone.

use std::collections::HashMap;
use std::fs;

use ndarray::Array2;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use super::record::{bytes_of, floats};
use super::{RunError, RunFolder};

/// The file that they stand in.
pub(super) const STARTS_FILE: &str = "starts.safetensors";

/// The key of the file's metadata that holds where each start comes from.
const SOURCES: &str = "sources";

/// Codes to start from.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Given {
    /// `[starts, d]`.
    pub codes: Array2<f32>,
    /// The name of the picture that each comes from; fewer where it is not known.
    pub sources: Vec<String>,
}

impl Given {
    /// Writes them into a run's folder.
    pub(super) fn write(&self, folder: &RunFolder) -> Result<(), RunError> {
        let values: Vec<f32> = self.codes.iter().copied().collect();
        let bytes = bytes_of(&values);
        let shape = vec![self.codes.nrows(), self.codes.ncols()];
        let metadata = HashMap::from([(
            SOURCES.to_owned(),
            serde_json::json!(self.sources).to_string(),
        )]);
        let bytes = TensorView::new(Dtype::F32, shape, &bytes)
            .and_then(|view| safetensors::serialize([("codes", view)], Some(metadata)))
            .map_err(|error| RunError::damaged(&folder.file(STARTS_FILE), &error))?;
        folder.replace(STARTS_FILE, &bytes)
    }

    /// Those of a run, if it has any.
    pub(super) fn read(folder: &RunFolder) -> Result<Option<Given>, RunError> {
        let path = folder.file(STARTS_FILE);
        if !path.exists() {
            return Ok(None);
        }
        let damaged = |reason: String| RunError::Damaged {
            path: path.clone(),
            reason,
        };
        let bytes = fs::read(&path).map_err(|error| damaged(error.to_string()))?;
        let (_, metadata) =
            SafeTensors::read_metadata(&bytes).map_err(|error| damaged(error.to_string()))?;
        // Those of earlier versions have none.
        let sources = match metadata.metadata().as_ref().and_then(|m| m.get(SOURCES)) {
            Some(text) => serde_json::from_str(text).map_err(|error| damaged(error.to_string()))?,
            None => Vec::new(),
        };
        let file = SafeTensors::deserialize(&bytes).map_err(|error| damaged(error.to_string()))?;
        let codes = file
            .tensor("codes")
            .map_err(|error| damaged(error.to_string()))?;
        let (Dtype::F32, &[rows, width]) = (codes.dtype(), codes.shape()) else {
            return Err(damaged("'codes' is no float32 matrix".to_owned()));
        };
        let codes = Array2::from_shape_vec((rows, width), floats(codes.data()))
            .map_err(|error| damaged(error.to_string()))?;
        Ok(Some(Given { codes, sources }))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use ndarray::array;

    #[test]
    fn given_starts_are_read_back_with_their_sources() {
        let parent = tempfile::tempdir().unwrap();
        let folder = RunFolder::create(&parent.path().join("run")).unwrap();
        assert_eq!(Given::read(&folder).unwrap(), None);
        let given = Given {
            codes: array![[1.0, -0.5], [f32::MIN_POSITIVE, 3.0]],
            sources: vec!["a 'b'.png".to_owned(), "é.jpg".to_owned()],
        };
        given.write(&folder).unwrap();
        assert_eq!(Given::read(&folder).unwrap(), Some(given));
    }

    #[test]
    fn a_torn_file_of_starts_is_damaged() {
        let parent = tempfile::tempdir().unwrap();
        let folder = RunFolder::create(&parent.path().join("run")).unwrap();
        fs::write(folder.file(STARTS_FILE), b"torn").unwrap();
        let error = Given::read(&folder).unwrap_err().to_string();
        assert!(error.contains(STARTS_FILE), "{error}");
    }
}
