//! How far samples are from the given codes that they started from: what a real image must change to
//! reach the level.

use ndarray::{Array2, ArrayView1};
use serde::{Deserialize, Serialize};

use super::given::Given;
use crate::engine::{Engine, EngineError};
use crate::sampler::starts::{given_of, valid};
use crate::sampler::{Accepted, Prior};

/// Distances of a sample from its start.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct FromStart {
    /// Of the codes: the root mean square over their numbers, each in spreads of the code prior.
    pub code: f32,
    /// Of the embeddings, Euclidean, in the run's encoder.
    pub embedding: f32,
    /// Of the images in [0, 1]: the root mean square over their pixels.
    pub image: f32,
}

/// A sample's start: where it comes from, and how far the sample is from it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Origin {
    /// The picture that the start comes from.
    pub source: Option<String>,
    /// None for a start that was drawn.
    pub from_start: Option<FromStart>,
}

/// The origins of samples that are real images themselves: each is at its start.
pub(super) fn images(samples: &[Accepted], given: &Given) -> Vec<Origin> {
    let source = |sample: &Accepted| {
        let at = usize::try_from(sample.start).ok()?;
        given.sources.get(at).cloned()
    };
    let origin = |sample| Origin {
        source: source(sample),
        from_start: None,
    };
    samples.iter().map(origin).collect()
}

/// The origins of `samples` of a method with so many rows, whose images are `images`. The given
/// codes are looked at as the sampler starts from them: projected onto the valid ones.
///
/// # Errors
/// The runtime failed.
pub(super) fn origins(
    samples: &[Accepted],
    images: &[Vec<f32>],
    given: &Given,
    rows: usize,
    prior: &Prior,
    engine: &mut Engine,
) -> Result<Vec<Origin>, EngineError> {
    let served: Vec<Option<usize>> = samples
        .iter()
        .map(|sample| given_of(sample.start, rows, given.codes.nrows()))
        .collect();
    let mut starts: Vec<usize> = served.iter().copied().flatten().collect();
    starts.sort_unstable();
    starts.dedup();
    if starts.is_empty() {
        return Ok(vec![Origin::default(); samples.len()]);
    }
    let mut codes = Array2::zeros((starts.len(), prior.code_length()));
    for (mut code, &start) in codes.rows_mut().into_iter().zip(&starts) {
        code.assign(&ndarray::aview1(&valid(given.codes.row(start), prior)));
    }
    let seen = engine.look(codes.view())?;
    let origin = |sample: &Accepted, image: &[f32], start: usize| {
        let at = starts.binary_search(&start).ok()?;
        Some(Origin {
            source: given.sources.get(start).cloned(),
            from_start: Some(FromStart {
                code: spreads(&sample.code, codes.row(at), prior.spread()),
                embedding: length(differences(&sample.embedding, seen.embeddings.row(at))),
                image: root_mean_square(differences(image, ArrayView1::from(&seen.images[at]))),
            }),
        })
    };
    Ok(samples
        .iter()
        .zip(images)
        .zip(served)
        .map(|((sample, image), start)| {
            let origin = start.and_then(|start| origin(sample, image, start));
            origin.unwrap_or_default()
        })
        .collect())
}

/// The distance of two codes in spreads; numbers that the prior holds fast are left out.
fn spreads(one: &[f32], other: ArrayView1<'_, f32>, spread: &[f64]) -> f32 {
    let differences = differences(one, other).zip(spread);
    let free = differences.filter(|&(_, &spread)| spread > 0.0);
    root_mean_square(free.map(|(difference, spread)| difference / spread))
}

fn differences<'a>(one: &'a [f32], other: ArrayView1<'a, f32>) -> impl Iterator<Item = f64> + 'a {
    let pairs = one.iter().zip(other);
    pairs.map(|(&a, &b)| f64::from(a) - f64::from(b))
}

fn length(values: impl Iterator<Item = f64>) -> f32 {
    values.map(|value| value * value).sum::<f64>().sqrt() as f32
}

fn root_mean_square(values: impl Iterator<Item = f64>) -> f32 {
    let (count, sum) = values.fold((0_usize, 0.0), |(count, sum), value| {
        (count + 1, sum + value * value)
    });
    (sum / count.max(1) as f64).sqrt() as f32
}

/// Medians of the distances of many samples.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct MedianFromStart {
    /// Samples that began at a given start.
    pub n: usize,
    /// The median of each distance.
    #[serde(flatten)]
    pub median: FromStart,
}

impl MedianFromStart {
    /// Of these; none of none.
    pub(super) fn of(all: &[FromStart]) -> Option<MedianFromStart> {
        let middle = |distance: fn(&FromStart) -> f32| {
            let mut values: Vec<f32> = all.iter().map(distance).collect();
            values.sort_by(f32::total_cmp);
            let half = values.len() / 2;
            let (low, high) = (values.get(half.wrapping_sub(1)), values.get(half));
            match (low, high) {
                (Some(low), Some(high)) if values.len().is_multiple_of(2) => {
                    Some(0.5 * (low + high))
                }
                (_, high) => high.copied(),
            }
        };
        Some(MedianFromStart {
            n: all.len(),
            median: FromStart {
                code: middle(|one| one.code)?,
                embedding: middle(|one| one.embedding)?,
                image: middle(|one| one.image)?,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use ndarray::aview1;

    #[test]
    fn a_codes_distance_is_in_spreads_of_what_can_move() {
        let distance = spreads(&[1.0, 5.0, 2.0], aview1(&[0.0, 1.0, 2.0]), &[0.5, 2.0, 0.0]);
        // Two spreads in each of the two numbers that can move.
        assert_eq!(distance, 2.0);
    }

    #[test]
    fn medians_lie_between_the_middle_values() {
        assert_eq!(MedianFromStart::of(&[]), None);
        let at = |value: f32| FromStart {
            code: value,
            embedding: 10.0 * value,
            image: 0.1,
        };
        let three = MedianFromStart::of(&[at(3.0), at(1.0), at(2.0)]).unwrap();
        assert_eq!((three.n, three.median), (3, at(2.0)));
        let two = MedianFromStart::of(&[at(3.0), at(1.0)]).unwrap();
        assert_eq!(two.median, at(2.0));
    }
}
