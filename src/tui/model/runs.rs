//! The list of all run folders: order and filter.

use std::path::Path;

use super::cursor::Cursor;
use super::line::Line;
use crate::run::{Listed, RunState};
use crate::text;

/// The order of the list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RunOrder {
    /// The newest first.
    #[default]
    Newest,
    /// By the name of the folder.
    Name,
    /// Those at work first.
    State,
}

impl RunOrder {
    /// The next one.
    pub fn next(self) -> RunOrder {
        match self {
            RunOrder::Newest => RunOrder::Name,
            RunOrder::Name => RunOrder::State,
            RunOrder::State => RunOrder::Newest,
        }
    }

    /// Its name on the screen.
    pub fn title(self) -> &'static str {
        match self {
            RunOrder::Newest => "newest first",
            RunOrder::Name => "by name",
            RunOrder::State => "by state",
        }
    }
}

/// The list and how it is shown.
#[derive(Debug, Clone, Default)]
pub struct RunsView {
    /// All run folders; none before they were looked for.
    pub listed: Option<Vec<Listed>>,
    /// What is typed in the filter.
    pub filter: Line,
    /// Whether keys are text of the filter.
    pub is_filtering: bool,
    /// The order.
    pub order: RunOrder,
    /// The selected line.
    pub cursor: Cursor,
}

impl RunsView {
    /// The runs that pass the filter, in order.
    pub fn shown(&self) -> Vec<&Listed> {
        let filter = self.filter.text().to_lowercase();
        let words: Vec<&str> = filter.split_whitespace().collect();
        let mut shown: Vec<&Listed> = self
            .listed
            .iter()
            .flatten()
            .filter(|listed| {
                let text = words_of(listed).to_lowercase();
                words.iter().all(|word| text.contains(word))
            })
            .collect();
        match self.order {
            RunOrder::Newest => {}
            RunOrder::Name => shown.sort_by(|a, b| a.path.cmp(&b.path)),
            RunOrder::State => shown.sort_by_key(|listed| rank(&listed.state)),
        }
        shown
    }

    /// Takes in what was found: the run that was selected stays so.
    pub fn take(&mut self, listed: Vec<Listed>) {
        let selected = self.selected().map(|listed| listed.path.clone());
        self.listed = Some(listed);
        self.select(selected.as_deref());
    }

    /// Leaves a run out that is no more.
    pub fn forget(&mut self, path: &Path) {
        if let Some(listed) = &mut self.listed {
            listed.retain(|listed| listed.path != path);
        }
    }

    /// The next order: the run that was selected stays so.
    pub fn reorder(&mut self) {
        let selected = self.selected().map(|listed| listed.path.clone());
        self.order = self.order.next();
        self.select(selected.as_deref());
    }

    fn select(&mut self, path: Option<&Path>) {
        let shown = self.shown();
        if let Some(at) = shown
            .iter()
            .position(|listed| Some(listed.path.as_path()) == path)
        {
            self.cursor.select(at);
        }
    }

    /// The selected run.
    pub fn selected(&self) -> Option<&Listed> {
        let shown = self.shown();
        let at = self.cursor.selected(shown.len())?;
        shown.get(at).copied()
    }
}

/// The query of a listed run.
pub fn query_of(listed: &Listed) -> String {
    let query = listed.file.as_ref().map(|file| file.query.join(" and "));
    text::clean(&query.unwrap_or_default())
}

/// What a run does, in one word.
pub fn state_of(listed: &Listed) -> &'static str {
    match listed.state {
        RunState::Working(_) => "running",
        RunState::Ended(_) => "ended",
        RunState::Resumable => "stopped",
        RunState::Damaged(_) => "damaged",
    }
}

/// All that a filter looks at.
fn words_of(listed: &Listed) -> String {
    let file = listed.file.as_ref();
    let bundle = file.map_or("", |file| file.bundle.as_str());
    let method = file.map_or("", |file| file.settings.method.name());
    let folder = listed.path.display();
    format!(
        "{} {} {bundle} {method} {folder}",
        query_of(listed),
        state_of(listed)
    )
}

fn rank(state: &RunState) -> u8 {
    match state {
        RunState::Working(_) => 0,
        RunState::Resumable => 1,
        RunState::Ended(_) => 2,
        RunState::Damaged(_) => 3,
    }
}
