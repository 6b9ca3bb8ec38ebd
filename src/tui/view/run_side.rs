//! The right side of the run screen: the selected sample, large.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};

use super::{look, nothing, sample};
use crate::machine::Gpu;
use crate::preview::Painters;
use crate::text;
use crate::theme::Role;
use crate::tui::app::App;
use crate::tui::message::RunId;
use crate::tui::widget::panel::framed;

pub(super) fn draw(app: &App, id: RunId, area: Rect, buffer: &mut Buffer, painters: &mut Painters) {
    let Some(run) = app.run() else {
        return;
    };
    let inner = framed(look(app), "Sample", "[ and ] select", false, area, buffer);
    if run.selected().is_none() {
        return nothing(
            app,
            &["no sample yet", "they come as rows are accepted"],
            inner,
            buffer,
        );
    }
    let facts = 1 + run.file.constraint.len() as u16;
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
        let text = gpu_line(figures);
        buffer.set_stringn(
            gpu.x,
            gpu.y,
            text,
            usize::from(gpu.width),
            look(app).style(Role::Dim),
        );
    }
}

/// Memory and load of a GPU in a line.
fn gpu_line(gpu: &Gpu) -> String {
    const GIB: f64 = (1u64 << 30) as f64;
    let memory = gpu.memory.map(|memory| {
        format!(
            "{:.1} of {:.0} GiB",
            memory.used as f64 / GIB,
            memory.total as f64 / GIB
        )
    });
    let load = gpu.load.map(|load| format!("{load} % busy"));
    let parts = [Some(text::clean(&gpu.name)), memory, load];
    parts.into_iter().flatten().collect::<Vec<_>>().join("  ")
}
