//! Projects a proposed displacement onto the linearised intervals and the code's box.

use ndarray::ArrayView1;

/// Below this norm a gradient says nothing: its constraint leaves the displacement alone.
pub(super) const DEAD_GRADIENT: f64 = 1e-8;
/// Dykstra's sweeps over all sets.
const SWEEPS: usize = 20;
/// A sweep that changes every coordinate by less than this share of the longest one ends Dykstra.
const SETTLED: f64 = 1e-12;

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
    /// The displacements that approach both ends of `[z1, z2]` by at most the share `alpha` of
    /// their distance, to first order: α(z1 − f) <= ∇f·v <= α(z2 − f), open ends (infinite)
    /// dropped. Nothing where ‖∇f‖ is below the threshold.
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
        let norm_squared = normal.iter().map(|&g| f64::from(g) * f64::from(g)).sum();
        if f64::sqrt(norm_squared) < DEAD_GRADIENT {
            return None;
        }
        let longest = reach * f64::sqrt(norm_squared);
        Some(Slab {
            normal,
            norm_squared,
            low: (alpha * (z1 - activation)).min(longest),
            high: (alpha * (z2 - activation)).max(-longest),
        })
    }

    /// Moves `displacement` to the nearest point of the slab and returns the multiple of the
    /// normal that was added: v = u + (clamp(∇f·u, low, high) − ∇f·u) ∇f/‖∇f‖².
    fn project(&self, displacement: &mut [f64]) -> f64 {
        let along: f64 = self
            .normal
            .iter()
            .zip(&*displacement)
            .map(|(&g, &u)| f64::from(g) * u)
            .sum();
        // Not f64::clamp: it panics where rounding has crossed the bounds of a point interval.
        let multiple = (along.min(self.high).max(self.low) - along) / self.norm_squared;
        self.add_normal(displacement, multiple);
        multiple
    }

    fn add_normal(&self, displacement: &mut [f64], multiple: f64) {
        if multiple != 0.0 {
            for (value, &g) in displacement.iter_mut().zip(&self.normal) {
                *value += multiple * f64::from(g);
            }
        }
    }
}

/// Projects displacements; keeps its memory between calls.
#[derive(Debug, Clone, Default)]
pub(super) struct Projector {
    /// What the last projection onto each slab added, as a multiple of its normal.
    multiples: Vec<f64>,
    /// What the last projection onto the box added `[d]`.
    correction: Vec<f64>,
    before: Vec<f64>,
}

impl Projector {
    /// Moves `displacement` to the nearest point of all `slabs` and of the box `bounds` around
    /// `code`. One slab without bounds: the closed form. Otherwise Dykstra's algorithm, at most 20
    /// sweeps, the box last, so that the box holds exactly and what is left over shows in the
    /// slabs, which are linearisations anyway.
    pub(super) fn project(
        &mut self,
        displacement: &mut [f64],
        slabs: &[Slab<'_>],
        code: ArrayView1<'_, f32>,
        bounds: Option<(&[f64], &[f64])>,
    ) {
        if bounds.is_none() && slabs.len() <= 1 {
            for slab in slabs {
                slab.project(displacement);
            }
            return;
        }
        self.multiples.clear();
        self.multiples.resize(slabs.len(), 0.0);
        self.correction.clear();
        self.correction.resize(displacement.len(), 0.0);
        for _ in 0..SWEEPS {
            self.before.clear();
            self.before.extend_from_slice(displacement);
            for (slab, multiple) in slabs.iter().zip(&mut self.multiples) {
                // Take the last correction back, project, remember the new one.
                slab.add_normal(displacement, -*multiple);
                *multiple = slab.project(displacement);
            }
            if let Some((low, high)) = bounds {
                for (j, value) in displacement.iter_mut().enumerate() {
                    let free = *value - self.correction[j];
                    let at = f64::from(code[j]);
                    *value = free.min(high[j] - at).max(low[j] - at);
                    self.correction[j] = *value - free;
                }
            }
            if self.settled(displacement) {
                break;
            }
        }
    }

    fn settled(&self, displacement: &[f64]) -> bool {
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
        Projector::default().project(&mut v, slabs, aview1(code), bounds);
        v
    }

    #[test]
    fn one_slab_has_the_closed_form() {
        let normal = [3.0, 4.0];
        assert_eq!(
            project(&[1.0, 1.0], &[slab(&normal, -FAR, 2.0)], &[0.0; 2], None),
            [1.0 - 5.0 * 3.0 / 25.0, 1.0 - 5.0 * 4.0 / 25.0]
        );
        assert_eq!(
            project(&[0.0, 0.0], &[slab(&normal, 5.0, FAR)], &[0.0; 2], None),
            [0.6, 0.8]
        );
        assert_eq!(
            project(&[0.1, 0.1], &[slab(&normal, -1.0, 1.0)], &[0.0; 2], None),
            [0.1, 0.1]
        );
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
