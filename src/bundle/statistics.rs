//! What each unit does on real images (`stats.safetensors`), so that `p99` is a number.
//!
//! Tensors, all float32: `levels [q]`; for a tensor NAME of the classifier `quantiles/NAME
//! [units, q]` and `histogram/NAME [units, 64]` (counts over equal bins between the unit's least and
//! greatest value); `median_distance/encoder|judge|pixels|values [1]` (over pairs of 1000 real
//! images; `values` are those of signals and rows).
//! A file may also hold `top/NAME [units, k]` (I32: the images that excite each unit most, by index),
//! for those who have the images. Metadata: `classifier_sha256`, `image_count`, and for the
//! distances, where it is given, `encoder_sha256`, `judge_sha256`, each with an `encoder_normalisation` or
//! `judge_normalisation` where the manifest states one. A unit is an element of a tensor of rank 2, or a
//! channel's mean.

use std::collections::BTreeMap;

/// Bins of a histogram.
pub const HISTOGRAM_BINS: usize = 64;

/// Statistics of a classifier's units over real images.
#[derive(Debug, Clone, PartialEq)]
pub struct Statistics {
    pub(super) levels: Vec<f32>,
    pub(super) quantiles: BTreeMap<String, Vec<f32>>,
    pub(super) histograms: BTreeMap<String, Vec<f32>>,
    pub(super) median_distances: BTreeMap<String, f32>,
    pub(super) image_count: u64,
}

/// Counts of one unit over equal bins between its least and its greatest value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Histogram<'a> {
    /// Left end of the first bin.
    pub low: f32,
    /// Right end of the last bin.
    pub high: f32,
    /// Images in each bin.
    pub counts: &'a [f32],
}

impl Statistics {
    /// Images that the statistics were taken over.
    pub fn image_count(&self) -> u64 {
        self.image_count
    }

    /// The shares at which quantiles are stored, ascending from 0 to 1.
    pub fn levels(&self) -> &[f32] {
        &self.levels
    }

    /// Names of the tensors that have statistics.
    pub fn tensors(&self) -> impl Iterator<Item = &str> {
        self.quantiles.keys().map(String::as_str)
    }

    /// How many units of a tensor have statistics; none where the tensor has none.
    pub fn units(&self, tensor: &str) -> Option<usize> {
        let table = self.quantiles.get(tensor)?;
        Some(rows(table, self.levels.len()).len())
    }

    /// Distribution of one unit.
    pub fn histogram(&self, tensor: &str, unit: usize) -> Option<Histogram<'_>> {
        let counts = rows(self.histograms.get(tensor)?, HISTOGRAM_BINS).nth(unit)?;
        let row = self.quantile_row(tensor, unit)?;
        Some(Histogram {
            low: *row.first()?,
            high: *row.last()?,
            counts,
        })
    }

    /// The median distance between two of 1000 real images: `space` is `encoder`, `judge`,
    /// `pixels` or `values`.
    pub fn median_distance(&self, space: &str) -> Option<f64> {
        self.median_distances
            .get(space)
            .map(|&distance| f64::from(distance))
    }

    /// The value of one unit at each of [`Statistics::levels`].
    pub(super) fn quantile_row(&self, tensor: &str, unit: usize) -> Option<&[f32]> {
        rows(self.quantiles.get(tensor)?, self.levels.len()).nth(unit)
    }
}

pub(super) fn rows(table: &[f32], columns: usize) -> std::slice::ChunksExact<'_, f32> {
    table.chunks_exact(columns.max(1))
}
