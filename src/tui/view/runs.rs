//! The list of all run folders.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{has_keys, look, nothing};
use crate::run::{Listed, RunState};
use crate::text;
use crate::theme::Role;
use crate::tui::action::Place;
use crate::tui::app::App;
use crate::tui::model::runs::{query_of, state_of};
use crate::tui::target::Target;
use crate::tui::widget::field::typed;
use crate::tui::widget::panel::{Look, framed, write};

pub(super) fn draw(app: &mut App, area: Rect, buffer: &mut Buffer) {
    let keys = has_keys(app, &[Place::Runs, Place::Filter]);
    let title = format!("Runs in {}", text::clean(&app.root.display().to_string()));
    let note = app.list.order.title();
    let inner = framed(look(app), &title, note, keys, area, buffer);
    if inner.height < 3 {
        return;
    }
    let mut list = inner;
    if app.list.is_filtering || !app.list.filter.is_empty() {
        let has_keys = app.list.is_filtering;
        typed(look(app), "/", &app.list.filter, has_keys, inner, buffer);
        list.y += 1;
        list.height -= 1;
    }
    let length = app.list.shown().len();
    match &app.list.listed {
        None => return nothing(app, &["looking for run folders…"], list, buffer),
        Some(all) if all.is_empty() => {
            return nothing(
                app,
                &["There is no run yet.", "1 makes a query, ctrl-r starts it."],
                list,
                buffer,
            );
        }
        Some(_) if length == 0 => {
            return nothing(
                app,
                &["No run has these words.", "esc shows all"],
                list,
                buffer,
            );
        }
        Some(_) => {}
    }
    header(look(app), list, buffer);
    let height = usize::from(list.height - 1);
    let window = app.list.cursor.window(length, height);
    let selected = app.list.cursor.selected(length);
    let shown = app.list.shown();
    for (line, at) in window.enumerate() {
        let row = Rect {
            y: list.y + 1 + line as u16,
            height: 1,
            ..list
        };
        app.targets.borrow_mut().note(row, Target::Listed(at));
        let compared = app
            .runs
            .iter()
            .any(|(id, run)| run.path == shown[at].path && app.compared.contains(id));
        draw_line(
            look(app),
            shown[at],
            selected == Some(at),
            compared,
            row,
            buffer,
        );
    }
}

fn header(look: Look<'_>, area: Rect, buffer: &mut Buffer) {
    let text = format!(
        "   {} {:>9}  {}  query",
        text::pad("state", 10),
        "samples",
        text::pad("started", 16)
    );
    write(
        look,
        &Line::from(look.span(Role::Title, text)),
        area.x,
        area.y,
        area.width,
        buffer,
    );
}

fn draw_line(
    look: Look<'_>,
    listed: &Listed,
    is_selected: bool,
    compared: bool,
    area: Rect,
    buffer: &mut Buffer,
) {
    let role = match listed.state {
        RunState::Working(_) => Role::Accent,
        RunState::Ended(_) => Role::Good,
        RunState::Resumable => Role::Warn,
        RunState::Damaged(_) => Role::Bad,
    };
    let reason = match &listed.state {
        RunState::Damaged(reason) => text::clean(reason),
        _ => query_of(listed),
    };
    let wanted = listed.file.as_ref().map_or(0, |file| file.settings.n);
    let progress = format!("{}/{wanted}", listed.standing.n_feasible);
    let started = listed
        .started()
        .replace('T', " ")
        .chars()
        .take(16)
        .collect::<String>();
    let name = listed
        .path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let mark = look.pointer(is_selected);
    let compared = if compared { look.symbols.check } else { " " };
    let spans = vec![
        look.span(Role::Accent, format!("{mark}{compared} ")),
        look.span(role, text::pad(state_of(listed), 11)),
        look.span(Role::Text, format!("{:>9}  ", progress)),
        look.span(Role::Dim, text::pad(&started, 18)),
        look.span(Role::Text, reason),
        look.span(Role::Dim, format!("  {}", text::clean(&name))),
    ];
    let line = look.row(spans, is_selected);
    write(look, &line, area.x, area.y, area.width, buffer);
}
