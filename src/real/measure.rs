//! What the classifier makes of the images: out of the cache, and anew where it is not there.

use std::collections::BTreeSet;

use ndarray::Array2;
use rayon::prelude::*;

use super::table::Table;
use super::{Done, RealError, RealImages, Stage, top};
use crate::bundle::Normalisation;
use crate::engine::{EngineError, ImageClassifier, ImageTap};
use crate::query::{Query, Read, Unit};

/// Images decoded before the classifier sees them: memory stays that of so many.
pub(super) const DECODED: usize = 128;

/// Changed whenever the meaning of a table changes.
const FORMAT: u32 = 1;

impl RealImages {
    /// The activations `[images, units]` of all images.
    ///
    /// # Errors
    /// A file cannot be read as a picture, a network is bad, or the runtime failed.
    pub fn activations(&self, units: &[Unit]) -> Result<Array2<f32>, RealError> {
        let mut taps: Vec<ImageTap> = Vec::new();
        let mut place = |tap: ImageTap| {
            taps.iter()
                .position(|known| *known == tap)
                .unwrap_or_else(|| {
                    taps.push(tap);
                    taps.len() - 1
                })
        };
        let places: Vec<usize> = units.iter().map(|unit| place(tap_of(unit))).collect();
        let tables = self.tables(&taps)?;
        let mut activations = Array2::zeros((self.len(), units.len()));
        for (column, (unit, place)) in units.iter().zip(places).enumerate() {
            for (image, row) in tables[place].rows().into_iter().enumerate() {
                let row = row.as_slice().unwrap_or_default();
                activations[(image, column)] = read(&unit.read, row);
            }
        }
        Ok(activations)
    }

    /// The images whose activations lie in every interval of a query, ends included, in order.
    ///
    /// # Errors
    /// As [`RealImages::activations`].
    pub fn inside(&self, query: &Query) -> Result<Vec<usize>, RealError> {
        Ok(rows_inside(query, &self.activations(&query.units())?))
    }

    /// The `k` images that excite a unit most, the greatest activation first.
    ///
    /// # Errors
    /// As [`RealImages::activations`].
    pub fn top(&self, unit: &Unit, k: usize) -> Result<Vec<usize>, RealError> {
        let activations = self.activations(std::slice::from_ref(unit))?;
        Ok(top(activations.iter().copied(), k))
    }

    /// What each tap reads off every image, `[images, width]`: rows out of the cache, the others
    /// measured and kept.
    pub(super) fn tables(&self, taps: &[ImageTap]) -> Result<Vec<Array2<f32>>, RealError> {
        let keys: Vec<String> = taps.iter().map(|tap| self.key_of_tap(tap)).collect();
        let mut cached: Vec<Option<Table>> = keys.iter().map(|key| self.store.table(key)).collect();
        let mut missing = BTreeSet::new();
        let mut wanted = Vec::new();
        for (tap, table) in cached.iter().enumerate() {
            let known = table.as_ref().map(Table::rows).unwrap_or_default();
            let is_unknown = |&at: &usize| !known.contains_key(&self.images[at].content);
            let mut unknown = (0..self.len()).filter(is_unknown).peekable();
            if unknown.peek().is_some() {
                wanted.push(tap);
                missing.extend(unknown);
            }
        }
        if !wanted.is_empty() {
            let indices: Vec<usize> = missing.into_iter().collect();
            let chosen: Vec<ImageTap> = wanted.iter().map(|&tap| taps[tap].clone()).collect();
            let measured = self.measure(&chosen, &indices)?;
            for (&tap, values) in wanted.iter().zip(measured) {
                let table = self.joined(cached[tap].take(), &indices, &values);
                self.store.keep(&keys[tap], &table);
                cached[tap] = Some(table);
            }
        }
        cached
            .into_iter()
            .map(|table| self.in_order(&table.ok_or_else(lost)?))
            .collect()
    }

    /// Looks at some images anew: `[indices, width]` of each tap. Memory is that of the results and of
    /// a few images.
    pub(super) fn measure(
        &self,
        taps: &[ImageTap],
        indices: &[usize],
    ) -> Result<Vec<Array2<f32>>, RealError> {
        let runtime = self.runtime.as_ref();
        let mut network = ImageClassifier::new(runtime, &self.bundle, taps, &self.image_shape)?;
        let mut columns: Vec<Vec<f32>> = network
            .widths()
            .iter()
            .map(|width| Vec::with_capacity(width * indices.len()))
            .collect();
        for (number, some) in indices.chunks(DECODED).enumerate() {
            let images = self.pixels_of(some)?;
            for (column, values) in columns.iter_mut().zip(network.run(&images)?) {
                column.extend(values.iter());
            }
            (self.progress)(Done {
                stage: Stage::Measuring,
                done: number * DECODED + some.len(),
                total: indices.len(),
            });
        }
        columns
            .into_iter()
            .zip(network.widths())
            .map(|(column, &width)| matrix(indices.len(), width, column))
            .collect()
    }

    /// The pixels of some images, decoded side by side.
    pub(super) fn pixels_of(&self, indices: &[usize]) -> Result<Vec<Vec<f32>>, RealError> {
        indices
            .par_iter()
            .map(|&index| self.pixels(index))
            .collect()
    }

