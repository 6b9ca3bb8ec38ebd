//! How a network wants its input: the order of the channels, then (x − mean) / std.
//!
//! The same three keys, `channels`, `mean` and `std`, stand in every section of `bundle.toml` that names
//! a network behind the samples, and behind the file of `--encoder`.

use std::fmt;

use super::domain::{Channels, Domain};

/// What is done to a sample (an image in [0, 1]) before a network; nothing by default.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Normalisation {
    /// Channel order of images; none means that of the generator.
    pub channels: Option<Channels>,
    /// Subtracted, one for each channel or feature; empty means nothing.
    pub mean: Vec<f32>,
    /// Divided by after `mean`, one for each channel or feature; empty means nothing.
    pub standard_deviation: Vec<f32>,
}

/// Something that is wrong with a normalisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BadNumbers {
    /// `mean` or `std`.
    pub(crate) key: &'static str,
    /// What is wrong.
    pub(crate) reason: String,
    /// What to do next.
    pub(crate) remedy: String,
}

impl Normalisation {
    /// Whether it leaves samples as they are.
    pub fn is_nothing(&self) -> bool {
        *self == Normalisation::default()
    }

    /// The order of channels that the network takes images in, where samples are images.
    pub fn channels_of(&self, domain: &Domain) -> Option<Channels> {
        let made = domain.channels()?;
        Some(self.channels.unwrap_or(made))
    }

    /// What is wrong with its numbers for samples of so many parts (`part` is what one is called); how many
    /// there should be is not always known.
    pub(crate) fn bad_numbers(&self, parts: Option<usize>, part: &str) -> Vec<BadNumbers> {
        let mut bad = Vec::new();
        let mut report = |key, reason: String, remedy: String| {
            bad.push(BadNumbers {
                key,
                reason,
                remedy,
            });
        };
        for (key, values) in [("mean", &self.mean), ("std", &self.standard_deviation)] {
            if let Some(parts) = parts
                && !values.is_empty()
                && values.len() != parts
            {
                report(
                    key,
                    format!("has {} numbers for {parts} {part}s", values.len()),
                    format!("write one number for each {part}"),
                );
            }
            if values.iter().any(|value| !value.is_finite()) {
                report(
                    key,
                    "holds a number that is not finite".to_owned(),
                    "write finite numbers".to_owned(),
                );
            }
        }
        if self.standard_deviation.iter().any(|&value| value <= 0.0) {
            report(
                "std",
                "holds a number that is not positive".to_owned(),
                "write positive numbers".to_owned(),
            );
        }
        bad
    }
}

/// `:mean=0.5,0.5,0.5:std=0.2,0.2,0.2:channels=BGR`, of what there is; empty for nothing. The numbers read
/// back as they are.
impl fmt::Display for Normalisation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (key, values) in [("mean", &self.mean), ("std", &self.standard_deviation)] {
            if !values.is_empty() {
                let values: Vec<String> = values.iter().map(f32::to_string).collect();
                write!(formatter, ":{key}={}", values.join(","))?;
            }
        }
        match self.channels {
            Some(channels) => write!(formatter, ":channels={channels}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(normalisation: &Normalisation, parts: Option<usize>) -> Vec<&'static str> {
        let bad = normalisation.bad_numbers(parts, "channel");
        bad.iter().map(|bad| bad.key).collect()
    }

    #[test]
    fn bad_numbers_are_told_by_their_key() {
        let of = |mean: &[f32], std: &[f32]| Normalisation {
            channels: None,
            mean: mean.to_vec(),
            standard_deviation: std.to_vec(),
        };
        assert!(keys(&of(&[], &[]), Some(3)).is_empty());
        assert!(keys(&of(&[0.0, -1.0, 2.0], &[1.0; 3]), Some(3)).is_empty());
        assert_eq!(keys(&of(&[0.0], &[1.0; 3]), Some(3)), ["mean"]);
        assert_eq!(keys(&of(&[f32::NAN], &[1.0]), None), ["mean"]);
        assert_eq!(keys(&of(&[], &[0.0]), None), ["std"]);
        assert_eq!(
            keys(&of(&[], &[f32::INFINITY, 1.0]), Some(1)),
            ["std", "std"]
        );
    }
}
