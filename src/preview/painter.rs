//! Pictures inside the screens.
//!
//! While a frame is drawn every picture is *placed*: characters go into the frame itself, a graphics
//! protocol only reserves its cells there. After the frame has been flushed the painter *finishes*:
//! it deletes what is no longer wanted and sends what is due. A picture that stands where it stood
//! is not sent again.
//!
//! Galleries use characters always ([`Painters::thumbnail`]): some sixty pictures at the pace that a
//! terminal takes them would appear one by one.

mod budget;
mod canvas;
mod characters;
mod graphics;
mod switch;

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Instant;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Picture;

pub use switch::{Painters, Way};

/// One picture wanted on the screen in this frame.
#[derive(Debug, Clone)]
pub struct Shot {
    /// Where: the picture stands in the middle, as large as it fits.
    pub area: Rect,
    /// What.
    pub picture: Arc<Picture>,
    /// Equal numbers are the same picture.
    pub id: u64,
}

/// What became of the pictures of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Painted {
    /// Pictures sent after this frame.
    pub sent: usize,
    /// When the next may be sent; draw a frame then. None: all of them are on the screen.
    pub due: Option<Instant>,
    /// The way of showing pictures has failed and characters have taken its place.
    pub failed: bool,
}

/// A way of showing pictures inside frames of ratatui. In every frame: [`Painter::place`] for each
/// picture, [`Painter::cover`] for whatever is drawn over them, then, once the frame is on the
/// screen, [`Painter::finish`], exactly once.
pub trait Painter: Send {
    /// While ratatui draws: paints the picture's cells, or reserves them. Returns the cells that the
    /// picture covers.
    fn place(&mut self, shot: &Shot, buffer: &mut Buffer) -> Rect;

    /// Something was drawn over this area after its pictures were placed: those below it are not
    /// shown in this frame.
    fn cover(&mut self, area: Rect);

    /// After the frame has been flushed: sends what is due. Protocols go to standard output, which
    /// is where `out` must lead too.
    ///
    /// # Errors
    /// The terminal cannot be written.
    fn finish(&mut self, now: Instant, out: &mut dyn Write) -> io::Result<Painted>;

    /// The screen was cleared or something else wrote on it: all pictures are due again.
    fn invalidate(&mut self);

    /// Deletes all pictures, before the screen is left or another painter takes over.
    ///
    /// # Errors
    /// The terminal cannot be written.
    fn clear(&mut self, out: &mut dyn Write) -> io::Result<()>;
}
