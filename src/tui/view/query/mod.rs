//! The query screen: units, the interval on the unit's histogram, constraints, settings.

mod interval;
mod units;

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::Line;

use super::{has_keys, look, nothing};
use crate::run::{CommandLine, defaults};
use crate::text;
use crate::theme::Role;
use crate::tui::action::Place;
use crate::tui::app::App;
use crate::tui::model::query::Pane;
use crate::tui::target::Target;
use crate::tui::widget::fields::{self, State};
use crate::tui::widget::panel::{Look, framed, panel, write};

pub(super) fn draw(app: &mut App, area: Rect, buffer: &mut Buffer) {
    let is_tall = area.height >= 24;
    let settings = if is_tall { 9 } else { 6 };
    let [top, bottom, command] = Layout::vertical([
        Constraint::Min(7),
        Constraint::Length(settings),
        Constraint::Length(1),
    ])
    .areas(area);
    let side = Constraint::Length((area.width * 2 / 5).clamp(26, 52));
    let [units, interval] = Layout::horizontal([side, Constraint::Min(30)]).areas(top);
    let [constraints, settings] = Layout::horizontal([side, Constraint::Min(30)]).areas(bottom);
    for (area, pane) in [
        (units, Pane::Units),
        (interval, Pane::Interval),
        (constraints, Pane::Constraints),
        (settings, Pane::Settings),
    ] {
        app.targets.borrow_mut().note(area, Target::Pane(pane));
    }
    units::draw(app, units, buffer);
    interval::draw(app, interval, buffer);
    draw_constraints(app, constraints, buffer);
    draw_settings(app, settings, buffer);
    draw_command(app, command, buffer);
}

fn draw_constraints(app: &mut App, area: Rect, buffer: &mut Buffer) {
    let keys = has_keys(app, &[Place::Constraints]);
    let length = app.query.constraints.len();
    let title = if length > 1 {
        "Constraints (all at once)"
    } else {
        "Constraint"
    };
    let inner = panel(look(app), title, keys, area, buffer);
    if length == 0 {
        return nothing(app, &["none yet"], inner, buffer);
    }
    let selected = app.query.constraint.selected(length);
    let window = app
        .query
        .constraint
        .window(length, usize::from(inner.height));
    let look = look(app);
    for (line, at) in window.enumerate() {
        let draft = &app.query.constraints[at];
        let is_selected = selected == Some(at);
        let mark = look.pointer(is_selected);
        let interval = format!("{}..{}", draft.low.text(), draft.high.text());
        let room = usize::from(inner.width).saturating_sub(4 + text::width(&interval));
        let spans = vec![
            look.span(Role::Accent, format!("{mark} ")),
            look.span(Role::Text, text::pad(&text::clean(&draft.name), room)),
            look.span(Role::Band, format!(" {interval}")),
        ];
        let line_of = look.row(spans, is_selected && keys);
        write(
            look,
            &line_of,
            inner.x,
            inner.y + line as u16,
            inner.width,
            buffer,
        );
    }
}

fn draw_settings(app: &mut App, area: Rect, buffer: &mut Buffer) {
    let keys = has_keys(app, &[Place::Settings]);
    let note = match app.query.settings.selected() {
        Some(knob) if keys => knob.help,
        _ => "",
    };
    let look = Look {
        theme: &app.theme,
        symbols: &app.symbols,
    };
    // Most of them lie out of view on a small terminal.
    let shown = app.query.settings.shown().len();
    let title = match app.query.settings.cursor.selected(shown) {
        Some(at) if keys => format!("Settings {} of {shown}", at + 1),
        _ => "Settings".to_owned(),
    };
    let inner = framed(look, &title, note, keys, area, buffer);
    let changed: Vec<&'static str> = app
        .query
        .settings
        .shown()
        .into_iter()
        .filter(|knob| knob.is_changed())
        .map(|knob| knob.id)
        .collect();
    let state = |id: &str| {
        if changed.contains(&id) {
            State::Changed
        } else {
            State::Usual
        }
    };
    fields::render(look, &mut app.query.settings, keys, state, inner, buffer);
}

fn draw_command(app: &App, area: Rect, buffer: &mut Buffer) {
    if app.query.constraints.is_empty() {
        return;
    }
    let look = look(app);
    let line = Line::from(vec![
        look.span(Role::Key, " $ "),
        look.span(
            Role::Dim,
            text::clean(&CommandLine::of(&app.request(), &defaults::bundle()).to_string()),
        ),
    ]);
    write(look, &line, area.x, area.y, area.width, buffer);
}
