//! The sheet that plots are drawn on: light, so that thin lines stay visible when it is made small.

use font8x8::UnicodeFonts;
use image::{Rgb, RgbImage};

/// Width of every plot in pixels.
pub(super) const WIDTH: u32 = 192;
/// Edge of a character in pixels.
pub(super) const CHARACTER: u32 = 8;

pub(super) const PAPER: Rgb<u8> = Rgb([250, 250, 247]);
pub(super) const RULE: Rgb<u8> = Rgb([205, 208, 214]);
pub(super) const INK: Rgb<u8> = Rgb([16, 56, 136]);
pub(super) const TEXT: Rgb<u8> = Rgb([95, 100, 112]);

/// An empty sheet.
pub(super) fn sheet(height: u32) -> RgbImage {
    RgbImage::from_pixel(WIDTH, height, PAPER)
}

/// Mixes a colour into a pixel; nothing outside the sheet.
pub(super) fn blend(sheet: &mut RgbImage, x: i64, y: i64, colour: Rgb<u8>, share: f64) {
    let (Ok(x), Ok(y)) = (u32::try_from(x), u32::try_from(y)) else {
        return;
    };
    if let Some(pixel) = sheet.get_pixel_mut_checked(x, y) {
        for (below, above) in pixel.0.iter_mut().zip(colour.0) {
            let mixed = f64::from(*below) + share * (f64::from(above) - f64::from(*below));
            *below = mixed.round() as u8;
        }
    }
}

/// A horizontal line across the sheet.
pub(super) fn rule(sheet: &mut RgbImage, y: f64) {
    for x in 0..WIDTH {
        blend(sheet, x.into(), y.round() as i64, RULE, 1.0);
    }
}

/// Text from a top left corner on, as many characters as fit into `columns`; one that the font lacks is
/// a question mark.
pub(super) fn write(sheet: &mut RgbImage, text: &str, left: u32, top: u32, columns: usize) {
    for (column, character) in text.chars().take(columns).enumerate() {
        let known = |character| {
            font8x8::BASIC_FONTS
                .get(character)
                .or_else(|| font8x8::LATIN_FONTS.get(character))
                .or_else(|| font8x8::GREEK_FONTS.get(character))
        };
        let Some(rows) = known(character).or_else(|| known('?')) else {
            continue;
        };
        for (row, bits) in rows.iter().enumerate() {
            for place in (0..CHARACTER).filter(|place| bits >> place & 1 == 1) {
                let x = left + column as u32 * CHARACTER + place;
                blend(sheet, x.into(), i64::from(top) + row as i64, TEXT, 1.0);
            }
        }
    }
}
