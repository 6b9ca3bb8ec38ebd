//! Which folder of images was last used with a bundle, so that later commands need not be told.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::{RealError, RealImages, Store};
use crate::bundle::{Bundle, BundleError};

impl RealImages {
    /// The folder of images that `invset stats` last used with this bundle, if it is still there.
    pub fn remembered(bundle: &Bundle) -> Option<PathBuf> {
        RealImages::remembered_in(&Store::of_user(), bundle)
    }

    /// As [`RealImages::remembered`], out of `store`.
    pub fn remembered_in(store: &Store, bundle: &Bundle) -> Option<PathBuf> {
        let path = store.note(&note(bundle).ok()?)?;
        Some(PathBuf::from(OsStr::from_bytes(&path))).filter(|folder| folder.is_dir())
    }

    /// Makes this folder the one that is [`RealImages::remembered`] with this bundle's classifier.
    ///
    /// # Errors
    /// The classifier cannot be read.
    pub fn remember(&self) -> Result<(), RealError> {
        let folder: &Path = self.folder();
        self.store
            .keep_note(&note(&self.bundle)?, folder.as_os_str().as_bytes());
        Ok(())
    }
}

/// A bundle is known by its classifier: it may be moved, and its other networks exchanged.
fn note(bundle: &Bundle) -> Result<String, BundleError> {
    let classifier = &bundle.manifest().classifier.file;
    Ok(format!("{}.folder", bundle.model_sha256(classifier)?))
}
