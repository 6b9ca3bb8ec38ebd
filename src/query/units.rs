//! Everything of a bundle that a unit can be named by, read once: labels, and tensors of the
//! classifier. What [`super::ClassifierTaps`] reads anew for every tensor stands here in a table, so
//! that a query can be resolved at every key.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::forms::{UnitForm, unit_axis, unit_forms};
use super::taps::{Tap, Taps};
use super::unit_syntax::{Form, Target, UnitSyntax};
use super::{ClassifierTaps, Context, QueryError};
use crate::bundle::{Bundle, BundleError};

/// The labels and tensors of one bundle.
#[derive(Debug, Clone)]
pub struct UnitIndex {
    pub(super) logits: String,
    pub(super) labels: Vec<String>,
    pub(super) tensors: Vec<NamedTensor>,
    names: Vec<String>,
    taps: BTreeMap<String, Tap>,
    units_of_labels: Vec<String>,
}

/// A tensor of the classifier that units can be read off.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedTensor {
    /// Its name.
    pub name: String,
    /// Its shape at batch 1.
    pub shape: Vec<usize>,
    /// How many units it has.
    pub units: usize,
    /// Whether the bundle has statistics of it.
    pub has_statistics: bool,
}

impl NamedTensor {
    fn of(name: &str, tap: &Tap, bundle: &Bundle) -> Option<NamedTensor> {
        let axis = unit_axis(tap.shape.len())?;
        let statistics = bundle.statistics();
        // A tensor whose first axis does not count images gives no activation for each.
        (tap.shape[0] == 1).then(|| NamedTensor {
            name: name.to_owned(),
            shape: tap.shape.clone(),
            units: tap.shape[axis],
            has_statistics: statistics.is_some_and(|all| all.units(name).is_some()),
        })
    }

    /// How its units are written, and what each way reads.
    pub fn forms(&self) -> Vec<UnitForm> {
        unit_forms(&self.name, self.shape.len())
    }

    /// Whether its units are read at many positions, so that their maximum can be asked for.
    pub fn has_positions(&self) -> bool {
        self.shape.len() > 2
    }
}

impl UnitIndex {
    /// Reads what can be named in a bundle.
    ///
    /// # Errors
    /// The classifier is not a readable ONNX model, or has no logits.
    pub fn of(bundle: &Bundle) -> Result<UnitIndex, QueryError> {
        let classifier = ClassifierTaps::new(bundle)?;
        let found = match classifier.all() {
            Some(found) => found,
            // What cannot be read as a whole is read where it is needed most.
            None => readable(&classifier, bundle)?,
        };
        let tensors = found
            .iter()
            .filter_map(|(name, tap)| NamedTensor::of(name, tap, bundle))
            .collect();
        Ok(UnitIndex::from_parts(
            classifier.logits().to_owned(),
            bundle.labels().to_vec(),
            tensors,
            classifier.names(),
            found.into_iter().collect(),
        ))
    }

    pub(super) fn from_parts(
        logits: String,
        labels: Vec<String>,
        tensors: Vec<NamedTensor>,
        names: Vec<String>,
        taps: BTreeMap<String, Tap>,
    ) -> UnitIndex {
        UnitIndex {
            units_of_labels: units_of_labels(&labels, &logits),
            logits,
            labels,
            tensors,
            names,
            taps,
        }
    }

    /// Name of the tensor that labels count in.
    pub fn logits(&self) -> &str {
        &self.logits
    }

    /// The label of each element of the logits; empty where it has none.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// The tensors that units can be read off, in the order of the network.
    pub fn tensors(&self) -> &[NamedTensor] {
        &self.tensors
    }

    /// A tensor that units can be read off.
    pub fn tensor(&self, name: &str) -> Option<&NamedTensor> {
        self.tensors.iter().find(|tensor| tensor.name == name)
    }

    /// The shortest text that names an element of the logits in a query: its label, where that means
    /// no other unit and nothing else, or else its place.
    pub fn unit_of_logit(&self, index: usize) -> String {
        match self.units_of_labels.get(index) {
            Some(unit) => unit.clone(),
            None => format!("{}[{index}]", self.logits),
        }
    }

    /// What queries on this bundle are resolved against, without reading the classifier again.
    pub fn context<'a>(&'a self, bundle: &'a Bundle) -> Context<'a> {
        Context {
            taps: self,
            logits: &self.logits,
            labels: &self.labels,
            statistics: bundle.statistics(),
            measure: bundle.measure_command(),
        }
    }
}

