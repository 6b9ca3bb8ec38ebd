//! Files: replacing them whole, and telling pictures from the rest.

use std::fs::{DirEntry, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;

/// What the names of files begin with that a kill in the middle of [`replace`] leaves behind.
const TEMPORARY: &str = ".tmp";

/// Characters behind it.
const RANDOM: usize = 6;

/// Where the program keeps what it tells about itself: its log and reports of failures. None where
/// the system has no such folder.
pub fn state_folder() -> Option<PathBuf> {
    let strategy = etcetera::choose_base_strategy().ok()?;
    Some(strategy.state_dir()?.join("invset"))
}

/// The environment variable that names another folder for [`cache_folder`].
pub const CACHE_VARIABLE: &str = "INVSET_CACHE";

/// Where the program keeps what it can make anew: `invset` in `$XDG_CACHE_HOME` or `~/.cache`, or the
/// folder that [`CACHE_VARIABLE`] names. None where the system has no such folder.
pub fn cache_folder() -> Option<PathBuf> {
    let named = std::env::var_os(CACHE_VARIABLE).filter(|named| !named.is_empty());
    if let Some(named) = named {
        return Some(PathBuf::from(named));
    }
    let strategy = etcetera::choose_base_strategy().ok()?;
    Some(strategy.cache_dir().join("invset"))
}

/// Whether a file of a folder is one that a kill in the middle of [`replace`] leaves behind, and
/// nobody's own: by its exact form.
pub fn is_left_behind(entry: &DirEntry) -> bool {
    let name = entry.file_name();
    let random = name.to_str().and_then(|name| name.strip_prefix(TEMPORARY));
    let is_form = random.is_some_and(|random| {
        random.len() == RANDOM && random.bytes().all(|byte| byte.is_ascii_alphanumeric())
    });
    is_form && entry.file_type().is_ok_and(|kind| kind.is_file())
}

/// Replaces a file: a reader sees the old bytes or the new ones, never a mixture, and a failure
/// leaves the old file and nothing else.
///
/// # Errors
/// The folder or the disk refuses.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    Prepared::write(path, |file| file.write_all(bytes))?.put()
}

/// A file that is written whole but does not stand at its place yet. Dropped, it leaves nothing.
#[derive(Debug)]
pub struct Prepared {
    file: tempfile::NamedTempFile,
    path: PathBuf,
}

impl Prepared {
    /// Writes a file beside its place, to the disk.
    ///
    /// # Errors
    /// The folder or the disk refuses, or `write` fails.
    pub fn write(
        path: &Path,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<Self> {
        let folder = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let file = tempfile::Builder::new()
            .prefix(TEMPORARY)
            .rand_bytes(RANDOM)
            .tempfile_in(folder)?;
        let mut buffered = io::BufWriter::with_capacity(1 << 18, file.as_file());
        write(&mut buffered)?;
        buffered.flush()?;
        drop(buffered);
        file.as_file().sync_data()?;
        // Temporary files are private; results are for the group to read like any other file.
        file.as_file()
            .set_permissions(Permissions::from_mode(0o644))?;
        Ok(Prepared {
            file,
            path: path.to_owned(),
        })
    }

    /// Puts the file at its place.
    ///
    /// # Errors
    /// The folder refuses.
    pub fn put(self) -> io::Result<()> {
        self.file.persist(&self.path).map_err(|error| error.error)?;
        Ok(())
    }
}

/// Whether a file's name says that it holds a picture we can read: PNG or JPEG.
pub fn is_picture(path: &Path) -> bool {
    path.extension()
        .and_then(|extension| extension.to_str())
        .is_some_and(|extension| {
            ["png", "jpg", "jpeg"]
                .iter()
                .any(|known| extension.eq_ignore_ascii_case(known))
        })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_replaced_file_is_readable_by_others_and_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        replace(&path, b"one").unwrap();
        replace(&path, b"two").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"two");
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o644);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_prepared_file_that_is_not_put_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        drop(Prepared::write(&path, |file| file.write_all(b"one")).unwrap());
        assert!(Prepared::write(&path, |_| Err(io::Error::other("full"))).is_err());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn only_files_of_the_exact_form_are_left_behind_by_a_kill() {
        let folder = tempfile::tempdir().unwrap();
        for name in [
            ".tmp",
            ".tmp.notes",
            ".tmpAbCdE",
            ".tmpAbCdEfG",
            ".tmpAb-dEf",
            "x.tmpAbCdEf",
        ] {
            std::fs::write(folder.path().join(name), "mine").unwrap();
        }
        std::fs::create_dir(folder.path().join(".tmpFolder")).unwrap();
        let found = || -> Vec<_> {
            let entries = std::fs::read_dir(folder.path()).unwrap();
            entries.map(Result::unwrap).filter(is_left_behind).collect()
        };
        assert!(found().is_empty(), "{:?}", found());
        std::fs::create_dir(folder.path().join(".tmpAaaaaa")).unwrap();
        assert!(found().is_empty(), "{:?}", found());
        // What is written is of that form.
        let prepared = Prepared::write(&folder.path().join("file"), |_| Ok(())).unwrap();
        assert_eq!(found().len(), 1);
        drop(prepared);
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        assert!(replace(&folder.path().join("none/file"), b"x").is_err());
    }
}
