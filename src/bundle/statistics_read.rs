//! The reading of a statistics file, with all problems at once. Its form is told in `statistics.rs`.

use std::collections::BTreeMap;

use super::error::Problem;
use super::manifest::{EncoderNetwork, Manifest};
use super::normalisation::Normalisation;
use super::statistics::{HISTOGRAM_BINS, Statistics, rows};
use super::tensor_file::{Floats, TensorFile};

const REMEDY: &str = "make it anew with `invset stats`";

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
        let (encoder, judge) = (manifest.encoder_network(), manifest.judge.as_ref());
        let networks = [
            ("classifier", Some(manifest.classifier.file.as_str()), None),
            ("encoder", encoder.map(EncoderNetwork::file), encoder),
            ("judge", judge.map(EncoderNetwork::file), judge),
        ];
        for (network, file, encoder) in networks {
            let key = format!("{network}_sha256");
            match (self.file.metadata(&key).map(str::to_owned), file) {
                (Some(stated), Some(file)) => {
                    let is_another = |hash: String| !stated.eq_ignore_ascii_case(&hash);
                    if sha256(file).is_some_and(is_another) {
                        let reason = format!(
                            "is not the hash of this bundle's {network}: the statistics belong to another"
                        );
                        self.report(&key, reason);
                    } else if let Some(encoder) = encoder {
                        self.normalisation(network, &encoder.normalisation);
                    }
                }
                (None, _) if network == "classifier" => {
                    self.report(&key, "is missing from the metadata");
                }
                _ => {}
            }
        }
    }

    /// Whether the distances are of an encoder that was given its input as it is now.
    fn normalisation(&mut self, network: &str, now: &Normalisation) {
        let key = format!("{network}_normalisation");
        let stated = self.file.metadata(&key).unwrap_or_default().to_owned();
        let now = now.to_string();
        if stated != now {
            let words = |text: &str| match text {
                "" => "nothing".to_owned(),
                text => format!("'{text}'"),
            };
            let reason = format!(
                "says that {} was done to images before the {network}, but [{network}] states {}",
                words(&stated),
                words(&now)
            );
            self.report(&key, reason);
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
