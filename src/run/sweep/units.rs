//! Which units a sweep goes through.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use super::error::{SweepError, UnitProblem};
use crate::bundle::{Bundle, BundleError};
use crate::engine::{self, EngineError};
use crate::query::{
    ClassifierTaps, Constraint, Context, Form, IntervalSyntax, Query, QueryError, Read, Tap, Taps,
    Target, Unit, UnitSyntax,
};
use crate::run::RunError;
use crate::run::names::file_name;

/// The stream of a seed's generator that labels are drawn from; the starts of samples count theirs
/// from 0.
const LABEL_STREAM: u64 = u64::MAX;

/// How the units of a sweep are chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// These, as written.
    Units(Vec<String>),
    /// Every label.
    All,
    /// So many labels, drawn by the seed without replacement.
    Draw(usize),
}

/// A unit of a sweep.
#[derive(Debug, Clone, PartialEq)]
pub struct SweepUnit {
    /// The unit and its interval, resolved.
    pub constraint: Constraint,
    /// The name of its run folder within the sweep's.
    pub folder: String,
}

impl SweepUnit {
    /// The query of its run.
    pub(super) fn query(&self) -> Query {
        Query {
            constraints: vec![self.constraint.clone()],
        }
    }
}

impl Choice {
    /// The units as written, in the order they are sampled; labels count in the tensor `logits`.
    pub(super) fn texts(
        &self,
        seed: u64,
        bundle: &Bundle,
        logits: &str,
    ) -> Result<Vec<String>, SweepError> {
        let wanted = match self {
            Choice::Units(units) => return Ok(units.clone()),
            Choice::All => None,
            Choice::Draw(count) => Some(*count),
        };
        let labelled = labelled(bundle.labels(), logits);
        if labelled.is_empty() {
            return Err(SweepError::NoLabels {
                bundle: bundle.manifest().name.clone(),
            });
        }
        match wanted {
            Some(asked) if asked > labelled.len() => Err(SweepError::TooFewLabels {
                asked,
                there: labelled.len(),
            }),
            Some(asked) => Ok(drawn(labelled, asked, seed)),
            None => Ok(labelled),
        }
    }
}

/// Every labelled unit of the logits as a constraint names it: by its label where that names it
/// and nothing else, by its place otherwise.
pub(super) fn labelled(labels: &[String], logits: &str) -> Vec<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for label in labels {
        *counts.entry(label).or_default() += 1;
    }
    labels
        .iter()
        .enumerate()
        .filter(|(_, label)| !label.is_empty())
        .map(|(index, label)| {
            let form = UnitSyntax::parse(label).map(|syntax| syntax.form);
            let is_name = form == Ok(Form::Plain(Target::Label(label.clone())));
            if is_name && counts.get(label.as_str()) == Some(&1) {
                label.clone()
            } else {
                format!("{logits}[{index}]")
            }
        })
        .collect()
}

/// `count` of `units`, in their order: those with the least of one random number each.
pub(super) fn drawn(units: Vec<String>, count: usize, seed: u64) -> Vec<String> {
    let mut generator = ChaCha20Rng::seed_from_u64(seed);
    generator.set_stream(LABEL_STREAM);
    let mut keyed: Vec<(u64, usize, String)> = units
        .into_iter()
        .enumerate()
        .map(|(index, unit)| (generator.next_u64(), index, unit))
        .collect();
    keyed.sort();
    keyed.truncate(count);
    keyed.sort_by_key(|&(_, index, _)| index);
    keyed.into_iter().map(|(_, _, unit)| unit).collect()
}

/// The same unit with the vector's file, where it has one, by its absolute path.
pub(super) fn absolute(text: &str) -> String {
    if let Ok(UnitSyntax {
        form: Form::Direction { path, tensor },
        ..
    }) = UnitSyntax::parse(text)
        // One that is not there stays as it was typed, for the message.
        && let Ok(path) = Path::new(&path).canonicalize()
        && let Some(path) = path.to_str()
    {
        return direction(path, &tensor);
    }
    text.to_owned()
}

fn direction(path: &str, tensor: &str) -> String {
    format!("dir({path})@{tensor}")
}

