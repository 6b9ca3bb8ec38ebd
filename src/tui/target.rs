//! What a click falls on. The views note where things stand as they draw them.

use ratatui::layout::{Position, Rect};

use super::action::Tab;
use super::model::query::Pane;

/// Something that can be clicked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// The name of a screen.
    Tab(Tab),
    /// A part of the query screen.
    Pane(Pane),
    /// A line of the units that were found.
    Found(usize),
    /// A sample, by its place among all.
    Sample(usize),
    /// A line of the list of runs.
    Listed(usize),
    /// A line of a menu.
    Item(usize),
}

/// Where things stand in the latest frame; what was drawn later lies above.
#[derive(Debug, Clone, Default)]
pub struct Targets(Vec<(Rect, Target)>);

impl Targets {
    /// Forgets the frame before.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Notes where something stands.
    pub fn note(&mut self, area: Rect, target: Target) {
        self.0.push((area, target));
    }

    /// What stands at a place.
    pub fn at(&self, column: u16, row: u16) -> Option<Target> {
        let position = Position::new(column, row);
        let found = self
            .0
            .iter()
            .rev()
            .find(|(area, _)| area.contains(position));
        found.map(|(_, target)| *target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_drawn_later_is_clicked() {
        let mut targets = Targets::default();
        targets.note(Rect::new(0, 0, 10, 10), Target::Pane(Pane::Units));
        targets.note(Rect::new(0, 2, 10, 1), Target::Found(1));
        assert_eq!(targets.at(3, 2), Some(Target::Found(1)));
        assert_eq!(targets.at(3, 3), Some(Target::Pane(Pane::Units)));
        assert_eq!(targets.at(30, 3), None);
    }
}
