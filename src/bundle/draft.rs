//! A new bundle made of model files: the folder with copies of them, and a manifest to complete.

use std::io;
use std::path::{Path, PathBuf};

use super::draft_text::{Drafted, Part, manifest_text};
use super::manifest::MANIFEST;
use super::source::resolve;
use crate::onnx::{Model, OnnxError};

/// What a new bundle is made of.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    /// Its name; the folder's where there is none.
    pub name: Option<String>,
    /// Code to image.
    pub generator: PathBuf,
    /// Image to activations.
    pub classifier: PathBuf,
    /// Image to embedding, a file.
    pub encoder: Option<PathBuf>,
    /// Image to embedding, a tensor of the classifier.
    pub encoder_tensor: Option<String>,
    /// A second encoder.
    pub judge: Option<PathBuf>,
    /// Image to code.
    pub inverse: Option<PathBuf>,
    /// One label a line.
    pub labels: Option<PathBuf>,
    /// Least and greatest value of an image as it leaves the generator.
    pub range: Option<[f64; 2]>,
    /// Subtracted from an image in [0, 1], one for each channel.
    pub mean: Vec<f32>,
    /// Divided by after that.
    pub standard_deviation: Vec<f32>,
}

/// A key of a new manifest that could not be read off the files.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Guess {
    /// The key, for example `generator.range`.
    pub key: String,
    /// What stands there, and what to check or add.
    pub remark: String,
}

/// A new bundle cannot be made. Nothing is left behind.
#[derive(Debug, thiserror::Error)]
pub enum DraftError {
    /// The folder is not empty, or is no folder.
    #[error("{} exists already and is not an empty folder; name another", .0.display())]
    Exists(PathBuf),
    /// The folder or a file in it cannot be written.
    #[error("cannot write {}: {source}; choose another folder, or free some space", path.display())]
    Write {
        /// What was being written.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A file to copy cannot be read.
    #[error("{}: cannot be read: {reason}; correct the path", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// A model is bad.
    #[error(transparent)]
    Model(#[from] OnnxError),
}

impl Draft {
    /// Makes the folder. What could not be read off the files is said in the manifest, marked
    /// CHECK, and returned.
    ///
    /// # Errors
    /// The folder is in use or cannot be written, or a file cannot be read.
    pub fn write(&self, folder: &Path) -> Result<Vec<Guess>, DraftError> {
        let is_free = match std::fs::read_dir(folder) {
            Ok(mut entries) => entries.next().is_none(),
            Err(error) => error.kind() == io::ErrorKind::NotFound,
        };
        if !is_free {
            return Err(DraftError::Exists(folder.to_owned()));
        }
        let write = |path: &Path| {
            let path = path.to_owned();
            move |source| DraftError::Write { path, source }
        };
        let parts = self.open()?;
        // Built beside its place, so that a failure leaves nothing.
        let parent = match folder.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        std::fs::create_dir_all(parent).map_err(write(parent))?;
        let building = tempfile::Builder::new()
            .prefix(".bundle-")
            .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o755))
            .tempdir_in(parent)
            .map_err(write(folder))?;
        for part in &parts {
            copy_part(part, building.path())?;
        }
        if let Some(labels) = &self.labels {
            copy(labels, &building.path().join("labels.txt"))?;
        }
        let name = match &self.name {
            Some(name) => name.clone(),
            None => folder_name(folder),
        };
        let Drafted { text, guesses } = manifest_text(self, &name, &parts);
        let manifest = building.path().join(MANIFEST);
        std::fs::write(&manifest, text).map_err(write(&manifest))?;
        std::fs::rename(building.path(), folder).map_err(write(folder))?;
        // It has moved: there is nothing left to remove.
        let _ = building.keep();
        Ok(guesses)
    }

    /// Opens every model, under the name of its section.
    fn open(&self) -> Result<Vec<Part>, DraftError> {
        let given = [
            ("generator", Some(&self.generator)),
            ("classifier", Some(&self.classifier)),
            ("encoder", self.encoder.as_ref()),
            ("judge", self.judge.as_ref()),
            ("inverse", self.inverse.as_ref()),
        ];
        let mut parts = Vec::new();
        for (section, path) in given {
            if let Some(path) = path {
                let model = Model::open(path)?;
                parts.push(Part::new(section, path, model));
            }
        }
        Ok(parts)
    }
}

/// Copies a model and the files that hold weights of it, each at the path that the model gives.
fn copy_part(part: &Part, folder: &Path) -> Result<(), DraftError> {
    let target = folder.join(&part.file);
    copy(&part.path, &target)?;
    let beside = match part.path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    for external in part.model.external_files() {
        let from = resolve(beside, external).map_err(|reason| DraftError::Read {
            path: beside.join(external),
            reason,
        })?;
        copy(&from, &target.with_file_name("").join(external))?;
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<(), DraftError> {
    let mut source = std::fs::File::open(from).map_err(|error| DraftError::Read {
        path: from.to_owned(),
        reason: error.to_string(),
    })?;
    let mut write = || -> io::Result<()> {
        if let Some(folder) = to.parent() {
            std::fs::create_dir_all(folder)?;
        }
        io::copy(&mut source, &mut std::fs::File::create(to)?).map(|_| ())
    };
    write().map_err(|source| DraftError::Write {
        path: to.to_owned(),
        source,
    })
}

/// The last part of a path, or `bundle` where it has none.
fn folder_name(folder: &Path) -> String {
    let name = folder.file_name().map(|name| name.to_string_lossy());
    match name {
        Some(name) => crate::text::clean(&name),
        None => "bundle".to_owned(),
    }
}
