//! One sample over the whole screen.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::widgets::{Clear, Widget};

use super::{look, sample};
use crate::preview::{Painter, Painters};
use crate::tui::app::App;
use crate::tui::widget::panel::framed;

pub(super) fn draw(app: &App, area: Rect, buffer: &mut Buffer, painters: &mut Painters) {
    let (Some(id), Some(run)) = (app.current, app.run()) else {
        return;
    };
    painters.cover(area);
    Clear.render(area, buffer);
    let inner = framed(
        look(app),
        "Sample",
        "esc leaves, [ and ] select",
        true,
        area,
        buffer,
    );
    let side = if inner.width >= 80 { 40 } else { 0 };
    let [picture, facts] =
        Layout::horizontal([Constraint::Min(0), Constraint::Length(side)]).areas(inner);
    if side == 0 {
        let [picture, facts] =
            Layout::vertical([Constraint::Min(0), Constraint::Length(2)]).areas(inner);
        sample::picture(app, id, run, picture, buffer, painters);
        sample::facts(app, run, facts, buffer);
        return;
    }
    sample::picture(app, id, run, picture, buffer, painters);
    let used = sample::facts(app, run, facts, buffer) + 1;
    let portrait = Rect {
        y: facts.y + used,
        height: facts.height.saturating_sub(used),
        ..facts
    };
    sample::portrait(app, run, portrait, buffer);
}
