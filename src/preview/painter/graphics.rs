//! Pictures by a graphics protocol, printed by viuer over cells that ratatui leaves alone.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Instant;

use image::DynamicImage;
use ratatui::buffer::{Buffer, CellDiffOption};
use ratatui::layout::Rect;

use super::super::{CellSize, Medium, Picture};
use super::budget::Budget;
use super::canvas::{Frame, SIXEL_CELL};
use super::{Painted, Painter, Shot};

/// Deletes every picture and its pixels, without an answer.
const DELETE_ALL: &[u8] = b"\x1b_Gq=2,a=d,d=A\x1b\\";

/// Prints a picture; false if that failed. viuer's own, or a test's.
pub(super) type Print = Box<dyn FnMut(&DynamicImage, &viuer::Config) -> bool + Send>;

/// Pictures by one of the protocols of viuer.
pub(super) struct Graphics {
    medium: Medium,
    cell: CellSize,
    remote: bool,
    budget: Budget,
    print: Print,
    /// The screen of the frame before.
    screen: Rect,
    /// Placed in this frame.
    wanted: Vec<Wanted>,
    /// Cells reserved in the frame before: already blank.
    reserved: Vec<Rect>,
    /// On the screen.
    shown: Vec<Shown>,
    /// Pictures may be on the screen that are not in `shown`.
    unknown: bool,
}

struct Wanted {
    frame: Frame,
    picture: Arc<Picture>,
    id: u64,
}

struct Shown {
    area: Rect,
    id: u64,
    sent: Instant,
}

impl Graphics {
    pub(super) fn new(medium: Medium, cell: CellSize, remote: bool, print: Print) -> Graphics {
        Graphics {
            medium,
            cell,
            remote,
            budget: Budget::new(remote),
            print,
            screen: Rect::ZERO,
            wanted: Vec::new(),
            reserved: Vec::new(),
            shown: Vec::new(),
            unknown: false,
        }
    }

    fn frame(&self, shot: &Shot) -> Option<Frame> {
        let area = above_last_row(shot.area, self.screen);
        let size = shot.picture.size();
        match self.medium {
            Medium::Sixel => Frame::sixel(size, area, self.cell, self.remote),
            _ => Frame::new(size, area, self.cell),
        }
    }

    /// Takes pictures off the screen that are no longer wanted where they are. The pixels of the
    /// other protocols go when ratatui writes the cells.
    fn delete_unwanted(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let wanted = |area: Rect| self.wanted.iter().any(|wanted| wanted.frame.area == area);
        let (kept, gone): (Vec<Shown>, Vec<Shown>) =
            self.shown.drain(..).partition(|shown| wanted(shown.area));
        self.shown = kept;
        if self.medium != Medium::Kitty || (gone.is_empty() && !self.unknown) {
            return Ok(());
        }
        if self.unknown || self.shown.is_empty() {
            self.unknown = false;
            return out.write_all(DELETE_ALL);
        }
        gone.iter().try_for_each(|shown| delete_at(shown.area, out))
    }

    /// Sends one picture and says whether that worked.
    fn send(&mut self, wanted: &Wanted, now: Instant, out: &mut dyn Write) -> io::Result<bool> {
        let area = wanted.frame.area;
        let Ok(y) = i16::try_from(area.y) else {
            return Ok(false);
        };
        let before = self.shown.iter().position(|shown| shown.area == area);
        if let Some(place) = before {
            self.shown.swap_remove(place);
            match self.medium {
                // Without this every picture that was ever shown here would stay below this one.
                Medium::Kitty if self.shown.is_empty() => out.write_all(DELETE_ALL)?,
                Medium::Kitty => delete_at(area, out)?,
                _ => {}
            }
        }
        // viuer writes to standard output by itself: what comes before must be there already.
        out.flush()?;
        let (image, width, height) = match self.medium {
            Medium::Sixel => (
                wanted.frame.exact(&wanted.picture),
                wanted.frame.width / SIXEL_CELL.width,
                wanted.frame.height / SIXEL_CELL.height,
            ),
            _ => (
                wanted
                    .frame
                    .own_pixels(&wanted.picture, self.cell, self.remote),
                area.width.into(),
                area.height.into(),
            ),
        };
        // Exactly one protocol is on and both edges are given, so that viuer neither asks about
        // another protocol nor scales by an idea of its own.
        let config = viuer::Config {
            transparent: true,
            premultiplied_alpha: false,
            absolute_offset: true,
            x: area.x,
            y,
            restore_cursor: true,
            width: Some(width),
            height: Some(height),
            truecolor: true,
            use_kitty: self.medium == Medium::Kitty,
            use_iterm: self.medium == Medium::Iterm,
            use_sixel: self.medium == Medium::Sixel,
        };
        if !(self.print)(&image, &config) {
            return Ok(false);
        }
        self.budget.spend(image.width() * image.height(), now);
        self.shown.push(Shown {
            area,
            id: wanted.id,
            sent: now,
        });
        Ok(true)
    }
}

