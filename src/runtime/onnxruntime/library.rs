//! Loading ONNX Runtime: one library and one environment for the whole process.

use std::error::Error as _;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use ort::LoadDynamicError;
use ort::environment::Environment;
use ort::logging::LogLevel;
use serde::Serialize;

use super::find::{self, Candidate};
use crate::runtime::one_line;

/// The library that this process uses.
#[derive(Debug)]
pub(in crate::runtime) struct Library {
    /// Where it came from.
    pub(super) candidate: Candidate,
    /// Its version, `1.32.0`.
    pub(super) version: String,
    /// Its one environment.
    pub(super) environment: Environment,
}

/// What became of a candidate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// This process uses it.
    Used,
    /// It cannot be used; the reason in one line.
    Failed(String),
    /// A better one was used, or nothing was asked of it.
    NotTried,
}

/// A candidate and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Attempt {
    /// The library.
    #[serde(flatten)]
    pub candidate: Candidate,
    /// What became of it.
    pub outcome: Outcome,
}

static LIBRARY: OnceLock<Library> = OnceLock::new();
static LOADING: Mutex<()> = Mutex::new(());

/// Loads the first candidate that works, or returns the one that this process already uses.
/// The attempts are listed in either case.
pub(in crate::runtime) fn load(flag: Option<&Path>) -> (Option<&'static Library>, Vec<Attempt>) {
    let _one_at_a_time = LOADING.lock().unwrap_or_else(PoisonError::into_inner);
    let mut attempts = Vec::new();
    let mut used = None;
    for candidate in find::candidates(flag) {
        let outcome = match (used, LIBRARY.get()) {
            (Some(_), _) => Outcome::NotTried,
            (None, Some(library)) if library.candidate.path == candidate.path => {
                used = Some(library);
                Outcome::Used
            }
            (None, Some(library)) if candidate.origin.is_explicit() => Outcome::Failed(format!(
                "this process already uses {}",
                library.candidate.path.display()
            )),
            (None, Some(_)) => Outcome::NotTried,
            (None, None) => match load_candidate(&candidate) {
                Ok(library) => {
                    used = Some(LIBRARY.get_or_init(|| library));
                    Outcome::Used
                }
                Err(reason) => Outcome::Failed(reason),
            },
        };
        attempts.push(Attempt { candidate, outcome });
    }
    (used, attempts)
}

fn load_candidate(candidate: &Candidate) -> Result<Library, String> {
    let path = &candidate.path;
    if path.is_absolute() && !path.exists() {
        return Err("there is no such file".to_owned());
    }
    let builder = ort::init_from(path).map_err(|error| match load_reason(&error) {
        reason if !path.is_absolute() && reason.contains("No such file") => {
            "the system's loader does not find it".to_owned()
        }
        reason => reason,
    })?;
    let environment = builder
        .with_name("invset")
        .with_telemetry(false)
        .with_logger(Arc::new(log))
        .build()
        .map_err(|error| one_line(error.message()))?;
    // The logger starts at the most verbose level; below a warning nothing here is of use.
    environment.set_log_level(LogLevel::Warning);
    Ok(Library {
        version: version(path),
        candidate: candidate.clone(),
        environment,
    })
}

/// ONNX Runtime's own messages go to the log file: its stderr would tear a full-screen terminal.
fn log(level: LogLevel, category: &str, _id: &str, location: &str, message: &str) {
    match level {
        LogLevel::Error | LogLevel::Fatal => {
            tracing::error!(category, location, "ONNX Runtime: {message}");
        }
        LogLevel::Warning => tracing::warn!(category, location, "ONNX Runtime: {message}"),
        _ => tracing::debug!(category, location, "ONNX Runtime: {message}"),
    }
}

/// The cause that lies under a failed load: the error itself prints only "dlopen failed".
fn load_reason(error: &LoadDynamicError) -> String {
    let text = match error {
        LoadDynamicError::Dlopen { error, .. } => error
            .source()
            .map_or_else(|| error.to_string(), ToString::to_string),
        LoadDynamicError::MissingApi { .. } => "it is not ONNX Runtime".to_owned(),
        LoadDynamicError::BadVersion { version_str, .. } => format!(
            "its version {version_str} is too old; 1.{}.0 or later is needed",
            ort::MINOR_VERSION
        ),
        error => error.to_string(),
    };
    one_line(&text)
}

/// The version of a loaded library: of its file's name, else of the branch it was built from, else
/// the minor version that it reports.
fn version(path: &Path) -> String {
    let file = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let from_name = name.split_once(".so.").map(|(_, version)| version);
    let branch = ort::info().split_once("git-branch=rel-");
    let from_branch = branch.and_then(|(_, rest)| rest.split([',', ' ']).next());
    [from_name, from_branch]
        .into_iter()
        .flatten()
        .find(|version| version.split('.').count() >= 3)
        .map_or_else(
            || ort::util::probe(path).map_or("1".to_owned(), |minor| format!("1.{minor}")),
            ToOwned::to_owned,
        )
}
