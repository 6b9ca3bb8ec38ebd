//! Frames of a screen on a terminal that only counts.
#![allow(clippy::unwrap_used)]

use std::sync::Mutex;
use std::time::Duration;

use image::GrayImage;

use super::*;
use crate::preview::CellSize;

const SCREEN: Rect = Rect::new(0, 0, 80, 24);

/// What viuer was asked to print: place and size of the picture.
type Log = Arc<Mutex<Vec<(u16, i16, u32, u32)>>>;

struct Stage {
    graphics: Graphics,
    log: Log,
    start: Instant,
}

impl Stage {
    fn new(medium: Medium, remote: bool) -> Stage {
        let log = Log::default();
        let entries = Arc::clone(&log);
        let print: Print = Box::new(move |image, config| {
            let flags = [config.use_kitty, config.use_iterm, config.use_sixel];
            assert_eq!(flags.iter().filter(|&&flag| flag).count(), 1);
            assert!(config.absolute_offset && config.restore_cursor);
            let entry = (config.x, config.y, image.width(), image.height());
            entries.lock().unwrap().push(entry);
            true
        });
        Stage {
            graphics: Graphics::new(medium, CellSize::USUAL, remote, print),
            log,
            start: Instant::now(),
        }
    }

    /// One frame with these pictures; the bytes that are not viuer's, and what became of them.
    fn frame(&mut self, milliseconds: u64, shots: &[Shot]) -> (String, Painted, Buffer) {
        let mut buffer = Buffer::empty(SCREEN);
        for shot in shots {
            self.graphics.place(shot, &mut buffer);
        }
        let (bytes, painted) = self.finish(milliseconds);
        (bytes, painted, buffer)
    }

    fn finish(&mut self, milliseconds: u64) -> (String, Painted) {
        let mut out = Vec::new();
        let now = self.start + Duration::from_millis(milliseconds);
        let painted = self.graphics.finish(now, &mut out).unwrap();
        (String::from_utf8(out).unwrap(), painted)
    }

    fn printed(&self) -> usize {
        self.log.lock().unwrap().len()
    }
}

fn shot(id: u64, area: Rect) -> Shot {
    Shot {
        area,
        picture: Arc::new(Picture::Gray(GrayImage::new(64, 64))),
        id,
    }
}

const LEFT: Rect = Rect::new(0, 0, 28, 14);
const RIGHT: Rect = Rect::new(40, 0, 28, 14);
const DELETED: &str = "\x1b_Gq=2,a=d,d=A\x1b\\";

#[test]
fn a_picture_that_stays_is_sent_once_and_its_cells_are_left_alone() {
    for medium in [Medium::Kitty, Medium::Iterm, Medium::Sixel] {
        let mut stage = Stage::new(medium, false);
        let (_, painted, buffer) = stage.frame(0, &[shot(1, LEFT)]);
        assert_eq!((painted.sent, painted.due), (1, None));
        assert_eq!(buffer[(0, 0)].diff_option, CellDiffOption::AlwaysUpdate);
        for later in 1..20 {
            let (bytes, painted, buffer) = stage.frame(later * 1000, &[shot(1, LEFT)]);
            assert_eq!((bytes.as_str(), painted), ("", Painted::default()));
            assert_eq!(buffer[(27, 13)].diff_option, CellDiffOption::Skip);
            assert_eq!(buffer[(28, 13)].diff_option, CellDiffOption::None);
        }
        assert_eq!(stage.printed(), 1);
    }
}

#[test]
fn a_new_picture_in_the_same_place_deletes_the_old_one_and_keeps_the_pace() {
    let mut stage = Stage::new(Medium::Kitty, false);
    stage.frame(0, &[shot(1, LEFT)]);
    let (bytes, painted, buffer) = stage.frame(100, &[shot(2, LEFT)]);
    assert_eq!((bytes.as_str(), painted.sent), ("", 0));
    let due = stage.start + Duration::from_millis(250);
    assert_eq!(painted.due, Some(due));
    assert_eq!(buffer[(0, 0)].diff_option, CellDiffOption::Skip);
    let (bytes, painted, _) = stage.frame(250, &[shot(3, LEFT)]);
    assert_eq!((bytes.as_str(), painted.sent), (DELETED, 1));
}

#[test]
fn beside_another_picture_only_the_old_one_is_deleted() {
    let mut stage = Stage::new(Medium::Kitty, false);
    let (_, painted, _) = stage.frame(0, &[shot(1, LEFT), shot(2, RIGHT)]);
    assert_eq!(painted.sent, 2);
    let (bytes, painted, _) = stage.frame(1000, &[shot(1, LEFT), shot(3, RIGHT)]);
    assert_eq!(bytes, "\x1b_Gq=2,a=d,d=P,x=41,y=1\x1b\\");
    assert_eq!(painted.sent, 1);
    let (bytes, _, _) = stage.frame(2000, &[shot(1, LEFT)]);
    assert_eq!(bytes, "\x1b_Gq=2,a=d,d=P,x=41,y=1\x1b\\");
    let (bytes, _, _) = stage.frame(3000, &[]);
    assert_eq!(bytes, DELETED);
    assert_eq!(stage.printed(), 3);
}

