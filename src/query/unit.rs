//! A unit resolved: which scalar is read off which tensor of the classifier.

use std::fmt;

use super::error::{Hint, QueryError, UsageError};
use super::forms::{unit_axis, unit_forms};
use super::taps::{Limits, Tap};
use super::unit_syntax::{Form, Target, UnitSyntax};
use super::{Context, npy};
use crate::text::{clean, nearest};

/// Names offered where one is unknown.
const SUGGESTIONS: usize = 3;

/// A scalar read off a tensor of the classifier.
#[derive(Debug, Clone, PartialEq)]
pub struct Unit {
    /// As written.
    pub text: String,
    /// The tensor.
    pub tensor: String,
    /// Its shape at batch 1.
    pub shape: Vec<usize>,
    /// How the scalar comes of it.
    pub read: Read,
    /// Element or channel; none for a direction.
    pub index: Option<usize>,
    /// Its label, where the tensor is the logits and labels are known.
    pub label: Option<String>,
    /// Values that the scalar can never pass.
    pub limits: Limits,
}

/// How a scalar comes of a tensor.
#[derive(Debug, Clone, PartialEq)]
pub enum Read {
    /// Element of a tensor `[B, C]`.
    Element(usize),
    /// Mean of a channel: over the last two axes of `[B, C, H, W]`, over T of `[B, T, C]`.
    Mean(usize),
    /// Channel, row and column of a tensor `[B, C, H, W]`.
    Position(usize, usize, usize),
    /// Maximum of a channel: over the last two axes of `[B, C, H, W]`, over T of `[B, T, C]`.
    Max(usize),
    /// Element of the softmax over C of a tensor `[B, C]`.
    Probability(usize),
    /// Inner product of a vector `[C]` with the elements of `[B, C]`, or with the channel means of
    /// `[B, C, H, W]` or `[B, T, C]`.
    Direction(Vec<f32>),
}

impl Unit {
    /// Finds what a unit as written means for one classifier.
    ///
    /// # Errors
    /// A label, tensor or index that does not exist; a tensor whose rank does not allow it; a
    /// direction that cannot be read.
    pub fn resolve(syntax: &UnitSyntax, context: &Context<'_>) -> Result<Unit, QueryError> {
        let resolver = Resolver { syntax, context };
        match &syntax.form {
            Form::Plain(target) => resolver.plain(target),
            Form::Maximum(target) => resolver.maximum(target),
            Form::Probability(target) => resolver.probability(target),
            Form::Position { tensor, index } => resolver.position(tensor, *index),
            Form::Direction { path, tensor } => resolver.direction(path, tensor),
        }
    }
}

impl fmt::Display for Unit {
    /// The unit by its place, then its label: `prob(logits[980]) volcano`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tensor = clean(&self.tensor);
        match &self.read {
            Read::Element(unit) | Read::Mean(unit) => write!(formatter, "{tensor}[{unit}]")?,
            Read::Position(unit, row, column) => {
                write!(formatter, "{tensor}[{unit},{row},{column}]")?;
            }
            Read::Max(unit) => write!(formatter, "max({tensor}[{unit}])")?,
            Read::Probability(unit) => write!(formatter, "prob({tensor}[{unit}])")?,
            Read::Direction(_) => formatter.write_str(&clean(&self.text))?,
        }
        match &self.label {
            Some(label) => write!(formatter, " {}", clean(label)),
            None => Ok(()),
        }
    }
}

struct Resolver<'a> {
    syntax: &'a UnitSyntax,
    context: &'a Context<'a>,
}

/// One unit of one tensor, both of which exist.
struct Place {
    tensor: String,
    tap: Tap,
    index: usize,
}

