//! The statistics against the tensors they claim to be of.

use super::findings::Findings;
use crate::bundle::{Bundle, Problem};
use crate::onnx::Model;
use crate::query::{Tap, unit_axis};
use crate::text::nearest;

const REMEDY: &str = "make it anew with `invset stats`";

/// Every tensor with quantiles is one of the classifier, and has a row for each unit.
pub(super) fn check(bundle: &Bundle, classifier: Option<&Model>, findings: &mut Findings) {
    let (Some(statistics), Some(classifier)) = (bundle.statistics(), classifier) else {
        return;
    };
    let Some(file) = &bundle.manifest().statistics else {
        return;
    };
    let known = classifier.tensor_names();
    // One pass reads all tensors; a node that cannot be read only takes its own away.
    let survey = classifier.survey(&bundle.classifier_options(classifier, 1));
    let graph = survey.ok().map(|survey| survey.graph);
    for tensor in statistics.tensors() {
        let key = format!("quantiles/{tensor}");
        if !known.contains(&tensor) {
            let near = nearest(tensor, known.iter().copied(), 1).pop();
            let near = near.map_or(String::new(), |near| format!(" (the nearest is '{near}')"));
            let reason = format!("the classifier has no tensor '{tensor}'{near}");
            findings.add(Problem::new(file, &key, reason, REMEDY));
            continue;
        }
        let Some(tap) = graph.as_ref().and_then(|graph| Tap::of(graph, tensor)) else {
            continue;
        };
        let units = unit_axis(tap.shape.len()).map(|axis| tap.shape[axis]);
        let rows = statistics.units(tensor).unwrap_or_default();
        if units != Some(rows) {
            let units = units.map_or("none".to_owned(), |units| units.to_string());
            let reason = format!("has {rows} units, but that tensor of the classifier has {units}");
            findings.add(Problem::new(file, &key, reason, REMEDY));
        }
    }
}
