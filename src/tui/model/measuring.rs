//! The full scores of a run's samples: those that take networks, and therefore time.

use std::sync::Arc;

/// How far they are.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Measuring {
    /// Nobody asked.
    #[default]
    No,
    /// At work.
    Working {
        /// On what.
        what: String,
    },
    /// What was found.
    Done(Arc<Measurement>),
    /// Why there is nothing.
    Failed(String),
}

/// What was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Measurement {
    /// Samples that were saved then.
    pub samples: usize,
    /// As `invset metrics` prints it.
    pub lines: Vec<String>,
}

impl Measuring {
    /// What there is to read.
    pub fn lines(&self) -> &[String] {
        match self {
            Measuring::Done(found) => &found.lines,
            Measuring::No | Measuring::Working { .. } | Measuring::Failed(_) => &[],
        }
    }

    /// Whether it has to be asked for to know of all `samples`.
    pub fn lacks(&self, samples: usize) -> bool {
        match self {
            Measuring::No | Measuring::Failed(_) => true,
            Measuring::Working { .. } => false,
            Measuring::Done(found) => found.samples < samples,
        }
    }
}
