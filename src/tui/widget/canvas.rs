//! Points finer than a cell. What is drawn later covers what was drawn before: two lines in one
//! cell do not mix their colours.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::symbols::Marker;

/// A grid of points over an area.
pub struct Canvas {
    area: Rect,
    marker: Marker,
    cells: Vec<Option<(u8, char, Style)>>,
}

/// The dots of braille by row and column.
const BRAILLE_DOTS: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];

impl Canvas {
    /// An empty canvas over an area.
    pub fn new(area: Rect, marker: Marker) -> Canvas {
        Canvas {
            cells: vec![None; usize::from(area.width) * usize::from(area.height)],
            area,
            marker,
        }
    }

    /// Points across and down.
    pub fn size(&self) -> (usize, usize) {
        let (across, down) = self.grain();
        (
            usize::from(self.area.width) * across,
            usize::from(self.area.height) * down,
        )
    }

    fn grain(&self) -> (usize, usize) {
        match self.marker {
            Marker::Braille => (2, 4),
            Marker::HalfBlock => (1, 2),
            _ => (1, 1),
        }
    }

    /// Draws a point, counted from the top left; `point` is the character where a cell holds one.
    pub fn dot(&mut self, x: usize, y: usize, point: char, style: Style) {
        let (across, down) = self.grain();
        let (column, row) = (x / across, y / down);
        if column >= usize::from(self.area.width) || row >= usize::from(self.area.height) {
            return;
        }
        let bit = match self.marker {
            Marker::Braille => BRAILLE_DOTS[y % 4][x % 2],
            Marker::HalfBlock => 1 << (y % 2),
            _ => 1,
        };
        let cell = &mut self.cells[row * usize::from(self.area.width) + column];
        match cell {
            Some((bits, _, known)) if *known == style => *bits |= bit,
            _ => *cell = Some((bit, point, style)),
        }
    }

    /// Draws a straight line.
    pub fn line(&mut self, from: (f64, f64), to: (f64, f64), point: char, style: Style) {
        let steps = (to.0 - from.0)
            .abs()
            .max((to.1 - from.1).abs())
            .ceil()
            .max(1.0);
        for step in 0..=steps as usize {
            let share = step as f64 / steps;
            let x = from.0 + share * (to.0 - from.0);
            let y = from.1 + share * (to.1 - from.1);
            if x >= 0.0 && y >= 0.0 {
                self.dot(x.round() as usize, y.round() as usize, point, style);
            }
        }
    }

    /// Puts the points into the buffer; cells without any stay as they are.
    pub fn paint(&self, buffer: &mut Buffer) {
        let width = usize::from(self.area.width).max(1);
        for (at, cell) in self.cells.iter().enumerate() {
            let Some((bits, point, style)) = *cell else {
                continue;
            };
            let symbol = match self.marker {
                Marker::Braille => char::from_u32(0x2800 + u32::from(bits)).unwrap_or(point),
                Marker::HalfBlock => match bits {
                    1 => '▀',
                    2 => '▄',
                    _ => '█',
                },
                _ => point,
            };
            let x = self.area.x + (at % width) as u16;
            let y = self.area.y + (at / width) as u16;
            if let Some(cell) = buffer.cell_mut((x, y)) {
                cell.set_char(symbol).set_style(style);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use ratatui::style::Color;

    use super::*;

    #[test]
    fn points_of_one_line_share_a_cell_and_a_later_line_covers_it() {
        let area = Rect::new(0, 0, 2, 1);
        let mut canvas = Canvas::new(area, Marker::Braille);
        let (first, second) = (Style::new().fg(Color::Red), Style::new().fg(Color::Blue));
        canvas.dot(0, 0, '*', first);
        canvas.dot(1, 3, '*', first);
        canvas.dot(2, 0, '*', first);
        canvas.dot(3, 0, '*', second);
        canvas.dot(99, 99, '*', second);
        let mut buffer = Buffer::empty(area);
        canvas.paint(&mut buffer);
        assert_eq!(buffer[(0, 0)].symbol(), "⢁");
        assert_eq!(buffer[(1, 0)].symbol(), "⠈");
        assert_eq!(buffer[(1, 0)].fg, Color::Blue);
    }

    #[test]
    fn a_plain_terminal_gets_one_character_for_a_point() {
        let area = Rect::new(0, 0, 3, 2);
        let mut canvas = Canvas::new(area, Marker::Custom('*'));
        canvas.line((0.0, 0.0), (2.0, 1.0), '+', Style::new());
        let mut buffer = Buffer::empty(area);
        canvas.paint(&mut buffer);
        assert_eq!(buffer[(0, 0)].symbol(), "+");
        assert_eq!(buffer[(2, 1)].symbol(), "+");
    }
}
