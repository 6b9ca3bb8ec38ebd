//! Euclidean distances between the embeddings of a sample.

use super::pairs::PairDistances;
use crate::sampler::objective;
use ndarray::{ArrayView1, ArrayView2};

/// Summary of the distances between all pairs of rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Distances {
    /// D = Σ ‖e_i − e_j‖² over ordered pairs, in linear time.
    pub sum_sq: f64,
    /// Mean of ‖e_i − e_j‖ over i < j; 0 for fewer than two rows.
    pub mean_pairwise: f64,
    /// Least ‖e_i − e_j‖ over i < j; 0 for fewer than two rows.
    pub min_pairwise: f64,
}

impl Distances {
    /// The distances of the rows of `embeddings` `[n, p]`. Takes n² time for the mean and the
    /// least. A value that is not finite makes every score not a number.
    pub fn of(embeddings: ArrayView2<'_, f32>) -> Self {
        Distances::with_pairs(embeddings, &PairDistances::of(embeddings))
    }

    /// The same where the pair distances of `embeddings` are known.
    pub(super) fn with_pairs(embeddings: ArrayView2<'_, f32>, pairs: &PairDistances) -> Self {
        if !pairs.is_finite() {
            return Distances {
                sum_sq: f64::NAN,
                mean_pairwise: f64::NAN,
                min_pairwise: f64::NAN,
            };
        }
        let some = pairs.n() > 1;
        Distances {
            sum_sq: objective::sum_of_squared_distances(embeddings),
            mean_pairwise: if some { pairs.mean(f64::sqrt) } else { 0.0 },
            min_pairwise: if some { least(pairs) } else { 0.0 },
        }
    }
}

fn least(pairs: &PairDistances) -> f64 {
    pairs.squares().fold(f64::INFINITY, f64::min).sqrt()
}

/// min over j ≠ i of ‖e_i − e_j‖ for each row; infinite for a single one, not a number where a value
/// of the row or of all others is not finite.
pub fn nearest_distances(embeddings: ArrayView2<'_, f32>) -> Vec<f64> {
    let mut least = vec![f64::INFINITY; embeddings.nrows()];
    for_each_pair(embeddings, |i, j, squared| {
        least[i] = least[i].min(squared);
        least[j] = least[j].min(squared);
    });
    least.into_iter().map(f64::sqrt).collect()
}

/// The median of ‖e_i − e_j‖ over i < j, the mean of the middle two for an even number of pairs;
/// nothing for fewer than two rows or values that are not finite.
pub fn median_pairwise(embeddings: ArrayView2<'_, f32>) -> Option<f64> {
    median(&PairDistances::of(embeddings))
}

pub(super) fn median(pairs: &PairDistances) -> Option<f64> {
    let mut squares: Vec<f64> = pairs.squares().collect();
    if squares.is_empty() || !pairs.is_finite() {
        return None;
    }
    let count = squares.len();
    let (below, &mut upper, _) = squares.select_nth_unstable_by(count / 2, f64::total_cmp);
    let lower = if count % 2 == 1 {
        upper
    } else {
        below.iter().copied().fold(0.0, f64::max)
    };
    Some(0.5 * (lower.sqrt() + upper.sqrt()))
}

/// Calls `visit` with i, j and ‖e_i − e_j‖² for all i < j, in that order.
pub(super) fn for_each_pair(
    embeddings: ArrayView2<'_, f32>,
    mut visit: impl FnMut(usize, usize, f64),
) {
    for i in 0..embeddings.nrows() {
        for j in i + 1..embeddings.nrows() {
            visit(i, j, squared_distance(embeddings.row(i), embeddings.row(j)));
        }
    }
}

/// ‖a − b‖², summed in f64.
pub(super) fn squared_distance(a: ArrayView1<'_, f32>, b: ArrayView1<'_, f32>) -> f64 {
    a.iter()
        .zip(b)
        .map(|(&a, &b)| {
            let difference = f64::from(a) - f64::from(b);
            difference * difference
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};

    #[test]
    fn three_points_have_the_distances_of_their_triangle() {
        let triangle = array![[0.0, 0.0], [3.0, 0.0], [0.0, 4.0]];
        let distances = Distances::of(triangle.view());
        assert_eq!(distances.sum_sq, 2.0 * (9.0 + 16.0 + 25.0));
        assert_eq!(distances.mean_pairwise, 4.0);
        assert_eq!(distances.min_pairwise, 3.0);
        assert_eq!(median_pairwise(triangle.view()), Some(4.0));
    }

    #[test]
    fn an_even_number_of_pairs_has_the_mean_of_the_middle_two_as_median() {
        // Distances 1, 2, 3, 4, 6, 7.
        let line = array![[0.0], [1.0], [3.0], [7.0]];
        assert_eq!(median_pairwise(line.view()), Some(3.5));
        assert_eq!(median_pairwise(line.slice(ndarray::s![..2, ..])), Some(1.0));
    }

    #[test]
    fn nothing_one_and_equal_points_have_defined_answers() {
        let zero = Distances {
            sum_sq: 0.0,
            mean_pairwise: 0.0,
            min_pairwise: 0.0,
        };
        assert_eq!(Distances::of(Array2::zeros((0, 3)).view()), zero);
        assert_eq!(Distances::of(Array2::ones((1, 3)).view()), zero);
        assert_eq!(Distances::of(Array2::ones((4, 3)).view()), zero);
        assert_eq!(median_pairwise(Array2::ones((1, 3)).view()), None);
        assert_eq!(median_pairwise(Array2::ones((4, 3)).view()), Some(0.0));
    }

    #[test]
    fn values_that_are_not_finite_give_no_number() {
        let bad = array![[0.0, f32::NAN], [1.0, 2.0]];
        assert!(Distances::of(bad.view()).mean_pairwise.is_nan());
        assert!(Distances::of(bad.view()).sum_sq.is_nan());
        assert_eq!(median_pairwise(bad.view()), None);
    }
}
