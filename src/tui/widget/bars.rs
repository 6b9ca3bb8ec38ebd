//! Shares as bars, and values as a heat strip.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

use super::panel::Look;
use crate::text;
use crate::theme::{Depth, Role};

/// A gauge of a share, as wide as its area.
pub fn gauge(look: Look<'_>, share: f64, area: Rect, buffer: &mut Buffer) {
    let filled = (share.clamp(0.0, 1.0) * f64::from(area.width)).round() as u16;
    for column in 0..area.width {
        let (symbol, role) = if column < filled {
            (look.symbols.gauge_full, Role::Bar)
        } else {
            (look.symbols.gauge_empty, Role::Dim)
        };
        buffer.set_string(area.x + column, area.y, symbol, look.style(role));
    }
}

/// Names with shares in [0, 1], one a line: name, bar, per cent. The one at `accent` stands out.
pub fn shares(
    look: Look<'_>,
    shares: &[(String, f64)],
    accent: Option<usize>,
    area: Rect,
    buffer: &mut Buffer,
) {
    const FIGURE: u16 = 6;
    let names = (area.width / 2).min(24);
    for (line, (name, share)) in shares.iter().take(usize::from(area.height)).enumerate() {
        let y = area.y + line as u16;
        let role = if accent == Some(line) {
            Role::Accent
        } else {
            Role::Text
        };
        let name = look
            .symbols
            .truncate(&text::clean(name), usize::from(names.saturating_sub(1)));
        buffer.set_string(area.x, y, name, look.style(role));
        let bar = Rect {
            x: area.x + names,
            y,
            width: area.width.saturating_sub(names + FIGURE),
            height: 1,
        };
        gauge(look, *share, bar, buffer);
        let figure = format!("{:>4.0} %", share * 100.0);
        let x = area.right().saturating_sub(FIGURE);
        buffer.set_string(x, y, figure, look.style(role));
    }
}

/// Values as a strip of cells, several values a cell where there are more than columns (the one
/// farthest from zero is shown); `selected` is marked.
pub fn heat(
    look: Look<'_>,
    values: &[f32],
    selected: Option<usize>,
    area: Rect,
    buffer: &mut Buffer,
) {
    let cells = (usize::from(area.width) * usize::from(area.height)).min(values.len());
    if cells == 0 {
        return;
    }
    let finite = || values.iter().copied().filter(|value| value.is_finite());
    let low = finite().fold(f32::INFINITY, f32::min).min(0.0);
    let high = finite().fold(f32::NEG_INFINITY, f32::max);
    for cell in 0..cells {
        let (from, to) = (
            cell * values.len() / cells,
            (cell + 1) * values.len() / cells,
        );
        let value = values[from..to]
            .iter()
            .copied()
            .fold(0.0f32, |kept, value| {
                if value.abs() > kept.abs() {
                    value
                } else {
                    kept
                }
            });
        let share = f64::from((value - low) / (high - low).max(f32::MIN_POSITIVE));
        let x = area.x + (cell % usize::from(area.width)) as u16;
        let y = area.y + (cell / usize::from(area.width)) as u16;
        let mut style = look.theme.heat(share);
        let is_selected = selected.is_some_and(|selected| (from..to).contains(&selected));
        let symbol = if is_selected {
            style = style.add_modifier(Modifier::BOLD);
            look.symbols.check
        } else if look.theme.depth() == Depth::None {
            look.symbols.ramp(share)
        } else {
            " "
        };
        buffer.set_string(x, y, symbol, style);
    }
}
