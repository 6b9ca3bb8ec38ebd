//! The pictures of a folder and of those inside it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use super::class::Classes;
use super::table::Content;
use super::{Done, Image, Progress, RealError, Stage};
use crate::files;

/// Every picture below `folder`, in the order of their paths, with its class and its content's hash.
/// Links to files are followed, links to folders are not: they may lead in circles.
pub(super) fn images(
    folder: &Path,
    labels: &[String],
    progress: &Progress,
) -> Result<Vec<Image>, RealError> {
    let mut paths = Vec::new();
    collect(folder, Path::new(""), &mut paths).map_err(|error| RealError::Folder {
        folder: folder.to_owned(),
        reason: error.to_string(),
    })?;
    if paths.is_empty() {
        return Err(RealError::Empty(folder.to_owned()));
    }
    paths.sort();
    let classes = Classes::of(labels);
    let (total, read) = (paths.len(), AtomicUsize::new(0));
    paths
        .into_par_iter()
        .map(|path| {
            let file = folder.join(&path);
            let bytes = fs::read(&file).map_err(|error| RealError::Image {
                path: file,
                reason: error.to_string(),
            })?;
            progress(Done {
                stage: Stage::Reading,
                done: read.fetch_add(1, Ordering::Relaxed) + 1,
                total,
            });
            Ok(Image {
                class: classes.of_path(&path),
                content: Content::of(&bytes),
                path,
            })
        })
        .collect()
}

fn collect(folder: &Path, within: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder.join(within))? {
        let entry = entry?;
        let path = within.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            collect(folder, &path, found)?;
        } else if files::is_picture(&path) && folder.join(&path).is_file() {
            found.push(path);
        }
    }
    Ok(())
}
