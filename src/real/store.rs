//! The folder of the cache: tables of activations, and the folder of images last used with each
//! classifier.

use std::fs;
use std::path::{Path, PathBuf};

use super::table::Table;
use crate::bundle::sha256;
use crate::files;

/// What stands in the cache's folder for this module.
const FOLDER: &str = "real";

/// Where activations are kept. Whatever cannot be written there is measured again next time.
#[derive(Debug, Clone)]
pub struct Store {
    folder: Option<PathBuf>,
}

impl Store {
    /// In the user's cache: `real` in [`files::cache_folder`].
    pub fn of_user() -> Store {
        Store {
            folder: files::cache_folder().map(|folder| folder.join(FOLDER)),
        }
    }

    /// In this folder, which need not be there yet.
    pub fn at(folder: &Path) -> Store {
        Store {
            folder: Some(folder.to_owned()),
        }
    }

    /// The table of that key, if it is there and whole.
    pub(super) fn table(&self, key: &str) -> Option<Table> {
        let path = self.path(key)?;
        let bytes = fs::read(&path).ok()?;
        let table = Table::parse(&bytes, key);
        if table.is_none() {
            tracing::warn!("{} is damaged, and made anew", path.display());
        }
        table
    }

    /// Keeps a table.
    pub(super) fn keep(&self, key: &str, table: &Table) {
        let Some(path) = self.path(key) else {
            return;
        };
        if let Some(bytes) = table.to_bytes(key) {
            self.write(&path, &bytes);
        }
    }

    /// The bytes of a small file of its own.
    pub(super) fn note(&self, name: &str) -> Option<Vec<u8>> {
        fs::read(self.folder.as_ref()?.join(name)).ok()
    }

    /// Writes a small file of its own.
    pub(super) fn keep_note(&self, name: &str, bytes: &[u8]) {
        if let Some(folder) = &self.folder {
            self.write(&folder.join(name), bytes);
        }
    }

    fn path(&self, key: &str) -> Option<PathBuf> {
        let name = sha256(key.as_bytes());
        Some(self.folder.as_ref()?.join(format!("{name}.safetensors")))
    }

    fn write(&self, path: &Path, bytes: &[u8]) {
        let written = self
            .folder
            .as_ref()
            .map_or(Ok(()), fs::create_dir_all)
            .and_then(|()| files::replace(path, bytes));
        if let Err(error) = written {
            tracing::warn!("{} cannot be kept: {error}", path.display());
        }
    }
}
