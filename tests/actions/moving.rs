//! Going up and down, by pages, and to both ends.

use invset::tui::action::Place;

use crate::cases::{Case, Told, at, case, in_all, position};
use crate::story::press;

const LISTS: [Place; 13] = [
    Place::Search,
    Place::Units,
    Place::Constraints,
    Place::Settings,
    Place::Run,
    Place::Compare,
    Place::Runs,
    Place::Filter,
    Place::Help,
    Place::Palette,
    Place::Question,
    Place::Themes,
    Place::Gallery,
];
const PAGED: [Place; 9] = [
    Place::Search,
    Place::Units,
    Place::Gallery,
    Place::Compare,
    Place::Runs,
    Place::Filter,
    Place::Help,
    Place::Palette,
    Place::Themes,
];
const ENDED: [Place; 6] = [
    Place::Units,
    Place::Gallery,
    Place::Compare,
    Place::Runs,
    Place::Help,
    Place::Themes,
];

pub fn cases() -> Vec<Case> {
    [
        in_all(&LISTS, "up", |told| {
            to_start(told);
            let start = at_now(told);
            told.press("down");
            assert!(at_now(told) > start);
            told.act();
            assert_eq!(at_now(told), start);
            told.act();
            assert_eq!(at_now(told), start, "there is nothing above");
        }),
        in_all(&LISTS, "down", |told| {
            to_start(told);
            let start = at_now(told);
            told.act();
            let lines = if told.place == Place::Gallery { 4 } else { 1 };
            assert_eq!(at_now(told), start + lines);
        }),
        in_all(&[Place::Interval], "up", other_end),
        in_all(&[Place::Interval], "down", other_end),
        in_all(&PAGED, "page-up", |told| {
            told.press("pagedown");
            let before = at_now(told);
            told.act();
            assert!(at_now(told) < before || before == 0);
            for _ in 0..200 {
                told.act();
            }
            assert_eq!(at_now(told), 0);
        }),
        in_all(&PAGED, "page-down", |told| {
            to_start(told);
            told.act();
            let page = at_now(told);
            assert!(page > 0);
            for _ in 0..200 {
                told.act();
            }
            let last = at_now(told);
            told.press("down");
            assert_eq!(at_now(told), last);
            assert!(last >= page);
        }),
        in_all(&ENDED, "first", |told| {
            told.press("pagedown");
            told.act();
            assert_eq!(at_now(told), 0);
        }),
        in_all(&ENDED, "last", |told| {
            told.act();
            let last = at_now(told);
            assert!(last > 0);
            told.press("down");
            assert_eq!(at_now(told), last);
        }),
        case(Place::Map, "first", |told| {
            told.press("n");
            told.act();
            assert_eq!(told.sample(), 0);
        }),
        case(Place::Map, "last", |told| {
            told.act();
            assert_eq!(told.sample(), crate::cases::SAMPLES - 1);
        }),
        case(Place::Map, "left", |told| towards(told, (-1.0, 0.0))),
        case(Place::Map, "right", |told| towards(told, (1.0, 0.0))),
        case(Place::Map, "up", |told| towards(told, (0.0, 1.0))),
        case(Place::Map, "down", |told| towards(told, (0.0, -1.0))),
        in_all(
            &[
                Place::Gallery,
                Place::Large,
                Place::Compare,
                Place::Question,
            ],
            "right",
            |told| {
                to_start(told);
                told.act();
                assert_eq!(at_now(told), 1);
            },
        ),
        in_all(
            &[
                Place::Gallery,
                Place::Large,
                Place::Compare,
                Place::Question,
            ],
            "left",
            |told| {
                to_start(told);
                told.press("right");
                told.act();
                assert_eq!(at_now(told), 0);
                told.act();
                assert_eq!(at_now(told), 0);
            },
        ),
    ]
    .concat()
}

fn at_now(told: &Told) -> usize {
    position(told.app(), told.place).unwrap()
}

fn to_start(told: &mut Told) {
    let key = if told.place == Place::Large {
        "left"
    } else {
        "up"
    };
    for _ in 0..100 {
        told.press(key);
    }
}

fn other_end(told: &mut Told) {
    let before = at_now(told);
    told.act();
    assert_ne!(at_now(told), before);
}

/// The nearest point that lies in a direction is selected, and no other.
fn towards(told: &mut Told, (dx, dy): (f64, f64)) {
    let points = told
        .app()
        .run()
        .unwrap()
        .map
        .as_ref()
        .unwrap()
        .points
        .clone();
    let from = points[0];
    told.act();
    let to = points[told.sample() as usize];
    let along = (to.0 - from.0) * dx + (to.1 - from.1) * dy;
    assert!(along > 0.0, "{to:?}");
    let nearer = |point: &(f64, f64)| {
        let (x, y) = (point.0 - from.0, point.1 - from.1);
        let (along, across) = (x * dx + y * dy, (x * dy - y * dx).abs());
        along > 0.0 && across <= along && x.hypot(y) < (to.0 - from.0).hypot(to.1 - from.1)
    };
    assert!(!points.iter().any(nearer));
}

#[test]
fn a_hidden_sample_is_no_neighbour_on_the_map() {
    let mut story = at(Place::Map);
    press(&mut story, "right");
    let neighbour = story.app.run().unwrap().selected().unwrap().index;
    press(&mut story, "d");
    press(&mut story, "g");
    press(&mut story, "right");
    let other = story.app.run().unwrap().selected().unwrap().index;
    assert_ne!(other, neighbour);
    assert_ne!(other, 0);
}
