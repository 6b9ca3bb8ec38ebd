//! The smoothness prior of images and signals that are codes themselves: how far they are blurred.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Standard deviation σ, in pixels (of signals: in samples of the signal), of the Gaussian that turns
/// a code into its image; 0 leaves it as
/// it is.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Smoothness(f64);

/// A smoothness that cannot be had.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SmoothnessError {
    /// It is no standard deviation.
    #[error("'{0}' is no smoothness: write a number of pixels from 0 (none) to {most}, for example 1.5", most = Smoothness::MOST)]
    Value(String),
    /// The samples of the bundle come from a network.
    #[error(
        "the generator of '{0}' is a network, which has a smoothness of its own: --smoothness is for \
         bundles whose code is the image or the signal (kind = \"pixels\" or \"signal\" without a \
         file), such as halfspace; leave it out"
    )]
    Network(String),
    /// The samples of the bundle are rows of a table.
    #[error("the features of '{0}' have no neighbours to be blurred with: leave out --smoothness")]
    Table(String),
}

impl Smoothness {
    /// The code is the image.
    pub const NONE: Smoothness = Smoothness(0.0);
    /// The largest: an image blurred this far is one shade.
    pub const MOST: f64 = 1000.0;

    /// A standard deviation in pixels.
    ///
    /// # Errors
    /// It is negative, not a number, or above [`Smoothness::MOST`].
    pub fn new(sigma: f64) -> Result<Smoothness, SmoothnessError> {
        if (0.0..=Smoothness::MOST).contains(&sigma) {
            // Not −0, which would be written differently.
            Ok(Smoothness(sigma.abs()))
        } else {
            Err(SmoothnessError::Value(sigma.to_string()))
        }
    }

    /// σ in pixels.
    pub fn sigma(self) -> f64 {
        self.0
    }
}

impl TryFrom<f64> for Smoothness {
    type Error = SmoothnessError;

    fn try_from(sigma: f64) -> Result<Self, SmoothnessError> {
        Smoothness::new(sigma)
    }
}

impl From<Smoothness> for f64 {
    fn from(smoothness: Smoothness) -> f64 {
        smoothness.0
    }
}

impl FromStr for Smoothness {
    type Err = SmoothnessError;

    fn from_str(text: &str) -> Result<Self, SmoothnessError> {
        let sigma = text.trim().parse();
        let sigma = sigma.map_err(|_| SmoothnessError::Value(text.escape_default().to_string()))?;
        Smoothness::new(sigma)
    }
}

impl fmt::Display for Smoothness {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_smoothness_is_a_number_of_pixels_from_zero_on() {
        assert_eq!(" 1.5".parse::<Smoothness>().unwrap().sigma(), 1.5);
        assert_eq!("-0".parse::<Smoothness>().unwrap().to_string(), "0");
        for text in ["-1", "nan", "inf", "1001", "soft", ""] {
            assert!(text.parse::<Smoothness>().is_err(), "{text}");
        }
    }
}
