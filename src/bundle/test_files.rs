//! Small files for the tests of this module and of `query`.

#![allow(clippy::unwrap_used)]

use std::collections::HashMap;

use safetensors::Dtype;
use safetensors::tensor::TensorView;

/// A safetensors file of float32 tensors (name, shape, values) with metadata.
pub(crate) fn tensors(all: &[(&str, &[usize], &[f32])], metadata: &[(&str, &str)]) -> Vec<u8> {
    let data: Vec<Vec<u8>> = all
        .iter()
        .map(|(_, _, values)| {
            values
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect()
        })
        .collect();
    let views = all.iter().zip(&data).map(|((name, shape, _), bytes)| {
        let view = TensorView::new(Dtype::F32, shape.to_vec(), bytes).unwrap();
        (name.to_string(), view)
    });
    let metadata: HashMap<String, String> = metadata
        .iter()
        .map(|(key, value)| (key.to_string(), value.to_string()))
        .collect();
    safetensors::serialize(views, Some(metadata)).unwrap()
}
