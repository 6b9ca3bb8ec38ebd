//! The query while it is being made: bundle, search, constraints, settings.

use std::path::Path;

use super::cursor::Cursor;
use super::draft::Draft;
use super::knobs::Knobs;
use super::line::Line;
use super::settings;
use crate::run::{Manner, Request};

/// The parts of the query screen that take keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pane {
    /// The search field and its list.
    Units,
    /// The interval of the selected constraint.
    Interval,
    /// All constraints.
    Constraints,
    /// The settings.
    Settings,
}

impl Pane {
    const ALL: [Pane; 4] = [
        Pane::Units,
        Pane::Interval,
        Pane::Constraints,
        Pane::Settings,
    ];

    /// The pane `by` places on.
    pub fn next(self, by: isize) -> Pane {
        let at = Pane::ALL.iter().position(|&pane| pane == self).unwrap_or(0);
        Pane::ALL[(at as isize + by).rem_euclid(Pane::ALL.len() as isize) as usize]
    }
}

/// The query screen's state.
#[derive(Debug, Clone)]
pub struct QueryForm {
    /// Which part takes keys.
    pub pane: Pane,
    /// Whether keys are text of the search field.
    pub is_searching: bool,
    /// What is searched for.
    pub search: Line,
    /// The selected line of what was found.
    pub found: Cursor,
    /// The constraints, which all hold at once.
    pub constraints: Vec<Draft>,
    /// Which of them is edited.
    pub constraint: Cursor,
    /// Removed constraints and where they stood.
    removed: Vec<(usize, Draft)>,
    /// Everything else.
    pub settings: Knobs,
}

/// More constraints than anyone asks for at once.
pub const MOST_CONSTRAINTS: usize = 16;

impl QueryForm {
    /// An empty query with the command line's manner.
    pub fn new(manner: &Manner) -> QueryForm {
        QueryForm {
            pane: Pane::Units,
            is_searching: true,
            search: Line::default(),
            found: Cursor::default(),
            constraints: Vec::new(),
            constraint: Cursor::default(),
            removed: Vec::new(),
            settings: settings::knobs(manner),
        }
    }

    /// The constraint that is edited.
    pub fn draft(&self) -> Option<&Draft> {
        self.constraints
            .get(self.constraint.selected(self.constraints.len())?)
    }

    /// The same, to be changed.
    pub fn draft_mut(&mut self) -> Option<&mut Draft> {
        let at = self.constraint.selected(self.constraints.len())?;
        self.constraints.get_mut(at)
    }

    /// Forgets all constraints, also those that could be brought back: they are of another bundle.
    pub fn clear(&mut self) {
        self.constraints.clear();
        self.removed.clear();
    }

    /// Whether no more constraints can be asked for at once.
    pub fn is_full(&self) -> bool {
        self.constraints.len() >= MOST_CONSTRAINTS
    }

    /// Asks for a unit: in place of the selected constraint's, or besides all others, where there is
    /// room.
    pub fn take_unit(&mut self, draft: Draft, besides: bool) {
        if besides && self.is_full() {
            return;
        }
        if besides || self.constraints.is_empty() {
            self.constraint.select(self.constraints.len());
            self.constraints.push(draft);
        } else if let Some(current) = self.draft_mut()
            && current.unit != draft.unit
        {
            *current = draft;
        }
    }

    /// Removes the selected constraint.
    pub fn remove(&mut self) {
        if let Some(at) = self.constraint.selected(self.constraints.len()) {
            let draft = self.constraints.remove(at);
            self.removed.push((at, draft));
        }
    }

    /// Whether there is a removed constraint and room for it.
    pub fn can_restore(&self) -> bool {
        !self.removed.is_empty() && !self.is_full()
    }

    /// Brings back the constraint removed last.
    pub fn restore(&mut self) -> bool {
        if self.is_full() {
            return false;
        }
        let Some((at, draft)) = self.removed.pop() else {
            return false;
        };
        let at = at.min(self.constraints.len());
        self.constraints.insert(at, draft);
        self.constraint.select(at);
        true
    }

    /// Why it cannot be started, if so.
    pub fn problem(&self) -> Option<String> {
        if self.constraints.is_empty() {
            return Some("choose a unit first: type its name, then enter".to_owned());
        }
        self.constraints
            .iter()
            .find_map(|draft| Some(format!("{}: {}", draft.name, draft.problem()?)))
    }

    /// What is asked of the program. `manner` gives what has no setting on the screen.
    pub fn request(&self, bundle: &str, manner: &Manner, runs: &Path) -> Request {
        Request {
            bundle: bundle.to_owned(),
            query: self.constraints.iter().map(Draft::text).collect(),
            manner: settings::manner(&self.settings, manner),
            out: settings::out(&self.settings),
            runs: runs.to_owned(),
        }
    }
}
