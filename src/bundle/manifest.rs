//! What `bundle.toml` says, checked and with every default filled in.
//!
//! The form as written in the file, and the reading of it, are in [`super::manifest_file`].

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::chosen_file::ChosenFile;
use super::domain::Domain;
use super::normalisation::Normalisation;
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
    pub judge: Option<EncoderNetwork>,
    /// Image to code.
    pub inverse: Option<EncoderNetwork>,
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

/// From a sample to a vector: the encoder, the judge, and the inverse, which encodes as codes.
#[derive(Debug, Clone, PartialEq)]
pub struct EncoderNetwork {
    /// The model.
    pub network: Network,
    /// What is done to a sample before it, besides resizing images to what it takes.
    pub normalisation: Normalisation,
}

impl EncoderNetwork {
    /// The ONNX file.
    pub fn file(&self) -> &str {
        &self.network.file
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
    /// What is done to a sample before it. Images are RGB for it unless the manifest says otherwise.
    pub normalisation: Normalisation,
    /// Height and width of the input; none means those of the generator's images.
    pub size: Option<[usize; 2]>,
}

/// Image to embedding.
#[derive(Debug, Clone, PartialEq)]
pub enum Encoder {
    /// A tensor of the classifier.
    Tensor(String),
    /// A network of its own.
    Network(EncoderNetwork),
    /// A network in a file outside the bundle, by its absolute path; no manifest states one, see
    /// [`crate::bundle::EncoderChoice`]. From its first input to its first output.
    Outside(ChosenFile),
}

impl Encoder {
    /// The network that it is; none where it is a tensor of the classifier.
    pub fn network(&self) -> Option<Cow<'_, EncoderNetwork>> {
        match self {
            Encoder::Tensor(_) => None,
            Encoder::Network(network) => Some(Cow::Borrowed(network)),
            Encoder::Outside(chosen) => Some(Cow::Owned(EncoderNetwork {
                network: Network {
                    file: chosen.path.display().to_string(),
                    input: None,
                    output: None,
                },
                normalisation: chosen.normalisation.clone(),
            })),
        }
    }
}

impl Manifest {
    /// The encoder, where it is a network of the bundle.
    pub fn encoder_network(&self) -> Option<&EncoderNetwork> {
        match &self.encoder {
            Some(Encoder::Network(network)) => Some(network),
            Some(Encoder::Tensor(_) | Encoder::Outside(_)) | None => None,
        }
    }

    /// Every file that the manifest names, with the key that names it.
    pub fn files(&self) -> BTreeMap<&'static str, &str> {
        let generator = match &self.generator.form {
            GeneratorForm::Network(network) => Some(network.file.as_str()),
            GeneratorForm::Code { .. } => None,
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
            (
                "encoder.file",
                self.encoder_network().map(EncoderNetwork::file),
            ),
            ("judge.file", self.judge.as_ref().map(EncoderNetwork::file)),
            (
                "inverse.file",
                self.inverse.as_ref().map(EncoderNetwork::file),
            ),
            ("labels.file", self.labels.as_deref()),
            ("stats.file", self.statistics.as_deref()),
        ]
        .into_iter()
        .filter_map(|(key, file)| Some((key, file?)))
        .collect()
    }
}
