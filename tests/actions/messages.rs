//! What threads tell.

use std::sync::Arc;

use image::RgbImage;
use invset::preview::Picture;
use invset::run::control::Parameter;
use invset::run::{Seen, WorkerState};
use invset::tui::action::Place;
use invset::tui::effect::Effect;
use invset::tui::message::Message;
use invset::tui::model::knob::Value;
use invset::tui::wanted;

use crate::cases::{RUN, SAMPLES, at, gone};
use crate::story::{Story, press};

fn snapshot(story: &Story) -> invset::run::snapshot::Snapshot {
    story.app.run().unwrap().snapshot.clone().unwrap()
}

fn step_size(story: &Story) -> &Value {
    story
        .app
        .run()
        .unwrap()
        .tuning
        .knobs
        .value("step-size")
        .unwrap()
}

fn is_pending(story: &Story) -> bool {
    story
        .app
        .run()
        .unwrap()
        .tuning
        .is_pending(Parameter::StepSize)
}

#[test]
fn a_setting_is_pending_until_a_snapshot_has_it() {
    let mut story = at(Place::Run);
    press(&mut story, "right");
    assert!(is_pending(&story));
    let mut now = snapshot(&story);
    story.seen(Seen::Snapshot(Box::new(now.clone())));
    assert!(is_pending(&story), "that one is from before");
    now.tunables.step_size = 0.062;
    story.seen(Seen::Snapshot(Box::new(now)));
    assert!(!is_pending(&story));
}

#[test]
fn what_another_screen_sets_is_followed_unless_something_else_is_wanted_here() {
    let mut story = at(Place::Run);
    let mut now = snapshot(&story);
    now.tunables.step_size = 0.3;
    story.seen(Seen::Snapshot(Box::new(now.clone())));
    assert_eq!(*step_size(&story), Value::Number(0.3));
    assert!(!is_pending(&story));
    press(&mut story, "right");
    now.tunables.step_size = 0.1;
    story.seen(Seen::Snapshot(Box::new(now)));
    assert!(is_pending(&story));
    assert_eq!(*step_size(&story), Value::Number(0.38));
}

#[test]
fn what_is_pending_when_the_worker_goes_is_given_up() {
    let mut story = at(Place::Run);
    press(&mut story, "right");
    story.seen(gone(false));
    assert!(!is_pending(&story));
    assert_eq!(*step_size(&story), Value::Number(0.05));
}

#[test]
fn a_run_that_ends_has_its_last_embeddings_read() {
    let mut story = at(Place::Gallery);
    story.effects.clear();
    story.seen(gone(true));
    assert!(matches!(
        story.effects[..],
        [Effect::LoadMap(RUN), Effect::Portray(RUN, _)]
    ));
    assert_eq!(story.app.run().unwrap().state(), "ended");
    assert_eq!(story.app.run().unwrap().steps_per_second(), None);
}

#[test]
fn a_rewound_run_forgets_what_will_come_again_and_keeps_what_the_user_chose() {
    let mut story = at(Place::Run);
    for key in ["t", "z", "n", "m"] {
        press(&mut story, key);
    }
    story.seen(Seen::Rewound);
    let run = story.app.run().unwrap();
    assert!(run.samples.is_empty() && run.events.is_empty());
    assert_eq!(run.feasible.points().len(), 0);
    assert!(run.map.is_none() && run.portrait.is_none() && run.snapshot.is_none());
    assert_eq!((run.constraint, run.whole_history), (1, false));
    assert!(run.marks.marked.contains(&1));
    assert!(run.is_at_work());
    story.steps(1..=3);
    assert_eq!(story.app.run().unwrap().feasible.points().len(), 3);
}

#[test]
fn a_pace_needs_time_that_goes_forward() {
    let mut story = at(Place::Run);
    let mut now = snapshot(&story);
    for (seconds, step) in [(9.0, 41), (8.0, 42), (8.0, 43), (7.0, 44)] {
        (now.seconds, now.step) = (seconds, step);
        story.seen(Seen::Snapshot(Box::new(now.clone())));
        let run = story.app.run().unwrap();
        assert!(
            run.steps_per_second()
                .is_none_or(|pace| pace.is_finite() && pace > 0.0)
        );
        assert!(
            run.seconds_left()
                .is_none_or(|(left, _)| left.is_finite() && left >= 0.0)
        );
    }
}

