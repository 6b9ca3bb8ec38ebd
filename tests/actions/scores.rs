//! Scores: those that are kept up to date while somebody looks, and those that are asked for.

use std::sync::Arc;

use invset::tui::action::Place;
use invset::tui::effect::Effect;
use invset::tui::message::Message;
use invset::tui::model::measuring::{Measurement, Measuring};
use invset::tui::overlay::Overlay;
use invset::tui::wanted;

use crate::cases::{Case, OTHER, RUN, SAMPLES, Told, at, case, gone, in_all, position};
use crate::story::{Story, press};

const LINES: usize = 30;

pub fn cases() -> Vec<Case> {
    let scores = Place::Scores;
    [
        in_all(
            &[Place::Run, Place::Gallery, Place::Map],
            "scores",
            |told| {
                assert!(matches!(told.act()[..], [Effect::Measure(RUN)]));
                assert_eq!(told.app().place(), Place::Scores);
                told.press("esc");
                assert!(told.act().is_empty(), "it is being measured");
                told.story.measured(found(SAMPLES as usize));
                told.press("esc");
                assert!(told.act().is_empty(), "it is known");
                told.press("esc");
                told.story.measured(found(SAMPLES as usize - 1));
                assert!(
                    matches!(told.act()[..], [Effect::Measure(RUN)]),
                    "there are more samples since"
                );
                told.press("esc");
                told.story.app.runs[0].1.samples.clear();
                assert!(told.act().is_empty());
                assert!(told.complaint().contains("no sample"));
            },
        ),
        case(scores, "refresh", |told| {
            assert!(told.act().is_empty());
            assert!(told.complaint().contains("being taken"));
            told.story.measured(found(SAMPLES as usize));
            assert!(matches!(told.act()[..], [Effect::Measure(RUN)]));
            told.story.measured(Measuring::Failed("no".to_owned()));
            assert!(matches!(told.act()[..], [Effect::Measure(RUN)]));
        }),
        case(scores, "up", |told| goes(told, &["down", "down"], 1)),
        case(scores, "down", |told| goes(told, &[], 1)),
        case(scores, "page-up", |told| goes(told, &["end"], LINES - 11)),
        case(scores, "page-down", |told| goes(told, &[], 10)),
        case(scores, "first", |told| goes(told, &["end", "right"], 0)),
        case(scores, "last", |told| goes(told, &[], LINES - 1)),
        case(scores, "left", |told| {
            goes_across(told, &["right", "right"], 8)
        }),
        case(scores, "right", |told| {
            goes_across(told, &[], 8);
            for _ in 0..50 {
                told.act();
            }
            assert!(across(told) < 40, "there is nothing beyond the lines");
        }),
    ]
    .concat()
}

fn found(samples: usize) -> Measuring {
    let line = |at| format!("{at:<38}.");
    Measuring::Done(Arc::new(Measurement {
        samples,
        lines: (0..LINES).map(line).collect(),
    }))
}

fn goes(told: &mut Told, keys: &[&str], to: usize) {
    told.story.measured(found(SAMPLES as usize));
    for key in keys {
        told.press(key);
    }
    assert!(told.act().is_empty());
    assert_eq!(position(told.app(), Place::Scores), Some(to));
}

fn across(told: &Told) -> usize {
    match told.app().overlays[..] {
        [Overlay::Scores { across, .. }] => across,
        ref other => panic!("{other:?}"),
    }
}

fn goes_across(told: &mut Told, keys: &[&str], to: usize) {
    goes(told, keys, 0);
    assert_eq!(across(told), to);
}

/// What is drawn next asks for.
fn asked(story: &mut Story) -> Vec<Effect> {
    let mut effects = wanted(&mut story.app);
    effects.retain(|effect| matches!(effect, Effect::Score(_)));
    effects
}

/// A third of a core went once into a map that nobody looked at.
#[test]
fn scores_are_kept_up_to_date_where_they_are_looked_at() {
    let mut story = at(Place::Run);
    let effects = asked(&mut story);
    assert!(matches!(&effects[..], [Effect::Score(runs)] if runs[..] == [RUN]));
    assert!(asked(&mut story).is_empty(), "once");
    press(&mut story, "3");
    let effects = asked(&mut story);
    assert!(matches!(&effects[..], [Effect::Score(runs)] if runs.is_empty()));
    press(&mut story, "5");
    let effects = asked(&mut story);
    assert!(
        matches!(&effects[..], [Effect::Score(runs)] if runs.contains(&OTHER)),
        "{effects:?}"
    );
    press(&mut story, "2");
    asked(&mut story);
    story.tell(Message::Resized {
        width: 40,
        height: 10,
    });
    let effects = asked(&mut story);
    assert!(
        matches!(&effects[..], [Effect::Score(runs)] if runs.is_empty()),
        "there is no room for them"
    );
}

#[test]
fn scores_stay_when_a_run_ends_and_go_when_it_is_rewound() {
    let mut story = at(Place::Run);
    story.scores(SAMPLES as usize);
    story.seen(gone(true));
    let run = story.app.run().unwrap();
    assert_eq!(run.saved_scores().unwrap().saved, SAMPLES as usize);
    story.seen(invset::run::Seen::Rewound);
    assert!(story.app.run().unwrap().scores.is_none());
}