#[test]
fn a_picture_that_moves_leaves_blank_cells_and_is_sent_again() {
    let mut stage = Stage::new(Medium::Sixel, false);
    stage.frame(0, &[shot(1, LEFT)]);
    let (_, painted, buffer) = stage.frame(1000, &[shot(1, Rect::new(1, 0, 28, 14))]);
    assert_eq!(painted.sent, 1);
    assert_eq!(buffer[(1, 0)].diff_option, CellDiffOption::AlwaysUpdate);
    // Differs from what was reserved there: ratatui writes it and so erases the pixels.
    let mut before = Buffer::empty(SCREEN);
    before[(0, 0)].set_diff_option(CellDiffOption::Skip);
    assert!(
        before
            .diff(&buffer)
            .iter()
            .any(|(x, y, _)| (*x, *y) == (0, 0))
    );
}

#[test]
fn below_something_drawn_over_it_a_picture_waits() {
    let mut stage = Stage::new(Medium::Kitty, false);
    stage.frame(0, &[shot(1, LEFT), shot(2, RIGHT)]);
    for step in 1..3 {
        let mut buffer = Buffer::empty(SCREEN);
        stage.graphics.place(&shot(1, LEFT), &mut buffer);
        stage.graphics.place(&shot(2, RIGHT), &mut buffer);
        stage.graphics.cover(Rect::new(20, 5, 10, 5));
        let (bytes, painted) = stage.finish(step * 1000);
        let deleted = "\x1b_Gq=2,a=d,d=P,x=1,y=1\x1b\\";
        assert_eq!(bytes, if step == 1 { deleted } else { "" });
        assert_eq!(painted, Painted::default());
    }
    let (_, painted, buffer) = stage.frame(3000, &[shot(1, LEFT), shot(2, RIGHT)]);
    assert_eq!(painted.sent, 1);
    assert_eq!(buffer[(0, 0)].diff_option, CellDiffOption::AlwaysUpdate);
    assert_eq!(buffer[(40, 0)].diff_option, CellDiffOption::Skip);
}

#[test]
fn after_an_invalidation_or_another_size_of_the_screen_all_are_due_again() {
    let mut stage = Stage::new(Medium::Kitty, false);
    stage.frame(0, &[shot(1, LEFT)]);
    stage.graphics.invalidate();
    let (bytes, painted, buffer) = stage.frame(1000, &[shot(1, LEFT)]);
    assert_eq!((bytes.as_str(), painted.sent), (DELETED, 1));
    assert_eq!(buffer[(0, 0)].diff_option, CellDiffOption::AlwaysUpdate);
    let mut buffer = Buffer::empty(Rect::new(0, 0, 100, 24));
    stage.graphics.place(&shot(1, LEFT), &mut buffer);
    let (bytes, painted) = stage.finish(2000);
    assert_eq!((bytes.as_str(), painted.sent), (DELETED, 1));
}

#[test]
fn the_last_row_of_the_screen_stays_free() {
    for medium in [Medium::Kitty, Medium::Iterm, Medium::Sixel] {
        let mut stage = Stage::new(medium, false);
        for area in [SCREEN, Rect::new(10, 20, 30, 4), Rect::new(0, 0, 500, 500)] {
            let mut buffer = Buffer::empty(SCREEN);
            let place = stage.graphics.place(&shot(1, area), &mut buffer);
            assert!(
                !place.is_empty() && place.bottom() < SCREEN.bottom(),
                "{place:?}"
            );
        }
        let mut buffer = Buffer::empty(SCREEN);
        let last = Rect::new(0, 23, 80, 1);
        assert!(stage.graphics.place(&shot(1, last), &mut buffer).is_empty());
        assert_eq!(buffer, Buffer::empty(SCREEN));
    }
}

#[test]
fn over_a_network_pictures_come_one_a_second_and_small() {
    let mut stage = Stage::new(Medium::Kitty, true);
    let shots = [shot(1, LEFT), shot(2, RIGHT)];
    let (_, painted, _) = stage.frame(0, &shots);
    let due = stage.start + Duration::from_secs(1);
    assert_eq!((painted.sent, painted.due), (1, Some(due)));
    let (_, painted, _) = stage.frame(999, &shots);
    assert_eq!(painted.sent, 0);
    let (_, painted, _) = stage.frame(1000, &shots);
    assert_eq!((painted.sent, painted.due), (1, None));
    for &(_, _, width, height) in stage.log.lock().unwrap().iter() {
        assert!(width * height * 16 / 3 <= 33 * 1024);
    }
}

#[test]
fn sixel_pictures_reach_viuer_with_the_pixels_of_their_cells() {
    let mut stage = Stage::new(Medium::Sixel, false);
    stage.frame(0, &[shot(1, Rect::new(3, 2, 28, 14))]);
    // 28 by 14 cells of 8 by 16 pixels, in steps of 6 and 12.
    assert_eq!(*stage.log.lock().unwrap(), [(3, 2, 222, 216)]);
}

#[test]
fn clearing_deletes_the_pictures_of_the_screen() {
    let mut stage = Stage::new(Medium::Kitty, false);
    stage.frame(0, &[shot(1, LEFT)]);
    let mut out = Vec::new();
    stage.graphics.clear(&mut out).unwrap();
    assert_eq!(out, DELETED.as_bytes());
    let (bytes, painted, _) = stage.frame(1000, &[shot(1, LEFT)]);
    assert_eq!((bytes.as_str(), painted.sent), ("", 1));
}

#[test]
fn a_failure_is_told() {
    let print: Print = Box::new(|_, _| false);
    let mut graphics = Graphics::new(Medium::Iterm, CellSize::USUAL, false, print);
    graphics.place(&shot(1, LEFT), &mut Buffer::empty(SCREEN));
    let painted = graphics.finish(Instant::now(), &mut Vec::new()).unwrap();
    assert!(painted.failed);
}
