//! What can be wrong with the configuration. Every variant is a usage error (exit code 2).

use std::io;
use std::path::PathBuf;

use crate::text::clean;
use crate::toml_file::Problem;

/// The configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("the configuration '{}' cannot be read: {source}; name a file that can, or leave --config out", clean(&file.display().to_string()))]
    Read {
        /// The file.
        file: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// Something is wrong in it. All that could be found is listed.
    #[error("the configuration cannot be used:{}", Problem::listed(problems))]
    Invalid {
        /// Everything that is wrong.
        problems: Vec<Problem>,
    },
}
