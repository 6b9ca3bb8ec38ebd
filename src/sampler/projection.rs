//! Projects a proposed displacement onto the linearised intervals and the code's box.

use ndarray::ArrayView1;

/// Below this norm a gradient says nothing: its constraint leaves the displacement alone.
pub(super) const DEAD_GRADIENT: f64 = 1e-8;
/// Dykstra's sweeps over all sets, and those of the repair after it.
const SWEEPS: usize = 20;
/// A sweep that changes every coordinate by less than this share of the longest one is the last:
/// codes are float32.
const SETTLED: f64 = 1e-8;
/// Steps towards the multiplier of one slab in the box.
const ROOT_STEPS: usize = 100;
/// Relative error of that multiplier's goal.
const ROOT_TOLERANCE: f64 = 1e-12;

/// A slab { v : low <= normal·v <= high }; infinite bounds are open.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slab<'a> {
    /// ∇f `[d]`.
    normal: ArrayView1<'a, f32>,
    /// ‖∇f‖².
    norm_squared: f64,
    low: f64,
    high: f64,
}

impl<'a> Slab<'a> {
    /// A slab from its normal and bounds; nothing where the normal is too short to say anything.
    pub(super) fn new(normal: ArrayView1<'a, f32>, low: f64, high: f64) -> Option<Self> {
        let norm_squared: f64 = normal.iter().map(|&g| f64::from(g) * f64::from(g)).sum();
        (norm_squared.sqrt() >= DEAD_GRADIENT).then_some(Slab {
            normal,
            norm_squared,
            low,
            high,
        })
    }

    /// The displacements that approach both ends of `[z1, z2]` by at most the share `alpha` of
    /// their distance, to first order: α(z1 − f) <= ∇f·v <= α(z2 − f), open ends (infinite)
    /// dropped.
    ///
    /// From far outside, where the linearisation means little, a full share could throw the code
    /// across the whole prior: α is lowered so that no pull asks for a move longer than `reach`.
    pub(super) fn of_interval(
        normal: ArrayView1<'a, f32>,
        activation: f64,
        (z1, z2): (f64, f64),
        alpha: f64,
        reach: f64,
    ) -> Option<Self> {
        let slab = Slab::new(normal, alpha * (z1 - activation), alpha * (z2 - activation))?;
        let longest = reach * slab.norm_squared.sqrt();
        Some(Slab {
            low: slab.low.min(longest),
            high: slab.high.max(-longest),
            ..slab
        })
    }

    fn along(&self, displacement: &[f64]) -> f64 {
        let pairs = self.normal.iter().zip(displacement);
        pairs.map(|(&g, &u)| f64::from(g) * u).sum()
    }

    /// What must be added along the normal to reach the slab. Not f64::clamp, which panics where
    /// rounding has crossed the bounds of a point interval.
    fn shortfall(&self, along: f64) -> f64 {
        along.min(self.high).max(self.low) - along
    }

    /// Moves `displacement` to the nearest point of the slab:
    /// v = u + (clamp(∇f·u, low, high) − ∇f·u) ∇f/‖∇f‖².
    fn project(&self, displacement: &mut [f64]) {
        let multiple = self.shortfall(self.along(displacement)) / self.norm_squared;
        if multiple != 0.0 {
            for (value, &g) in displacement.iter_mut().zip(self.normal) {
                *value += multiple * f64::from(g);
            }
        }
    }

    /// Moves `displacement` to the nearest point of the slab and the box together, or to the point
    /// of the box nearest to the slab where they do not meet. `free` is overwritten.
    ///
    /// That point is clamp(u + λ∇f) for the λ nearest to zero that satisfies the slab (stationarity
    /// of the projection's Lagrangian). ∇f·clamp(u + λ∇f) rises with λ, piecewise linear: Newton's
    /// steps find the piece, halving a bracket where a flat piece leads them astray.
    fn project_within(&self, around: &CodeBox<'_>, displacement: &mut [f64], free: &mut Vec<f64>) {
        free.clear();
        free.extend_from_slice(displacement);
        around.clamp(displacement);
        let along = self.along(displacement);
        let missing = self.shortfall(along);
        if missing == 0.0 {
            return;
        }
        let direction = missing.signum();
        let goal = along + missing;
        let pairs = self.normal.iter().zip(&*displacement);
        let scale: f64 = pairs.map(|(&g, &v)| (f64::from(g) * v).abs()).sum();
        let tolerance = ROOT_TOLERANCE * (scale + missing.abs());
        let step = |j: usize| direction * f64::from(self.normal[j]);
        let (mut multiplier, mut short_of, mut beyond) = (0.0, 0.0, f64::INFINITY);
        for _ in 0..ROOT_STEPS {
            let remaining = direction * (goal - self.along(displacement));
            if remaining.abs() <= tolerance {
                return;
            }
            if remaining > 0.0 {
                short_of = multiplier;
            } else {
                beyond = multiplier;
            }
            let slope: f64 = (0..free.len())
                .filter(|&j| displacement[j] == free[j] + multiplier * step(j))
                .map(|j| step(j).powi(2))
                .sum();
            let newton = multiplier + remaining / slope;
            multiplier = if short_of < newton && newton < beyond {
                newton
            } else if beyond.is_finite() {
                0.5 * (short_of + beyond)
            } else {
                // Beyond the last crossing of a bound nothing bends any more.
                let last = (0..free.len())
                    .flat_map(|j| {
                        let (low, high) = around.bounds(j);
                        [(low - free[j]) / step(j), (high - free[j]) / step(j)]
                    })
                    .filter(|at| at.is_finite())
                    .fold(0.0_f64, f64::max);
                if multiplier >= last {
                    return;
                }
                last
            };
            for (j, value) in displacement.iter_mut().enumerate() {
                *value = around.clamped(j, free[j] + multiplier * step(j));
            }
        }
    }
}