    /// What values of a tap depend on, besides the image.
    pub(super) fn key_of_tap(&self, tap: &ImageTap) -> String {
        let classifier = &self.bundle.manifest().classifier;
        let Normalisation {
            channels,
            mean,
            standard_deviation,
        } = &classifier.normalisation;
        let channels = channels.unwrap_or(self.channels);
        let network = [
            format!("classifier {}", self.classifier_sha256),
            self.made(),
            format!("input {:?} {channels:?}", classifier.input),
            format!("size {:?}", classifier.size),
            format!("mean {mean:?}"),
            format!("standard deviation {standard_deviation:?}"),
        ];
        let what = match tap {
            ImageTap::Channels(tensor) => format!("channels of {tensor:?}"),
            ImageTap::Whole(tensor) => format!("all of {tensor:?}"),
            ImageTap::Unit(unit) => format!("{:?} of {:?}", unit.read, unit.tensor),
        };
        self.key(&network, &what)
    }

    /// How images are made of their files.
    pub(super) fn made(&self) -> String {
        format!("images {:?} {:?}", self.image_shape, self.channels)
    }

    /// The key of a table: what its values are of, and all that they depend on besides the image.
    pub(super) fn key(&self, network: &[String], what: &str) -> String {
        let backend = self.runtime.backend();
        let mut facts = vec![
            format!("format {FORMAT}"),
            format!("folder {:?}", self.folder),
        ];
        facts.extend_from_slice(network);
        facts.extend([
            // Another runtime's numbers differ in their last digits.
            format!("{} {} {}", backend.name, backend.version, backend.device),
            what.to_owned(),
        ]);
        facts.join("\n")
    }

    /// What was cached and what was measured, for the images that are there now.
    pub(super) fn joined(
        &self,
        cached: Option<Table>,
        indices: &[usize],
        values: &Array2<f32>,
    ) -> Table {
        let width = values.ncols();
        let cached = cached.filter(|table| table.width == width);
        let mut rows = cached.as_ref().map(Table::rows).unwrap_or_default();
        for (&index, row) in indices.iter().zip(values.rows()) {
            if let Some(row) = row.to_slice() {
                rows.insert(self.images[index].content, row);
            }
        }
        let mut table = Table {
            images: Vec::with_capacity(self.len()),
            values: Vec::with_capacity(self.len() * width),
            width,
        };
        for image in &self.images {
            if let Some(row) = rows.get(&image.content) {
                table.images.push(image.content);
                table.values.extend_from_slice(row);
            }
        }
        table
    }

    /// A table's rows in the order of the images.
    fn in_order(&self, table: &Table) -> Result<Array2<f32>, RealError> {
        let rows = table.rows();
        let mut values = Vec::with_capacity(self.len() * table.width);
        for image in &self.images {
            values.extend_from_slice(rows.get(&image.content).ok_or_else(lost)?);
        }
        matrix(self.len(), table.width, values)
    }
}

/// The rows of activations `[images, constraints]` that lie in every interval of a query, ends
/// included, in order.
pub fn rows_inside(query: &Query, activations: &Array2<f32>) -> Vec<usize> {
    let is_inside = |row: &usize| {
        let values = activations.row(*row);
        let mut constraints = values.iter().zip(&query.constraints);
        constraints.all(|(&value, constraint)| constraint.interval.contains(f64::from(value)))
    };
    (0..activations.nrows()).filter(is_inside).collect()
}

/// What has to be read off the classifier for a unit: elements and means along with their whole
/// tensor, which costs the same and serves every other unit of it.
fn tap_of(unit: &Unit) -> ImageTap {
    match &unit.read {
        Read::Element(_) | Read::Mean(_) | Read::Probability(_) | Read::Direction(_) => {
            ImageTap::Channels(unit.tensor.clone())
        }
        Read::Position(..) | Read::Max(_) => ImageTap::Unit(unit.clone()),
    }
}

/// The activation, out of what [`tap_of`] reads.
fn read(how: &Read, row: &[f32]) -> f32 {
    let element = |index: usize| row.get(index).copied().unwrap_or(f32::NAN);
    match how {
        Read::Element(index) | Read::Mean(index) => element(*index),
        Read::Probability(index) => {
            let greatest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let power = |value: f32| f64::from(value - greatest).exp();
            let sum: f64 = row.iter().map(|&value| power(value)).sum();
            (power(element(*index)) / sum) as f32
        }
        Read::Direction(direction) => {
            let products = direction.iter().zip(row);
            let sum: f64 = products.map(|(&d, &v)| f64::from(d) * f64::from(v)).sum();
            sum as f32
        }
        Read::Position(..) | Read::Max(_) => element(0),
    }
}

pub(super) fn matrix(
    rows: usize,
    width: usize,
    values: Vec<f32>,
) -> Result<Array2<f32>, RealError> {
    Array2::from_shape_vec((rows, width), values)
        .map_err(|error| EngineError::Internal(error.to_string()).into())
}

pub(super) fn lost() -> RealError {
    EngineError::Internal("an image was not measured".to_owned()).into()
}
