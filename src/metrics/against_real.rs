//! How a sample lies against real images: precision, recall, density and coverage.
//!
//! Naeem et al., *Reliable Fidelity and Diversity Metrics for Generative Models*, ICML 2020, arXiv
//! 2002.09797. X are the real embeddings, Y the generated ones, B(x) the open ball around x up to its k-th
//! nearest neighbour in its own set:
//! - precision = 1/M Σ_j 1[Y_j in some B(X_i)] (equation 1),
//! - recall = 1/N Σ_i 1[X_i in some B(Y_j)] (equation 2),
//! - density = 1/(kM) Σ_j Σ_i 1[Y_j in B(X_i)] (equation 3),
//! - coverage = 1/N Σ_i 1[some Y_j in B(X_i)] (equation 4).
//!
//! With the real images of the same intervals as X, coverage answers whether the sample reaches all of
//! the inverse set that real images fill. Balls are open, as in the authors' package `prdc`.

use ndarray::{Array1, ArrayView2};
use serde::{Deserialize, Serialize};

use super::distances::squared_distance;
use super::resample::{Confidence, bootstrap};

/// The k of the paper's experiments (section 5).
pub const NEIGHBOURS: usize = 5;

/// A mean over rows, and its bootstrap interval where there is one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RowMean {
    /// The mean; null where it is not defined.
    pub value: Option<f64>,
    /// Its interval, by resampling the rows it is a mean over (the other set and all balls held).
    pub interval: Option<Confidence>,
}

/// Precision, recall, density and coverage of a sample against real images.
///
/// A set of one row has no ball, so what needs one is null: precision, density and coverage for one real
/// image, recall for one generated. All are null for an empty set and embeddings that are not finite.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AgainstReal {
    /// Real images.
    pub n_real: usize,
    /// Samples.
    pub n_generated: usize,
    /// Which neighbour a ball around a real embedding reaches: k, or `n_real` − 1 if that is less.
    pub k_real: usize,
    /// The same around generated embeddings.
    pub k_generated: usize,
    /// Share of the samples near a real image; over samples.
    pub precision: RowMean,
    /// Share of the real images near a sample, by the samples' balls; over real images.
    pub recall: RowMean,
    /// In how many real balls a sample lies, over k; may be above 1; over samples.
    pub density: RowMean,
    /// Share of the real images with a sample in their ball; over real images.
    pub coverage: RowMean,
}

impl AgainstReal {
    /// Compares `generated` `[M, p]` with `real` `[N, p]`, with balls up to the neighbour `k`. Takes
    /// (N + M)² p time and (N + M)² memory at most.
    pub fn of(real: ArrayView2<'_, f32>, generated: ArrayView2<'_, f32>, k: usize) -> Self {
        let (n, m) = (real.nrows(), generated.nrows());
        let k_real = k.min(n.saturating_sub(1));
        let k_generated = k.min(m.saturating_sub(1));
        let finite = [real, generated]
            .iter()
            .all(|rows| rows.iter().all(|value| value.is_finite()));
        let mut found = AgainstReal {
            n_real: n,
            n_generated: m,
            k_real,
            k_generated,
            precision: RowMean::NONE,
            recall: RowMean::NONE,
            density: RowMean::NONE,
            coverage: RowMean::NONE,
        };
        if !finite || n == 0 || m == 0 {
            return found;
        }
        // Squared distances, as the balls are: the order is the same.
        let between: Vec<Array1<f64>> = real
            .rows()
            .into_iter()
            .map(|x| {
                let row = generated.rows().into_iter();
                row.map(|y| squared_distance(x, y)).collect()
            })
            .collect();
        if k_real > 0 {
            let balls = squared_radii(real, k_real);
            let inside = |i: usize, j: usize| between[i][j] < balls[i];
            let holding: Vec<f64> = (0..m)
                .map(|j| (0..n).filter(|&i| inside(i, j)).count() as f64)
                .collect();
            found.precision = RowMean::over(&holding, |&count| f64::from(count > 0.0));
            found.density = RowMean::over(&holding, |&count| count / k_real as f64);
            let real_rows: Vec<usize> = (0..n).collect();
            found.coverage =
                RowMean::over(&real_rows, |&i| f64::from((0..m).any(|j| inside(i, j))));
        }
        if k_generated > 0 {
            let balls = squared_radii(generated, k_generated);
            found.recall = RowMean::over(&between, |row| {
                f64::from(
                    row.iter()
                        .zip(&balls)
                        .any(|(distance, ball)| distance < ball),
                )
            });
        }
        found
    }
}

impl RowMean {
    const NONE: RowMean = RowMean {
        value: None,
        interval: None,
    };

