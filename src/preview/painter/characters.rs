//! Pictures out of characters: part of the frame, nothing to send.

use std::io::{self, Write};
use std::time::Instant;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::super::cells::{Look, Thumbnails};
use super::{Painted, Painter, Shot};

/// Paints every picture into the frame.
#[derive(Debug)]
pub(super) struct Characters {
    pub(super) thumbnails: Thumbnails,
}

impl Characters {
    pub(super) fn new(look: Look) -> Characters {
        Characters {
            thumbnails: Thumbnails::new(look),
        }
    }
}

impl Painter for Characters {
    fn place(&mut self, shot: &Shot, buffer: &mut Buffer) -> Rect {
        self.thumbnails.paint(shot, buffer)
    }

    fn cover(&mut self, _: Rect) {}

    fn finish(&mut self, _: Instant, _: &mut dyn Write) -> io::Result<Painted> {
        Ok(Painted::default())
    }

    fn invalidate(&mut self) {}

    fn clear(&mut self, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}
