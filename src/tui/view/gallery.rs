//! The gallery: all samples of a run, in rows.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{has_keys, look, nothing, sample};
use crate::preview::{Painters, Shot};
use crate::theme::Role;
use crate::tui::action::Place;
use crate::tui::app::App;
use crate::tui::model::run_view::unit_name;
use crate::tui::target::Target;
use crate::tui::widget::panel::{framed, write};

pub(super) fn draw(app: &mut App, area: Rect, buffer: &mut Buffer, painters: &mut Painters) {
    let Some(id) = app.current else {
        return nothing(app, &["No run is open.", "6 lists all runs."], area, buffer);
    };
    let Some((_, run)) = app.runs.iter().find(|(known, _)| *known == id) else {
        return;
    };
    let ordered = app.gallery.ordered(run);
    let units: Vec<String> = run.file.constraint.iter().map(unit_name).collect();
    let title = format!(
        "{}: {} of {} samples",
        units.join(" and "),
        run.samples.len(),
        run.file.settings.n
    );
    let chosen = match app.gallery.chosen.len() {
        0 => String::new(),
        count => format!("{count} selected, "),
    };
    let note = format!("{chosen}by {}", app.gallery.order.title());
    let keys = has_keys(app, &[Place::Gallery]);
    let inner = framed(look(app), &title, &note, keys, area, buffer);
    if ordered.is_empty() {
        return nothing(
            app,
            &["No sample yet.", "They come as rows are accepted."],
            inner,
            buffer,
        );
    }
    // As many rows as pictures of the chosen size would about fill, each as high as there is room for.
    let wanted = app.gallery.picture_rows() + 1;
    let down = ((inner.height + wanted / 2) / wanted).max(1);
    let rows = (inner.height / down)
        .saturating_sub(1)
        .clamp(1, inner.width / 2);
    // Twice as wide as high in cells, so that equal sides look equal.
    let (width, height) = (2 * rows + 2, rows + 1);
    let across = usize::from(inner.width / width).max(1);
    // What is left over goes between the pictures.
    let width = (inner.width / across as u16).max(width);
    let picture = 2 * rows;
    let down = usize::from(down);
    let selected = run.selected_place();
    let at = ordered
        .iter()
        .position(|&place| Some(place) == selected)
        .unwrap_or(0);
    let last_first = ordered.len().div_ceil(across).saturating_sub(down);
    let first_row = app
        .gallery
        .first_row
        .min(at / across)
        .max((at / across + 1).saturating_sub(down))
        .min(last_first);
    let look = look(app);
    for (cell, &place) in ordered
        .iter()
        .skip(first_row * across)
        .take(across * down)
        .enumerate()
    {
        let found = &run.samples[place];
        let area = Rect {
            x: inner.x + (cell % across) as u16 * width,
            y: inner.y + (cell / across) as u16 * height,
            width: picture.min(inner.width),
            height: rows,
        };
        app.targets.borrow_mut().note(
            Rect {
                height: rows + 1,
                ..area
            },
            Target::Sample(place),
        );
        if let Some(picture) = run.pictures.get(&found.index) {
            let shot = Shot {
                area,
                picture: picture.clone(),
                id: sample::shot_id(id, found.index),
            };
            painters.thumbnail(&shot, buffer);
        }
        let is_selected = Some(place) == selected;
        let chosen = app.gallery.chosen.contains(&found.index);
        let mark = match (
            chosen,
            run.marks.marked.contains(&found.index),
            run.marks.dropped.contains(&found.index),
        ) {
            (true, _, _) => look.symbols.check,
            (_, true, _) => "*",
            (_, _, true) => look.symbols.mark(Role::Bad),
            _ => look.pointer(is_selected),
        };
        let role = if is_selected { Role::Select } else { Role::Dim };
        let activation = found
            .activations
            .first()
            .map_or(String::new(), |value| format!(" {value:.2}"));
        let caption = format!("{mark}{}{activation}", found.index);
        write(
            look,
            &Line::from(look.span(role, caption)),
            area.x,
            area.bottom(),
            area.width + 1,
            buffer,
        );
    }
    app.gallery.across = across;
    app.gallery.down = down;
    app.gallery.first_row = first_row;
}
