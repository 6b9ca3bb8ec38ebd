//! Turns gradients into proposed displacements: Adam, and the plain step.

use super::state::{State, StateError};
use ndarray::Array2;

const FIRST_DECAY: f64 = 0.9;
const SECOND_DECAY: f64 = 0.999;
const SMALL: f64 = 1e-8;

/// Adam (Kingma and Ba, arXiv 1412.6980, algorithm 1) for ascent, with one second moment per row,
/// the mean over its coordinates, instead of one per coordinate. Its moments see the gradient
/// before any projection, and each row counts its own steps, so that a row drawn anew begins anew.
///
/// The projections are Euclidean, so projected ascent rests at the constrained optimum only where
/// the displacement points along the gradient. Per coordinate, Adam steps along the gradient's
/// signs and slides past it. Measured: 16 samples on a sphere, three seeds: per coordinate 98.3 to
/// 99.4 % of the optimum after 56 to 326 steps, per row 99.98 % after 61 to 63. 24 generated
/// half-spaces in the cube (two samples, best of 20 starts): per coordinate 3 ended more than 1 %
/// below the optimum, per row none. Both are engines with the identity as encoder; networks may
/// differ.
#[derive(Debug, Clone)]
pub(super) struct Adam {
    first: Array2<f32>,
    second: Vec<f64>,
    steps: Vec<u64>,
}

impl Adam {
    /// Moments at zero for `rows` codes of `length` values.
    pub(super) fn new(rows: usize, length: usize) -> Self {
        Adam {
            first: Array2::zeros((rows, length)),
            second: vec![0.0; rows],
            steps: vec![0; rows],
        }
    }

    /// Forgets everything about one row.
    pub(super) fn reset(&mut self, row: usize) {
        self.first.row_mut(row).fill(0.0);
        self.second[row] = 0.0;
        self.steps[row] = 0;
    }

    /// Takes in the gradient of one row and writes the displacement uphill. A steady gradient
    /// gives displacements whose root mean square over the coordinates is `size`.
    pub(super) fn propose(
        &mut self,
        row: usize,
        gradient: &[f64],
        size: f64,
        displacement: &mut [f64],
    ) {
        let square = gradient.iter().map(|g| g * g).sum::<f64>() / gradient.len() as f64;
        self.second[row] = SECOND_DECAY * self.second[row] + (1.0 - SECOND_DECAY) * square;
        self.steps[row] += 1;
        let time = self.steps[row] as f64;
        let second = self.second[row] / (1.0 - SECOND_DECAY.powf(time));
        let factor = size / (1.0 - FIRST_DECAY.powf(time)) / (second.sqrt() + SMALL);
        let moments = self.first.row_mut(row).into_iter();
        for ((moment, &g), u) in moments.zip(gradient).zip(displacement) {
            let mean = FIRST_DECAY * f64::from(*moment) + (1.0 - FIRST_DECAY) * g;
            *moment = mean as f32;
            *u = factor * mean;
        }
    }

    pub(super) fn save(&self, state: &mut State) {
        state.put_matrix("adam_first", &self.first);
        state.put_f64("adam_second", &self.second);
        state.put_u64("adam_steps", self.steps.clone());
    }

    /// Moments of the same shape from a state.
    pub(super) fn load(&self, state: &State) -> Result<Self, StateError> {
        Ok(Adam {
            first: state.matrix("adam_first", self.first.dim())?,
            second: state.f64("adam_second", Some(self.second.len()))?,
            steps: state.u64("adam_steps", self.steps.len())?,
        })
    }
}

/// Writes the displacement of `length` along the gradient; zero where the gradient is.
pub(super) fn plain_step(gradient: &[f64], length: f64, displacement: &mut [f64]) {
    let norm = gradient.iter().map(|g| g * g).sum::<f64>().sqrt();
    let factor = if norm > 0.0 { length / norm } else { 0.0 };
    for (u, &g) in displacement.iter_mut().zip(gradient) {
        *u = factor * g;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn propose(adam: &mut Adam, row: usize, gradient: &[f64]) -> Vec<f64> {
        let mut u = vec![0.0; gradient.len()];
        adam.propose(row, gradient, 0.1, &mut u);
        u
    }

    #[test]
    fn a_steady_gradient_keeps_the_stated_step_along_it() {
        let mut adam = Adam::new(1, 2);
        for _ in 0..50 {
            // Root mean square 1 over both coordinates, times the size.
            let u = propose(&mut adam, 0, &[0.6 * 7.0, -0.8 * 7.0]);
            let expected = [0.06 * 2.0_f64.sqrt(), -0.08 * 2.0_f64.sqrt()];
            assert!((u[0] - expected[0]).abs() < 1e-6 && (u[1] - expected[1]).abs() < 1e-6);
        }
        assert_eq!(propose(&mut Adam::new(1, 2), 0, &[0.0, 0.0]), [0.0, 0.0]);
    }

    #[test]
    fn the_second_step_agrees_with_the_paper() {
        let mut adam = Adam::new(1, 1);
        propose(&mut adam, 0, &[1.0]);
        let u = propose(&mut adam, 0, &[-2.0]);
        let mean = (0.9 * 0.1 - 0.1 * 2.0) / (1.0 - 0.81);
        let square = (0.999 * 0.001 + 0.001 * 4.0) / (1.0 - 0.999_f64.powi(2));
        assert!((u[0] - 0.1 * mean / square.sqrt()).abs() < 1e-6);
    }

    #[test]
    fn a_reset_row_begins_anew_and_the_others_do_not() {
        let mut adam = Adam::new(2, 1);
        for _ in 0..10 {
            propose(&mut adam, 0, &[1.0]);
            propose(&mut adam, 1, &[1.0]);
        }
        adam.reset(0);
        assert!((propose(&mut adam, 0, &[-1.0])[0] + 0.1).abs() < 1e-6);
        assert!(propose(&mut adam, 1, &[-1.0])[0] > 0.0);
    }

    #[test]
    fn a_saved_optimiser_goes_on_identically() {
        let mut adam = Adam::new(1, 2);
        propose(&mut adam, 0, &[1.0, 2.0]);
        let mut state = State::default();
        adam.save(&mut state);
        let mut copy = Adam::new(1, 2).load(&state).unwrap();
        assert_eq!(
            propose(&mut adam, 0, &[0.3, -1.0]),
            propose(&mut copy, 0, &[0.3, -1.0])
        );
        assert!(Adam::new(2, 2).load(&state).is_err());
    }

    #[test]
    fn a_plain_step_has_the_stated_length() {
        let mut u = [0.0; 2];
        plain_step(&[3.0, 4.0], 0.5, &mut u);
        assert!((u[0] - 0.3).abs() < 1e-12 && (u[1] - 0.4).abs() < 1e-12);
        plain_step(&[0.0, 0.0], 0.5, &mut u);
        assert_eq!(u, [0.0, 0.0]);
    }
}
