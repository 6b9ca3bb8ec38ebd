//! Help, menus, prompts: what lies over a screen has all keys.

use invset::tui::action::{Action, Place, Tab};
use invset::tui::effect::Effect;
use invset::tui::overlay::Outcome;

use crate::cases::{Case, OTHER, at, case, complaint, gone, in_all, menu, rich};
use crate::story::{Story, press, type_text};

pub fn cases() -> Vec<Case> {
    let leave = [
        Place::Help,
        Place::Palette,
        Place::Question,
        Place::Prompt,
        Place::Themes,
        Place::Scores,
    ];
    [
        in_all(&leave, "back", |told| {
            assert!(told.act().is_empty());
            assert!(told.app().overlays.is_empty());
            assert_eq!(told.app().place(), Place::Run);
        }),
        case(Place::Help, "help", |told| {
            told.act();
            assert!(told.app().overlays.is_empty());
        }),
        case(Place::Palette, "palette", |told| {
            told.act();
            assert!(told.app().overlays.is_empty());
        }),
        case(Place::Palette, "choose", |told| {
            type_text(&mut told.story, "redraw");
            assert!(matches!(told.act()[..], [Effect::Redraw]));
            assert!(told.app().overlays.is_empty());
        }),
        case(Place::Question, "choose", |told| {
            assert!(
                matches!(told.act()[..], [Effect::Quit]),
                "and leave the run"
            );
        }),
        case(Place::Prompt, "choose", |told| {
            told.press("ctrl-u");
            type_text(&mut told.story, "many");
            assert!(told.act().is_empty());
            assert!(told.prompt().problem.as_ref().unwrap().contains("a number"));
            told.press("backspace");
            assert_eq!(told.prompt().problem, None, "typing is another try");
            told.press("ctrl-u");
            type_text(&mut told.story, "0.5");
            assert!(matches!(told.act()[..], [Effect::Give(..)]));
            assert!(told.app().overlays.is_empty());
        }),
        case(Place::Themes, "choose", |told| {
            told.press("home");
            let name = told.menu().selected().unwrap().title.clone();
            told.act();
            assert_eq!(told.app().theme.name(), name);
            assert!(
                told.app()
                    .notice
                    .as_ref()
                    .unwrap()
                    .text
                    .contains("config.toml")
            );
        }),
    ]
    .concat()
}

#[test]
fn a_theme_is_seen_as_one_goes_and_the_one_before_comes_back() {
    let mut story = at(Place::Themes);
    let before = story.app.theme.name().to_owned();
    press(&mut story, "home");
    press(&mut story, "down");
    let now = story.app.theme.name().to_owned();
    assert_eq!(now, menu(&story.app).selected().unwrap().title);
    assert_ne!(now, before);
    press(&mut story, "esc");
    assert_eq!(story.app.theme.name(), before);
}

#[test]
fn keys_of_the_screen_below_do_nothing_in_an_overlay() {
    for place in [
        Place::Help,
        Place::Palette,
        Place::Question,
        Place::Prompt,
        Place::Themes,
        Place::Scores,
    ] {
        let mut story = at(place);
        story.effects.clear();
        let count = story.app.overlays.len();
        let query = story.app.query.constraints.clone();
        for key in [
            "2", "3", "q", "T", "ctrl-l", "x", "d", "m", "space", "ctrl-r", "ctrl-q", "tab",
        ] {
            press(&mut story, key);
        }
        assert!(story.effects.is_empty(), "{place:?}: {:?}", story.effects);
        assert_eq!(story.app.overlays.len(), count, "{place:?}");
        assert_eq!(story.app.tab, Tab::Run);
        assert_eq!(story.app.query.constraints, query);
    }
}

