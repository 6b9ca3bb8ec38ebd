//! Bundle and runtime as they were when a run or a sweep started: neither goes on with others.

use std::collections::BTreeMap;
use std::path::Path;

use super::RunError;
use crate::engine::EngineError;
use crate::runtime::{self, Backend, DeviceChoice, Opened, RuntimeChoice, RuntimeRequest};

/// Checks that the files of a bundle are what they were when the run or sweep in `path` started.
pub(super) fn check_files(
    bundle: &str,
    before: &BTreeMap<String, String>,
    now: &BTreeMap<String, String>,
    path: &Path,
) -> Result<(), RunError> {
    match before
        .keys()
        .chain(now.keys())
        .find(|name| now.get(*name) != before.get(*name))
    {
        None => Ok(()),
        Some(name) => Err(RunError::Changed {
            path: path.to_owned(),
            what: format!("'{name}' of bundle '{bundle}'"),
        }),
    }
}

/// Opens the runtime that the run or sweep in `path` was started on.
pub(super) fn open_backend(
    stored: &Backend,
    library: Option<&Path>,
    path: &Path,
) -> Result<Opened, RunError> {
    let request = RuntimeRequest {
        choice: if stored.name == runtime::EMBEDDED {
            RuntimeChoice::Embedded
        } else {
            RuntimeChoice::OnnxRuntime
        },
        device: if stored.device == "cpu" {
            DeviceChoice::Cpu
        } else {
            DeviceChoice::Cuda
        },
        library: library.map(Path::to_owned),
    };
    let opened = request.open().map_err(EngineError::from)?;
    let now = opened.runtime.backend();
    if now != stored {
        return Err(RunError::Changed {
            path: path.to_owned(),
            what: format!(
                "the runtime ({} {} on {} then, {} {} on {} now)",
                stored.name, stored.version, stored.device, now.name, now.version, now.device
            ),
        });
    }
    Ok(opened)
}
