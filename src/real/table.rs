//! A table of the cache: what was read off the classifier for each of some images.
//!
//! A safetensors file: `images [rows, 32]` (U8: SHA-256 of each image's file) and `values
//! [rows, width]` (F32); metadata `key` (what the values are of, in full) and `sha256` (of both
//! tensors' bytes).

use std::collections::HashMap;

use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use sha2::{Digest, Sha256};

/// SHA-256 of an image's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Content([u8; 32]);

impl Content {
    pub(super) fn of(bytes: &[u8]) -> Content {
        Content(Sha256::digest(bytes).into())
    }
}

/// Values of some images, a row for each.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Table {
    pub(super) images: Vec<Content>,
    /// `[images, width]`, row-major.
    pub(super) values: Vec<f32>,
    pub(super) width: usize,
}

impl Table {
    /// The row of each image.
    pub(super) fn rows(&self) -> HashMap<Content, &[f32]> {
        let rows = self.values.chunks_exact(self.width.max(1));
        self.images.iter().copied().zip(rows).collect()
    }

    /// The file's bytes; none where the table is too large for one.
    pub(super) fn to_bytes(&self, key: &str) -> Option<Vec<u8>> {
        let images: Vec<u8> = self.images.iter().flat_map(|image| image.0).collect();
        let values: Vec<u8> = self.values.iter().flat_map(|v| v.to_le_bytes()).collect();
        let metadata = HashMap::from([
            ("key".to_owned(), key.to_owned()),
            ("sha256".to_owned(), digest(&images, &values)),
        ]);
        let rows = self.images.len();
        let images = TensorView::new(Dtype::U8, vec![rows, 32], &images).ok()?;
        let values = TensorView::new(Dtype::F32, vec![rows, self.width], &values).ok()?;
        safetensors::serialize([("images", images), ("values", values)], Some(metadata)).ok()
    }

    /// Reads a file; none where it is of something else, or not as it was written.
    pub(super) fn parse(bytes: &[u8], key: &str) -> Option<Table> {
        let (_, header) = SafeTensors::read_metadata(bytes).ok()?;
        let metadata = header.metadata().clone()?;
        let file = SafeTensors::deserialize(bytes).ok()?;
        let images = file.tensor("images").ok()?;
        let values = file.tensor("values").ok()?;
        let (&[rows, 32], &[same_rows, width]) = (images.shape(), values.shape()) else {
            return None;
        };
        let is_whole = metadata.get("key").is_some_and(|written| written == key)
            && metadata.get("sha256") == Some(&digest(images.data(), values.data()));
        let is_table = (images.dtype(), values.dtype()) == (Dtype::U8, Dtype::F32)
            && rows == same_rows
            && width > 0;
        if !is_whole || !is_table {
            return None;
        }
        let (images, _) = images.data().as_chunks::<32>();
        let (words, _) = values.data().as_chunks::<4>();
        Some(Table {
            images: images.iter().map(|&image| Content(image)).collect(),
            values: words.iter().map(|&word| f32::from_le_bytes(word)).collect(),
            width,
        })
    }
}

fn digest(images: &[u8], values: &[u8]) -> String {
    let hash = Sha256::new().chain_update(images).chain_update(values);
    hash.finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_table_reads_back_and_no_other_or_damaged_one_does() {
        let table = Table {
            images: vec![Content::of(b"one"), Content::of(b"two")],
            values: vec![1.0, -2.0, f32::NAN, 4.0, 5.0, 6.0],
            width: 3,
        };
        let bytes = table.to_bytes("key").unwrap();
        let read = Table::parse(&bytes, "key").unwrap();
        assert_eq!((&read.images, read.width), (&table.images, 3));
        assert!(read.values[2].is_nan());
        assert_eq!(read.rows()[&Content::of(b"two")], [4.0, 5.0, 6.0]);
        assert_eq!(Table::parse(&bytes, "another key"), None);
        // Each byte of the tensors counts, and so does the end of the file.
        for at in [1, 5, 20] {
            let mut damaged = bytes.clone();
            let at = damaged.len() - at;
            damaged[at] ^= 1;
            assert_eq!(Table::parse(&damaged, "key"), None);
        }
        assert_eq!(Table::parse(&bytes[..bytes.len() - 4], "key"), None);
        assert_eq!(Table::parse(b"", "key"), None);
    }
}
