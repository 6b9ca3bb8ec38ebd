//! Small random changes of the image on its way to the classifier while codes are optimised: shifts,
//! zooms and noise. A gradient that is drawn through them points where the activation rises for the
//! image and its neighbours alike, which few high-frequency patterns do: "transformation robustness",
//! Mordvintsev et al., *Inceptionism* (2015), and Olah et al., *Feature Visualization* (Distill 2017).
//!
//! Only the pull-back goes through them. What a code is worth (its activation, its embedding, whether it
//! is inside) is read off the plain graph at every step, so that a row is never held to be inside because
//! of a lucky draw, and never leaves because of an unlucky one.

mod draw;
#[cfg(test)]
mod engine_tests;
mod input;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::bundle::{Bundle, Domain};
use crate::sampler::MethodKind;
use crate::text;

pub(super) use draw::Drawing;
pub(super) use input::{TransformInput, transform};

/// How far images are changed at most, and how much noise they get; as text
/// `shift:PIXELS,noise:SD,scale:PERCENT`, in any order, with the parts that are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Transforms {
    shift: Option<f64>,
    noise: Option<f64>,
    scale: Option<f64>,
}

/// Transforms and the seed of the run that they are drawn by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SeededTransforms {
    /// What is drawn.
    pub transforms: Transforms,
    /// The run's seed.
    pub seed: u64,
}

/// Transforms that cannot be had.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum TransformsError {
    /// A part is none that there is.
    #[error(
        "'{0}' is no transform; write shift:PIXELS, noise:SD or scale:PERCENT, more than one with commas, \
         as in shift:2,noise:0.05"
    )]
    Part(String),
    /// A part is there twice.
    #[error("'{0}' is there twice; write each transform once")]
    Twice(&'static str),
    /// The number of a part makes no sense.
    #[error("'{part}:{value}' cannot be used: write a number of {unit} above 0, at most {most}")]
    Amount {
        /// The part.
        part: &'static str,
        /// What is written.
        value: String,
        /// What it counts.
        unit: &'static str,
        /// The largest.
        most: f64,
    },
    /// The samples of the bundle are no images.
    #[error(
        "--transform shifts, zooms and disturbs images, and the samples of '{bundle}' are {what}; leave it out"
    )]
    NoImages {
        /// The bundle's name.
        bundle: String,
        /// What its samples are.
        what: &'static str,
    },
    /// The method moves no code.
    #[error("--method {0} optimises nothing that could be made robust; leave out --transform")]
    Method(MethodKind),
}

/// A part: its name, what its number counts, and the largest number.
struct Part {
    name: &'static str,
    unit: &'static str,
    most: f64,
}

const SHIFT: Part = Part {
    name: "shift",
    unit: "pixels",
    most: 1000.0,
};
const NOISE: Part = Part {
    name: "noise",
    unit: "standard deviations of values in [0, 1]",
    most: 1.0,
};
const SCALE: Part = Part {
    name: "scale",
    unit: "percent",
    most: 50.0,
};

impl Transforms {
    /// Whether runs of `method` on `bundle` can have them.
    ///
    /// # Errors
    /// The bundle's samples are no images, or the method moves no code.
    pub fn suit(&self, bundle: &Bundle, method: MethodKind) -> Result<(), TransformsError> {
        let manifest = bundle.manifest();
        let what = match manifest.generator.domain {
            Domain::Image { .. } if method == MethodKind::Dataset => {
                return Err(TransformsError::Method(method));
            }
            Domain::Image { .. } => return Ok(()),
            Domain::Signal(_) => "signals",
            Domain::Table(_) => "rows of a table",
        };
        Err(TransformsError::NoImages {
            bundle: text::clean(&manifest.name),
            what,
        })
    }

    /// Whether images are shifted or zoomed.
    fn moves(&self) -> bool {
        self.shift.is_some() || self.scale.is_some()
    }

    fn parts(&self) -> [(Part, Option<f64>); 3] {
        [
            (SHIFT, self.shift),
            (NOISE, self.noise),
            (SCALE, self.scale),
        ]
    }
}

impl Part {
    fn amount(&self, text: &str) -> Result<f64, TransformsError> {
        let amount = text.trim().parse::<f64>().ok();
        let amount = amount.filter(|&amount| amount > 0.0 && amount <= self.most);
        amount.ok_or_else(|| TransformsError::Amount {
            part: self.name,
            value: text.trim().escape_default().to_string(),
            unit: self.unit,
            most: self.most,
        })
    }
}

impl FromStr for Transforms {
    type Err = TransformsError;

    fn from_str(text: &str) -> Result<Self, TransformsError> {
        let mut transforms = Transforms {
            shift: None,
            noise: None,
            scale: None,
        };
        for word in text.split(',') {
            let unknown = || TransformsError::Part(word.trim().escape_default().to_string());
            let (name, amount) = word.split_once(':').ok_or_else(unknown)?;
            let (part, target) = match name.trim() {
                "shift" => (SHIFT, &mut transforms.shift),
                "noise" => (NOISE, &mut transforms.noise),
                "scale" => (SCALE, &mut transforms.scale),
                _ => return Err(unknown()),
            };
            if target.replace(part.amount(amount)?).is_some() {
                return Err(TransformsError::Twice(part.name));
            }
        }
        Ok(transforms)
    }
}

impl fmt::Display for Transforms {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = self.parts().into_iter();
        let words = parts.filter_map(|(part, amount)| Some(format!("{}:{}", part.name, amount?)));
        formatter.write_str(&words.collect::<Vec<_>>().join(","))
    }
}

impl TryFrom<String> for Transforms {
    type Error = TransformsError;

    fn try_from(text: String) -> Result<Self, TransformsError> {
        text.parse()
    }
}

impl From<Transforms> for String {
    fn from(transforms: Transforms) -> String {
        transforms.to_string()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn transforms_are_parts_in_any_order_and_written_in_one() {
        let transforms: Transforms = "noise:0.05, shift:2".parse().unwrap();
        assert_eq!(transforms.to_string(), "shift:2,noise:0.05");
        let all = "shift:0.5,noise:1,scale:50";
        assert_eq!(all.parse::<Transforms>().unwrap().to_string(), all);
    }

    #[test]
    fn what_is_no_transform_is_refused_with_what_to_write() {
        for (text, said) in [
            ("", "'' is no transform; write shift:PIXELS"),
            ("shift", "'shift' is no transform"),
            ("turn:5", "'turn:5' is no transform"),
            ("shift:2,", "'' is no transform"),
            ("shift:2,shift:3", "'shift' is there twice"),
            ("shift:0", "'shift:0' cannot be used"),
            ("noise:-1", "'noise:-1' cannot be used"),
            ("noise:1.5", "above 0, at most 1"),
            ("scale:60", "percent above 0, at most 50"),
            ("scale:nan", "'scale:nan' cannot be used"),
            ("shift:far", "a number of pixels"),
        ] {
            let error = text.parse::<Transforms>().unwrap_err().to_string();
            assert!(error.contains(said), "{text}: {error}");
        }
    }
}
