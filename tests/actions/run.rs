//! The run screen.

use invset::run::control::{Command, Parameter};
use invset::run::{Seen, WorkerState};
use invset::sampler::MethodKind;
use invset::tui::action::{Place, Tab};
use invset::tui::effect::Effect;
use invset::tui::overlay::Overlay;

use crate::cases::{Case, RUN, Told, at, case, complaint, gone, in_all, path};
use crate::story::press;

pub fn cases() -> Vec<Case> {
    let run = Place::Run;
    let samples = [Place::Run, Place::Gallery, Place::Map];
    [
        case(run, "pause", |told| {
            orders(told, Command::Pause);
            told.story.app.runs[0].1.snapshot.as_mut().unwrap().phase =
                invset::run::snapshot::Phase::Paused;
            orders(told, Command::Resume);
            not_when_gone(told);
        }),
        case(run, "single-step", |told| {
            orders(told, Command::Step);
            not_when_gone(told);
        }),
        case(run, "checkpoint", |told| {
            orders(told, Command::Checkpoint);
            not_when_gone(told);
        }),
        case(run, "stop", |told| {
            orders(told, Command::Stop);
            not_when_gone(told);
        }),
        case(run, "reseed", |told| {
            // Row 7 rises slowest.
            let effects = told.act();
            let [Effect::Give(RUN, Command::Reseed { .. })] = effects[..] else {
                panic!("{effects:?}");
            };
            let rows = &mut told.story.app.runs[0].1.snapshot.as_mut().unwrap().rows;
            rows.fill(invset::sampler::RowStatus::Accepted);
            assert!(told.act().is_empty());
            assert!(told.complaint().contains("accepted"));
            not_when_gone(told);
        }),
        in_all(
            &[Place::Run, Place::Gallery, Place::Compare],
            "real-images",
            |told| {
                let before = told.app().runs[0].1.file.clone();
                told.story.app.runs[0].1.file.settings.method = MethodKind::Dataset;
                assert!(told.act().is_empty());
                assert!(told.complaint().contains("are real images"));
                told.story.app.runs[0].1.file = before.clone();
                let effects = told.act();
                let Some(Effect::Start {
                    request,
                    shown: false,
                }) = effects.last()
                else {
                    panic!("{effects:?}");
                };
                let settings = &request.manner.settings;
                assert_eq!(
                    (settings.method, settings.init.as_str()),
                    (MethodKind::Dataset, "random")
                );
                assert_eq!(
                    (settings.n, settings.seed),
                    (before.settings.n, before.settings.seed)
                );
                assert_eq!(
                    (&request.query, &request.bundle),
                    (&before.query, &before.bundle)
                );
                assert_eq!(told.app().tab, Tab::Compare);
                assert_eq!(told.app().compared[0], RUN, "what they are put beside");
            },
        ),
        in_all(&samples, "restart", |told| {
            told.story.app.root = "elsewhere".into();
            told.story.app.manner.runtime.library = Some("lib.so".into());
            told.story.app.runs[0].1.file.plan.backend.name = "ONNX Runtime".into();
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
            assert_eq!(request.query, told.app().run().unwrap().file.query);
            assert_eq!(request.runs, told.app().root, "beside the other runs");
            assert_eq!(request.manner.runtime, told.app().manner.runtime);
            assert_eq!(request.out, None);
        }),
        in_all(&samples, "resume", |told| {
            assert!(told.act().is_empty());
            assert!(told.complaint().contains("at work"));
            told.story.seen(gone(false));
            let effects = told.act();
            assert!(matches!(&effects[..], [Effect::Resume(found)] if *found == path()));
            told.story.seen(gone(true));
            assert!(told.act().is_empty());
            assert!(told.complaint().contains("has ended"));
        }),
        case(run, "left", |told| turns(told, 0.04)),
        case(run, "right", |told| turns(told, 0.062)),
        case(run, "far-left", |told| turns(told, 0.0054)),
        case(run, "far-right", |told| turns(told, 0.47)),
        case(run, "reset", |told| {
            told.press("right");
            turns(told, 0.05);
        }),
        case(run, "undo", |told| {
            told.press("right");
            told.press("right");
            turns(told, 0.062);
            turns(told, 0.05);
            assert!(told.act().is_empty());
            assert!(told.complaint().contains("nothing was changed"));
        }),
        case(run, "type", |told| {
            told.act();
            assert_eq!(told.prompt().line.text(), "0.05");
            told.press("esc");
            told.story.seen(gone(true));
            told.act();
            assert!(told.complaint().contains("not at work"));
            assert!(told.app().overlays.is_empty());
        }),
        case(run, "next-constraint", |told| {
            told.act();
            assert_eq!(told.app().run().unwrap().constraint, 1);
            told.act();
            assert_eq!(told.app().run().unwrap().constraint, 0);
            told.story.app.runs[0].1.file.constraint.pop();
            told.act();
            assert!(told.complaint().contains("no other constraint"));
        }),
        case(run, "zoom", |told| {
            told.act();
            assert!(!told.app().run().unwrap().whole_history);
            told.act();
            assert!(told.app().run().unwrap().whole_history);
        }),
        case(run, "choose", |told| {
            told.act();
            assert_eq!(told.app().overlays, [Overlay::Large]);
        }),
    ]
    .concat()
}

