//! How many pictures stand in a row of a contact sheet, and how large they are.

use super::terminal::{CellSize, Medium};

/// Empty columns between two pictures.
pub(super) const GAP: usize = 1;
/// Pictures by a graphics protocol are not made smaller than this many columns: a caption needs it.
const SMALLEST_GRAPHIC: usize = 12;
/// Pictures out of characters are not made smaller than this many columns.
const SMALLEST_CELLS: usize = 14;

/// A grid of equal boxes, in columns and rows of the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    /// Pictures in a row.
    pub(super) across: usize,
    /// Columns of one picture.
    pub(super) columns: usize,
    /// Rows of one picture.
    pub(super) rows: usize,
}

/// What a layout depends on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    /// Columns of the terminal.
    pub(super) columns: usize,
    /// Rows of the terminal.
    pub(super) rows: usize,
    /// Size of a cell.
    pub(super) cell: CellSize,
    /// The way pictures reach the screen.
    pub(super) medium: Medium,
}

impl Layout {
    /// The grid for `count` pictures of at most `size` pixels. A row stays narrower than the
    /// terminal, because printing into the last column moves the cursor on some terminals, and no
    /// picture is higher than the screen.
    pub(super) fn new(count: usize, size: (u32, u32), across: Option<usize>, room: Room) -> Layout {
        let available = room.columns.saturating_sub(1).max(1);
        let (width, height) = (size.0.max(1) as usize, size.1.max(1) as usize);
        let (natural, smallest, usual_across) = match room.medium {
            Medium::Cells(_) => (width, SMALLEST_CELLS.min(width), 4),
            _ => {
                let natural = width.div_ceil(room.cell.width as usize);
                (natural.max(SMALLEST_GRAPHIC), SMALLEST_GRAPHIC, 8)
            }
        };
        let share = |across: usize| ((available + GAP) / across.max(1)).saturating_sub(GAP);
        let aspect = |columns: usize| room.rows_of(columns, width, height);
        let fits = |columns: usize| ((available + GAP) / (columns + GAP)).max(1);
        let highest = room.rows.saturating_sub(2).max(1);
        let columns = match across {
            Some(across) => share(across).min(natural.max(smallest)),
            None => {
                // As large as usual, or as small as the whole sheet needs to fit the screen.
                let usual = share(count.min(usual_across)).clamp(smallest, natural.max(smallest));
                let sheet_rows =
                    |columns: usize| count.div_ceil(fits(columns)) * (aspect(columns) + 1);
                (smallest..=usual)
                    .rev()
                    .find(|&columns| sheet_rows(columns) <= highest)
                    .unwrap_or(smallest)
            }
        };
        let columns = columns.clamp(1, available);
        let columns = if aspect(columns) > highest {
            (columns * highest / aspect(columns)).max(1)
        } else {
            columns
        };
        let fits = fits(columns);
        Layout {
            across: across.map_or(fits, |across| across.clamp(1, fits)),
            columns,
            rows: aspect(columns).min(highest),
        }
    }

    /// Columns of a row of `count` pictures.
    pub(super) fn row_columns(&self, count: usize) -> usize {
        (count * (self.columns + GAP)).saturating_sub(GAP)
    }
}

impl Room {
    /// Rows of a picture of `columns` columns that keeps its proportions.
    fn rows_of(&self, columns: usize, width: usize, height: usize) -> usize {
        match self.medium {
            // A character shows two square pixels, one above the other.
            Medium::Cells(_) => (columns * height).div_ceil(2 * width).max(1),
            _ => {
                let pixels = columns * self.cell.width as usize * height;
                let row = width * self.cell.height as usize;
                ((pixels + row / 2) / row).max(1)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preview::terminal::Colours;

    fn room(columns: usize, medium: Medium) -> Room {
        Room {
            columns,
            rows: 40,
            cell: CellSize {
                width: 10,
                height: 20,
            },
            medium,
        }
    }

    const CELLS: Medium = Medium::Cells(Colours::True);

    #[test]
    fn a_small_picture_in_characters_keeps_its_pixels() {
        let layout = Layout::new(1, (28, 28), None, room(80, CELLS));
        assert_eq!((layout.columns, layout.rows), (28, 14));
    }

    #[test]
    fn a_sheet_fills_the_width_and_stays_inside() {
        for columns in [1, 2, 13, 40, 80, 120, 200, 500] {
            for medium in [CELLS, Medium::Kitty] {
                for count in [1, 2, 5, 48] {
                    for size in [(8, 8), (28, 28), (224, 224), (1, 3000), (3000, 1)] {
                        let layout = Layout::new(count, size, None, room(columns, medium));
                        let used = layout.row_columns(layout.across);
                        assert!(used <= (columns - 1).max(1), "{columns} {count} {layout:?}");
                        assert!(layout.rows >= 1 && layout.rows <= 38, "{layout:?}");
                    }
                }
            }
        }
        assert_eq!(Layout::new(48, (28, 28), None, room(80, CELLS)).across, 5);
        assert_eq!(
            Layout::new(48, (28, 28), None, room(80, Medium::Kitty)).across,
            6
        );
    }

    #[test]
    fn pictures_shrink_until_the_sheet_fits_the_screen() {
        let large = Layout::new(4, (28, 28), None, room(120, CELLS));
        assert_eq!((large.across, large.columns), (4, 28));
        let small = Layout::new(24, (28, 28), None, room(120, CELLS));
        assert!(small.columns < large.columns);
        assert!(
            24usize.div_ceil(small.across) * (small.rows + 1) <= 38,
            "{small:?}"
        );
    }

    #[test]
    fn pictures_by_a_protocol_keep_their_proportions() {
        let layout = Layout::new(48, (64, 64), None, room(80, Medium::Kitty));
        assert_eq!((layout.columns, layout.rows), (12, 6));
    }

    #[test]
    fn the_number_across_may_be_given() {
        let layout = Layout::new(48, (64, 64), Some(2), room(80, CELLS));
        assert_eq!((layout.across, layout.columns), (2, 39));
        assert_eq!(
            Layout::new(48, (64, 64), Some(1000), room(80, CELLS)).columns,
            1
        );
    }
}
