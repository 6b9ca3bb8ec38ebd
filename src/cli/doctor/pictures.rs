//! How pictures reach the screen, and what the terminal answered.

use serde::Serialize;

use crate::preview::{Background, CellSize, Colours, Facts, Medium};

/// What the screens and contact sheets go by.
#[derive(Serialize)]
pub(super) struct Pictures {
    /// The way in use; none where output is no terminal.
    shown_by: Option<&'static str>,
    /// All ways that work here, the best first.
    ways: Vec<&'static str>,
    /// The terminal's name and version, as it says.
    terminal: Option<String>,
    background: Background,
    colours: Colours,
    /// Pixels of a character, where the terminal tells.
    cell: Option<CellSize>,
    multiplexer: bool,
    remote: bool,
    note: Option<String>,
}

impl Pictures {
    pub(super) fn of(facts: &Facts) -> Pictures {
        Pictures {
            shown_by: facts.decision.medium.map(Medium::name),
            ways: facts.media.iter().map(|medium| medium.name()).collect(),
            terminal: facts.terminal.clone(),
            background: facts.background,
            colours: facts.colours,
            cell: facts.decision.cell,
            multiplexer: facts.multiplexer,
            remote: facts.remote,
            note: facts.decision.note.clone(),
        }
    }

    pub(super) fn describe(&self) -> String {
        let Some(shown_by) = self.shown_by else {
            return "none: output is no terminal".to_owned();
        };
        let mut facts = vec![shown_by.to_owned()];
        let others = self.ways.iter().filter(|way| **way != shown_by);
        facts.extend(others.map(|way| format!("also {way}")));
        facts.push(match &self.terminal {
            Some(name) => format!("the terminal is {name}"),
            None => "the terminal gives no name".to_owned(),
        });
        if let Some(CellSize { width, height }) = self.cell {
            facts.push(format!("{width}x{height} pixels a character"));
        }
        facts.push(match self.background {
            Background::Dark => "dark background".to_owned(),
            Background::Light => "light background".to_owned(),
            Background::Unknown => "background unknown".to_owned(),
        });
        facts.push(match self.colours {
            Colours::True => "24-bit colours".to_owned(),
            Colours::Indexed => "256 colours".to_owned(),
            Colours::None => "no colours".to_owned(),
        });
        facts.extend(self.note.clone());
        facts.join(", ")
    }
}
