//! The search field and the units that answer it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::query::Found;
use crate::text;
use crate::theme::Role;
use crate::tui::action::Place;
use crate::tui::app::{App, BundleState};
use crate::tui::target::Target;
use crate::tui::view::{has_keys, look, nothing};
use crate::tui::widget::field::typed;
use crate::tui::widget::panel::{Look, framed, write};

pub(super) fn draw(app: &mut App, area: Rect, buffer: &mut Buffer) {
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
    if app.query.search.is_empty() && !is_typing {
        let hint = Line::from(vec![
            look.span(Role::Key, "/ "),
            look.span(Role::Dim, "search labels and tensors"),
        ]);
        write(look, &hint, inner.x, inner.y, inner.width, buffer);
    } else {
        typed(look, "/", &app.query.search, is_typing, inner, buffer);
    }
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
    let look = crate::tui::view::look(app);
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

fn draw_found(look: Look<'_>, found: &Found, is_selected: bool, area: Rect, buffer: &mut Buffer) {
    let mark = look.pointer(is_selected);
    let place = match (found.is_whole, found.index) {
        (true, Some(index)) => format!("[{index}]"),
        _ => String::new(),
    };
    let mut spans = vec![
        look.span(Role::Accent, format!("{mark} ")),
        look.span(Role::Dim, text::pad(&place, 6)),
    ];
    let room = usize::from(area.width).saturating_sub(8);
    let shown = look.symbols.truncate(&found.shown, room);
    for (at, character) in shown.chars().enumerate() {
        let role = if found.positions.contains(&at) {
            Role::Match
        } else {
            Role::Text
        };
        spans.push(look.span(role, character.to_string()));
    }
    if !found.is_whole {
        spans.push(look.span(
            Role::Dim,
            format!("  {}", text::counted(found.units, "unit")),
        ));
    }
    let line = look.row(spans, is_selected);
    write(look, &line, area.x, area.y, area.width, buffer);
}
