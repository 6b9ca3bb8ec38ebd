//! The settings of the query screen: the flags of `invset sample`.

mod asked;
mod surroundings;

use super::applies::{Scene, Takes};
use super::knob::{Form, Knob, Range, Value};
use super::knobs::Knobs;
use crate::run::Manner;
use crate::sampler::{ConstraintKind, MethodKind, Settings, Stop, Update};

pub use asked::{manner, out};

/// The largest integer of TOML, in which the files of a run are written.
const LARGEST: u64 = i64::MAX as u64;
/// More samples than any run has.
const MOST_SAMPLES: u64 = 10_000_000;
/// Bytes in the unit of the memory cap.
const MEGABYTE: u64 = 1_000_000;
/// A yes and a no on keys.
const NO: &str = "no";
const YES: &str = "yes";

/// All settings, as a command line has set them.
pub fn knobs(manner: &Manner) -> Knobs {
    let scene = Scene {
        method: manner.settings.method,
        bundle: Takes::default(),
    };
    Knobs::new(
        [
            of_method(manner),
            surroundings::of_images(manner),
            surroundings::of_machine(manner),
        ]
        .concat(),
        scene,
    )
}

/// How samples are found.
fn of_method(manner: &Manner) -> Vec<Knob> {
    let settings = &manner.settings;
    let usual = Settings::new(settings.method, settings.n);
    vec![
        Knob::new(
            "method",
            "method",
            "how samples are found",
            choice(MethodKind::ALL.iter().map(|kind| kind.name())),
            text(settings.method.name()),
        ),
        Knob::new(
            "n",
            "samples n",
            "samples wanted",
            whole(1, MOST_SAMPLES),
            Value::Whole(settings.n as u64),
        ),
        Knob::new(
            "k",
            "batch K",
            "samples in a batch of incremental",
            whole(1, MOST_SAMPLES),
            Value::Whole(settings.k as u64),
        ),
        Knob::new(
            "encoder",
            "encoder",
            "bundle, pixels, tensor:NAME or FILE.onnx",
            Range::Written(Form::Encoder),
            text(&manner.encoder.to_string()),
        ),
        Knob::new(
            "init",
            "starts",
            "random, images:DIR or run:RUN",
            Range::Written(Form::Start),
            text(&settings.init),
        ),
        Knob::new(
            "stop",
            "stop",
            "when joint and spread end",
            choice(Stop::ALL.iter().map(|stop| stop.name())),
            text(settings.stop.name()),
        ),
        Knob::new(
            "step-size",
            "step size",
            "Adam's step, in spreads of the code prior",
            Range::Positive { high: 100.0 },
            Value::Number(settings.step_size),
        ),
        Knob::new(
            "plain-step",
            "plain step",
            "step of incremental, in typical code lengths",
            Range::Positive { high: 100.0 },
            Value::Number(settings.plain_step),
        ),
        Knob::new(
            "alpha",
            "alpha",
            "share of the way to an end that one step may take",
            Range::Share,
            Value::Number(settings.alpha),
        ),
        Knob::new(
            "ascent-steps",
            "ascent steps",
            "steps of maximise from each start",
            whole(1, LARGEST),
            Value::Whole(settings.ascent.steps),
        ),
        Knob::new(
            "decay",
            "decay",
            "what a step leaves of the distance from the mean code",
            amount(1.0),
            Value::Number(settings.ascent.decay),
        ),
        Knob::new(
            "chains",
            "chains",
            "chains side by side; auto is one a sample, 8 of ppgn",
            automatic(1, MOST_SAMPLES),
            unless_usual(settings.chain.count as u64, usual.chain.count as u64),
        ),
        Knob::new(
            "epsilon1",
            "epsilon 1",
            "share of the way to its reconstruction at a step",
            amount(1.0),
            Value::Number(settings.chain.epsilon1),
        ),
        Knob::new(
            "epsilon3",
            "epsilon 3",
            "noise of a step, in spreads of the code prior",
            amount(100.0),
            Value::Number(settings.chain.epsilon3),
        ),
        Knob::new(
            "save-every",
            "look every",
            "steps between two looks at a chain",
            whole(1, LARGEST),
            Value::Whole(settings.chain.save_every),
        ),
        Knob::new(
            "reset-every",
            "reset every",
            "steps to a chain's next start; 0 is never",
            whole(0, LARGEST),
            Value::Whole(settings.chain.reset_every),
        ),
        Knob::new(
            "max-steps",
            "most steps",
            "steps after which the run ends with what it has",
            automatic(1, LARGEST),
            unless_usual(settings.max_steps, usual.max_steps),
        ),
        Knob::new(
            "give-up-after",
            "give up after",
            "steps after which a start that was never inside is drawn anew",
            whole(1, LARGEST),
            Value::Whole(settings.give_up_after),
        ),
        Knob::new(
            "seed",
            "seed",
            "the same seed gives the same samples",
            Range::Whole {
                low: 0,
                high: LARGEST,
                automatic: false,
                by_ratio: false,
            },
            Value::Whole(settings.seed),
        ),
        Knob::new(
            "update",
            "update",
            "how joint and spread go through the samples",
            choice(Update::ALL.iter().map(|update| update.name())),
            text(settings.update.name()),
        ),
        Knob::new(
            "constraint",
            "constraint",
            "how intervals are enforced",
            choice(ConstraintKind::ALL.iter().map(|kind| kind.name())),
            text(settings.constraint.name()),
        ),
        Knob::new(
            "fixed-seeds",
            "fixed seeds",
            "whether seeds stay those of the first batch",
            choice([NO, YES]),
            text(if settings.seeds_grow { NO } else { YES }),
        ),
    ]
}

fn choice<'a>(names: impl IntoIterator<Item = &'a str>) -> Range {
    Range::Choice(names.into_iter().map(str::to_owned).collect())
}

fn whole(low: u64, high: u64) -> Range {
    Range::Whole {
        low,
        high,
        automatic: false,
        by_ratio: true,
    }
}

fn automatic(low: u64, high: u64) -> Range {
    Range::Whole {
        low,
        high,
        automatic: true,
        by_ratio: true,
    }
}

/// Hundredths from 0 up to an end.
fn amount(high: f64) -> Range {
    Range::Amount {
        high,
        step: 0.01,
        automatic: false,
    }
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn unless_usual(value: u64, usual: u64) -> Value {
    if value == usual {
        Value::Automatic
    } else {
        Value::Whole(value)
    }
}
