//! `run.toml`: everything needed to repeat a run.

use std::collections::BTreeMap;
use std::fs;

use serde::{Deserialize, Serialize};

use super::RunError;
use super::dataset::DatasetFile;
use super::folder::{RUN_FILE, RunFolder};
use crate::bundle::{EncoderChoice, Smoothness};
use crate::engine::{Plan, Transforms};
use crate::query::Constraint;
use crate::sampler::Settings;

/// The contents of `run.toml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunFile {
    /// Version of invset.
    pub invset: String,
    /// When the run was started, UTC.
    pub started: String,
    /// Name of a built-in bundle, or the absolute path of a bundle folder.
    pub bundle: String,
    /// The encoder chosen for the run; that of the bundle when absent.
    #[serde(default, skip_serializing_if = "EncoderChoice::is_bundles")]
    pub encoder: EncoderChoice,
    /// The query as it was typed.
    #[serde(rename = "where")]
    pub query: Vec<String>,
    /// How far images that are codes are blurred, where that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub smoothness: Option<Smoothness>,
    /// What happens to images on their way to the classifier while gradients are taken, as `--transform`
    /// says it.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "transform")]
    pub transforms: Option<Transforms>,
    /// The query as numbers.
    pub constraint: Vec<ConstraintFile>,
    /// The sampler's settings.
    pub settings: Settings,
    /// Runtime and layout.
    pub plan: Plan,
    /// The real images, where the samples are some of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dataset: Option<DatasetFile>,
    /// SHA-256 of each file of the bundle.
    pub files: BTreeMap<String, String>,
}

/// One resolved constraint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConstraintFile {
    /// The unit as it was typed.
    pub unit: String,
    /// The classifier's tensor it is read off.
    pub tensor: String,
    /// Its index, counted from 0, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<u64>,
    /// Its label, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Low end; absent when open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub low: Option<f64>,
    /// High end; absent when open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub high: Option<f64>,
    /// The margin kept from both ends while optimising.
    pub margin: f64,
}

impl ConstraintFile {
    /// A constraint as it stands in files and reports.
    pub fn new(constraint: &Constraint) -> ConstraintFile {
        let unit = &constraint.unit;
        ConstraintFile {
            unit: unit.text.clone(),
            tensor: unit.tensor.clone(),
            index: unit.index.map(|index| index as u64),
            label: unit.label.clone(),
            low: constraint.interval.low(),
            high: constraint.interval.high(),
            margin: constraint.reachable_interval().margin(),
        }
    }

    /// The unit by its index and its label, as people are told of it: `[145] king penguin`; as it was
    /// typed where it has no label.
    pub fn unit_name(&self) -> String {
        match (&self.label, self.index) {
            (Some(label), Some(index)) => format!("[{index}] {label}"),
            _ => self.unit.clone(),
        }
    }
}

impl RunFile {
    /// Writes it into a run's folder.
    ///
    /// # Errors
    /// The folder refuses.
    pub fn write(&self, folder: &RunFolder) -> Result<(), RunError> {
        let text = toml::to_string(self).map_err(|error| RunError::Damaged {
            path: folder.file(RUN_FILE),
            reason: error.to_string(),
        })?;
        folder.replace(RUN_FILE, text.as_bytes())
    }

    /// Reads that of a run.
    ///
    /// # Errors
    /// It cannot be read or is damaged.
    pub fn read(folder: &RunFolder) -> Result<RunFile, RunError> {
        let path = folder.file(RUN_FILE);
        let damaged = |reason: String| RunError::Damaged {
            path: path.clone(),
            reason,
        };
        let text = fs::read_to_string(&path).map_err(|error| damaged(error.to_string()))?;
        toml::from_str(&text).map_err(|error| damaged(error.to_string()))
    }
}
