//! Opens every model file of a bundle.

use super::facts::{Facts, NetworkFacts};
use super::findings::Findings;
use crate::bundle::{Bundle, BundleError, EncoderNetwork, GeneratorForm};
use crate::onnx::Model;

/// The models that open.
pub(super) struct Models {
    pub(super) generator: Option<Model>,
    pub(super) classifier: Option<Model>,
    pub(super) encoder: Option<Model>,
    pub(super) judge: Option<Model>,
    pub(super) inverse: Option<Model>,
}

/// Opens them all; each that does not open is a problem.
pub(super) fn open(bundle: &Bundle, findings: &mut Findings, facts: &mut Facts) -> Models {
    let manifest = bundle.manifest();
    let generator = match &manifest.generator.form {
        GeneratorForm::Network(network) => Some(network.file.as_str()),
        GeneratorForm::Code { .. } => None,
    };
    let encoder = manifest.encoder_network().map(EncoderNetwork::file);
    let judge = manifest.judge.as_ref().map(EncoderNetwork::file);
    let inverse = manifest.inverse.as_ref().map(EncoderNetwork::file);
    let mut one = |section: &'static str,
                   file: Option<&str>,
                   open: &dyn Fn() -> Result<Option<Model>, BundleError>| {
        let file = file?;
        let key = format!("{section}.file");
        // A file that is missing was found to be so.
        if findings.has(&key) {
            return None;
        }
        let model = findings.keep(&key, file, open())??;
        facts.networks.push(NetworkFacts {
            section,
            file: file.to_owned(),
            bytes: bundle.source().size(file).unwrap_or_default(),
            sha256: model.sha256().to_owned(),
            parameters: model.parameters(),
            input: None,
            output: None,
        });
        Some(model)
    };
    Models {
        generator: one("generator", generator, &|| bundle.generator()),
        classifier: one(
            "classifier",
            Some(manifest.classifier.file.as_str()),
            &|| bundle.classifier().map(Some),
        ),
        encoder: one("encoder", encoder, &|| bundle.encoder()),
        judge: one("judge", judge, &|| bundle.judge()),
        inverse: one("inverse", inverse, &|| bundle.inverse()),
    }
}
