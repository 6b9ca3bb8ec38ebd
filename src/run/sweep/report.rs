//! What a sweep has come to: the object that `sweep --json` prints.

use std::path::Path;

use serde::Serialize;

use super::file::SweepFile;
use super::units::SweepUnit;
use crate::run::Standing;
use crate::sampler::Finish;

/// The runs of a sweep.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SweepReport {
    /// Name of a built-in bundle, or the absolute path of a bundle folder.
    pub bundle: String,
    /// How the samples were found, as `sample` calls it.
    pub method: String,
    /// The seed of every run.
    pub seed: u64,
    /// The interval of every unit, as it was typed.
    pub interval: String,
    /// Samples wanted of each unit.
    pub n_requested: u64,
    /// The units whose runs have begun, in their order.
    pub units: Vec<UnitReport>,
    /// Units with all their samples.
    pub complete: u64,
    /// Units asked for.
    pub total: u64,
    /// Whether the sweep was told to stop before its end.
    #[serde(skip)]
    pub interrupted: bool,
}

/// One unit and its run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UnitReport {
    /// The unit as typed.
    pub unit: String,
    /// Its index, counted from 0.
    pub index: Option<u64>,
    /// Its label.
    pub label: Option<String>,
    /// The run folder.
    pub run: String,
    /// Low end; absent when open.
    pub low: Option<f64>,
    /// High end; absent when open.
    pub high: Option<f64>,
    /// Samples wanted.
    pub n_requested: u64,
    /// Samples inside the interval on the re-check, and saved.
    pub n_feasible: u64,
    /// Steps done.
    pub steps: u64,
    /// Wall time of the step loop.
    pub seconds: f64,
    /// The activation nearest to the interval that was met, inside it or not.
    pub best: Option<f32>,
    /// Why the run has ended; absent while it has not.
    pub finish: Option<Finish>,
    /// Whether all samples are there.
    pub complete: bool,
}

impl UnitReport {
    /// A unit whose run in `path` stands as given.
    pub(super) fn new(unit: &SweepUnit, path: &Path, n: usize, standing: &Standing) -> UnitReport {
        let resolved = &unit.constraint.unit;
        let interval = &unit.constraint.interval;
        let n_requested = n as u64;
        UnitReport {
            unit: resolved.text.clone(),
            index: resolved.index.map(|index| index as u64),
            label: resolved.label.clone(),
            run: path.display().to_string(),
            low: interval.low(),
            high: interval.high(),
            n_requested,
            n_feasible: standing.n_feasible,
            steps: standing.steps,
            seconds: standing.seconds,
            best: standing.best.first().copied().flatten(),
            finish: standing.finish,
            complete: standing.n_feasible >= n_requested,
        }
    }
}

impl SweepReport {
    /// A sweep of `total` units by a method of that name, of which none has begun.
    pub(super) fn new(file: &SweepFile, method: &str, total: usize) -> SweepReport {
        SweepReport {
            bundle: file.bundle.clone(),
            method: method.to_owned(),
            seed: file.settings.seed,
            interval: file.interval.clone(),
            n_requested: file.settings.n as u64,
            units: Vec::new(),
            complete: 0,
            total: total as u64,
            interrupted: false,
        }
    }

    pub(super) fn add(&mut self, unit: UnitReport) {
        self.complete += u64::from(unit.complete);
        self.units.push(unit);
    }

    /// The units that have begun and lack samples.
    pub fn short(&self) -> impl Iterator<Item = &UnitReport> {
        self.units.iter().filter(|unit| !unit.complete)
    }
}
