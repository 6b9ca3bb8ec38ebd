//! The query screen.

use invset::tui::action::{Place, Tab};
use invset::tui::app::BundleState;
use invset::tui::effect::Effect;
use invset::tui::message::Message;
use invset::tui::model::knob::Value;
use invset::tui::model::query::MOST_CONSTRAINTS;

use crate::cases::{Case, Told, at, case, complaint, in_all, to_tab};
use crate::story::{Story, press, type_text};

const ALL: [Place; 5] = [
    Place::Search,
    Place::Units,
    Place::Interval,
    Place::Constraints,
    Place::Settings,
];

pub fn cases() -> Vec<Case> {
    [
        in_all(&ALL, "start", |told| {
            let effects = told.act();
            let [
                Effect::Start {
                    request,
                    shown: true,
                },
            ] = &effects[..]
            else {
                panic!("{effects:?}");
            };
            assert_eq!(
                request.query,
                ["ankle boot in p95..p99.9", "sneaker in p95..p99.9"]
            );
            assert_eq!(request.bundle, "fashion");
            assert!(told.app().is_starting);
            assert!(told.act().is_empty(), "one at a time");
            assert!(told.complaint().contains("being started"));
        }),
        in_all(&ALL, "next-pane", |told| {
            let before = told.app().query.pane;
            told.act();
            assert_eq!(told.app().query.pane, before.next(1));
            assert!(!told.app().query.is_searching);
        }),
        in_all(&ALL, "previous-pane", |told| {
            let before = told.app().query.pane;
            told.act();
            assert_eq!(told.app().query.pane, before.next(-1));
        }),
        in_all(&ALL, "bundles", |told| {
            told.act();
            assert_eq!(told.menu().title, "Bundles");
            assert_eq!(told.menu().selected().unwrap().title, "fashion");
        }),
        in_all(
            &[
                Place::Units,
                Place::Interval,
                Place::Constraints,
                Place::Settings,
            ],
            "search",
            |told| {
                told.act();
                assert_eq!(told.app().place(), Place::Search);
            },
        ),
        in_all(&[Place::Search, Place::Units], "choose", |told| {
            told.press("down");
            let unit = told.app().found[1].unit.clone();
            told.act();
            assert_eq!(told.app().place(), Place::Interval);
            assert_eq!(
                told.app().query.constraints.len(),
                2,
                "in place of the selected one"
            );
            assert_eq!(told.app().query.draft().unwrap().unit, unit);
        }),
        in_all(&[Place::Search, Place::Units], "add", |told| {
            told.act();
            assert_eq!(told.app().place(), Place::Interval);
            assert_eq!(told.app().query.constraints.len(), 3);
            assert_eq!(told.app().query.constraint.selected(3), Some(2));
        }),
        in_all(&[Place::Interval, Place::Constraints], "add", |told| {
            told.act();
            assert_eq!(told.app().place(), Place::Search);
            assert_eq!(told.app().query.constraints.len(), 2);
        }),
        case(Place::Constraints, "choose", |told| {
            told.act();
            assert_eq!(told.app().place(), Place::Interval);
        }),
        case(Place::Constraints, "remove", |told| {
            told.act();
            assert_eq!(units(told), ["ankle boot"]);
            told.act();
            assert!(units(told).is_empty());
            told.act();
            assert!(told.complaint().contains("choose a unit"));
        }),
        case(Place::Constraints, "undo", |told| {
            told.press("up");
            told.press("x");
            told.press("x");
            told.act();
            told.act();
            assert_eq!(units(told), ["ankle boot", "sneaker"]);
            told.act();
            assert!(told.complaint().contains("nothing was removed"));
        }),
        case(Place::Search, "back", |told| {
            type_text(&mut told.story, "coat");
            told.act();
            assert!(told.app().query.search.is_empty());
            assert_eq!(told.app().place(), Place::Search);
            told.act();
            assert_eq!(told.app().place(), Place::Units);
        }),
        case(Place::Units, "back", |told| {
            told.press("/");
            type_text(&mut told.story, "coat");
            told.press("tab");
            told.press("backtab");
            let few = told.app().found.len();
            told.act();
            assert!(told.app().query.search.is_empty());
            assert!(told.app().found.len() > few);
        }),
        in_all(
            &[Place::Interval, Place::Constraints, Place::Settings],
            "back",
            |told| {
                told.act();
                assert_eq!(told.app().place(), Place::Units);
            },
        ),
        case(Place::Interval, "other-end", |told| {
            let before = told.app().query.draft().unwrap().side;
            told.act();
            assert_ne!(told.app().query.draft().unwrap().side, before);
            told.act();
            assert_eq!(told.app().query.draft().unwrap().side, before);
        }),
        case(Place::Interval, "open-end", |told| {
            told.act();
            assert_eq!(text(told), "sneaker in ..p99.9");
            told.act();
            assert_eq!(text(told), "sneaker in p50..p99.9");
        }),
        case(Place::Interval, "end-kind", |told| {
            told.act();
            let value = text(told);
            assert!(!value.contains("p95"), "{value}");
            told.act();
            assert_eq!(text(told), "sneaker in p95..p99.9");
            type_unit(told, "prob(sneaker)");
            told.act();
            assert!(told.complaint().contains("no statistics"));
        }),
        case(Place::Interval, "left", |told| steps_to(told, "p94")),
        case(Place::Interval, "right", |told| steps_to(told, "p96")),
        case(Place::Interval, "far-left", |told| steps_to(told, "p80")),
        case(Place::Interval, "far-right", |told| steps_to(told, "p99.5")),
        case(Place::Interval, "type", |told| {
            told.act();
            assert!(told.prompt().title.starts_with("Low end"));
            assert_eq!(told.prompt().line.text(), "p95");
        }),
        case(Place::Interval, "reset", |told| {
            told.press("right");
            told.press("space");
            told.press("o");
            told.act();
            assert_eq!(text(told), "sneaker in p95..p99.9");
        }),
        case(Place::Interval, "undo", |told| {
            told.press("right");
            told.press("right");
            told.act();
            assert_eq!(text(told), "sneaker in p96..p99.9");
            told.act();
            assert_eq!(text(told), "sneaker in p95..p99.9");
            told.act();
            assert!(told.complaint().contains("nothing was changed"));
        }),
        in_all(&[Place::Settings], "left", |told| turns(told, 38)),
        in_all(&[Place::Settings], "right", |told| turns(told, 60)),
        in_all(&[Place::Settings], "far-left", |told| turns(told, 5)),
        in_all(&[Place::Settings], "far-right", |told| turns(told, 450)),
        in_all(&[Place::Settings], "choose", asks_for_n),
        in_all(&[Place::Settings], "type", asks_for_n),
        case(Place::Settings, "reset", |told| {
            told.press("down");
            told.press("right");
            told.press("right");
            told.act();
            assert_eq!(n(told), 48);
        }),
        case(Place::Settings, "undo", |told| {
            told.press("down");
            told.press("right");
            told.press("down");
            told.press("right");
            told.act();
            told.act();
            assert_eq!(n(told), 48);
            told.act();
            assert!(told.complaint().contains("nothing was changed"));
        }),
    ]
    .concat()
}