impl Resolver<'_> {
    fn plain(&self, target: &Target) -> Result<Unit, QueryError> {
        let place = self.place(target)?;
        let read = match place.tap.shape.len() {
            2 => Read::Element(place.index),
            _ => Read::Mean(place.index),
        };
        Ok(self.unit(place, read))
    }

    fn maximum(&self, target: &Target) -> Result<Unit, QueryError> {
        let place = self.place(target)?;
        match place.tap.shape.len() {
            3 | 4 => {
                let read = Read::Max(place.index);
                Ok(self.unit(place, read))
            }
            _ => Err(self.wrong_rank(&place.tensor, &place.tap).into()),
        }
    }

    fn probability(&self, target: &Target) -> Result<Unit, QueryError> {
        let mut place = self.place(target)?;
        match place.tap.shape.len() {
            2 => {
                place.tap.limits = Limits::UNIT;
                let read = Read::Probability(place.index);
                Ok(self.unit(place, read))
            }
            _ => Err(self.wrong_rank(&place.tensor, &place.tap).into()),
        }
    }

    fn position(&self, tensor: &str, index: [usize; 3]) -> Result<Unit, QueryError> {
        let tap = self.tap(tensor)?;
        let [_, channels, height, width] = tap.shape[..] else {
            return Err(self.wrong_rank(tensor, &tap).into());
        };
        let [channel, row, column] = index;
        within(tensor, "unit", channel, channels)?;
        within(tensor, "row", row, height)?;
        within(tensor, "column", column, width)?;
        let place = Place {
            tensor: tensor.to_owned(),
            tap,
            index: channel,
        };
        Ok(self.unit(place, Read::Position(channel, row, column)))
    }

    fn direction(&self, path: &str, tensor: &str) -> Result<Unit, QueryError> {
        let tap = self.tap(tensor)?;
        let direction = npy::read_vector(path, self.unit_count(tensor, &tap)?)?;
        Ok(Unit {
            text: self.syntax.text.clone(),
            tensor: tensor.to_owned(),
            shape: tap.shape,
            read: Read::Direction(direction),
            index: None,
            label: None,
            limits: Limits::default(),
        })
    }

    fn unit(&self, place: Place, read: Read) -> Unit {
        let label = (place.tensor == self.context.logits)
            .then(|| self.context.labels.get(place.index))
            .flatten()
            .filter(|label| !label.is_empty());
        Unit {
            text: self.syntax.text.clone(),
            label: label.cloned(),
            index: Some(place.index),
            tensor: place.tensor,
            shape: place.tap.shape,
            read,
            limits: place.tap.limits,
        }
    }

    fn place(&self, target: &Target) -> Result<Place, QueryError> {
        let (tensor, index) = match target {
            Target::Element { tensor, index } => (tensor.clone(), *index),
            Target::Label(label) => (self.context.logits.to_owned(), self.labelled(label)?),
        };
        let tap = self.tap(&tensor)?;
        within(&tensor, "unit", index, self.unit_count(&tensor, &tap)?)?;
        Ok(Place { tensor, tap, index })
    }

    fn labelled(&self, label: &str) -> Result<usize, QueryError> {
        let indices: Vec<usize> = (0..)
            .zip(self.context.labels)
            .filter(|(_, known)| *known == label)
            .map(|(index, _)| index)
            .collect();
        match indices[..] {
            [index] => Ok(index),
            [] => Err(UsageError::UnknownLabel {
                label: label.to_owned(),
                hint: self.hint_for_label(label)?,
            }
            .into()),
            _ => Err(UsageError::DuplicateLabel {
                label: label.to_owned(),
                tensor: self.context.logits.to_owned(),
                indices,
            }
            .into()),
        }
    }

    fn hint_for_label(&self, label: &str) -> Result<Hint, QueryError> {
        let instead = if self.context.taps.tap(label)?.is_some() {
            Some(format!(
                "{label}[0], with the unit in brackets, for that tensor"
            ))
        } else if label.parse::<usize>().is_ok() {
            Some(format!("{}[{label}]", self.context.logits))
        } else if self.context.labels.is_empty() {
            let logits = self.context.logits;
            Some(format!("{logits}[0]: this bundle has no labels"))
        } else {
            None
        };
        let labels = self.context.labels.iter().map(String::as_str);
        Ok(Hint {
            nearest: nearest(label, labels, SUGGESTIONS),
            instead,
        })
    }

    fn tap(&self, tensor: &str) -> Result<Tap, QueryError> {
        if let Some(tap) = self.context.taps.tap(tensor)? {
            return Ok(tap);
        }
        let names = self.context.taps.names();
        let names = names.iter().map(String::as_str);
        Err(UsageError::UnknownTensor {
            tensor: tensor.to_owned(),
            hint: Hint {
                nearest: nearest(tensor, names, SUGGESTIONS),
                instead: None,
            },
        }
        .into())
    }

    /// Elements of `[B, C]`, channels of `[B, C, H, W]` and `[B, T, C]`.
    fn unit_count(&self, tensor: &str, tap: &Tap) -> Result<usize, UsageError> {
        match unit_axis(tap.shape.len()) {
            Some(axis) => Ok(tap.shape[axis]),
            None => Err(self.wrong_rank(tensor, tap)),
        }
    }

    fn wrong_rank(&self, tensor: &str, tap: &Tap) -> UsageError {
        let forms: Vec<String> = unit_forms(tensor, tap.shape.len())
            .into_iter()
            .map(|form| format!("{} ({})", form.syntax, form.meaning))
            .collect();
        let possible = if forms.is_empty() {
            "another tensor, of rank 2, 3 or 4".to_owned()
        } else {
            forms.join(", ")
        };
        UsageError::WrongRank {
            text: self.syntax.text.clone(),
            tensor: tensor.to_owned(),
            shape: tap.shape.clone(),
            possible,
        }
    }
}

fn within(tensor: &str, axis: &'static str, index: usize, length: usize) -> Result<(), UsageError> {
    if index < length {
        return Ok(());
    }
    Err(UsageError::OutOfRange {
        tensor: tensor.to_owned(),
        axis,
        index,
        length,
    })
}
