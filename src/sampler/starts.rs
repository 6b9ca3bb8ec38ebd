//! Where samples start: every start is a number, and its code follows from the run's seed and that
//! number alone.
//!
//! Row `i` of a run with `rows` rows begins at start `i`; each time it is drawn anew the next is
//! `rows` higher, so `start / rows` counts its redraws and `start % rows` is the row.

use super::prior::Prior;
use super::settings::SettingsError;
use ndarray::{Array2, ArrayView1};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// Share of the prior's spread by which a given start that is used a second time is moved: two
/// equal codes have equal gradients and would never part.
const JITTER: f64 = 1e-2;

/// The seed of a start: the first output of the ChaCha20 stream `start` of the run's seed. It has
/// 53 bits, so that every reader of JSON keeps it whole.
pub fn start_seed(run_seed: u64, start: u64) -> u64 {
    let mut generator = ChaCha20Rng::seed_from_u64(run_seed);
    generator.set_stream(start);
    generator.next_u64() >> 11
}

/// Which of `given` codes a start of a run with `rows` rows comes from; none for a fresh draw.
pub fn given_of(start: u64, rows: usize, given: usize) -> Option<usize> {
    let row = usize::try_from(start).ok()?;
    (row < rows && given > 0).then(|| row % given)
}

/// A given code as samples start from it: the valid one nearest to it.
pub fn valid(given: ArrayView1<'_, f32>, prior: &Prior) -> Vec<f32> {
    let mut code: Vec<f64> = given.iter().map(|&value| f64::from(value)).collect();
    let mut target = vec![0.0; code.len()];
    prior.project_into(&mut code, &mut target);
    target
}

/// The starts of a run: drawn from the prior, or given codes first.
#[derive(Debug, Clone)]
pub(super) struct Starts {
    run_seed: u64,
    rows: usize,
    given: Option<Array2<f32>>,
}

impl Starts {
    /// Whether the first starts are given codes.
    pub(super) fn are_given(&self) -> bool {
        self.given.is_some()
    }

    /// Starts for `rows` rows.
    ///
    /// # Errors
    /// The given codes have another length than the prior's, none is given, or one is not finite.
    pub(super) fn new(
        run_seed: u64,
        rows: usize,
        given: Option<Array2<f32>>,
        prior: &Prior,
    ) -> Result<Self, SettingsError> {
        if let Some(given) = &given {
            if given.ncols() != prior.code_length() {
                return Err(SettingsError::StartLength {
                    found: given.ncols(),
                    expected: prior.code_length(),
                });
            }
            if given.nrows() == 0 {
                return Err(SettingsError::Starts("the list is empty"));
            }
            if given.iter().any(|value| !value.is_finite()) {
                return Err(SettingsError::Starts("a value is not finite"));
            }
        }
        Ok(Starts {
            run_seed,
            rows,
            given,
        })
    }

    /// The seed of a start.
    pub(super) fn seed(&self, start: u64) -> u64 {
        start_seed(self.run_seed, start)
    }

    /// The number of the start after `start` in the same row.
    pub(super) fn next(&self, start: u64) -> u64 {
        start + self.rows as u64
    }

    /// The code of a start. Given codes serve the rows in turn, moved a little when they serve a
    /// second row; every redraw is a fresh draw from the prior.
    pub(super) fn code(&self, start: u64, prior: &Prior) -> Vec<f32> {
        let drawn = prior.draw(self.seed(start));
        let given = self.given.as_ref();
        let served =
            given.and_then(|given| Some((given, given_of(start, self.rows, given.nrows())?)));
        match served {
            Some((given, row)) => {
                let source = given.row(row);
                let is_first = start == row as u64;
                let share = if is_first { 0.0 } else { JITTER };
                let mut code: Vec<f64> = source
                    .iter()
                    .zip(&drawn)
                    .map(|(&given, &drawn)| {
                        let (given, drawn) = (f64::from(given), f64::from(drawn));
                        given + share * (drawn - given)
                    })
                    .collect();
                let mut target = drawn;
                prior.project_into(&mut code, &mut target);
                target
            }
            _ => drawn,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use ndarray::array;

    #[test]
    fn one_start_can_be_drawn_alone() {
        let prior = Prior::normal(vec![0.0; 3], vec![1.0; 3]).unwrap();
        let starts = Starts::new(7, 5, None, &prior).unwrap();
        assert_eq!(starts.code(3, &prior), prior.draw(start_seed(7, 3)));
        assert_ne!(start_seed(7, 3), start_seed(7, 4));
        assert_ne!(start_seed(7, 3), start_seed(8, 3));
        assert!(start_seed(7, 3) < 1 << 53);
        assert_eq!(starts.next(3), 8);
    }

    #[test]
    fn given_starts_serve_in_turn_and_a_redraw_is_fresh() {
        let prior = Prior::uniform_box(vec![0.0; 2], vec![1.0; 2]).unwrap();
        let given = array![[0.25, 0.5], [2.0, 0.75]];
        let starts = Starts::new(0, 3, Some(given), &prior).unwrap();
        assert_eq!(starts.code(0, &prior), [0.25, 0.5]);
        assert_eq!(starts.code(1, &prior), [1.0, 0.75]);
        let second_use = starts.code(2, &prior);
        assert_ne!(second_use, [0.25, 0.5]);
        assert!((second_use[0] - 0.25).abs() < 0.01);
        assert_eq!(starts.code(3, &prior), prior.draw(starts.seed(3)));
        let served = |start| given_of(start, 3, 2);
        assert_eq!([0, 1, 2, 3].map(served), [Some(0), Some(1), Some(0), None]);
        assert_eq!(
            valid(array![2.0, 0.75].view(), &prior),
            starts.code(1, &prior)
        );
    }

    #[test]
    fn unusable_starts_are_refused() {
        let prior = Prior::uniform_box(vec![0.0; 2], vec![1.0; 2]).unwrap();
        for given in [
            Array2::zeros((0, 2)),
            Array2::zeros((2, 3)),
            Array2::from_elem((1, 2), f32::NAN),
        ] {
            assert!(Starts::new(0, 3, Some(given), &prior).is_err());
        }
    }
}
