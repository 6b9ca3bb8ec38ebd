//! Units, intervals and queries: what is asked, first as written, then as numbers.
//!
//! A constraint is written `UNIT in INTERVAL` and split at its last ` in `. Its parts are parsed
//! without any model ([`UnitSyntax`], [`IntervalSyntax`]) and then resolved against a bundle's
//! labels, the classifier's tensors ([`Taps`]) and its statistics.

mod classifier_taps;
mod error;
mod forms;
mod interval;
mod npy;
mod search;
mod taps;
mod unit;
mod unit_syntax;
mod units;
mod written;

pub use classifier_taps::ClassifierTaps;
pub use error::{FileError, Hint, QueryError, UsageError};
pub use forms::{UnitForm, unit_axis, unit_forms};
pub use interval::{IntervalEnd, IntervalSyntax};
pub use search::Found;
pub use taps::{Limits, Tap, Taps};
pub use unit::{Read, Unit};
pub use unit_syntax::{Form, Target, UnitSyntax};
pub use units::{NamedTensor, UnitIndex};
pub use written::{interval_text, number_text, where_text};

use crate::bundle::{Bundle, Statistics};
use crate::sampler::Interval;

/// Constraints that all hold at once.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// In the order given.
    pub constraints: Vec<Constraint>,
}

/// A unit and the interval its activation lies in.
#[derive(Debug, Clone, PartialEq)]
pub struct Constraint {
    /// As written.
    pub text: String,
    /// The scalar that is read.
    pub unit: Unit,
    /// The interval asked for, both ends closed where given.
    pub interval: Interval,
}

/// What a query is resolved against.
pub struct Context<'a> {
    /// The tensors of the classifier.
    pub taps: &'a dyn Taps,
    /// Name of the tensor that labels count in.
    pub logits: &'a str,
    /// The label of each element of the logits.
    pub labels: &'a [String],
    /// What units do on real images.
    pub statistics: Option<&'a Statistics>,
    /// The command that makes such statistics; none where the bundle keeps those that it has.
    pub measure: Option<String>,
}

impl Query {
    /// The units, in the order of the constraints.
    pub fn units(&self) -> Vec<Unit> {
        self.constraints
            .iter()
            .map(|constraint| constraint.unit.clone())
            .collect()
    }

    /// The constraints as written.
    pub fn texts(&self) -> Vec<String> {
        self.constraints
            .iter()
            .map(|constraint| constraint.text.clone())
            .collect()
    }

    /// Resolves constraints as written on the command line for a bundle.
    ///
    /// # Errors
    /// No constraint, one that cannot be read, or one that this bundle cannot answer.
    pub fn resolve(texts: &[String], bundle: &Bundle) -> Result<Query, QueryError> {
        let taps = ClassifierTaps::new(bundle)?;
        let context = Context {
            taps: &taps,
            logits: taps.logits(),
            labels: bundle.labels(),
            statistics: bundle.statistics(),
            measure: bundle.measure_command(),
        };
        Query::resolve_in(texts, &context)
    }

    /// Resolves constraints as written on the command line.
    ///
    /// # Errors
    /// No constraint, one that cannot be read, or one that cannot be answered.
    pub fn resolve_in(texts: &[String], context: &Context<'_>) -> Result<Query, QueryError> {
        if texts.is_empty() {
            return Err(UsageError::NoConstraint.into());
        }
        let constraints = texts
            .iter()
            .map(|text| Constraint::resolve(text, context))
            .collect::<Result<_, _>>()?;
        Ok(Query { constraints })
    }
}

impl Constraint {
    /// Resolves one constraint.
    ///
    /// # Errors
    /// It cannot be read, or this bundle cannot answer it.
    pub fn resolve(text: &str, context: &Context<'_>) -> Result<Constraint, QueryError> {
        let (unit, interval) = split(text)?;
        let unit = UnitSyntax::parse(unit)?;
        let interval: IntervalSyntax = interval.parse()?;
        let unit = Unit::resolve(&unit, context)?;
        let interval = interval.resolve(&unit, context)?;
        Ok(Constraint {
            text: text.trim().to_owned(),
            unit,
            interval,
        })
    }

    /// The interval without the ends that the unit can never pass: what the sampler is given. Both
    /// ends may be open.
    pub fn reachable_interval(&self) -> Interval {
        let Limits { low, high } = self.unit.limits;
        self.interval.within_limits(low, high)
    }
}

/// Unit and interval of a constraint as written.
fn split(text: &str) -> Result<(&str, &str), UsageError> {
    let (unit, interval) = text
        .rsplit_once(" in ")
        .ok_or_else(|| UsageError::NoIn(text.to_owned()))?;
    Ok((unit.trim(), interval.trim()))
}

#[cfg(test)]
mod tests;
