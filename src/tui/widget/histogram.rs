//! The distribution of a unit over real images, with the interval marked on it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::panel::Look;
use crate::text;
use crate::theme::Role;
use crate::tui::model::draft::{Distribution, short};

/// Draws bars of the counts (their square roots: the rare ends are what is asked for), those inside
/// the interval in its colour, and the axis below with both ends marked.
pub fn render(
    look: Look<'_>,
    distribution: &Distribution,
    ends: (Option<f64>, Option<f64>),
    area: Rect,
    buffer: &mut Buffer,
) {
    if area.height < 3 || area.width < 16 || distribution.counts.is_empty() {
        return;
    }
    let bars = Rect {
        height: area.height - 2,
        ..area
    };
    let width = usize::from(bars.width);
    let range = (distribution.high - distribution.low).max(f64::MIN_POSITIVE);
    let bins = distribution.counts.len();
    let heights: Vec<f64> = (0..width)
        .map(|column| f64::from(distribution.counts[column * bins / width]).sqrt())
        .collect();
    let tallest = heights.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
    let is_inside = |value: f64| {
        ends.0.is_none_or(|low| value >= low) && ends.1.is_none_or(|high| value <= high)
    };
    let levels = bar_levels(look);
    for (column, height) in heights.iter().enumerate() {
        let value = distribution.low + (column as f64 + 0.5) / width as f64 * range;
        let inside = is_inside(value);
        let style = look.style(if inside { Role::Accent } else { Role::Bar });
        let eighths = (height / tallest * f64::from(bars.height) * 8.0).ceil() as usize;
        for row in 0..usize::from(bars.height) {
            let filled = eighths.saturating_sub(row * 8).min(8);
            if filled > 0 {
                let y = bars.bottom() - 1 - row as u16;
                buffer.set_string(bars.x + column as u16, y, levels[filled], style);
            }
        }
    }
    axis(look, distribution, ends, range, area, buffer);
}

fn bar_levels(look: Look<'_>) -> [&'static str; 9] {
    let bar = &look.symbols.bar;
    [
        bar.empty,
        bar.one_eighth,
        bar.one_quarter,
        bar.three_eighths,
        bar.half,
        bar.five_eighths,
        bar.three_quarters,
        bar.seven_eighths,
        bar.full,
    ]
}

fn axis(
    look: Look<'_>,
    distribution: &Distribution,
    ends: (Option<f64>, Option<f64>),
    range: f64,
    area: Rect,
    buffer: &mut Buffer,
) {
    let (line, labels) = (area.bottom() - 2, area.bottom() - 1);
    let column = |value: f64| {
        let share = ((value - distribution.low) / range).clamp(0.0, 1.0);
        area.x + (share * f64::from(area.width - 1)).round() as u16
    };
    let low = ends.0.map_or(area.x, column);
    let high = ends.1.map_or(area.right() - 1, column);
    for x in area.left()..area.right() {
        let inside = (low..=high).contains(&x);
        let (symbol, role) = if inside {
            (look.symbols.gauge_full, Role::Band)
        } else {
            (look.symbols.gauge_empty, Role::Dim)
        };
        buffer.set_string(x, line, symbol, look.style(role));
    }
    for (end, x, symbol) in [
        (ends.0, low, look.symbols.band_low),
        (ends.1, high, look.symbols.band_high),
    ] {
        if end.is_some() {
            buffer.set_string(x, line, symbol, look.style(Role::Accent));
        }
    }
    let (first, last) = (short(distribution.low), short(distribution.high));
    let dim = look.style(Role::Dim);
    buffer.set_string(area.x, labels, &first, dim);
    let x = area.right().saturating_sub(text::width(&last) as u16);
    buffer.set_string(x, labels, &last, dim);
    let title = format!("{} real images", distribution.image_count);
    let middle = area.x + area.width.saturating_sub(text::width(&title) as u16) / 2;
    if usize::from(area.width) > text::width(&title) + text::width(&first) + text::width(&last) + 4
    {
        buffer.set_string(middle, labels, &title, dim);
    }
}
