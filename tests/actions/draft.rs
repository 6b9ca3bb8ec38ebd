//! A constraint as it is made on the screen is the constraint that the query asks for, to the last bit.

use std::sync::Arc;

use invset::bundle::Bundle;
use invset::query::{ClassifierTaps, Constraint, Context, UnitIndex};
use invset::tui::app::BundleState;
use invset::tui::message::{Message, OpenBundle};
use invset::tui::model::draft::{Draft, End};
use invset::tui::model::query::Pane;
use proptest::prelude::*;

use crate::story::{Story, press, type_text};

/// A draft as the screen makes it for a unit; none where there is no such unit.
fn draft_in(story: &mut Story, unit: &str) -> Option<Draft> {
    story.app.query.clear();
    story.app.query.pane = Pane::Units;
    story.app.query.is_searching = true;
    press(story, "ctrl-u");
    story.tell(Message::Paste(unit.to_owned()));
    let is_found = story
        .app
        .found
        .first()
        .is_some_and(|found| found.unit == unit);
    press(story, "enter");
    story.app.query.draft().filter(|_| is_found).cloned()
}

fn draft_of(unit: &str) -> Draft {
    draft_in(&mut Story::new(80, 24), unit).unwrap()
}

/// A story that begins with another bundle.
fn story_of(bundle: &str) -> Story {
    let mut story = Story::new(80, 24);
    story.app.bundle = BundleState::Opening(bundle.to_owned());
    let opened = Bundle::open(bundle).unwrap();
    let units = UnitIndex::of(&opened).unwrap();
    let open = OpenBundle {
        name: bundle.to_owned(),
        bundle: opened,
        units,
    };
    story.tell(Message::Bundle {
        name: bundle.to_owned(),
        opened: Ok(Arc::new(open)),
    });
    story
}

fn keys() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "left", "right", "H", "L", "space", "o", "v", "r", "u", "left", "right",
    ])
}

fn typed() -> impl Strategy<Value = String> {
    prop_oneof![
        (0.0f64..=100.0).prop_map(|percent| format!("p{percent}")),
        (-30.0f64..30.0).prop_map(|value| value.to_string()),
        any::<f64>().prop_map(|value| value.to_string()),
        (0u32..1000).prop_map(|tenths| format!("p{}", f64::from(tenths) / 10.0)),
        Just(String::new()),
    ]
}

#[derive(Debug, Clone)]
enum Change {
    Key(&'static str),
    Typed(String),
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let change = prop_oneof![
        3 => keys().prop_map(Change::Key),
        1 => typed().prop_map(Change::Typed),
    ];
    prop::collection::vec(change, 0..12)
}

#[test]
fn what_is_shown_is_what_is_asked_for() {
    let bundle = Bundle::open("fashion").unwrap();
    let taps = ClassifierTaps::new(&bundle).unwrap();
    let context = Context {
        taps: &taps,
        logits: taps.logits(),
        labels: bundle.labels(),
        statistics: bundle.statistics(),
        measure: None,
    };
    let units = UnitIndex::of(&bundle).unwrap();
    let queries = ["", "features[", "prob(", "prob(logits["];
    let mut names: Vec<String> = Vec::new();
    for query in queries {
        let found = units.search(query, 200).into_iter();
        names.extend(
            found
                .filter(|found| found.is_whole)
                .map(|found| found.unit)
                .take(4),
        );
    }
    assert!(names.len() > 12, "{names:?}");
    let stories: Vec<Story> = names
        .iter()
        .map(|unit| {
            let mut story = Story::new(80, 24);
            assert!(draft_in(&mut story, unit).is_some(), "{unit}");
            story
        })
        .collect();
    let stories = std::cell::RefCell::new(stories);
    let config = ProptestConfig {
        cases: 400,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    proptest!(config, |(at in 0..names.len(), changes in changes())| {
        let story = &mut stories.borrow_mut()[at];
        for change in changes {
            match change {
                Change::Key(key) => press(story, key),
                Change::Typed(text) => {
                    press(story, "=");
                    press(story, "ctrl-u");
                    type_text(story, &text);
                    press(story, "enter");
                    press(story, "esc");
                    story.app.query.pane = Pane::Interval;
                }
            }
        }
        let draft = story.app.query.draft().unwrap();
        let resolved = Constraint::resolve(&draft.text(), &context);
        prop_assert_eq!(draft.problem().is_none(), resolved.is_ok(), "{} {:?}", draft.text(), resolved);
        if let Ok(constraint) = resolved {
            let known = draft.distribution.as_deref();
            let interval = constraint.interval;
            prop_assert_eq!(draft.low.value(known), interval.low(), "{}", draft.text());
            prop_assert_eq!(draft.high.value(known), interval.high(), "{}", draft.text());
        }
    });
}

#[test]
fn statistics_belong_to_elements_and_channel_means_alone() {
    let (mut known, mut unknown) = (0, 0);
    for bundle in ["fashion", "scenes64"] {
        let mut story = story_of(bundle);
        let BundleState::Open(open) = &story.app.bundle else {
            panic!("it is open");
        };
        let open = Arc::clone(open);
        let statistics = open.bundle.statistics().unwrap();
        for tensor in statistics.tensors() {
            let unit = format!("{tensor}[2]");
            let draft = draft_in(&mut story, &unit).unwrap();
            let distribution = draft.distribution.unwrap();
            for level in [0.0, 0.3, 0.95, 0.999, 0.9995, 1.0] {
                let quantile = statistics.quantile(tensor, 2, level);
                assert_eq!(distribution.value_at(level), quantile, "{unit} {level}");
            }
            let (low, high) = (distribution.low, distribution.high);
            for value in [low - 1.0, low, (low + high) / 2.0, high, high + 1.0, 0.0] {
                let level = statistics.level_of(tensor, 2, value).unwrap();
                assert!(
                    (distribution.level_of(value) - level).abs() < 1e-12,
                    "{unit}"
                );
            }
            known += 1;
            for other in [
                format!("max({tensor}[2])"),
                format!("prob({tensor}[2])"),
                format!("{tensor}[2,0,0]"),
            ] {
                if let Some(draft) = draft_in(&mut story, &other) {
                    assert_eq!(draft.distribution, None, "{other}");
                    unknown += 1;
                }
            }
        }
    }
    assert!(known >= 3 && unknown >= 3, "{known} {unknown}");
}

#[test]
fn the_share_inside_is_the_one_that_statistics_give() {
    let story = Story::new(80, 24);
    let BundleState::Open(open) = &story.app.bundle else {
        panic!("it is open");
    };
    let statistics = open.bundle.statistics().unwrap();
    let mut draft = draft_of("logits[3]");
    for (low, high) in [(-3.0, 2.0), (0.0, 0.5), (5.0, 50.0), (-50.0, 50.0)] {
        (draft.low, draft.high) = (End::Value(low), End::Value(high));
        let share = statistics.share_between("logits", 3, low, high).unwrap();
        assert!((draft.share().unwrap() - share).abs() < 1e-12);
    }
}

#[test]
fn a_typed_end_is_asked_for_with_all_its_digits() {
    let mut draft = draft_of("logits[3]");
    for text in ["p99.99999", "123456.75", "0.000000000001", "p0.05"] {
        draft.set(End::parse(text).unwrap());
        let low = draft.low.text();
        assert_eq!(End::parse(&low), End::parse(text), "{low}");
        assert!(low.len() <= text.len(), "{low}");
    }
}
