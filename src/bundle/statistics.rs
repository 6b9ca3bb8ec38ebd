//! What each unit does on real images (`stats.safetensors`), so that `p99` is a number.
//!
//! Tensors, all float32: `levels [q]`; for a tensor NAME of the classifier `quantiles/NAME
//! [units, q]` and `histogram/NAME [units, 64]` (counts over equal bins between the unit's least and
//! greatest value); `median_distance/encoder|judge|pixels|values [1]` (over pairs of 1000 real
//! images; `values` are those of signals and rows).
//! A file may also hold `top/NAME [units, k]` (I32: the images that excite each unit most, by index),
//! for those who have the images. Metadata: `classifier_sha256`, `image_count`, and for the
//! distances, where it is given, `encoder_sha256`, `judge_sha256`. A unit is an element of a tensor of
//! rank 2, or a channel's mean.

use std::collections::BTreeMap;

use super::error::Problem;
use super::manifest::{Encoder, Manifest};
use super::tensor_file::{Floats, TensorFile};

const REMEDY: &str = "make it anew with `invset stats`";
/// Bins of a histogram.
pub const HISTOGRAM_BINS: usize = 64;

/// Statistics of a classifier's units over real images.
#[derive(Debug, Clone, PartialEq)]
pub struct Statistics {
    levels: Vec<f32>,
    quantiles: BTreeMap<String, Vec<f32>>,
    histograms: BTreeMap<String, Vec<f32>>,
    median_distances: BTreeMap<String, f32>,
    image_count: u64,
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
    /// Reads a statistics file. `sha256` hashes the networks of `manifest` that it is compared with;
    /// one that cannot be read is not compared.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with its key.
    pub fn parse(
        name: &str,
        bytes: &[u8],
        manifest: &Manifest,
        sha256: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Statistics, Vec<Problem>> {
        let file = TensorFile::parse(name, bytes, REMEDY).map_err(|problem| vec![problem])?;
        let mut reader = Reader {
            name,
            file,
            problems: Vec::new(),
        };
        let levels = reader.levels();
        reader.fingerprints(manifest, sha256);
        let image_count = reader.image_count();
        let quantiles = reader.table("quantiles/", levels.len());
        let histograms = reader.table("histogram/", HISTOGRAM_BINS);
        reader.check_quantiles(&quantiles, levels.len());
        reader.check_histograms(&histograms, &quantiles, levels.len());
        let median_distances = reader.median_distances();
        if reader.problems.is_empty() {
            Ok(Statistics {
                levels,
                quantiles,
                histograms,
                median_distances,
                image_count,
            })
        } else {
            Err(reader.problems)
        }
    }

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

fn rows(table: &[f32], columns: usize) -> std::slice::ChunksExact<'_, f32> {
    table.chunks_exact(columns.max(1))
}

struct Reader<'a> {
    name: &'a str,
    file: TensorFile<'a>,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn report(&mut self, key: &str, reason: impl ToString) {
        self.problems
            .push(Problem::new(self.name, key, reason, REMEDY));
    }

    fn floats(&mut self, key: &str) -> Option<Floats> {
        match self.file.floats(key, REMEDY) {
            Ok(found) => found,
            Err(problem) => {
                self.problems.push(problem);
                None
            }
        }
    }

    fn levels(&mut self) -> Vec<f32> {
        let before = self.problems.len();
        let Some((shape, levels)) = self.floats("levels") else {
            if self.problems.len() == before {
                self.report("levels", "is missing");
            }
            return Vec::new();
        };
        let ascending = levels.is_sorted_by(|a, b| a < b);
        let whole = levels.first() == Some(&0.0) && levels.last() == Some(&1.0);
        if shape.len() != 1 || !ascending || !whole || levels.len() < 2 {
            self.report("levels", "does not ascend from 0 to 1 in one row");
        }
        levels
    }

    /// Whether the statistics are of these networks. The encoders' hashes may be left out.
    fn fingerprints(&mut self, manifest: &Manifest, sha256: &dyn Fn(&str) -> Option<String>) {
        let encoder = match &manifest.encoder {
            Some(Encoder::Network(network)) => Some(network.file.as_str()),
            Some(Encoder::Tensor(_) | Encoder::Outside(_)) | None => None,
        };
        let judge = manifest.judge.as_ref().map(|judge| judge.file.as_str());
        let networks = [
            ("classifier", Some(manifest.classifier.file.as_str())),
            ("encoder", encoder),
            ("judge", judge),
        ];
        for (network, file) in networks {
            let key = format!("{network}_sha256");
            match (self.file.metadata(&key).map(str::to_owned), file) {
                (Some(stated), Some(file))
                    if sha256(file).is_some_and(|hash| !stated.eq_ignore_ascii_case(&hash)) =>
                {
                    let reason = format!(
                        "is not the hash of this bundle's {network}: the statistics belong to another"
                    );
                    self.report(&key, reason);
                }
                (None, _) if network == "classifier" => {
                    self.report(&key, "is missing from the metadata");
                }
                _ => {}
            }
        }
    }

    fn image_count(&mut self) -> u64 {
        let count = self.file.metadata("image_count").map(str::parse::<u64>);
        match count {
            Some(Ok(count)) if count > 0 => count,
            Some(_) => {
                self.report("image_count", "is not a positive number");
                0
            }
            None => {
                self.report("image_count", "is missing from the metadata");
                0
            }
        }
    }

    /// All tensors under a prefix, by the rest of their names, as rows of `columns`.
    fn table(&mut self, prefix: &str, columns: usize) -> BTreeMap<String, Vec<f32>> {
        let keys: Vec<String> = self
            .file
            .keys()
            .into_iter()
            .filter(|key| key.starts_with(prefix))
            .map(str::to_owned)
            .collect();
        let mut table = BTreeMap::new();
        for key in keys {
            let Some((shape, values)) = self.floats(&key) else {
                continue;
            };
            if shape.len() == 2 && shape[0] > 0 && shape[1] == columns {
                table.insert(key[prefix.len()..].to_owned(), values);
            } else {
                self.report(
                    &key,
                    format!("has the shape {shape:?}, not [units, {columns}]"),
                );
            }
        }
        table
    }

    fn check_quantiles(&mut self, quantiles: &BTreeMap<String, Vec<f32>>, levels: usize) {
        for (tensor, table) in quantiles {
            if rows(table, levels).any(|row| !row.is_sorted() || row.iter().any(|v| v.is_nan())) {
                self.report(
                    &format!("quantiles/{tensor}"),
                    "has a row that does not ascend",
                );
            }
        }
    }

    fn check_histograms(
        &mut self,
        histograms: &BTreeMap<String, Vec<f32>>,
        quantiles: &BTreeMap<String, Vec<f32>>,
        levels: usize,
    ) {
        for (tensor, table) in histograms {
            let key = format!("histogram/{tensor}");
            let units = quantiles.get(tensor).map(|table| rows(table, levels).len());
            let counted = table.len() / HISTOGRAM_BINS;
            if units.is_some_and(|units| units != counted) {
                self.report(
                    &key,
                    format!("has {counted} units, its quantiles {units:?}"),
                );
            }
            if table
                .iter()
                .any(|&count| !(count >= 0.0 && count.is_finite()))
            {
                self.report(&key, "holds a count that is negative or not finite");
            }
        }
    }

    fn median_distances(&mut self) -> BTreeMap<String, f32> {
        let mut distances = BTreeMap::new();
        for space in ["encoder", "judge", "pixels", "values"] {
            let key = format!("median_distance/{space}");
            let Some((_, values)) = self.floats(&key) else {
                continue;
            };
            match values[..] {
                [distance] if distance > 0.0 && distance.is_finite() => {
                    distances.insert(space.to_owned(), distance);
                }
                _ => self.report(&key, "is not one positive number"),
            }
        }
        distances
    }
}

#[cfg(test)]
#[path = "statistics_tests.rs"]
mod tests;
