//! What a sample is: an image, a signal or a row of a table.

use std::fmt;

/// What a generator makes.
#[derive(Debug, Clone, PartialEq)]
pub enum Domain {
    /// Images `[C, H, W]`. Every network looks at them in [0, 1].
    Image {
        /// Least and greatest value of an image as it leaves the generator.
        range: [f64; 2],
        /// Channel order of an image as it leaves the generator.
        channels: Channels,
    },
    /// Signals `[C, L]` of C channels, in units of their own.
    Signal(Axes),
    /// Rows `[F]` of a table with F features, in units of their own.
    Table(Axes),
}

/// Order of an image's channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Channels {
    /// Red, green, blue.
    #[serde(rename = "RGB")]
    Rgb,
    /// Blue, green, red.
    #[serde(rename = "BGR")]
    Bgr,
    /// One channel.
    #[serde(rename = "gray")]
    Gray,
}

impl Channels {
    /// Every order.
    pub const ALL: [Channels; 3] = [Channels::Rgb, Channels::Bgr, Channels::Gray];

    /// Number of channels.
    pub fn count(self) -> usize {
        match self {
            Channels::Rgb | Channels::Bgr => 3,
            Channels::Gray => 1,
        }
    }
}

/// As it is written in `bundle.toml`.
impl fmt::Display for Channels {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Channels::Rgb => "RGB",
            Channels::Bgr => "BGR",
            Channels::Gray => "gray",
        })
    }
}

/// How signals and rows are drawn. Networks look at them as they are: nothing is rescaled or cut off.
#[derive(Debug, Clone, PartialEq)]
pub struct Axes {
    /// Least and greatest value on the axis: one pair for all channels or features, or one for each.
    pub ranges: Vec<[f64; 2]>,
    /// File with the names of the channels or features, one a line.
    pub names: Option<String>,
}

impl Domain {
    /// What one sample is called.
    pub fn sample(&self) -> &'static str {
        match self {
            Domain::Image { .. } => "image",
            Domain::Signal(_) => "signal",
            Domain::Table(_) => "row",
        }
    }

    /// The shape of one sample, in letters.
    pub fn form(&self) -> &'static str {
        match self {
            Domain::Image { .. } => "[C, H, W]",
            Domain::Signal(_) => "[C, L]",
            Domain::Table(_) => "[F]",
        }
    }

    /// Number of axes of one sample.
    pub fn rank(&self) -> usize {
        match self {
            Domain::Image { .. } => 3,
            Domain::Signal(_) => 2,
            Domain::Table(_) => 1,
        }
    }

    /// What the first axis of a sample counts.
    pub fn parts(&self) -> &'static str {
        match self {
            Domain::Image { .. } | Domain::Signal(_) => "channel",
            Domain::Table(_) => "feature",
        }
    }

    /// The space of embeddings without an encoder: those of a sample's own values.
    pub fn own_space(&self) -> &'static str {
        match self {
            Domain::Image { .. } => "pixels",
            Domain::Signal(_) | Domain::Table(_) => "values",
        }
    }

    /// Channel order of an image; none of other samples.
    pub fn channels(&self) -> Option<Channels> {
        match self {
            Domain::Image { channels, .. } => Some(*channels),
            Domain::Signal(_) | Domain::Table(_) => None,
        }
    }

    /// The axes of what is drawn as a plot; none for images.
    pub fn axes(&self) -> Option<&Axes> {
        match self {
            Domain::Image { .. } => None,
            Domain::Signal(axes) | Domain::Table(axes) => Some(axes),
        }
    }

    /// The ends that hold all values a sample may take: of an image, or of each axis of a plot.
    pub fn ranges(&self) -> &[[f64; 2]] {
        match self {
            Domain::Image { range, .. } => std::slice::from_ref(range),
            Domain::Signal(axes) | Domain::Table(axes) => &axes.ranges,
        }
    }
}
