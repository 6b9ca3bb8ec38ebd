//! Actions of the map: going from point to point.

use super::{everywhere, portray_selected, run, scores};
use crate::tui::action::{Action, Tab};
use crate::tui::app::App;
use crate::tui::effect::Effect;
use crate::tui::model::run_view::RunView;

pub(super) fn act(app: &mut App, action: Action) -> Option<Vec<Effect>> {
    Some(match action {
        Action::Left => go(app, (-1.0, 0.0)),
        Action::Right => go(app, (1.0, 0.0)),
        Action::Up => go(app, (0.0, 1.0)),
        Action::Down => go(app, (0.0, -1.0)),
        Action::First => select(app, 0),
        Action::Last => select(app, usize::MAX),
        Action::PreviousSample => run::select_sample(app, -1),
        Action::NextSample => run::select_sample(app, 1),
        Action::Choose => run::enlarge(app),
        Action::Scores => scores::show(app),
        Action::Mark | Action::Drop => run::mark(app, action),
        Action::Back => everywhere::show(app, Tab::Run),
        Action::Restart => run::restart(app),
        Action::Resume => run::resume(app),
        _ => return None,
    })
}

fn select(app: &mut App, place: usize) -> Vec<Effect> {
    if let Some(run) = app.run_mut() {
        run.select_place(place.min(run.samples.len().saturating_sub(1)));
    }
    portray_selected(app)
}

/// Selects the nearest point in a direction.
fn go(app: &mut App, direction: (f64, f64)) -> Vec<Effect> {
    if let Some(run) = app.run_mut()
        && let Some(place) = neighbour(run, direction)
    {
        run.select_place(place);
    }
    portray_selected(app)
}

/// The point that lies nearest in a direction: within 45 degrees of it, distance first.
fn neighbour(run: &RunView, (dx, dy): (f64, f64)) -> Option<usize> {
    let points = &run.map.as_ref()?.points;
    let &from = points.get(run.selected_place()?)?;
    let along = |point: &(f64, f64)| (point.0 - from.0) * dx + (point.1 - from.1) * dy;
    let across = |point: &(f64, f64)| ((point.0 - from.0) * dy - (point.1 - from.1) * dx).abs();
    points
        .iter()
        .enumerate()
        .filter(|(place, point)| {
            let is_shown = run
                .samples
                .get(*place)
                .is_some_and(|sample| !run.marks.dropped.contains(&sample.index));
            is_shown && along(point) > 0.0 && across(point) <= along(point)
        })
        .min_by(|(_, a), (_, b)| {
            along(a)
                .hypot(across(a))
                .total_cmp(&along(b).hypot(across(b)))
        })
        .map(|(place, _)| place)
}