fn units(told: &Told) -> Vec<String> {
    let constraints = told.app().query.constraints.iter();
    constraints.map(|draft| draft.unit.clone()).collect()
}

fn text(told: &Told) -> String {
    told.app().query.draft().unwrap().text()
}

fn type_unit(told: &mut Told, unit: &str) {
    told.press("/");
    told.press("ctrl-u");
    type_text(&mut told.story, unit);
    told.press("enter");
}

fn steps_to(told: &mut Told, low: &str) {
    told.act();
    assert_eq!(text(told), format!("sneaker in {low}..p99.9"));
}

fn n(told: &Told) -> u64 {
    match told.app().query.settings.value("n") {
        Some(&Value::Whole(n)) => n,
        other => panic!("{other:?}"),
    }
}

fn turns(told: &mut Told, to: u64) {
    told.press("down");
    told.act();
    assert_eq!(n(told), to);
    assert_eq!(told.app().request().manner.settings.n as u64, to);
}

fn asks_for_n(told: &mut Told) {
    told.press("down");
    told.act();
    assert_eq!(told.prompt().line.text(), "48");
    told.press("ctrl-u");
    type_text(&mut told.story, "7");
    told.press("enter");
    assert_eq!(n(told), 7);
}

#[test]
fn no_more_constraints_than_fit_are_asked_for() {
    let mut story = at(Place::Search);
    for _ in 2..MOST_CONSTRAINTS {
        press(&mut story, "ctrl-a");
        press(&mut story, "/");
    }
    assert_eq!(story.app.query.constraints.len(), MOST_CONSTRAINTS);
    let before = story.app.query.constraints.clone();
    press(&mut story, "down");
    press(&mut story, "ctrl-a");
    assert!(complaint(&story.app).contains("16 constraints at most"));
    assert_eq!(
        story.app.query.constraints, before,
        "none of them is replaced"
    );
    // One is removed, another takes its room, and it cannot come back.
    press(&mut story, "tab");
    press(&mut story, "tab");
    press(&mut story, "x");
    press(&mut story, "/");
    press(&mut story, "ctrl-a");
    press(&mut story, "tab");
    press(&mut story, "u");
    assert_eq!(story.app.query.constraints.len(), MOST_CONSTRAINTS);
}

