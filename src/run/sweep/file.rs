//! `sweep.toml`: what a sweep was asked for.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use crate::bundle::{EncoderChoice, Smoothness};
use crate::engine::{SchemeChoice, Transforms};
use crate::files;
use crate::run::{Manner, RunError};
use crate::runtime::{Backend, DeviceChoice, RuntimeChoice, RuntimeRequest};
use crate::sampler::Settings;

/// Everything needed to go on with a sweep.
pub const SWEEP_FILE: &str = "sweep.toml";

/// The contents of `sweep.toml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SweepFile {
    /// Version of invset.
    pub invset: String,
    /// When the sweep was started, UTC.
    pub started: String,
    /// Name of a built-in bundle, or the absolute path of a bundle folder.
    pub bundle: String,
    /// The encoder chosen for every run; that of the bundle when absent.
    #[serde(default, skip_serializing_if = "EncoderChoice::is_bundles")]
    pub encoder: EncoderChoice,
    /// The units, in the order they are sampled.
    pub units: Vec<String>,
    /// The interval of every unit, as it was typed.
    pub interval: String,
    /// How far images that are codes are blurred, where that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub smoothness: Option<Smoothness>,
    /// What happens to images on their way to the classifier while gradients are taken, as `--transform`
    /// says it.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "transform")]
    pub transforms: Option<Transforms>,
    /// The sampler's settings.
    pub settings: Settings,
    /// The layout asked for.
    pub plan: PlanFile,
    /// The runtime of every run.
    pub backend: Backend,
    /// SHA-256 of each file of the bundle.
    pub files: BTreeMap<String, String>,
}

/// The layout asked for; each run resolves it and stores what comes of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlanFile {
    /// Which runtime.
    pub runtime: RuntimeChoice,
    /// Which device.
    pub device: DeviceChoice,
    /// Where backward passes get what they need.
    pub scheme: SchemeChoice,
    /// Codes in one run of a session; chosen when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub micro_batch: Option<usize>,
    /// Most bytes kept for backward passes; chosen when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_cap: Option<u64>,
    /// Threads; every core when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threads: Option<usize>,
}

impl PlanFile {
    /// What `manner` asks for.
    pub fn new(manner: &Manner) -> PlanFile {
        PlanFile {
            runtime: manner.runtime.choice,
            device: manner.runtime.device,
            scheme: manner.scheme,
            micro_batch: manner.micro_batch,
            memory_cap: manner.memory_cap,
            threads: manner.threads,
        }
    }
}

impl SweepFile {
    /// How its runs are sampled, and on what.
    pub fn manner(&self) -> Manner {
        Manner {
            encoder: self.encoder.clone(),
            settings: self.settings.clone(),
            runtime: RuntimeRequest {
                choice: self.plan.runtime,
                device: self.plan.device,
                library: None,
            },
            micro_batch: self.plan.micro_batch,
            scheme: self.plan.scheme,
            memory_cap: self.plan.memory_cap,
            threads: self.plan.threads,
            smoothness: self.smoothness,
            transforms: self.transforms,
        }
    }

    /// Writes it into the folder of a sweep.
    pub(super) fn write(&self, folder: &Path) -> Result<(), RunError> {
        let path = folder.join(SWEEP_FILE);
        let text = toml::to_string(self).map_err(|error| RunError::Damaged {
            path: path.clone(),
            reason: error.to_string(),
        })?;
        files::replace(&path, text.as_bytes()).map_err(|error| RunError::write(&path, &error))
    }

    /// Reads that of a sweep.
    ///
    /// # Errors
    /// It cannot be read or is damaged.
    pub fn read(folder: &Path) -> Result<SweepFile, RunError> {
        let path = folder.join(SWEEP_FILE);
        let damaged = |reason: String| RunError::Damaged {
            path: path.clone(),
            reason,
        };
        let text = fs::read_to_string(&path).map_err(|error| damaged(error.to_string()))?;
        toml::from_str(&text).map_err(|error| damaged(error.to_string()))
    }

    /// The first thing that was asked for differently, as `NAME is THERE in it and HERE now`.
    pub(super) fn difference(&self, asked: &SweepFile) -> Option<String> {
        let said = |file: &SweepFile| {
            let mut table = Table::try_from(file).unwrap_or_default();
            // These say how it came out, not what was asked.
            for outcome in ["invset", "started", "backend", "files"] {
                table.remove(outcome);
            }
            Value::Table(table)
        };
        first_difference("", Some(&said(self)), Some(&said(asked)))
    }
}

/// The first difference between what is there and what is asked for now, depth first.
fn first_difference(name: &str, there: Option<&Value>, here: Option<&Value>) -> Option<String> {
    if there == here {
        return None;
    }
    let within = |key: &str| match name {
        "" => key.to_owned(),
        name => format!("{name}.{key}"),
    };
    match (there, here) {
        (Some(Value::Table(there)), Some(Value::Table(here))) => there
            .keys()
            .chain(here.keys())
            .find_map(|key| first_difference(&within(key), there.get(key), here.get(key))),
        (Some(Value::Array(there)), Some(Value::Array(here))) if there.len() == here.len() => there
            .iter()
            .zip(here)
            .enumerate()
            .find_map(|(at, (there, here))| {
                first_difference(&format!("{name}[{at}]"), Some(there), Some(here))
            }),
        _ => Some(format!(
            "{name} is {} in it and {} now",
            shown(there),
            shown(here)
        )),
    }
}

fn shown(value: Option<&Value>) -> String {
    match value {
        None => "not given".to_owned(),
        Some(Value::Array(values)) => format!("{} long", values.len()),
        Some(value) => value.to_string(),
    }
}
