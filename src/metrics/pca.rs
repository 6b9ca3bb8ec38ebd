//! The principal plane of embeddings: the two directions in which they differ most, for a map of a
//! sample.

use nalgebra::DMatrix;
use ndarray::{Array1, Array2, ArrayView2, Axis};
use ndarray_rand::RandomExt;
use ndarray_rand::rand::SeedableRng;
use ndarray_rand::rand_distr::StandardNormal;
use rand_chacha::ChaCha8Rng;

/// Up to this many rows or columns the directions come from all eigenvectors; above, from an iteration.
const MOST_EXACT: usize = 256;

/// Directions iterated together: the more, the faster the first two settle.
const BLOCK: usize = 8;

/// Most iterations. Where two have not settled by then, other planes are as good.
const MOST_ITERATIONS: usize = 60;

/// Relative change of both variances below which the iteration has settled.
const SETTLED: f64 = 1e-9;

/// Variance, relative to that of the first direction, below which a direction is rounding error.
const NOTHING: f64 = 1e-12;

/// A plane through the mean of embeddings, and their places on it.
#[derive(Debug, Clone, PartialEq)]
pub struct Plane {
    /// The place of each embedding `[n, 2]`; not a number for one that is not finite.
    pub points: Array2<f32>,
    /// The share of the variance along each direction; 0 where there is none.
    pub explained: [f64; 2],
    mean: Array1<f64>,
    /// Unit vectors `[2, p]`; zero where there is no such direction.
    directions: Array2<f64>,
}

impl Plane {
    /// The places of other embeddings `[rows, p]` on the same plane.
    pub fn project(&self, embeddings: ArrayView2<'_, f32>) -> Array2<f32> {
        let mut points = Array2::from_elem((embeddings.nrows(), 2), f32::NAN);
        for (mut point, row) in points.rows_mut().into_iter().zip(embeddings.rows()) {
            if row.len() != self.mean.len() || row.iter().any(|value| !value.is_finite()) {
                continue;
            }
            let centred = row.mapv(f64::from) - &self.mean;
            for (coordinate, direction) in point.iter_mut().zip(self.directions.rows()) {
                *coordinate = centred.dot(&direction) as f32;
            }
        }
        points
    }
}

/// The principal plane of the rows of `embeddings` `[n, p]`. Rows that are not finite are left out of
/// it. Each direction points where its largest component (the first of equal ones) is positive, so that
/// the same embeddings always give the same map; one embedding and equal ones lie at the origin.
pub fn principal_plane(embeddings: ArrayView2<'_, f32>) -> Plane {
    let width = embeddings.ncols();
    let finite: Vec<usize> = embeddings
        .rows()
        .into_iter()
        .enumerate()
        .filter(|(_, row)| row.iter().all(|value| value.is_finite()))
        .map(|(at, _)| at)
        .collect();
    let mut centred = embeddings.select(Axis(0), &finite).mapv(f64::from);
    let mean = centred
        .mean_axis(Axis(0))
        .unwrap_or_else(|| Array1::zeros(width));
    centred -= &mean;
    let total: f64 = centred.iter().map(|value| value * value).sum();
    let mut plane = Plane {
        points: Array2::zeros((0, 2)),
        explained: [0.0; 2],
        mean,
        directions: Array2::zeros((2, width)),
    };
    if total > 0.0 {
        let leading = if centred.nrows().min(width) <= MOST_EXACT {
            exact(&centred)
        } else {
            iterated(&centred)
        };
        let first = leading.first().map_or(0.0, |(variance, _)| *variance);
        let real = leading
            .into_iter()
            .take(2)
            .filter(|(variance, _)| *variance > NOTHING * first);
        for (number, (variance, direction)) in real.enumerate() {
            plane.explained[number] = (variance / total).min(1.0);
            plane
                .directions
                .row_mut(number)
                .assign(&oriented(direction));
        }
    }
    plane.points = plane.project(embeddings);
    plane
}

/// Variances (times n) and unit directions, the largest first.
type Leading = Vec<(f64, Array1<f64>)>;

/// By the eigenvectors of the Gram matrix or of the covariance, whichever is smaller.
fn exact(centred: &Array2<f64>) -> Leading {
    let (rows, width) = centred.dim();
    let by_rows = rows <= width;
    let product = if by_rows {
        centred.dot(&centred.t())
    } else {
        centred.t().dot(centred)
    };
    let (values, vectors) = eigen(&product);
    let leading = values.into_iter().zip(vectors).take(2);
    leading
        .map(|(variance, vector)| {
            let direction = if by_rows {
                centred.t().dot(&vector)
            } else {
                vector
            };
            (variance, unit(direction))
        })
        .collect()
}

