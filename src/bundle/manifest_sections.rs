//! The sections of `bundle.toml` as they are written: every key that there is, all optional.
//!
//! A key that is not here is refused. What is required, and what fits together, is checked by
//! [`super::manifest_file`].

use serde::Deserialize;

use super::domain::Channels;
use super::manifest::PriorKind;
use super::smoothness::Smoothness;

/// The whole file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Document {
    pub(super) name: Option<String>,
    pub(super) description: Option<String>,
    pub(super) licence: Option<String>,
    pub(super) generator: Option<toml::Table>,
    pub(super) classifier: Option<toml::Table>,
    pub(super) encoder: Option<toml::Table>,
    pub(super) judge: Option<toml::Table>,
    pub(super) inverse: Option<toml::Table>,
    pub(super) labels: Option<toml::Table>,
    pub(super) stats: Option<toml::Table>,
}

/// `[generator]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct GeneratorSection {
    pub(super) kind: Option<GeneratorKind>,
    pub(super) file: Option<String>,
    pub(super) input: Option<String>,
    pub(super) output: Option<String>,
    pub(super) shape: Option<Vec<usize>>,
    pub(super) range: Option<RangeSection>,
    pub(super) channels: Option<Channels>,
    pub(super) smoothness: Option<Smoothness>,
    pub(super) names: Option<String>,
    pub(super) prior: Option<toml::Table>,
}

/// `generator.kind`; a network that makes images has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum GeneratorKind {
    Pixels,
    Signal,
    Tabular,
}

impl GeneratorKind {
    /// That of a section, where it is one.
    pub(super) fn of(section: &toml::Table) -> Option<GeneratorKind> {
        section.get("kind")?.clone().try_into().ok()
    }
}

/// `generator.range`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(
    untagged,
    expecting = "expected [LOW, HIGH], or one such pair for each channel or feature"
)]
pub(super) enum RangeSection {
    One([f64; 2]),
    Each(Vec<[f64; 2]>),
}

impl From<RangeSection> for Vec<[f64; 2]> {
    fn from(section: RangeSection) -> Self {
        match section {
            RangeSection::One(range) => vec![range],
            RangeSection::Each(ranges) => ranges,
        }
    }
}

/// `[generator.prior]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct PriorSection {
    pub(super) kind: Option<PriorKind>,
    pub(super) low: Option<f32>,
    pub(super) high: Option<f32>,
    pub(super) file: Option<String>,
}

/// `[classifier]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ClassifierSection {
    pub(super) file: Option<String>,
    pub(super) input: Option<String>,
    pub(super) logits: Option<String>,
    pub(super) mean: Option<Vec<f32>>,
    pub(super) std: Option<Vec<f32>>,
    pub(super) size: Option<[usize; 2]>,
    pub(super) channels: Option<Channels>,
}

/// `[encoder]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct EncoderSection {
    pub(super) tensor: Option<String>,
    pub(super) file: Option<String>,
    pub(super) input: Option<String>,
    pub(super) output: Option<String>,
    pub(super) mean: Option<Vec<f32>>,
    pub(super) std: Option<Vec<f32>>,
    pub(super) channels: Option<Channels>,
}

/// `[judge]` and `[inverse]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct NetworkSection {
    pub(super) file: Option<String>,
    pub(super) input: Option<String>,
    pub(super) output: Option<String>,
    pub(super) mean: Option<Vec<f32>>,
    pub(super) std: Option<Vec<f32>>,
    pub(super) channels: Option<Channels>,
}

/// `[labels]` and `[stats]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct FileSection {
    pub(super) file: Option<String>,
}
