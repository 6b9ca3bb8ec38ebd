//! All pair distances of a sample, taken once: scores of distances, and of parts of the sample, are
//! functions of them alone.

use ndarray::{Array2, ArrayView2};

use super::distances::for_each_pair;

/// ‖e_i − e_j‖² of all pairs of rows.
#[derive(Debug, Clone, PartialEq)]
pub struct PairDistances {
    /// Symmetric `[n, n]`, zeros on the diagonal.
    squared: Array2<f64>,
    finite: bool,
}

impl PairDistances {
    /// The distances between the rows of `embeddings` `[n, p]`. Takes n² p time and n² memory.
    pub fn of(embeddings: ArrayView2<'_, f32>) -> Self {
        let n = embeddings.nrows();
        let mut squared = Array2::zeros((n, n));
        for_each_pair(embeddings, |i, j, square| {
            squared[(i, j)] = square;
            squared[(j, i)] = square;
        });
        PairDistances {
            squared,
            finite: embeddings.iter().all(|value| value.is_finite()),
        }
    }

    /// The same of some rows, which may repeat.
    pub fn of_rows(&self, rows: &[usize]) -> Self {
        PairDistances {
            squared: Array2::from_shape_fn((rows.len(), rows.len()), |(i, j)| {
                self.squared[(rows[i], rows[j])]
            }),
            finite: self.finite,
        }
    }

    /// Number of rows.
    pub fn n(&self) -> usize {
        self.squared.nrows()
    }

    /// Whether all embeddings were finite. Scores of others are not a number.
    pub fn is_finite(&self) -> bool {
        self.finite
    }

    /// ‖e_i − e_j‖².
    pub fn squared(&self, i: usize, j: usize) -> f64 {
        self.squared[(i, j)]
    }

    /// ‖e_i − e_j‖² for all i < j, row by row.
    pub fn squares(&self) -> impl Iterator<Item = f64> + '_ {
        let rows = self.squared.rows().into_iter().enumerate();
        rows.flat_map(|(i, row)| row.into_iter().skip(i + 1).copied())
    }

    /// The mean over i < j of a function of ‖e_i − e_j‖². Not a number for fewer than two rows.
    pub fn mean(&self, of: impl Fn(f64) -> f64) -> f64 {
        let pairs = self.n() * self.n().saturating_sub(1) / 2;
        self.squares().map(of).sum::<f64>() / pairs as f64
    }

    /// The same mean where row i stands for `counts[i]` rows of a resample: Σ c_i c_j g_ij / Σ c_i c_j
    /// over i < j. A row and its own copy are no pair: they would bring in distances of 0, which no two
    /// draws have. None where the resample has a single row's copies only.
    pub fn resampled_mean(&self, counts: &[u32], of: impl Fn(f64) -> f64) -> Option<f64> {
        let (mut sum, mut weight) = (0.0, 0.0);
        for i in (0..self.n()).filter(|&i| counts[i] > 0) {
            for j in (i + 1..self.n()).filter(|&j| counts[j] > 0) {
                let both = f64::from(counts[i]) * f64::from(counts[j]);
                sum += both * of(self.squared[(i, j)]);
                weight += both;
            }
        }
        (weight > 0.0).then(|| sum / weight)
    }

    /// The row with the least sum of distances to all others, the first of equal ones: the sample's
    /// middle. None for no row or embeddings that are not finite.
    pub fn medoid(&self) -> Option<usize> {
        if !self.finite {
            return None;
        }
        let sum = |row: usize| self.squared.row(row).iter().map(|s| s.sqrt()).sum::<f64>();
        (0..self.n()).min_by(|&a, &b| sum(a).total_cmp(&sum(b)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn rows_are_picked_and_counted_without_pairs_of_copies() {
        let line = PairDistances::of(array![[0.0_f32], [1.0], [3.0]].view());
        assert_eq!(line.squares().collect::<Vec<_>>(), [1.0, 9.0, 4.0]);
        assert_eq!(line.mean(f64::sqrt), 2.0);
        assert_eq!(line.medoid(), Some(1));
        let picked = line.of_rows(&[2, 0, 2]);
        assert_eq!(picked.squares().collect::<Vec<_>>(), [9.0, 0.0, 9.0]);
        // Rows 0, 2, 2: two pairs of distance 3, none of distance 0.
        assert_eq!(line.resampled_mean(&[1, 0, 2], f64::sqrt), Some(3.0));
        assert_eq!(line.resampled_mean(&[1, 1, 1], f64::sqrt), Some(2.0));
        assert_eq!(line.resampled_mean(&[3, 0, 0], f64::sqrt), None);
    }

    #[test]
    fn no_row_one_row_and_rows_that_are_not_finite_are_told_apart() {
        let none = PairDistances::of(Array2::zeros((0, 2)).view());
        assert_eq!((none.n(), none.medoid(), none.is_finite()), (0, None, true));
        let one = PairDistances::of(Array2::zeros((1, 2)).view());
        assert_eq!((one.n(), one.medoid()), (1, Some(0)));
        assert!(one.mean(f64::sqrt).is_nan());
        let bad = PairDistances::of(array![[f32::NAN], [1.0]].view());
        assert_eq!((bad.is_finite(), bad.medoid()), (false, None));
    }
}
