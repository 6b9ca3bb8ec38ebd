//! A line that is being typed.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text;

use super::panel::{Look, write};
use crate::theme::Role;
use crate::tui::model::line::Line;

/// Writes a line into the first row of an area, behind a sign, with the place of the next character
/// marked where it has the keys.
pub fn typed(
    look: Look<'_>,
    sign: &str,
    line: &Line,
    has_keys: bool,
    area: Rect,
    buffer: &mut Buffer,
) {
    let (before, after) = line.parts();
    let mut spans = vec![
        look.span(Role::Key, format!("{sign} ")),
        look.span(Role::Text, before),
    ];
    let mut rest = after.chars();
    if has_keys {
        let at = rest.next().unwrap_or(' ');
        spans.push(look.span(Role::Select, at.to_string()));
    }
    spans.push(look.span(Role::Text, rest.collect::<String>()));
    let line = text::Line::from(spans);
    write(look, &line, area.x, area.y, area.width, buffer);
}
