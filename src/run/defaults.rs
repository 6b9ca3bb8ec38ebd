//! What a run is asked for where nothing is said: for the command line, and for whoever leaves it out
//! when writing a command line.

use super::Manner;
use crate::bundle::EncoderChoice;
use crate::engine::{SchemeChoice, Transforms};
use crate::runtime::RuntimeRequest;
use crate::sampler::{MethodKind, Settings};

/// Samples wanted.
pub const SAMPLES: usize = 48;

/// How samples are found: by `cover`, which finds all of them, covers the most and looks like real
/// images (`docs/methods.md`). It forgets where it starts and optimises nothing, so that whoever
/// names starts, an encoder or transforms gets the paper's method, which heeds them.
pub fn method(init: &str, encoder: &EncoderChoice, transforms: Option<&Transforms>) -> MethodKind {
    let is_usual = init == Settings::RANDOM && encoder.is_bundles() && transforms.is_none();
    if is_usual {
        MethodKind::Cover
    } else {
        MethodKind::Incremental
    }
}

/// The folder that run folders are made in.
pub const RUNS: &str = "runs";

/// How a query is sampled on a runtime.
pub fn manner(runtime: RuntimeRequest) -> Manner {
    Manner {
        encoder: EncoderChoice::Bundle,
        settings: Settings::new(MethodKind::Cover, SAMPLES),
        runtime,
        micro_batch: None,
        scheme: SchemeChoice::default(),
        memory_cap: None,
        threads: None,
        smoothness: None,
        transforms: None,
    }
}

/// The built-in photographs.
pub const BUNDLE: &str = "scenes64";

/// The environment variable that names another bundle, by name or folder.
pub const BUNDLE_VARIABLE: &str = "INVSET_BUNDLE";

/// The bundle used when none is named.
pub fn bundle() -> String {
    std::env::var(BUNDLE_VARIABLE)
        .ok()
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| BUNDLE.to_owned())
}
