//! The right side of the run screen: the selected sample, large.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};

use crate::preview::Painters;
use crate::theme::Role;
use crate::tui::app::App;
use crate::tui::message::RunId;
use crate::tui::view::{look, nothing, sample};
use crate::tui::widget::panel::framed;

pub(in crate::tui::view) fn draw(
    app: &App,
    id: RunId,
    area: Rect,
    buffer: &mut Buffer,
    painters: &mut Painters,
) {
    let Some(run) = app.run() else {
        return;
    };
    let inner = framed(look(app), "Sample", "[ and ] select", false, area, buffer);
    let Some(selected) = run.selected() else {
        return nothing(
            app,
            &["no sample yet", "they come as rows are accepted"],
            inner,
            buffer,
        );
    };
    let facts = 1 + run.file.constraint.len() as u16 + sample::origin(selected).count() as u16;
    let gpu = u16::from(app.gpu.is_some());
    // A picture of equal sides is half as high as wide in cells.
    let picture = (inner.width / 2).min(inner.height.saturating_sub(facts + 7 + gpu));
    let [picture, _, facts, _, portrait, gpu] = Layout::vertical([
        Constraint::Length(picture),
        Constraint::Length(1),
        Constraint::Length(facts),
        Constraint::Length(1),
        Constraint::Min(0),
        Constraint::Length(gpu),
    ])
    .areas(inner);
    sample::picture(app, id, run, picture, buffer, painters);
    sample::facts(app, run, facts, buffer);
    sample::portrait(app, run, portrait, buffer);
    if let Some(figures) = &app.gpu {
        let text = figures.describe();
        buffer.set_stringn(
            gpu.x,
            gpu.y,
            text,
            usize::from(gpu.width),
            look(app).style(Role::Dim),
        );
    }
}
