//! The augmented Lagrangian of each row, the cross-check of the projection.
//!
//! Maximise D − Σ_g (max(0, λ_g + μ g)² − λ_g²)/(2μ) over both sides g of each interval, z1 − f and
//! f − z2, with λ_g <- max(0, λ_g + μ g) every few steps, and μ raised while the violation does not
//! fall (Nocedal and Wright, Numerical Optimization, section 17.4).

use super::state::{State, StateError};
use ndarray::ArrayView2;

/// Steps of a row between two updates of its multipliers.
const PATIENCE: u64 = 10;
/// The violation must fall to this share between updates, or the penalty rises.
const PROGRESS: f64 = 0.5;
const PENALTY_RISE: f64 = 2.0;
/// The constraints' part of the gradient is at most so many times the objective's: a stiff penalty
/// would otherwise fill the optimiser's second moment and stop the row for hundreds of steps.
const LONGEST_FORCE: f64 = 3.0;
const LARGEST_PENALTY: f64 = 1e5;
/// A violation below this share of the level needs no higher penalty.
const TOLERANCE: f64 = 2e-5;

/// Multipliers and penalties of all rows.
#[derive(Debug, Clone)]
pub(super) struct Lagrangian {
    constraints: usize,
    /// λ of the lower and the upper side of each constraint, `[rows, m, 2]`.
    multipliers: Vec<f64>,
    /// μ of each row.
    penalty: Vec<f64>,
    /// Largest violation of each row at its last update, at first the largest number.
    violation: Vec<f64>,
    steps: Vec<u64>,
}

impl Lagrangian {
    /// No multiplier yet.
    pub(super) fn new(rows: usize, constraints: usize) -> Self {
        Lagrangian {
            constraints,
            multipliers: vec![0.0; rows * constraints * 2],
            penalty: vec![1.0; rows],
            violation: vec![f64::MAX; rows],
            steps: vec![0; rows],
        }
    }

    /// Forgets everything about one row.
    pub(super) fn reset(&mut self, row: usize) {
        let width = self.constraints * 2;
        self.multipliers[row * width..(row + 1) * width].fill(0.0);
        self.penalty[row] = 1.0;
        self.violation[row] = f64::MAX;
        self.steps[row] = 0;
    }

    /// Updates the multipliers of one row when their time has come, and adds the constraints' part
    /// to `gradient` `[d]`, the gradient of the objective. `aim` holds the ends (z1, z2).
    pub(super) fn add_gradient(
        &mut self,
        row: usize,
        activations: impl Iterator<Item = f64> + Clone,
        aim: &[(f64, f64)],
        activation_gradients: ArrayView2<'_, f32>,
        gradient: &mut [f64],
    ) {
        let sides = || {
            activations
                .clone()
                .zip(aim)
                .map(|(f, &(z1, z2))| [z1 - f, f - z2])
        };
        self.steps[row] += 1;
        if self.steps[row].is_multiple_of(PATIENCE) {
            self.update(row, sides(), aim);
        }
        let penalty = self.penalty[row];
        let width = self.constraints * 2;
        let multipliers = self.multipliers[row * width..(row + 1) * width].chunks_exact(2);
        let norm = |vector: &[f64]| vector.iter().map(|g| g * g).sum::<f64>().sqrt();
        let longest = LONGEST_FORCE * norm(gradient);
        let mut total = vec![0.0; gradient.len()];
        for ((side, multiplier), normal) in
            sides().zip(multipliers).zip(activation_gradients.rows())
        {
            let push = |s: usize| (multiplier[s] + penalty * side[s]).max(0.0);
            let force = push(0) - push(1);
            for (target, &g) in total.iter_mut().zip(normal) {
                *target += force * f64::from(g);
            }
        }
        let length = norm(&total);
        let share = if length > longest && longest > 0.0 {
            longest / length
        } else {
            1.0
        };
        for (target, force) in gradient.iter_mut().zip(total) {
            *target += share * force;
        }
    }

    fn update(&mut self, row: usize, sides: impl Iterator<Item = [f64; 2]>, aim: &[(f64, f64)]) {
        let width = self.constraints * 2;
        let penalty = self.penalty[row];
        let multipliers = &mut self.multipliers[row * width..(row + 1) * width];
        let ends = aim.iter().flat_map(|&(z1, z2)| [z1, z2]);
        // Relative to the level, as the margin of an interval is.
        let mut violation = 0.0_f64;
        for ((multiplier, side), end) in multipliers.iter_mut().zip(sides.flatten()).zip(ends) {
            *multiplier = (*multiplier + penalty * side).max(0.0);
            if end.is_finite() {
                violation = violation.max(side / end.abs().max(1.0));
            }
        }
        if violation > TOLERANCE && violation > PROGRESS * self.violation[row] {
            self.penalty[row] = (penalty * PENALTY_RISE).min(LARGEST_PENALTY);
        }
        self.violation[row] = violation;
    }

    pub(super) fn save(&self, state: &mut State) {
        state.put_f64("multipliers", &self.multipliers);
        state.put_f64("penalty", &self.penalty);
        state.put_f64("violation", &self.violation);
        state.put_u64("lagrangian_steps", self.steps.clone());
    }

    /// Multipliers of the same rows and constraints from a state.
    pub(super) fn load(&self, state: &State) -> Result<Self, StateError> {
        Ok(Lagrangian {
            constraints: self.constraints,
            multipliers: state.f64("multipliers", Some(self.multipliers.len()))?,
            penalty: state.f64("penalty", Some(self.penalty.len()))?,
            violation: state.f64("violation", Some(self.violation.len()))?,
            steps: state.u64("lagrangian_steps", self.steps.len())?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn gradient_ascent_with_multipliers_finds_the_constrained_optimum() {
        // Maximise −(x − 3)² − (y − 1)² subject to x + y <= 2: (2, 0) with multiplier 2.
        let mut lagrangian = Lagrangian::new(1, 1);
        let normal = array![[1.0_f32, 1.0]];
        let aim = [(f64::NEG_INFINITY, 2.0)];
        let (mut x, mut y) = (0.0, 0.0);
        for _ in 0..3000 {
            let mut gradient = [-2.0 * (x - 3.0), -2.0 * (y - 1.0)];
            let f = std::iter::once(x + y);
            lagrangian.add_gradient(0, f, &aim, normal.view(), &mut gradient);
            // A step that stays stable for any penalty.
            let step = 0.2 / (1.0 + lagrangian.penalty[0]);
            x += step * gradient[0];
            y += step * gradient[1];
        }
        assert!((x - 2.0).abs() < 1e-3 && y.abs() < 1e-3, "{x} {y}");
        assert!((lagrangian.multipliers[1] - 2.0).abs() < 1e-2);
        assert_eq!(lagrangian.multipliers[0], 0.0);
        lagrangian.reset(0);
        assert_eq!(lagrangian.multipliers, [0.0, 0.0]);
    }
}
