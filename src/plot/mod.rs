//! Pictures of samples that are no images: signals as lines, rows of a table as bars. Arrays in, pixels
//! out; the same numbers give the same pixels everywhere.

mod bars;
mod lines;
mod paper;

use image::RgbImage;

/// How the samples of a bundle are drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Plot {
    /// As lines or as bars.
    pub kind: Kind,
    /// Least and greatest value on the axis: one pair for all parts (channels or features), or one for
    /// each.
    pub ranges: Vec<[f64; 2]>,
    /// Names of the parts, in order; where there are fewer, the rest have none.
    pub names: Vec<String>,
}

/// What a plot is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A lane with a line for each channel.
    Lines,
    /// A bar for each feature.
    Bars,
}

/// The axis of one part.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Axis {
    low: f64,
    high: f64,
}

impl Axis {
    /// How far up the axis a value lies, from 0 to 1 where it is on it.
    fn share(self, value: f64) -> f64 {
        (value - self.low) / (self.high - self.low)
    }

    /// The place of 0, or of the nearest end.
    fn origin(self) -> f64 {
        self.share(0.0).clamp(0.0, 1.0)
    }
}

impl Plot {
    /// Draws a sample of `parts` channels or features, its values part after part.
    pub fn draw(&self, values: &[f32], parts: usize) -> RgbImage {
        let parts = parts.max(1);
        let length = (values.len() / parts).max(1);
        match self.kind {
            Kind::Lines => lines::draw(self, values.chunks(length)),
            Kind::Bars => bars::draw(self, values),
        }
    }

    fn axis(&self, part: usize) -> Axis {
        let range = self.ranges.get(part).or(self.ranges.first());
        let [low, high] = range.copied().unwrap_or([0.0, 1.0]);
        Axis { low, high }
    }

    fn name(&self, part: usize) -> &str {
        self.names.get(part).map_or("", String::as_str)
    }
}

#[cfg(test)]
mod tests;
