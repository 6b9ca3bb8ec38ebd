//! What every action does in every place that it has: [`update`] alone, without a terminal or a
//! thread. Keys are pressed and runs are told of by hand.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    unreachable_pub
)]

#[path = "actions/bundles.rs"]
mod bundles;
#[path = "actions/cases.rs"]
mod cases;
#[path = "actions/draft.rs"]
mod draft;
#[path = "actions/everywhere.rs"]
mod everywhere;
#[path = "actions/messages.rs"]
mod messages;
#[path = "actions/moving.rs"]
mod moving;
#[path = "actions/overlays.rs"]
mod overlays;
#[path = "actions/query.rs"]
mod query;
#[path = "actions/random.rs"]
mod random;
#[path = "actions/run.rs"]
mod run;
#[path = "actions/runs.rs"]
mod runs;
#[path = "actions/samples.rs"]
mod samples;
#[path = "actions/scores.rs"]
mod scores;
#[path = "screens/story.rs"]
#[allow(dead_code)]
mod story;
#[path = "actions/typing.rs"]
mod typing;

use std::collections::BTreeSet;
use std::panic::catch_unwind;

use cases::Case;
use invset::tui::action::{Place, TABLE};

/// All cases, by where they are written.
fn all() -> Vec<Case> {
    [
        everywhere::cases(),
        moving::cases(),
        query::cases(),
        run::cases(),
        samples::cases(),
        runs::cases(),
        overlays::cases(),
        scores::cases(),
    ]
    .concat()
}

#[test]
fn every_action_is_tested_in_every_place_that_it_has() {
    let pairs = TABLE
        .iter()
        .flat_map(|entry| entry.places.iter().map(|&place| (place, entry.id)));
    let wanted: BTreeSet<(Place, &str)> = pairs.collect();
    let tested: BTreeSet<(Place, &str)> = all().iter().map(|case| (case.place, case.id)).collect();
    let untested: Vec<_> = wanted.difference(&tested).collect();
    let unknown: Vec<_> = tested.difference(&wanted).collect();
    assert!(untested.is_empty(), "no test: {untested:?}");
    assert!(unknown.is_empty(), "not in the table: {unknown:?}");
}

#[test]
fn every_action_does_what_its_case_says() {
    let failed: Vec<_> = all()
        .iter()
        .filter(|case| catch_unwind(|| case.check()).is_err())
        .map(|case| (case.place, case.id))
        .collect();
    assert!(failed.is_empty(), "{failed:?}");
}
