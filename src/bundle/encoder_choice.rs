//! Which encoder a run measures distances with: the bundle's own, or another that is chosen for it.
//!
//! What varies between diverse samples depends on the layer whose distances are maximised: pixels
//! give luminance and contrast, middle layers texture, late ones pose (Tausani et al., arXiv
//! 2506.17040, for the layers that they stretch).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::chosen_file::ChosenFile;
use super::{Bundle, BundleError, Encoder};
use crate::text::{self, clean};

/// An encoder as `--encoder` names it; the same words stand in `run.toml`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum EncoderChoice {
    /// The bundle's own: a tensor, a network, or pixels where it states none.
    #[default]
    Bundle,
    /// The pixels of the image in [0, 1].
    Pixels,
    /// A tensor of the classifier, all its elements as one vector.
    Tensor(String),
    /// An ONNX file: from its first input to its first output. The image is resized to what it takes.
    File(ChosenFile),
}

/// The words of an encoder that is no file.
const BUNDLE: &str = "bundle";
const PIXELS: &str = "pixels";
const TENSOR: &str = "tensor:";

/// An encoder cannot be chosen.
#[derive(Debug, thiserror::Error)]
pub enum EncoderError {
    /// It is not written as it should be.
    #[error("'{}' is no encoder; write bundle, pixels, tensor:NAME or FILE.onnx", clean(.0))]
    Syntax(String),
    /// What stands behind its file is not understood.
    #[error("'{}': {reason}; write FILE.onnx:mean=A,B,C:std=A,B,C:channels=RGB, of these what it needs", clean(.text))]
    Normalisation {
        /// As written.
        text: String,
        /// Which part, and why.
        reason: String,
    },
    /// The classifier has no such tensor.
    #[error("--encoder: the classifier has no tensor '{}'{hint}", clean(.tensor))]
    UnknownTensor {
        /// As written.
        tensor: String,
        /// What may have been meant, or where to look.
        hint: String,
    },
    /// The file cannot be opened.
    #[error("--encoder: '{}' cannot be opened ({reason}); name an ONNX file", clean(.path))]
    File {
        /// As written.
        path: String,
        /// The system's reason.
        reason: String,
    },
    /// The classifier cannot be read.
    #[error(transparent)]
    Bundle(#[from] BundleError),
}

impl EncoderChoice {
    /// Whether it is the bundle's own.
    pub fn is_bundles(&self) -> bool {
        *self == EncoderChoice::Bundle
    }

    /// The same with its file, if it has one, by its absolute path: a run goes on from any folder.
    ///
    /// # Errors
    /// The file is not there, or its path is no Unicode and could not be written down.
    pub fn absolute(&self) -> Result<EncoderChoice, EncoderError> {
        Ok(match self {
            EncoderChoice::File(chosen) => EncoderChoice::File(absolute(chosen)?),
            other => other.clone(),
        })
    }
}

/// The same with the absolute path of the file, which has to be there. Links are not followed: a file may
/// have its name from one.
fn absolute(chosen: &ChosenFile) -> Result<ChosenFile, EncoderError> {
    let problem = |reason: String| EncoderError::File {
        path: chosen.path.display().to_string(),
        reason,
    };
    let found = std::path::absolute(&chosen.path).map_err(|error| problem(error.to_string()))?;
    let facts = found
        .metadata()
        .map_err(|error| problem(error.to_string()))?;
    if !facts.is_file() {
        return Err(problem("it is not a regular file".to_owned()));
    }
    if found.to_str().is_none() {
        return Err(problem("its path is no Unicode".to_owned()));
    }
    Ok(ChosenFile {
        path: found,
        normalisation: chosen.normalisation.clone(),
    })
}

impl FromStr for EncoderChoice {
    type Err = EncoderError;

    fn from_str(text: &str) -> Result<Self, EncoderError> {
        match text {
            BUNDLE => return Ok(EncoderChoice::Bundle),
            PIXELS => return Ok(EncoderChoice::Pixels),
            _ => {}
        }
        match (text.strip_prefix(TENSOR), ChosenFile::parse(text)) {
            (Some(name), _) if !name.is_empty() => Ok(EncoderChoice::Tensor(name.to_owned())),
            (None, Some(Ok(chosen))) => Ok(EncoderChoice::File(chosen)),
            (None, Some(Err(reason))) => Err(EncoderError::Normalisation {
                text: text.to_owned(),
                reason,
            }),
            _ => Err(EncoderError::Syntax(text.to_owned())),
        }
    }
}

impl fmt::Display for EncoderChoice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EncoderChoice::Bundle => formatter.write_str(BUNDLE),
            EncoderChoice::Pixels => formatter.write_str(PIXELS),
            EncoderChoice::Tensor(name) => write!(formatter, "{TENSOR}{name}"),
            EncoderChoice::File(chosen) => chosen.fmt(formatter),
        }
    }
}

impl TryFrom<String> for EncoderChoice {
    type Error = EncoderError;

    fn try_from(text: String) -> Result<Self, EncoderError> {
        text.parse()
    }
}

impl From<EncoderChoice> for String {
    fn from(choice: EncoderChoice) -> String {
        choice.to_string()
    }
}

impl Bundle {
    /// The same bundle with the encoder of `choice` in place of its own. Whether that encoder fits
    /// the images is found when the networks are composed.
    ///
    /// # Errors
    /// The classifier has no such tensor, or there is no such file.
    pub fn with_encoder(mut self, choice: &EncoderChoice) -> Result<Bundle, EncoderError> {
        let encoder = match choice {
            EncoderChoice::Bundle => return Ok(self),
            EncoderChoice::Pixels => None,
            EncoderChoice::Tensor(name) => {
                self.check_tensor(name)?;
                Some(Encoder::Tensor(name.clone()))
            }
            EncoderChoice::File(chosen) => Some(Encoder::Outside(absolute(chosen)?)),
        };
        self.has_own_encoder = self.has_own_encoder && encoder == self.manifest.encoder;
        self.manifest.encoder = encoder;
        Ok(self)
    }

    /// Whether its encoder is the one that its manifest states: what the statistics say of distances
    /// holds for no other.
    pub fn has_own_encoder(&self) -> bool {
        self.has_own_encoder
    }

    fn check_tensor(&self, name: &str) -> Result<(), EncoderError> {
        let classifier = self.classifier()?;
        let known = classifier.tensor_names();
        if known.contains(&name) {
            return Ok(());
        }
        let nearest = text::nearest(name, known.iter().copied(), 3);
        let quoted: Vec<String> = nearest
            .iter()
            .map(|name| format!("'{}'", clean(name)))
            .collect();
        Err(EncoderError::UnknownTensor {
            tensor: name.to_owned(),
            hint: if quoted.is_empty() {
                format!(
                    "; `invset inspect {}` lists the names",
                    clean(&self.manifest.classifier.file)
                )
            } else {
                format!("; did you mean {}?", quoted.join(", "))
            },
        })
    }
}

#[cfg(test)]
#[path = "encoder_choice_tests.rs"]
mod tests;
