//! The reading of the networks that look at samples: `[classifier]`, `[encoder]`, `[judge]` and
//! `[inverse]`.

use super::domain::{Channels, Domain};
use super::manifest::{Classifier, Encoder, EncoderNetwork, Generator, GeneratorForm, Network};
use super::manifest_file::Reader;
use super::manifest_generator::LARGEST_SAMPLE;
use super::manifest_sections::{ClassifierSection, EncoderSection, GeneratorKind, NetworkSection};
use super::normalisation::Normalisation;

/// What there is to look at, as far as `[generator]` could be read.
#[derive(Clone, Copy)]
pub(super) struct Samples<'a> {
    pub(super) kind: Option<GeneratorKind>,
    pub(super) generator: Option<&'a Generator>,
}

impl Samples<'_> {
    fn are_images(self) -> bool {
        matches!(self.kind, None | Some(GeneratorKind::Pixels))
    }

    /// How many parts a sample has for a network that takes images in this order of channels, where that
    /// is known before the generator is opened; and what a part is called.
    fn parts(self, channels: Option<Channels>) -> (Option<usize>, &'static str) {
        let domain = self.generator.map(|generator| &generator.domain);
        if self.are_images() {
            let channels = channels.or(domain.and_then(Domain::channels));
            return (channels.map(Channels::count), "channel");
        }
        match self.generator.map(|generator| &generator.form) {
            Some(GeneratorForm::Code { shape, .. }) => (
                shape.first().copied(),
                domain.map_or("channel", Domain::parts),
            ),
            Some(GeneratorForm::Network(_)) | None => (None, "part"),
        }
    }
}

impl Reader {
    pub(super) fn classifier(
        &mut self,
        table: toml::Table,
        samples: Samples<'_>,
    ) -> Option<Classifier> {
        let section: ClassifierSection = self.section("classifier", table);
        let mut normalisation = Normalisation {
            channels: section.channels,
            mean: section.mean.unwrap_or_default(),
            standard_deviation: section.std.unwrap_or_default(),
        };
        if section.size.is_some() && !samples.are_images() {
            self.for_images_only("classifier.size");
        }
        if samples.are_images() {
            // Other networks take the generator's order; classifiers are RGB far more often than not.
            normalisation.channels.get_or_insert(Channels::Rgb);
        }
        self.check_normalisation("classifier", &normalisation, samples);
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
            normalisation,
            size: section.size,
        })
    }

    pub(super) fn encoder(&mut self, table: toml::Table, samples: Samples<'_>) -> Option<Encoder> {
        let section: EncoderSection = self.section("encoder", table);
        match (section.tensor, section.file) {
            (Some(tensor), None) => {
                for (key, is_given) in [
                    ("input", section.input.is_some()),
                    ("output", section.output.is_some()),
                    ("mean", section.mean.is_some()),
                    ("std", section.std.is_some()),
                    ("channels", section.channels.is_some()),
                ] {
                    if is_given {
                        let key = format!("encoder.{key}");
                        self.report(&key, "has no meaning with a tensor", "remove it");
                    }
                }
                Some(Encoder::Tensor(tensor))
            }
            (None, file @ Some(_)) => {
                let section = NetworkSection {
                    file,
                    input: section.input,
                    output: section.output,
                    mean: section.mean,
                    std: section.std,
                    channels: section.channels,
                };
                let network = self.encoder_network("encoder", section, samples);
                network.map(Encoder::Network)
            }
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

    pub(super) fn network(
        &mut self,
        path: &str,
        table: toml::Table,
        samples: Samples<'_>,
    ) -> Option<EncoderNetwork> {
        let section = self.section(path, table);
        self.encoder_network(path, section, samples)
    }

    fn encoder_network(
        &mut self,
        path: &str,
        section: NetworkSection,
        samples: Samples<'_>,
    ) -> Option<EncoderNetwork> {
        let normalisation = Normalisation {
            channels: section.channels,
            mean: section.mean.unwrap_or_default(),
            standard_deviation: section.std.unwrap_or_default(),
        };
        self.check_normalisation(path, &normalisation, samples);
        let file = self.required_file(&format!("{path}.file"), section.file)?;
        Some(EncoderNetwork {
            network: Network {
                file,
                input: section.input,
                output: section.output,
            },
            normalisation,
        })
    }

    fn check_normalisation(
        &mut self,
        path: &str,
        normalisation: &Normalisation,
        samples: Samples<'_>,
    ) {
        if normalisation.channels.is_some() && !samples.are_images() {
            self.for_images_only(&format!("{path}.channels"));
        }
        let (parts, part) = samples.parts(normalisation.channels);
        for bad in normalisation.bad_numbers(parts, part) {
            self.report(&format!("{path}.{}", bad.key), bad.reason, bad.remedy);
        }
    }

    fn for_images_only(&mut self, key: &str) {
        self.report(key, "has a meaning for images only", "remove it");
    }
}
