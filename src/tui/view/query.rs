//! The query screen: units, the interval on the unit's histogram, constraints, settings.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

use super::{has_keys, look, nothing};
use crate::query::Found;
use crate::run::{CommandLine, defaults};
use crate::text;
use crate::theme::Role;
use crate::tui::action::Place;
use crate::tui::app::{App, BundleState};
use crate::tui::model::draft::{Draft, End, Side, short};
use crate::tui::model::query::Pane;
use crate::tui::target::Target;
use crate::tui::widget::fields::{self, State};
use crate::tui::widget::histogram;
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
    draw_units(app, units, buffer);
    draw_interval(app, interval, buffer);
    draw_constraints(app, constraints, buffer);
    draw_settings(app, settings, buffer);
    draw_command(app, command, buffer);
}

fn draw_units(app: &mut App, area: Rect, buffer: &mut Buffer) {
    let keys = has_keys(app, &[Place::Search, Place::Units]);
    let look = look(app);
    let note = match app.bundle.open() {
        Some(open) => {
            let index = &open.units;
            format!(
                "{} labels, {} tensors",
                index.labels().len(),
                index.tensors().len()
            )
        }
        None => String::new(),
    };
    let inner = framed(look, "Unit", &note, keys, area, buffer);
    if inner.height < 2 {
        return;
    }
    let is_typing = keys && app.place() == Place::Search;
    let (before, after) = app.query.search.parts();
    let mut spans = vec![look.span(Role::Key, "/ ")];
    if before.is_empty() && after.is_empty() && !is_typing {
        spans.push(look.span(Role::Dim, "search labels and tensors"));
    } else {
        spans.extend(field(look, &before, &after, is_typing));
    }
    write(
        look,
        &Line::from(spans),
        inner.x,
        inner.y,
        inner.width,
        buffer,
    );
    let list = Rect {
        y: inner.y + 1,
        height: inner.height - 1,
        ..inner
    };
    match &app.bundle {
        BundleState::Opening(_) => return nothing(app, &["opening the bundle…"], list, buffer),
        BundleState::Failed { .. } => {
            return nothing(
                app,
                &["the bundle could not be opened", "b chooses another"],
                list,
                buffer,
            );
        }
        BundleState::Open(_) if app.found.is_empty() => {
            return nothing(
                app,
                &["nothing is called so", "esc clears the search"],
                list,
                buffer,
            );
        }
        BundleState::Open(_) => {}
    }
    let length = app.found.len();
    let window = app.query.found.window(length, usize::from(list.height));
    let selected = app.query.found.selected(length);
    let look = super::look(app);
    for (line, at) in window.enumerate() {
        let found = &app.found[at];
        let row = Rect {
            y: list.y + line as u16,
            height: 1,
            ..list
        };
        app.targets.borrow_mut().note(row, Target::Found(at));
        draw_found(look, found, keys && selected == Some(at), row, buffer);
    }
}

/// A text with the place of the next character marked.
pub(super) fn field(
    look: Look<'_>,
    before: &str,
    after: &str,
    has_keys: bool,
) -> Vec<Span<'static>> {
    let mut spans = vec![look.span(Role::Text, before.to_owned())];
    let mut rest = after.chars();
    if has_keys {
        let at = rest.next().unwrap_or(' ');
        spans.push(look.span(Role::Select, at.to_string()));
    }
    spans.push(look.span(Role::Text, rest.collect::<String>()));
    spans
}

fn draw_found(look: Look<'_>, found: &Found, is_selected: bool, area: Rect, buffer: &mut Buffer) {
    let mark = if is_selected {
        look.symbols.selected
    } else {
        " "
    };
    let place = match (found.is_whole, found.index) {
        (true, Some(index)) => format!("[{index}]"),
        _ => String::new(),
    };
    let mut spans = vec![
        look.span(Role::Accent, format!("{mark} ")),
        look.span(Role::Dim, text::pad(&place, 6)),
    ];
    for (at, character) in found.shown.chars().enumerate() {
        let role = if found.positions.contains(&at) {
            Role::Match
        } else {
            Role::Text
        };
        spans.push(look.span(role, character.to_string()));
    }
    if !found.is_whole {
        spans.push(look.span(Role::Dim, format!("  {} units", found.units)));
    }
    if is_selected {
        let style = look.style(Role::Select);
        spans = spans
            .into_iter()
            .map(|span| span.patch_style(style))
            .collect();
    }
    write(look, &Line::from(spans), area.x, area.y, area.width, buffer);
}

