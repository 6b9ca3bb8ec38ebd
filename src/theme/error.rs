//! What can be wrong with the themes of the user. Every variant is a usage error (exit code 2).

use std::io;
use std::path::PathBuf;

use crate::text::clean;
use crate::toml_file::{Problem, instead};

/// Themes cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ThemeError {
    /// No theme has that name.
    #[error("there is no theme '{}'; {}", clean(name), instead(name, known.iter().map(String::as_str)))]
    Unknown {
        /// What was asked for.
        name: String,
        /// All names.
        known: Vec<String>,
    },
    /// The folder of the user's themes, or a file in it, cannot be read.
    #[error("the theme {} cannot be read: {source}; make it readable or remove it", clean(&path.display().to_string()))]
    Read {
        /// The folder or the file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// Something is wrong in theme files. All that could be found is listed.
    #[error("the themes cannot be used:{}", Problem::listed(problems))]
    Invalid {
        /// Everything that is wrong.
        problems: Vec<Problem>,
    },
}
