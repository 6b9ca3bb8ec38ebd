//! Where a picture stands on the screen, and the pixels that are sent for it.

use image::imageops::overlay;
use image::{DynamicImage, Rgba, RgbaImage};
use ratatui::layout::Rect;

use super::super::cells::averaged;
use super::super::fit::{Dots, centred};
use super::super::{CellSize, Picture};

/// viuer takes a cell to be this large when it makes sixels. Edges of sixel pictures are multiples
/// of it, so that viuer does not scale them again.
pub(super) const SIXEL_CELL: CellSize = CellSize {
    width: 6,
    height: 12,
};
/// Widest picture that viuer sends by sixel.
const WIDEST_SIXEL: u32 = 1000;
/// Most pixels of a sixel picture over a network, about 32 KB.
const REMOTE_SIXEL: u32 = 280 * 280;
/// Longest edge that is sent; the terminal enlarges it.
const LONGEST_EDGE: f64 = 512.0;
const LONGEST_REMOTE_EDGE: f64 = 96.0;
/// Most pixels of other pictures over a network: 32 KB of four bytes each, in base 64.
const REMOTE_PIXELS: f64 = 32.0 * 1024.0 * 0.75 / 4.0;
/// viuer does not end a kitty transfer of fewer pixels.
const FEWEST_PIXELS: f64 = 769.0;

/// A picture's place on the screen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Frame {
    /// The cells that it covers.
    pub(super) area: Rect,
    /// Pixels of the screen that it covers, no more than the cells have.
    pub(super) width: u32,
    pub(super) height: u32,
}

impl Frame {
    /// In the middle of `area`, with the picture's proportions. None where there is no room.
    pub(super) fn new(size: (u32, u32), area: Rect, cell: CellSize) -> Option<Frame> {
        if area.is_empty() {
            return None;
        }
        let dots = Dots {
            width: u32::from(area.width) * cell.width,
            height: u32::from(area.height) * cell.height,
            aspect: 1.0,
        };
        Some(Frame::of(dots.fill(size), area, cell))
    }

    /// As [`Frame::new`], in pixels that sixels can have: whole bands, not too wide.
    pub(super) fn sixel(
        size: (u32, u32),
        area: Rect,
        cell: CellSize,
        remote: bool,
    ) -> Option<Frame> {
        let mut dots = Dots {
            width: (u32::from(area.width) * cell.width).min(WIDEST_SIXEL),
            height: u32::from(area.height) * cell.height,
            aspect: 1.0,
        };
        let pixels = dots.width * dots.height;
        if remote && pixels > REMOTE_SIXEL {
            let shrink = (f64::from(REMOTE_SIXEL) / f64::from(pixels)).sqrt();
            dots.width = (f64::from(dots.width) * shrink) as u32;
            dots.height = (f64::from(dots.height) * shrink) as u32;
        }
        let (width, height) = dots.fill(size);
        let width = width / SIXEL_CELL.width * SIXEL_CELL.width;
        let height = height / SIXEL_CELL.height * SIXEL_CELL.height;
        (width > 0 && height > 0).then(|| Frame::of((width, height), area, cell))
    }

    fn of((width, height): (u32, u32), area: Rect, cell: CellSize) -> Frame {
        let cells = |pixels: u32, edge: u32| pixels.div_ceil(edge).min(u32::from(u16::MAX)) as u16;
        let columns = cells(width, cell.width);
        let rows = cells(height, cell.height);
        Frame {
            area: centred(columns, rows, area),
            width,
            height,
        }
    }

    /// The very pixels of the screen.
    pub(super) fn exact(&self, picture: &Picture) -> DynamicImage {
        DynamicImage::ImageRgb8(averaged(picture, (self.width, self.height)))
    }

