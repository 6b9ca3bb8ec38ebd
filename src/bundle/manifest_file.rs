//! The reading of `bundle.toml` into a [`Manifest`], with all problems at once.

use serde::de::DeserializeOwned;

use super::error::Problem;
use super::manifest::{MANIFEST, Manifest};
use super::manifest_networks::Samples;
use super::manifest_sections::{Document, FileSection, GeneratorKind};

impl Manifest {
    /// Reads the text of a `bundle.toml`.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with its key and what to do.
    pub fn parse(text: &str) -> Result<Manifest, Vec<Problem>> {
        match Manifest::examine(text) {
            (Some(manifest), problems) if problems.is_empty() => Ok(manifest),
            (_, problems) => Err(problems),
        }
    }

    /// As much of a `bundle.toml` as can be read, where every required key is there, and everything
    /// that is wrong with it: what follows from a key with a problem is not to be relied on.
    pub(super) fn examine(text: &str) -> (Option<Manifest>, Vec<Problem>) {
        let table = match text.parse::<toml::Table>() {
            Ok(table) => table,
            Err(error) => return (None, vec![not_toml(text, &error)]),
        };
        let mut reader = Reader::default();
        let manifest = reader.manifest(table);
        (manifest, reader.problems)
    }
}

fn not_toml(text: &str, error: &toml::de::Error) -> Problem {
    let line = error.span().map_or(1, |span| {
        text.bytes()
            .take(span.start)
            .filter(|&b| b == b'\n')
            .count()
            + 1
    });
    Problem::whole_file(
        MANIFEST,
        format!("not TOML at line {line}: {}", error.message()),
        "correct that line",
    )
}

/// Collects problems while it reads.
#[derive(Default)]
pub(super) struct Reader {
    problems: Vec<Problem>,
}

impl Reader {
    pub(super) fn report(&mut self, key: &str, reason: impl ToString, remedy: impl ToString) {
        self.problems
            .push(Problem::new(MANIFEST, key, reason, remedy));
    }

    /// The keys of one section. Each is first read alone, so that every bad one is reported.
    pub(super) fn section<T: DeserializeOwned + Default>(
        &mut self,
        path: &str,
        table: toml::Table,
    ) -> T {
        let mut accepted = toml::Table::new();
        for (key, value) in table {
            let alone = toml::Table::from_iter([(key.clone(), value.clone())]);
            match alone.try_into::<T>() {
                Ok(_) => {
                    accepted.insert(key, value);
                }
                Err(error) => {
                    let key = if path.is_empty() {
                        key
                    } else {
                        format!("{path}.{key}")
                    };
                    self.report(&key, error.message(), "correct or remove this key");
                }
            }
        }
        accepted.try_into().unwrap_or_default()
    }

    pub(super) fn required<T>(&mut self, key: &str, value: Option<T>, remedy: &str) -> Option<T> {
        if value.is_none() {
            self.report(key, "is missing", remedy);
        }
        value
    }

    /// A file name, which must stay inside the bundle's folder.
    pub(super) fn file(&mut self, key: &str, file: Option<String>) -> Option<String> {
        if let Some(file) = &file
            && let Err(reason) = super::source::check_relative(file)
        {
            self.report(key, reason, "name a file inside the bundle's folder");
        }
        file
    }

    pub(super) fn required_file(&mut self, key: &str, file: Option<String>) -> Option<String> {
        let file = self.file(key, file);
        self.required(key, file, "name an ONNX file of the bundle's folder")
    }

    fn manifest(&mut self, table: toml::Table) -> Option<Manifest> {
        let document: Document = self.section("", table);
        let name = document.name.filter(|name| !name.trim().is_empty());
        let name = self.required("name", name, "write name = \"…\"");
        let generator = self.required(
            "generator",
            document.generator,
            "write a [generator] section with a file, or with kind = \"pixels\"",
        );
        let kind = generator.as_ref().and_then(GeneratorKind::of);
        let generator = generator.and_then(|table| self.generator(table));
        let samples = Samples {
            kind,
            generator: generator.as_ref(),
        };
        let classifier = self.required(
            "classifier",
            document.classifier,
            "write a [classifier] section with a file",
        );
        let classifier = classifier.and_then(|table| self.classifier(table, samples));
        let encoder = document
            .encoder
            .and_then(|table| self.encoder(table, samples));
        let judge = document
            .judge
            .and_then(|table| self.network("judge", table, samples));
        let inverse = document
            .inverse
            .and_then(|table| self.network("inverse", table, samples));
        let labels = document
            .labels
            .and_then(|table| self.text_file("labels", table));
        let statistics = document
            .stats
            .and_then(|table| self.text_file("stats", table));
        Some(Manifest {
            name: name?,
            description: document.description,
            licence: document.licence,
            generator: generator?,
            classifier: classifier?,
            encoder,
            judge,
            inverse,
            labels,
            statistics,
        })
    }

    fn text_file(&mut self, path: &str, table: toml::Table) -> Option<String> {
        let section: FileSection = self.section(path, table);
        let key = format!("{path}.file");
        let file = self.file(&key, section.file);
        self.required(
            &key,
            file,
            "name a file of the bundle's folder, or remove the section",
        )
    }
}

#[cfg(test)]
#[path = "manifest_tests.rs"]
mod tests;
