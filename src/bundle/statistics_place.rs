//! Where new statistics of a bundle go: into its folder, and into its manifest where that names none.

use std::io;
use std::path::{Path, PathBuf};

use super::source::check_relative;
use super::{Bundle, BundleError, MANIFEST, Manifest, Problem, Source};
use crate::{files, text};

/// The file's name where the manifest gives none.
const FILE: &str = "stats.safetensors";

/// Statistics cannot be put into a bundle.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// The bundle is part of the binary.
    #[error("'{0}' is built in and keeps its statistics; name a file with -o")]
    BuiltIn(&'static str),
    /// The folder or the disk refuses.
    #[error("cannot write {}: {source}; make it writable, or name another file with -o", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The manifest cannot be made to name the file by a section at its end.
    #[error(
        "{} cannot be added to; write file = \"{FILE}\" under [stats] yourself: the statistics are in {FILE}",
        .0.display()
    )]
    Manifest(PathBuf),
}

impl Bundle {
    /// As [`Bundle::open`], but statistics that are bad or missing are no obstacle: for whoever makes
    /// them anew.
    ///
    /// # Errors
    /// As [`Bundle::open`].
    pub fn open_without_statistics(name_or_dir: &str) -> Result<Bundle, BundleError> {
        let examined = Bundle::examine(name_or_dir)?;
        let file = examined
            .bundle
            .as_ref()
            .and_then(|bundle| bundle.manifest.statistics.clone());
        let is_other = |problem: &Problem| {
            Some(&problem.file) != file.as_ref() && problem.key.as_deref() != Some("stats.file")
        };
        let problems: Vec<Problem> = examined.problems.into_iter().filter(is_other).collect();
        match examined.bundle {
            Some(bundle) if problems.is_empty() => Ok(bundle),
            _ => Err(BundleError::Invalid {
                bundle: text::clean(name_or_dir),
                problems,
            }),
        }
    }

    /// The command that makes statistics of this bundle; none where it is built in, and keeps its own.
    pub fn measure_command(&self) -> Option<String> {
        match &self.source {
            Source::Folder(folder) => {
                let folder = text::shell_word(&folder.to_string_lossy());
                Some(format!("invset stats --bundle {folder} --images DIR"))
            }
            Source::Embedded(_) => None,
        }
    }

    /// Makes `bytes` the statistics of a bundle in a folder, and gives the file: the one that the
    /// manifest names, else `stats.safetensors`, which the manifest then names in a section at its
    /// end. No other line of it changes.
    ///
    /// # Errors
    /// The bundle is built in, the folder refuses, or the manifest takes no such section.
    pub fn put_statistics(&self, bytes: &[u8]) -> Result<PathBuf, PlaceError> {
        let folder = match &self.source {
            Source::Folder(folder) => folder,
            Source::Embedded(bundle) => return Err(PlaceError::BuiltIn(bundle.name)),
        };
        let write = |path: &Path, bytes: &[u8]| {
            files::replace(path, bytes).map_err(|source| PlaceError::Write {
                path: path.to_owned(),
                source,
            })
        };
        let named = self.manifest.statistics.as_deref();
        let path = folder.join(
            named
                .filter(|file| check_relative(file).is_ok())
                .unwrap_or(FILE),
        );
        write(&path, bytes)?;
        if named.is_none() {
            let manifest = folder.join(MANIFEST);
            let text = std::fs::read_to_string(&manifest).map_err(|source| PlaceError::Write {
                path: manifest.clone(),
                source,
            })?;
            let end = if text.ends_with('\n') { "" } else { "\n" };
            let text = format!("{text}{end}\n[stats]\nfile = \"{FILE}\"\n");
            let is_read = Manifest::parse(&text).is_ok_and(|new| new.statistics.is_some());
            if !is_read {
                return Err(PlaceError::Manifest(manifest));
            }
            write(&manifest, text.as_bytes())?;
        }
        Ok(path)
    }
}
