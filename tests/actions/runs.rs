//! The comparison and the list of all runs.

use std::path::Path;

use invset::run::{RunState, Seen, WorkerState};
use invset::tui::action::{Place, Tab};
use invset::tui::effect::Effect;
use invset::tui::message::{Message, RunId};
use invset::tui::model::runs::RunOrder;

use crate::cases::{
    Case, OTHER, RUN, Told, at, case, complaint, gone, open_run, path, two_constraints,
};
use crate::story::{Story, press, type_text};

pub fn cases() -> Vec<Case> {
    let (compare, runs) = (Place::Compare, Place::Runs);
    [
        case(compare, "choose", |told| {
            told.press("right");
            let effects = told.act();
            assert_eq!(told.app().current, Some(OTHER));
            assert_eq!(told.app().tab, Tab::Gallery);
            let wanted = [Effect::Portray(OTHER, 0), Effect::LoadMap(OTHER)];
            assert_eq!(format!("{effects:?}"), format!("{wanted:?}"));
        }),
        case(compare, "back", |told| {
            told.act();
            assert_eq!(told.app().tab, Tab::Run);
        }),
        case(compare, "remove", |told| {
            told.press("right");
            let effects = told.act();
            assert!(matches!(effects[..], [Effect::Forget(OTHER)]));
            assert_eq!(told.app().compared, [RUN]);
            assert!(told.act().is_empty(), "the shown one stays open");
            assert!(told.app().compared.is_empty() && told.app().run().is_some());
            told.act();
            assert!(told.complaint().contains("no run is compared"));
        }),
        case(compare, "alone", |told| {
            let effects = told.act();
            let queries: Vec<_> = effects.iter().map(query_of).collect();
            assert_eq!(queries, [["ankle boot in p95..p99.9"], ["Sneaker in ..4"]]);
            assert_eq!(told.app().tab, Tab::Compare);
            told.press("right");
            assert!(told.act().is_empty());
            assert!(told.complaint().contains("no more than one constraint"));
        }),
        case(runs, "choose", |told| {
            let effects = told.act();
            assert!(
                matches!(effects[..], [Effect::Portray(RUN, 0)]),
                "it is open already"
            );
            assert_eq!((told.app().tab, told.app().current), (Tab::Run, Some(RUN)));
            told.press("6");
            told.press("end");
            let effects = told.act();
            let broken = Path::new("runs/broken");
            assert!(
                matches!(&effects[..], [Effect::Watch { path, shown: true }] if path == broken)
            );
        }),
        case(runs, "back", |told| {
            told.press("/");
            type_text(&mut told.story, "bag");
            told.press("enter");
            told.act();
            assert!(told.app().list.filter.is_empty());
            told.act();
            assert_eq!(told.app().tab, Tab::Run);
        }),
        case(runs, "search", |told| {
            told.act();
            assert_eq!(told.app().place(), Place::Filter);
        }),
        case(runs, "remove", |told| {
            told.act();
            assert!(told.complaint().contains("at work"));
            told.press("end");
            told.press("up");
            told.act();
            assert!(told.menu().text.contains("bag-3: 12 samples"));
            assert!(told.press("enter").is_empty(), "the first answer keeps it");
            told.act();
            told.press("down");
            let effects = told.press("enter");
            let bag = Path::new("runs/20261125T170000Z-bag-3");
            assert!(
                matches!(&effects[..], [Effect::RemoveRun(path), Effect::ListRuns] if path == bag)
            );
        }),
        case(runs, "resume", |told| {
            assert!(told.act().is_empty());
            assert!(told.complaint().contains("it is at work"));
            told.press("end");
            assert!(told.act().is_empty());
            assert!(told.complaint().contains("damaged"));
            told.press("up");
            let effects = told.act();
            let bag = Path::new("runs/20261125T170000Z-bag-3");
            let [Effect::Resume(resumed), Effect::Watch { path, shown: true }] = &effects[..]
            else {
                panic!("{effects:?}");
            };
            assert_eq!((resumed.as_path(), path.as_path()), (bag, bag));
        }),
        case(runs, "select", |told| {
            assert!(told.act().is_empty());
            assert_eq!(told.app().compared, [OTHER], "taken out");
            told.act();
            assert_eq!(told.app().compared, [OTHER, RUN]);
            told.press("end");
            let effects = told.act();
            assert!(matches!(&effects[..], [Effect::Watch { shown: false, .. }]));
            assert_eq!(told.app().tab, Tab::Runs);
        }),
        case(runs, "sort", |told| {
            told.press("down");
            let selected = selected(told);
            for order in [RunOrder::Name, RunOrder::State, RunOrder::Newest] {
                told.act();
                assert_eq!(told.app().list.order, order);
                assert_eq!(self::selected(told), selected);
            }
        }),
        case(runs, "refresh", |told| {
            assert!(matches!(told.act()[..], [Effect::ListRuns]));
        }),
        case(Place::Filter, "choose", |told| {
            type_text(&mut told.story, "bag");
            told.act();
            assert_eq!(told.app().place(), Place::Runs);
            assert_eq!(
                told.app().list.shown().len(),
                2,
                "of the query and of the broken one"
            );
        }),
        case(Place::Filter, "back", |told| {
            type_text(&mut told.story, "bag");
            told.act();
            assert_eq!(told.app().place(), Place::Runs);
            assert_eq!(told.app().list.shown().len(), 4);
        }),
    ]
    .concat()
}

fn query_of(effect: &Effect) -> Vec<String> {
    match effect {
        Effect::Start {
            request,
            shown: false,
        } => request.query.clone(),
        other => panic!("{other:?}"),
    }
}

