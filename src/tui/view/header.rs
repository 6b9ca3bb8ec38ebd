//! The first line: the bundle, the screens, the state of the run.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::look;
use crate::text;
use crate::theme::Role;
use crate::tui::action::Tab;
use crate::tui::app::{App, BundleState};
use crate::tui::target::Target;
use crate::tui::widget::panel::write;

pub(super) fn draw(app: &App, area: Rect, buffer: &mut Buffer) {
    let look = look(app);
    let mut tabs: Vec<Span<'_>> = Vec::new();
    for (at, tab) in Tab::ALL.into_iter().enumerate() {
        let name = format!(" {} {} ", at + 1, tab.title());
        let role = if tab == app.tab {
            Role::Select
        } else {
            Role::Dim
        };
        tabs.push(look.span(role, name));
    }
    let tabs = Line::from(tabs);
    let state = state(app);
    let bundle = match &app.bundle {
        BundleState::Opening(name) => format!("{} (opening)", text::clean(name)),
        BundleState::Open(open) => text::clean(&open.name),
        BundleState::Failed { name, .. } => format!("{} (failed)", text::clean(name)),
    };
    let name = Line::from(vec![
        look.span(Role::Accent, " invset "),
        look.span(Role::Dim, bundle),
    ]);
    let tabs_width = tabs.width() as u16;
    let state_width = state.width() as u16;
    // The screens stay where they are whatever the bundle and the run are called.
    let tabs_at = match area.width {
        100.. => 26,
        64.. => 9,
        _ => 1,
    };
    let mut x = area.x + tabs_at;
    for (span, tab) in tabs.spans.iter().zip(Tab::ALL) {
        let width = span.width() as u16;
        app.targets
            .borrow_mut()
            .note(Rect { x, width, ..area }, Target::Tab(tab));
        x += width;
    }
    if tabs_at > 1 {
        write(look, &name, area.x, area.y, tabs_at - 1, buffer);
    }
    write(
        look,
        &tabs,
        area.x + tabs_at,
        area.y,
        area.width.saturating_sub(tabs_at),
        buffer,
    );
    let free = area.width.saturating_sub(tabs_at + tabs_width + 1);
    if state_width <= free {
        let x = area.right() - state_width;
        write(look, &state, x, area.y, state_width, buffer);
    }
}

fn state(app: &App) -> Line<'static> {
    let look = look(app);
    let Some(run) = app.run() else {
        return Line::default();
    };
    let (mark, role) = match run.state() {
        "running" | "starting" => (look.symbols.mark(Role::Pending), Role::Accent),
        "paused" | "stopped" => (look.symbols.mark(Role::Warn), Role::Warn),
        _ => (look.symbols.mark(Role::Good), Role::Good),
    };
    Line::from(look.span(role, format!("{mark} {} ", run.state())))
}
