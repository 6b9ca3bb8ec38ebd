//! Rows of a contact sheet as pictures: equal boxes side by side, nothing between them.

use image::imageops::{FilterType, overlay, resize};
use image::{Rgba, RgbaImage};

use super::layout::{GAP, Layout};
use super::picture::Picture;
use super::terminal::{CellSize, Medium};

/// Pixels of one box in a row's picture, and from the left edge of one to that of the next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Grain {
    width: u32,
    height: u32,
    pitch: f64,
}

/// Graphics below this edge are enlarged: viuer does not end a kitty transfer of fewer than 769
/// pixels.
const SMALLEST_EDGE: u32 = 32;

impl Grain {
    /// For pictures of at most `size` pixels. Characters take one pixel a column and two a row; a
    /// graphics protocol is sent the picture's own pixels, or fewer where the screen has fewer.
    pub(super) fn new(layout: &Layout, size: (u32, u32), medium: Medium, cell: CellSize) -> Grain {
        let columns = layout.columns as u32;
        let (width, height) = match medium {
            Medium::Cells(_) => (columns, 2 * layout.rows as u32),
            _ => {
                let factor = SMALLEST_EDGE.div_ceil(size.0.min(size.1).max(1));
                let enlarged = |edge: u32| edge.max(1).saturating_mul(factor);
                (
                    enlarged(size.0).min(columns * cell.width),
                    enlarged(size.1).min(layout.rows as u32 * cell.height),
                )
            }
        };
        let pitch = f64::from(width) * (layout.columns + GAP) as f64 / layout.columns as f64;
        Grain {
            width,
            height,
            pitch,
        }
    }
}

/// One row of the sheet. Pictures keep their proportions and stand in the middle of their boxes;
/// what they leave free is transparent.
pub(super) fn compose_row(pictures: &[Picture], grain: Grain) -> RgbaImage {
    let last = pictures.len().saturating_sub(1) as f64;
    let width = (last * grain.pitch).round() as u32 + grain.width;
    let mut row = RgbaImage::from_pixel(width, grain.height, Rgba([0, 0, 0, 0]));
    for (place, picture) in pictures.iter().enumerate() {
        let fitted = fit(picture, grain);
        let left = (place as f64 * grain.pitch).round() as i64
            + i64::from((grain.width - fitted.width()) / 2);
        let top = i64::from((grain.height - fitted.height()) / 2);
        overlay(&mut row, &fitted, left, top);
    }
    row
}

/// A picture as large as its box allows. Enlarged pixels stay squares.
fn fit(picture: &Picture, grain: Grain) -> RgbaImage {
    let (width, height) = picture.size();
    let scale_across = f64::from(grain.width) / f64::from(width.max(1));
    let scale_down = f64::from(grain.height) / f64::from(height.max(1));
    let scale = scale_across.min(scale_down);
    let scaled = |edge: u32, most: u32| ((f64::from(edge) * scale).round() as u32).clamp(1, most);
    let (fit_width, fit_height) = (scaled(width, grain.width), scaled(height, grain.height));
    let image = picture.to_rgba();
    if (fit_width, fit_height) == (width, height) {
        return image;
    }
    let filter = if scale > 1.0 {
        FilterType::Nearest
    } else {
        FilterType::Triangle
    };
    resize(&image, fit_width, fit_height, filter)
}

#[cfg(test)]
mod tests {
    use image::{GrayImage, Luma};

    use super::*;
    use crate::preview::terminal::Colours;

    fn gray(width: u32, height: u32, level: u8) -> Picture {
        Picture::Gray(GrayImage::from_pixel(width, height, Luma([level])))
    }

    const LAYOUT: Layout = Layout {
        across: 3,
        columns: 4,
        rows: 2,
    };

    #[test]
    fn pictures_stand_side_by_side_with_a_transparent_gap() {
        let cells = Medium::Cells(Colours::True);
        let grain = Grain::new(&LAYOUT, (4, 4), cells, CellSize::USUAL);
        let row = compose_row(&[gray(4, 4, 10), gray(4, 4, 20)], grain);
        assert_eq!(row.dimensions(), (9, 4));
        assert_eq!(row.get_pixel(3, 3).0, [10, 10, 10, 255]);
        assert_eq!(row.get_pixel(4, 0).0[3], 0);
        assert_eq!(row.get_pixel(5, 0).0, [20, 20, 20, 255]);
    }

    #[test]
    fn a_picture_of_another_shape_is_centred() {
        let cells = Medium::Cells(Colours::True);
        let grain = Grain::new(&LAYOUT, (4, 4), cells, CellSize::USUAL);
        let row = compose_row(&[gray(8, 4, 10)], grain);
        assert_eq!(row.get_pixel(0, 0).0[3], 0);
        assert_eq!(row.get_pixel(0, 1).0[3], 255);
        assert_eq!(row.get_pixel(3, 2).0[3], 255);
        assert_eq!(row.get_pixel(3, 3).0[3], 0);
    }

    #[test]
    fn graphics_get_the_pictures_own_pixels_but_never_too_few() {
        let pixels = |edge: u32, cell: CellSize| {
            let grain = Grain::new(&LAYOUT, (edge, edge), Medium::Kitty, cell);
            (grain.width, grain.height)
        };
        let large = CellSize {
            width: 20,
            height: 40,
        };
        assert_eq!(pixels(28, large), (56, 56));
        assert_eq!(pixels(64, large), (64, 64));
        assert_eq!(pixels(8, large), (32, 32));
        assert_eq!(pixels(224, large), (80, 80));
    }
}
