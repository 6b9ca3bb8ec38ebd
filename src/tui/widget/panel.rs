//! A framed part of a screen.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Widget};

use crate::text;
use crate::theme::{Role, Symbols, Theme};

/// How things look: a theme and its characters.
#[derive(Clone, Copy)]
pub struct Look<'a> {
    /// Colours by meaning.
    pub theme: &'a Theme,
    /// Characters.
    pub symbols: &'a Symbols,
}

impl<'a> Look<'a> {
    /// What stands before a line of a list.
    pub fn pointer(&self, is_selected: bool) -> &'a str {
        if is_selected {
            self.symbols.selected
        } else {
            " "
        }
    }

    /// A line of a list; the selected one stands out as a whole.
    pub fn row<'s>(&self, spans: Vec<Span<'s>>, is_selected: bool) -> Line<'s> {
        if !is_selected {
            return Line::from(spans);
        }
        let style = self.style(Role::Select);
        let spans = spans.into_iter().map(|span| span.patch_style(style));
        Line::from_iter(spans)
    }

    /// The style of a role.
    pub fn style(&self, role: Role) -> Style {
        self.theme.style(role)
    }

    /// Text in the style of a role.
    pub fn span<'s>(&self, role: Role, text: impl Into<String>) -> Span<'s> {
        Span::styled(text.into(), self.style(role))
    }
}

/// Draws a frame with a title, heavier where it has the keys; gives the room inside.
pub fn panel(look: Look<'_>, title: &str, has_keys: bool, area: Rect, buffer: &mut Buffer) -> Rect {
    framed(look, title, "", has_keys, area, buffer)
}

/// A [`panel`] with a note at the right of its title.
pub fn framed(
    look: Look<'_>,
    title: &str,
    note: &str,
    has_keys: bool,
    area: Rect,
    buffer: &mut Buffer,
) -> Rect {
    let (border, role) = if has_keys {
        (look.symbols.border_focus, Role::BorderFocus)
    } else {
        (look.symbols.border, Role::Border)
    };
    let room = usize::from(area.width.saturating_sub(4));
    let title = look.symbols.truncate(title, room);
    let note = look
        .symbols
        .truncate(note, room.saturating_sub(text::width(&title) + 2));
    let mut block = Block::bordered()
        .border_set(border)
        .border_style(look.style(role));
    if !title.is_empty() {
        block = block.title_top(Line::from(look.span(Role::Title, format!(" {title} "))));
    }
    if !note.is_empty() {
        block =
            block.title_top(Line::from(look.span(Role::Dim, format!(" {note} "))).right_aligned());
    }
    let inner = block.inner(area);
    block.render(area, buffer);
    inner
}

/// Writes a line, cut to its room; gives the columns written.
pub fn write(
    look: Look<'_>,
    line: &Line<'_>,
    x: u16,
    y: u16,
    width: u16,
    buffer: &mut Buffer,
) -> u16 {
    if y < buffer.area.top() || y >= buffer.area.bottom() {
        return 0;
    }
    let mut left = usize::from(width);
    let mut at = x;
    for span in &line.spans {
        let text = look.symbols.truncate(&span.content, left);
        let columns = text::width(&text);
        buffer.set_stringn(at, y, &text, left, line.style.patch(span.style));
        at += columns as u16;
        left -= columns.min(left);
        if left == 0 {
            break;
        }
    }
    at - x
}

/// The middle of an area, at most this large.
pub fn centred(area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    }
}
