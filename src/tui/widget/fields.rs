//! Settings in lines: name, value, and how they are turned.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::panel::{Look, write};
use crate::text;
use crate::theme::Role;
use crate::tui::model::knobs::Knobs;

/// Columns of a name, and fewest of a name with its value.
const NAME: usize = 14;
const COLUMN: usize = 34;

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
    let height = usize::from(area.height).max(1);
    let length = knobs.shown().len();
    let selected = knobs.cursor.selected(length);
    let columns = (usize::from(area.width) / COLUMN).clamp(1, length.div_ceil(height).max(1));
    let window = knobs.cursor.window(length, columns * height);
    let per_column = window.len().div_ceil(columns).max(1);
    let width = area.width / columns as u16;
    let shown = knobs.shown();
    for at in window.clone() {
        let knob = shown[at];
        let line = (at - window.start) % per_column;
        let column = (at - window.start) / per_column;
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::run::defaults;
    use crate::runtime::RuntimeRequest;
    use crate::theme::{Depth, Marker, Symbols, Themes};
    use crate::tui::model::settings;

    /// What stands in an area of so many columns and lines.
    fn drawn(knobs: &mut Knobs, width: u16, height: u16) -> String {
        let themes = Themes::built_in().unwrap();
        let theme = themes.get("night", Depth::True).unwrap();
        let symbols = Symbols::new(Marker::Braille, true);
        let look = Look {
            theme: &theme,
            symbols: &symbols,
        };
        let area = Rect::new(0, 0, width, height);
        let mut buffer = Buffer::empty(area);
        render(look, knobs, true, |_| State::Usual, area, &mut buffer);
        let cells = buffer.content().iter();
        cells.map(|cell| cell.symbol()).collect()
    }

    /// One was left out in two columns of an odd number.
    #[test]
    fn every_setting_is_seen_where_it_is_selected_and_all_where_there_is_room() {
        let manner = defaults::manner(RuntimeRequest::default());
        let mut knobs = settings::knobs(&manner);
        let titles: Vec<&str> = knobs.shown().iter().map(|knob| knob.title).collect();
        for (width, height) in [(30, 3), (46, 7), (70, 7), (70, 8), (140, 7)] {
            knobs.cursor.select(0);
            for title in &titles {
                let selected = format!("{} {title} ", Symbols::new(Marker::Braille, true).selected);
                let text = drawn(&mut knobs, width, height);
                assert!(text.contains(&selected), "{width}x{height} {title}: {text}");
                knobs.select(1);
            }
        }
        let text = drawn(&mut knobs, 70, titles.len().div_ceil(2) as u16);
        for title in titles {
            assert!(text.contains(title), "{title}: {text}");
        }
    }
}
