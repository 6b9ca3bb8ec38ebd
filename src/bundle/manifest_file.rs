//! The reading of `bundle.toml` into a [`Manifest`], with all problems at once.

use serde::de::DeserializeOwned;

use super::domain::Channels;
use super::error::Problem;
use super::manifest::{Classifier, Encoder, Generator, GeneratorForm, MANIFEST, Manifest, Network};
use super::manifest_generator::LARGEST_SAMPLE;
use super::manifest_sections::{
    ClassifierSection, Document, EncoderSection, FileSection, GeneratorKind, NetworkSection,
};

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
        let classifier = self.required(
            "classifier",
            document.classifier,
            "write a [classifier] section with a file",
        );
        let classifier =
            classifier.and_then(|table| self.classifier(table, kind, generator.as_ref()));
        let encoder = document.encoder.and_then(|table| self.encoder(table));
        let judge = document
            .judge
            .and_then(|table| self.network("judge", table));
        let inverse = document
            .inverse
            .and_then(|table| self.network("inverse", table));
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

    /// `kind` and `generator` say what it is to look at, as far as they could be read.
    fn classifier(
        &mut self,
        table: toml::Table,
        kind: Option<GeneratorKind>,
        generator: Option<&Generator>,
    ) -> Option<Classifier> {
        let section: ClassifierSection = self.section("classifier", table);
        let channels = section.channels.unwrap_or(Channels::Rgb);
        let mean = section.mean.unwrap_or_default();
        let standard_deviation = section.std.unwrap_or_default();
        let is_image = matches!(kind, None | Some(GeneratorKind::Pixels));
        // How many parts a sample of a network has is known when that is opened.
        let (parts, part) = match generator.map(|generator| (&generator.form, &generator.domain)) {
            _ if is_image => (Some(channels.count()), "channel"),
            Some((GeneratorForm::Code { shape, .. }, domain)) => {
                (shape.first().copied(), domain.parts())
            }
            Some((GeneratorForm::Network(_), _)) | None => (None, "part"),
        };
        for (key, values) in [
            ("classifier.mean", &mean),
            ("classifier.std", &standard_deviation),
        ] {
            if let Some(parts) = parts
                && !values.is_empty()
                && values.len() != parts
            {
                self.report(
                    key,
                    format!("has {} numbers for {parts} {part}s", values.len()),
                    format!("write one number for each {part}"),
                );
            }
            if values.iter().any(|value| !value.is_finite()) {
                self.report(
                    key,
                    "holds a number that is not finite",
                    "write finite numbers",
                );
            }
        }
        if standard_deviation.iter().any(|&value| value <= 0.0) {
            self.report(
                "classifier.std",
                "holds a number that is not positive",
                "write positive numbers",
            );
        }
        for (key, is_given) in [
            ("classifier.size", section.size.is_some()),
            ("classifier.channels", section.channels.is_some()),
        ] {
            if is_given && !is_image {
                self.report(key, "has a meaning for images only", "remove it");
            }
        }
        if section.size.is_some_and(|size| {
            let elements = size[0].checked_mul(size[1]);
            !elements.is_some_and(|elements| (1..=LARGEST_SAMPLE).contains(&elements))
        }) {
            self.report(
                "classifier.size",
                "is empty or too large",
                "write size = [height, width] of the classifier's input",
            );
        }
        let file = self.required_file("classifier.file", section.file)?;
        Some(Classifier {
            file,
            input: section.input,
            logits: section.logits,
            mean,
            standard_deviation,
            size: section.size,
            channels,
        })
    }

    fn encoder(&mut self, table: toml::Table) -> Option<Encoder> {
        let section: EncoderSection = self.section("encoder", table);
        match (section.tensor, section.file) {
            (Some(tensor), None) => {
                for (key, value) in [
                    ("encoder.input", &section.input),
                    ("encoder.output", &section.output),
                ] {
                    if value.is_some() {
                        self.report(key, "has no meaning with a tensor", "remove it");
                    }
                }
                Some(Encoder::Tensor(tensor))
            }
            (None, Some(file)) => Some(Encoder::Network(Network {
                file: self.file("encoder.file", Some(file))?,
                input: section.input,
                output: section.output,
            })),
            (Some(_), Some(_)) => {
                self.report(
                    "encoder",
                    "has both a tensor and a file",
                    "remove one of them",
                );
                None
            }
            (None, None) => {
                self.report(
                    "encoder",
                    "has neither a tensor nor a file",
                    "write tensor = \"…\" (of the classifier) or file = \"….onnx\"; without [encoder] embeddings are pixels",
                );
                None
            }
        }
    }

    fn network(&mut self, path: &str, table: toml::Table) -> Option<Network> {
        let section: NetworkSection = self.section(path, table);
        let file = self.required_file(&format!("{path}.file"), section.file)?;
        Some(Network {
            file,
            input: section.input,
            output: section.output,
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
