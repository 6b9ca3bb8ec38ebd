//! Lines against steps, with the interval as a band and events as ticks.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::canvas::Canvas;
use super::panel::Look;
use crate::text;
use crate::theme::Role;
use crate::tui::model::draft::short;

/// Fewest columns of a chart whose axis says what it counts.
const WORDY: u16 = 24;

/// One line.
pub struct Trace<'a> {
    /// Its points, in ascending steps. Values that are not finite are gaps.
    pub points: &'a [(f64, f64)],
    /// How it is drawn.
    pub style: Style,
    /// Its character where a cell holds one point.
    pub point: char,
}

/// What is drawn.
pub struct Chart<'a> {
    /// The lines; later ones cover earlier ones.
    pub traces: Vec<Trace<'a>>,
    /// Ends of the interval; none where it is open. The outer option is whether there is one.
    pub band: Option<(Option<f64>, Option<f64>)>,
    /// Steps at which something happened.
    pub ticks: Vec<f64>,
    /// First and last step.
    pub steps: (f64, f64),
    /// What is said where there is no point.
    pub empty: &'a str,
}

impl Chart<'_> {
    /// Draws it.
    pub fn render(&self, look: Look<'_>, area: Rect, buffer: &mut Buffer) {
        if area.width < 12 || area.height < 3 {
            return;
        }
        let Some((low, high)) = self.range() else {
            let x = area.x + (area.width.saturating_sub(text::width(self.empty) as u16)) / 2;
            let y = area.y + area.height / 2;
            let room = usize::from(area.right().saturating_sub(x));
            buffer.set_stringn(x, y, self.empty, room, look.style(Role::Dim));
            return;
        };
        let labels = [short_for(high, high - low), short_for(low, high - low)];
        let gutter = labels
            .iter()
            .map(|label| text::width(label))
            .max()
            .unwrap_or(0) as u16
            + 1;
        let plot = Rect {
            x: area.x + gutter,
            width: area.width.saturating_sub(gutter),
            height: area.height - 1,
            ..area
        };
        let dim = look.style(Role::Dim);
        let label = |buffer: &mut Buffer, text: &str, y| {
            let x = area.x + gutter - 1 - text::width(text) as u16;
            buffer.set_string(x, y, text, dim);
        };
        label(buffer, &labels[0], plot.y);
        label(buffer, &labels[1], plot.bottom() - 1);
        self.paint_band(look, plot, (low, high), buffer);
        self.paint_traces(look, plot, (low, high), buffer);
        self.paint_axis(look, plot, buffer);
    }

    /// The least and greatest value, with room around them; the ends of the interval are in view.
    fn range(&self) -> Option<(f64, f64)> {
        let (first, last) = self.steps;
        let values = self
            .traces
            .iter()
            .flat_map(|trace| trace.points)
            .filter(|point| point.0 >= first && point.0 <= last)
            .map(|point| point.1)
            .filter(|value| value.is_finite());
        let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
            (low.min(value), high.max(value))
        });
        if low > high {
            return None;
        }
        let ends = self
            .band
            .into_iter()
            .flat_map(|(low, high)| [low, high])
            .flatten();
        let (low, high) = ends.fold((low, high), |(low, high), end| {
            (low.min(end), high.max(end))
        });
        let room = (high - low) * 0.05;
        let room = if room > 0.0 {
            room
        } else {
            low.abs().max(1.0) * 0.05
        };
        Some((low - room, high + room))
    }

    fn paint_band(&self, look: Look<'_>, plot: Rect, range: (f64, f64), buffer: &mut Buffer) {
        let Some((low, high)) = self.band else {
            return;
        };
        let style = look.style(Role::Band);
        for end in [low, high].into_iter().flatten() {
            let share = (range.1 - end) / (range.1 - range.0);
            let y = plot.y + (share * f64::from(plot.height - 1)).round() as u16;
            if y < plot.bottom() {
                for x in plot.left()..plot.right() {
                    buffer.set_string(x, y, look.symbols.band_line, style);
                }
            }
        }
    }

    fn paint_traces(&self, look: Look<'_>, plot: Rect, range: (f64, f64), buffer: &mut Buffer) {
        let mut canvas = Canvas::new(plot, look.symbols.marker);
        let (across, down) = canvas.size();
        let (first, last) = self.steps;
        let place = |&(step, value): &(f64, f64)| {
            let x = (step - first) / (last - first).max(1.0) * (across - 1) as f64;
            let y = (range.1 - value) / (range.1 - range.0) * (down - 1) as f64;
            (x, y)
        };
        for trace in &self.traces {
            let mut pen = Pen::default();
            for point in trace
                .points
                .iter()
                .filter(|point| point.0 >= first && point.0 <= last)
            {
                if point.1.is_finite() {
                    pen.move_to(place(point), &mut canvas, trace);
                } else {
                    pen.lift(&mut canvas, trace);
                }
            }
            pen.lift(&mut canvas, trace);
        }
        canvas.paint(buffer);
    }

    fn paint_axis(&self, look: Look<'_>, plot: Rect, buffer: &mut Buffer) {
        let (first, last) = self.steps;
        let (dim, y) = (look.style(Role::Dim), plot.bottom());
        let left = format!("{first:.0}");
        // Ticks would cut the longer label of a narrow chart.
        let right = if plot.width < WORDY {
            format!("{last:.0}")
        } else {
            format!("step {last:.0}")
        };
        buffer.set_string(plot.x, y, &left, dim);
        let x = plot.right().saturating_sub(text::width(&right) as u16);
        if x > plot.x + text::width(&left) as u16 {
            buffer.set_string(x, y, &right, dim);
        }
        for tick in self
            .ticks
            .iter()
            .filter(|&&tick| tick >= first && tick <= last)
        {
            let share = (tick - first) / (last - first).max(1.0);
            let x = plot.x + (share * f64::from(plot.width - 1)).round() as u16;
            buffer.set_string(x, y, look.symbols.tick, look.style(Role::Accent));
        }
    }
}

