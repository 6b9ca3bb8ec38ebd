//! Rows of pictures onto the screen: by viuer where a graphics protocol is confirmed, else by us.

use std::io::{self, Write};
use std::path::Path;

use image::{DynamicImage, RgbaImage};
use viuer::KittySupport;

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
        let usable = match medium {
            Medium::Kitty => kitty_is_usable(),
            Medium::Iterm => viuer::is_iterm_supported(),
            Medium::Sixel => viuer::is_sixel_supported(),
            Medium::Cells(_) => true,
        };
        Printer {
            medium: if usable {
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

/// Makes viuer send pictures through the terminal's own line and not through temporary files: with
/// files it waits for an answer to every picture and takes a key press for it. Its test for files
/// fails because no file can be made in a folder that does not exist; the override holds for the
/// whole process, so temporary files of ours are always made in a folder that they name.
fn kitty_is_usable() -> bool {
    let _ = tempfile::env::override_temp_dir(Path::new("/nonexistent"));
    viuer::get_kitty_support() == KittySupport::Remote
}
