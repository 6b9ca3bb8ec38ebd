//! A selected place in a list of changing length, and the part of the list that is on the screen.

/// Which line is selected, and which is the first shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cursor {
    selected: usize,
    first: usize,
}

impl Cursor {
    /// A cursor on a line.
    pub fn at(selected: usize) -> Cursor {
        Cursor { selected, first: 0 }
    }

    /// The selected line of a list of `length`; none where the list is empty.
    pub fn selected(&self, length: usize) -> Option<usize> {
        length.checked_sub(1).map(|last| self.selected.min(last))
    }

    /// Moves by `lines`, and stays within a list of `length`.
    pub fn step(&mut self, lines: isize, length: usize) {
        let from = self.selected(length).unwrap_or(0);
        self.selected = from
            .saturating_add_signed(lines)
            .min(length.saturating_sub(1));
    }

    /// Selects a line.
    pub fn select(&mut self, line: usize) {
        self.selected = line;
    }

    /// The lines shown in `height` rows, with the selected one among them: the view moves no more
    /// than it must.
    pub fn window(&mut self, length: usize, height: usize) -> std::ops::Range<usize> {
        let selected = self.selected(length).unwrap_or(0);
        let last_first = length.saturating_sub(height);
        self.first = self
            .first
            .min(selected)
            .max((selected + 1).saturating_sub(height))
            .min(last_first);
        self.first..(self.first + height).min(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_selected_line_stays_in_the_list_and_in_view() {
        let mut cursor = Cursor::default();
        assert_eq!(cursor.selected(0), None);
        cursor.step(-3, 10);
        assert_eq!(cursor.selected(10), Some(0));
        cursor.step(7, 10);
        assert_eq!(cursor.window(10, 4), 4..8);
        cursor.step(-2, 10);
        assert_eq!(cursor.window(10, 4), 4..8, "no more than it must");
        cursor.step(100, 10);
        assert_eq!(cursor.window(10, 4), 6..10);
        assert_eq!(cursor.selected(3), Some(2), "the list became shorter");
        assert_eq!(cursor.window(3, 4), 0..3);
    }
}
