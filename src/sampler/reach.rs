//! How near each start came to all intervals at once, and which intervals would have held them.

use super::interval::Interval;
use super::state::{State, StateError};
use ndarray::{Array2, ArrayView1};

/// An end that moves is rounded outwards to a power of ten, at most this part of the width.
const ROUNDING: f64 = 0.1;
/// What counts as a width at least, as a share of the larger end: starts that all came to the same
/// place leave none.
const LEAST_WIDTH: f64 = 0.1;

/// Of every start, the activations where it was nearest to all intervals at once.
#[derive(Debug, Clone)]
pub(super) struct Reach {
    /// Least violation of the start of each row; the largest number where none is known.
    violations: Vec<f64>,
    /// The activations there `[rows, m]`.
    activations: Array2<f32>,
    /// The nearest of the starts given up, by ascending violation; at most one for each row.
    given_up: Vec<(f64, Vec<f32>)>,
}

impl Reach {
    /// Nothing is known of `rows` rows with `constraints` constraints.
    pub(super) fn new(rows: usize, constraints: usize) -> Self {
        Reach {
            violations: vec![f64::MAX; rows],
            activations: Array2::zeros((rows, constraints)),
            given_up: Vec::new(),
        }
    }

    /// Takes in where a row is.
    pub(super) fn note(&mut self, row: usize, violation: f64, activations: ArrayView1<'_, f32>) {
        if violation < self.violations[row] {
            self.violations[row] = violation;
            self.activations.row_mut(row).assign(&activations);
        }
    }

    /// A row begins at another start.
    pub(super) fn begin(&mut self, row: usize) {
        let violation = std::mem::replace(&mut self.violations[row], f64::MAX);
        if violation < f64::MAX {
            let at = self
                .given_up
                .partition_point(|(known, _)| *known <= violation);
            let activations = self.activations.row(row).to_vec();
            self.given_up.insert(at, (violation, activations));
            self.given_up.truncate(self.violations.len());
        }
    }

    pub(super) fn save(&self, state: &mut State) {
        let constraints = self.activations.ncols();
        state.put_f64("reach_violations", &self.violations);
        state.put_matrix("reach_activations", &self.activations);
        let (violations, rows): (Vec<f64>, Vec<&[f32]>) = self
            .given_up
            .iter()
            .map(|(violation, row)| (*violation, row.as_slice()))
            .unzip();
        let given_up = Array2::from_shape_fn((rows.len(), constraints), |(row, constraint)| {
            rows[row][constraint]
        });
        state.put_f64("given_up_violations", &violations);
        state.put_matrix("given_up_activations", &given_up);
    }

    /// That of a state; none where it has none: those of earlier versions do not.
    pub(super) fn load(state: &State) -> Result<Option<Self>, StateError> {
        if !state.arrays.contains_key("reach_violations") {
            return Ok(None);
        }
        let violations = state.f64("reach_violations", None)?;
        let given_up = state.f64("given_up_violations", None)?;
        let rows = state.matrix_of_rows("given_up_activations", given_up.len())?;
        let rows = rows.rows().into_iter().map(|row| row.to_vec());
        Ok(Some(Reach {
            activations: state.matrix_of_rows("reach_activations", violations.len())?,
            violations,
            given_up: given_up.into_iter().zip(rows).collect(),
        }))
    }

    /// Whether it is of so many rows and constraints.
    pub(super) fn fits(&self, rows: usize, constraints: usize) -> bool {
        self.activations.dim() == (rows, constraints)
    }

    /// As many starts as there are rows, those that came nearest to all intervals at once, given up
    /// or not: the activations `[m]` of each where it was nearest. Fewer where fewer had finite
    /// values.
    pub(super) fn nearest(&self) -> Vec<Vec<f32>> {
        let rows = self.violations.iter().zip(self.activations.rows());
        let mut starts: Vec<(f64, Vec<f32>)> = rows
            .filter(|&(&violation, _)| violation < f64::MAX)
            .map(|(&violation, row)| (violation, row.to_vec()))
            .chain(self.given_up.iter().cloned())
            .collect();
        starts.sort_by(|a, b| a.0.total_cmp(&b.0));
        let nearest = starts.into_iter().take(self.violations.len());
        nearest.map(|(_, activations)| activations).collect()
    }
}

/// The nearest intervals that hold all of `starts`, each the activations `[m]` at one code: every
/// start was inside all of them at once.
///
/// An interval that holds them already stays. One that they fell short of moves towards them by as
/// little as holds them and keeps its width, where it has one and they fit into it. Ends that move
/// are rounded outwards, margin included, so that another run has its samples inside and not on the
/// rim. An end at 0 stays there: units behind a ReLU are exactly 0 and never below.
///
/// None where there is no start, or all intervals hold them as they are.
pub fn nearest_reachable(intervals: &[Interval], starts: &[Vec<f32>]) -> Option<Vec<Interval>> {
    let nearest: Vec<Interval> = intervals
        .iter()
        .enumerate()
        .map(|(constraint, interval)| {
            let values = starts.iter().filter_map(|start| start.get(constraint));
            let values = values.map(|&value| f64::from(value));
            let (least, greatest) = values
                .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
                    (low.min(value), high.max(value))
                });
            holding(*interval, least, greatest)
        })
        .collect::<Option<_>>()?;
    (nearest != intervals).then_some(nearest)
}

