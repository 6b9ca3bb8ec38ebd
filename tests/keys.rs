//! Every key of the screens, and the page that lists them.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use invset::tui::action::{Action, Place, TABLE};
use invset::tui::keymap::Keymap;

fn page() -> String {
    let mut page = String::from(
        "# Keys\n\n\
         This page is written from the table in `src/tui/action.rs` by `tests/keys.rs`. In the \
         screens `?` shows the same list, `:` finds an action by its name, and the last line names \
         the keys that matter where you are.\n\n\
         Keys are changed in `config.toml`, by the names in the last column; a list replaces the keys \
         here, an empty one takes them away:\n\n\
         ```toml\n[keys]\npause = [\"P\", \"ctrl-space\"]\nquit = [\"ctrl-q\"]\n```\n\n\
         Where text is typed (search, filter, palette, values) plain characters are text, and only \
         the keys with ctrl or alt and the special keys are actions.\n",
    );
    let keymap = Keymap::built_in().unwrap();
    for place in Place::ALL {
        let entries: Vec<_> = TABLE
            .iter()
            .filter(|entry| entry.places.contains(&place))
            .collect();
        let _ = write!(
            page,
            "\n## {}\n\n| keys | what | name |\n|---|---|---|\n",
            place.title()
        );
        for entry in entries {
            let keys: Vec<String> = keymap
                .chords(entry.action)
                .iter()
                .filter(|&&chord| keymap.action(place, chord) == Some(entry.action))
                .map(|chord| format!("`{chord}`"))
                .collect();
            let _ = writeln!(
                page,
                "| {} | {} | `{}` |",
                keys.join(" "),
                entry.help,
                entry.id
            );
        }
    }
    page
}

#[test]
fn the_page_of_keys_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/keys.md");
    let page = page();
    if std::env::var_os("UPDATE_KEYS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == page,
        "docs/keys.md is out of date: run UPDATE_KEYS=1 cargo test --test keys"
    );
}

/// A name that changes breaks the keymap files of users: it must be meant.
#[test]
fn the_names_of_actions_and_their_keys_are_as_released() {
    let table: Vec<String> = TABLE
        .iter()
        .map(|entry| format!("{} = {:?}", entry.id, entry.keys))
        .collect();
    insta::assert_snapshot!(table.join("\n"));
}

#[test]
fn every_action_can_be_asked_for_in_each_of_its_places() {
    let keymap = Keymap::built_in().unwrap();
    for entry in TABLE {
        for &place in entry.places {
            assert!(
                keymap.shown(place, entry.action).is_some(),
                "{} has no key in {}",
                entry.id,
                place.title()
            );
        }
    }
}

#[test]
fn an_empty_list_takes_the_keys_of_an_action_away() {
    let changes = BTreeMap::from([("suspend".to_owned(), Vec::new())]);
    let keymap = Keymap::new(&changes).unwrap();
    assert!(keymap.chords(Action::Suspend).is_empty());
}
