//! What can be wrong with a bundle. Every variant is a bad file (exit code 4), and so is a bundle that
//! is not there.

use std::fmt;

use crate::text;

/// One thing that is wrong in one file of a bundle. Its texts are free of control characters.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Problem {
    /// The file inside the bundle, for example `bundle.toml`.
    pub file: String,
    /// The key in that file, for example `classifier.mean`; none where the whole file is meant.
    pub key: Option<String>,
    /// What is wrong.
    pub reason: String,
    /// What to do next.
    pub remedy: String,
}

impl Problem {
    /// A problem with one key of a file.
    pub fn new(file: &str, key: &str, reason: impl ToString, remedy: impl ToString) -> Self {
        Problem {
            key: Some(text::clean(key)),
            ..Problem::whole_file(file, reason, remedy)
        }
    }

    /// A problem with a whole file.
    pub fn whole_file(file: &str, reason: impl ToString, remedy: impl ToString) -> Self {
        Problem {
            file: text::clean(file),
            key: None,
            reason: text::clean(&reason.to_string()),
            remedy: text::clean(&remedy.to_string()),
        }
    }

    /// Each on a line of its own, for the end of a message.
    pub(crate) fn listed(problems: &[Problem]) -> String {
        problems
            .iter()
            .map(|problem| format!("\n  {problem}"))
            .collect()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: ", self.file)?;
        if let Some(key) = &self.key {
            write!(formatter, "{key}: ")?;
        }
        write!(formatter, "{}; {}", self.reason, self.remedy)
    }
}

/// A bundle cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// No bundle of that name is compiled in, and no folder of that name exists.
    #[error(
        "no bundle is called '{name}'{}; the built-in bundles are {}; or give a folder that holds a bundle.toml",
        suggestion(nearest),
        quoted(known)
    )]
    UnknownName {
        /// What was asked for.
        name: String,
        /// The built-in name most like it, if one is.
        nearest: Option<String>,
        /// All built-in names.
        known: Vec<String>,
    },
    /// Something is wrong with its files. All that could be found is listed.
    #[error("the bundle '{bundle}' cannot be used:{}", Problem::listed(problems))]
    Invalid {
        /// Its name or folder.
        bundle: String,
        /// Everything that is wrong.
        problems: Vec<Problem>,
    },
    /// One of its models cannot be read.
    #[error("the bundle '{bundle}': {source}")]
    Model {
        /// Its name or folder.
        bundle: String,
        /// The model's file.
        file: String,
        /// The cause.
        source: Box<crate::onnx::OnnxError>,
    },
}

fn suggestion(nearest: &Option<String>) -> String {
    nearest
        .as_ref()
        .map(|name| format!(" (did you mean '{name}'?)"))
        .unwrap_or_default()
}

fn quoted(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("'{name}'")).collect();
    quoted.join(", ")
}
