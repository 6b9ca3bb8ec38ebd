//! An ONNX file outside the bundle that is the encoder of a run, with what is done to images before it:
//! `FILE.onnx:mean=0.485,0.456,0.406:std=0.229,0.224,0.225:channels=RGB`.

use std::fmt;
use std::path::PathBuf;

use super::domain::Channels;
use super::normalisation::Normalisation;

/// How the name of such a file ends.
const EXTENSION: &str = ".onnx";

/// A file, and how it wants its input.
#[derive(Debug, Clone, PartialEq)]
pub struct ChosenFile {
    /// The ONNX file.
    pub path: PathBuf,
    /// What is done to an image in [0, 1] before it; nothing unless that is written behind the file: what
    /// the classifier is given is not taken to hold for it.
    pub normalisation: Normalisation,
}

impl ChosenFile {
    /// Reads it; none for what names no ONNX file.
    ///
    /// # Errors
    /// What stands behind the file is not understood: which part of it, and why.
    pub(super) fn parse(text: &str) -> Option<Result<ChosenFile, String>> {
        if text.ends_with(EXTENSION) {
            return Some(Ok(ChosenFile {
                path: text.into(),
                normalisation: Normalisation::default(),
            }));
        }
        // The last one: a folder may be called so, too.
        let end = text.rfind(".onnx:")? + EXTENSION.len();
        let (path, keys) = text.split_at(end);
        Some(normalisation(keys).map(|normalisation| ChosenFile {
            path: path.into(),
            normalisation,
        }))
    }
}

/// `:KEY=VALUE`, any number of them.
fn normalisation(keys: &str) -> Result<Normalisation, String> {
    let mut read = Normalisation::default();
    for (number, part) in keys.split(':').enumerate().skip(1) {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        let is_repeated = keys.split(':').take(number).any(|before| {
            before
                .split_once('=')
                .is_some_and(|(known, _)| known == key)
        });
        if is_repeated {
            return Err(format!("{key} stands there twice"));
        }
        match key {
            "mean" => read.mean = numbers(key, value)?,
            "std" => read.standard_deviation = numbers(key, value)?,
            "channels" => {
                let known = Channels::ALL.into_iter();
                let mut named = known.filter(|channels| channels.to_string() == value);
                let channels = named
                    .next()
                    .ok_or_else(|| format!("channels is '{value}', not RGB, BGR or gray"))?;
                read.channels = Some(channels);
            }
            _ => return Err(format!("'{part}' is not mean=…, std=… or channels=…")),
        }
    }
    match read.bad_numbers(None, "channel").first() {
        Some(bad) => Err(format!("{} {}", bad.key, bad.reason)),
        None => Ok(read),
    }
}

fn numbers(key: &str, value: &str) -> Result<Vec<f32>, String> {
    value
        .split(',')
        .map(|number| {
            let number = number.trim();
            let read = number.parse::<f32>();
            read.map_err(|_| format!("{key} holds '{number}', which is no number"))
        })
        .collect()
}

impl fmt::Display for ChosenFile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}{}", self.path.display(), self.normalisation)
    }
}
