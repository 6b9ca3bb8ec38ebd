//! Two hundred keys and messages in any order: nothing panics, and what always holds holds.

use std::sync::Arc;

use image::RgbImage;
use invset::preview::Picture;
use invset::run::{Seen, WorkerState};
use invset::tui::action::{Place, TABLE};
use invset::tui::app::App;
use invset::tui::message::{Message, Mouse, RunId};
use invset::tui::model::query::MOST_CONSTRAINTS;
use invset::tui::wanted;
use proptest::prelude::*;

use crate::cases::{gone, open_run, path, position, rich, sample_line, two_constraints};
use crate::story::{Story, press};

#[derive(Debug, Clone)]
enum Happening {
    Key(String),
    Told(u8, u8),
    Drawn,
}

fn happening() -> impl Strategy<Value = Happening> {
    let keys: Vec<String> = TABLE
        .iter()
        .flat_map(|entry| entry.keys.iter().map(|&key| key.to_owned()))
        .chain(["c", "é", "backspace", "ctrl-w", "5", "0", "."].map(str::to_owned))
        .collect();
    prop_oneof![
        12 => prop::sample::select(keys).prop_map(Happening::Key),
        4 => (0u8..20, any::<u8>()).prop_map(|(what, how)| Happening::Told(what, how)),
        1 => Just(Happening::Drawn),
    ]
}

fn tell(story: &mut Story, what: u8, how: u8) {
    let run = RunId(u64::from(how % 4));
    let at = u64::from(how);
    let seen = |seen| Message::Seen { run, seen };
    let message = match what {
        0 => {
            let name = ["runs/a", "runs/b", "runs/c", "runs/d"][usize::from(how % 4)];
            let id = RunId(100 + story.app.runs.len() as u64);
            return open_run(story, id, name.as_ref(), two_constraints(), how % 8 < 4);
        }
        1 => seen(Seen::Samples(
            (at % 20..at % 20 + 3).map(sample_line).collect(),
        )),
        2 => seen(Seen::Rewound),
        3 => seen(gone(how.is_multiple_of(2))),
        4 => seen(Seen::Worker(WorkerState::Working {
            pid: 1,
            writable: how.is_multiple_of(2),
        })),
        5 => return story.steps(at..=at + 2),
        6 => return story.catalogue(),
        7 => Message::Catalogue(Vec::new()),
        8 => Message::Removed(path()),
        9 => Message::Picture {
            run,
            sample: at,
            picture: Arc::new(Picture::Rgb(RgbImage::new(4, 4))),
        },
        10 => return story.map(at % 15),
        11 => return story.portrait(at % 15),
        12 => Message::Failed("no".into()),
        13 => Message::Started {
            path: "runs/a".into(),
            shown: how.is_multiple_of(2),
        },
        14 => Message::NotStarted {
            reason: "no".into(),
            shown: how.is_multiple_of(2),
        },
        15 => Message::Resized {
            width: 40 + u16::from(how),
            height: 10 + u16::from(how % 50),
        },
        16 => Message::Paste("p99 \u{1b}[2J".into()),
        17 => Message::Mouse(Mouse::Click {
            column: u16::from(how),
            row: u16::from(how % 40),
        }),
        18 => Message::Mouse(if how.is_multiple_of(2) {
            Mouse::WheelUp
        } else {
            Mouse::WheelDown
        }),
        _ => Message::Bundle {
            name: story.app.bundle.name().to_owned(),
            opened: Err("torn".into()),
        },
    };
    story.tell(message);
}

/// What always holds.
fn check(app: &App) {
    if let Some(overlay) = app.overlays.last() {
        assert_eq!(app.place(), overlay.place());
    }
    for id in app.current.iter().chain(&app.compared) {
        assert!(app.run_of(*id).is_some(), "{id:?} is open");
    }
    let mut paths: Vec<_> = app.runs.iter().map(|(_, run)| &run.path).collect();
    paths.sort();
    paths.dedup();
    assert_eq!(paths.len(), app.runs.len(), "each run is open once");
    let mut compared = app.compared.clone();
    compared.sort();
    compared.dedup();
    assert_eq!(compared.len(), app.compared.len());
    assert!(app.query.constraints.len() <= MOST_CONSTRAINTS);
    for (_, run) in &app.runs {
        assert!(run.selected_place().is_none_or(|at| at < run.samples.len()));
        assert!(run.constraint < run.file.constraint.len());
    }
    let place = app.place();
    let length = match place {
        Place::Search | Place::Units => app.found.len(),
        Place::Constraints => app.query.constraints.len(),
        Place::Compare => app.compared.len(),
        Place::Runs | Place::Filter => app.list.shown().len(),
        _ => usize::MAX,
    };
    assert!(position(app, place).is_none_or(|at| at < length));
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 40,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn two_hundred_keys_and_messages_leave_everything_in_order(
        happenings in prop::collection::vec(happening(), 200)
    ) {
        let mut story = rich();
        for happening in happenings {
            match happening {
                Happening::Key(key) => press(&mut story, &key),
                Happening::Told(what, how) => tell(&mut story, what, how),
                Happening::Drawn => {
                    story.text();
                    wanted(&mut story.app);
                }
            }
            check(&story.app);
        }
        story.text();
    }

    #[test]
    fn every_change_of_the_query_can_be_taken_back(
        keys in prop::collection::vec(
            prop::sample::select(vec!["left", "right", "H", "L", "r", "space", "o", "v"]),
            0..60,
        )
    ) {
        let mut story = Story::new(80, 24);
        story.choose_unit("ankle boot");
        let first = story.app.query.draft().unwrap().text();
        for key in &keys {
            press(&mut story, key);
        }
        while story.app.query.draft().unwrap().can_undo() {
            press(&mut story, "u");
        }
        prop_assert_eq!(story.app.query.draft().unwrap().text(), first);
    }

    #[test]
    fn every_setting_can_be_put_back(
        keys in prop::collection::vec(
            prop::sample::select(vec!["left", "right", "H", "L", "r", "up", "down", "down"]),
            0..150,
        )
    ) {
        let mut story = Story::new(80, 24);
        let first = story.app.request().manner;
        story.choose_unit("ankle boot");
        press(&mut story, "tab");
        press(&mut story, "tab");
        for key in &keys {
            press(&mut story, key);
        }
        while story.app.query.settings.can_undo() {
            press(&mut story, "u");
        }
        prop_assert_eq!(story.app.request().manner, first);
    }
}
