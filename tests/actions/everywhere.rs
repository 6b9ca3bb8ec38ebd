//! What holds on every screen.

use invset::tui::action::{Place, Tab};
use invset::tui::effect::Effect;
use invset::tui::overlay::Overlay;

use crate::cases::{Case, case, gone, path};
use crate::story::{Story, press};

pub fn cases() -> Vec<Case> {
    let e = Place::Everywhere;
    [
        case(e, "quit", |told| {
            assert!(told.act().is_empty(), "a run is at work: it asks");
            assert_eq!(told.app().place(), Place::Question);
            assert_eq!(told.menu().title, "Leave?");
        }),
        case(e, "help", |told| {
            told.act();
            let help = told.app().overlays.last();
            let opened_in = Place::Units;
            let expected = Overlay::Help {
                scroll: 0,
                opened_in,
            };
            assert_eq!(help, Some(&expected));
        }),
        case(e, "palette", |told| {
            told.act();
            assert_eq!(told.app().place(), Place::Palette);
        }),
        case(e, "query", |told| {
            told.press("2");
            told.act();
            assert_eq!(told.app().tab, Tab::Query);
        }),
        case(e, "run", |told| {
            told.act();
            assert_eq!(told.app().tab, Tab::Run);
        }),
        case(e, "gallery", |told| {
            assert!(told.act().is_empty(), "its map is there");
            assert_eq!(told.app().tab, Tab::Gallery);
        }),
        case(e, "map", |told| {
            told.story.app.runs[0].1.map = None;
            let effects = told.act();
            assert!(matches!(effects[..], [Effect::LoadMap(_)]), "{effects:?}");
            assert_eq!(told.app().tab, Tab::Map);
        }),
        case(e, "compare", |told| {
            told.act();
            assert_eq!(told.app().tab, Tab::Compare);
        }),
        case(e, "runs", |told| {
            assert!(matches!(told.act()[..], [Effect::ListRuns]));
            assert_eq!(told.app().tab, Tab::Runs);
        }),
        case(e, "next-screen", |told| {
            for tab in [1, 2, 3, 4, 5, 0].map(|at| Tab::ALL[at]) {
                told.act();
                assert_eq!(told.app().tab, tab);
            }
        }),
        case(e, "previous-screen", |told| {
            told.act();
            assert_eq!(told.app().tab, Tab::Runs);
        }),
        case(e, "themes", |told| {
            told.act();
            assert_eq!(told.app().place(), Place::Themes);
            let selected = told.menu().selected().unwrap();
            assert_eq!(selected.title, told.app().theme.name());
        }),
        case(e, "graphics", |told| {
            assert!(matches!(told.act()[..], [Effect::NextGraphics]));
        }),
        case(e, "redraw", |told| {
            assert!(matches!(told.act()[..], [Effect::Redraw]));
        }),
        case(e, "suspend", |told| {
            assert!(matches!(told.act()[..], [Effect::Suspend]));
        }),
        case(e, "copy-command", |told| {
            let line = copied(&told.act());
            assert!(
                line.contains("--where 'ankle boot in p95..p99.9'"),
                "{line}"
            );
            assert!(line.contains("--where 'sneaker in p95..p99.9'"), "{line}");
            told.press("2");
            let line = copied(&told.act());
            assert!(line.contains("Sneaker in ..4"), "of the run: {line}");
            told.press("6");
            for _ in 0..2 {
                told.press("down");
            }
            let line = copied(&told.act());
            assert!(line.contains("Bag in"), "of the selected run: {line}");
        }),
        case(e, "copy-path", |told| {
            assert_eq!(copied(&told.act()), path().display().to_string());
            told.press("3");
            let picture = path().join("images/00000.png");
            assert_eq!(copied(&told.act()), picture.display().to_string());
            told.press("6");
            told.press("down");
            assert_eq!(copied(&told.act()), "runs/20261126T080000Z-sneaker-0");
        }),
    ]
    .concat()
}

fn copied(effects: &[Effect]) -> String {
    match effects {
        [Effect::Copy(text)] => text.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn leaving_without_a_run_at_work_asks_nothing() {
    let mut story = Story::new(80, 24);
    press(&mut story, "ctrl-q");
    assert!(matches!(story.effects[..], [Effect::Quit]));
    let mut story = crate::cases::rich();
    story.seen(gone(true));
    story.effects.clear();
    press(&mut story, "ctrl-q");
    assert!(matches!(story.effects[..], [Effect::Quit]));
}

#[test]
fn leaving_while_a_run_is_being_made_asks_first() {
    let mut story = Story::new(80, 24);
    story.choose_unit("ankle boot");
    press(&mut story, "ctrl-r");
    story.effects.clear();
    press(&mut story, "ctrl-q");
    assert!(story.effects.is_empty());
    assert!(story.text().contains("being made"), "{}", story.text());
    press(&mut story, "enter");
    assert!(story.effects.is_empty(), "the first answer stays");
    press(&mut story, "ctrl-q");
    press(&mut story, "down");
    press(&mut story, "enter");
    assert!(matches!(story.effects[..], [Effect::Quit]));
}

#[test]
fn screens_keep_their_state_while_another_is_shown() {
    let mut story = crate::cases::at(Place::Gallery);
    for key in [
        "right", "right", "space", "o", "1", "tab", "2", "down", "z", "6", "down",
    ] {
        press(&mut story, key);
    }
    let before = story.app.gallery.clone();
    for key in ["1", "2", "3", "4", "5", "6", "3"] {
        press(&mut story, key);
    }
    assert_eq!(story.app.gallery, before);
    assert_eq!(story.app.run().unwrap().selected_place(), Some(2 + 1));
    assert!(!story.app.run().unwrap().whole_history);
    assert_eq!(story.app.query.place(), Place::Constraints);
    assert_eq!(story.app.list.cursor.selected(4), Some(1));
}

#[test]
fn without_a_run_what_needs_one_says_so_and_does_nothing() {
    for tab in ["2", "3", "4", "5"] {
        let mut story = Story::new(80, 24);
        press(&mut story, "esc");
        press(&mut story, tab);
        story.effects.clear();
        let place = story.app.place();
        for entry in invset::tui::keymap::Keymap::entries(place) {
            if !entry.places.contains(&place) || entry.id == "back" {
                continue;
            }
            let chord = story.app.keymap.shown(place, entry.action).unwrap();
            press(&mut story, &chord.to_string());
            assert!(
                story.effects.is_empty(),
                "{}: {:?}",
                entry.id,
                story.effects
            );
            assert!(story.app.overlays.is_empty(), "{}", entry.id);
            let needs = [
                "pause",
                "single-step",
                "checkpoint",
                "stop",
                "restart",
                "resume",
                "mark",
                "drop",
                "reseed",
                "export",
                "select",
                "select-all",
                "remove",
                "alone",
                "real-images",
                "zoom",
                "choose",
                "type",
                "reset",
                "undo",
                "next-constraint",
            ];
            if needs.contains(&entry.id) {
                let complaint = crate::cases::complaint(&story.app);
                assert!(complaint.starts_with(entry.title), "{complaint}");
            }
        }
    }
}
