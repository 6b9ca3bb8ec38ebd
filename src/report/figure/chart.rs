//! What a figure shows, before it is drawn.

use std::sync::Arc;

use image::RgbImage;

use super::layout::{ABOVE, BELOW, HEAD, LEFT_UNMARKED, RIGHT, WIDTH};
use super::palette::Colour;

/// A figure of a report.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// Its name among the files of a report, without an ending.
    pub name: String,
    /// What it shows, in one sentence.
    pub caption: String,
    /// Its panels, from top to bottom, at least one.
    pub panels: Vec<Chart>,
}

/// Two axes and what is drawn between them.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// Said above it; empty where there is nothing to say.
    pub title: String,
    /// Its height, where its width is 1440.
    pub height: u32,
    /// Along.
    pub x: Axis,
    /// Upwards.
    pub y: Axis,
    /// Values of `y` that are shaded: the interval that is asked for. A missing end is open.
    pub interval: Option<(Option<f64>, Option<f64>)>,
    /// What is drawn, from below to above.
    pub layers: Vec<Layer>,
}

/// One axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// What stands on it.
    pub label: String,
    /// Its two ends, the low one first.
    pub range: (f64, f64),
    /// What its marks say.
    pub marks: Marks,
}

/// What the marks of an axis say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Marks {
    /// Round numbers.
    Numbers,
    /// Whole numbers only.
    WholeNumbers,
    /// The name of each place 0, 1, 2…
    Names(Vec<String>),
    /// Nothing: only differences matter.
    None,
}

/// Things that look alike.
#[derive(Debug, Clone, PartialEq)]
pub struct Layer {
    /// Said in the legend; empty for things that need no name.
    pub name: String,
    /// Their colour.
    pub colour: Colour,
    /// What is drawn.
    pub shape: Shape,
}

/// What is drawn at some places.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// Lines through points; one that is not finite is a gap. Many thin lines let each other through.
    Lines(Vec<Vec<(f64, f64)>>),
    /// A dot at each point, with a number beside it where there are few.
    Dots(Vec<Dot>),
    /// Estimates with their intervals, each beside a name of the axis on the left.
    Intervals(Vec<Estimate>),
    /// A horizontal line across.
    Level(f64),
}

/// A place with what stands there.
#[derive(Debug, Clone, PartialEq)]
pub struct Dot {
    /// Where.
    pub at: (f64, f64),
    /// Said beside it; empty where that would be too much.
    pub label: String,
    /// A small picture instead of the dot.
    pub picture: Option<Arc<RgbImage>>,
}

/// An estimate beside a name.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// Its place on the axis of names.
    pub place: f64,
    /// The estimate.
    pub value: f64,
    /// Its interval, the low end first; not a number where there is none.
    pub interval: (f64, f64),
}

impl Chart {
    /// Room above the plot: a line where there is a title or a legend.
    pub(super) fn head(&self) -> u32 {
        let is_named = self.layers.iter().any(|layer| !layer.name.is_empty());
        if is_named || self.interval.is_some() || !self.title.is_empty() {
            HEAD
        } else {
            ABOVE
        }
    }

    /// Widens one of two axes without marks so that both have the same scale: distances can be
    /// compared in every direction.
    pub fn to_scale(mut self) -> Chart {
        let width = f64::from(WIDTH - LEFT_UNMARKED - RIGHT);
        let height = f64::from(self.height.saturating_sub(self.head() + BELOW).max(1));
        let length = |(low, high): (f64, f64)| high - low;
        let scale = (length(self.x.range) / width).max(length(self.y.range) / height);
        for (axis, pixels) in [(&mut self.x, width), (&mut self.y, height)] {
            let middle = 0.5 * (axis.range.0 + axis.range.1);
            let half = 0.5 * scale * pixels;
            axis.range = (middle - half, middle + half);
        }
        self
    }
}

impl Axis {
    /// An axis over values with a little room at both ends; from 0 to 1 where there is no finite value.
    pub fn over(label: &str, marks: Marks, values: impl Iterator<Item = f64>) -> Axis {
        let finite = values.filter(|value| value.is_finite());
        let (low, high) = finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
            (low.min(value), high.max(value))
        });
        let range = if low > high {
            (0.0, 1.0)
        } else if low == high {
            let room = (0.05 * low.abs()).max(0.5);
            (low - room, high + room)
        } else {
            let room = 0.05 * (high - low);
            (low - room, high + room)
        };
        Axis {
            label: label.to_owned(),
            range,
            marks,
        }
    }

    /// The steps of a run, up to the last.
    pub fn steps(last: u64) -> Axis {
        Axis {
            label: "step".to_owned(),
            range: (0.0, last.max(1) as f64),
            marks: Marks::WholeNumbers,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_has_the_same_scale_both_ways_and_shows_all() {
        let axis = |range| Axis {
            label: String::new(),
            range,
            marks: Marks::None,
        };
        for (x, y) in [((0.0, 1.0), (-3.0, 5.0)), ((0.0, 9.0), (0.0, 1.0))] {
            let chart = Chart {
                title: String::new(),
                height: 1000,
                x: axis(x),
                y: axis(y),
                interval: None,
                layers: Vec::new(),
            };
            let chart = chart.to_scale();
            let (wide, high) = (chart.x.range, chart.y.range);
            let ratio = (wide.1 - wide.0) / (high.1 - high.0);
            assert!((ratio - 1324.0 / 872.0).abs() < 1e-12, "{ratio}");
            let contains = |outer: (f64, f64), inner: (f64, f64)| {
                outer.0 <= inner.0 + 1e-9 && outer.1 >= inner.1 - 1e-9
            };
            assert!(contains(wide, x) && contains(high, y));
        }
    }

    #[test]
    fn an_axis_has_room_whatever_the_values_are() {
        let range = |values: &[f64]| Axis::over("", Marks::Numbers, values.iter().copied()).range;
        assert_eq!(range(&[0.0, f64::NAN, 100.0]), (-5.0, 105.0));
        assert_eq!(range(&[]), (0.0, 1.0));
        assert_eq!(range(&[f64::INFINITY]), (0.0, 1.0));
        assert_eq!(range(&[3.0, 3.0]), (2.5, 3.5));
        assert_eq!(range(&[-100.0]), (-105.0, -95.0));
    }
}