impl Taps for UnitIndex {
    fn names(&self) -> Vec<String> {
        self.names.clone()
    }

    fn tap(&self, name: &str) -> Result<Option<Tap>, BundleError> {
        Ok(self.taps.get(name).cloned())
    }
}

/// The logits and the tensors with statistics, each by itself.
fn readable(
    classifier: &ClassifierTaps,
    bundle: &Bundle,
) -> Result<Vec<(String, Tap)>, BundleError> {
    let logits = classifier.logits();
    let mut found: Vec<(String, Tap)> = classifier
        .tap(logits)?
        .map(|tap| (logits.to_owned(), tap))
        .into_iter()
        .collect();
    let measured = bundle
        .statistics()
        .into_iter()
        .flat_map(|all| all.tensors());
    for name in measured.filter(|name| *name != logits) {
        if let Ok(Some(tap)) = classifier.tap(name) {
            found.push((name.to_owned(), tap));
        }
    }
    Ok(found)
}

/// For each label the text that names its unit.
fn units_of_labels(labels: &[String], logits: &str) -> Vec<String> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for label in labels {
        *counts.entry(label).or_default() += 1;
    }
    let is_clear = |label: &str| {
        let meant = Form::Plain(Target::Label(label.to_owned()));
        counts.get(label) == Some(&1)
            && UnitSyntax::parse(label).is_ok_and(|syntax| syntax.form == meant)
    };
    labels
        .iter()
        .enumerate()
        .map(|(index, label)| {
            if is_clear(label) {
                label.clone()
            } else {
                format!("{logits}[{index}]")
            }
        })
        .collect()
}

impl ClassifierTaps {
    /// Every tensor of floats in the order of the network; none where the network cannot be read as
    /// a whole.
    fn all(&self) -> Option<Vec<(String, Tap)>> {
        let graph = self.survey()?;
        let named: BTreeSet<String> = self.names().into_iter().collect();
        let values = graph.values();
        let found = values.filter_map(|(_, value)| {
            let name = value.name.clone();
            // What the parser adds between the nodes of the file has names of its own.
            let tap = named.contains(&name).then(|| Tap::of(&graph, &name))??;
            Some((name, tap))
        });
        Some(found.collect())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::query::Query;

    #[test]
    fn every_label_and_tappable_tensor_of_a_bundle_is_in_its_index() {
        let bundle = Bundle::open("scenes64").unwrap();
        let index = UnitIndex::of(&bundle).unwrap();
        assert_eq!(index.labels().len(), 200);
        let logits = index.tensor(index.logits()).unwrap();
        assert_eq!((logits.units, logits.has_positions()), (200, false));
        assert!(logits.has_statistics);
        assert!(index.tensors().iter().any(NamedTensor::has_positions));
        // The table says what the classifier itself says.
        let classifier = ClassifierTaps::new(&bundle).unwrap();
        for tensor in index.tensors() {
            let tap = classifier.tap(&tensor.name).unwrap().unwrap();
            assert_eq!(
                index.tap(&tensor.name).unwrap(),
                Some(tap),
                "{}",
                tensor.name
            );
        }
        assert!(index.tensors().len() > 10);
    }

    #[test]
    fn a_query_means_the_same_in_the_index_and_in_the_bundle() {
        let bundle = Bundle::open("fashion").unwrap();
        let index = UnitIndex::of(&bundle).unwrap();
        let texts = [
            "sneaker in p90..p99".to_owned(),
            "prob(logits[3]) in ..0.1".to_owned(),
        ];
        assert_eq!(
            Query::resolve_in(&texts, &index.context(&bundle)).unwrap(),
            Query::resolve(&texts, &bundle).unwrap()
        );
    }

    #[test]
    fn a_label_names_its_unit_only_where_it_means_no_other() {
        let labels = ["hen", "crane", "crane", "", "box [3]", "max(hen)", "7"];
        let labels: Vec<String> = labels.map(str::to_owned).into();
        let index =
            UnitIndex::from_parts("y".into(), labels, Vec::new(), Vec::new(), BTreeMap::new());
        let units: Vec<String> = (0..8).map(|label| index.unit_of_logit(label)).collect();
        assert_eq!(
            units,
            ["hen", "y[1]", "y[2]", "y[3]", "y[4]", "y[5]", "7", "y[7]"]
        );
    }
}
