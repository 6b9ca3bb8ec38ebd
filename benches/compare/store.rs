//! Cells that are done, a line each, so that the comparison goes on where it was stopped.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::Path;

use anyhow::Context;
use serde::{Deserialize, Serialize};

use super::grid::Key;

/// What one method came to in one cell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Cell {
    #[serde(flatten)]
    pub key: Key,
    #[serde(flatten)]
    pub result: CellResult,
}

/// Figures of a cell; one that has no value (coverage without real images, a score of no sample) is
/// absent.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct CellResult {
    /// Samples accepted, of [`super::grid::SAMPLES`].
    pub n_feasible: usize,
    /// Steps made.
    pub steps: u64,
    /// Codes through a gradient.
    pub gradients: u64,
    /// Codes through a forward pass, re-checks included.
    pub forwards: u64,
    /// Wall time of the steps.
    pub seconds: f64,
    /// D in E.
    pub sum_sq: Option<f64>,
    /// Mean distance in E.
    pub mean: Option<f64>,
    /// Least distance in E.
    pub min: Option<f64>,
    /// Vendi score in E.
    pub vendi: Option<f64>,
    /// Vendi score in the judge.
    pub judge_vendi: Option<f64>,
    /// Vendi score of order 2 in the judge.
    pub judge_rke: Option<f64>,
    /// Least distance in the judge.
    pub judge_min: Option<f64>,
    /// Real images in the interval.
    pub real: usize,
    /// Share of the real images in the interval that have a sample near, in the judge.
    pub coverage: Option<f64>,
    /// Share of the samples that lie near a real image in the interval, in the judge.
    pub precision: Option<f64>,
    /// Mean over layers of the likeness to real images of the class.
    pub sanity: Option<f64>,
}

/// The file of cells.
pub(crate) struct Store {
    cells: HashMap<Key, CellResult>,
    file: File,
}

impl Store {
    /// Opens `path`, new or old. A torn last line, of a run that was killed, is done anew.
    pub(crate) fn open(path: &Path) -> anyhow::Result<Store> {
        let text = fs::read_to_string(path).unwrap_or_default();
        let mut cells = HashMap::new();
        let mut whole = 0;
        for line in text.split_inclusive('\n') {
            match serde_json::from_str::<Cell>(line) {
                Ok(cell) if line.ends_with('\n') => {
                    whole += line.len();
                    cells.insert(cell.key, cell.result);
                }
                _ => break,
            }
        }
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .with_context(|| format!("cannot write {}", path.display()))?;
        file.set_len(whole as u64)?;
        Ok(Store { cells, file })
    }

    pub(crate) fn get(&self, key: &Key) -> Option<&CellResult> {
        self.cells.get(key)
    }

    /// Keeps what a cell came to.
    pub(crate) fn keep(&mut self, key: &Key, result: CellResult) -> anyhow::Result<()> {
        let cell = Cell {
            key: key.clone(),
            result,
        };
        writeln!(self.file, "{}", serde_json::to_string(&cell)?)?;
        self.cells.insert(cell.key, cell.result);
        Ok(())
    }

    pub(crate) fn cells(&self) -> impl Iterator<Item = (&Key, &CellResult)> {
        self.cells.iter()
    }
}
