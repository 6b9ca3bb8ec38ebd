//! Turns gradients into proposed displacements: Adam, and the plain step.

use super::state::{State, StateError};
use ndarray::Array2;

const FIRST_DECAY: f64 = 0.9;
const SECOND_DECAY: f64 = 0.999;
const SMALL: f64 = 1e-8;

/// Adam (Kingma and Ba, arXiv 1412.6980, algorithm 1) for ascent, with a step counter per row, so
/// that a row drawn anew begins anew. Its moments see the gradient before any projection.
#[derive(Debug, Clone)]
pub(super) struct Adam {
    first: Array2<f32>,
    second: Array2<f32>,
    steps: Vec<u64>,
}

impl Adam {
    /// Moments at zero for `rows` codes of `length` values.
    pub(super) fn new(rows: usize, length: usize) -> Self {
        Adam {
            first: Array2::zeros((rows, length)),
            second: Array2::zeros((rows, length)),
            steps: vec![0; rows],
        }
    }

    /// Forgets everything about one row.
    pub(super) fn reset(&mut self, row: usize) {
        self.first.row_mut(row).fill(0.0);
        self.second.row_mut(row).fill(0.0);
        self.steps[row] = 0;
    }

    /// Takes in the gradient of one row and writes the displacement uphill. `sizes` is the step of
    /// each dimension.
    pub(super) fn propose(
        &mut self,
        row: usize,
        gradient: &[f64],
        sizes: impl Iterator<Item = f64>,
        displacement: &mut [f64],
    ) {
        self.steps[row] += 1;
        let time = self.steps[row] as f64;
        let first_scale = 1.0 / (1.0 - FIRST_DECAY.powf(time));
        let second_scale = 1.0 / (1.0 - SECOND_DECAY.powf(time));
        let mut first = self.first.row_mut(row);
        let mut second = self.second.row_mut(row);
        let moments = first.iter_mut().zip(second.iter_mut());
        for (((m, v), &g), (u, size)) in moments
            .zip(gradient)
            .zip(displacement.iter_mut().zip(sizes))
        {
            let mean = FIRST_DECAY * f64::from(*m) + (1.0 - FIRST_DECAY) * g;
            let square = SECOND_DECAY * f64::from(*v) + (1.0 - SECOND_DECAY) * g * g;
            *m = mean as f32;
            *v = square as f32;
            *u = size * mean * first_scale / ((square * second_scale).sqrt() + SMALL);
        }
    }

    pub(super) fn save(&self, state: &mut State) {
        state.put_matrix("adam_first", &self.first);
        state.put_matrix("adam_second", &self.second);
        state.put_u64("adam_steps", self.steps.clone());
    }

    /// Moments of the same shape from a state.
    pub(super) fn load(&self, state: &State) -> Result<Self, StateError> {
        Ok(Adam {
            first: state.matrix("adam_first", self.first.dim())?,
            second: state.matrix("adam_second", self.second.dim())?,
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
        adam.propose(
            row,
            gradient,
            std::iter::repeat_n(0.1, gradient.len()),
            &mut u,
        );
        u
    }

    #[test]
    fn the_first_step_is_the_sign_and_a_steady_gradient_keeps_it() {
        let mut adam = Adam::new(1, 3);
        for _ in 0..50 {
            let u = propose(&mut adam, 0, &[3.0, -0.01, 0.0]);
            assert!((u[0] - 0.1).abs() < 1e-5 && (u[1] + 0.1).abs() < 1e-5 && u[2] == 0.0);
        }
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
