//! The run screen: how the run fares, charts, settings, the samples that come in.

mod charts;
pub(super) mod scores;
mod settings;
pub(super) mod side;
mod small;
mod status;
mod strip;

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};

use super::nothing;
use crate::preview::Painters;
use crate::tui::app::App;

pub(super) fn draw(app: &mut App, area: Rect, buffer: &mut Buffer, painters: &mut Painters) {
    let Some(id) = app.current else {
        let lines = ["No run is open.", "1 makes a query, 6 lists all runs."];
        return nothing(app, &lines, area, buffer);
    };
    let has_side = area.width >= 100;
    let has_strip = area.height >= 30;
    let columns = if has_side {
        (area.width * 3 / 10).clamp(34, 60)
    } else {
        0
    };
    let [left, right] =
        Layout::horizontal([Constraint::Min(0), Constraint::Length(columns)]).areas(area);
    let strip = if has_strip { 8 } else { 0 };
    let lower = if area.height >= 20 {
        scores::HEIGHT + 2
    } else {
        5
    };
    let [status, chart, lower, strip] = Layout::vertical([
        Constraint::Length(3),
        Constraint::Min(5),
        Constraint::Length(lower),
        Constraint::Length(strip),
    ])
    .areas(left);
    status::draw(app, status, buffer);
    charts::activations(app, chart, buffer);
    let columns = if area.width >= 72 { 32 } else { 30 };
    let [diversity, tuning] =
        Layout::horizontal([Constraint::Min(20), Constraint::Length(columns)]).areas(lower);
    if has_side {
        charts::diversity(app, diversity, buffer);
    } else {
        small::draw(app, id, diversity, buffer, painters);
    }
    settings::draw(app, tuning, buffer);
    if has_strip {
        strip::draw(app, id, strip, buffer, painters);
    }
    if has_side {
        side::draw(app, id, right, buffer, painters);
    }
}