/// By orthogonal iteration on XᵀX, which is never formed.
fn iterated(centred: &Array2<f64>) -> Leading {
    // A fixed seed: the start matters to nothing but the rounding, and that is to repeat.
    let mut random = ChaCha8Rng::seed_from_u64(0);
    let start = Array2::random_using((centred.nrows(), BLOCK), StandardNormal, &mut random);
    let mut basis = orthonormal(centred.t().dot(&start));
    let mut before = [f64::NAN; 2];
    for iteration in 1.. {
        let images = centred.dot(&basis);
        let (values, vectors) = eigen(&images.t().dot(&images));
        let now = [values[0], values[1]];
        let settled = now
            .iter()
            .zip(before)
            .all(|(now, before)| (now - before).abs() <= SETTLED * values[0]);
        if settled || iteration == MOST_ITERATIONS {
            let leading = values.into_iter().zip(vectors).take(2);
            return leading
                .map(|(variance, vector)| (variance, unit(basis.dot(&vector))))
                .collect();
        }
        before = now;
        basis = orthonormal(centred.t().dot(&images));
    }
    Vec::new()
}

/// Eigenvalues, the largest first, and eigenvectors of a symmetric matrix.
fn eigen(matrix: &Array2<f64>) -> (Vec<f64>, Vec<Array1<f64>>) {
    let size = matrix.nrows();
    let eigen = DMatrix::from_fn(size, size, |i, j| matrix[[i, j]]).symmetric_eigen();
    let mut order: Vec<usize> = (0..size).collect();
    order.sort_by(|&a, &b| eigen.eigenvalues[b].total_cmp(&eigen.eigenvalues[a]));
    let values = order.iter().map(|&at| eigen.eigenvalues[at]).collect();
    let vectors = order
        .iter()
        .map(|&at| eigen.eigenvectors.column(at).iter().copied().collect())
        .collect();
    (values, vectors)
}

/// Columns made orthonormal (Gram-Schmidt, twice against rounding); those that depend on others
/// become zero.
fn orthonormal(mut columns: Array2<f64>) -> Array2<f64> {
    for at in 0..columns.ncols() {
        let (done, mut rest) = columns.view_mut().split_at(Axis(1), at);
        let mut column = rest.column_mut(0);
        let length = column.dot(&column).sqrt();
        for _ in 0..2 {
            let shares = done.t().dot(&column);
            column -= &done.dot(&shares);
        }
        let left = column.dot(&column).sqrt();
        if left > 1e-10 * length {
            column /= left;
        } else {
            column.fill(0.0);
        }
    }
    columns
}

fn unit(vector: Array1<f64>) -> Array1<f64> {
    let length = vector.dot(&vector).sqrt();
    if length > 0.0 {
        vector / length
    } else {
        vector
    }
}

