//! What the inputs of transforms hold: drawn from the run's seed, the step and the row alone, so that a
//! run that goes on from a checkpoint draws the same again.

use std::ops::Range;

use ndarray::Array2;
use ndarray_rand::rand_distr::{Distribution, StandardNormal};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use super::SeededTransforms;
use super::input::{InputKind, TransformInput};

/// Streams from here on are transforms; below are those of starts and of the methods' noise.
const TRANSFORMS: u64 = 3 << 62;
/// Words of a stream set aside for one step, as a power of two.
const STEP_WORDS: u32 = 40;
/// Words set aside for one of the step's pull-backs: enough for the noise of any image.
const PULL_WORDS: u32 = 24;

/// The draws of one pull-back.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct Drawing {
    /// How far things go, and the seed.
    pub seeded: SeededTransforms,
    /// The step that is made.
    pub step: u64,
    /// How many pull-backs this step made before.
    pub pull: u64,
}

impl Drawing {
    /// The values of each of `inputs` for `rows` of the codes pulled back, filled up to the batch that
    /// the inputs have with what the last row has.
    pub(in crate::engine) fn values(
        &self,
        rows: Range<usize>,
        inputs: &[TransformInput],
    ) -> Vec<Vec<f32>> {
        let mut values = vec![Vec::new(); inputs.len()];
        for row in rows {
            let change = Change::draw(self, row);
            let mut generator = change.rest;
            for (values, input) in values.iter_mut().zip(inputs) {
                let length = input.shape.last().copied().unwrap_or_default();
                match input.kind {
                    InputKind::Rows => values.extend(weights(length, change.down, change.zoom)),
                    InputKind::Columns => {
                        let across = weights(length, change.across, change.zoom);
                        values.extend(across.t());
                    }
                    InputKind::Noise => {
                        let spread = self.seeded.transforms.noise.unwrap_or_default();
                        let count = input.shape[1..].iter().product();
                        values.extend((0..count).map(|_| {
                            let standard: f64 = StandardNormal.sample(&mut generator);
                            (spread * standard) as f32
                        }));
                    }
                }
            }
        }
        for (values, input) in values.iter_mut().zip(inputs) {
            let one: usize = input.shape[1..].iter().product();
            let whole: usize = input.shape.iter().product();
            while !values.is_empty() && values.len() < whole {
                values.extend_from_within(values.len() - one..);
            }
        }
        values
    }
}

/// How the image of one row is moved, and the random numbers that its noise is made of.
struct Change {
    down: f64,
    across: f64,
    zoom: f64,
    rest: ChaCha20Rng,
}

impl Change {
    fn draw(drawing: &Drawing, row: usize) -> Change {
        let SeededTransforms { transforms, seed } = drawing.seeded;
        let mut rest = ChaCha20Rng::seed_from_u64(seed);
        rest.set_stream(TRANSFORMS | row as u64);
        let at =
            (u128::from(drawing.step) << STEP_WORDS) + (u128::from(drawing.pull) << PULL_WORDS);
        rest.set_word_pos(at);
        let shift = transforms.shift.unwrap_or_default();
        let scale = transforms.scale.unwrap_or_default() / 100.0;
        let [down, across, zoom] = std::array::from_fn(|_| symmetric(&mut rest));
        Change {
            down: shift * down,
            across: shift * across,
            zoom: 1.0 + scale * zoom,
            rest,
        }
    }
}

/// Uniform in [−1, 1).
fn symmetric(generator: &mut ChaCha20Rng) -> f64 {
    let unit = (generator.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
    2.0 * unit - 1.0
}

/// Weights `[length, length]` of a line zoomed about its middle m = (length − 1) / 2 and then shifted:
/// place i of the result is the value at m + (i − m − shift) / zoom, linear between neighbours, and that
/// of the nearest end outside of the line. Each row sums to 1.
fn weights(length: usize, shift: f64, zoom: f64) -> Array2<f32> {
    let last = length.saturating_sub(1);
    let middle = last as f64 / 2.0;
    let mut weights = Array2::zeros((length, length));
    for place in 0..length {
        let from = middle + (place as f64 - middle - shift) / zoom;
        let from = from.clamp(0.0, last as f64);
        let below = from.floor() as usize;
        let above = (below + 1).min(last);
        let share = (from - below as f64) as f32;
        weights[[place, below]] += 1.0 - share;
        weights[[place, above]] += share;
    }
    weights
}

#[cfg(test)]
#[path = "draw_tests.rs"]
mod tests;
