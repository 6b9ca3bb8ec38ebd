//! Samples: on the run screen, in the gallery, on the map, and large.

use invset::run::Seen;
use invset::run::control::Command;
use invset::tui::action::{Place, Tab};
use invset::tui::effect::Effect;
use invset::tui::model::gallery::Order;
use invset::tui::overlay::{Asked, Overlay};

use crate::cases::{Case, RUN, SAMPLES, at, case, complaint, gone, in_all, sample_line};
use crate::story::press;

const ALL: [Place; 4] = [Place::Run, Place::Gallery, Place::Map, Place::Large];

pub fn cases() -> Vec<Case> {
    let gallery = Place::Gallery;
    [
        in_all(&ALL, "next-sample", |told| {
            let effects = told.act();
            assert_eq!(told.sample(), 1);
            assert!(
                matches!(effects[..], [Effect::Portray(RUN, 1)]),
                "{effects:?}"
            );
            for _ in 0..20 {
                told.act();
            }
            assert_eq!(told.sample(), SAMPLES - 1);
        }),
        in_all(&ALL, "previous-sample", |told| {
            told.press("n");
            told.press("n");
            told.act();
            assert_eq!(told.sample(), 1);
            told.act();
            told.act();
            assert_eq!(told.sample(), 0);
        }),
        in_all(&ALL, "mark", |told| {
            for marked in [true, false] {
                let effects = told.act();
                let order = Command::Mark { sample: 0, marked };
                assert!(matches!(effects[..], [Effect::Give(RUN, given)] if given == order));
                let marks = &told.app().run().unwrap().marks;
                assert_eq!(marks.marked.contains(&0), marked, "shown at once");
            }
            told.story.seen(gone(true));
            let effects = told.act();
            let edit = matches!(effects[..], [Effect::EditMarks(RUN, Command::Mark { .. })]);
            assert!(edit, "nobody takes orders: {effects:?}");
        }),
        in_all(&ALL, "drop", |told| {
            told.press("n");
            let effects = told.act();
            let (sample, dropped) = (1, true);
            let order = Command::Drop { sample, dropped };
            assert!(matches!(effects[0], Effect::Give(RUN, given) if given == order));
            assert!(told.app().run().unwrap().marks.dropped.contains(&1));
            if told.place == Place::Gallery {
                assert_eq!(told.sample(), 2, "the next one takes its place");
                return;
            }
            assert_eq!(told.sample(), 1, "so that the same key brings it back");
            told.press("n");
            assert_eq!(told.sample(), 2, "none is passed over");
            told.press("p");
            assert_eq!(told.sample(), 0);
        }),
        in_all(&[Place::Gallery, Place::Map], "choose", |told| {
            told.act();
            assert_eq!(told.app().overlays, [Overlay::Large]);
        }),
        in_all(&[Place::Gallery, Place::Map], "back", |told| {
            told.act();
            assert_eq!(told.app().tab, Tab::Run);
        }),
        case(gallery, "show-dropped", |told| {
            told.press("d");
            assert_eq!(shown(told.app()).len(), SAMPLES as usize - 1);
            told.act();
            assert_eq!(shown(told.app()).len(), SAMPLES as usize);
            told.act();
            assert_eq!(shown(told.app()).len(), SAMPLES as usize - 1);
        }),
        case(gallery, "select", |told| {
            told.act();
            told.act();
            told.press("left");
            told.act();
            let chosen: Vec<u64> = told.app().gallery.chosen.iter().copied().collect();
            assert_eq!(chosen, [0], "chosen twice is not chosen");
            told.press("esc");
            assert!(told.app().gallery.chosen.is_empty());
            assert_eq!(told.app().tab, Tab::Gallery, "the choice goes first");
        }),
        case(gallery, "select-all", |told| {
            told.press("d");
            told.act();
            assert_eq!(told.app().gallery.chosen.len(), SAMPLES as usize - 1);
            told.act();
            assert!(told.app().gallery.chosen.is_empty());
        }),
        case(gallery, "sort", |told| {
            let selected = told.sample();
            for order in [Order::Activation, Order::Distinctness, Order::Step] {
                told.act();
                assert_eq!(told.app().gallery.order, order);
                assert_eq!(told.sample(), selected);
            }
            let by_step = shown(told.app());
            let reversed: Vec<usize> = (0..SAMPLES as usize).rev().collect();
            assert_eq!(by_step, reversed);
            told.act();
            assert_eq!(told.app().gallery.order, Order::Index);
        }),
        case(gallery, "larger", |told| {
            let before = told.app().gallery.picture_rows();
            told.act();
            assert!(told.app().gallery.picture_rows() > before);
            for _ in 0..9 {
                told.act();
            }
        }),
        case(gallery, "smaller", |told| {
            let before = told.app().gallery.picture_rows();
            told.act();
            assert!(told.app().gallery.picture_rows() < before);
            for _ in 0..9 {
                told.act();
            }
        }),
        in_all(&[Place::Gallery, Place::Large], "export", |told| {
            told.act();
            assert_eq!(told.prompt().asked, Asked::Export);
            assert!(told.prompt().title.contains("12 samples"));
            let effects = told.press("enter");
            let [
                Effect::Export {
                    run: RUN, samples, ..
                },
            ] = &effects[..]
            else {
                panic!("{effects:?}");
            };
            assert_eq!(*samples, (0..SAMPLES).collect::<Vec<_>>());
            assert!(told.app().overlays.is_empty());
        }),
        in_all(&[Place::Large], "back", |told| {
            told.act();
            assert_eq!(told.app().place(), Place::Gallery);
        }),
    ]
    .concat()
}

