//! Every score of the shown run: asked for by a key, taken by a thread.

use super::PAGE;
use crate::text;
use crate::tui::action::Action;
use crate::tui::app::App;
use crate::tui::effect::Effect;
use crate::tui::model::measuring::Measuring;
use crate::tui::overlay::Overlay;

/// Columns of a move to the side.
const ACROSS: usize = 8;

/// Shows them, and has them taken where they are not those of all samples.
pub(super) fn show(app: &mut App) -> Vec<Effect> {
    app.overlays.push(Overlay::Scores {
        scroll: 0,
        across: 0,
    });
    let lacks = |run: &crate::tui::model::run_view::RunView| run.measuring.lacks(run.samples.len());
    if app.run().is_some_and(lacks) {
        take(app)
    } else {
        Vec::new()
    }
}

/// Has them taken, again where they were.
fn take(app: &mut App) -> Vec<Effect> {
    let (Some(id), Some(run)) = (app.current, app.run_mut()) else {
        return Vec::new();
    };
    let what = "waiting for its turn".to_owned();
    run.measuring = Measuring::Working { what };
    vec![Effect::Measure(id)]
}

pub(super) fn act(app: &mut App, action: Action) -> Vec<Effect> {
    let lines = app.run().map_or(&[][..], |run| run.measuring.lines());
    let last = lines.len().saturating_sub(1);
    let widest = lines.iter().map(|line| text::width(line)).max();
    let Some(Overlay::Scores { scroll, across }) = app.overlays.last_mut() else {
        return Vec::new();
    };
    match action {
        Action::Up => *scroll = scroll.saturating_sub(1),
        Action::Down => *scroll = last.min(*scroll + 1),
        Action::PageUp => *scroll = scroll.saturating_sub(PAGE as usize),
        Action::PageDown => *scroll = last.min(*scroll + PAGE as usize),
        Action::First => (*scroll, *across) = (0, 0),
        Action::Last => *scroll = last,
        Action::Left => *across = across.saturating_sub(ACROSS),
        Action::Right if *across + ACROSS < widest.unwrap_or(0) => *across += ACROSS,
        Action::Back => {
            app.overlays.pop();
        }
        Action::Refresh => return take(app),
        _ => {}
    }
    Vec::new()
}
