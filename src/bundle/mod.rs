//! Bundles: a generator, a classifier, encoders and facts, from a folder or from the binary.

mod chosen_file;
mod domain;
mod draft;
mod draft_text;
mod embedded;
mod encoder_choice;
mod error;
mod manifest;
mod manifest_file;
mod manifest_generator;
mod manifest_networks;
mod manifest_sections;
mod models;
mod normalisation;
mod outside;
mod prior;
mod smoothness;
mod source;
mod statistics;
mod statistics_levels;
mod statistics_place;
mod statistics_read;
mod statistics_write;
mod tensor_file;
#[cfg(test)]
pub(crate) mod test_files;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use sha2::{Digest, Sha256};

pub use chosen_file::ChosenFile;
pub use domain::{Axes, Channels, Domain};
pub use draft::{Draft, DraftError, Guess};
pub use embedded::{EMBEDDED, EmbeddedBundle};
pub use encoder_choice::{EncoderChoice, EncoderError};
pub use error::{BundleError, Problem};
pub use manifest::{
    Classifier, Encoder, EncoderNetwork, Generator, GeneratorForm, MANIFEST, Manifest, Network,
    PriorKind, PriorSource,
};
pub(crate) use normalisation::BadNumbers;
pub use normalisation::Normalisation;
pub use prior::Prior;
pub use smoothness::{Smoothness, SmoothnessError};
pub use source::{Source, resolve};
pub use statistics::{HISTOGRAM_BINS, Histogram, Statistics};
pub use statistics_place::PlaceError;
pub use statistics_write::{NewStatistics, TensorStatistics};

use crate::text;
use outside::Outside;

/// A bundle whose small files are read and whose every named file exists.
#[derive(Debug, Clone)]
pub struct Bundle {
    source: Source,
    manifest: Manifest,
    labels: Vec<String>,
    names: Vec<String>,
    prior: prior::PriorFile,
    statistics: Option<Statistics>,
    /// Whether the manifest's encoder is the one that was read.
    has_own_encoder: bool,
}

/// A bundle as far as it can be opened.
#[derive(Debug)]
pub struct Examined {
    /// None without a manifest that has every required key. Labels, statistics and the prior's file
    /// are left out where they are bad.
    pub bundle: Option<Bundle>,
    /// Everything that is wrong with the manifest and the small files, and files that are missing.
    pub problems: Vec<Problem>,
}

/// Where bundles of one's own are looked for.
const LOCAL_BUNDLES: &str = "models";

impl Bundle {
    /// What can be opened without knowing more: the built-in bundles by name, then the folders of
    /// bundles in `models` of the working folder that are called otherwise.
    pub fn known() -> Vec<String> {
        let mut names: Vec<String> = EMBEDDED.iter().map(|known| known.name.to_owned()).collect();
        let folders = std::fs::read_dir(LOCAL_BUNDLES)
            .into_iter()
            .flatten()
            .flatten();
        let mut local: Vec<String> = folders
            .filter(|folder| folder.path().join(MANIFEST).is_file())
            .filter(|folder| !names.iter().any(|name| folder.file_name() == name.as_str()))
            .map(|folder| folder.path().display().to_string())
            .collect();
        local.sort();
        names.extend(local);
        names
    }

    /// Opens a folder (a path with a separator, or an existing folder) or else a built-in bundle by
    /// its name.
    ///
    /// # Errors
    /// No such bundle, or everything that is wrong with its files at once.
    pub fn open(name_or_dir: &str) -> Result<Bundle, BundleError> {
        match Bundle::examine(name_or_dir)? {
            Examined {
                bundle: Some(bundle),
                problems,
            } if problems.is_empty() => Ok(bundle),
            Examined { problems, .. } => Err(BundleError::Invalid {
                bundle: text::clean(name_or_dir),
                problems,
            }),
        }
    }

    /// As much of a bundle as can be opened, with everything that is wrong with it but its models.
    ///
    /// # Errors
    /// No such bundle.
    pub fn examine(name_or_dir: &str) -> Result<Examined, BundleError> {
        let path = Path::new(name_or_dir);
        if name_or_dir.contains(std::path::is_separator) || path.is_dir() {
            return Ok(read(Source::Folder(path.to_owned())));
        }
        match EMBEDDED.iter().find(|bundle| bundle.name == name_or_dir) {
            Some(bundle) => Ok(read(Source::Embedded(bundle))),
            None => {
                let names = || EMBEDDED.iter().map(|bundle| bundle.name);
                Err(BundleError::UnknownName {
                    name: text::clean(name_or_dir),
                    nearest: text::nearest(name_or_dir, names(), 1).pop(),
                    known: names().map(str::to_owned).collect(),
                })
            }
        }
    }

