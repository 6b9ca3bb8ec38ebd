//! Problems as they are found, one for each key.

use std::collections::BTreeSet;

use super::explain::explain;
use crate::bundle::{MANIFEST, Problem};
use crate::engine::EngineError;

/// What was found so far.
pub(super) struct Findings {
    problems: Vec<Problem>,
    /// Sections of the manifest with a problem of their own, before any network was looked at.
    spoilt: BTreeSet<String>,
}

impl Findings {
    /// Begins with what is wrong with the manifest and the small files.
    pub(super) fn new(problems: Vec<Problem>) -> Self {
        let in_manifest = problems.iter().filter(|problem| problem.file == MANIFEST);
        let keys = in_manifest.filter_map(|problem| problem.key.as_deref());
        Findings {
            spoilt: keys.map(section).collect(),
            problems,
        }
    }

    /// Whether the manifest's facts in `section` (`generator`, `generator.prior`, …) are not to be
    /// relied on.
    pub(super) fn is_spoilt(&self, section: &str) -> bool {
        self.spoilt.contains(section)
    }

    /// Whether a key of the manifest has a problem.
    pub(super) fn has(&self, key: &str) -> bool {
        let mut all = self.problems.iter();
        all.any(|problem| problem.file == MANIFEST && problem.key.as_deref() == Some(key))
    }

    /// Whether a file, or a section of the manifest, has a problem.
    pub(super) fn blames(&self, of_section: &str, file: Option<&str>) -> bool {
        self.problems.iter().any(|problem| {
            let keyed = problem.key.as_deref().map(section);
            let by_key = problem.file == MANIFEST && keyed.as_deref() == Some(of_section);
            by_key || file == Some(problem.file.as_str())
        })
    }

    /// Adds a problem, unless its key has one.
    pub(super) fn add(&mut self, problem: Problem) {
        let known = |other: &Problem| other.file == problem.file && other.key == problem.key;
        if !self.problems.iter().any(known) {
            self.problems.push(problem);
        }
    }

    /// Adds a problem with a key of the manifest.
    pub(super) fn report(&mut self, key: &str, reason: impl ToString, remedy: impl ToString) {
        self.add(Problem::new(MANIFEST, key, reason, remedy));
    }

    /// The value, or none and its problems: those of `file`, which `key` of the manifest names.
    pub(super) fn keep<T>(
        &mut self,
        key: &str,
        file: &str,
        result: Result<T, impl Into<EngineError>>,
    ) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                for problem in explain(key, file, error.into()) {
                    self.add(problem);
                }
                None
            }
        }
    }

    pub(super) fn into_problems(self) -> Vec<Problem> {
        self.problems
    }
}

/// `generator.prior` of `generator.prior.low`; a key without a section is its own.
fn section(key: &str) -> String {
    let (section, _) = key.rsplit_once('.').unwrap_or((key, ""));
    section.to_owned()
}
