//! The samples as they come in.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::preview::{Painters, Shot};
use crate::theme::Role;
use crate::tui::app::App;
use crate::tui::message::RunId;
use crate::tui::target::Target;
use crate::tui::view::{look, sample};
use crate::tui::widget::panel::{framed, write};

/// Columns of a thumbnail.
const THUMBNAIL: u16 = 12;

pub(super) fn draw(app: &App, id: RunId, area: Rect, buffer: &mut Buffer, painters: &mut Painters) {
    let (Some(run), look) = (app.run(), look(app)) else {
        return;
    };
    let inner = framed(look, "Samples", "3 shows all", false, area, buffer);
    let across = usize::from(inner.width / THUMBNAIL).max(1);
    let selected = run.selected_place().unwrap_or(0);
    let first = selected.saturating_sub(across - 1).max(
        // The newest are in view while nobody has selected another.
        if selected == 0 {
            run.samples.len().saturating_sub(across)
        } else {
            0
        },
    );
    for (at, found) in run.samples.iter().skip(first).take(across).enumerate() {
        let cell = Rect {
            x: inner.x + at as u16 * THUMBNAIL,
            y: inner.y,
            width: THUMBNAIL - 1,
            height: inner.height,
        };
        app.targets
            .borrow_mut()
            .note(cell, Target::Sample(first + at));
        let caption = match found.activations.first() {
            Some(activation) => format!("{} {activation:.2}", found.index),
            None => found.index.to_string(),
        };
        let role = if first + at == selected {
            Role::Accent
        } else {
            Role::Dim
        };
        if let Some(picture) = run.pictures.get(&found.index) {
            let shot = Shot {
                area: Rect {
                    height: cell.height - 1,
                    ..cell
                },
                picture: picture.clone(),
                id: sample::shot_id(id, found.index),
            };
            painters.thumbnail(&shot, buffer);
        }
        write(
            look,
            &Line::from(look.span(role, caption)),
            cell.x,
            cell.bottom() - 1,
            cell.width,
            buffer,
        );
    }
}
