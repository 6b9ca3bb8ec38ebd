//! Float32 tensors out of a safetensors file, with every refusal as a [`Problem`] that names the key.

use safetensors::{Dtype, SafeTensors};

use super::error::Problem;

/// Shape and values of a float32 tensor.
pub(super) type Floats = (Vec<usize>, Vec<f32>);

/// A parsed safetensors file of a bundle.
pub(super) struct TensorFile<'a> {
    name: &'a str,
    tensors: SafeTensors<'a>,
    metadata: std::collections::HashMap<String, String>,
}

impl<'a> TensorFile<'a> {
    /// Parses the header; the tensors stay where they are.
    pub(super) fn parse(name: &'a str, bytes: &'a [u8], remedy: &str) -> Result<Self, Problem> {
        let refuse = |error: safetensors::SafeTensorError| {
            Problem::whole_file(name, format!("is not a safetensors file: {error}"), remedy)
        };
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(refuse)?;
        Ok(TensorFile {
            name,
            tensors: SafeTensors::deserialize(bytes).map_err(refuse)?,
            metadata: header.metadata().clone().unwrap_or_default(),
        })
    }

    /// Names of all tensors, in alphabetical order.
    pub(super) fn keys(&self) -> Vec<&str> {
        let mut keys = self.tensors.names();
        keys.sort_unstable();
        keys
    }

    /// A text of the metadata.
    pub(super) fn metadata(&self, key: &str) -> Option<&str> {
        self.metadata.get(key).map(String::as_str)
    }

    /// Shape and values of a float32 tensor; none where the file has no such key.
    pub(super) fn floats(&self, key: &str, remedy: &str) -> Result<Option<Floats>, Problem> {
        let Ok(view) = self.tensors.tensor(key) else {
            return Ok(None);
        };
        if view.dtype() != Dtype::F32 {
            return Err(Problem::new(
                self.name,
                key,
                format!("holds {} values, not F32", view.dtype()),
                remedy,
            ));
        }
        let (words, _) = view.data().as_chunks::<4>();
        let values = words.iter().map(|&word| f32::from_le_bytes(word)).collect();
        Ok(Some((view.shape().to_vec(), values)))
    }
}
