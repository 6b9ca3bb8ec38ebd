//! What lies over a screen and takes the keys: help, menus, a line to type, a large picture.

use std::path::PathBuf;

use super::action::{Action, Place, TABLE};
use super::app::App;
use super::keymap::Keymap;
use super::model::cursor::Cursor;
use super::model::draft::short;
use super::model::line::Line;
use crate::text;

/// One overlay.
#[derive(Debug, Clone, PartialEq)]
pub enum Overlay {
    /// All keys.
    Help {
        /// The first line shown.
        scroll: usize,
        /// The place that it was opened in, whose keys come first.
        opened_in: Place,
    },
    /// Lines to choose from.
    Menu(Menu),
    /// A line to type.
    Prompt(Prompt),
    /// The selected sample, large.
    Large,
    /// Every score of the run's samples.
    Scores {
        /// The first line shown.
        scroll: usize,
        /// The first column shown.
        across: usize,
    },
}

impl Overlay {
    /// Whether it belongs to the run that is shown.
    pub fn is_about_a_run(&self) -> bool {
        match self {
            Overlay::Large | Overlay::Scores { .. } => true,
            Overlay::Prompt(prompt) => matches!(prompt.asked, Asked::Tuning | Asked::Export),
            Overlay::Help { .. } | Overlay::Menu(_) => false,
        }
    }

    /// What it is for the keys.
    pub fn place(&self) -> Place {
        match self {
            Overlay::Help { .. } => Place::Help,
            Overlay::Menu(menu) => menu.place,
            Overlay::Prompt(_) => Place::Prompt,
            Overlay::Large => Place::Large,
            Overlay::Scores { .. } => Place::Scores,
        }
    }
}

/// What choosing a line of a menu does.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// An action.
    Act(Action),
    /// Takes a theme.
    Theme(String),
    /// Opens a bundle.
    Bundle(String),
    /// Types the path of a bundle.
    TypeBundle,
    /// Leaves; the runs at work go on.
    QuitAndLeave,
    /// Leaves; the runs at work stop after their step.
    QuitAndStop,
    /// Deletes a run's folder.
    RemoveRun(PathBuf),
    /// Nothing.
    Cancel,
}

/// A line of a menu.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// What it says.
    pub title: String,
    /// What choosing it does, in a few words.
    pub note: String,
    /// A key that does the same elsewhere.
    pub key: String,
    /// Why it cannot be chosen now.
    pub disabled: Option<&'static str>,
    /// What choosing it does.
    pub outcome: Outcome,
}

/// Lines to choose from.
#[derive(Debug, Clone, PartialEq)]
pub struct Menu {
    /// What it is for the keys.
    pub place: Place,
    /// Its title.
    pub title: String,
    /// A sentence above the lines.
    pub text: String,
    /// All lines.
    pub items: Vec<Item>,
    /// What is typed to find one; none where nothing can be typed.
    pub filter: Option<Line>,
    /// The selected line among those that pass the filter.
    pub cursor: Cursor,
    /// The theme to go back to.
    pub before: Option<String>,
}

impl Menu {
    /// A question.
    pub fn question(title: &str, text: String, items: Vec<Item>) -> Menu {
        Menu {
            place: Place::Question,
            title: title.to_owned(),
            text,
            items,
            filter: None,
            cursor: Cursor::default(),
            before: None,
        }
    }

    /// The lines that pass the filter, best first.
    pub fn shown(&self) -> Vec<&Item> {
        let Some(filter) = self.filter.as_ref().filter(|filter| !filter.is_empty()) else {
            return self.items.iter().collect();
        };
        let titles: Vec<&str> = self.items.iter().map(|item| item.title.as_str()).collect();
        super::fuzzy::matching(&filter.text(), &titles)
            .into_iter()
            .filter_map(|found| self.items.get(found))
            .collect()
    }

    /// The selected line.
    pub fn selected(&self) -> Option<&Item> {
        let shown = self.shown();
        let at = self.cursor.selected(shown.len())?;
        shown.get(at).copied()
    }
}

/// What a typed line is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// An end of the interval.
    End,
    /// A setting of the query.
    Setting,
    /// A setting of the run at work.
    Tuning,
    /// The path of a bundle.
    Bundle,
    /// Where an export goes.
    Export,
}

/// A line to type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    /// What for.
    pub asked: Asked,
    /// Its title.
    pub title: String,
    /// What can be typed.
    pub hint: String,
    /// What was typed.
    pub line: Line,
    /// What is wrong with it.
    pub problem: Option<String>,
}

impl Prompt {
    /// An end of the interval.
    pub fn end(app: &App) -> Option<Prompt> {
        let draft = app.query.draft()?;
        let side = match draft.side {
            super::model::draft::Side::Low => "Low end",
            super::model::draft::Side::High => "High end",
        };
        let range = draft.distribution.as_ref().map_or(String::new(), |known| {
            format!(
                "; real images: {} to {}",
                short(known.low),
                short(known.high)
            )
        });
        Some(Prompt {
            asked: Asked::End,
            title: format!("{side} of {}", text::clean(&draft.name)),
            hint: format!("a value, a quantile like p99, or nothing for an open end{range}"),
            line: Line::new(&draft.end().text()),
            problem: None,
        })
    }

    /// A value of the selected knob.
    pub fn knob(asked: Asked, knob: &super::model::knob::Knob) -> Prompt {
        Prompt {
            asked,
            title: knob.title.to_owned(),
            hint: knob.help.to_owned(),
            line: Line::new(&knob.value().to_string()),
            problem: None,
        }
    }
}

