//! What `bundle.toml` says, checked and with every default filled in.
//!
//! The form as written in the file, and the reading of it, are in [`super::manifest_file`].

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::domain::{Channels, Domain};
use super::smoothness::Smoothness;

/// The name of the manifest's file in a bundle folder.
pub const MANIFEST: &str = "bundle.toml";

/// A bundle's description: which files it has and how its networks fit together.
#[derive(Debug, Clone, PartialEq)]
pub struct Manifest {
    /// Name of the bundle.
    pub name: String,
    /// What it is, in a sentence.
    pub description: Option<String>,
    /// Licence of weights and data.
    pub licence: Option<String>,
    /// Code to image.
    pub generator: Generator,
    /// Image to activations.
    pub classifier: Classifier,
    /// Image to embedding; none means that embeddings are pixels.
    pub encoder: Option<Encoder>,
    /// A second encoder, never optimised, that scores diversity.
    pub judge: Option<Network>,
    /// Image to code.
    pub inverse: Option<Network>,
    /// File of the labels, one a line.
    pub labels: Option<String>,
    /// File of the statistics.
    pub statistics: Option<String>,
}

/// A model file with the tensors to use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    /// The ONNX file.
    pub file: String,
    /// Name of its input; none means its first.
    pub input: Option<String>,
    /// Name of its output; none means its first.
    pub output: Option<String>,
}

impl Network {
    fn file(&self) -> &str {
        &self.file
    }
}

/// Code to image, or to another sample.
#[derive(Debug, Clone, PartialEq)]
pub struct Generator {
    /// A network, or nothing between code and sample.
    pub form: GeneratorForm,
    /// What a sample is.
    pub domain: Domain,
    /// What a valid code is.
    pub prior: PriorSource,
}

/// Where samples come from.
#[derive(Debug, Clone, PartialEq)]
pub enum GeneratorForm {
    /// A model file.
    Network(Network),
    /// The code is the sample, or the sample before it is blurred.
    Code {
        /// Shape of a sample: channels, height, width of an image.
        shape: Vec<usize>,
        /// How far the code is blurred.
        smoothness: Smoothness,
    },
}

/// Family of a code prior.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PriorKind {
    /// A ball that holds 99.9 % of a normal distribution.
    Normal,
    /// An interval for each dimension.
    Box,
}

/// Where the facts of the code prior stand.
#[derive(Debug, Clone, PartialEq)]
pub struct PriorSource {
    /// Family.
    pub kind: PriorKind,
    /// Lower ends: none, one for every dimension, or one for each of equal parts of the code.
    pub low: Vec<f32>,
    /// Upper ends, likewise.
    pub high: Vec<f32>,
    /// A safetensors file with `mean`, `sd`, `low`, `high`, each `[d]`, each optional.
    pub file: Option<String>,
}

/// Image to activations, with what its input must look like.
#[derive(Debug, Clone, PartialEq)]
pub struct Classifier {
    /// The ONNX file.
    pub file: String,
    /// Name of the input; none means the first.
    pub input: Option<String>,
    /// Name of the tensor that labels count in; none means the first output.
    pub logits: Option<String>,
    /// Subtracted from an image in [0, 1], one for each channel; empty means nothing.
    pub mean: Vec<f32>,
    /// Divided by after `mean`, one for each channel; empty means nothing.
    pub standard_deviation: Vec<f32>,
    /// Height and width of the input; none means those of the generator's images.
    pub size: Option<[usize; 2]>,
    /// Channel order of the input.
    pub channels: Channels,
}

/// Image to embedding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Encoder {
    /// A tensor of the classifier.
    Tensor(String),
    /// A network of its own. Its input is the image in [0, 1].
    Network(Network),
    /// A network in a file outside the bundle, by its absolute path; no manifest states one, see
    /// [`crate::bundle::EncoderChoice`]. From its first input, the image in [0, 1], to its first
    /// output.
    Outside(PathBuf),
}

impl Manifest {
    /// Every file that the manifest names, with the key that names it.
    pub fn files(&self) -> BTreeMap<&'static str, &str> {
        let generator = match &self.generator.form {
            GeneratorForm::Network(network) => Some(network.file.as_str()),
            GeneratorForm::Code { .. } => None,
        };
        let encoder = match &self.encoder {
            Some(Encoder::Network(network)) => Some(network.file.as_str()),
            Some(Encoder::Tensor(_) | Encoder::Outside(_)) | None => None,
        };
        [
            ("generator.file", generator),
            (
                "generator.names",
                self.generator
                    .domain
                    .axes()
                    .and_then(|axes| axes.names.as_deref()),
            ),
            ("generator.prior.file", self.generator.prior.file.as_deref()),
            ("classifier.file", Some(self.classifier.file.as_str())),
            ("encoder.file", encoder),
            ("judge.file", self.judge.as_ref().map(Network::file)),
            ("inverse.file", self.inverse.as_ref().map(Network::file)),
            ("labels.file", self.labels.as_deref()),
            ("stats.file", self.statistics.as_deref()),
        ]
        .into_iter()
        .filter_map(|(key, file)| Some((key, file?)))
        .collect()
    }
}
