//! The last two lines: what just happened, and the keys that matter here.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::look;
use crate::text;
use crate::theme::Role;
use crate::tui::action::{Action, Place};
use crate::tui::app::App;
use crate::tui::enabled;
use crate::tui::keymap::Keymap;
use crate::tui::widget::panel::write;

pub(super) fn notice(app: &App, area: Rect, buffer: &mut Buffer) {
    let Some(notice) = &app.notice else {
        return;
    };
    let look = look(app);
    let role = if notice.is_problem {
        Role::Bad
    } else {
        Role::Good
    };
    let line = Line::from(vec![
        look.span(role, format!(" {} ", look.symbols.mark(role))),
        look.span(
            if notice.is_problem { role } else { Role::Text },
            text::clean(&notice.text),
        ),
    ]);
    write(look, &line, area.x, area.y, area.width, buffer);
}

pub(super) fn keys(app: &App, area: Rect, buffer: &mut Buffer) {
    let look = look(app);
    let place = app.place();
    let mut entries: Vec<_> = Keymap::entries(place)
        .filter(|entry| entry.footer > 0 && enabled::why_not(app, entry.action).is_none())
        .collect();
    entries.sort_by_key(|entry| entry.footer);
    let mut spans: Vec<Span<'_>> = Vec::new();
    let mut left = usize::from(area.width).saturating_sub(1);
    if place.is_typing() && place != Place::Help {
        let what = if place == Place::Prompt {
            "a value"
        } else {
            "to search"
        };
        left -= push(look, &mut spans, "type", what, left);
    }
    for entry in entries {
        let Some(chord) = app.keymap.shown(place, entry.action) else {
            continue;
        };
        let title = match (entry.action, place) {
            (Action::Choose, Place::Run | Place::Gallery | Place::Map) => "large",
            (Action::Choose, Place::Runs | Place::Compare) => "open",
            (Action::Choose, Place::Prompt) => "take it",
            (Action::Choose, Place::Settings) => "type value",
            (Action::Pause, _) if app.run().is_some_and(|run| run.is_paused()) => "go on",
            (Action::Pause, _) => "pause",
            _ => entry.title,
        };
        let used = push(look, &mut spans, &chord.to_string(), title, left);
        if used == 0 {
            break;
        }
        left -= used;
    }
    write(
        look,
        &Line::from(spans),
        area.x + 1,
        area.y,
        area.width.saturating_sub(1),
        buffer,
    );
}

/// Adds a key with its title where there is room; gives the columns used.
fn push<'a>(
    look: crate::tui::widget::panel::Look<'_>,
    spans: &mut Vec<Span<'a>>,
    key: &str,
    title: &str,
    left: usize,
) -> usize {
    let used = text::width(key) + text::width(title) + 3;
    if used > left {
        return 0;
    }
    spans.push(look.span(Role::Key, key.to_owned()));
    spans.push(look.span(Role::Dim, format!(" {title}  ")));
    used
}
