//! The comparison: runs side by side, a column each.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::run::scores;
use super::{has_keys, look, nothing, sample};
use crate::preview::{Painters, Shot};
use crate::text;
use crate::theme::Role;
use crate::tui::action::Place;
use crate::tui::app::App;
use crate::tui::message::RunId;
use crate::tui::model::run_view::{RunView, interval_text, unit_name};
use crate::tui::widget::panel::{framed, write};

/// Narrowest column.
const NARROWEST: u16 = 30;

pub(super) fn draw(app: &mut App, area: Rect, buffer: &mut Buffer, painters: &mut Painters) {
    let length = app.compared.len();
    if length == 0 {
        let lines = [
            "No runs are compared yet.",
            "In the list of runs (6), space adds one.",
        ];
        return nothing(app, &lines, area, buffer);
    }
    let columns = usize::from(area.width / NARROWEST).clamp(1, length);
    let window = app.compare.window(length, columns);
    let selected = app.compare.selected(length);
    let width = area.width / columns as u16;
    let keys = has_keys(app, &[Place::Compare]);
    for (column, at) in window.enumerate() {
        let id = app.compared[at];
        let Some(run) = app.run_of(id) else {
            continue;
        };
        let is_selected = keys && selected == Some(at);
        let column = Rect {
            x: area.x + column as u16 * width,
            width,
            ..area
        };
        draw_run(app, id, run, is_selected, column, buffer, painters);
    }
}

fn draw_run(
    app: &App,
    id: RunId,
    run: &RunView,
    is_selected: bool,
    area: Rect,
    buffer: &mut Buffer,
    painters: &mut Painters,
) {
    let look = look(app);
    let note = format!("{} of {}", run.samples.len(), run.file.settings.n);
    let inner = framed(look, &run.name(), &note, is_selected, area, buffer);
    let mut y = inner.y;
    let mut line = |line: Line<'_>, buffer: &mut Buffer| {
        if y < inner.bottom() {
            write(look, &line, inner.x, y, inner.width, buffer);
            y += 1;
        }
    };
    for (at, constraint) in run.file.constraint.iter().enumerate() {
        line(
            Line::from(look.span(Role::Title, unit_name(constraint))),
            buffer,
        );
        let range = run
            .samples
            .iter()
            .filter_map(|sample| sample.activations.get(at));
        let (low, high) = range.fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), &value| {
            (low.min(value), high.max(value))
        });
        let found = if low <= high {
            format!("{low:.3} to {high:.3}")
        } else {
            "no sample".to_owned()
        };
        line(
            Line::from(vec![
                look.span(Role::Dim, text::pad(&interval_text(constraint), 16)),
                look.span(Role::Good, found),
            ]),
            buffer,
        );
    }
    let scored = match &run.scores {
        Some(Ok(saved)) => scores::count(saved),
        Some(Err(reason)) => text::clean(reason),
        None => "no sample".to_owned(),
    };
    let method = format!("{}, {} steps", run.file.settings.method, run.step);
    for (name, value) in [("method", method), ("scored", scored)] {
        line(
            Line::from(vec![
                look.span(Role::Dim, text::pad(name, 16)),
                look.span(Role::Text, value),
            ]),
            buffer,
        );
    }
    let cells = Rect {
        y,
        height: scores::LINES.min(inner.bottom().saturating_sub(y)),
        ..inner
    };
    scores::of_saved(look, run, cells, buffer);
    let y = cells.bottom();
    let top = y + 1;
    let pictures = Rect {
        y: top,
        height: inner.bottom().saturating_sub(top),
        ..inner
    };
    draw_pictures(app, id, run, pictures, buffer, painters);
}

fn draw_pictures(
    app: &App,
    id: RunId,
    run: &RunView,
    area: Rect,
    buffer: &mut Buffer,
    painters: &mut Painters,
) {
    let rows = app.gallery.picture_rows().min(area.height);
    if rows == 0 {
        return;
    }
    let (width, height) = (2 * rows + 1, rows + 1);
    let across = usize::from(area.width / width).max(1);
    let down = usize::from((area.height + 1) / height);
    let shown = run.shown(false);
    for (at, found) in shown.iter().take(across * down).enumerate() {
        let Some(picture) = run.pictures.get(&found.index) else {
            continue;
        };
        let shot = Shot {
            area: Rect {
                x: area.x + (at % across) as u16 * width,
                y: area.y + (at / across) as u16 * height,
                width: (width - 1).min(area.width),
                height: rows,
            },
            picture: picture.clone(),
            id: sample::shot_id(id, found.index),
        };
        painters.thumbnail(&shot, buffer);
    }
}
