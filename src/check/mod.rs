//! Everything that is wrong with a bundle, at once: its files, its networks each alone and together,
//! and what they make of two codes.
//!
//! The engine stops at the first network that does not fit; this asks it for every part by itself
//! and goes on with whatever does not depend on what is broken. A key that has one problem is not
//! given a second: what follows from a wrong key would only be noise.

mod explain;
mod facts;
mod findings;
mod networks;
mod open;
mod probe;
mod statistics;
#[cfg(test)]
mod tests;

use std::sync::Arc;

pub use facts::{Facts, NetworkFacts, Port, StatisticsFacts};

use crate::bundle::{Bundle, BundleError, Examined, Problem};
use crate::engine::EngineError;
use crate::runtime::{Runtime, RuntimeError};
use crate::text;
use findings::Findings;

/// Codes that run through the networks together.
const BATCH: usize = 2;
/// Another number of codes: a run chooses its own, so that a network must take any.
const OTHER_BATCH: usize = 3;

/// A bundle and what is wrong with it.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Report {
    /// As asked for.
    pub bundle: String,
    /// Whether nothing is wrong.
    pub ok: bool,
    /// Everything that is wrong, the manifest and small files first, then network by network.
    pub problems: Vec<Problem>,
    /// What is known of it, as far as it could be read.
    pub facts: Facts,
}

/// A bundle cannot even be checked.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// There is none of that name.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// There is not enough memory for two codes, or the device failed.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
}

/// Checks a built-in bundle or a folder; networks that fit are run on `runtime`.
///
/// # Errors
/// No bundle of that name, or the runtime has not enough memory. What is wrong with the bundle is
/// the report.
pub fn check(name_or_dir: &str, runtime: &Arc<dyn Runtime>) -> Result<Report, CheckError> {
    let Examined { bundle, problems } = Bundle::examine(name_or_dir)?;
    let mut findings = Findings::new(problems);
    let mut facts = Facts::default();
    if let Some(bundle) = bundle {
        let bundle = Arc::new(bundle);
        facts = Facts::of_bundle(&bundle);
        let models = open::open(&bundle, &mut findings, &mut facts);
        let parts = networks::check(&bundle, &models, &mut findings, &mut facts);
        statistics::check(&bundle, models.classifier.as_ref(), &mut findings);
        // Models may be large, and what runs opens its own.
        drop(models);
        probe::probe(runtime, &bundle, parts, &mut findings, &mut facts)?;
    }
    let problems = findings.into_problems();
    Ok(Report {
        bundle: text::clean(name_or_dir),
        ok: problems.is_empty(),
        problems,
        facts,
    })
}

/// The runtime's failure, where it is one that says nothing about the bundle.
fn not_the_bundle(error: EngineError) -> Result<EngineError, CheckError> {
    match error {
        EngineError::Runtime(
            error @ (RuntimeError::OutOfMemory { .. } | RuntimeError::Unavailable { .. }),
        ) => Err(error.into()),
        other => Ok(other),
    }
}