/// All actions that make sense where the palette was opened.
pub fn palette(app: &App) -> Menu {
    let place = app.place();
    let items = Keymap::entries(place)
        .filter(|entry| {
            !matches!(
                entry.action,
                Action::Up | Action::Down | Action::Left | Action::Right | Action::Palette
            )
        })
        .map(|entry| Item {
            title: entry.title.to_owned(),
            note: entry.help.to_owned(),
            key: app
                .keymap
                .shown(place, entry.action)
                .map_or(String::new(), |chord| chord.to_string()),
            disabled: super::enabled::why_not(app, entry.action),
            outcome: Outcome::Act(entry.action),
        })
        .collect();
    Menu {
        place: Place::Palette,
        title: "Actions".to_owned(),
        text: String::new(),
        items,
        filter: Some(Line::default()),
        cursor: Cursor::default(),
        before: None,
    }
}

/// All themes.
pub fn themes(app: &App) -> Menu {
    let names = app.themes.names();
    let at = names.iter().position(|name| *name == app.theme.name());
    let items = names
        .iter()
        .map(|name| Item {
            title: (*name).to_owned(),
            note: String::new(),
            key: String::new(),
            disabled: None,
            outcome: Outcome::Theme((*name).to_owned()),
        })
        .collect();
    Menu {
        place: Place::Themes,
        title: "Themes".to_owned(),
        text: String::new(),
        items,
        filter: None,
        cursor: Cursor::at(at.unwrap_or(0)),
        before: Some(app.theme.name().to_owned()),
    }
}

/// The bundles that can be chosen, and a path.
pub fn bundles(app: &App) -> Menu {
    let mut items: Vec<Item> = app
        .bundles
        .iter()
        .map(|name| Item {
            title: text::clean(name),
            note: if name == app.bundle.name() {
                "in use"
            } else {
                ""
            }
            .to_owned(),
            key: String::new(),
            disabled: None,
            outcome: Outcome::Bundle(name.clone()),
        })
        .collect();
    items.push(Item {
        title: "a folder…".to_owned(),
        note: "type the path of a folder with a bundle.toml".to_owned(),
        key: String::new(),
        disabled: None,
        outcome: Outcome::TypeBundle,
    });
    let at = app
        .bundles
        .iter()
        .position(|name| name == app.bundle.name());
    Menu {
        cursor: Cursor::at(at.unwrap_or(0)),
        ..Menu::question("Bundles", String::new(), items)
    }
}

/// A line of a question.
fn answer(title: &str, note: &str, outcome: Outcome) -> Item {
    Item {
        title: title.to_owned(),
        note: note.to_owned(),
        key: String::new(),
        disabled: None,
        outcome,
    }
}

/// What becomes of the runs at work when the program ends.
pub fn quit(runs: &[String]) -> Menu {
    let which = match runs {
        [run] => run.clone(),
        runs => format!("{} runs", runs.len()),
    };
    Menu::question(
        "Leave?",
        format!("{which} at work."),
        vec![
            answer(
                "Leave it running",
                "invset attach RUN shows it again",
                Outcome::QuitAndLeave,
            ),
            answer(
                "Stop after this step",
                "invset resume RUN goes on",
                Outcome::QuitAndStop,
            ),
            answer("Cancel", "stay here", Outcome::Cancel),
        ],
    )
}

/// Whether the program really ends while a run is being made, which then may never begin.
pub fn quit_while_starting() -> Menu {
    Menu::question(
        "Leave?",
        "A run is being made and has no worker yet.".to_owned(),
        vec![
            answer("Cancel", "wait for it", Outcome::Cancel),
            answer("Leave", "the run may not begin", Outcome::QuitAndLeave),
        ],
    )
}

/// Whether a run's folder is really to be deleted.
pub fn remove_run(path: &std::path::Path, samples: u64) -> Menu {
    let name = text::clean(&path.display().to_string());
    Menu::question(
        "Delete this run?",
        format!("{name}: {samples} samples, their pictures and history."),
        vec![
            answer("Cancel", "keep it", Outcome::Cancel),
            answer(
                "Delete",
                "this cannot be undone",
                Outcome::RemoveRun(path.to_owned()),
            ),
        ],
    )
}

/// The lines of the help that pass its search: places with their actions.
pub fn help_lines(app: &App, opened_in: Place) -> Vec<HelpLine> {
    let filter = app.help.text().to_lowercase();
    let mut lines = Vec::new();
    let others = Place::ALL.into_iter().filter(|&place| place != opened_in);
    for place in std::iter::once(opened_in).chain(others) {
        let entries: Vec<HelpLine> = TABLE
            .iter()
            .filter(|entry| entry.places.contains(&place))
            .filter(|entry| {
                filter.is_empty()
                    || entry.title.contains(&filter)
                    || entry.help.to_lowercase().contains(&filter)
            })
            .map(|entry| {
                let chords = app.keymap.chords(entry.action).iter();
                let keys: Vec<String> = chords
                    .filter(|&&chord| app.keymap.action(place, chord) == Some(entry.action))
                    .map(ToString::to_string)
                    .collect();
                HelpLine::Entry {
                    keys: keys.join(" "),
                    help: entry.help,
                }
            })
            .collect();
        if !entries.is_empty() {
            lines.push(HelpLine::Place(place.title()));
            lines.extend(entries);
        }
    }
    lines
}

/// A line of the help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HelpLine {
    /// Where the lines below hold.
    Place(&'static str),
    /// An action.
    Entry {
        /// Its keys.
        keys: String,
        /// What it does.
        help: &'static str,
    },
}
