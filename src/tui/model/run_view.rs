//! A run as it is seen: everything that its folder and its worker have told so far.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;

use super::cursor::Cursor;
use super::measuring::Measuring;
use super::pictures::Pictures;
use super::series::Series;
use super::tuning::Tuning;
use crate::run::history::HistoryLine;
use crate::run::marks::Marks;
use crate::run::measure::ScoresSoFar;
use crate::run::nearest::is_nearest;
use crate::run::record::SampleLine;
use crate::run::run_file::{ConstraintFile, RunFile};
use crate::run::snapshot::{Phase, Snapshot};
use crate::run::{DiversityNow, Seen, WorkerState};
use crate::sampler::Tunables;
use crate::text;

/// Snapshots that the pace is taken over.
const PACE_OVER: usize = 40;
/// Rows whose activations are charted.
const CHARTED_ROWS: usize = 64;

/// One open run.
#[derive(Debug, Clone)]
pub struct RunView {
    /// Its folder.
    pub path: PathBuf,
    /// Its `run.toml`.
    pub file: RunFile,
    /// The latest snapshot of its worker.
    pub snapshot: Option<Snapshot>,
    /// Who works it.
    pub worker: WorkerState,
    /// Activations `[constraint][row]` against steps.
    pub traces: Vec<Vec<Series>>,
    /// Rows inside every interval.
    pub feasible: Series,
    /// The objective.
    pub objective: Series,
    /// Mean distance of pairs of rows.
    pub mean_distance: Series,
    /// Least distance of a pair of rows.
    pub least_distance: Series,
    /// Effective number of distinct rows.
    pub vendi: Series,
    /// The latest scores of the rows.
    pub rows: Option<DiversityNow>,
    /// What happened, by step.
    pub events: Vec<(u64, String)>,
    /// Steps done.
    pub step: u64,
    /// Accepted samples, by index.
    pub samples: Vec<SampleLine>,
    /// Their pictures, as far as they are held.
    pub pictures: Pictures,
    /// Marked and hidden samples.
    pub marks: Marks,
    /// Their embeddings in the plane and distances, once read.
    pub map: Option<Arc<EmbeddingMap>>,
    /// Scores of the samples that are saved, or why there are none; once they were taken.
    pub scores: Option<Result<Arc<ScoresSoFar>, String>>,
    /// The scores that take networks.
    pub measuring: Measuring,
    /// What the classifier makes of the selected sample.
    pub portrait: Option<Arc<Portrait>>,
    /// Which sample is selected, by its place among all.
    pub sample: Cursor,
    /// Which constraint is charted.
    pub constraint: usize,
    /// Whether the charts show the whole history.
    pub whole_history: bool,
    /// The settings that may change.
    pub tuning: Tuning,
    pace: VecDeque<(f64, u64, u64)>,
}

/// Where the samples of a run lie in the plane of their two principal directions.
#[derive(Debug, Clone, PartialEq)]
pub struct EmbeddingMap {
    /// A point for each sample, by index.
    pub points: Vec<(f64, f64)>,
    /// Shares of the variance along both directions.
    pub explained: [f64; 2],
    /// Distance of each sample to the nearest other one.
    pub nearest: Vec<f64>,
}

/// What the classifier makes of one sample.
#[derive(Debug, Clone, PartialEq)]
pub struct Portrait {
    /// The sample.
    pub sample: u64,
    /// The first classes: label and probability (or activation, where the outputs are no logits).
    pub classes: Vec<(String, f64)>,
    /// Mean of each channel of the tensor that the first unit is read off.
    pub channels: Vec<f32>,
    /// That tensor.
    pub tensor: String,
}

impl RunView {
    /// A run of which nothing is known but its `run.toml`.
    pub fn new(path: PathBuf, file: RunFile) -> RunView {
        let tunables = Tunables::of(&file.settings);
        let constraints = file.constraint.len();
        RunView {
            path,
            snapshot: None,
            worker: WorkerState::Gone { finished: false },
            traces: vec![Vec::new(); constraints],
            feasible: Series::default(),
            objective: Series::default(),
            mean_distance: Series::default(),
            least_distance: Series::default(),
            vendi: Series::default(),
            rows: None,
            events: Vec::new(),
            step: 0,
            samples: Vec::new(),
            pictures: Pictures::default(),
            marks: Marks::default(),
            map: None,
            scores: None,
            measuring: Measuring::No,
            portrait: None,
            sample: Cursor::default(),
            constraint: 0,
            whole_history: true,
            tuning: Tuning::new(tunables, file.settings.method),
            pace: VecDeque::new(),
            file,
        }
    }

