//! From chords to actions: the table's keys, changed by the user's.

use std::collections::{BTreeMap, HashMap};

use super::action::{Action, Entry, Place, TABLE};
use super::chord::{Chord, ChordError};
use crate::text;

/// Which chord asks for which action, in each place.
#[derive(Debug, Clone)]
pub struct Keymap {
    chords: HashMap<(Place, Chord), Action>,
    keys: BTreeMap<Action, Vec<Chord>>,
}

/// A keymap that cannot be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum KeymapError {
    /// An action of that name does not exist.
    #[error("[keys] '{id}' is no action; near it: {}. docs/keys.md lists all", nearest.join(", "))]
    UnknownAction {
        /// What was given.
        id: String,
        /// Names like it.
        nearest: Vec<String>,
    },
    /// A chord cannot be read.
    #[error("[keys] {id}: {reason}")]
    Chord {
        /// The action.
        id: String,
        /// Why.
        reason: ChordError,
    },
    /// Two actions want one chord in one place.
    #[error(
        "[keys] {chord} would mean both '{first}' and '{second}' in '{place}': give one of them another key"
    )]
    Clash {
        /// The chord.
        chord: Chord,
        /// Where.
        place: &'static str,
        /// One action.
        first: &'static str,
        /// The other.
        second: &'static str,
    },
    /// A chord that types a character is asked for where characters are text.
    #[error(
        "[keys] {id}: no key is left for it in '{place}', where plain characters are text: add one with ctrl or alt"
    )]
    OnlyText {
        /// The action.
        id: &'static str,
        /// Where.
        place: &'static str,
    },
}

impl Keymap {
    /// The keys of the table.
    ///
    /// # Errors
    /// Never for the table as it is: a test holds it.
    pub fn built_in() -> Result<Keymap, KeymapError> {
        Keymap::new(&BTreeMap::new())
    }

    /// The keys of the table, with those of `changes` (action to chords) in their place. An empty
    /// list takes an action's keys away.
    ///
    /// # Errors
    /// An unknown action, a chord that cannot be read, or two actions for one chord.
    pub fn new(changes: &BTreeMap<String, Vec<String>>) -> Result<Keymap, KeymapError> {
        if let Some(id) = changes
            .keys()
            .find(|id| TABLE.iter().all(|entry| entry.id != **id))
        {
            return Err(KeymapError::UnknownAction {
                nearest: text::nearest(id, TABLE.iter().map(|entry| entry.id), 3),
                id: text::clean(id),
            });
        }
        let mut keymap = Keymap {
            chords: HashMap::new(),
            keys: BTreeMap::new(),
        };
        for entry in TABLE {
            let chords = match changes.get(entry.id) {
                Some(own) => parse(entry.id, own.iter().map(String::as_str))?,
                None => parse(entry.id, entry.keys.iter().copied())?,
            };
            keymap.bind(entry, &chords)?;
            keymap.keys.insert(entry.action, chords);
        }
        Ok(keymap)
    }

    fn bind(&mut self, entry: &Entry, chords: &[Chord]) -> Result<(), KeymapError> {
        for &place in entry.places {
            for chord in chords {
                if place.is_typing() && chord.types().is_some() {
                    continue;
                }
                let other = self.chords.insert((place, *chord), entry.action);
                if let Some(other) = other.filter(|&other| other != entry.action) {
                    return Err(KeymapError::Clash {
                        chord: *chord,
                        place: place.title(),
                        first: id_of(other),
                        second: entry.id,
                    });
                }
            }
            let has_key = chords
                .iter()
                .any(|chord| !(place.is_typing() && chord.types().is_some()));
            if !chords.is_empty() && !has_key {
                return Err(KeymapError::OnlyText {
                    id: entry.id,
                    place: place.title(),
                });
            }
        }
        Ok(())
    }

    /// The action that a chord asks for in a place.
    pub fn action(&self, place: Place, chord: Chord) -> Option<Action> {
        if let Some(&action) = self.chords.get(&(place, chord)) {
            return Some(action);
        }
        if !place.is_open() || (place.is_typing() && chord.types().is_some()) {
            return None;
        }
        self.chords.get(&(Place::Everywhere, chord)).copied()
    }

    /// All chords of an action.
    pub fn chords(&self, action: Action) -> &[Chord] {
        self.keys.get(&action).map_or(&[], Vec::as_slice)
    }

    /// The chord to show for an action in a place: one that works there.
    pub fn shown(&self, place: Place, action: Action) -> Option<Chord> {
        self.chords(action)
            .iter()
            .copied()
            .find(|&chord| self.action(place, chord) == Some(action))
    }

    /// The entries that hold in a place, those of the place itself first.
    pub fn entries(place: Place) -> impl Iterator<Item = &'static Entry> {
        let own = TABLE
            .iter()
            .filter(move |entry| entry.places.contains(&place));
        let everywhere = TABLE.iter().filter(move |entry| {
            place.is_open()
                && !entry.places.contains(&place)
                && entry.places.contains(&Place::Everywhere)
        });
        own.chain(everywhere)
    }
}

fn parse<'a>(id: &str, chords: impl Iterator<Item = &'a str>) -> Result<Vec<Chord>, KeymapError> {
    chords
        .map(|chord| {
            chord.parse().map_err(|reason| KeymapError::Chord {
                id: id.to_owned(),
                reason,
            })
        })
        .collect()
}

fn id_of(action: Action) -> &'static str {
    super::action::entry(action).map_or("", |entry| entry.id)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn changed(id: &str, keys: &[&str]) -> Result<Keymap, KeymapError> {
        let keys = keys.iter().map(|&key| key.to_owned()).collect();
        Keymap::new(&BTreeMap::from([(id.to_owned(), keys)]))
    }

    #[test]
    fn the_table_has_no_clash() {
        Keymap::built_in().unwrap();
    }

    #[test]
    fn a_nearer_place_takes_the_key_before_everywhere() {
        let keymap = Keymap::built_in().unwrap();
        let chord: Chord = "space".parse().unwrap();
        assert_eq!(keymap.action(Place::Run, chord), Some(Action::Pause));
        assert_eq!(keymap.action(Place::Gallery, chord), Some(Action::Select));
        let quit: Chord = "q".parse().unwrap();
        assert_eq!(keymap.action(Place::Run, quit), Some(Action::Quit));
        assert_eq!(keymap.action(Place::Search, quit), None, "q is text there");
        assert_eq!(keymap.action(Place::Question, quit), None);
    }

    #[test]
    fn the_users_keys_replace_those_of_the_table() {
        let keymap = changed("pause", &["P"]).unwrap();
        assert_eq!(
            keymap.action(Place::Run, "P".parse().unwrap()),
            Some(Action::Pause)
        );
        assert_eq!(keymap.action(Place::Run, "space".parse().unwrap()), None);
    }

    #[test]
    fn a_clash_names_both_actions() {
        let error = changed("pause", &["s"]).unwrap_err().to_string();
        assert!(
            error.contains("'pause'") && error.contains("'single-step'"),
            "{error}"
        );
    }

    #[test]
    fn a_misspelt_action_or_key_is_named() {
        let error = changed("pawse", &["s"]).unwrap_err().to_string();
        assert!(error.contains("pause"), "{error}");
        assert!(changed("pause", &["ctrl-"]).is_err());
    }

    #[test]
    fn where_characters_are_text_a_key_must_not_be_one() {
        let error = changed("help", &["?"]).unwrap_err();
        assert!(matches!(error, KeymapError::OnlyText { .. }), "{error}");
    }
}