fn selected(told: &Told) -> std::path::PathBuf {
    told.app().list.selected().unwrap().path.clone()
}

#[test]
fn runs_of_single_constraints_come_into_the_comparison_without_taking_the_screen() {
    let mut story = at(Place::Compare);
    story.app.compared.clear();
    story.effects.clear();
    press(&mut story, "ctrl-p");
    type_text(&mut story, "each alone");
    press(&mut story, "enter");
    assert_eq!(story.app.compared, [RUN], "what they are compared with");
    let starts = std::mem::take(&mut story.effects);
    let [Effect::Start { request: first, .. }, Effect::Start { .. }] = &starts[..] else {
        panic!("{starts:?}");
    };
    let file = &story.app.run().unwrap().file;
    assert_eq!(first.manner.settings, file.settings);
    assert_eq!(first.bundle, file.bundle);
    for (id, name) in [(RunId(7), "runs/first"), (RunId(8), "runs/second")] {
        story.tell(Message::Started {
            path: name.into(),
            shown: false,
        });
        let Some(Effect::Watch { path, shown: false }) = story.effects.pop() else {
            panic!("it is looked at");
        };
        open_run(&mut story, id, &path, two_constraints(), false);
    }
    assert_eq!(story.app.compared, [RUN, RunId(7), RunId(8)]);
    assert_eq!(story.app.current, Some(RUN));
    assert_eq!(story.app.place(), Place::Compare);
}

#[test]
fn a_run_that_is_opened_twice_is_open_once() {
    let mut story = at(Place::Runs);
    story.effects.clear();
    open_run(&mut story, RunId(9), &path(), two_constraints(), true);
    assert!(matches!(story.effects[0], Effect::Forget(RunId(9))));
    assert_eq!(story.app.runs.len(), 2);
    assert_eq!((story.app.current, story.app.tab), (Some(RUN), Tab::Run));
    assert_eq!(
        story.app.run().unwrap().samples.len(),
        12,
        "what was seen stays"
    );
}

#[test]
fn another_run_starts_with_nothing_chosen_and_no_question_about_the_one_before() {
    let mut story = at(Place::Gallery);
    for key in ["space", "e"] {
        press(&mut story, key);
    }
    assert_eq!(story.app.place(), Place::Prompt);
    open_run(
        &mut story,
        RunId(9),
        "runs/new".as_ref(),
        two_constraints(),
        true,
    );
    assert!(story.app.gallery.chosen.is_empty());
    assert_eq!(
        story.app.place(),
        Place::Run,
        "the answer would export another run"
    );
}

#[test]
fn the_selected_run_stays_selected_when_the_list_comes_anew() {
    let mut story = at(Place::Runs);
    press(&mut story, "down");
    let selected = story.app.list.selected().unwrap().path.clone();
    let mut listed = story.app.list.listed.clone().unwrap();
    let mut newest = listed[0].clone();
    newest.path = "runs/newest".into();
    listed.insert(0, newest);
    story.tell(Message::Catalogue(listed.clone()));
    assert_eq!(story.app.list.selected().unwrap().path, selected);
    listed.truncate(1);
    story.tell(Message::Catalogue(listed));
    assert_eq!(
        story.app.list.selected().unwrap().path,
        Path::new("runs/newest")
    );
    story.tell(Message::Catalogue(Vec::new()));
    for key in ["enter", "x", "space", "ctrl-g", "y", "Y"] {
        press(&mut story, key);
        assert!(complaint(&story.app).contains("there is no run"), "{key}");
    }
}

#[test]
fn a_run_that_is_deleted_is_closed() {
    let mut story = at(Place::Gallery);
    press(&mut story, "enter");
    story.effects.clear();
    story.tell(Message::Removed(path()));
    assert!(matches!(story.effects[..], [Effect::Forget(RUN)]));
    assert_eq!(
        (story.app.current, story.app.place()),
        (None, Place::Gallery)
    );
    assert_eq!(story.app.compared, [OTHER]);
    assert!(
        story
            .app
            .list
            .shown()
            .iter()
            .all(|listed| listed.path != path())
    );
    story.text();
}

#[test]
fn an_open_run_is_known_better_than_by_the_list() {
    let mut story = at(Place::Runs);
    assert!(matches!(
        story.app.list.selected().unwrap().state,
        RunState::Working(_)
    ));
    story.seen(gone(false));
    story.effects.clear();
    press(&mut story, "ctrl-g");
    assert!(
        matches!(story.effects[0], Effect::Resume(_)),
        "{:?}",
        story.effects
    );
    assert_eq!(story.app.tab, Tab::Run);
}

#[test]
fn the_filter_takes_all_words_and_starts_at_the_top() {
    let mut story = at(Place::Filter);
    press(&mut story, "down");
    press(&mut story, "down");
    type_text(&mut story, "stopped BAG");
    let shown = story.app.list.shown();
    assert_eq!(shown.len(), 1);
    assert_eq!(story.app.list.cursor.selected(1), Some(0));
    type_text(&mut story, "zzz");
    assert!(story.app.list.selected().is_none());
    press(&mut story, "enter");
    press(&mut story, "enter");
    assert!(complaint(&story.app).contains("there is no run"));
}

#[test]
fn what_is_late_for_a_closed_run_changes_nothing() {
    let mut story = Story::new(80, 24);
    let run = RunId(5);
    story.tell(Message::Seen {
        run,
        seen: Seen::Worker(WorkerState::Gone { finished: true }),
    });
    story.tell(Message::Marks {
        run,
        marks: Default::default(),
    });
    story.portrait(0);
    story.map(3);
    assert!(story.app.runs.is_empty() && story.effects.is_empty());
}
