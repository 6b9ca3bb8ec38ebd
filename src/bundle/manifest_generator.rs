//! The reading of `[generator]`: where samples come from, what they are, and their code prior.

use super::domain::{Axes, Channels, Domain};
use super::manifest::{Generator, GeneratorForm, Network, PriorKind, PriorSource};
use super::manifest_file::Reader;
use super::manifest_sections::{GeneratorKind, GeneratorSection, PriorSection};

/// More values than a sample of any classifier has; a guard against a shape that fills the memory.
pub(super) const LARGEST_SAMPLE: usize = 1 << 28;

impl GeneratorKind {
    /// How it is written, and how many axes its samples have.
    fn facts(self) -> (&'static str, usize) {
        match self {
            GeneratorKind::Pixels => ("pixels", 3),
            GeneratorKind::Signal => ("signal", 2),
            GeneratorKind::Tabular => ("tabular", 1),
        }
    }
}

impl Reader {
    pub(super) fn generator(&mut self, table: toml::Table) -> Option<Generator> {
        let section: GeneratorSection = self.section("generator", table);
        // Pixels are never of a network; images of a network have no kind.
        let is_code = match section.kind {
            None => false,
            Some(GeneratorKind::Pixels) => true,
            Some(GeneratorKind::Signal | GeneratorKind::Tabular) => section.file.is_none(),
        };
        self.misplaced(&section, is_code);
        let domain = self.domain(&section);
        let form = match section.kind.filter(|_| is_code) {
            Some(kind) => self.code_itself(kind, &section, &domain),
            None => self
                .required_file("generator.file", section.file)
                .map(|file| {
                    GeneratorForm::Network(Network {
                        file,
                        input: section.input,
                        output: section.output,
                    })
                }),
        };
        let prior = self.prior(section.prior, is_code, &domain);
        Some(Generator {
            form: form?,
            domain,
            prior: prior?,
        })
    }

    /// Keys that say nothing about a generator of this kind.
    fn misplaced(&mut self, section: &GeneratorSection, is_code: bool) {
        let is_image = matches!(section.kind, None | Some(GeneratorKind::Pixels));
        let is_table = section.kind == Some(GeneratorKind::Tabular);
        let keys = [
            ("file", section.file.is_some() && is_code),
            ("input", section.input.is_some() && is_code),
            ("output", section.output.is_some() && is_code),
            ("shape", section.shape.is_some() && !is_code),
            (
                "smoothness",
                section.smoothness.is_some() && (!is_code || is_table),
            ),
            ("channels", section.channels.is_some() && !is_image),
            ("names", section.names.is_some() && is_image),
        ];
        let of = match section.kind.map(GeneratorKind::facts) {
            None => "without a kind: images come from a network".to_owned(),
            Some((kind, _)) if is_code => {
                format!("with kind = \"{kind}\" where the code is the sample itself")
            }
            Some((kind, _)) => format!("with kind = \"{kind}\" and a file"),
        };
        for (key, is_misplaced) in keys {
            if is_misplaced {
                let reason = format!("has no meaning {of}");
                self.report(&format!("generator.{key}"), reason, "remove it");
            }
        }
    }

    fn domain(&mut self, section: &GeneratorSection) -> Domain {
        let key = "generator.range";
        let given = section.range.clone().map(Vec::from);
        let good = |&[low, high]: &[f64; 2]| low.is_finite() && high.is_finite() && low < high;
        if let Some(bad) = given.iter().flatten().find(|range| !good(range)) {
            self.report(
                key,
                format!("[{}, {}] is empty or not finite", bad[0], bad[1]),
                "write the least and the greatest value, for example [-1.0, 1.0]",
            );
        }
        let axes = |reader: &mut Reader| Axes {
            ranges: reader
                .required(
                    key,
                    given.clone(),
                    "write range = [LOW, HIGH], the ends of the plot's axis",
                )
                .unwrap_or_else(|| vec![[0.0, 1.0]]),
            names: reader.file("generator.names", section.names.clone()),
        };
        match section.kind {
            Some(GeneratorKind::Signal) => Domain::Signal(axes(self)),
            Some(GeneratorKind::Tabular) => Domain::Table(axes(self)),
            None | Some(GeneratorKind::Pixels) => {
                let ranges = given.unwrap_or_else(|| vec![[0.0, 1.0]]);
                if ranges.len() != 1 {
                    self.report(key, "has several pairs", "an image has one: [LOW, HIGH]");
                }
                Domain::Image {
                    range: ranges.first().copied().unwrap_or([0.0, 1.0]),
                    channels: section.channels.unwrap_or(Channels::Rgb),
                }
            }
        }
    }

