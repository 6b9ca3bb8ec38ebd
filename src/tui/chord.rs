//! A key with its modifiers: as it is written in the configuration and the help, and as terminals
//! send it.
//!
//! Terminals send the same bytes for some keys (`ctrl-h` and Backspace, `ctrl-m` and Enter), and
//! only some tell shift. Both sides are brought to one form, so that what is written is what comes.

use std::fmt;
use std::str::FromStr;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::text;

/// A key with its modifiers, in the one form that written and pressed keys share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Chord {
    code: KeyCode,
    modifiers: KeyModifiers,
}

/// Keys by the name that is shown, and by others that are understood.
const NAMED: [(&str, KeyCode, &[&str]); 16] = [
    ("space", KeyCode::Char(' '), &[]),
    ("enter", KeyCode::Enter, &["return"]),
    ("esc", KeyCode::Esc, &["escape"]),
    ("tab", KeyCode::Tab, &[]),
    ("backtab", KeyCode::BackTab, &[]),
    ("backspace", KeyCode::Backspace, &[]),
    ("delete", KeyCode::Delete, &["del"]),
    ("insert", KeyCode::Insert, &["ins"]),
    ("home", KeyCode::Home, &[]),
    ("end", KeyCode::End, &[]),
    ("pageup", KeyCode::PageUp, &["pgup"]),
    ("pagedown", KeyCode::PageDown, &["pgdn", "pgdown"]),
    ("up", KeyCode::Up, &[]),
    ("down", KeyCode::Down, &[]),
    ("left", KeyCode::Left, &[]),
    ("right", KeyCode::Right, &[]),
];

/// In the order in which they are written.
const MODIFIERS: [(&str, KeyModifiers); 3] = [
    ("ctrl-", KeyModifiers::CONTROL),
    ("alt-", KeyModifiers::ALT),
    ("shift-", KeyModifiers::SHIFT),
];

/// The last function key that keyboards have.
const LAST_FUNCTION_KEY: u8 = 24;

impl Chord {
    /// A key with its modifiers, brought to the one form.
    pub fn new(code: KeyCode, modifiers: KeyModifiers) -> Chord {
        let kept = KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SHIFT;
        let chord = Chord {
            code,
            modifiers: modifiers & kept,
        };
        match code {
            KeyCode::Char(character) => chord.with_character(character),
            KeyCode::Tab if chord.modifiers.contains(KeyModifiers::SHIFT) => Chord {
                code: KeyCode::BackTab,
                modifiers: chord.modifiers - KeyModifiers::SHIFT,
            },
            KeyCode::BackTab => Chord {
                modifiers: chord.modifiers - KeyModifiers::SHIFT,
                ..chord
            },
            _ => chord,
        }
    }

    /// A character tells by itself whether shift was held; with ctrl nothing does.
    fn with_character(self, character: char) -> Chord {
        let shift = self.modifiers.contains(KeyModifiers::SHIFT);
        let modifiers = self.modifiers - KeyModifiers::SHIFT;
        if modifiers.contains(KeyModifiers::CONTROL) {
            let without_control = modifiers - KeyModifiers::CONTROL;
            let (code, modifiers) = match character.to_ascii_lowercase() {
                'h' => (KeyCode::Backspace, without_control),
                'i' => (KeyCode::Tab, without_control),
                'm' => (KeyCode::Enter, without_control),
                '[' => (KeyCode::Esc, without_control),
                // These four bytes are read as digits.
                '4' => (KeyCode::Char('\\'), modifiers),
                '5' => (KeyCode::Char(']'), modifiers),
                '6' => (KeyCode::Char('^'), modifiers),
                '7' | '_' => (KeyCode::Char('/'), modifiers),
                other => (KeyCode::Char(other), modifiers),
            };
            return Chord { code, modifiers };
        }
        let mut upper = character.to_uppercase();
        let character = match (upper.next(), upper.next()) {
            (Some(upper), None) if shift => upper,
            _ => character,
        };
        Chord {
            code: KeyCode::Char(character),
            modifiers,
        }
    }

    /// The key.
    pub fn code(self) -> KeyCode {
        self.code
    }

    /// The modifiers that are not told by the key itself.
    pub fn modifiers(self) -> KeyModifiers {
        self.modifiers
    }

    /// The character that this key types into a line of text.
    pub fn types(self) -> Option<char> {
        match self.code {
            KeyCode::Char(character) if self.modifiers.is_empty() => Some(character),
            _ => None,
        }
    }
}

