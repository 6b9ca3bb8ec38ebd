//! Lines of text: the search, the filter, the palette, the help and the prompts.

use invset::tui::action::Place;
use invset::tui::app::App;
use invset::tui::message::Message;
use invset::tui::model::line::Line;
use invset::tui::overlay::Overlay;

use crate::cases::at;
use crate::story::{press, type_text};

const FIELDS: [Place; 5] = [
    Place::Search,
    Place::Filter,
    Place::Palette,
    Place::Help,
    Place::Prompt,
];

fn line(app: &App, place: Place) -> &Line {
    match (place, app.overlays.last()) {
        (Place::Search, _) => &app.query.search,
        (Place::Filter, _) => &app.list.filter,
        (Place::Help, _) => &app.help,
        (_, Some(Overlay::Menu(menu))) => menu.filter.as_ref().unwrap(),
        (_, Some(Overlay::Prompt(prompt))) => &prompt.line,
        other => panic!("{other:?}"),
    }
}

#[test]
fn plain_characters_are_text_wherever_text_is_typed() {
    for place in FIELDS {
        let mut story = at(place);
        press(&mut story, "ctrl-u");
        story.effects.clear();
        type_text(&mut story, "q?:1kjhlgG/TKyY+-= é日");
        assert_eq!(
            line(&story.app, place).text(),
            "q?:1kjhlgG/TKyY+-= é日",
            "{place:?}"
        );
        assert_eq!(story.app.place(), place);
        assert!(story.effects.is_empty());
    }
}

#[test]
fn a_line_is_edited_by_the_usual_keys() {
    for place in FIELDS {
        let mut story = at(place);
        press(&mut story, "ctrl-u");
        type_text(&mut story, "one two three");
        let text = |story: &crate::story::Story| line(&story.app, place).text();
        press(&mut story, "ctrl-w");
        assert_eq!(text(&story), "one two ", "{place:?}");
        press(&mut story, "backspace");
        press(&mut story, "left");
        press(&mut story, "delete");
        assert_eq!(text(&story), "one tw");
        // Where a list can be gone through, home and end may be its ends.
        if place != Place::Help {
            press(&mut story, "home");
            type_text(&mut story, "a");
            press(&mut story, "end");
            type_text(&mut story, "z");
            assert_eq!(text(&story), "aone twz", "{place:?}");
        }
        press(&mut story, "ctrl-e");
        press(&mut story, "ctrl-u");
        assert_eq!(text(&story), "");
        press(&mut story, "backspace");
        press(&mut story, "ctrl-w");
        assert_eq!(text(&story), "");
        assert_eq!(story.app.place(), place);
    }
}

#[test]
fn what_is_pasted_is_text_without_control_characters() {
    for place in FIELDS {
        let mut story = at(place);
        press(&mut story, "ctrl-u");
        story.effects.clear();
        story.tell(Message::Paste(
            "\u{1b}[31mq\n\r\t\u{7}two\u{9b}\u{0}".into(),
        ));
        assert_eq!(line(&story.app, place).text(), "[31mqtwo", "{place:?}");
        assert!(story.effects.is_empty(), "a line break is no enter");
        story.tell(Message::Paste("x".repeat(1 << 20)));
        assert!(line(&story.app, place).text().len() <= 4096);
    }
}

#[test]
fn what_is_pasted_where_nothing_is_typed_is_no_row_of_keys() {
    for place in Place::ALL {
        if place.is_typing() || place == Place::Everywhere {
            continue;
        }
        let mut story = at(place);
        story.effects.clear();
        story.tell(Message::Paste("qxqx\n".into()));
        assert!(story.effects.is_empty());
        assert_eq!(story.app.place(), place);
    }
}

#[test]
fn what_is_typed_finds_at_once_and_from_the_top() {
    let mut story = at(Place::Search);
    press(&mut story, "down");
    type_text(&mut story, "coat");
    assert_eq!(story.app.query.found.selected(9), Some(0));
    assert_eq!(story.app.found[0].label.as_deref(), Some("coat"));
    story.tell(Message::Paste("zzzzqq".into()));
    assert!(story.app.found.is_empty());
    press(&mut story, "enter");
    assert!(crate::cases::complaint(&story.app).contains("nothing is found"));
}
