//! How a run went, step by step, at as many steps as a figure can show.

use std::path::Path;

use crate::run::history::{HistoryLine, for_each_line};
use crate::run::{DiversityNow, RunError};

/// Most steps that are kept: a figure has fewer columns.
const MOST: usize = 600;

/// What the history of a run says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Traces {
    /// Steps at even distances, the first and the last among them.
    pub steps: Vec<Step>,
    /// Scores of the rows, by step.
    pub scores: Vec<(u64, DiversityNow)>,
    /// What happened between steps, all of it.
    pub events: Vec<(u64, String)>,
    /// Steps in all.
    pub total: u64,
}

/// One step.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Its number, from 1.
    pub step: u64,
    /// Rows inside every interval.
    pub n_feasible: u64,
    /// The objective; none where it is not finite.
    pub objective: Option<f64>,
    /// Codes evaluated so far.
    pub forwards: u64,
    /// Activations of the first rows, a column for each constraint.
    pub activations: Vec<Vec<f32>>,
}

impl Traces {
    /// Reads the history of the run in a folder.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read(folder: &Path) -> Result<Traces, RunError> {
        let (mut steps, mut scores) = (Thinned::default(), Thinned::default());
        let (mut events, mut total) = (Vec::new(), 0);
        for_each_line(folder, |line| match line {
            HistoryLine::Event { step, event } => events.push((step, event)),
            HistoryLine::Step {
                step,
                forwards,
                n_feasible,
                objective,
                activations,
                diversity,
                ..
            } => {
                total += 1;
                if let Some(diversity) = diversity {
                    scores.push((step, diversity));
                }
                steps.push(Step {
                    step,
                    n_feasible,
                    objective,
                    forwards,
                    activations: activations.unwrap_or_default(),
                });
            }
        })?;
        Ok(Traces {
            steps: steps.finish(),
            scores: scores.finish(),
            events,
            total,
        })
    }

    /// The last step.
    pub fn last(&self) -> Option<&Step> {
        self.steps.last()
    }
}

/// Of many things in a row the first, every so many, and the last.
struct Thinned<T> {
    kept: Vec<T>,
    last: Option<T>,
    seen: usize,
    every: usize,
}

impl<T> Default for Thinned<T> {
    fn default() -> Self {
        Thinned {
            kept: Vec::new(),
            last: None,
            seen: 0,
            every: 1,
        }
    }
}

impl<T> Thinned<T> {
    fn push(&mut self, thing: T) {
        self.last = None;
        if self.seen.is_multiple_of(self.every) {
            self.kept.push(thing);
        } else {
            self.last = Some(thing);
        }
        self.seen += 1;
        if self.kept.len() > MOST {
            let mut place = 0;
            self.kept.retain(|_| {
                place += 1;
                place % 2 == 1
            });
            self.every *= 2;
        }
    }

    fn finish(self) -> Vec<T> {
        let mut kept = self.kept;
        kept.extend(self.last);
        kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn thinned(count: usize) -> Vec<usize> {
        let mut thinned = Thinned::default();
        (0..count).for_each(|number| thinned.push(number));
        thinned.finish()
    }

    #[test]
    fn few_things_are_all_kept() {
        assert_eq!(thinned(0), [0; 0]);
        assert_eq!(thinned(600), (0..600).collect::<Vec<_>>());
    }

    #[test]
    fn of_many_the_first_the_last_and_some_at_even_distances_are_kept() {
        for count in [601, 602, 1200, 1201, 98_765] {
            let kept = thinned(count);
            assert!(kept.len() <= MOST + 1 && kept.len() >= MOST / 2, "{count}");
            assert_eq!((kept.first(), kept.last()), (Some(&0), Some(&(count - 1))));
            let distance = kept[1] - kept[0];
            let even = kept[..kept.len() - 1].windows(2);
            assert!(even.into_iter().all(|pair| pair[1] - pair[0] == distance));
        }
    }
}
