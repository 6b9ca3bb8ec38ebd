//! Settings in lines: name, value, and how they are turned.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::panel::{Look, write};
use crate::text;
use crate::theme::Role;
use crate::tui::model::knobs::Knobs;

/// A state of a setting that is shown beside its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// As it was at first.
    Usual,
    /// Changed.
    Changed,
    /// Wanted, and not taken yet.
    Pending,
}

/// Draws settings, a line each, in as many columns as fit; the selected one is marked where they
/// have the keys.
pub fn render(
    look: Look<'_>,
    knobs: &mut Knobs,
    has_keys: bool,
    state: impl Fn(&str) -> State,
    area: Rect,
    buffer: &mut Buffer,
) {
    const NAME: usize = 14;
    let height = usize::from(area.height).max(1);
    let length = knobs.all().len();
    let selected = knobs.cursor.selected(length);
    let columns = (usize::from(area.width) / 34).clamp(1, length.div_ceil(height).max(1));
    let per_column = length.div_ceil(columns);
    let window = if columns == 1 {
        knobs.cursor.window(length, height)
    } else {
        0..length
    };
    let width = area.width / columns as u16;
    for (at, knob) in knobs.all().iter().enumerate() {
        if !window.contains(&at) {
            continue;
        }
        let line = (at - window.start) % per_column.max(1);
        let column = (at - window.start) / per_column.max(1);
        if line >= height {
            continue;
        }
        let is_selected = has_keys && selected == Some(at);
        let state = state(knob.id);
        let mark = look.pointer(is_selected);
        let (role, tail) = match state {
            State::Usual => (Role::Text, String::new()),
            State::Changed => (Role::Accent, format!(" {}", look.symbols.check)),
            State::Pending => (
                Role::Pending,
                format!(" {}", look.symbols.mark(Role::Pending)),
            ),
        };
        let name = format!("{mark} {}", text::pad(knob.title, NAME));
        let value = text::clean(&knob.value().to_string());
        let spans = vec![
            look.span(if is_selected { Role::Accent } else { Role::Dim }, name),
            look.span(role, value),
            look.span(role, tail),
        ];
        let x = area.x + column as u16 * width;
        write(
            look,
            &look.row(spans, is_selected),
            x,
            area.y + line as u16,
            width.saturating_sub(1),
            buffer,
        );
    }
}