/// The box around a code that displacements stay in.
#[derive(Debug, Clone, Copy)]
pub(super) struct CodeBox<'a> {
    /// The code `[d]`.
    pub(super) code: ArrayView1<'a, f32>,
    /// Least value of each code dimension.
    pub(super) low: &'a [f64],
    /// Largest value of each code dimension.
    pub(super) high: &'a [f64],
}

impl CodeBox<'_> {
    /// Least and largest displacement of one dimension.
    fn bounds(&self, j: usize) -> (f64, f64) {
        let at = f64::from(self.code[j]);
        (self.low[j] - at, self.high[j] - at)
    }

    fn clamped(&self, j: usize, value: f64) -> f64 {
        let (low, high) = self.bounds(j);
        value.min(high).max(low)
    }

    fn clamp(&self, displacement: &mut [f64]) {
        for (j, value) in displacement.iter_mut().enumerate() {
            *value = self.clamped(j, *value);
        }
    }
}

/// Projects displacements; keeps its memory between calls.
#[derive(Debug, Clone, Default)]
pub(super) struct Projector {
    /// What the last projection onto each set added, `[sets, d]`.
    corrections: Vec<f64>,
    /// The displacement before one projection, before one sweep, and before the box `[d]`.
    entry: Vec<f64>,
    before: Vec<f64>,
    free: Vec<f64>,
}