/// Resolves units and the interval of each; all that cannot be are found at once.
pub(super) fn resolve(
    texts: &[String],
    interval: &str,
    bundle: &Bundle,
    taps: &ClassifierTaps,
) -> Result<Vec<SweepUnit>, SweepError> {
    // Once for the interval alone: it is wrong for no unit in particular.
    let interval: IntervalSyntax = interval
        .parse()
        .map_err(|error| RunError::Query(QueryError::Usage(error)))?;
    if texts.is_empty() {
        return Err(SweepError::NoUnit);
    }
    let remembered = Remembered {
        taps,
        known: RefCell::default(),
    };
    let context = Context {
        taps: &remembered,
        logits: taps.logits(),
        labels: bundle.labels(),
        statistics: bundle.statistics(),
        measure: bundle.measure_command(),
    };
    let mut constraints: Vec<Constraint> = Vec::new();
    let mut problems = Vec::new();
    for text in texts {
        match Constraint::resolve(&format!("{text} in {}", interval.text), &context) {
            Ok(constraint) => constraints.push(constraint),
            Err(cause) => problems.push(UnitProblem {
                unit: text.clone(),
                cause: cause.into(),
            }),
        }
    }
    if !problems.is_empty() {
        return Err(SweepError::Units(problems));
    }
    check_distinct(&constraints)?;
    Ok(with_folders(constraints))
}

/// Makes sure that a derivative leads from the tensor of each unit back to the image; all from which
/// none does are found at once, where their own runs would find them hours apart.
pub(super) fn check_derivatives(units: &[SweepUnit], bundle: &Bundle) -> Result<(), SweepError> {
    let model = bundle.classifier().map_err(RunError::from)?;
    let mut found = BTreeMap::new();
    let mut problems = Vec::new();
    for SweepUnit { constraint, .. } in units {
        let Unit { text, tensor, .. } = &constraint.unit;
        if !found.contains_key(tensor) {
            let refusal = engine::refusal(bundle, &model, tensor).map_err(RunError::from)?;
            found.insert(tensor, refusal);
        }
        if let Some(Some(refusal)) = found.get(tensor) {
            problems.push(UnitProblem {
                unit: text.clone(),
                cause: EngineError::from(refusal.clone()).into(),
            });
        }
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(SweepError::Units(problems))
    }
}

fn check_distinct(constraints: &[Constraint]) -> Result<(), SweepError> {
    for (at, constraint) in constraints.iter().enumerate() {
        let unit = &constraint.unit;
        let earlier = constraints[..at]
            .iter()
            .find(|other| other.unit.tensor == unit.tensor && other.unit.read == unit.read);
        if let Some(earlier) = earlier {
            return Err(SweepError::Repeated {
                first: earlier.unit.text.clone(),
                second: unit.text.clone(),
            });
        }
    }
    Ok(())
}

/// Gives each unit a folder of its own: names that differ may become the same safe name.
fn with_folders(constraints: Vec<Constraint>) -> Vec<SweepUnit> {
    let mut units: Vec<SweepUnit> = Vec::new();
    for constraint in constraints {
        let name = folder_name(&constraint.unit);
        let mut folder = name.clone();
        let mut number = 1;
        while units.iter().any(|unit| unit.folder == folder) {
            number += 1;
            folder = format!("{name}-{number}");
        }
        units.push(SweepUnit { constraint, folder });
    }
    units
}

/// `INDEX-LABEL` of an element of the logits, `INDEX-UNIT` of anything else that has an index.
fn folder_name(unit: &Unit) -> String {
    let name = match (&unit.label, &unit.read) {
        (Some(label), Read::Element(_)) => label.clone(),
        _ => short(&unit.text),
    };
    let name = file_name(&name);
    match unit.index {
        Some(index) => format!("{index}-{name}"),
        None => name,
    }
}

/// A unit as written, without the folders of its vector's file.
fn short(text: &str) -> String {
    if let Ok(UnitSyntax {
        form: Form::Direction { path, tensor },
        ..
    }) = UnitSyntax::parse(text)
        && let Some(name) = Path::new(&path).file_name()
    {
        return direction(&name.to_string_lossy(), &tensor);
    }
    text.to_owned()
}

/// The tensors of a classifier, each looked at once: a sweep asks a thousand times for the logits,
/// and each look reads the classifier up to there.
struct Remembered<'a> {
    taps: &'a dyn Taps,
    known: RefCell<BTreeMap<String, Option<Tap>>>,
}

impl Taps for Remembered<'_> {
    fn names(&self) -> Vec<String> {
        self.taps.names()
    }

    fn tap(&self, name: &str) -> Result<Option<Tap>, BundleError> {
        if let Some(known) = self.known.borrow().get(name) {
            return Ok(known.clone());
        }
        let tap = self.taps.tap(name)?;
        self.known.borrow_mut().insert(name.to_owned(), tap.clone());
        Ok(tap)
    }
}