    /// A generator without a network.
    fn code_itself(
        &mut self,
        kind: GeneratorKind,
        section: &GeneratorSection,
        domain: &Domain,
    ) -> Option<GeneratorForm> {
        let key = "generator.shape";
        let (_, rank) = kind.facts();
        let remedy = match kind {
            GeneratorKind::Pixels => "write shape = [channels, height, width]",
            GeneratorKind::Signal => "write shape = [channels, length], or name a file",
            GeneratorKind::Tabular => "write shape = [features], or name a file",
        };
        let shape = self.required(key, section.shape.clone(), remedy)?;
        let elements = shape
            .iter()
            .try_fold(1usize, |product, &axis| product.checked_mul(axis));
        let is_usable = elements.is_some_and(|elements| (1..=LARGEST_SAMPLE).contains(&elements));
        if shape.len() != rank || !is_usable {
            let reason = format!("{shape:?} is empty, too large or not {}", domain.form());
            self.report(key, reason, remedy);
            return None;
        }
        if let Domain::Image { channels, .. } = domain
            && shape[0] != channels.count()
        {
            self.report(
                key,
                format!(
                    "has {} channels but channels = {channels:?} means {}",
                    shape[0],
                    channels.count()
                ),
                "make generator.channels and the first number of the shape agree",
            );
        }
        let pairs = domain.ranges().len();
        if pairs != 1 && pairs != shape[0] {
            let part = domain.parts();
            self.report(
                "generator.range",
                format!("has {pairs} pairs for {} {part}s", shape[0]),
                format!("write one pair for all, or one for each {part}"),
            );
        }
        Some(GeneratorForm::Code {
            shape,
            smoothness: section.smoothness.unwrap_or_default(),
        })
    }

    /// Without a section: a standard normal code for a network, the ends of its values for a code that
    /// is the sample.
    fn prior(
        &mut self,
        table: Option<toml::Table>,
        is_code: bool,
        domain: &Domain,
    ) -> Option<PriorSource> {
        let Some(table) = table else {
            let ends = |end: usize| {
                let ranges = domain.ranges().iter().filter(|_| is_code);
                ranges.map(|range| range[end] as f32).collect()
            };
            return Some(PriorSource {
                kind: if is_code {
                    PriorKind::Box
                } else {
                    PriorKind::Normal
                },
                low: ends(0),
                high: ends(1),
                file: None,
            });
        };
        let section: PriorSection = self.section("generator.prior", table);
        let file = self.file("generator.prior.file", section.file);
        let remedy = "write kind = \"normal\" or kind = \"box\"";
        let kind = self.required("generator.prior.kind", section.kind, remedy)?;
        let numbers = [("low", section.low), ("high", section.high)];
        for (name, number) in numbers {
            let key = format!("generator.prior.{name}");
            if number.is_some() && file.is_some() {
                self.report(
                    &key,
                    "stands beside a file",
                    "give numbers or a file, not both",
                );
            }
            if kind == PriorKind::Box && number.is_none() && file.is_none() {
                self.report(
                    &key,
                    "is missing",
                    "write low and high, or a file that holds them",
                );
            }
            if number.is_some_and(|number| !number.is_finite()) {
                self.report(&key, "is not finite", "write a finite number");
            }
        }
        if let (Some(low), Some(high)) = (section.low, section.high)
            && low > high
        {
            self.report(
                "generator.prior.low",
                format!("{low} is above high = {high}"),
                "exchange them",
            );
        }
        Some(PriorSource {
            kind,
            low: section.low.into_iter().collect(),
            high: section.high.into_iter().collect(),
            file,
        })
    }
}