    /// Where its files come from.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// What its `bundle.toml` says.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The label of each element of the logits, in order; empty without a labels file. Free of
    /// control characters.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// The names of a signal's channels or of a table's features, in order; empty where they have
    /// none. Free of control characters.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// What its units do on real images.
    pub fn statistics(&self) -> Option<&Statistics> {
        self.statistics.as_ref()
    }

    /// The same bundle without its generator: the code is the image, of shape `[C, H, W]` and with
    /// values in [0, 1], in the generator's channel order.
    #[must_use]
    pub fn with_pixels(&self, shape: [usize; 3]) -> Bundle {
        let mut bundle = self.clone();
        let generator = &mut bundle.manifest.generator;
        generator.form = GeneratorForm::Code {
            shape: shape.to_vec(),
            smoothness: Smoothness::NONE,
        };
        if let Domain::Image { range, .. } = &mut generator.domain {
            *range = [0.0, 1.0];
        }
        generator.prior = PriorSource {
            kind: PriorKind::Box,
            low: vec![0.0],
            high: vec![1.0],
            file: None,
        };
        bundle.manifest.inverse = None;
        bundle.prior = prior::PriorFile::default();
        bundle
    }

    /// The code prior, for codes of `code_length` numbers.
    ///
    /// # Errors
    /// The prior's file has vectors of another length.
    pub fn prior(&self, code_length: usize) -> Result<Prior, BundleError> {
        Prior::new(&self.manifest.generator.prior, &self.prior, code_length)
            .map_err(|problems| self.invalid(problems))
    }

    /// The same with its images, or signals, blurred otherwise than its manifest says; as it is without a
    /// `smoothness`.
    ///
    /// # Errors
    /// Its images come from a network.
    pub fn smoothed(mut self, smoothness: Option<Smoothness>) -> Result<Bundle, SmoothnessError> {
        let Some(asked) = smoothness else {
            return Ok(self);
        };
        self.takes_smoothness()?;
        if let GeneratorForm::Code { smoothness, .. } = &mut self.manifest.generator.form {
            *smoothness = asked;
        }
        Ok(self)
    }

    /// Whether its images, or signals, can be blurred.
    ///
    /// # Errors
    /// They come from a network, or are rows of a table.
    pub fn takes_smoothness(&self) -> Result<(), SmoothnessError> {
        let generator = &self.manifest.generator;
        let name = || text::clean(&self.manifest.name);
        match generator.form {
            GeneratorForm::Network(_) => Err(SmoothnessError::Network(name())),
            GeneratorForm::Code { .. } if matches!(generator.domain, Domain::Table(_)) => {
                Err(SmoothnessError::Table(name()))
            }
            GeneratorForm::Code { .. } => Ok(()),
        }
    }

    /// The bytes of one of its files.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn bytes(&self, file: &str) -> Result<Cow<'static, [u8]>, BundleError> {
        self.source
            .read(file)
            .map_err(|reason| self.invalid(vec![Problem::whole_file(file, reason, RESTORE)]))
    }

    /// The SHA-256 of each of its files, manifest included, in hexadecimal; and that of each file
    /// that a model keeps weights in, by its path within the bundle. Those of an encoder outside the
    /// bundle are among them by their absolute paths.
    ///
    /// # Errors
    /// One of them cannot be read.
    pub fn fingerprints(&self) -> Result<BTreeMap<String, String>, BundleError> {
        let named = self.manifest.files().into_values();
        let mut fingerprints = BTreeMap::new();
        for file in std::iter::once(MANIFEST).chain(named) {
            let bytes = self.bytes(file)?;
            fingerprints.insert(file.to_owned(), sha256(&bytes));
            let Some(outside) = Outside::of(&self.source, file, &bytes) else {
                continue;
            };
            for (name, path) in outside.files {
                let bytes = std::fs::read(path).map_err(|error| {
                    let reason = format!("cannot be read ({error})");
                    self.invalid(vec![Problem::whole_file(&name, reason, RESTORE)])
                })?;
                fingerprints.insert(name, sha256(&bytes));
            }
        }
        if let Some(Encoder::Outside(chosen)) = &self.manifest.encoder {
            for path in outside::files_of(&chosen.path) {
                let name = path.display().to_string();
                let bytes = std::fs::read(&path).map_err(|error| {
                    let reason = format!("cannot be read ({error})");
                    self.invalid(vec![Problem::whole_file(&name, reason, RESTORE_ENCODER)])
                })?;
                fingerprints.insert(name, sha256(&bytes));
            }
        }
        Ok(fingerprints)
    }

    /// The SHA-256 of one of its models: of the file, followed by the files that it keeps weights in.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn model_sha256(&self, file: &str) -> Result<String, BundleError> {
        let bytes = self.bytes(file)?;
        Ok(model_sha256(&self.source, file, &bytes))
    }

    fn invalid(&self, problems: Vec<Problem>) -> BundleError {
        BundleError::Invalid {
            bundle: self.manifest.name.clone(),
            problems,
        }
    }
}