impl From<KeyEvent> for Chord {
    fn from(event: KeyEvent) -> Self {
        Chord::new(event.code, event.modifiers)
    }
}

impl fmt::Display for Chord {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, modifier) in MODIFIERS {
            if self.modifiers.contains(modifier) {
                formatter.write_str(name)?;
            }
        }
        let named = NAMED.iter().find(|(_, code, _)| *code == self.code);
        match (named, self.code) {
            (Some((name, _, _)), _) => formatter.write_str(name),
            (None, KeyCode::Char(character)) => write!(formatter, "{character}"),
            (None, KeyCode::F(number)) => write!(formatter, "f{number}"),
            // Keys that cannot be written, such as those for media.
            (None, other) => write!(formatter, "{other}"),
        }
    }
}

/// A text that is no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChordError {
    /// Nothing is written.
    #[error("no key is written; write one, such as q, ctrl-p or space")]
    Empty,
    /// No key has that name.
    #[error("there is no key '{}'; {}", text::clean(key), remedy(key))]
    Unknown {
        /// What stands where a key should.
        key: String,
    },
    /// What shift makes of this character depends on the keyboard.
    #[error("shift-{character} types another character on each keyboard; write that character")]
    Shifted {
        /// The character.
        character: char,
    },
}

fn remedy(key: &str) -> String {
    let functions = (1..=12).map(|number| format!("f{number}"));
    let modified = MODIFIERS.map(|(name, _)| name.to_owned());
    let names = NAMED.iter().map(|(name, _, _)| (*name).to_owned());
    let known: Vec<String> = names.chain(functions).chain(modified).collect();
    match text::nearest(key, known.iter().map(String::as_str), 1).first() {
        Some(nearest) => format!("did you mean '{nearest}'?"),
        None => "write a character, or a name such as space, enter, pageup or f1".to_owned(),
    }
}

impl FromStr for Chord {
    type Err = ChordError;

    fn from_str(written: &str) -> Result<Self, Self::Err> {
        if written.is_empty() {
            return Err(ChordError::Empty);
        }
        let mut rest = written;
        let mut modifiers = KeyModifiers::NONE;
        while let Some((key, modifier)) = strip_modifier(rest) {
            modifiers |= modifier;
            rest = key;
        }
        let code = key_of(rest).ok_or_else(|| ChordError::Unknown {
            key: rest.to_owned(),
        })?;
        if let KeyCode::Char(character) = code
            && modifiers.contains(KeyModifiers::SHIFT)
            && !character.is_alphabetic()
        {
            return Err(ChordError::Shifted { character });
        }
        Ok(Chord::new(code, modifiers))
    }
}

/// What follows a modifier, if the text begins with one and goes on.
fn strip_modifier(written: &str) -> Option<(&str, KeyModifiers)> {
    MODIFIERS.iter().find_map(|(name, modifier)| {
        let (head, rest) = written.split_at_checked(name.len())?;
        let is_modifier = head.eq_ignore_ascii_case(name) && !rest.is_empty();
        is_modifier.then_some((rest, *modifier))
    })
}

