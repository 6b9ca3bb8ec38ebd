//! Which pictures there are to show, and what is known of them.

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::bundle;
use crate::files;
use crate::preview::Picture;
use crate::run::folder::SAMPLES_FILE;
use crate::run::{Marks, RunError, record};
use crate::text;

/// A path cannot be shown: a bad input file.
#[derive(Debug, thiserror::Error)]
pub enum ShowError {
    /// There is nothing of that name.
    #[error("{}: cannot be opened ({source}); give a run folder or an image file", text::clean(&.path.to_string_lossy()))]
    Open {
        /// As given.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// A folder holds neither samples nor pictures.
    #[error("{}: holds no {SAMPLES_FILE} and no PNG or JPEG file; give a run folder or an image file", text::clean(&.0.to_string_lossy()))]
    NoPictures(PathBuf),
    /// A line of `samples.jsonl` cannot be understood.
    #[error("{}: line {line}: {}; the run folder is damaged", text::clean(&.path.to_string_lossy()), text::clean(.reason))]
    Samples {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// The samples of a run cannot be read.
    #[error(transparent)]
    Run(#[from] RunError),
    /// A picture cannot be decoded.
    #[error("{}: {source}; give a PNG or JPEG file", text::clean(&.path.to_string_lossy()))]
    Picture {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: image::ImageError,
    },
}

/// Pictures that are shown as one sheet.
#[derive(Debug, PartialEq)]
pub(super) struct Group {
    pub(super) location: PathBuf,
    pub(super) entries: Vec<Entry>,
    pub(super) left_out: usize,
}

/// One picture. Index and activations are known in run folders.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Entry {
    pub(super) path: PathBuf,
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<u64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    activations: Vec<f32>,
}

impl Entry {
    pub(super) fn file(path: PathBuf) -> Entry {
        Entry {
            path,
            index: None,
            activations: Vec::new(),
        }
    }

    /// Decodes the picture.
    pub(super) fn open(&self) -> Result<Picture, ShowError> {
        Picture::open(&self.path).map_err(|source| ShowError::Picture {
            path: self.path.clone(),
            source,
        })
    }

    /// `#12 54.31` in a run, else the file's name.
    pub(super) fn caption(&self) -> String {
        match self.index {
            Some(index) => {
                self.activations
                    .iter()
                    .fold(format!("#{index}"), |caption, activation| {
                        format!("{caption} {}", text::four_digits(f64::from(*activation)))
                    })
            }
            None => {
                let name = self.path.file_name().unwrap_or(self.path.as_os_str());
                name.to_string_lossy().into_owned()
            }
        }
    }
}

/// A group for each folder, and one for all files that stand beside each other.
pub(super) fn collect(paths: &[PathBuf], limit: usize) -> Result<Vec<Group>, ShowError> {
    let mut groups: Vec<Group> = Vec::new();
    let mut after_file = false;
    for path in paths {
        let metadata = std::fs::metadata(path).map_err(|source| ShowError::Open {
            path: path.clone(),
            source,
        })?;
        if metadata.is_dir() {
            groups.push(read_folder(path, limit)?);
            after_file = false;
            continue;
        }
        match groups.last_mut().filter(|_| after_file) {
            Some(group) => group.entries.push(Entry::file(path.clone())),
            None => groups.push(Group {
                location: path.parent().unwrap_or(Path::new(".")).to_owned(),
                entries: vec![Entry::file(path.clone())],
                left_out: 0,
            }),
        }
        after_file = true;
    }
    Ok(groups)
}

/// The samples of a run folder, or else the pictures of a folder; at most `limit`.
pub(super) fn read_folder(folder: &Path, limit: usize) -> Result<Group, ShowError> {
    let mut entries = if folder.join(SAMPLES_FILE).is_file() {
        read_samples(folder)?
    } else {
        read_pictures(folder)?
    };
    let left_out = entries.len().saturating_sub(limit);
    entries.truncate(limit);
    Ok(Group {
        location: folder.to_owned(),
        entries,
        left_out,
    })
}

/// The samples of a run that are not dropped. Their pictures never lie outside its folder.
fn read_samples(folder: &Path) -> Result<Vec<Entry>, ShowError> {
    let marks = Marks::read(folder)?;
    record::read_samples(folder)?
        .into_iter()
        .enumerate()
        .filter(|(_, sample)| !marks.dropped.contains(&sample.index))
        .map(|(number, sample)| {
            bundle::resolve(folder, &sample.image).map_err(|reason| ShowError::Samples {
                path: folder.join(SAMPLES_FILE),
                line: number + 1,
                reason,
            })?;
            Ok(Entry {
                path: folder.join(&sample.image),
                index: Some(sample.index),
                activations: sample.activations,
            })
        })
        .collect()
}

fn read_pictures(folder: &Path) -> Result<Vec<Entry>, ShowError> {
    let open = |source| ShowError::Open {
        path: folder.to_owned(),
        source,
    };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(open)? {
        let path = entry.map_err(open)?.path();
        if files::is_picture(&path) && path.is_file() {
            paths.push(path);
        }
    }
    if paths.is_empty() {
        return Err(ShowError::NoPictures(folder.to_owned()));
    }
    paths.sort();
    Ok(paths.into_iter().map(Entry::file).collect())
}
