//! From the state to a frame. Every screen has a file.

mod compare;
mod footer;
mod gallery;
mod header;
mod large;
mod map;
mod overlays;
mod query;
mod run;
mod runs;
mod sample;
mod scores;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};

use super::action::{Place, Tab};
use super::app::App;
use super::widget::panel::Look;
use crate::preview::Painters;
use crate::text;
use crate::theme::Role;

/// The smallest terminal that the screens fit.
const SMALLEST: (u16, u16) = (60, 16);

/// Draws the program. What it finds out about the layout (pictures in a row, lines in view) is kept
/// in the state, for the keys that move by it.
pub fn draw(app: &mut App, frame: &mut Frame<'_>, painters: &mut Painters) {
    app.targets.borrow_mut().clear();
    let area = frame.area();
    let buffer = frame.buffer_mut();
    // Some themes have a background of their own; every other style stands on this one.
    buffer.set_style(area, app.theme.style(Role::Text));
    if !fits((area.width, area.height)) {
        too_small(app, area, buffer);
        return;
    }
    let [header, body, notice, footer] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Min(0),
        Constraint::Length(1),
        Constraint::Length(1),
    ])
    .areas(area);
    header::draw(app, header, buffer);
    match app.tab {
        Tab::Query => query::draw(app, body, buffer),
        Tab::Run => run::draw(app, body, buffer, painters),
        Tab::Gallery => gallery::draw(app, body, buffer, painters),
        Tab::Map => map::draw(app, body, buffer, painters),
        Tab::Compare => compare::draw(app, body, buffer, painters),
        Tab::Runs => runs::draw(app, body, buffer),
    }
    overlays::draw(app, body, buffer, painters);
    footer::notice(app, notice, buffer);
    footer::keys(app, footer, buffer);
}

/// Whether the screens fit a terminal of so many columns and rows.
pub(super) fn fits((width, height): (u16, u16)) -> bool {
    width >= SMALLEST.0 && height >= SMALLEST.1
}

/// Theme and characters of the program.
fn look(app: &App) -> Look<'_> {
    Look {
        theme: &app.theme,
        symbols: &app.symbols,
    }
}

/// Whether a part of the screen below any overlay has the keys.
fn has_keys(app: &App, places: &[Place]) -> bool {
    app.overlays.is_empty() && places.contains(&app.place())
}

fn too_small(app: &App, area: Rect, buffer: &mut Buffer) {
    let look = look(app);
    let lines = [
        "The terminal is too small for invset:".to_owned(),
        format!(
            "{} x {}, it takes {} x {}.",
            area.width, area.height, SMALLEST.0, SMALLEST.1
        ),
        "A run goes on meanwhile; q leaves.".to_owned(),
    ];
    for (line, text) in lines.iter().enumerate().take(usize::from(area.height)) {
        let room = usize::from(area.width);
        buffer.set_stringn(
            area.x,
            area.y + line as u16,
            text,
            room,
            look.style(Role::Text),
        );
    }
}

/// Seconds as people read them: `0:42`, `12:05`, `3:07:00`.
fn duration(seconds: f64) -> String {
    let seconds = seconds.clamp(0.0, 359_999.0).round() as u64;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    }
}

/// A line in the middle of an area that has nothing else.
fn nothing(app: &App, lines: &[&str], area: Rect, buffer: &mut Buffer) {
    let look = look(app);
    let top = area.y + area.height.saturating_sub(lines.len() as u16) / 2;
    for (line, text) in lines.iter().enumerate() {
        let x = area.x + area.width.saturating_sub(text::width(text) as u16) / 2;
        let y = top + line as u16;
        if y < area.bottom() {
            let role = if line == 0 { Role::Text } else { Role::Dim };
            buffer.set_stringn(x, y, text, usize::from(area.width), look.style(role));
        }
    }
}
