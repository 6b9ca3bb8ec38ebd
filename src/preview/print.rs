//! Rows of pictures onto the screen: by viuer where a graphics protocol is confirmed, else by us.

use std::io::{self, Write};

use image::{DynamicImage, RgbaImage};

use super::assure::viuer_agrees;
use super::cells;
use super::terminal::{CellSize, Colours, Medium};

/// Widest picture that viuer sends by sixel.
const WIDEST_SIXEL: u32 = 1000;
/// viuer takes every cell to be this large when it makes sixels.
const SIXEL_CELL: CellSize = CellSize {
    width: 6,
    height: 12,
};

/// Prints rows of one sheet, and keeps to characters once a protocol has failed.
pub(super) struct Printer {
    medium: Medium,
    cell: CellSize,
    fallback: Colours,
}

impl Printer {
    /// A printer for a medium that the terminal has confirmed.
    pub(super) fn new(medium: Medium, cell: CellSize, fallback: Colours) -> Printer {
        Printer {
            medium: if viuer_agrees(medium) {
                medium
            } else {
                Medium::Cells(fallback)
            },
            cell,
            fallback,
        }
    }

    /// The medium in use.
    pub(super) fn medium(&self) -> Medium {
        self.medium
    }

    /// Widest row in columns that the medium can print undistorted.
    pub(super) fn widest(&self) -> usize {
        match self.medium {
            Medium::Sixel => (WIDEST_SIXEL / self.cell.width) as usize,
            _ => usize::MAX,
        }
    }

    /// Prints a row of pictures `columns` wide and `rows` high, and leaves the cursor at the start
    /// of the line below it.
    pub(super) fn print(
        &mut self,
        row: RgbaImage,
        columns: usize,
        rows: usize,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        if let Medium::Cells(colours) = self.medium {
            return out.write_all(cells::draw(&row, colours).as_bytes());
        }
        // viuer writes to standard output by itself: what comes before must be there already.
        out.flush()?;
        let picture = DynamicImage::ImageRgba8(row);
        if viuer::print(&picture, &self.config(columns as u32, rows as u32)).is_ok() {
            if self.medium == Medium::Sixel {
                writeln!(out)?;
            }
            return Ok(());
        }
        self.medium = Medium::Cells(self.fallback);
        let small = picture.resize_exact(
            columns as u32,
            2 * rows as u32,
            image::imageops::FilterType::Triangle,
        );
        out.write_all(cells::draw(&small.to_rgba8(), self.fallback).as_bytes())
    }

    /// Exactly one protocol is on, and both edges are given, so that viuer neither asks about
    /// another protocol nor scales by an idea of its own.
    fn config(&self, columns: u32, rows: u32) -> viuer::Config {
        let (width, height) = match self.medium {
            // Rounded down: a sixel picture must not reach into the row below.
            Medium::Sixel => (
                columns * self.cell.width / SIXEL_CELL.width,
                rows * self.cell.height / SIXEL_CELL.height,
            ),
            _ => (columns, rows),
        };
        viuer::Config {
            transparent: true,
            absolute_offset: false,
            width: Some(width.max(1)),
            height: Some(height.max(1)),
            truecolor: self.fallback == Colours::True,
            use_kitty: self.medium == Medium::Kitty,
            use_iterm: self.medium == Medium::Iterm,
            use_sixel: self.medium == Medium::Sixel,
            ..viuer::Config::default()
        }
    }
}
