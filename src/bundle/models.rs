//! The models of a bundle.

use super::{
    Bundle, BundleError, Encoder, EncoderNetwork, GeneratorForm, Problem, RESTORE, Source, resolve,
};
use crate::onnx::{LoadOptions, Model, OnnxError};

impl Bundle {
    /// The classifier.
    ///
    /// # Errors
    /// It is not a readable ONNX model.
    pub fn classifier(&self) -> Result<Model, BundleError> {
        self.model(&self.manifest.classifier.file)
    }

    /// The generator; none where the code is the image.
    ///
    /// # Errors
    /// It is not a readable ONNX model.
    pub fn generator(&self) -> Result<Option<Model>, BundleError> {
        match &self.manifest.generator.form {
            GeneratorForm::Network(network) => self.model(&network.file).map(Some),
            GeneratorForm::Code { .. } => Ok(None),
        }
    }

    /// The encoder; none where embeddings are pixels or a tensor of the classifier.
    ///
    /// # Errors
    /// It is not a readable ONNX model.
    pub fn encoder(&self) -> Result<Option<Model>, BundleError> {
        match &self.manifest.encoder {
            Some(Encoder::Network(network)) => self.model(network.file()).map(Some),
            Some(Encoder::Outside(chosen)) => {
                let file = chosen.path.display().to_string();
                let model = Model::open(&chosen.path);
                model
                    .map_err(|error| self.bad_model(&file, error))
                    .map(Some)
            }
            Some(Encoder::Tensor(_)) | None => Ok(None),
        }
    }

    /// The judge, where there is one.
    ///
    /// # Errors
    /// It is not a readable ONNX model.
    pub fn judge(&self) -> Result<Option<Model>, BundleError> {
        self.network(self.manifest.judge.as_ref())
    }

    /// The network from image to code, where there is one.
    ///
    /// # Errors
    /// It is not a readable ONNX model.
    pub fn inverse(&self) -> Result<Option<Model>, BundleError> {
        self.network(self.manifest.inverse.as_ref())
    }

    /// How the classifier is loaded for `batch` images: the open dimensions of its input take the
    /// channels and the size that the manifest states.
    pub fn classifier_options(&self, classifier: &Model, batch: usize) -> LoadOptions {
        let manifest = &self.manifest.classifier;
        let input = match &manifest.input {
            Some(name) => classifier.inputs().iter().find(|input| input.name == *name),
            None => classifier.inputs().first(),
        };
        let generator = &self.manifest.generator;
        let sample: &[usize] = match &generator.form {
            GeneratorForm::Code { shape, .. } => shape,
            GeneratorForm::Network(_) => &[],
        };
        let sample = match manifest.normalisation.channels_of(&generator.domain) {
            Some(channels) => {
                let size = manifest.size.as_ref().map(<[usize; 2]>::as_slice);
                let size = size.unwrap_or(sample.get(1..).unwrap_or_default());
                [&[channels.count()], size].concat()
            }
            None => sample.to_vec(),
        };
        let axes = input.and_then(|input| input.dims.as_deref());
        let dimensions = axes
            .unwrap_or_default()
            .iter()
            .skip(1)
            .zip(sample)
            .filter_map(|(axis, length)| Some((axis.symbol.clone()?, length)))
            .collect();
        LoadOptions {
            batch,
            dimensions,
            outputs: None,
        }
    }

    /// Name of the tensor that labels count in: the manifest's, or the classifier's first output.
    pub fn logits(&self, classifier: &Model) -> String {
        let first = || {
            classifier
                .outputs()
                .first()
                .map(|output| output.name.clone())
        };
        let stated = self.manifest.classifier.logits.clone();
        stated.or_else(first).unwrap_or_default()
    }

    /// One of the manifest's networks.
    ///
    /// # Errors
    /// It is not a readable ONNX model.
    pub fn network_model(&self, network: &EncoderNetwork) -> Result<Model, BundleError> {
        self.model(network.file())
    }

    fn network(&self, network: Option<&EncoderNetwork>) -> Result<Option<Model>, BundleError> {
        network
            .map(|network| self.model(network.file()))
            .transpose()
    }

    /// From a folder by path, because a model may keep its weights in files beside it.
    fn model(&self, file: &str) -> Result<Model, BundleError> {
        let model = match &self.source {
            Source::Folder(folder) => {
                let path = resolve(folder, file).map_err(|reason| {
                    self.invalid(vec![Problem::whole_file(file, reason, RESTORE)])
                })?;
                Model::open(&path)
            }
            Source::Embedded(_) => Model::from_bytes(self.bytes(file)?, file),
        };
        model.map_err(|source| self.bad_model(file, source))
    }

    fn bad_model(&self, file: &str, source: OnnxError) -> BundleError {
        BundleError::Model {
            bundle: self.manifest.name.clone(),
            file: file.to_owned(),
            source: Box::new(source),
        }
    }
}