#[test]
fn pictures_are_asked_for_where_they_are_looked_at_and_once() {
    let mut story = at(Place::Gallery);
    assert!(wanted(&mut story.app).is_empty(), "nothing was drawn yet");
    story.text();
    let effects = wanted(&mut story.app);
    let [Effect::LoadPictures(RUN, samples)] = &effects[..] else {
        panic!("{effects:?}");
    };
    assert_eq!(*samples, (0..SAMPLES).collect::<Vec<_>>());
    story.text();
    assert!(wanted(&mut story.app).is_empty());
    for &sample in samples {
        let picture = Arc::new(Picture::Rgb(RgbImage::new(8, 8)));
        story.tell(Message::Picture {
            run: RUN,
            sample,
            picture,
        });
    }
    story.text();
    assert!(wanted(&mut story.app).is_empty());
    // Of many only those in view.
    let lines = (SAMPLES..10_000).map(crate::cases::sample_line).collect();
    story.seen(Seen::Samples(lines));
    press(&mut story, "end");
    story.text();
    let effects = wanted(&mut story.app);
    let [Effect::LoadPictures(RUN, samples)] = &effects[..] else {
        panic!("{effects:?}");
    };
    assert!(samples.len() < 200, "{}", samples.len());
    assert!(samples.contains(&9_999));
}

#[test]
fn the_first_samples_of_the_shown_run_are_looked_at() {
    let mut story = Story::new(80, 24);
    story.run();
    story.effects.clear();
    story.seen(Seen::Samples(vec![crate::cases::sample_line(0)]));
    let [Effect::Portray(RUN, 0)] = story.effects[..] else {
        panic!("{:?}", story.effects);
    };
    story.portrait(0);
    story.effects.clear();
    press(&mut story, "n");
    assert!(story.effects.is_empty(), "it was looked at");
}

/// A plot cannot be read: its sample is seen by its code, which the last checkpoint saves.
#[test]
fn a_sample_that_could_not_be_looked_at_is_looked_at_when_the_run_has_ended() {
    let mut story = Story::new(80, 24);
    story.run();
    story.seen(Seen::Worker(WorkerState::Working {
        pid: 1,
        writable: true,
    }));
    story.seen(Seen::Samples(vec![crate::cases::sample_line(0)]));
    story.effects.clear();
    story.seen(Seen::Worker(WorkerState::Gone { finished: true }));
    let [Effect::Portray(RUN, 0)] = story.effects[..] else {
        panic!("{:?}", story.effects);
    };
    story.portrait(0);
    story.effects.clear();
    story.seen(Seen::Worker(WorkerState::Gone { finished: true }));
    assert!(story.effects.is_empty(), "it was looked at");
}

/// Its distances take long where samples are many, so it is read where somebody looks at it.
#[test]
fn the_map_is_read_where_it_is_looked_at() {
    let mut story = Story::new(80, 24);
    story.run();
    press(&mut story, "4");
    story.effects.clear();
    story.seen(Seen::Samples(vec![crate::cases::sample_line(0)]));
    let [Effect::LoadMap(RUN), Effect::Portray(RUN, 0)] = story.effects[..] else {
        panic!("{:?}", story.effects);
    };
}

#[test]
fn a_worker_that_begins_is_looked_at_and_the_system_may_end_it_all() {
    let mut story = at(Place::Run);
    story.effects.clear();
    story.tell(Message::Begun(crate::cases::path()));
    story.tell(Message::Resized {
        width: 70,
        height: 20,
    });
    story.tell(Message::Terminate);
    let [Effect::Look(_), Effect::Redraw, Effect::Quit] = story.effects[..] else {
        panic!("{:?}", story.effects);
    };
    assert_eq!(story.app.size, (70, 20));
}

#[test]
fn a_message_is_a_line_until_the_next_key() {
    let mut story = at(Place::Run);
    story.tell(Message::Done("12 samples saved".into()));
    assert!(!story.app.notice.as_ref().unwrap().is_problem);
    story.tell(Message::Failed("disk full".into()));
    assert_eq!(crate::cases::complaint(&story.app), "disk full");
    story.seen(Seen::Worker(WorkerState::Working {
        pid: 1,
        writable: true,
    }));
    assert!(story.app.notice.is_some());
    press(&mut story, "down");
    assert_eq!(story.app.notice, None);
}
