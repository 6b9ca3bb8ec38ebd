//! What a run that fell short of its samples could have reached: the nearest intervals that hold as
//! many starts, as a query ready to be asked.

use super::run_file::ConstraintFile;
use crate::query::number_text;
use crate::sampler::{Interval, Reached, nearest_reachable};
use crate::text::{clean, counted, shell_word};

/// What the line begins with.
const HEADING: &str = "nearest reachable";

/// The nearest intervals that starts of a run were inside of, all at once.
#[derive(Debug, Clone, PartialEq)]
pub struct Nearest {
    /// How many starts were.
    pub starts: usize,
    /// One for each constraint, in their order; see [`nearest_reachable`].
    pub intervals: Vec<Interval>,
    units: Vec<String>,
}

impl Nearest {
    /// Of a run that reached so much of its constraints; none where the asked intervals held as many
    /// starts as they are, or nothing is known.
    pub(super) fn of(constraints: &[ConstraintFile], reached: &Reached) -> Option<Nearest> {
        let asked = constraints
            .iter()
            .map(|constraint| Interval::new(constraint.low, constraint.high).ok())
            .collect::<Option<Vec<_>>>()?;
        Some(Nearest {
            intervals: nearest_reachable(&asked, &reached.nearest)?,
            starts: reached.nearest.len(),
            units: constraints
                .iter()
                .map(|constraint| constraint.unit.clone())
                .collect(),
        })
    }

    /// The constraints as `--where` takes them.
    pub fn query(&self) -> impl Iterator<Item = String> + '_ {
        let constraints = self.units.iter().zip(&self.intervals);
        constraints.map(|(unit, interval)| {
            let end = |end: Option<f64>| end.map_or(String::new(), number_text);
            format!(
                "{unit} in {}..{}",
                end(interval.low()),
                end(interval.high())
            )
        })
    }

    /// One line that says it, with flags ready for a shell.
    pub fn line(&self) -> String {
        let flags: Vec<String> = self
            .query()
            .map(|constraint| format!("--where {}", shell_word(&clean(&constraint))))
            .collect();
        let at_once = if flags.len() > 1 { ", at once" } else { "" };
        format!(
            "{HEADING} (by {} of this run{at_once}): {}",
            counted(self.starts, "start"),
            flags.join(" ")
        )
    }
}

/// Whether an event of a run's history is such a line.
pub fn is_nearest(event: &str) -> bool {
    event.starts_with(HEADING)
}

/// The two halves of an event that is such a line: what was reached by how many starts, and the flags.
pub fn halves(event: &str) -> Option<(&str, &str)> {
    event.split_once(": ").filter(|_| is_nearest(event))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::run::test_runs::run_file;

    #[test]
    fn the_line_has_the_flags_of_another_run() {
        let mut file = run_file();
        file.constraint[1].low = None;
        file.constraint[1].high = Some(0.0);
        let reached = Reached {
            nearest: vec![vec![7.25, -1.0], vec![6.5, 0.5]],
            ..Reached::default()
        };
        let nearest = Nearest::of(&file.constraint, &reached).unwrap();
        assert_eq!(
            nearest.line(),
            "nearest reachable (by 2 starts of this run, at once): \
             --where 'ankle boot in 6.49..' --where 't[1,2,3] in ..0.6'"
        );
        assert!(is_nearest(&nearest.line()));
        let flags = "--where 'ankle boot in 6.49..' --where 't[1,2,3] in ..0.6'";
        let said = "nearest reachable (by 2 starts of this run, at once)";
        assert_eq!(halves(&nearest.line()), Some((said, flags)));
        assert_eq!(halves("paused: by an order"), None);
    }

    #[test]
    fn intervals_that_hold_all_starts_have_no_nearer_ones() {
        let reached = Reached {
            nearest: vec![vec![10.5, 11.0]],
            ..Reached::default()
        };
        assert_eq!(Nearest::of(&run_file().constraint, &reached), None);
        assert_eq!(
            Nearest::of(&run_file().constraint, &Reached::default()),
            None
        );
    }
}
