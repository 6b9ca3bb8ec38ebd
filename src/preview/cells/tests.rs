//! Pictures in a buffer, cell by cell.

use std::sync::Arc;

use image::{GrayImage, Luma, Rgb, RgbImage};
use ratatui::style::Color;

use super::*;

fn gray(width: u32, levels: &[u8]) -> Picture {
    let height = levels.len() as u32 / width;
    Picture::Gray(GrayImage::from_fn(width, height, |x, y| {
        Luma([levels[(y * width + x) as usize]])
    }))
}

fn lines(buffer: &Buffer) -> Vec<String> {
    let row = |y| (0..buffer.area.width).map(move |x| buffer[(x, y)].symbol());
    (0..buffer.area.height).map(|y| row(y).collect()).collect()
}

fn painted(picture: &Picture, width: u16, height: u16, look: Look) -> (Buffer, Rect) {
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
    let place = paint(picture, buffer.area, &mut buffer, look);
    (buffer, place)
}

#[test]
fn a_half_block_shows_two_pixels_in_their_own_colours() {
    let picture = Picture::Rgb(RgbImage::from_fn(2, 2, |x, y| Rgb([x as u8, y as u8, 9])));
    let (buffer, place) = painted(&picture, 2, 1, Look::default());
    assert_eq!(place, Rect::new(0, 0, 2, 1));
    assert_eq!(lines(&buffer), ["▀▀"]);
    assert_eq!(buffer[(1, 0)].fg, Color::Rgb(1, 0, 9));
    assert_eq!(buffer[(1, 0)].bg, Color::Rgb(1, 1, 9));
}

#[test]
fn a_picture_is_enlarged_by_a_whole_number_and_centred() {
    let (buffer, place) = painted(&gray(2, &[0, 255, 255, 0]), 7, 3, Look::default());
    assert_eq!(place, Rect::new(0, 0, 6, 3));
    let (_, place) = painted(&gray(2, &[0, 255, 255, 0]), 9, 2, Look::default());
    assert_eq!(place, Rect::new(2, 0, 4, 2));
    assert_eq!(buffer[(0, 0)].bg, Color::Rgb(0, 0, 0));
    assert_eq!(buffer[(0, 1)].bg, Color::Rgb(255, 255, 255));
    assert_eq!(buffer[(6, 0)].symbol(), " ");
}

#[test]
fn proportions_follow_the_size_of_a_cell() {
    let look = |width, height| Look {
        cell: CellSize { width, height },
        ..Look::default()
    };
    let large = gray(64, &[128; 64 * 64]);
    let size = |look| {
        let (_, place) = painted(&large, 20, 20, look);
        (place.width, place.height)
    };
    assert_eq!(size(look(10, 20)), (20, 10));
    assert_eq!(size(look(10, 15)), (20, 14));
    assert_eq!(size(look(10, 10)), (20, 20));
}

#[test]
fn an_odd_last_row_leaves_the_background_below_it() {
    let mut buffer = Buffer::empty(Rect::new(0, 0, 1, 1));
    buffer[(0, 0)].set_bg(Color::Blue);
    let look = Look {
        cell: CellSize {
            width: 8,
            height: 16,
        },
        ..Look::default()
    };
    paint(&gray(1, &[77]), buffer.area, &mut buffer, look);
    assert_eq!(buffer[(0, 0)].fg, Color::Rgb(77, 77, 77));
    assert_eq!(buffer[(0, 0)].bg, Color::Blue);
}

#[test]
fn indexed_colours_are_those_of_the_contact_sheets() {
    let look = Look {
        colours: Colours::Indexed,
        ..Look::default()
    };
    let (buffer, _) = painted(&gray(1, &[128, 255]), 1, 1, look);
    assert_eq!(buffer[(0, 0)].fg, Color::Indexed(244));
    assert_eq!(buffer[(0, 0)].bg, Color::Indexed(231));
}

#[test]
fn without_colour_brightness_becomes_characters_for_either_background() {
    let look = |background| Look {
        colours: Colours::None,
        background,
        ..Look::default()
    };
    let picture = gray(2, &[0, 0, 255, 255, 0, 0, 255, 255]);
    let (buffer, _) = painted(&picture, 4, 4, look(Background::Dark));
    assert_eq!(lines(&buffer), ["    ", "@@@@", "    ", "@@@@"]);
    assert_eq!(buffer[(0, 1)].fg, Color::Reset);
    let (buffer, _) = painted(&picture, 4, 4, look(Background::Light));
    assert_eq!(lines(&buffer), ["@@@@", "    ", "@@@@", "    "]);
}

#[test]
fn quadrants_show_four_pixels() {
    let look = Look {
        blocks: Blocks::Quadrant,
        cell: CellSize {
            width: 8,
            height: 8,
        },
        ..Look::default()
    };
    let (buffer, place) = painted(&gray(2, &[255, 0, 0, 0]), 1, 1, look);
    assert_eq!(place, Rect::new(0, 0, 1, 1));
    assert_eq!(lines(&buffer), ["▘"]);
    assert_eq!(buffer[(0, 0)].fg, Color::Rgb(255, 255, 255));
    assert_eq!(buffer[(0, 0)].bg, Color::Rgb(0, 0, 0));
}

#[test]
fn nothing_is_painted_outside_of_the_area_or_the_screen() {
    let picture = gray(8, &[200; 64]);
    for area in [
        Rect::new(2, 1, 3, 2),
        Rect::new(8, 3, 30, 30),
        Rect::new(0, 0, 0, 5),
        Rect::new(50, 50, 5, 5),
    ] {
        for blocks in [Blocks::Half, Blocks::Quadrant] {
            let mut buffer = Buffer::empty(Rect::new(0, 0, 10, 5));
            let look = Look {
                blocks,
                ..Look::default()
            };
            let place = paint(&picture, area, &mut buffer, look);
            for y in 0..5 {
                for x in 0..10 {
                    let inside = place.contains((x, y).into());
                    assert!(!inside || area.contains((x, y).into()));
                    assert_eq!(
                        buffer[(x, y)].bg != Color::Reset || buffer[(x, y)].symbol() != " ",
                        inside
                    );
                }
            }
        }
    }
}

#[test]
fn remembered_pictures_look_the_same_and_another_id_is_another_picture() {
    let mut thumbnails = Thumbnails::new(Look::default());
    let shot = |id, level| Shot {
        area: Rect::new(0, 0, 2, 1),
        picture: Arc::new(gray(2, &[level; 4])),
        id,
    };
    let mut level = |shot: &Shot| {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 2, 1));
        thumbnails.paint(shot, &mut buffer);
        buffer[(0, 0)].fg
    };
    assert_eq!(level(&shot(1, 10)), Color::Rgb(10, 10, 10));
    assert_eq!(level(&shot(1, 20)), Color::Rgb(10, 10, 10));
    assert_eq!(level(&shot(2, 20)), Color::Rgb(20, 20, 20));
}
