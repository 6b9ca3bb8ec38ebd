//! Pictures out of characters.

mod cache;
mod mosaic;
mod quadrant;
mod scale;
mod text;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::terminal::{Background, CellSize, Colours};
use super::{Picture, Shot};
use cache::{Cache, Key};
use mosaic::Mosaic;

pub(super) use scale::averaged;
pub(super) use text::draw;

/// How many pixels a character shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Blocks {
    /// Two, one above the other, each in its own colour.
    #[default]
    Half,
    /// Four in two colours: finer edges, coarser colours.
    Quadrant,
}

/// How pictures become characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Look {
    /// Pixels of a character.
    pub blocks: Blocks,
    /// Colours that characters may have; without any, brightness becomes characters.
    pub colours: Colours,
    /// Size of a character, for the proportions of the picture.
    pub cell: CellSize,
    /// What brightness as characters goes by.
    pub background: Background,
}

impl Default for Look {
    fn default() -> Self {
        Look {
            blocks: Blocks::Half,
            colours: Colours::True,
            cell: CellSize::USUAL,
            background: Background::Unknown,
        }
    }
}

/// Paints a picture into the middle of `area`, as large as it fits with its proportions, and returns
/// the cells that it covers. Pictures with fewer pixels than there is room for are enlarged by a
/// whole number.
pub fn paint(picture: &Picture, area: Rect, buffer: &mut Buffer, look: Look) -> Rect {
    let area = area.intersection(buffer.area);
    if area.is_empty() {
        return area;
    }
    Mosaic::new(picture, area.width, area.height, look).put(area, buffer)
}

/// Paints pictures as [`paint`] does, and remembers them scaled: drawing the same picture again
/// costs no more than copying its characters.
#[derive(Debug, Default)]
pub struct Thumbnails {
    look: Look,
    cache: Cache,
}

impl Thumbnails {
    /// None remembered yet.
    pub fn new(look: Look) -> Thumbnails {
        Thumbnails {
            look,
            cache: Cache::default(),
        }
    }

    /// How pictures become characters.
    pub fn look(&self) -> Look {
        self.look
    }

    /// Paints from now on with other blocks.
    pub fn set_blocks(&mut self, blocks: Blocks) {
        self.look.blocks = blocks;
    }

    /// Paints one picture and returns the cells that it covers.
    pub fn paint(&mut self, shot: &Shot, buffer: &mut Buffer) -> Rect {
        let area = shot.area.intersection(buffer.area);
        if area.is_empty() {
            return area;
        }
        let key = Key {
            id: shot.id,
            columns: area.width,
            rows: area.height,
            look: self.look,
        };
        self.cache.get(key, &shot.picture).put(area, buffer)
    }
}

#[cfg(test)]
mod tests;