/// With its largest component positive.
fn oriented(direction: Array1<f64>) -> Array1<f64> {
    let largest = direction.iter().fold(0.0f64, |largest, &value| {
        if value.abs() > largest.abs() {
            value
        } else {
            largest
        }
    });
    if largest < 0.0 { -direction } else { direction }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use ndarray::{array, s};

    /// A cloud `[n, p]` that is `spread[j]` wide along axis j, `1e-2` along the others.
    fn cloud(n: usize, p: usize, spreads: &[f64]) -> Array2<f32> {
        let mut random = ChaCha8Rng::seed_from_u64(7);
        let mut cloud = Array2::random_using((n, p), StandardNormal, &mut random);
        for (at, mut column) in cloud.columns_mut().into_iter().enumerate() {
            column *= spreads.get(at).copied().unwrap_or(1e-2);
            column += 5.0;
        }
        cloud.mapv(|value: f64| value as f32)
    }

    #[test]
    fn points_of_a_plane_keep_their_distances() {
        // Two coordinates, turned into three dimensions.
        let flat = array![
            [0.0f32, 0.0],
            [4.0, 0.0],
            [0.0, 1.0],
            [4.0, 1.0],
            [2.0, 3.0]
        ];
        let turn = array![[0.6f32, 0.8, 0.0], [-0.8, 0.6, 0.0]];
        let plane = principal_plane(flat.dot(&turn).view());
        for i in 0..5 {
            for j in 0..5 {
                let distance = |points: &Array2<f32>| {
                    let difference = &points.row(i) - &points.row(j);
                    difference.dot(&difference).sqrt()
                };
                assert!((distance(&flat) - distance(&plane.points)).abs() < 1e-5);
            }
        }
        assert!((plane.explained[0] + plane.explained[1] - 1.0).abs() < 1e-9);
        assert!(plane.explained[0] > plane.explained[1]);
    }

    #[test]
    fn the_directions_are_those_of_the_widest_spread_by_rows_by_columns_and_iterated() {
        for (n, p) in [(40, 90), (90, 40), (600, 520)] {
            let sample = cloud(n, p, &[0.5, 3.0, 0.1, 1.0]);
            let plane = principal_plane(sample.view());
            let variance = |at: usize| {
                let column = sample.column(at).mapv(f64::from);
                let centred = &column - column.mean().unwrap();
                centred.dot(&centred)
            };
            for (number, axis) in [(0, 1), (1, 3)] {
                let component = plane.directions[[number, axis]];
                assert!(component > 0.95, "{n} {p}: {component}");
                let along = plane.points.column(number).mapv(f64::from);
                let share = along.dot(&along) / variance(axis);
                assert!((share - 1.0).abs() < 0.15, "{n} {p}: {share}");
            }
            assert_eq!(plane, principal_plane(sample.view()));
        }
    }

    #[test]
    fn the_iteration_finds_what_all_eigenvectors_give() {
        let sample = cloud(60, 50, &[2.0, 1.9, 1.0, 0.5]).mapv(f64::from);
        let centred = &sample - &sample.mean_axis(Axis(0)).unwrap();
        for ((exact, one), (found, other)) in exact(&centred).into_iter().zip(iterated(&centred)) {
            assert!((exact - found).abs() < 1e-6 * exact, "{exact} {found}");
            assert!((one.dot(&other).abs() - 1.0).abs() < 1e-6);
        }
        // Fewer dimensions than are iterated together.
        let thin = centred.slice(s![.., ..1]).to_owned();
        let found = iterated(&thin);
        assert!((found[0].0 - exact(&thin)[0].0).abs() < 1e-9);
    }

    #[test]
    fn none_one_and_equal_embeddings_lie_at_the_origin() {
        for n in [0, 1, 4] {
            let plane = principal_plane(Array2::from_elem((n, 3), 0.1).view());
            assert_eq!(plane.points, Array2::<f32>::zeros((n, 2)));
            assert_eq!(plane.explained, [0.0, 0.0]);
        }
        let line = principal_plane(array![[1.0f32], [3.0]].view());
        assert_eq!(line.points, array![[-1.0f32, 0.0], [1.0, 0.0]]);
        assert_eq!(line.explained, [1.0, 0.0]);
        let two = principal_plane(array![[1.0f32, 1.0, 0.0], [3.0, 3.0, 0.0]].view());
        assert_eq!(two.points.column(1), array![0.0f32, 0.0]);
        assert!(
            principal_plane(Array2::zeros((3, 0)).view())
                .points
                .iter()
                .all(|&x| x == 0.0)
        );
    }

    #[test]
    fn embeddings_that_are_not_finite_are_left_out_of_the_plane() {
        let good = array![[0.0f32, 0.0], [4.0, 0.0], [0.0, 1.0]];
        let bad = array![
            [0.0f32, 0.0],
            [4.0, 0.0],
            [f32::NAN, 1.0],
            [0.0, 1.0],
            [f32::INFINITY, 0.0]
        ];
        let (plane, with_bad) = (principal_plane(good.view()), principal_plane(bad.view()));
        assert_eq!(plane.explained, with_bad.explained);
        assert_eq!(with_bad.points.row(3), plane.points.row(2));
        assert!(with_bad.points.row(2).iter().all(|value| value.is_nan()));
        assert!(with_bad.points.row(4).iter().all(|value| value.is_nan()));
        assert!(
            plane
                .project(array![[1.0f32]].view())
                .iter()
                .all(|value| value.is_nan())
        );
    }

    #[test]
    fn other_embeddings_are_placed_on_the_same_plane() {
        let sample = cloud(30, 6, &[3.0, 1.0]);
        let plane = principal_plane(sample.view());
        let again = plane.project(sample.slice(s![5..9, ..]));
        assert_eq!(again, plane.points.slice(s![5..9, ..]));
    }

    /// `cargo test --release --lib metrics::pca -- --ignored --nocapture`
    #[test]
    #[ignore = "prints the time of large maps"]
    #[allow(clippy::print_stdout)]
    fn time_of_large_maps() {
        for (n, p) in [(48, 512), (512, 1024), (1024, 512), (4096, 1024)] {
            let sample = cloud(n, p, &[3.0, 2.0, 1.0]);
            let start = std::time::Instant::now();
            assert_eq!(principal_plane(sample.view()).points.nrows(), n);
            println!("{n} x {p}: {:?}", start.elapsed());
        }
    }
}
