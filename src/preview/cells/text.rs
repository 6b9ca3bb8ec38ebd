//! Pictures as lines of text with escape codes, for the scroll-back.

use std::fmt::Write;

use image::{Rgba, RgbaImage};

use crate::preview::colour::{luminance, nearest_index, shade};
use crate::preview::terminal::Colours;

const UPPER_HALF: char = '▀';
const LOWER_HALF: char = '▄';
const RESET: &str = "\x1b[0m";

/// A picture as lines of text, one for every two rows of pixels. Transparent pixels show the
/// terminal's background. Every line ends with the colours it found.
pub(in crate::preview) fn draw(picture: &RgbaImage, colours: Colours) -> String {
    let mut text = String::new();
    for top in (0..picture.height()).step_by(2) {
        match colours {
            Colours::None => draw_brightness(picture, top, &mut text),
            Colours::True => draw_halves(picture, top, true_colour, &mut text),
            Colours::Indexed => draw_halves(picture, top, indexed_colour, &mut text),
        }
        text.push('\n');
    }
    text
}

/// The pixel, if it is there and not transparent.
fn pixel(picture: &RgbaImage, x: u32, y: u32) -> Option<[u8; 3]> {
    let Rgba([red, green, blue, alpha]) = *picture.get_pixel_checked(x, y)?;
    (alpha >= 128).then_some([red, green, blue])
}

fn draw_brightness(picture: &RgbaImage, top: u32, text: &mut String) {
    for x in 0..picture.width() {
        let halves = [pixel(picture, x, top), pixel(picture, x, top + 1)];
        let levels: Vec<f64> = halves.into_iter().flatten().map(luminance).collect();
        let mean = levels.iter().sum::<f64>() / levels.len().max(1) as f64;
        text.push(shade(mean));
    }
}

/// One line of half blocks. A colour is written only where it changes.
fn draw_halves(picture: &RgbaImage, top: u32, code: fn([u8; 3]) -> String, text: &mut String) {
    let mut current = (None, None);
    for x in 0..picture.width() {
        let (above, below) = (pixel(picture, x, top), pixel(picture, x, top + 1));
        let (character, front, back) = match (above, below) {
            (None, None) => (' ', None, None),
            (None, below) => (LOWER_HALF, below, None),
            (above, below) => (UPPER_HALF, above, below),
        };
        let (front, back) = (front.map(code), back.map(code));
        if (&front, &back) != (&current.0, &current.1) {
            if (front.is_none() && current.0.is_some()) || (back.is_none() && current.1.is_some()) {
                text.push_str(RESET);
                current = (None, None);
            }
            // Writing to a string does not fail.
            if let Some(front) = front.as_ref().filter(|_| front != current.0) {
                let _ = write!(text, "\x1b[38;{front}m");
            }
            if let Some(back) = back.as_ref().filter(|_| back != current.1) {
                let _ = write!(text, "\x1b[48;{back}m");
            }
            current = (front, back);
        }
        text.push(character);
    }
    if current != (None, None) {
        text.push_str(RESET);
    }
}

fn true_colour([red, green, blue]: [u8; 3]) -> String {
    format!("2;{red};{green};{blue}")
}

fn indexed_colour(colour: [u8; 3]) -> String {
    format!("5;{}", nearest_index(colour))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(rows: &[&[[u8; 4]]]) -> RgbaImage {
        RgbaImage::from_fn(rows[0].len() as u32, rows.len() as u32, |x, y| {
            Rgba(rows[y as usize][x as usize])
        })
    }

    const RED: [u8; 4] = [255, 0, 0, 255];
    const WHITE: [u8; 4] = [255, 255, 255, 255];
    const BLACK: [u8; 4] = [0, 0, 0, 255];
    const CLEAR: [u8; 4] = [0, 0, 0, 0];

    #[test]
    fn two_pixels_share_a_character_and_colours_are_written_once() {
        let picture = picture(&[&[RED, RED, WHITE], &[WHITE, WHITE, WHITE]]);
        assert_eq!(
            draw(&picture, Colours::True),
            "\x1b[38;2;255;0;0m\x1b[48;2;255;255;255m▀▀\x1b[38;2;255;255;255m▀\x1b[0m\n"
        );
    }

    #[test]
    fn transparent_pixels_keep_the_background() {
        let picture = picture(&[&[RED, CLEAR, CLEAR], &[RED, CLEAR, RED]]);
        assert_eq!(
            draw(&picture, Colours::Indexed),
            "\x1b[38;5;196m\x1b[48;5;196m▀\x1b[0m \x1b[38;5;196m▄\x1b[0m\n"
        );
    }

    #[test]
    fn without_colour_there_is_no_escape_code() {
        let picture = picture(&[&[WHITE, BLACK, WHITE, CLEAR], &[WHITE, BLACK, BLACK, CLEAR]]);
        assert_eq!(draw(&picture, Colours::None), "@ = \n");
    }

    #[test]
    fn an_odd_last_row_is_half_a_character() {
        let picture = picture(&[&[RED]]);
        assert_eq!(draw(&picture, Colours::Indexed), "\x1b[38;5;196m▀\x1b[0m\n");
    }
}
