//! A new bundle made of model files: the folder with copies of them, and a manifest to complete.

use std::fs::File;
use std::io::{self, Read, Write};
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
        // Built aside, so that a failure leaves nothing.
        let exists = folder.is_dir();
        let beside = match folder.parent() {
            _ if exists => folder,
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        std::fs::create_dir_all(beside).map_err(write(beside))?;
        let building = tempfile::Builder::new()
            .prefix(".bundle-")
            .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o755))
            .tempdir_in(beside)
            .map_err(write(folder))?;
        let place = Place {
            building: building.path(),
            folder,
        };
        for part in &parts {
            place.copy_part(part)?;
        }
        if let Some(labels) = &self.labels {
            place.copy(labels, Path::new("labels.txt"))?;
        }
        let name = match &self.name {
            Some(name) => name.clone(),
            None => folder_name(folder),
        };
        let Drafted { text, guesses } = manifest_text(self, &name, &parts);
        std::fs::write(building.path().join(MANIFEST), text)
            .map_err(write(&folder.join(MANIFEST)))?;
        if exists {
            // It stays the folder that it is: somebody may stand in it.
            move_up(building.path(), folder).map_err(write(folder))?;
        } else {
            std::fs::rename(building.path(), folder).map_err(write(folder))?;
            // It has moved: there is nothing left to remove.
            let _ = building.keep();
        }
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
                check_regular(path)?;
                let model = Model::open(path)?;
                parts.push(Part::new(section, path, model));
            }
        }
        Ok(parts)
    }
}

/// A new bundle while it is built.
struct Place<'a> {
    building: &'a Path,
    /// Where it will be: what people are told.
    folder: &'a Path,
}

impl Place<'_> {
    /// Copies a model and the files that hold weights of it, each at the path that the model gives.
    fn copy_part(&self, part: &Part) -> Result<(), DraftError> {
        let target = Path::new(&part.file);
        self.copy(&part.path, target)?;
        let beside = match part.path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        for external in part.model.external_files() {
            let from = resolve(beside, external).map_err(|reason| DraftError::Read {
                path: beside.join(external),
                reason,
            })?;
            self.copy(&from, &target.with_file_name(external))?;
        }
        Ok(())
    }

    /// Copies a file to `to` within the bundle.
    fn copy(&self, from: &Path, to: &Path) -> Result<(), DraftError> {
        let read = |error: io::Error| DraftError::Read {
            path: from.to_owned(),
            reason: error.to_string(),
        };
        let write = |source| DraftError::Write {
            path: self.folder.join(to),
            source,
        };
        check_regular(from)?;
        let mut source = File::open(from).map_err(read)?;
        let to = self.building.join(to);
        if let Some(folder) = to.parent() {
            std::fs::create_dir_all(folder).map_err(write)?;
        }
        let mut target = File::create(&to).map_err(write)?;
        let mut buffer = vec![0; 1 << 16];
        loop {
            match source.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(length) => target.write_all(&buffer[..length]).map_err(write)?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(read(error)),
            }
        }
    }
}

/// A pipe or a device would block or never end.
fn check_regular(file: &Path) -> Result<(), DraftError> {
    let reason = match file.metadata() {
        Ok(metadata) if metadata.is_file() => return Ok(()),
        Ok(_) => "it is not a regular file".to_owned(),
        Err(error) => error.to_string(),
    };
    Err(DraftError::Read {
        path: file.to_owned(),
        reason,
    })
}

/// Moves everything in `from` into `to`, or nothing.
fn move_up(from: &Path, to: &Path) -> io::Result<()> {
    let mut moved: Vec<(PathBuf, PathBuf)> = Vec::new();
    for entry in std::fs::read_dir(from)?.collect::<io::Result<Vec<_>>>()? {
        let target = to.join(entry.file_name());
        if let Err(error) = std::fs::rename(entry.path(), &target) {
            for (from, to) in moved {
                // Nothing can be done about what cannot be moved back; the first error is reported.
                let _ = std::fs::rename(to, from);
            }
            return Err(error);
        }
        moved.push((entry.path(), target));
    }
    Ok(())
}

/// The last part of a path, or `bundle` where it has none.
fn folder_name(folder: &Path) -> String {
    // `.` has none of its own.
    let real = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    match real.file_name() {
        Some(name) => crate::text::clean(&name.to_string_lossy()),
        None => "bundle".to_owned(),
    }
}