fn key_of(written: &str) -> Option<KeyCode> {
    let mut characters = written.chars();
    if let (Some(character), None) = (characters.next(), characters.next()) {
        let is_key = !character.is_control() && !character.is_whitespace();
        return is_key.then_some(KeyCode::Char(character));
    }
    let written = written.to_lowercase();
    let named = NAMED
        .iter()
        .find(|(name, _, others)| *name == written || others.contains(&written.as_str()));
    if let Some((_, code, _)) = named {
        return Some(*code);
    }
    let number = written.strip_prefix('f')?.parse::<u8>().ok()?;
    let is_key = (1..=LAST_FUNCTION_KEY).contains(&number)
        && !written.contains("f0")
        && !written.contains('+');
    is_key.then_some(KeyCode::F(number))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const NONE: KeyModifiers = KeyModifiers::NONE;
    const CONTROL: KeyModifiers = KeyModifiers::CONTROL;
    const ALT: KeyModifiers = KeyModifiers::ALT;
    const SHIFT: KeyModifiers = KeyModifiers::SHIFT;

    fn pressed(code: KeyCode, modifiers: KeyModifiers) -> Chord {
        Chord::from(KeyEvent::new(code, modifiers))
    }

    fn written(text: &str) -> Chord {
        text.parse().unwrap()
    }

    #[test]
    fn what_is_written_is_what_is_pressed() {
        for (text, code, modifiers) in [
            ("q", KeyCode::Char('q'), NONE),
            ("Q", KeyCode::Char('Q'), SHIFT),
            ("?", KeyCode::Char('?'), SHIFT),
            ("-", KeyCode::Char('-'), NONE),
            ("é", KeyCode::Char('é'), NONE),
            ("É", KeyCode::Char('é'), SHIFT),
            ("ctrl-p", KeyCode::Char('p'), CONTROL),
            ("ctrl-p", KeyCode::Char('P'), CONTROL | SHIFT),
            ("ctrl--", KeyCode::Char('-'), CONTROL),
            ("ctrl-space", KeyCode::Char(' '), CONTROL),
            ("alt-x", KeyCode::Char('x'), ALT),
            ("alt-X", KeyCode::Char('X'), ALT | SHIFT),
            ("ctrl-alt-x", KeyCode::Char('x'), CONTROL | ALT),
            ("shift-left", KeyCode::Left, SHIFT),
            ("ctrl-alt-shift-end", KeyCode::End, CONTROL | ALT | SHIFT),
            ("space", KeyCode::Char(' '), NONE),
            ("enter", KeyCode::Enter, NONE),
            ("esc", KeyCode::Esc, NONE),
            ("tab", KeyCode::Tab, NONE),
            ("backtab", KeyCode::BackTab, SHIFT),
            ("backtab", KeyCode::Tab, SHIFT),
            ("pageup", KeyCode::PageUp, NONE),
            ("f1", KeyCode::F(1), NONE),
            ("f24", KeyCode::F(24), NONE),
        ] {
            assert_eq!(written(text), pressed(code, modifiers), "{text}");
            assert_eq!(written(text).to_string(), text);
        }
    }

    #[test]
    fn keys_that_terminals_do_not_tell_apart_are_one() {
        assert_eq!(pressed(KeyCode::Char('h'), CONTROL), written("backspace"));
        assert_eq!(written("ctrl-h"), written("backspace"));
        assert_eq!(written("ctrl-m"), written("enter"));
        assert_eq!(written("ctrl-i"), written("tab"));
        assert_eq!(written("ctrl-["), written("esc"));
        assert_eq!(pressed(KeyCode::Char('7'), CONTROL), written("ctrl-/"));
        assert_eq!(written("ctrl-_"), written("ctrl-/"));
        assert_eq!(pressed(KeyCode::Char('4'), CONTROL), written("ctrl-\\"));
    }

    #[test]
    fn other_spellings_are_understood() {
        assert_eq!(written("Ctrl-P"), written("ctrl-p"));
        assert_eq!(written("alt-ctrl-x"), written("ctrl-alt-x"));
        assert_eq!(written("shift-q"), written("Q"));
        assert_eq!(written("shift-tab"), written("backtab"));
        assert_eq!(written("PgDn"), written("pagedown"));
        assert_eq!(written("escape"), written("esc"));
        assert_eq!(written("F5"), written("f5"));
    }

    #[test]
    fn modifiers_that_few_terminals_send_are_left_out() {
        let pressed = pressed(KeyCode::Char('q'), KeyModifiers::SUPER);
        assert_eq!(pressed, written("q"));
    }

    #[test]
    fn only_a_key_without_modifiers_types_text() {
        assert_eq!(written("q").types(), Some('q'));
        assert_eq!(written("Q").types(), Some('Q'));
        assert_eq!(written("space").types(), Some(' '));
        for text in ["ctrl-p", "alt-x", "enter", "f1"] {
            assert_eq!(written(text).types(), None, "{text}");
        }
    }

    #[test]
    fn a_text_that_is_no_key_is_answered_with_the_nearest_one() {
        let refused = |text: &str| text.parse::<Chord>().unwrap_err().to_string();
        assert_eq!(
            refused("entre"),
            "there is no key 'entre'; did you mean 'enter'?"
        );
        assert_eq!(
            refused("ctrl-pageupp"),
            "there is no key 'pageupp'; did you mean 'pageup'?"
        );
        assert_eq!(
            refused("crtl-p"),
            "there is no key 'crtl-p'; did you mean 'ctrl-'?"
        );
        for text in [
            "f0", "f25", "f01", "f+1", " ", "ctrl-", "qq", "\u{1b}", "ctrl- ",
        ] {
            assert!(refused(text).starts_with("there is no key '"), "{text:?}");
        }
        assert!(!refused("\u{1b}[31m").contains('\u{1b}'));
        assert!(refused("").starts_with("no key is written"));
        assert!(refused("shift-1").contains("write that character"));
        assert!(refused("shift-space").contains("shift-"));
    }
}
