//! How large a picture stands in its area.

use ratatui::layout::Rect;

/// Dots this near to squares are taken as such, so that small pictures keep their own pixels.
const NEARLY_SQUARE: std::ops::RangeInclusive<f64> = 0.85..=1.18;

/// A grid of dots that a picture may fill.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dots {
    /// Dots across.
    pub(super) width: u32,
    /// Dots down.
    pub(super) height: u32,
    /// Width of a dot over its height.
    pub(super) aspect: f64,
}

impl Dots {
    /// The most dots across and down that keep the picture's proportions.
    pub(super) fn fill(self, (width, height): (u32, u32)) -> (u32, u32) {
        let (width, height) = (f64::from(width.max(1)), f64::from(height.max(1)));
        let scale =
            (f64::from(self.width) * self.aspect / width).min(f64::from(self.height) / height);
        let dots = |length: f64, most: u32| (length.round() as u32).clamp(1, most.max(1));
        (
            dots(width * scale / self.aspect, self.width),
            dots(height * scale, self.height),
        )
    }

    /// As [`Dots::fill`], but a picture with fewer pixels than there are dots is enlarged by a whole
    /// number, so that its pixels stay equal squares.
    pub(super) fn fill_by_whole_pixels(self, (width, height): (u32, u32)) -> (u32, u32) {
        let factor = (self.width / width.max(1)).min(self.height / height.max(1));
        if factor >= 1 && NEARLY_SQUARE.contains(&self.aspect) {
            (width.max(1) * factor, height.max(1) * factor)
        } else {
            self.fill((width, height))
        }
    }
}

/// A rectangle of this size in the middle of another; no larger than that.
pub(super) fn centred(columns: u16, rows: u16, area: Rect) -> Rect {
    let (width, height) = (columns.min(area.width), rows.min(area.height));
    Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dots(width: u32, height: u32, aspect: f64) -> Dots {
        Dots {
            width,
            height,
            aspect,
        }
    }

    #[test]
    fn proportions_are_kept_and_nothing_sticks_out() {
        for size in [(1, 1), (64, 64), (1, 3000), (3000, 1), (640, 480), (7, 13)] {
            for (width, height) in [(1, 1), (28, 28), (80, 20), (3, 200)] {
                for aspect in [0.5, 0.9, 1.0, 2.0] {
                    let grid = dots(width, height, aspect);
                    for (w, h) in [grid.fill(size), grid.fill_by_whole_pixels(size)] {
                        assert!((1..=width).contains(&w) && (1..=height).contains(&h));
                    }
                }
            }
        }
        assert_eq!(dots(280, 280, 1.0).fill((640, 480)), (280, 210));
        assert_eq!(dots(28, 28, 0.5).fill((64, 64)), (28, 14));
    }

    #[test]
    fn small_pictures_are_enlarged_by_whole_numbers() {
        assert_eq!(dots(70, 70, 1.0).fill_by_whole_pixels((28, 28)), (56, 56));
        assert_eq!(dots(30, 60, 0.9).fill_by_whole_pixels((28, 28)), (28, 28));
        assert_eq!(dots(20, 60, 1.0).fill_by_whole_pixels((28, 28)), (20, 20));
        // Dots that are far from squares cannot show square pixels of whole dots.
        assert_eq!(dots(60, 60, 0.5).fill_by_whole_pixels((28, 28)), (60, 30));
    }

    #[test]
    fn what_is_left_over_is_shared_between_both_sides() {
        let area = Rect::new(10, 5, 21, 9);
        assert_eq!(centred(10, 5, area), Rect::new(15, 7, 10, 5));
        assert_eq!(centred(100, 100, area), area);
        assert_eq!(centred(1, 1, Rect::new(3, 3, 0, 0)).area(), 0);
    }
}