#[test]
fn a_bundle_that_comes_late_does_not_take_the_place_of_the_one_chosen_since() {
    let mut story = Story::new(80, 24);
    let BundleState::Open(fashion) = &story.app.bundle else {
        panic!("the story opens it");
    };
    let fashion = fashion.clone();
    press(&mut story, "ctrl-b");
    press(&mut story, "up");
    press(&mut story, "enter");
    assert!(matches!(&story.effects[..], [Effect::OpenBundle(name)] if name == "scenes64"));
    story.tell(Message::Bundle {
        name: "fashion".into(),
        opened: Ok(fashion.clone()),
    });
    story.tell(Message::Bundle {
        name: "fashion".into(),
        opened: Err("no".into()),
    });
    assert!(matches!(&story.app.bundle, BundleState::Opening(name) if name == "scenes64"));
    assert!(story.app.found.is_empty());
    story.tell(Message::Bundle {
        name: "scenes64".into(),
        opened: Err("torn".into()),
    });
    assert!(matches!(&story.app.bundle, BundleState::Failed { .. }));
    assert_eq!(complaint(&story.app), "torn");
    press(&mut story, "ctrl-r");
    assert!(complaint(&story.app).contains("bundle is not open"));
}

#[test]
fn another_bundle_forgets_the_query_and_the_same_one_keeps_it() {
    let mut story = at(Place::Constraints);
    story.effects.clear();
    press(&mut story, "b");
    press(&mut story, "enter");
    assert!(story.effects.is_empty());
    assert_eq!(story.app.query.constraints.len(), 2);
    press(&mut story, "x");
    press(&mut story, "b");
    press(&mut story, "up");
    press(&mut story, "enter");
    assert!(story.app.query.constraints.is_empty());
    press(&mut story, "u");
    assert!(
        story.app.query.constraints.is_empty(),
        "that unit is of the other bundle"
    );
}

#[test]
fn a_start_that_fails_can_be_tried_again_and_other_failures_change_nothing() {
    let mut story = at(Place::Interval);
    press(&mut story, "ctrl-r");
    story.tell(Message::Failed("a picture is torn".into()));
    assert!(story.app.is_starting);
    story.tell(Message::NotStarted {
        reason: "no room".into(),
        shown: false,
    });
    assert!(story.app.is_starting, "that was another one");
    story.tell(Message::NotStarted {
        reason: "no room".into(),
        shown: true,
    });
    assert!(!story.app.is_starting);
    assert_eq!(complaint(&story.app), "no room");
}

