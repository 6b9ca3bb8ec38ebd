//! Where a bundle's files come from: a folder, or the binary itself. Files never leave their folder.

use std::borrow::Cow;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

use super::embedded::EmbeddedBundle;

/// Where a bundle's files come from.
#[derive(Debug, Clone)]
pub enum Source {
    /// A folder.
    Folder(PathBuf),
    /// Files compiled into the binary.
    Embedded(&'static EmbeddedBundle),
}

impl Source {
    /// Makes sure that a file exists.
    ///
    /// # Errors
    /// Why it cannot be used, in one line.
    pub fn check(&self, file: &str) -> Result<(), String> {
        match self {
            Source::Folder(folder) => resolve(folder, file).map(|_| ()),
            Source::Embedded(_) => self.read(file).map(|_| ()),
        }
    }

    /// Bytes of a file.
    ///
    /// # Errors
    /// Why it cannot be used, in one line.
    pub fn size(&self, file: &str) -> Result<u64, String> {
        match self {
            Source::Folder(folder) => {
                let length = resolve(folder, file)?.metadata().map(|file| file.len());
                length.map_err(|error| format!("cannot be read ({error})"))
            }
            Source::Embedded(_) => self.read(file).map(|bytes| bytes.len() as u64),
        }
    }

    /// The bytes of a file.
    ///
    /// # Errors
    /// Why it cannot be read, in one line.
    pub fn read(&self, file: &str) -> Result<Cow<'static, [u8]>, String> {
        match self {
            Source::Folder(folder) => read_regular(&resolve(folder, file)?).map(Cow::Owned),
            Source::Embedded(bundle) => bundle
                .file(file)
                .map(Cow::Borrowed)
                .ok_or_else(|| "is not compiled into the binary".to_owned()),
        }
    }
}

/// Checks that a path from a file is relative and has no way up.
///
/// # Errors
/// What is wrong with it, in one line.
pub(super) fn check_relative(file: &str) -> Result<(), String> {
    if file.is_empty() {
        return Err("is an empty path".to_owned());
    }
    let stays = Path::new(file)
        .components()
        .all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    // A path that is foreign here must not become another file's name on the system it came from.
    if stays && !file.contains('\\') && !file.contains('\0') {
        Ok(())
    } else {
        Err(format!("'{file}' leads out of its folder"))
    }
}

/// The real path of `file` inside `folder`, symbolic links followed.
///
/// # Errors
/// It does not exist, is not a regular file, or lies outside the folder; in one line.
pub fn resolve(folder: &Path, file: &str) -> Result<PathBuf, String> {
    check_relative(file)?;
    let root = folder
        .canonicalize()
        .map_err(|error| format!("its folder cannot be opened ({error})"))?;
    let path = root
        .join(file)
        .canonicalize()
        .map_err(|error| format!("'{file}' cannot be opened ({error})"))?;
    if !path.starts_with(&root) {
        return Err(format!("'{file}' is a link out of its folder"));
    }
    if !path.is_file() {
        return Err(format!("'{file}' is not a regular file"));
    }
    Ok(path)
}

/// Reads a file, but never more than it had when it was opened.
fn read_regular(path: &Path) -> Result<Vec<u8>, String> {
    let read = || -> std::io::Result<Vec<u8>> {
        let file = std::fs::File::open(path)?;
        let length = file.metadata()?.len();
        let mut bytes = Vec::new();
        file.take(length).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    read().map_err(|error| format!("cannot be read ({error})"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn paths_that_lead_out_are_refused() {
        for path in ["/etc/passwd", "../x", "a/../../x", "", "a\\..\\b", "a\0b"] {
            assert!(check_relative(path).is_err(), "{path:?}");
        }
        for path in ["x.onnx", "sub/x.onnx", "./x.onnx", "..x"] {
            assert!(check_relative(path).is_ok(), "{path:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_out_of_the_folder_are_refused_and_links_inside_are_followed() {
        let folder = tempfile::tempdir().unwrap();
        let outside = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(folder.path().join("real"), b"inside").unwrap();
        std::os::unix::fs::symlink(outside.path(), folder.path().join("out")).unwrap();
        std::os::unix::fs::symlink("real", folder.path().join("in")).unwrap();
        let source = Source::Folder(folder.path().to_owned());
        assert!(source.read("out").unwrap_err().contains("link out"));
        assert_eq!(source.read("in").unwrap().as_ref(), b"inside");
    }

    #[test]
    fn what_is_not_a_regular_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("sub")).unwrap();
        let source = Source::Folder(folder.path().to_owned());
        assert!(source.read("sub").unwrap_err().contains("regular"));
        assert!(
            source
                .read("none")
                .unwrap_err()
                .contains("cannot be opened")
        );
    }
}