fn shown(app: &invset::tui::app::App) -> Vec<usize> {
    app.gallery.ordered(app.run().unwrap())
}

#[test]
fn what_is_chosen_is_exported_in_the_order_shown_without_the_hidden() {
    let mut story = at(Place::Gallery);
    for key in [
        "space", "space", "space", "p", "p", "d", "o", "o", "o", "e", "enter",
    ] {
        press(&mut story, key);
    }
    let Some(Effect::Export { samples, .. }) = story.effects.last() else {
        panic!("{:?}", story.effects);
    };
    assert_eq!(*samples, [2, 0]);
}

#[test]
fn nothing_is_exported_where_all_that_is_chosen_is_hidden() {
    let mut story = at(Place::Gallery);
    for key in ["space", "p", "d", "e"] {
        press(&mut story, key);
    }
    assert!(complaint(&story.app).contains("hidden"));
    assert_eq!(story.app.place(), Place::Gallery);
}

#[test]
fn hiding_one_after_the_other_goes_through_the_gallery_in_its_order() {
    let mut story = at(Place::Gallery);
    for key in ["o", "o", "o", "home", "d", "d", "d"] {
        press(&mut story, key);
    }
    let run = story.app.run().unwrap();
    let dropped: Vec<u64> = run.marks.dropped.iter().copied().collect();
    assert_eq!(dropped, [9, 10, 11], "by step the last come first");
    assert_eq!(run.selected().unwrap().index, 8);
    for key in ["end", "d"] {
        press(&mut story, key);
    }
    assert_eq!(story.app.run().unwrap().selected().unwrap().index, 1);
}

#[test]
fn the_selection_stays_where_it_is_when_samples_come_and_when_they_come_anew() {
    let mut story = at(Place::Gallery);
    press(&mut story, "end");
    let next = (SAMPLES..SAMPLES + 5).map(sample_line).collect();
    story.seen(Seen::Samples(next));
    let selected = |story: &crate::story::Story| story.app.run().unwrap().selected().unwrap().index;
    assert_eq!(selected(&story), SAMPLES - 1);
    story.effects.clear();
    story.seen(Seen::Rewound);
    assert!(story.app.run().unwrap().selected().is_none());
    assert!(matches!(story.effects[..], [Effect::LoadMap(RUN)]));
    press(&mut story, "enter");
    assert!(complaint(&story.app).contains("no sample"));
    story.seen(Seen::Samples((0..SAMPLES).map(sample_line).collect()));
    assert_eq!(selected(&story), SAMPLES - 1);
}

#[test]
fn one_sample_is_enough() {
    let mut story = crate::story::Story::new(120, 40);
    story.run();
    story.samples(1);
    story.map(1);
    for place in ["2", "3", "4"] {
        press(&mut story, place);
        for key in [
            "left", "right", "up", "down", "home", "end", "n", "p", "o", "enter",
        ] {
            press(&mut story, key);
            story.text();
        }
        press(&mut story, "esc");
    }
    assert_eq!(story.app.run().unwrap().selected_place(), Some(0));
}
