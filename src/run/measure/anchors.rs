//! The two ends of the diversity index: jittered copies of one sample, and independent members of the
//! inverse set.

use ndarray::{Array2, ArrayView2, Axis};
use ndarray_rand::rand::SeedableRng;
use ndarray_rand::rand_distr::{Distribution, StandardNormal};
use rand_chacha::ChaCha20Rng;

use crate::metrics::PairDistances;
use crate::sampler::Prior;

/// Copies, and most independent codes.
pub(super) const ROWS: usize = 48;
/// How far a copy's code is moved, in the spread of each of its dimensions: what hardly shows.
const JITTER: f64 = 0.05;
/// The same copies of the same sample, always.
const SEED: u64 = 0;

/// Codes `[48, d]` about that of the sample in the middle of `embeddings` `[n, p]`, each coordinate moved
/// by a normal of 5 % of the prior's spread; none for no sample, or embeddings that are not finite.
pub(super) fn jittered(
    codes: ArrayView2<'_, f32>,
    embeddings: ArrayView2<'_, f32>,
    prior: &Prior,
) -> Option<Array2<f32>> {
    let middle = PairDistances::of(embeddings).medoid()?;
    let mut random = ChaCha20Rng::seed_from_u64(SEED);
    let mut copies = Array2::zeros((ROWS, codes.ncols()));
    for row in copies.rows_mut() {
        let mut moved: Vec<f64> = codes
            .row(middle)
            .iter()
            .zip(prior.spread())
            .map(|(&value, spread)| {
                let standard: f64 = StandardNormal.sample(&mut random);
                f64::from(value) + JITTER * spread * standard
            })
            .collect();
        let mut valid = vec![0.0; moved.len()];
        prior.project_into(&mut moved, &mut valid);
        row.into_iter().zip(valid).for_each(|(t, v)| *t = v);
    }
    Some(copies)
}

/// At most 48 of the codes `inside` `[rows, d]` that a share was measured with, evenly picked; none for
/// fewer than two. Chains that ended on the same code count once.
pub(super) fn independent(inside: ArrayView2<'_, f32>) -> Option<Array2<f32>> {
    let mut distinct: Vec<usize> = Vec::new();
    for row in 0..inside.nrows() {
        if distinct
            .iter()
            .all(|&kept| inside.row(kept) != inside.row(row))
        {
            distinct.push(row);
        }
    }
    let stride = distinct.len().div_ceil(ROWS).max(1);
    let picked: Vec<usize> = distinct.into_iter().step_by(stride).collect();
    (picked.len() > 1).then(|| inside.select(Axis(0), &picked))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use ndarray::array;

    #[test]
    fn copies_lie_close_to_the_middle_sample_and_are_valid() {
        let prior = Prior::uniform_box(vec![0.0; 2], vec![1.0; 2]).unwrap();
        let codes = array![[0.0, 0.0], [1.0, 0.5], [0.2, 0.9]];
        let embeddings = array![[0.0], [1.0], [9.0]];
        let copies = jittered(codes.view(), embeddings.view(), &prior).unwrap();
        assert_eq!(copies.dim(), (ROWS, 2));
        for copy in copies.rows() {
            assert!(prior.contains(&copy.to_vec()));
            assert!((copy[0] - 1.0).abs() < 0.1 && (copy[1] - 0.5).abs() < 0.1);
        }
        let none = jittered(
            codes.slice(ndarray::s![..0, ..]),
            Array2::zeros((0, 1)).view(),
            &prior,
        );
        assert_eq!(none, None);
    }

    #[test]
    fn codes_inside_are_picked_evenly_and_once_each() {
        let many = Array2::from_shape_fn((200, 1), |(row, _)| (row / 2) as f32);
        let picked = independent(many.view()).unwrap();
        assert_eq!(picked.nrows(), 34);
        assert_eq!((picked[[0, 0]], picked[[1, 0]]), (0.0, 3.0));
        assert_eq!(independent(Array2::ones((5, 2)).view()), None);
    }
}
