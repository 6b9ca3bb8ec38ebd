//! How many rows of a sample are distinct at a radius.

use super::pairs::PairDistances;

/// The radius as a share of the kernel's bandwidth, the median distance between two real images. Two
/// images nearer than half of that have a kernel of at least exp(−1/8) = 0.88.
pub const RADIUS_SHARE: f64 = 0.5;

/// Rows that are farther than `radius` from every distinct row before them: a greedy r-net, which is
/// both a packing (its rows are more than r apart) and a cover (every row is within r of one), so the
/// count lies between the r-covering number and the r-packing number of the sample (Gonzalez,
/// Theoretical Computer Science 38, 1985).
///
/// None for embeddings or a radius that are not finite, or a negative radius.
pub fn distinct(pairs: &PairDistances, radius: f64) -> Option<usize> {
    if !pairs.is_finite() || !radius.is_finite() || radius < 0.0 {
        return None;
    }
    let mut kept: Vec<usize> = Vec::new();
    for row in 0..pairs.n() {
        if kept
            .iter()
            .all(|&earlier| pairs.squared(earlier, row).sqrt() > radius)
        {
            kept.push(row);
        }
    }
    Some(kept.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};

    fn of(rows: Array2<f32>, radius: f64) -> Option<usize> {
        distinct(&PairDistances::of(rows.view()), radius)
    }

    #[test]
    fn rows_within_the_radius_of_an_earlier_one_do_not_count() {
        let line = array![[0.0], [0.5], [1.2], [5.0], [1.0]];
        assert_eq!(of(line.clone(), 1.0), Some(3));
        assert_eq!(of(line.clone(), 0.1), Some(5));
        assert_eq!(of(line, 10.0), Some(1));
    }

    #[test]
    fn equal_rows_no_row_and_broken_rows_have_defined_answers() {
        assert_eq!(of(Array2::ones((4, 2)), 0.0), Some(1));
        assert_eq!(of(array![[0.0], [1.0]], 0.0), Some(2));
        assert_eq!(of(Array2::ones((0, 2)), 1.0), Some(0));
        assert_eq!(of(Array2::ones((1, 2)), 1.0), Some(1));
        assert_eq!(of(array![[f32::NAN], [1.0]], 1.0), None);
        assert_eq!(of(array![[0.0], [1.0]], f64::NAN), None);
    }
}
