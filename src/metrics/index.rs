//! A diversity index with fixed ends: 0 for a sample that is one image over and over, 1 for one as
//! diverse as independent members of the set.

use serde::{Deserialize, Serialize};

use super::pairs::PairDistances;
use super::resample::{Confidence, bootstrap_each};

/// The index of a sample between two others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DiversityIndex {
    /// (d − d0)/(d1 − d0).
    pub value: f64,
    /// Its bootstrap interval, all three samples resampled.
    pub interval: Option<Confidence>,
    /// d0, the mean distance of jittered copies of one sample.
    pub jittered: f64,
    /// d1, the mean distance of independent members of the inverse set.
    pub independent: f64,
}

/// (d − d0)/(d1 − d0) for the mean pair distances d of `sample`, d0 of `jittered` (copies of one sample,
/// moved a little: 0) and d1 of `independent` (independent feasible draws, or real images in the
/// intervals: 1). Above 1 where the sample is more diverse than independent members are.
///
/// After the diversity index of Ding et al., Nature Neuroscience 2026, figure 2 (doi
/// 10.1038/s41593-026-02213-3), which is 0 for a noiseless simple cell and 1 for a complex cell; the two
/// anchors here are of the set itself.
///
/// None where one of the samples has fewer than two rows or embeddings that are not finite, and where
/// d1 <= d0: then the anchors say nothing.
pub fn diversity_index(
    sample: &PairDistances,
    jittered: &PairDistances,
    independent: &PairDistances,
) -> Option<DiversityIndex> {
    let all = [sample, jittered, independent];
    if all.iter().any(|pairs| !pairs.is_finite() || pairs.n() < 2) {
        return None;
    }
    let [d, d0, d1] = all.map(|pairs| pairs.mean(f64::sqrt));
    let sizes = all.map(PairDistances::n);
    Some(DiversityIndex {
        value: between(d, d0, d1)?,
        interval: bootstrap_each(&sizes, |counts| {
            let mean = |at: usize| all[at].resampled_mean(&counts[at], f64::sqrt);
            between(mean(0)?, mean(1)?, mean(2)?)
        }),
        jittered: d0,
        independent: d1,
    })
}

fn between(d: f64, d0: f64, d1: f64) -> Option<f64> {
    (d1 > d0).then(|| (d - d0) / (d1 - d0))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use ndarray::Array2;

    /// Rows on a line, `step` apart.
    fn line(n: usize, step: f32) -> PairDistances {
        PairDistances::of(Array2::from_shape_fn((n, 1), |(row, _)| step * row as f32).view())
    }

    #[test]
    fn the_anchors_score_0_and_1_and_the_middle_one_half() {
        let (low, high) = (line(10, 1.0), line(10, 3.0));
        let index = |sample| diversity_index(&sample, &low, &high).unwrap();
        assert!(index(line(10, 1.0)).value.abs() < 1e-12);
        assert!((index(line(10, 3.0)).value - 1.0).abs() < 1e-12);
        let middle = index(line(10, 2.0));
        assert!((middle.value - 0.5).abs() < 1e-12);
        let interval = middle.interval.unwrap();
        assert!(interval.low < 0.5 && 0.5 < interval.high, "{interval:?}");
        assert!(index(line(10, 4.0)).value > 1.0);
    }

    #[test]
    fn anchors_that_say_nothing_give_no_index() {
        let good = line(10, 1.0);
        assert_eq!(diversity_index(&good, &line(10, 3.0), &line(10, 3.0)), None);
        assert_eq!(diversity_index(&good, &line(10, 3.0), &line(10, 1.0)), None);
        assert_eq!(
            diversity_index(&line(1, 1.0), &line(9, 1.0), &line(9, 2.0)),
            None
        );
        assert_eq!(diversity_index(&good, &line(0, 1.0), &line(9, 2.0)), None);
        let bad = PairDistances::of(Array2::from_elem((9, 1), f32::NAN).view());
        assert_eq!(diversity_index(&bad, &line(9, 1.0), &line(9, 2.0)), None);
        let few = diversity_index(&good, &line(2, 1.0), &line(3, 9.0)).unwrap();
        assert_eq!(few.interval, None);
    }
}
