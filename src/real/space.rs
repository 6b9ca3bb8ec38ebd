//! Embeddings of real images, where samples are compared with them.

use ndarray::Array2;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::measure::{DECODED, lost, matrix};
use super::shuffle::shuffled;
use super::table::Table;
use super::{Done, RealError, RealImages, Stage};
use crate::bundle::{Encoder, EncoderNetwork};
use crate::engine::{EngineError, ImageNetwork, ImageTap};
use crate::metrics::median_pairwise;

/// Images whose distances are taken in pairs.
const PAIRED: usize = 1000;
/// Most bytes of the embeddings of one space that are kept in the cache.
const KEPT: usize = 256 << 20;

/// Where embeddings lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Space {
    /// The encoder: the bundle's, or the one that was chosen for a run.
    Encoder,
    /// The bundle's judge.
    Judge,
    /// The pixels of the generator's images.
    Pixels,
}

impl Space {
    /// Its name in statistics and reports.
    pub fn name(self) -> &'static str {
        match self {
            Space::Encoder => "encoder",
            Space::Judge => "judge",
            Space::Pixels => "pixels",
        }
    }
}

impl RealImages {
    /// The median distance between two of 1000 images, always the same; none where there is no such
    /// network, or all images are alike there.
    ///
    /// # Errors
    /// As [`RealImages::embeddings`].
    pub fn median_distance(&self, space: Space) -> Result<Option<f32>, RealError> {
        let mut chosen = shuffled(self.len(), &mut ChaCha8Rng::seed_from_u64(0));
        chosen.truncate(PAIRED);
        let Some(embeddings) = self.embeddings(space, &chosen)? else {
            return Ok(None);
        };
        let median = median_pairwise(embeddings.view()).filter(|&median| median > 0.0);
        Ok(median.map(|median| median as f32))
    }

    /// The embeddings `[indices, p]` of some images, out of the cache as far as they are there; none where
    /// there is no such network.
    ///
    /// # Errors
    /// A file cannot be read as a picture, a network is bad, or the runtime failed.
    pub fn embeddings(
        &self,
        space: Space,
        indices: &[usize],
    ) -> Result<Option<Array2<f32>>, RealError> {
        let manifest = self.bundle.manifest();
        let (runtime, bundle) = (self.runtime.as_ref(), self.bundle.as_ref());
        let shape = &self.image_shape;
        match (space, &manifest.encoder) {
            (Space::Pixels, _) => {
                let width = shape.iter().product();
                let pixels = self.pixels_of(indices)?.concat();
                matrix(indices.len(), width, pixels).map(Some)
            }
            (Space::Encoder, Some(Encoder::Tensor(tensor))) => {
                let tap = ImageTap::Whole(tensor.clone());
                let key = self.key_of_tap(&tap);
                let rows = self.rows(&key, indices, |missing| {
                    let mut measured = self.measure(&[tap], missing)?;
                    measured.pop().ok_or_else(lost)
                });
                rows.map(Some)
            }
            (Space::Encoder, encoder) => {
                let facts = encoder.as_ref().and_then(Encoder::network);
                let sha256 = bundle.encoder()?.map(|model| model.sha256().to_owned());
                self.by_network(sha256.zip(facts.as_deref()), indices, || {
                    ImageNetwork::encoder(runtime, bundle, shape)
                })
            }
            (Space::Judge, _) => {
                let sha256 = bundle.judge()?.map(|model| model.sha256().to_owned());
                self.by_network(sha256.zip(manifest.judge.as_ref()), indices, || {
                    ImageNetwork::judge(runtime, bundle, shape)
                })
            }
        }
    }

    /// By a network, known by its hash and what it is given, and loaded where it is needed.
    fn by_network(
        &self,
        known: Option<(String, &EncoderNetwork)>,
        indices: &[usize],
        load: impl FnOnce() -> Result<Option<ImageNetwork>, EngineError>,
    ) -> Result<Option<Array2<f32>>, RealError> {
        let Some((sha256, facts)) = known else {
            return Ok(None);
        };
        let ports = &facts.network;
        let network = [
            format!("network {sha256}"),
            self.made(),
            format!("given {:?}", facts.normalisation.to_string()),
        ];
        let what = format!("from {:?} to {:?}", ports.input, ports.output);
        let rows = self.rows(&self.key(&network, &what), indices, |missing| {
            let mut network = load()?.ok_or_else(lost)?;
            if missing.is_empty() {
                // No rows, but of the right width.
                return Ok(network.run(&[])?);
            }
            let (mut values, mut width) = (Vec::new(), 0);
            for (number, some) in missing.chunks(DECODED).enumerate() {
                let vectors = network.run(&self.pixels_of(some)?)?;
                width = vectors.ncols();
                values.extend(vectors);
                (self.progress)(Done {
                    stage: Stage::Embedding,
                    done: number * DECODED + some.len(),
                    total: missing.len(),
                });
            }
            matrix(missing.len(), width, values)
        });
        rows.map(Some)
    }

    /// Rows of some images: out of the table of that key as far as they are there, the others made and, where
    /// they are not too many, kept.
    fn rows(
        &self,
        key: &str,
        indices: &[usize],
        make: impl FnOnce(&[usize]) -> Result<Array2<f32>, RealError>,
    ) -> Result<Array2<f32>, RealError> {
        let cached = self.store.table(key);
        let known = cached.as_ref().map(Table::rows).unwrap_or_default();
        let is_unknown = |&index: &usize| !known.contains_key(&self.images[index].content);
        let missing: Vec<usize> = indices.iter().copied().filter(is_unknown).collect();
        let table = match cached {
            Some(table) if missing.is_empty() => table,
            cached => {
                let made = make(&missing)?;
                let table = self.joined(cached, &missing, &made);
                if size_of_val(table.values.as_slice()) <= KEPT && !missing.is_empty() {
                    self.store.keep(key, &table);
                }
                table
            }
        };
        let rows = table.rows();
        let mut values = Vec::with_capacity(indices.len() * table.width);
        for &index in indices {
            let row = rows.get(&self.images[index].content);
            values.extend_from_slice(row.ok_or_else(lost)?);
        }
        matrix(indices.len(), table.width, values)
    }
}
