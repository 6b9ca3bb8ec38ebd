//! A picture as characters of one size, ready to be put anywhere.

use image::RgbImage;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};

use super::quadrant::{self, Split};
use super::scale::averaged;
use super::{Blocks, Look};
use crate::preview::colour::{luminance, nearest_index, shade};
use crate::preview::fit::{Dots, centred};
use crate::preview::{Background, Colours, Picture};

/// Characters with their colours, row by row.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Mosaic {
    columns: u16,
    rows: u16,
    tiles: Vec<Tile>,
}

/// One character; where a colour is missing the screen keeps its own.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Tile {
    glyph: char,
    front: Option<Color>,
    back: Option<Color>,
}

impl Mosaic {
    /// The picture as large as `columns` by `rows` allow.
    pub(super) fn new(picture: &Picture, columns: u16, rows: u16, look: Look) -> Mosaic {
        let (across, down) = look.dots_of_a_cell();
        let dots = Dots {
            width: u32::from(columns) * across,
            height: u32::from(rows) * down,
            aspect: f64::from(look.cell.width * down) / f64::from(look.cell.height * across),
        };
        let scaled = averaged(picture, dots.fill_by_whole_pixels(picture.size()));
        let columns = scaled.width().div_ceil(across);
        let rows = scaled.height().div_ceil(down);
        let places = (0..rows).flat_map(|row| (0..columns).map(move |column| (column, row)));
        Mosaic {
            columns: columns as u16,
            rows: rows as u16,
            tiles: places
                .map(|(column, row)| tile(&scaled, column, row, look))
                .collect(),
        }
    }

    /// How many characters it has.
    pub(super) fn len(&self) -> usize {
        self.tiles.len()
    }

    /// Puts it into the middle of `area`, and returns what it covers.
    pub(super) fn put(&self, area: Rect, buffer: &mut Buffer) -> Rect {
        let place = centred(self.columns, self.rows, area.intersection(buffer.area));
        for row in 0..place.height {
            for column in 0..place.width {
                let tile =
                    self.tiles[usize::from(row) * usize::from(self.columns) + usize::from(column)];
                let cell = &mut buffer[(place.x + column, place.y + row)];
                cell.set_char(tile.glyph);
                cell.modifier = Modifier::empty();
                cell.fg = tile.front.unwrap_or(cell.fg);
                cell.bg = tile.back.unwrap_or(cell.bg);
            }
        }
        place
    }
}

impl Look {
    /// Dots that one character shows, across and down.
    fn dots_of_a_cell(self) -> (u32, u32) {
        match (self.colours, self.blocks) {
            (Colours::None, _) => (1, 1),
            (_, Blocks::Half) => (1, 2),
            (_, Blocks::Quadrant) => (2, 2),
        }
    }

    fn colour(self, colour: [u8; 3]) -> Color {
        let [red, green, blue] = colour;
        match self.colours {
            Colours::True => Color::Rgb(red, green, blue),
            Colours::Indexed => Color::Indexed(nearest_index(colour)),
            Colours::None => Color::Reset,
        }
    }
}

fn tile(scaled: &RgbImage, column: u32, row: u32, look: Look) -> Tile {
    let pixel = |x, y| scaled.get_pixel_checked(x, y).map(|pixel| pixel.0);
    let split = match (look.colours, look.blocks) {
        (Colours::None, _) => {
            let level = pixel(column, row).map_or(0.0, luminance);
            let light = look.background == Background::Light;
            return Tile {
                glyph: shade(if light { 1.0 - level } else { level }),
                front: None,
                back: None,
            };
        }
        (_, Blocks::Half) => Split {
            glyph: '▀',
            front: pixel(column, 2 * row),
            back: pixel(column, 2 * row + 1),
        },
        (_, Blocks::Quadrant) => {
            let (x, y) = (2 * column, 2 * row);
            quadrant::split([
                pixel(x, y),
                pixel(x + 1, y),
                pixel(x, y + 1),
                pixel(x + 1, y + 1),
            ])
        }
    };
    Tile {
        glyph: split.glyph,
        front: split.front.map(|colour| look.colour(colour)),
        back: split.back.map(|colour| look.colour(colour)),
    }
}
