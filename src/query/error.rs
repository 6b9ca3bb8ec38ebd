//! Why a query cannot be answered: [`QueryError::Usage`] is exit code 2, all else is 4.

use std::fmt;

use crate::bundle::BundleError;
use crate::text::clean;

/// A query cannot be resolved.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// It is written wrongly, or asks for what the classifier does not have.
    #[error(transparent)]
    Usage(#[from] UsageError),
    /// A file it needs is missing or bad.
    #[error(transparent)]
    File(#[from] FileError),
    /// The bundle or its classifier is bad.
    #[error(transparent)]
    Bundle(#[from] BundleError),
}

/// A constraint is written wrongly, or asks for what the classifier does not have.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum UsageError {
    /// Nothing is asked.
    #[error("no constraint is given; add one, for example --where 'logits[3] in 5..8'")]
    NoConstraint,
    /// There is no ` in `.
    #[error("'{}' is no constraint; write UNIT in LOW..HIGH, for example 'logits[3] in 5..8'", clean(.0))]
    NoIn(String),
    /// The unit cannot be read.
    #[error("'{}' is no unit: {reason}; write a label, t[3], t[3,4,6], max(t[3]), prob(t[3]) or dir(v.npy)@t", clean(.text))]
    UnitSyntax {
        /// As written.
        text: String,
        /// What is wrong.
        reason: String,
    },
    /// The interval cannot be read.
    #[error("'{}' is no interval: {reason}; write 50..60, 50.., ..10 or p99..p99.9", clean(.text))]
    IntervalSyntax {
        /// As written.
        text: String,
        /// What is wrong.
        reason: String,
    },
    /// The interval holds nothing.
    #[error("the interval '{}' is empty: its low end {low} is above its high end {high}; exchange them", clean(.text))]
    EmptyInterval {
        /// As written.
        text: String,
        /// The low end as a number, or as a level in percent.
        low: f64,
        /// The high end as a number, or as a level in percent.
        high: f64,
    },
    /// No unit has that label.
    #[error("no unit is labelled '{}'{}", clean(.label), .hint)]
    UnknownLabel {
        /// As written.
        label: String,
        /// What may have been meant.
        hint: Hint,
    },
    /// Several units have that label.
    #[error("{} units are labelled '{}'; name one of them: {}", .indices.len(), clean(.label), elements(.tensor, .indices))]
    DuplicateLabel {
        /// As written.
        label: String,
        /// The logits.
        tensor: String,
        /// The units with that label.
        indices: Vec<usize>,
    },
    /// The classifier has no such tensor.
    #[error("the classifier has no tensor '{}'{}", clean(.tensor), .hint)]
    UnknownTensor {
        /// As written.
        tensor: String,
        /// What may have been meant.
        hint: Hint,
    },
    /// An index is too large.
    #[error("{axis} {index} of '{}' does not exist: it has {length}, counted 0 to {}", clean(.tensor), .length.saturating_sub(1))]
    OutOfRange {
        /// The tensor.
        tensor: String,
        /// What the index counts: `unit`, `row`, `column`.
        axis: &'static str,
        /// The index.
        index: usize,
        /// How many there are.
        length: usize,
    },
    /// The tensor cannot be read this way.
    #[error("'{}' has the shape {shape:?} (batch first), from which {} cannot be read; possible: {}", clean(.tensor), clean(.text), clean(.possible))]
    WrongRank {
        /// As written.
        text: String,
        /// The tensor.
        tensor: String,
        /// Its shape at batch 1.
        shape: Vec<usize>,
        /// What can be read off such a tensor.
        possible: String,
    },
}

/// A file that a query needs is missing or bad.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// A direction cannot be read.
    #[error("{}: {reason}; {remedy}", clean(.path))]
    Direction {
        /// The file.
        path: String,
        /// What is wrong.
        reason: String,
        /// What to do next.
        remedy: String,
    },
    /// A quantile is asked for and there are no statistics of this unit.
    #[error("'{}' needs statistics of {}, and {reason}; {remedy}", clean(.interval), clean(.unit))]
    NoStatistics {
        /// The interval as written.
        interval: String,
        /// The unit as written.
        unit: String,
        /// What is missing.
        reason: String,
        /// What to do next.
        remedy: String,
    },
}

/// What may have been meant.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hint {
    /// Names most like the one written, the nearest first.
    pub nearest: Vec<String>,
    /// A way to write it, where the name is something else.
    pub instead: Option<String>,
}

impl fmt::Display for Hint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(instead) = &self.instead {
            write!(formatter, "; write {}", clean(instead))?;
        }
        if self.nearest.is_empty() {
            return Ok(());
        }
        let quoted: Vec<String> = self
            .nearest
            .iter()
            .map(|name| format!("'{}'", clean(name)))
            .collect();
        write!(formatter, "; did you mean {}?", quoted.join(", "))
    }
}

fn elements(tensor: &str, indices: &[usize]) -> String {
    const LISTED: usize = 12;
    let elements: Vec<String> = indices
        .iter()
        .take(LISTED)
        .map(|index| format!("{}[{index}]", clean(tensor)))
        .collect();
    let more = match indices.len().saturating_sub(LISTED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    elements.join(", ") + &more
}
