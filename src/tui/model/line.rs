//! A line of text that is being typed.

use crate::text;

/// Longest line: more is a mistake, or a file pasted by accident.
const LONGEST: usize = 4096;

/// Text and the place of the next character.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    characters: Vec<char>,
    at: usize,
}

/// How a line is edited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edit {
    /// A character.
    Insert(char),
    /// The character before goes.
    Backspace,
    /// The character here goes.
    Delete,
    /// One to the left.
    Left,
    /// One to the right.
    Right,
    /// To the start.
    Home,
    /// To the end.
    End,
    /// The word before goes.
    EraseWord,
    /// Everything before goes.
    EraseLine,
}

impl Line {
    /// A line with text, the cursor at its end.
    pub fn new(text: &str) -> Line {
        let characters: Vec<char> = text::clean(text).chars().take(LONGEST).collect();
        Line {
            at: characters.len(),
            characters,
        }
    }

    /// Its text.
    pub fn text(&self) -> String {
        self.characters.iter().collect()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.characters.is_empty()
    }

    /// The text before the cursor and from it on.
    pub fn parts(&self) -> (String, String) {
        let (before, after) = self.characters.split_at(self.at);
        (before.iter().collect(), after.iter().collect())
    }

    /// Text from a paste: control characters are left out.
    pub fn paste(&mut self, text: &str) {
        for character in text.chars() {
            self.edit(Edit::Insert(character));
        }
    }

    /// Edits it; says whether the text changed.
    pub fn edit(&mut self, edit: Edit) -> bool {
        match edit {
            Edit::Insert(character) => {
                if character.is_control() || self.characters.len() >= LONGEST {
                    return false;
                }
                self.characters.insert(self.at, character);
                self.at += 1;
                true
            }
            Edit::Backspace => {
                let Some(before) = self.at.checked_sub(1) else {
                    return false;
                };
                self.characters.remove(before);
                self.at = before;
                true
            }
            Edit::Delete => {
                let is_there = self.at < self.characters.len();
                if is_there {
                    self.characters.remove(self.at);
                }
                is_there
            }
            Edit::EraseWord => {
                let before = &self.characters[..self.at];
                let word_end = before.iter().rposition(|c| !c.is_whitespace());
                let start = word_end
                    .and_then(|end| before[..end].iter().rposition(|c| c.is_whitespace()))
                    .map_or(0, |space| space + 1);
                self.erase_from(start)
            }
            Edit::EraseLine => self.erase_from(0),
            Edit::Left => self.go(self.at.saturating_sub(1)),
            Edit::Right => self.go(self.at + 1),
            Edit::Home => self.go(0),
            Edit::End => self.go(usize::MAX),
        }
    }

    fn erase_from(&mut self, start: usize) -> bool {
        let erased = self.characters.drain(start..self.at).count();
        self.at = start;
        erased > 0
    }

    fn go(&mut self, to: usize) -> bool {
        self.at = to.min(self.characters.len());
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_edited_where_its_cursor_stands() {
        let mut line = Line::new("king penguin");
        line.edit(Edit::EraseWord);
        assert_eq!(line.text(), "king ");
        line.edit(Edit::Home);
        line.edit(Edit::Insert('a'));
        line.edit(Edit::Delete);
        assert_eq!(line.parts(), ("a".to_owned(), "ing ".to_owned()));
        assert!(line.edit(Edit::EraseLine));
        assert!(!line.edit(Edit::EraseLine), "there is nothing before");
        assert_eq!(line.text(), "ing ");
    }

    #[test]
    fn control_characters_are_no_text() {
        let mut line = Line::new("a\x1b[31mb");
        line.paste("c\n\x07d");
        assert!(line.text().chars().all(|c| !c.is_control()));
        assert!(line.text().ends_with("cd"));
    }
}