fn orders(told: &mut Told, command: Command) {
    let effects = told.act();
    assert!(
        matches!(effects[..], [Effect::Give(RUN, given)] if given == command),
        "{effects:?}"
    );
}

fn not_when_gone(told: &mut Told) {
    told.story.seen(Seen::Worker(WorkerState::Working {
        pid: 1,
        writable: false,
    }));
    assert!(told.act().is_empty());
    assert!(told.complaint().contains("takes no orders"));
    told.story.seen(gone(false));
    assert!(told.act().is_empty());
    assert!(told.complaint().contains("not at work"));
}

fn turns(told: &mut Told, to: f64) {
    let parameter = Parameter::StepSize;
    orders(
        told,
        Command::Set {
            parameter,
            value: to,
        },
    );
}

#[test]
fn settings_of_a_run_that_nobody_works_are_not_turned() {
    let mut story = at(Place::Run);
    story.seen(gone(false));
    let before = story.app.run().unwrap().tuning.clone();
    story.effects.clear();
    for key in ["left", "right", "H", "L", "r", "u", "="] {
        press(&mut story, key);
        assert!(complaint(&story.app).contains("not at work"), "{key}");
    }
    assert!(story.effects.is_empty());
    assert_eq!(story.app.run().unwrap().tuning, before);
}

#[test]
fn a_second_run_can_be_started_while_one_is_at_work() {
    let mut story = at(Place::Interval);
    story.effects.clear();
    press(&mut story, "ctrl-r");
    story.tell(invset::tui::message::Message::Started {
        path: "runs/second".into(),
        shown: true,
    });
    assert!(!story.app.is_starting);
    let [Effect::Start { .. }, Effect::Watch { shown: true, .. }] = &story.effects[..] else {
        panic!("{:?}", story.effects);
    };
    let second = invset::tui::message::RunId(2);
    let file = crate::cases::two_constraints();
    crate::cases::open_run(&mut story, second, "runs/second".as_ref(), file, true);
    story.tell(invset::tui::message::Message::Seen {
        run: second,
        seen: Seen::Worker(WorkerState::Working {
            pid: 1,
            writable: true,
        }),
    });
    assert_eq!(story.app.current, Some(second));
    press(&mut story, "q");
    assert!(crate::cases::menu(&story.app).text.starts_with("2 runs"));
    story.effects.clear();
    press(&mut story, "down");
    press(&mut story, "enter");
    let [
        Effect::Give(RUN, Command::Stop),
        Effect::Give(_, Command::Stop),
        Effect::Quit,
    ] = story.effects[..]
    else {
        panic!("{:?}", story.effects);
    };
}