impl Projector {
    /// Moves `displacement` to the nearest point of all `slabs` and the box.
    ///
    /// One slab has a closed form, or nearly one with a box. Several: Dykstra's algorithm, each set
    /// a slab cut with the box, at most 20 sweeps. Long displacements into a sharp corner may need
    /// more; what is then left is repaired by projecting in turn without Dykstra's corrections,
    /// which ends at a point of all sets, though not quite the nearest.
    pub(super) fn project(
        &mut self,
        displacement: &mut [f64],
        slabs: &[Slab<'_>],
        around: Option<CodeBox<'_>>,
    ) {
        match (slabs, around) {
            ([], None) => {}
            ([], Some(around)) => around.clamp(displacement),
            ([slab], around) => self.project_onto(slab, around.as_ref(), displacement),
            _ => {
                if !self.dykstra(displacement, slabs, around.as_ref()) {
                    self.repair(displacement, slabs, around.as_ref());
                }
            }
        }
    }

    fn project_onto(
        &mut self,
        slab: &Slab<'_>,
        around: Option<&CodeBox<'_>>,
        displacement: &mut [f64],
    ) {
        match around {
            None => slab.project(displacement),
            Some(around) => slab.project_within(around, displacement, &mut self.free),
        }
    }

    /// Whether the sweeps settled.
    fn dykstra(
        &mut self,
        displacement: &mut [f64],
        slabs: &[Slab<'_>],
        around: Option<&CodeBox<'_>>,
    ) -> bool {
        let length = displacement.len();
        self.corrections.clear();
        self.corrections.resize(slabs.len() * length, 0.0);
        self.entry.clear();
        self.entry.resize(length, 0.0);
        for _ in 0..SWEEPS {
            self.remember(displacement);
            for (set, slab) in slabs.iter().enumerate() {
                let range = set * length..(set + 1) * length;
                // Take the last correction back, project, remember the new one.
                let corrections = &self.corrections[range.clone()];
                for ((value, correction), entry) in displacement
                    .iter_mut()
                    .zip(corrections)
                    .zip(&mut self.entry)
                {
                    *value -= correction;
                    *entry = *value;
                }
                self.project_onto(slab, around, displacement);
                let corrections = &mut self.corrections[range];
                for ((value, correction), entry) in
                    displacement.iter().zip(corrections).zip(&self.entry)
                {
                    *correction = value - entry;
                }
            }
            if self.has_settled(displacement) {
                return true;
            }
        }
        false
    }

    fn repair(
        &mut self,
        displacement: &mut [f64],
        slabs: &[Slab<'_>],
        around: Option<&CodeBox<'_>>,
    ) {
        for _ in 0..SWEEPS {
            self.remember(displacement);
            for slab in slabs {
                self.project_onto(slab, around, displacement);
            }
            if self.has_settled(displacement) {
                return;
            }
        }
    }

    fn remember(&mut self, displacement: &[f64]) {
        self.before.clear();
        self.before.extend_from_slice(displacement);
    }

    fn has_settled(&self, displacement: &[f64]) -> bool {
        let longest = displacement.iter().fold(0.0_f64, |l, v| l.max(v.abs()));
        displacement
            .iter()
            .zip(&self.before)
            .all(|(now, before)| (now - before).abs() <= SETTLED * longest)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use ndarray::aview1;
    use proptest::prelude::*;

    const FAR: f64 = 1e9;

    fn slab(normal: &[f32], low: f64, high: f64) -> Slab<'_> {
        Slab::of_interval(aview1(normal), 0.0, (low, high), 1.0, FAR).unwrap()
    }

    fn dot(a: &[f32], b: &[f64]) -> f64 {
        a.iter().zip(b).map(|(&a, &b)| f64::from(a) * b).sum()
    }

    fn project(
        u: &[f64],
        slabs: &[Slab<'_>],
        code: &[f32],
        bounds: Option<(&[f64], &[f64])>,
    ) -> Vec<f64> {
        let mut v = u.to_vec();
        let around = bounds.map(|(low, high)| CodeBox {
            code: aview1(code),
            low,
            high,
        });
        Projector::default().project(&mut v, slabs, around);
        v
    }

    fn near(found: &[f64], expected: &[f64]) {
        let close = |(a, b): (&f64, &f64)| (a - b).abs() < 1e-12;
        assert!(
            found.iter().zip(expected).all(close),
            "{found:?} {expected:?}"
        );
    }

    #[test]
    fn one_slab_has_the_closed_form() {
        let normal = [3.0, 4.0];
        let onto =
            |u: [f64; 2], low, high| project(&u, &[slab(&normal, low, high)], &[0.0; 2], None);
        near(&onto([1.0, 1.0], -FAR, 2.0), &[0.4, 0.2]);
        near(&onto([0.0, 0.0], 5.0, FAR), &[0.6, 0.8]);
        near(&onto([0.1, 0.1], -1.0, 1.0), &[0.1, 0.1]);
    }

    #[test]
    fn a_slab_that_the_box_does_not_meet_is_approached_as_far_as_the_box_goes() {
        let normal = [1.0, 2.0];
        let bounds: (&[f64], &[f64]) = (&[-1.0, -1.0], &[1.0, 1.0]);
        let v = project(
            &[-0.5, 0.0],
            &[slab(&normal, 50.0, FAR)],
            &[0.0; 2],
            Some(bounds),
        );
        near(&v, &[1.0, 1.0]);
    }

    #[test]
    fn a_long_step_into_a_sharp_corner_ends_inside() {
        // (1, 0) is the corner; the step points far out along both of its sides.
        let normal = [1.0, 1.0];
        let bounds: (&[f64], &[f64]) = (&[0.0, 0.0], &[1.0, 1.0]);
        let code = [1.0, 0.0];
        let v = project(
            &[0.1, -0.1],
            &[slab(&normal, -0.3, -0.2)],
            &code,
            Some(bounds),
        );
        near(&v, &[-0.2, 0.0]);
        // Two slabs at a sharp angle, their intersection far from the proposal.
        let (first, second) = ([1.0, 0.25], [-1.0, 0.25]);
        let slabs = [slab(&first, -FAR, 0.0), slab(&second, -FAR, 0.0)];
        let v = project(&[0.3, 9.0], &slabs, &[0.0; 2], None);
        assert!(dot(&first, &v) < 1e-3 && dot(&second, &v) < 1e-3, "{v:?}");
    }

    #[test]
    fn alpha_takes_its_share_of_the_distance_on_both_sides() {
        let normal = [2.0];
        let slab = Slab::of_interval(aview1(&normal), 1.0, (0.0, 5.0), 0.5, FAR).unwrap();
        assert_eq!(project(&[9.0], &[slab], &[0.0], None), [1.0]);
        assert_eq!(project(&[-9.0], &[slab], &[0.0], None), [-0.25]);
        let open = Slab::of_interval(aview1(&normal), 1.0, (0.0, f64::INFINITY), 0.5, FAR).unwrap();
        assert_eq!(project(&[9.0], &[open], &[0.0], None), [9.0]);
    }

    #[test]
    fn no_pull_is_longer_than_the_reach_and_a_dead_gradient_pulls_nothing() {
        let weak = [0.0, 1e-5];
        let slab = Slab::of_interval(aview1(&weak), 0.0, (1.0, 2.0), 1.0, 0.25).unwrap();
        let v = project(&[0.0, 0.0], &[slab], &[0.0; 2], None);
        assert!((v[1] - 0.25).abs() < 1e-9);
        assert!(Slab::of_interval(aview1(&[0.0, 1e-9]), 0.0, (1.0, 2.0), 1.0, 0.25).is_none());
    }

    #[test]
    fn two_orthogonal_slabs_are_projected_onto_in_turn() {
        let (first, second) = ([1.0, 0.0], [0.0, 1.0]);
        let slabs = [slab(&first, 1.0, 2.0), slab(&second, -FAR, -3.0)];
        assert_eq!(project(&[0.0, 0.0], &slabs, &[0.0; 2], None), [1.0, -3.0]);
    }

    #[test]
    fn a_corner_between_slab_and_box_is_the_nearest_point_not_just_a_feasible_one() {
        // Nearest point to (0, 0) of { x + y >= 1.5 } cut with x <= 0.5 is (0.5, 1).
        let normal = [1.0, 1.0];
        let bounds: (&[f64], &[f64]) = (&[-9.0, -9.0], &[0.5, 9.0]);
        let v = project(
            &[0.0, 0.0],
            &[slab(&normal, 1.5, FAR)],
            &[0.0; 2],
            Some(bounds),
        );
        assert!(
            (v[0] - 0.5).abs() < 1e-4 && (v[1] - 1.0).abs() < 1e-4,
            "{v:?}"
        );
    }

    proptest! {
        #[test]
        fn one_slab_satisfies_the_kkt_conditions(
            u in proptest::collection::vec(-5.0..5.0_f64, 4),
            normal in proptest::collection::vec(-3.0..3.0_f32, 4),
            low in -4.0..4.0_f64,
            width in 0.0..4.0_f64,
        ) {
            let high = low + width;
            prop_assume!(normal.iter().any(|g| g.abs() > 0.1));
            let v = project(&u, &[slab(&normal, low, high)], &[0.0; 4], None);
            let along = dot(&normal, &v);
            // Primal feasibility.
            prop_assert!(low - 1e-9 <= along && along <= high + 1e-9);
            // Stationarity: v − u is a multiple of the normal ...
            let norm_squared: f64 = normal.iter().map(|&g| f64::from(g).powi(2)).sum();
            let move_along = dot(&normal, &v) - dot(&normal, &u);
            let multiple = move_along / norm_squared;
            for j in 0..4 {
                prop_assert!((v[j] - u[j] - multiple * f64::from(normal[j])).abs() < 1e-9);
            }
            // ... of the right sign, and only at the end it touches (complementary slackness).
            if multiple > 1e-9 { prop_assert!((along - low).abs() < 1e-9); }
            if multiple < -1e-9 { prop_assert!((along - high).abs() < 1e-9); }
        }

        #[test]
        fn slabs_and_box_satisfy_the_kkt_conditions(
            u in proptest::collection::vec(-1.0..1.0_f64, 3),
            first in proptest::collection::vec(0.5..1.5_f32, 3),
            second in proptest::collection::vec(0.5..1.5_f32, 3),
            level in 0.0..0.5_f64,
        ) {
            // `second` gets another direction, so that the sets meet at an angle.
            let second = [second[0], -second[1], second[2]];
            let slabs = [slab(&first, level, FAR), slab(&second, -FAR, level)];
            let bounds: (&[f64], &[f64]) = (&[-1.5; 3], &[1.5; 3]);
            let v = project(&u, &slabs, &[0.0; 3], Some(bounds));
            prop_assert!(v.iter().all(|v| v.abs() <= 1.5));
            prop_assert!(dot(&first, &v) >= level - 1e-2, "{}", dot(&first, &v));
            prop_assert!(dot(&second, &v) <= level + 1e-2);
            // The variational inequality (u − v)·(w − v) <= 0 for feasible w says KKT at once.
            for corner in 0..27_usize {
                let w: Vec<f64> = (0..3)
                    .map(|j| 0.75 * ((corner / 3_usize.pow(j)) % 3) as f64 - 0.75)
                    .collect();
                if dot(&first, &w) >= level && dot(&second, &w) <= level {
                    let product: f64 = (0..3).map(|j| (u[j] - v[j]) * (w[j] - v[j])).sum();
                    prop_assert!(product <= 5e-2, "{product}");
                }
            }
        }
    }
}