    /// The mean of what each row counts for.
    fn over<T>(rows: &[T], count: impl Fn(&T) -> f64) -> RowMean {
        let counts: Vec<f64> = rows.iter().map(count).collect();
        let mean = |weights: &[u32]| -> f64 {
            let sum: f64 = counts
                .iter()
                .zip(weights)
                .map(|(count, &weight)| count * f64::from(weight))
                .sum();
            sum / counts.len() as f64
        };
        RowMean {
            value: Some(mean(&vec![1; counts.len()])),
            interval: bootstrap(counts.len(), |weights| Some(mean(weights))),
        }
    }
}

/// The squared distance of each row to its k-th nearest other row.
fn squared_radii(rows: ArrayView2<'_, f32>, k: usize) -> Vec<f64> {
    (0..rows.nrows())
        .map(|i| {
            let mut others: Vec<f64> = (0..rows.nrows())
                .filter(|&j| j != i)
                .map(|j| squared_distance(rows.row(i), rows.row(j)))
                .collect();
            *others.select_nth_unstable_by(k - 1, f64::total_cmp).1
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use ndarray::{Array2, array};

    fn values(found: &AgainstReal) -> [Option<f64>; 4] {
        [
            found.precision.value,
            found.recall.value,
            found.density.value,
            found.coverage.value,
        ]
    }

    #[test]
    fn points_on_a_line_have_the_scores_counted_by_hand() {
        // Balls with k = 1: real 0 and 1 reach 1, real 10 reaches 9; generated reach 0.5, 0.5 and 18.5.
        let real = array![[0.0], [1.0], [10.0]];
        let generated = array![[0.5], [1.0], [19.5]];
        let found = AgainstReal::of(real.view(), generated.view(), 1);
        // 0.5 lies in the balls of 0 and 1, 1.0 in that of 1 (not in 0's, which is open, nor in 10's),
        // and 19.5 in none. Real 1.0 and 10.0 lie in generated balls, 0.0 does not (0.5 is open).
        let two_thirds = Some(2.0 / 3.0);
        assert_eq!(
            values(&found),
            [two_thirds, two_thirds, Some(1.0), two_thirds]
        );
    }

    #[test]
    fn one_image_too_few_for_k_and_no_image_have_defined_answers() {
        let many = Array2::from_shape_fn((12, 2), |(i, j)| (3 * i + j) as f32);
        let one = AgainstReal::of(array![[0.0, 0.0]].view(), many.view(), NEIGHBOURS);
        assert_eq!((one.k_real, one.k_generated), (0, 5));
        assert_eq!(values(&one), [None, Some(1.0), None, None]);
        let one = AgainstReal::of(many.view(), array![[0.0, 1.0]].view(), NEIGHBOURS);
        assert_eq!(values(&one)[1], None);
        assert_eq!(one.precision.value, Some(1.0));
        let none = AgainstReal::of(Array2::zeros((0, 2)).view(), many.view(), NEIGHBOURS);
        assert_eq!(values(&none), [None; 4]);
        let few = AgainstReal::of(many.slice(ndarray::s![..3, ..]), many.view(), NEIGHBOURS);
        assert_eq!((few.k_real, few.coverage.value), (2, Some(1.0)));
        assert_eq!(few.coverage.interval, None);
    }

    #[test]
    fn a_sample_of_the_images_themselves_covers_them_and_a_far_one_does_not() {
        let real = Array2::from_shape_fn((20, 3), |(i, j)| ((i * 7 + j * 11) % 13) as f32);
        let same = AgainstReal::of(real.view(), real.view(), NEIGHBOURS);
        assert_eq!(values(&same)[0], Some(1.0));
        assert_eq!(values(&same)[3], Some(1.0));
        let interval = same.coverage.interval.unwrap();
        assert_eq!((interval.low, interval.high), (1.0, 1.0));
        let far = AgainstReal::of(real.view(), (&real + 1e3).view(), NEIGHBOURS);
        assert_eq!(values(&far), [Some(0.0); 4]);
    }

    #[test]
    fn equal_embeddings_and_broken_ones_have_defined_answers() {
        // The balls of equal rows hold nothing, being open.
        let equal: Array2<f32> = Array2::ones((9, 2));
        let found = AgainstReal::of(equal.view(), equal.view(), NEIGHBOURS);
        assert_eq!(values(&found), [Some(0.0); 4]);
        let bad = Array2::from_elem((9, 2), f32::NAN);
        assert_eq!(
            values(&AgainstReal::of(equal.view(), bad.view(), 5)),
            [None; 4]
        );
    }
}
