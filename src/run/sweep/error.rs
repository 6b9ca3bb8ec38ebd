//! What can go wrong with a sweep.

use std::path::PathBuf;

use super::file::SWEEP_FILE;
use crate::run::RunError;
use crate::text::clean;

/// Units listed when many are wrong.
const LISTED: usize = 20;

/// A sweep cannot start, go on or be read.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// Units are to be taken from labels, and there are none.
    #[error(
        "the bundle '{}' has no labels to take units from; name the units, for example 'logits[0]', or add a [labels] file to its bundle.toml",
        clean(bundle)
    )]
    NoLabels {
        /// The bundle.
        bundle: String,
    },
    /// More labels are to be drawn than there are.
    #[error("{asked} labels cannot be drawn: the bundle has {there}; take them all with --all")]
    TooFewLabels {
        /// How many were asked for.
        asked: usize,
        /// How many there are.
        there: usize,
    },
    /// Nothing is to be sampled.
    #[error("a sweep needs at least one unit; name some, or take labels with --all or --draw N")]
    NoUnit,
    /// A unit is given twice.
    #[error(
        "'{}' and '{}' are the same unit; leave one of them out",
        clean(first),
        clean(second)
    )]
    Repeated {
        /// As first written.
        first: String,
        /// As written again.
        second: String,
    },
    /// Units, or the interval for them, cannot be resolved. All of them are listed.
    #[error("{} of the units cannot be sampled:{}", .0.len(), listed(.0))]
    Units(Vec<UnitProblem>),
    /// The folder holds a sweep that was asked for differently.
    #[error("{} holds another sweep: {what}; ask for the same, go on with `invset sweep --resume`, or choose another --out", path.display())]
    Different {
        /// The folder of the sweep.
        path: PathBuf,
        /// The first difference, there and here.
        what: String,
    },
    /// The folder of one of the runs holds a run of something else.
    #[error("{} holds another run: {what}; move it away, or choose another --out", path.display())]
    OtherRun {
        /// The run folder.
        path: PathBuf,
        /// The first difference.
        what: String,
    },
    /// A new sweep is to go where something else is.
    #[error("{} holds something that is no sweep; choose another --out", .0.display())]
    Occupied(PathBuf),
    /// The path is not the folder of a sweep.
    #[error("{} is no sweep: {reason}", path.display())]
    NotASweep {
        /// The path.
        path: PathBuf,
        /// What is missing.
        reason: String,
    },
    /// One of the runs, or a file, failed.
    #[error(transparent)]
    Run(#[from] RunError),
}

impl SweepError {
    /// No sweep is in this folder.
    pub(super) fn not_a_sweep(path: PathBuf) -> SweepError {
        let reason = if path.is_dir() {
            format!("it has no {SWEEP_FILE}")
        } else {
            "no such folder".to_owned()
        };
        SweepError::NotASweep { path, reason }
    }
}

/// A unit that cannot be sampled.
#[derive(Debug)]
pub struct UnitProblem {
    /// As written.
    pub unit: String,
    /// Why not.
    pub cause: RunError,
}

fn listed(problems: &[UnitProblem]) -> String {
    let lines = problems
        .iter()
        .take(LISTED)
        .map(|problem| format!("\n  {}: {}", clean(&problem.unit), problem.cause));
    let more = match problems.len().saturating_sub(LISTED) {
        0 => String::new(),
        more => format!("\n  and {more} more"),
    };
    lines.collect::<String>() + &more
}
