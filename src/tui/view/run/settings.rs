//! The settings that may change while the run is at work, and what changed last.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::run::control::Parameter;
use crate::theme::Role;
use crate::tui::action::Place;
use crate::tui::app::App;
use crate::tui::view::has_keys;
use crate::tui::widget::fields::{self, State};
use crate::tui::widget::panel::{Look, framed, write};

pub(super) fn draw(app: &mut App, area: Rect, buffer: &mut Buffer) {
    let keys = has_keys(app, &[Place::Run]);
    let look = Look {
        theme: &app.theme,
        symbols: &app.symbols,
    };
    let inner = framed(look, "Settings", "arrows, = types", keys, area, buffer);
    let Some(current) = app.current else {
        return;
    };
    let Some((_, run)) = app.runs.iter_mut().find(|(id, _)| *id == current) else {
        return;
    };
    let states: Vec<(&'static str, State)> = run
        .tuning
        .knobs
        .shown()
        .into_iter()
        .map(|knob| {
            let parameter: Option<Parameter> = knob.id.parse().ok();
            let is_pending = parameter.is_some_and(|parameter| run.tuning.is_pending(parameter));
            let state = if is_pending {
                State::Pending
            } else if knob.is_changed() {
                State::Changed
            } else {
                State::Usual
            };
            (knob.id, state)
        })
        .collect();
    let state = |id: &str| {
        let found = states.iter().find(|(known, _)| *known == id);
        found.map_or(State::Usual, |(_, state)| *state)
    };
    fields::render(look, &mut run.tuning.knobs, keys, state, inner, buffer);
    let events = inner.height.saturating_sub(states.len() as u16);
    let last = run.events.iter().rev().take(usize::from(events)).rev();
    for (line, (step, event)) in last.enumerate() {
        let y = inner.bottom() - events + line as u16;
        let line = Line::from(look.span(Role::Dim, format!("  {step}: {event}")));
        write(look, &line, inner.x, y, inner.width, buffer);
    }
}
