//! Run folders for unit tests, made without any network.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::Path;

use super::folder::{CHECKPOINT_FILE, HISTORY_FILE, LOG_FILE, RunFolder};
use super::from_start::Origin;
use super::picture::Depiction;
use super::record::{Recorder, SampleTensors};
use super::run_file::{ConstraintFile, RunFile};
use crate::bundle::{Channels, EncoderChoice};
use crate::engine::{Plan, Scheme};
use crate::runtime::Backend;
use crate::sampler::{Accepted, MethodKind, Settings};

/// The `run.toml` of a run with two constraints.
pub(super) fn run_file() -> RunFile {
    let constraint = |unit: &str, label: Option<&str>| ConstraintFile {
        unit: unit.to_owned(),
        tensor: "t".to_owned(),
        index: Some(9),
        label: label.map(str::to_owned),
        low: Some(10.0),
        high: None,
        margin: 0.001,
    };
    RunFile {
        invset: "0".to_owned(),
        started: "2026-01-01T00:00:00Z".to_owned(),
        bundle: "fashion".to_owned(),
        encoder: EncoderChoice::Bundle,
        query: vec![
            "ankle boot in 10..".to_owned(),
            "t[1,2,3] in ..0".to_owned(),
        ],
        smoothness: None,
        transforms: None,
        constraint: vec![
            constraint("ankle boot", Some("ankle boot")),
            constraint("t[1,2,3]", None),
        ],
        settings: Settings::new(MethodKind::Joint, 3),
        plan: Plan {
            backend: Backend {
                name: "embedded".to_owned(),
                version: "1".to_owned(),
                device: "cpu".to_owned(),
            },
            micro_batch: 1,
            workers: 1,
            threads_per_worker: 1,
            scheme: Scheme::Split,
            reason: String::new(),
            bytes_per_code: 1,
            memory_cap: 1,
        },
        dataset: None,
        files: BTreeMap::new(),
    }
}

/// A run folder with three samples of one pixel each, and every other file that a run writes.
pub(super) fn run_with_samples(path: &Path) -> RunFolder {
    let folder = RunFolder::create(path).unwrap();
    run_file().write(&folder).unwrap();
    let tensors = SampleTensors {
        code_length: 1,
        code_shape: vec![1],
        embedding_length: 1,
        constraints: 2,
        ..SampleTensors::default()
    };
    let mut recorder = Recorder::open(&folder, tensors, 0).unwrap();
    for index in 0..3 {
        let sample = Accepted {
            index,
            code: vec![index as f32],
            embedding: vec![0.5],
            activations: vec![10.25 + index as f32, -0.5],
            seed: 7,
            step: 3,
            start: index as u64,
        };
        let image = [index as f32 / 2.0];
        recorder
            .record(
                &sample,
                Origin::default(),
                &image,
                &[1, 1, 1],
                &Depiction::Image(Channels::Gray),
            )
            .unwrap();
    }
    recorder.save().unwrap();
    for name in [
        HISTORY_FILE,
        LOG_FILE,
        CHECKPOINT_FILE,
        "lock",
        "marks.json",
        "worker.log",
        ".tmpAbCdEf",
    ] {
        std::fs::write(folder.file(name), "").unwrap();
    }
    folder
}