    /// The picture's own pixels, or fewer, on a transparent ground with the proportions of the
    /// cells: terminals may enlarge it to its cells as they like, none distorts it.
    pub(super) fn own_pixels(
        &self,
        picture: &Picture,
        cell: CellSize,
        remote: bool,
    ) -> DynamicImage {
        let across = f64::from(u32::from(self.area.width) * cell.width);
        let down = f64::from(u32::from(self.area.height) * cell.height);
        let (longest, most) = if remote {
            (LONGEST_REMOTE_EDGE, REMOTE_PIXELS)
        } else {
            (LONGEST_EDGE, f64::INFINITY)
        };
        let own = f64::from(picture.size().0) / f64::from(self.width);
        let scale = own
            .min(1.0)
            .min(longest / across.max(down))
            .min((most / (across * down)).sqrt())
            .max((FEWEST_PIXELS / (across * down)).sqrt());
        // A little less than itself, or rounding errors would add a pixel to what fits exactly.
        let edge = |screen: f64| ((screen * scale - 1e-6).ceil() as u32).max(1);
        let (columns, rows) = (edge(across), edge(down));
        let inner =
            |screen: u32, most: u32| ((f64::from(screen) * scale).round() as u32).clamp(1, most);
        let content = averaged(
            picture,
            (inner(self.width, columns), inner(self.height, rows)),
        );
        let content = DynamicImage::ImageRgb8(content).to_rgba8();
        if content.dimensions() == (columns, rows) {
            return DynamicImage::ImageRgba8(content);
        }
        let mut ground = RgbaImage::from_pixel(columns, rows, Rgba([0, 0, 0, 0]));
        let left = i64::from((columns - content.width()) / 2);
        let top = i64::from((rows - content.height()) / 2);
        overlay(&mut ground, &content, left, top);
        DynamicImage::ImageRgba8(ground)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use image::{GenericImageView, GrayImage};

    use super::*;

    fn gray(width: u32, height: u32) -> Picture {
        Picture::Gray(GrayImage::from_pixel(width, height, image::Luma([200])))
    }

    const CELL: CellSize = CellSize {
        width: 10,
        height: 20,
    };

    fn sent(picture: &Picture, area: Rect, remote: bool) -> DynamicImage {
        let frame = Frame::new(picture.size(), area, CELL).unwrap();
        frame.own_pixels(picture, CELL, remote)
    }

    #[test]
    fn a_small_picture_is_sent_with_its_own_pixels() {
        let area = Rect::new(0, 0, 28, 14);
        assert_eq!(sent(&gray(64, 64), area, false).dimensions(), (64, 64));
        assert_eq!(sent(&gray(28, 28), area, false).dimensions(), (28, 28));
    }

    #[test]
    fn a_large_picture_is_sent_no_larger_than_the_screen_shows_it() {
        let area = Rect::new(0, 0, 20, 10);
        assert_eq!(sent(&gray(800, 800), area, false).dimensions(), (200, 200));
        let wide = Rect::new(0, 0, 200, 100);
        assert_eq!(
            sent(&gray(4000, 4000), wide, false).dimensions(),
            (512, 512)
        );
    }

    #[test]
    fn over_a_network_a_picture_has_at_most_32_kilobytes() {
        for edge in [64, 96, 500] {
            let picture = sent(&gray(edge, edge), Rect::new(0, 0, 60, 30), true);
            let (width, height) = picture.dimensions();
            assert!(width.max(height) <= 96);
            assert!(
                (width * height * 4).div_ceil(3) * 4 <= 33 * 1024,
                "{width}x{height}"
            );
        }
    }

    #[test]
    fn every_kitty_transfer_has_the_pixels_that_end_it() {
        for size in [(1, 1), (8, 8), (28, 27), (1, 300), (300, 1)] {
            for area in [
                Rect::new(0, 0, 1, 1),
                Rect::new(0, 0, 12, 6),
                Rect::new(0, 0, 3, 40),
            ] {
                for remote in [false, true] {
                    let picture = sent(&gray(size.0, size.1), area, remote);
                    let (width, height) = picture.dimensions();
                    assert!(width * height >= 769, "{size:?} {area:?} {width}x{height}");
                }
            }
        }
    }

    #[test]
    fn what_is_sent_has_the_proportions_of_the_cells_and_the_picture_its_own() {
        let frame = Frame::new((300, 200), Rect::new(5, 3, 31, 14), CELL).unwrap();
        assert_eq!((frame.width, frame.height), (310, 207));
        assert_eq!(frame.area, Rect::new(5, 4, 31, 11));
        let picture = frame.own_pixels(&gray(300, 200), CELL, false).to_rgba8();
        assert_eq!(picture.dimensions(), (300, 213));
        let opaque = picture.pixels().filter(|pixel| pixel.0[3] == 255).count();
        assert_eq!(opaque, 300 * 200);
        assert_eq!(picture.get_pixel(0, 0).0[3], 0);
    }

    #[test]
    fn sixel_pictures_are_whole_bands_within_their_cells() {
        let size = |area, remote| {
            Frame::sixel((64, 64), area, CELL, remote).map(|frame| (frame.width, frame.height))
        };
        assert_eq!(size(Rect::new(0, 0, 28, 14), false), Some((276, 276)));
        assert_eq!(size(Rect::new(0, 0, 300, 100), false), Some((996, 996)));
        assert_eq!(size(Rect::new(0, 0, 60, 30), true), Some((276, 276)));
        assert_eq!(size(Rect::new(0, 0, 1, 1), false), None);
        let frame = Frame::sixel((64, 64), Rect::new(2, 2, 28, 14), CELL, false).unwrap();
        assert_eq!(frame.area, Rect::new(2, 2, 28, 14));
        assert_eq!(frame.exact(&gray(64, 64)).dimensions(), (276, 276));
    }
}
