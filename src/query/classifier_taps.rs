//! The tensors of a bundle's classifier, for queries.

use super::taps::{Tap, Taps};
use crate::bundle::{Bundle, BundleError};
use crate::graph::Graph;
use crate::onnx::{LoadOptions, Model};

/// The tensors of a bundle's classifier. Only the part of it that a tensor needs is ever read, so
/// that an operator beyond it does no harm.
#[derive(Debug, Clone)]
pub struct ClassifierTaps {
    classifier: Model,
    options: LoadOptions,
    logits: String,
    bundle: String,
    file: String,
}

impl ClassifierTaps {
    /// The tensors of a bundle's classifier.
    ///
    /// # Errors
    /// The classifier is not a readable ONNX model.
    pub fn new(bundle: &Bundle) -> Result<ClassifierTaps, BundleError> {
        let classifier = bundle.classifier()?;
        let manifest = bundle.manifest();
        Ok(ClassifierTaps {
            options: bundle.classifier_options(&classifier, 1),
            bundle: manifest.name.clone(),
            file: manifest.classifier.file.clone(),
            logits: bundle.logits(&classifier),
            classifier,
        })
    }

    /// Name of the tensor that labels count in.
    pub fn logits(&self) -> &str {
        &self.logits
    }

    /// The classifier as far as it can be read, at batch 1; none where not even its inputs' shapes
    /// are known.
    pub(super) fn survey(&self) -> Option<Graph> {
        let survey = self.classifier.survey(&self.options);
        survey.ok().map(|survey| survey.graph)
    }
}

impl Taps for ClassifierTaps {
    fn names(&self) -> Vec<String> {
        let names = self.classifier.tensor_names().into_iter();
        names.map(str::to_owned).collect()
    }

    fn tap(&self, name: &str) -> Result<Option<Tap>, BundleError> {
        if !self.classifier.tensor_names().contains(&name) {
            return Ok(None);
        }
        let options = LoadOptions {
            outputs: Some(vec![name.to_owned()]),
            ..self.options.clone()
        };
        match self.classifier.graph(&options) {
            Ok(graph) => Ok(Tap::of(&graph, name)),
            Err(source) => Err(BundleError::Model {
                bundle: self.bundle.clone(),
                file: self.file.clone(),
                source: Box::new(source),
            }),
        }
    }
}
