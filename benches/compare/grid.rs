//! What is compared: every method on the same units, intervals and seeds.

use invset::sampler::MethodKind;
use serde::{Deserialize, Serialize};

/// Samples of a cell.
pub(crate) const SAMPLES: usize = 48;
/// Gradients that a cell may take for each of its samples.
pub(crate) const GRADIENTS_PER_SAMPLE: u64 = 200;
/// Forward passes that cost what a step with its two vector-Jacobian products does, rounded down:
/// 3.2 to 3.6 on these bundles.
pub(crate) const FORWARDS_PER_GRADIENT: u64 = 3;
/// Draws that `cover` looks at for each sample before its chains begin, a forward pass each.
pub(crate) const DRAWS_PER_SAMPLE: u64 = 128;
/// Samples in a batch of `incremental`.
pub(crate) const BATCH: usize = 8;

/// What one method is asked to do once.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Key {
    /// Which networks: see [`super::subject`].
    pub subject: String,
    /// The unit, as one types it.
    pub unit: String,
    /// The interval, as one types it.
    pub interval: String,
    /// The run's seed.
    pub seed: u64,
    /// The method.
    pub method: MethodKind,
}

/// Units and intervals of one subject.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub subject: &'static str,
    pub units: Vec<String>,
    pub intervals: &'static [&'static str],
    pub seeds: u64,
}

/// The whole comparison. Units are chosen by their index alone: all of `fashion`, every twentieth of
/// `scenes64`, and the three of the paper's slides on the real pair.
pub(crate) fn parts() -> Vec<Part> {
    let logits = |step: usize| (0..10).map(move |unit| format!("logits[{}]", step * unit));
    vec![
        Part {
            subject: "fashion",
            units: logits(1).collect(),
            intervals: &["p90..p95", "p99..p99.9", "p99.9.."],
            seeds: 3,
        },
        Part {
            subject: "scenes64",
            units: logits(20).collect(),
            intervals: &["p90..p95", "p99..p99.9", "p99.9.."],
            seeds: 3,
        },
        Part {
            subject: "pair",
            units: [980, 663, 861]
                .iter()
                .map(|unit| format!("logits[{unit}]"))
                .collect(),
            intervals: &["10..15"],
            seeds: 3,
        },
    ]
}

impl Part {
    /// Every cell, so ordered that what is done when time runs out is spread evenly: seed by seed,
    /// interval by interval, and all methods of a unit together.
    pub(crate) fn cells(&self) -> Vec<Key> {
        let mut cells = Vec::new();
        for seed in 0..self.seeds {
            for interval in self.intervals {
                for unit in &self.units {
                    for &method in MethodKind::ALL {
                        cells.push(Key {
                            subject: self.subject.to_owned(),
                            unit: unit.clone(),
                            interval: (*interval).to_owned(),
                            seed,
                            method,
                        });
                    }
                }
            }
        }
        cells
    }
}