/// Draws one line. Of many points in a column only what shows is drawn: where the line comes in, how far
/// it goes up and down, where it leaves. The charts of a long run take no longer than those of a short one.
#[derive(Default)]
struct Pen {
    /// The last point of the column before.
    before: Option<(f64, f64)>,
    column: Option<Column>,
}

/// The points of a line that share a column.
struct Column {
    at: f64,
    first: (f64, f64),
    last: (f64, f64),
    top: f64,
    bottom: f64,
}

impl Pen {
    fn move_to(&mut self, point: (f64, f64), canvas: &mut Canvas, trace: &Trace<'_>) {
        let at = point.0.round();
        if let Some(column) = self.column.as_mut().filter(|column| column.at == at) {
            column.last = point;
            column.top = column.top.min(point.1);
            column.bottom = column.bottom.max(point.1);
            return;
        }
        self.draw(canvas, trace);
        self.column = Some(Column {
            at,
            first: point,
            last: point,
            top: point.1,
            bottom: point.1,
        });
    }

    /// Ends the line; the next point begins another.
    fn lift(&mut self, canvas: &mut Canvas, trace: &Trace<'_>) {
        self.draw(canvas, trace);
        self.before = None;
    }

    fn draw(&mut self, canvas: &mut Canvas, trace: &Trace<'_>) {
        let Some(column) = self.column.take() else {
            return;
        };
        let mut line = |from, to| canvas.line(from, to, trace.point, trace.style);
        line(self.before.unwrap_or(column.first), column.first);
        if column.top < column.bottom {
            line((column.at, column.top), (column.at, column.bottom));
        }
        self.before = Some(column.last);
    }
}

/// A number with as many digits as a range needs.
fn short_for(value: f64, range: f64) -> String {
    let digits = (1.0 - range.abs().max(1e-12).log10())
        .ceil()
        .clamp(0.0, 6.0) as usize;
    if value.abs() >= 1e6 {
        return format!("{value:.2e}");
    }
    let text = format!("{value:.digits$}");
    if text.parse() == Ok(0.0) {
        short(0.0)
    } else {
        text
    }
}

/// The last step of an axis that grows in strides, so that a new point seldom moves all others.
pub fn axis_end(step: u64) -> f64 {
    let step = step.max(10) as f64;
    let magnitude = 10f64.powf(step.log10().floor());
    [1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0]
        .into_iter()
        .map(|factor| factor * magnitude)
        .find(|&end| end >= step)
        .unwrap_or(step)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a pen draws of these points, and what lines from each to the next draw.
    fn drawn(points: &[(f64, f64)]) -> [Vec<String>; 2] {
        let area = Rect::new(0, 0, 4, 3);
        let trace = Trace {
            points,
            style: Style::new(),
            point: '*',
        };
        let (mut by_pen, mut by_lines) = (
            Canvas::new(area, ratatui::symbols::Marker::Braille),
            Canvas::new(area, ratatui::symbols::Marker::Braille),
        );
        let mut pen = Pen::default();
        let mut before = None;
        for &point in points {
            pen.move_to(point, &mut by_pen, &trace);
            by_lines.line(before.unwrap_or(point), point, '*', trace.style);
            before = Some(point);
        }
        pen.lift(&mut by_pen, &trace);
        [by_pen, by_lines].map(|canvas| {
            let mut buffer = Buffer::empty(area);
            canvas.paint(&mut buffer);
            let cells = buffer.content().iter();
            cells.map(|cell| cell.symbol().to_owned()).collect()
        })
    }

    #[test]
    fn many_points_in_a_column_look_as_if_each_were_drawn() {
        let crowded: Vec<(f64, f64)> = (0..200)
            .map(|at| {
                let at = f64::from(at);
                (at / 199.0 * 7.0, 5.5 + 5.0 * (at * 0.05).sin())
            })
            .collect();
        let sparse = [(0.0, 11.0), (3.0, 0.0), (7.0, 8.0)];
        for points in [&crowded[..], &sparse] {
            let [by_pen, by_lines] = drawn(points);
            assert_eq!(by_pen, by_lines);
        }
    }

    #[test]
    fn the_axis_grows_in_strides() {
        assert_eq!(axis_end(0), 10.0);
        assert_eq!(axis_end(11), 15.0);
        assert_eq!(axis_end(150), 150.0);
        assert_eq!(axis_end(151), 200.0);
        assert_eq!(axis_end(999), 1000.0);
    }

    #[test]
    fn labels_have_the_digits_that_their_range_needs() {
        assert_eq!(short_for(12.345, 10.0), "12");
        assert_eq!(short_for(12.345, 0.5), "12.35");
        assert_eq!(short_for(-0.001, 10.0), "0");
    }
}