impl Painter for Graphics {
    fn place(&mut self, shot: &Shot, buffer: &mut Buffer) -> Rect {
        if self.screen != buffer.area {
            self.invalidate();
            self.screen = buffer.area;
        }
        let Some(frame) = self.frame(shot) else {
            return Rect::ZERO;
        };
        // Blanks erase what was here, text or pixels; once that is done the cells are left alone.
        let option = if self.reserved.contains(&frame.area) {
            CellDiffOption::Skip
        } else {
            CellDiffOption::AlwaysUpdate
        };
        for position in frame.area.positions() {
            let cell = &mut buffer[position];
            cell.reset();
            cell.set_diff_option(option);
        }
        self.wanted.push(Wanted {
            frame,
            picture: Arc::clone(&shot.picture),
            id: shot.id,
        });
        frame.area
    }

    fn cover(&mut self, area: Rect) {
        self.wanted
            .retain(|wanted| !wanted.frame.area.intersects(area));
    }

    fn finish(&mut self, now: Instant, out: &mut dyn Write) -> io::Result<Painted> {
        self.delete_unwanted(out)?;
        let mut painted = Painted::default();
        let wanted = std::mem::take(&mut self.wanted);
        self.reserved = wanted.iter().map(|wanted| wanted.frame.area).collect();
        for wanted in &wanted {
            let here = |shown: &&Shown| shown.area == wanted.frame.area;
            let before = self.shown.iter().find(here);
            if before.is_some_and(|before| before.id == wanted.id) {
                continue;
            }
            let last = before.map(|before| before.sent);
            if let Some(later) = self.budget.wait(last, now) {
                painted.due = Some(painted.due.map_or(later, |due| due.min(later)));
            } else if self.send(wanted, now, out)? {
                painted.sent += 1;
            } else {
                painted.failed = true;
                break;
            }
        }
        out.flush()?;
        Ok(painted)
    }

    fn invalidate(&mut self) {
        self.unknown |= !self.shown.is_empty();
        self.shown.clear();
        self.reserved.clear();
    }

    fn clear(&mut self, out: &mut dyn Write) -> io::Result<()> {
        self.invalidate();
        self.wanted.clear();
        if self.medium == Medium::Kitty {
            self.unknown = false;
            out.write_all(DELETE_ALL)?;
        }
        out.flush()
    }
}

/// The part of `area` that leaves the last row of the screen free: some protocols end a picture with
/// a new line, which would scroll the whole screen from there.
fn above_last_row(area: Rect, screen: Rect) -> Rect {
    let above = Rect {
        height: screen.height.saturating_sub(1),
        ..screen
    };
    let area = area.intersection(above);
    debug_assert!(area.is_empty() || area.bottom() < screen.bottom());
    area
}

/// Deletes the pictures over one cell, counted from one.
fn delete_at(area: Rect, out: &mut dyn Write) -> io::Result<()> {
    let (x, y) = (u32::from(area.x) + 1, u32::from(area.y) + 1);
    write!(out, "\x1b_Gq=2,a=d,d=P,x={x},y={y}\x1b\\")
}

#[cfg(test)]
mod tests;