const RESTORE: &str = "put the file back, or correct the name in bundle.toml";
const RESTORE_ENCODER: &str = "put the file back, or choose another --encoder";

/// Lower-case hexadecimal SHA-256.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Of a model with these bytes and of the weights outside it.
fn model_sha256(source: &Source, file: &str, bytes: &[u8]) -> String {
    let outside = Outside::of(source, file, bytes);
    outside.map_or_else(|| sha256(bytes), |outside| outside.sha256)
}

/// Reads everything but the models, and makes sure that those exist.
fn read(source: Source) -> Examined {
    let (manifest, mut problems) = read_manifest(&source);
    let Some(manifest) = manifest else {
        let bundle = None;
        return Examined { bundle, problems };
    };
    for (key, file) in manifest.files() {
        let known = |problem: &Problem| problem.key.as_deref() == Some(key);
        if let Err(reason) = source.check(file)
            && !problems.iter().any(known)
        {
            problems.push(Problem::new(MANIFEST, key, reason, RESTORE));
        }
    }
    let mut lines = |name: Option<&str>| {
        let name = name?;
        let bytes = source.read(name).ok()?;
        keep(read_lines(name, &bytes), &mut problems)
    };
    let labels = lines(manifest.labels.as_deref());
    let axes = manifest.generator.domain.axes();
    let names = lines(axes.and_then(|axes| axes.names.as_deref()));
    let prior = manifest.generator.prior.file.as_deref().and_then(|name| {
        let bytes = source.read(name).ok()?;
        keep(
            read_prior(name, &bytes, manifest.generator.prior.kind),
            &mut problems,
        )
    });
    let statistics = manifest.statistics.as_deref().and_then(|name| {
        let bytes = source.read(name).ok()?;
        let hash = |file: &str| {
            let bytes = source.read(file).ok()?;
            Some(model_sha256(&source, file, &bytes))
        };
        keep(
            Statistics::parse(name, &bytes, &manifest, &hash),
            &mut problems,
        )
    });
    Examined {
        bundle: Some(Bundle {
            labels: labels.unwrap_or_default(),
            names: names.unwrap_or_default(),
            prior: prior.unwrap_or_default(),
            statistics,
            source,
            manifest,
            has_own_encoder: true,
        }),
        problems,
    }
}

fn keep<T>(result: Result<T, Vec<Problem>>, problems: &mut Vec<Problem>) -> Option<T> {
    result.map_err(|mut found| problems.append(&mut found)).ok()
}

fn read_manifest(source: &Source) -> (Option<Manifest>, Vec<Problem>) {
    let unreadable = |reason: String, remedy: &str| {
        let problem = Problem::whole_file(MANIFEST, reason, remedy);
        (None, vec![problem])
    };
    let bytes = match source.read(MANIFEST) {
        Ok(bytes) => bytes,
        Err(reason) => return unreadable(reason, "give a folder that holds a bundle.toml"),
    };
    match std::str::from_utf8(&bytes) {
        Ok(text) => Manifest::examine(text),
        Err(error) => unreadable(format!("is not UTF-8 ({error})"), "save it as UTF-8"),
    }
}

/// Labels or names, one a line.
fn read_lines(name: &str, bytes: &[u8]) -> Result<Vec<String>, Vec<Problem>> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let reason = format!("is not UTF-8 ({error})");
        vec![Problem::whole_file(
            name,
            reason,
            "save it as UTF-8, one name a line",
        )]
    })?;
    Ok(text
        .lines()
        .map(|line| text::clean(line).trim().to_owned())
        .collect())
}

fn read_prior(name: &str, bytes: &[u8], kind: PriorKind) -> Result<prior::PriorFile, Vec<Problem>> {
    let file = prior::PriorFile::parse(name, bytes)?;
    if kind == PriorKind::Box && !file.has_box() {
        let reason = "has no low or no high, which kind = \"box\" needs";
        return Err(vec![Problem::whole_file(
            name,
            reason,
            "write both into it",
        )]);
    }
    Ok(file)
}

#[cfg(test)]
mod tests;