#[test]
fn an_empty_query_is_not_started_and_not_copied() {
    let mut story = Story::new(80, 24);
    press(&mut story, "ctrl-r");
    assert!(complaint(&story.app).contains("choose a unit"));
    press(&mut story, "ctrl-y");
    assert!(complaint(&story.app).contains("the query is empty"));
    press(&mut story, "esc");
    press(&mut story, "2");
    press(&mut story, "y");
    assert!(complaint(&story.app).contains("the query is empty"));
    assert!(story.effects.is_empty());
}

#[test]
fn what_is_copied_is_what_is_started() {
    let mut story = at(Place::Settings);
    for key in [
        "right", "down", "right", "down", "down", "down", "right", "down", "left",
    ] {
        press(&mut story, key);
    }
    story.effects.clear();
    press(&mut story, "y");
    press(&mut story, "ctrl-r");
    let [Effect::Copy(line), Effect::Start { request, .. }] = &story.effects[..] else {
        panic!("{:?}", story.effects);
    };
    let default = invset::run::defaults::bundle();
    assert_eq!(
        *line,
        invset::run::CommandLine::of(request, &default).to_string()
    );
    assert!(
        line.contains("--method maximise") && line.contains("-n 60"),
        "{line}"
    );
}

#[test]
fn settings_that_the_method_or_the_bundle_lacks_are_neither_shown_nor_asked_for() {
    let mut story = at(Place::Settings);
    let ids = |story: &Story| -> Vec<&str> {
        let shown = story.app.query.settings.shown();
        shown.iter().map(|knob| knob.id).collect()
    };
    let request = |story: &Story| story.app.request().manner;
    let choose = |story: &mut Story, id: &str, value: &str| {
        press(story, "1");
        story.app.query.settings.cursor.select(0);
        let at = ids(story).iter().position(|shown| *shown == id).unwrap();
        story.app.query.settings.cursor.select(at);
        press(story, "=");
        press(story, "ctrl-u");
        type_text(story, value);
        press(story, "enter");
    };
    choose(&mut story, "method", "incremental");
    let incremental = ids(&story);
    for (id, is_shown) in [
        ("k", true),
        ("transform", true),
        ("smoothness", false),
        ("decay", false),
        ("chains", false),
    ] {
        assert_eq!(incremental.contains(&id), is_shown, "{id}");
    }
    choose(&mut story, "k", "3");
    assert_eq!(request(&story).settings.k, 3);
    choose(&mut story, "method", "maximise");
    assert_eq!(request(&story).settings.k, 8, "it has no batch");
    choose(&mut story, "decay", "0.9");
    choose(&mut story, "transform", "shift:2, noise:0.05");
    choose(&mut story, "encoder", "tensor:logits");
    let asked = request(&story);
    assert_eq!(asked.settings.ascent.decay, 0.9);
    press(&mut story, "y");
    let Some(Effect::Copy(line)) = story.effects.last() else {
        panic!("{:?}", story.effects);
    };
    for flag in [
        "--method maximise",
        "--decay 0.9",
        "--transform shift:2,noise:0.05",
        "--encoder tensor:logits",
    ] {
        assert!(line.contains(flag), "{flag}: {line}");
    }
    choose(&mut story, "transform", "turn:3");
    assert_eq!(story.app.place(), Place::Prompt);
    assert!(story.text().contains("is no transform"), "{}", story.text());
}

#[test]
fn what_the_command_line_gave_and_no_setting_shows_is_kept() {
    let mut story = Story::new(80, 24);
    let manner = &mut story.app.manner;
    manner.runtime.library = Some("lib.so".into());
    // What means nothing with the method is shown as little.
    manner.settings.chain.save_every = 4;
    manner.settings.ascent.decay = 0.5;
    let manner = manner.clone();
    story.choose_unit("ankle boot");
    press(&mut story, "ctrl-r");
    let [Effect::Start { request, .. }] = &story.effects[..] else {
        panic!("{:?}", story.effects);
    };
    assert_eq!(request.manner, manner);
    assert_eq!(request.runs, story.app.root);
    to_tab(&mut story, Tab::Query);
}