#[test]
fn the_palette_runs_the_same_actions_and_tells_why_some_cannot_be_done() {
    let mut story = at(Place::Run);
    story.seen(gone(false));
    press(&mut story, "ctrl-p");
    let items = &menu(&story.app).items;
    let item = |action| {
        items
            .iter()
            .find(|item| item.outcome == Outcome::Act(action))
    };
    assert_eq!(
        item(Action::Pause).unwrap().disabled,
        Some("the run is not at work")
    );
    assert_eq!(item(Action::Resume).unwrap().disabled, None);
    assert_eq!(item(Action::Pause).unwrap().key, "space");
    story.effects.clear();
    type_text(&mut story, "checkpoint");
    press(&mut story, "enter");
    assert!(complaint(&story.app).contains("not at work"));
    assert_eq!(story.app.place(), Place::Palette, "one can choose another");
    press(&mut story, "ctrl-u");
    type_text(&mut story, "resume");
    press(&mut story, "enter");
    assert!(
        matches!(story.effects[..], [Effect::Resume(_)]),
        "{:?}",
        story.effects
    );
}

#[test]
fn every_line_of_the_palette_does_what_its_key_does() {
    for place in [
        Place::Units,
        Place::Interval,
        Place::Run,
        Place::Gallery,
        Place::Runs,
    ] {
        let mut story = at(place);
        press(&mut story, "ctrl-p");
        let items = menu(&story.app).items.clone();
        assert!(items.len() > 20);
        for item in items.into_iter().filter(|item| !item.key.is_empty()) {
            let (mut by_key, mut by_palette) = (at(place), at(place));
            by_key.effects.clear();
            by_palette.effects.clear();
            press(&mut by_key, &item.key);
            press(&mut by_palette, "ctrl-p");
            let all = menu(&by_palette.app).items.clone();
            let line = all
                .iter()
                .position(|other| other.title == item.title)
                .unwrap();
            for _ in 0..line {
                press(&mut by_palette, "down");
            }
            press(&mut by_palette, "enter");
            let state = |story: &Story| {
                let app = &story.app;
                // What cannot be done leaves the palette open.
                let place = match app.place() {
                    Place::Palette if item.disabled.is_some() => place,
                    place => place,
                };
                format!("{:?} {place:?} {:?}", story.effects, app.query.constraints)
            };
            assert_eq!(
                state(&by_key),
                state(&by_palette),
                "{place:?}: {}",
                item.title
            );
        }
    }
}

#[test]
fn leaving_can_stop_the_run_or_be_thought_better_of() {
    let mut story = at(Place::Question);
    story.effects.clear();
    press(&mut story, "end");
    press(&mut story, "down");
    press(&mut story, "down");
    press(&mut story, "enter");
    assert!(story.effects.is_empty());
    assert_eq!(story.app.place(), Place::Run);
    press(&mut story, "q");
    press(&mut story, "down");
    press(&mut story, "enter");
    assert!(matches!(
        story.effects[..],
        [Effect::Give(..), Effect::Quit]
    ));
}

#[test]
fn a_setting_that_is_typed_for_a_run_that_has_ended_since_is_refused() {
    let mut story = at(Place::Prompt);
    story.seen(gone(true));
    story.effects.clear();
    press(&mut story, "ctrl-u");
    type_text(&mut story, "0.5");
    press(&mut story, "enter");
    assert!(story.effects.is_empty());
    assert_eq!(story.app.place(), Place::Prompt);
}

#[test]
fn a_bundle_is_typed_as_a_path() {
    let mut story = at(Place::Settings);
    story.effects.clear();
    for key in ["b", "down", "down", "enter", "enter"] {
        press(&mut story, key);
    }
    assert_eq!(
        story.app.place(),
        Place::Prompt,
        "an empty path is no answer"
    );
    type_text(&mut story, "my/bundle");
    press(&mut story, "enter");
    assert!(matches!(&story.effects[..], [Effect::OpenBundle(name)] if name == "my/bundle"));
}

#[test]
fn the_large_picture_is_of_the_run_that_is_shown() {
    let mut story = rich();
    press(&mut story, "3");
    press(&mut story, "enter");
    press(&mut story, "4");
    assert_eq!(story.app.place(), Place::Map, "screens are reached from it");
    press(&mut story, "5");
    press(&mut story, "right");
    press(&mut story, "enter");
    assert_eq!(story.app.current, Some(OTHER));
    press(&mut story, "enter");
    assert_eq!(story.app.place(), Place::Large);
}