    /// The scores of its saved samples, once they were taken.
    pub fn saved_scores(&self) -> Option<&ScoresSoFar> {
        self.scores.as_ref()?.as_ref().ok().map(Arc::as_ref)
    }

    /// Whether there are samples that its map does not show.
    pub fn lacks_map(&self) -> bool {
        self.map.as_ref().map_or(0, |map| map.points.len()) < self.samples.len()
    }

    /// The name of its folder.
    pub fn name(&self) -> String {
        let name = self.path.file_name().unwrap_or(self.path.as_os_str());
        text::clean(&name.to_string_lossy())
    }

    /// Takes in what was seen.
    pub fn see(&mut self, seen: Seen) {
        match seen {
            Seen::Snapshot(snapshot) => self.see_snapshot(*snapshot),
            Seen::History(lines) => lines.into_iter().for_each(|line| self.see_line(line)),
            Seen::Samples(lines) => self.samples.extend(lines),
            Seen::Worker(worker) => {
                self.worker = worker;
                self.pace.clear();
                if !self.is_at_work() {
                    // Nobody is left who would take what is pending.
                    self.tuning.give_up();
                }
            }
            Seen::Rewound => {
                let fresh = RunView::new(self.path.clone(), self.file.clone());
                *self = RunView {
                    marks: std::mem::take(&mut self.marks),
                    worker: self.worker,
                    sample: self.sample,
                    constraint: self.constraint,
                    whole_history: self.whole_history,
                    ..fresh
                };
            }
        }
    }

    fn see_snapshot(&mut self, snapshot: Snapshot) {
        self.step = self.step.max(snapshot.step);
        self.tuning.acknowledge(&snapshot.tunables);
        self.marks.clone_from(&snapshot.marks);
        if snapshot.phase == Phase::Running {
            self.pace
                .push_back((snapshot.seconds, snapshot.step, snapshot.n_accepted));
            if self.pace.len() > PACE_OVER {
                self.pace.pop_front();
            }
        } else {
            self.pace.clear();
        }
        self.snapshot = Some(snapshot);
    }

    fn see_line(&mut self, line: HistoryLine) {
        match line {
            HistoryLine::Event { step, event } => self.events.push((step, text::clean(&event))),
            HistoryLine::Step {
                step,
                n_feasible,
                objective,
                activations,
                diversity,
                ..
            } => {
                let at = step as f64;
                self.step = self.step.max(step);
                self.feasible.push(at, n_feasible as f64);
                self.objective.push(at, objective.unwrap_or(f64::NAN));
                if let Some(diversity) = diversity {
                    self.mean_distance.push(at, diversity.mean_pairwise);
                    self.least_distance.push(at, diversity.min_pairwise);
                    self.vendi.push(at, diversity.vendi);
                    self.rows = Some(diversity);
                }
                for (row, activations) in
                    activations.iter().flatten().take(CHARTED_ROWS).enumerate()
                {
                    for (trace, value) in self.traces.iter_mut().zip(activations) {
                        if trace.len() <= row {
                            trace.resize(row + 1, Series::default());
                        }
                        trace[row].push(at, f64::from(*value));
                    }
                }
            }
        }
    }

    /// What it reached in place of its intervals, where it has ended short of its samples.
    pub fn nearest_reachable(&self) -> Option<&str> {
        let mut events = self.events.iter().rev().map(|(_, event)| event.as_str());
        events.find(|event| is_nearest(event))
    }

    /// Whether a worker steps it now.
    pub fn is_at_work(&self) -> bool {
        matches!(self.worker, WorkerState::Working { .. })
    }

