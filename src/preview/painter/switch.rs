//! The way in use, and changing it while the screens are up.

use std::io::{self, Write};
use std::time::Instant;

use image::DynamicImage;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::super::cells::{Blocks, Look, Thumbnails};
use super::super::{CellSize, Facts, Medium};
use super::characters::Characters;
use super::graphics::{Graphics, Print};
use super::{Painted, Painter, Shot};

/// A way of showing pictures that users can choose while the screens are up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// A graphics protocol.
    Protocol(Medium),
    /// Characters.
    Characters(Blocks),
    /// No pictures.
    Off,
}

impl Way {
    /// What users call it.
    pub fn name(self) -> &'static str {
        match self {
            Way::Protocol(medium) => medium.name(),
            Way::Characters(Blocks::Half) => "half blocks",
            Way::Characters(Blocks::Quadrant) => "quadrant blocks",
            Way::Off => "no pictures",
        }
    }
}

/// The painter in use among those that work here. If a protocol fails, characters take its place for
/// the rest of the session.
pub struct Painters {
    ways: Vec<Way>,
    way: Way,
    look: Look,
    remote: bool,
    painter: Box<dyn Painter>,
    thumbnails: Thumbnails,
}

/// Shows nothing.
struct Nothing;

impl Painter for Nothing {
    fn place(&mut self, _: &Shot, _: &mut Buffer) -> Rect {
        Rect::ZERO
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

impl Painters {
    /// The way that was decided for this terminal; characters as given.
    pub fn new(facts: &Facts, blocks: Blocks) -> Painters {
        let protocols = facts.media.iter().filter_map(|&medium| match medium {
            Medium::Cells(_) => None,
            protocol => Some(Way::Protocol(protocol)),
        });
        let others = [
            Way::Characters(Blocks::Half),
            Way::Characters(Blocks::Quadrant),
            Way::Off,
        ];
        let look = Look {
            blocks,
            colours: facts.colours,
            cell: facts.decision.cell.unwrap_or(CellSize::USUAL),
            background: facts.background,
        };
        let way = match facts.decision.medium {
            Some(Medium::Cells(_)) => Way::Characters(blocks),
            Some(protocol) => Way::Protocol(protocol),
            None => Way::Off,
        };
        let mut painters = Painters {
            ways: protocols.chain(others).collect(),
            way,
            look,
            remote: facts.remote,
            painter: Box::new(Nothing),
            thumbnails: Thumbnails::new(look),
        };
        painters.painter = painters.painter_for(way);
        painters
    }

    /// The way in use.
    pub fn way(&self) -> Way {
        self.way
    }

    /// All ways that work here, the best first.
    pub fn ways(&self) -> &[Way] {
        &self.ways
    }

    /// Shows pictures in another way, if it works here. Those of the old way are deleted; draw a
    /// frame afterwards.
    ///
    /// # Errors
    /// The terminal cannot be written.
    pub fn switch(&mut self, way: Way, out: &mut dyn Write) -> io::Result<()> {
        if way == self.way || !self.ways.contains(&way) {
            return Ok(());
        }
        self.painter.clear(out)?;
        if let Way::Characters(blocks) = way {
            self.look.blocks = blocks;
            self.thumbnails.set_blocks(blocks);
        }
        self.way = way;
        self.painter = self.painter_for(way);
        Ok(())
    }

    /// The next of the ways, after the last the first.
    ///
    /// # Errors
    /// The terminal cannot be written.
    pub fn switch_to_next(&mut self, out: &mut dyn Write) -> io::Result<Way> {
        let place = self.ways.iter().position(|&way| way == self.way);
        let next = place.map_or(0, |place| (place + 1) % self.ways.len());
        self.switch(self.ways[next], out)?;
        Ok(self.way)
    }

    /// Paints a picture of a gallery: always out of characters, unless pictures are off.
    pub fn thumbnail(&mut self, shot: &Shot, buffer: &mut Buffer) -> Rect {
        if self.way == Way::Off {
            return Rect::ZERO;
        }
        self.thumbnails.paint(shot, buffer)
    }

    fn painter_for(&self, way: Way) -> Box<dyn Painter> {
        match way {
            Way::Protocol(medium) => {
                let print: Print = Box::new(print_by_viuer);
                Box::new(Graphics::new(medium, self.look.cell, self.remote, print))
            }
            Way::Characters(_) => Box::new(Characters::new(self.look)),
            Way::Off => Box::new(Nothing),
        }
    }
}

impl Painter for Painters {
    fn place(&mut self, shot: &Shot, buffer: &mut Buffer) -> Rect {
        self.painter.place(shot, buffer)
    }

    fn cover(&mut self, area: Rect) {
        self.painter.cover(area);
    }

    fn finish(&mut self, now: Instant, out: &mut dyn Write) -> io::Result<Painted> {
        let painted = self.painter.finish(now, out)?;
        if !painted.failed {
            return Ok(painted);
        }
        let failed = self.way;
        self.switch(Way::Characters(self.look.blocks), out)?;
        self.ways.retain(|&way| way != failed);
        Ok(Painted {
            due: Some(now),
            ..painted
        })
    }

    fn invalidate(&mut self) {
        self.painter.invalidate();
    }

    fn clear(&mut self, out: &mut dyn Write) -> io::Result<()> {
        self.painter.clear(out)
    }
}

fn print_by_viuer(image: &DynamicImage, config: &viuer::Config) -> bool {
    match viuer::print(image, config) {
        Ok(_) => true,
        Err(error) => {
            tracing::warn!("pictures by a graphics protocol failed: {error}");
            false
        }
    }
}

#[cfg(test)]
mod tests;
