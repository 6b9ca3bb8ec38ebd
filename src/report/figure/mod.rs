//! Figures: what they show (`chart.rs`), how they are drawn (`draw.rs`), and as what: an SVG within the
//! page or in a file of its own, or a PNG.

mod chart;
mod draw;
mod font;
mod layout;
mod palette;
mod png;
mod svg;

pub use chart::{Axis, Chart, Dot, Estimate, Figure, Layer, Marks, Shape};
pub use palette::{Colour, Colours};
pub use svg::Drawing;

/// A figure cannot be drawn.
#[derive(Debug, thiserror::Error)]
#[error("a figure cannot be drawn: {0}")]
pub struct FigureError(String);

impl FigureError {
    fn because(error: impl std::fmt::Display) -> FigureError {
        FigureError(error.to_string())
    }
}

impl Figure {
    /// Width and height, in units of its drawing.
    fn size(&self) -> (u32, u32) {
        let height = self.panels.iter().map(|panel| panel.height).sum();
        (layout::WIDTH, height)
    }

    /// The figure as a part of a page, on the ground of the page.
    ///
    /// # Errors
    /// plotters cannot draw it.
    pub fn drawing(&self) -> Result<Drawing, FigureError> {
        svg::drawing(self)
    }

    /// The figure as the text of an SVG file, on white.
    ///
    /// # Errors
    /// plotters cannot draw it.
    pub fn svg(&self) -> Result<String, FigureError> {
        svg::file(self)
    }

    /// The figure as the bytes of a PNG file, on white.
    ///
    /// # Errors
    /// plotters cannot draw it, or it cannot be encoded.
    pub fn png(&self) -> Result<Vec<u8>, FigureError> {
        png::file(self)
    }
}

#[cfg(test)]
mod tests;