fn draw_interval(app: &App, area: Rect, buffer: &mut Buffer) {
    let look = look(app);
    let keys = has_keys(app, &[Place::Interval]);
    let Some(draft) = app.query.draft() else {
        let inner = panel(look, "Interval", keys, area, buffer);
        let lines = [
            "No unit is chosen yet.",
            "Type a few letters of what the network should see,",
            "go to it with the arrows, and press enter.",
        ];
        nothing(app, &lines, inner, buffer);
        return;
    };
    let inner = framed(
        look,
        &text::clean(&draft.name),
        "interval",
        keys,
        area,
        buffer,
    );
    let [chart, _, ends, share] = Layout::vertical([
        Constraint::Min(0),
        Constraint::Length(u16::from(inner.height > 8)),
        Constraint::Length(2),
        Constraint::Length(1),
    ])
    .areas(inner);
    let distribution = draft.distribution.as_deref();
    match distribution {
        Some(distribution) => {
            let values = (
                draft.low.value(Some(distribution)),
                draft.high.value(Some(distribution)),
            );
            histogram::render(look, distribution, values, chart, buffer);
        }
        None => {
            let lines = [
                "No statistics of real images for this unit.",
                "Its ends are values; = types one.",
            ];
            nothing(app, &lines, chart, buffer);
        }
    }
    for (line, (side, name)) in [(Side::Low, "low end"), (Side::High, "high end")]
        .into_iter()
        .enumerate()
    {
        let is_selected = keys && draft.side == side;
        let line_area = Rect {
            y: ends.y + line as u16,
            height: 1,
            ..ends
        };
        draw_end(look, draft, side, name, is_selected, line_area, buffer);
    }
    let text = match (draft.problem(), draft.share()) {
        (Some(problem), _) => look.span(
            Role::Bad,
            format!("{} {problem}", look.symbols.mark(Role::Bad)),
        ),
        (None, Some(share)) => {
            let count = distribution.map_or(0, |known| known.image_count);
            let images = (share * count as f64).round();
            look.span(
                Role::Dim,
                format!(
                    "  about {} % of real images: {images} of {count}",
                    short(share * 100.0)
                ),
            )
        }
        (None, None) => Span::default(),
    };
    write(
        look,
        &Line::from(text),
        share.x,
        share.y,
        share.width,
        buffer,
    );
}

fn draw_end(
    look: Look<'_>,
    draft: &Draft,
    side: Side,
    name: &str,
    is_selected: bool,
    area: Rect,
    buffer: &mut Buffer,
) {
    let end = match side {
        Side::Low => draft.low,
        Side::High => draft.high,
    };
    let mark = if is_selected {
        look.symbols.selected
    } else {
        " "
    };
    let written = match end {
        End::Open => "open".to_owned(),
        End::Quantile(_) => end.text(),
        End::Value(value) => short(value),
    };
    let distribution = draft.distribution.as_deref();
    let meaning = match (end, distribution) {
        (End::Open, _) | (_, None) => String::new(),
        (End::Quantile(_), known) => end
            .value(known)
            .map_or(String::new(), |value| format!("= {}", short(value))),
        (End::Value(value), Some(known)) => format!("= p{}", short(known.level_of(value) * 100.0)),
    };
    let mut spans = vec![
        look.span(Role::Accent, format!("{mark} ")),
        look.span(Role::Dim, text::pad(name, 10)),
        look.span(Role::Accent, text::pad(&written, 12)),
        look.span(Role::Dim, meaning),
    ];
    if is_selected {
        let style = look.style(Role::Select);
        spans = spans
            .into_iter()
            .map(|span| span.patch_style(style))
            .collect();
    }
    write(look, &Line::from(spans), area.x, area.y, area.width, buffer);
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
        let mark = if is_selected {
            look.symbols.selected
        } else {
            " "
        };
        let interval = format!("{}..{}", draft.low.text(), draft.high.text());
        let room = usize::from(inner.width).saturating_sub(4 + text::width(&interval));
        let mut spans = vec![
            look.span(Role::Accent, format!("{mark} ")),
            look.span(Role::Text, text::pad(&text::clean(&draft.name), room)),
            look.span(Role::Band, format!(" {interval}")),
        ];
        if is_selected && keys {
            let style = look.style(Role::Select);
            spans = spans
                .into_iter()
                .map(|span| span.patch_style(style))
                .collect();
        }
        write(
            look,
            &Line::from(spans),
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
    let inner = framed(look, "Settings", note, keys, area, buffer);
    let changed: Vec<&'static str> = app
        .query
        .settings
        .all()
        .iter()
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
