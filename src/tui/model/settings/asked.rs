//! What the settings of the query screen come to.

use std::path::PathBuf;

use super::{MEGABYTE, NO, YES};
use crate::bundle::Smoothness;
use crate::engine::SchemeChoice;
use crate::run::Manner;
use crate::runtime::{DeviceChoice, RuntimeChoice};
use crate::sampler::{Ascent, Chain, MethodKind, Settings};
use crate::tui::model::knob::{AUTOMATIC, Value};
use crate::tui::model::knobs::Knobs;

/// What the settings ask for. What means nothing as things stand is as in `before`.
pub fn manner(knobs: &Knobs, before: &Manner) -> Manner {
    let whole = |id, or| match knobs.value(id) {
        Some(&Value::Whole(value)) => value,
        _ => or,
    };
    let number = |id, or| match knobs.value(id) {
        Some(&Value::Number(value)) => value,
        _ => or,
    };
    // A choice has the names of what it is read as.
    let named = |id| match knobs.value(id) {
        Some(Value::Text(text)) => text.as_str(),
        _ => "",
    };
    let old = before.settings.clone();
    let method: MethodKind = named("method").parse().unwrap_or(old.method);
    let n = whole("n", old.n as u64) as usize;
    // What is left to the program depends on both.
    let usual = Settings::new(method, n);
    let settings = Settings {
        method,
        n,
        k: whole("k", old.k as u64) as usize,
        seed: whole("seed", old.seed),
        step_size: number("step-size", old.step_size),
        plain_step: number("plain-step", old.plain_step),
        alpha: number("alpha", old.alpha),
        max_steps: whole("max-steps", usual.max_steps),
        stop: named("stop").parse().unwrap_or(old.stop),
        update: named("update").parse().unwrap_or(old.update),
        constraint: named("constraint").parse().unwrap_or(old.constraint),
        seeds_grow: match named("fixed-seeds") {
            YES => false,
            NO => true,
            _ => old.seeds_grow,
        },
        give_up_after: whole("give-up-after", old.give_up_after),
        init: match knobs.value("init") {
            Some(Value::Text(init)) => init.clone(),
            _ => old.init,
        },
        ascent: Ascent {
            steps: whole("ascent-steps", old.ascent.steps),
            decay: number("decay", old.ascent.decay),
        },
        chain: Chain {
            count: whole("chains", usual.chain.count as u64) as usize,
            epsilon1: number("epsilon1", old.chain.epsilon1),
            epsilon3: number("epsilon3", old.chain.epsilon3),
            save_every: whole("save-every", old.chain.save_every),
            reset_every: whole("reset-every", old.chain.reset_every),
        },
    };
    let optional = |id, or: Option<u64>| match knobs.value(id) {
        Some(&Value::Whole(value)) => Some(value),
        Some(_) => None,
        None => or,
    };
    let size = |value: Option<usize>| value.map(|value| value as u64);
    let mut manner = Manner {
        encoder: named("encoder").parse().unwrap_or_default(),
        settings,
        runtime: before.runtime.clone(),
        micro_batch: optional("batch", size(before.micro_batch)).map(|batch| batch as usize),
        scheme: chosen(SchemeChoice::ALL, SchemeChoice::name, named("scheme"))
            .unwrap_or(before.scheme),
        memory_cap: optional(
            "memory-cap",
            before.memory_cap.map(|bytes| bytes / MEGABYTE),
        )
        .map(|megabytes| megabytes.saturating_mul(MEGABYTE)),
        threads: optional("threads", size(before.threads)).map(|threads| threads as usize),
        smoothness: match knobs.value("smoothness") {
            Some(&Value::Number(sigma)) => Smoothness::new(sigma).ok(),
            Some(_) => None,
            None => before.smoothness,
        },
        transforms: match knobs.value("transform") {
            Some(Value::Text(transforms)) => transforms.parse().ok(),
            Some(_) => None,
            None => before.transforms,
        },
    };
    let runtime = &mut manner.runtime;
    runtime.choice =
        chosen(RuntimeChoice::ALL, RuntimeChoice::name, named("runtime")).unwrap_or(runtime.choice);
    runtime.device =
        chosen(DeviceChoice::ALL, DeviceChoice::name, named("device")).unwrap_or(runtime.device);
    manner
}

/// The choice of a name.
fn chosen<T: Copy, const N: usize>(
    all: [T; N],
    name_of: fn(T) -> &'static str,
    name: &str,
) -> Option<T> {
    all.into_iter().find(|&choice| name_of(choice) == name)
}

/// Where the run is written; none leaves it to the program.
pub fn out(knobs: &Knobs) -> Option<PathBuf> {
    match knobs.value("out") {
        Some(Value::Text(path)) if path != AUTOMATIC => Some(PathBuf::from(path)),
        _ => None,
    }
}
