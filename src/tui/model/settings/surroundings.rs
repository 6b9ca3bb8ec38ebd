//! Settings of all that surrounds the method: what happens to images, where and how networks run, where
//! the run is written.

use super::{LARGEST, MEGABYTE, automatic, choice, text};
use crate::bundle::Smoothness;
use crate::engine::SchemeChoice;
use crate::run::Manner;
use crate::runtime::{DeviceChoice, RuntimeChoice};
use crate::tui::model::knob::{AUTOMATIC, Form, Knob, Range, Value};

/// What happens to images.
pub(super) fn of_images(manner: &Manner) -> Vec<Knob> {
    vec![
        Knob::new(
            "transform",
            "transforms",
            "gradients through changed images: shift:2,noise:0.05,scale:5",
            Range::Written(Form::Transforms),
            manner.transforms.map_or(Value::Automatic, |transforms| {
                Value::Text(transforms.to_string())
            }),
        ),
        Knob::new(
            "smoothness",
            "smoothness",
            "blur of images that are codes, in pixels",
            Range::Amount {
                high: Smoothness::MOST,
                step: 0.25,
                automatic: true,
            },
            manner.smoothness.map_or(Value::Automatic, |smoothness| {
                Value::Number(smoothness.sigma())
            }),
        ),
    ]
}

/// Where and how networks run, and where the run is written.
pub(super) fn of_machine(manner: &Manner) -> Vec<Knob> {
    let or_automatic = |value: Option<u64>| value.map_or(Value::Automatic, Value::Whole);
    vec![
        Knob::new(
            "batch",
            "micro-batch",
            "codes in one run of a network",
            automatic(1, 65_536),
            or_automatic(manner.micro_batch.map(|batch| batch as u64)),
        ),
        Knob::new(
            "scheme",
            "scheme",
            "where backward passes get forward values",
            choice(SchemeChoice::ALL.map(SchemeChoice::name)),
            text(manner.scheme.name()),
        ),
        Knob::new(
            "memory-cap",
            "memory cap",
            "most megabytes kept for backward passes",
            automatic(0, LARGEST / MEGABYTE),
            or_automatic(manner.memory_cap.map(|bytes| bytes / MEGABYTE)),
        ),
        Knob::new(
            "threads",
            "threads",
            "threads; auto is every core",
            automatic(1, 4096),
            or_automatic(manner.threads.map(|threads| threads as u64)),
        ),
        Knob::new(
            "runtime",
            "runtime",
            "what runs networks",
            choice(RuntimeChoice::ALL.map(RuntimeChoice::name)),
            text(manner.runtime.choice.name()),
        ),
        Knob::new(
            "device",
            "device",
            "where networks run",
            choice(DeviceChoice::ALL.map(DeviceChoice::name)),
            text(manner.runtime.device.name()),
        ),
        Knob::new(
            "out",
            "folder",
            "where the run is written",
            Range::Text,
            text(AUTOMATIC),
        ),
    ]
}