    /// Whether orders reach its worker.
    pub fn takes_orders(&self) -> bool {
        matches!(self.worker, WorkerState::Working { writable: true, .. })
    }

    /// Whether it waits for an order.
    pub fn is_paused(&self) -> bool {
        self.is_at_work()
            && self
                .snapshot
                .as_ref()
                .is_some_and(|snapshot| snapshot.phase == Phase::Paused)
    }

    /// What it does now, in one word.
    pub fn state(&self) -> &'static str {
        match &self.worker {
            WorkerState::Working { .. } if self.is_paused() => "paused",
            WorkerState::Working { .. } if self.snapshot.is_none() => "starting",
            WorkerState::Working { .. } => "running",
            WorkerState::Gone { finished: true } => "ended",
            WorkerState::Gone { finished: false } => "stopped",
        }
    }

    /// Steps a second over the last snapshots.
    pub fn steps_per_second(&self) -> Option<f64> {
        let (first, last) = (self.pace.front()?, self.pace.back()?);
        let seconds = last.0 - first.0;
        (seconds > 0.0 && last.1 > first.1).then(|| (last.1 - first.1) as f64 / seconds)
    }

    /// Seconds until it ends: by the samples accepted a second where some were lately, else at most
    /// until the last step. The flag says that it is a bound.
    pub fn seconds_left(&self) -> Option<(f64, bool)> {
        let (first, last) = (self.pace.front()?, self.pace.back()?);
        let snapshot = self.snapshot.as_ref()?;
        let seconds = last.0 - first.0;
        if last.2 > first.2 && seconds > 0.0 {
            let rate = (last.2 - first.2) as f64 / seconds;
            return Some((
                (snapshot.n - snapshot.n_accepted.min(snapshot.n)) as f64 / rate,
                false,
            ));
        }
        let steps_left = snapshot.tunables.max_steps.saturating_sub(snapshot.step);
        Some((steps_left as f64 / self.steps_per_second()?, true))
    }

    /// The samples shown: hidden ones only where `dropped`.
    pub fn shown(&self, dropped: bool) -> Vec<&SampleLine> {
        self.samples
            .iter()
            .filter(|sample| dropped || !self.marks.dropped.contains(&sample.index))
            .collect()
    }

    /// The selected sample, hidden or not.
    pub fn selected(&self) -> Option<&SampleLine> {
        self.samples.get(self.selected_place()?)
    }

    /// The place of the selected sample among all.
    pub fn selected_place(&self) -> Option<usize> {
        self.sample.selected(self.samples.len())
    }

    /// Selects the sample at a place.
    pub fn select_place(&mut self, place: usize) {
        self.sample.select(place);
    }

    /// Selects the sample `by` places on among those that are not hidden.
    pub fn step_sample(&mut self, by: isize) {
        let shown: Vec<usize> = (0..self.samples.len())
            .filter(|&place| !self.marks.dropped.contains(&self.samples[place].index))
            .collect();
        let selected = self.selected_place().unwrap_or(0);
        let at = shown.partition_point(|&place| place < selected);
        let is_shown = shown.get(at) == Some(&selected);
        if let Some(&place) = shown.get(stepped(at, is_shown, by, shown.len())) {
            self.sample.select(place);
        }
    }

    /// The constraint that is charted.
    pub fn charted(&self) -> Option<&ConstraintFile> {
        self.file.constraint.get(self.constraint)
    }
}

/// The place `by` steps on in a list of `length`. Where what is selected is not in the list, `at` is
/// the place of what would come next, which is one step away already.
pub(super) fn stepped(at: usize, is_there: bool, by: isize, length: usize) -> usize {
    let by = if is_there || by <= 0 { by } else { by - 1 };
    at.saturating_add_signed(by).min(length.saturating_sub(1))
}

/// A constraint's unit by its place and label: `[145] king penguin`.
pub fn unit_name(constraint: &ConstraintFile) -> String {
    text::clean(&constraint.unit_name())
}

/// A constraint's interval: `20..30`.
pub fn interval_text(constraint: &ConstraintFile) -> String {
    let end = |end: Option<f64>| end.map_or(String::new(), super::draft::short);
    format!("{}..{}", end(constraint.low), end(constraint.high))
}
