//! What can go wrong with a run and its folder.

use std::io;
use std::path::{Path, PathBuf};

use crate::bundle::{BundleError, EncoderError, SmoothnessError};
use crate::engine::{EngineError, TransformsError};
use crate::query::QueryError;
use crate::real::RealError;
use crate::sampler::{EvaluateError, SettingsError};

/// A run cannot start, go on or be read.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The folder of a new run is there already.
    #[error("{} exists already; move it away, or choose another --out; a run in it goes on with `invset resume`", .0.display())]
    Exists(PathBuf),
    /// A file or folder of the run cannot be written.
    #[error("cannot write {}: {reason}; {remedy}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        reason: String,
        /// What to do next.
        remedy: &'static str,
    },
    /// Another process writes the run or the sweep.
    #[error("{} is being written by another process (pid {pid}); wait until that ends, or stop it first", path.display())]
    Held {
        /// Its folder.
        path: PathBuf,
        /// Its writer, as its lock says; 0 when the lock does not say.
        pid: u32,
    },
    /// The path is not a run folder.
    #[error("{} is no run folder: {reason}", path.display())]
    NotARun {
        /// The path.
        path: PathBuf,
        /// What is missing.
        reason: String,
    },
    /// A file of the run is damaged.
    #[error("{} is damaged: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Bundle or runtime are not those the run or sweep was started with.
    #[error("{} cannot go on: {what} changed since it started", path.display())]
    Changed {
        /// Its folder.
        path: PathBuf,
        /// What changed, before and now.
        what: String,
    },
    /// A sample is named that the run does not have.
    #[error("there is no sample {sample}: the run has {n} so far")]
    NoSample {
        /// Its index.
        sample: u64,
        /// How many there are.
        n: u64,
    },
    /// `--init` names something that cannot be used.
    #[error("cannot start from {what}: {reason}")]
    Init {
        /// The folder, file or run.
        what: String,
        /// Why not, and what to do.
        reason: String,
    },
    /// `--init` is not written as it should be.
    #[error("'{0}' is no start; write random, images:DIR or run:RUN")]
    InitSyntax(String),
    /// `dataset` is to start from something else than images.
    #[error("'{0}' is no start of `dataset`, whose samples are real images; write --images DIR")]
    DatasetInit(String),
    /// Real images cannot be read or measured.
    #[error(transparent)]
    Real(Box<RealError>),
    /// A setting makes no sense.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The bundle's images cannot be blurred.
    #[error(transparent)]
    Smoothness(#[from] SmoothnessError),
    /// Transforms do not suit the bundle or the method.
    #[error(transparent)]
    Transforms(#[from] TransformsError),
    /// The bundle is bad.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// `--encoder` names what cannot be used.
    #[error(transparent)]
    Encoder(#[from] EncoderError),
    /// The query is bad.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// The networks cannot be built or run.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A step failed.
    #[error(transparent)]
    Evaluate(#[from] EvaluateError),
}

impl From<RealError> for RunError {
    fn from(error: RealError) -> RunError {
        RunError::Real(Box::new(error))
    }
}

impl RunError {
    /// A failed write, with the remedy for the usual causes.
    pub(super) fn write(path: &Path, error: &io::Error) -> RunError {
        let remedy = match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                "free some space, then go on with `invset resume`, or with the sweep's `--resume`"
            }
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                "make it writable, or choose another folder with --out"
            }
            _ => "check its folder, or choose another with --out",
        };
        RunError::Write {
            path: path.to_owned(),
            reason: error.to_string(),
            remedy,
        }
    }

    /// A file that cannot be read as what it is.
    pub(super) fn damaged(path: &Path, reason: &dyn std::fmt::Display) -> RunError {
        RunError::Damaged {
            path: path.to_owned(),
            reason: reason.to_string(),
        }
    }
}