/// The interval moved so that it holds values from `least` to `greatest`; none where these are none.
fn holding(interval: Interval, least: f64, greatest: f64) -> Option<Interval> {
    if !(least.is_finite() && greatest.is_finite()) {
        return None;
    }
    let falls_short = interval.low().is_some_and(|low| least < low);
    let goes_beyond = interval.high().is_some_and(|high| greatest > high);
    let width = interval
        .low()
        .zip(interval.high())
        .map(|(low, high)| high - low);
    let (low, high) = match (falls_short, goes_beyond) {
        (false, false) => return Some(interval),
        (true, false) => (Some(least), width.map(|width| greatest.max(least + width))),
        (false, true) => (
            width.map(|width| least.min(greatest - width)),
            Some(greatest),
        ),
        (true, true) => (Some(least), Some(greatest)),
    };
    let margin = 1.5 * Interval::new(low, high).ok()?.margin();
    let width = match (low, high) {
        (Some(low), Some(high)) => high - low,
        _ => greatest - least,
    };
    let level = least.abs().max(greatest.abs());
    let width = width.max(LEAST_WIDTH * if level > 0.0 { level } else { 1.0 });
    let unit = 10_f64.powf((ROUNDING * width).log10().floor());
    let outwards = |end: f64, by: f64, round: fn(f64) -> f64| {
        if end == 0.0 {
            return end;
        }
        let digits = (-unit.log10()).max(0.0) as usize;
        let rounded = round((end + by) / unit) * unit;
        format!("{rounded:.digits$}").parse().unwrap_or(rounded)
    };
    let low = low.map(|low| outwards(low, -margin, f64::floor));
    let high = high.map(|high| outwards(high, margin, f64::ceil));
    Interval::new(low, high).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use ndarray::aview1;

    fn interval(low: Option<f64>, high: Option<f64>) -> Interval {
        Interval::new(low, high).unwrap()
    }

    fn nearest(low: Option<f64>, high: Option<f64>, values: &[f32]) -> Option<Interval> {
        let starts: Vec<Vec<f32>> = values.iter().map(|&value| vec![value]).collect();
        nearest_reachable(&[interval(low, high)], &starts).map(|intervals| intervals[0])
    }

    #[test]
    fn an_interval_moves_towards_what_was_reached_and_keeps_its_width() {
        let moved = nearest(Some(50.0), Some(60.0), &[12.3, 14.9]).unwrap();
        assert_eq!((moved.low(), moved.high()), (Some(12.0), Some(23.0)));
        let moved = nearest(Some(-60.0), Some(-50.0), &[-12.3, -14.9]).unwrap();
        assert_eq!((moved.low(), moved.high()), (Some(-23.0), Some(-12.0)));
        let open = nearest(Some(1e6), None, &[7.25, 9.5, 8.0]).unwrap();
        assert_eq!((open.low(), open.high()), (Some(7.2), None));
        let open = nearest(None, Some(-5.0), &[1.0, 3.0]).unwrap();
        assert_eq!((open.low(), open.high()), (None, Some(3.1)));
    }

    #[test]
    fn what_does_not_fit_into_the_width_is_held_all_the_same() {
        let wider = nearest(Some(50.0), Some(51.0), &[12.34, 49.0]).unwrap();
        assert!(wider.contains(12.34) && wider.contains(49.0), "{wider:?}");
        // Values on both sides of a gap.
        let both = nearest(Some(0.4), Some(0.5), &[0.25, 0.75]).unwrap();
        assert_eq!((both.low(), both.high()), (Some(0.24), Some(0.76)));
        // Some were inside already.
        let some = nearest(Some(10.0), Some(20.0), &[12.0, 15.0, 8.5]).unwrap();
        assert_eq!((some.low(), some.high()), (Some(8.0), Some(19.0)));
    }

    #[test]
    fn an_interval_that_holds_them_stays_and_nothing_known_gives_none() {
        assert_eq!(nearest(Some(1.0), Some(2.0), &[1.5, 2.0]), None);
        assert_eq!(nearest(Some(1.0), Some(2.0), &[]), None);
        assert_eq!(nearest_reachable(&[], &[vec![]]), None);
    }

    #[test]
    fn a_unit_that_is_dead_everywhere_is_offered_zero_and_no_less() {
        let dead = nearest(Some(5.0), Some(6.0), &[0.0, 0.0]).unwrap();
        assert_eq!((dead.low(), dead.high()), (Some(0.0), Some(1.1)));
    }

    #[test]
    fn all_intervals_are_of_the_same_codes() {
        let intervals = [interval(Some(10.0), None), interval(None, Some(0.0))];
        let starts = [vec![9.0, -1.0], vec![4.0, -3.0]];
        let nearest = nearest_reachable(&intervals, &starts).unwrap();
        assert_eq!(nearest[1], intervals[1]);
        for start in &starts {
            for (interval, &value) in nearest.iter().zip(start) {
                assert!(interval.contains(f64::from(value)), "{interval:?} {value}");
            }
        }
    }

    #[test]
    fn the_nearest_starts_are_kept_whether_given_up_or_not() {
        let mut reach = Reach::new(2, 1);
        for violation in [5.0, 1.0, 4.0, 3.0] {
            reach.note(0, violation + 1.0, aview1(&[0.0]));
            reach.note(0, violation, aview1(&[violation as f32]));
            reach.begin(0);
        }
        assert_eq!(reach.nearest(), [[1.0], [3.0]]);
        reach.note(1, 2.0, aview1(&[2.0]));
        assert_eq!(reach.nearest(), [[1.0], [2.0]]);
        let mut state = State::default();
        reach.save(&mut state);
        let loaded = Reach::load(&state).unwrap().unwrap();
        assert_eq!(loaded.nearest(), reach.nearest());
        let mut again = State::default();
        loaded.save(&mut again);
        assert_eq!(again, state);
    }
}
