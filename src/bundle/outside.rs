//! Weights that a model keeps in files of their own: part of what a bundle is, though no key of its
//! manifest names them.

use std::path::{Path, PathBuf};

use super::Source;
use super::source::resolve;
use crate::onnx::Model;

/// What every reference to such a file holds, as the format spells it.
const MARK: &[u8] = b"location";

/// The files that hold weights of one model.
pub(super) struct Outside {
    /// Each by its path within the bundle, with where it lies.
    pub(super) files: Vec<(String, PathBuf)>,
    /// SHA-256 of the model, and of these weights after it.
    pub(super) sha256: String,
}

impl Outside {
    /// Those of the model `file` with these `bytes`; none where all its weights are in it, or it is
    /// no model that can be read: that is told by whoever opens it.
    pub(super) fn of(source: &Source, file: &str, bytes: &[u8]) -> Option<Outside> {
        let Source::Folder(folder) = source else {
            return None;
        };
        // Reading a model is work, and most have nothing outside.
        if !bytes.windows(MARK.len()).any(|part| part == MARK) {
            return None;
        }
        let root = folder.canonicalize().ok()?;
        let path = resolve(folder, file).ok()?;
        let model = Model::open(&path).ok()?;
        let files: Vec<(String, PathBuf)> = model
            .external_files()
            .map(|location| {
                let path = path.with_file_name(location);
                let within = path.strip_prefix(&root).unwrap_or(&path);
                (within.to_string_lossy().into_owned(), path)
            })
            .collect();
        (!files.is_empty()).then(|| Outside {
            files,
            sha256: model.sha256().to_owned(),
        })
    }
}

/// A model anywhere on the disk and the files that it keeps weights in. Of one that cannot be read
/// only the model itself: that is told by whoever opens it.
pub(super) fn files_of(model: &Path) -> Vec<PathBuf> {
    let mut files = vec![model.to_owned()];
    if let Ok(opened) = Model::open(model) {
        let locations = opened.external_files();
        files.extend(locations.map(|location| model.with_file_name(location)));
    }
    files
}
