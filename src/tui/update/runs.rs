//! Actions of the list of runs.

use std::path::{Path, PathBuf};

use super::{PAGE, close, everywhere, take_run, travel};
use crate::tui::action::{Action, Place, Tab};
use crate::tui::app::App;
use crate::tui::effect::Effect;
use crate::tui::message::RunId;
use crate::tui::overlay::{self, Overlay};

pub(super) fn act(app: &mut App, place: Place, action: Action) -> Option<Vec<Effect>> {
    let length = app.list.shown().len();
    if travel(&mut app.list.cursor, action, length, PAGE) {
        return Some(Vec::new());
    }
    match action {
        Action::Search => app.list.is_filtering = true,
        Action::Choose if place == Place::Filter => app.list.is_filtering = false,
        Action::Back if place == Place::Filter => {
            app.list.is_filtering = false;
            app.list.filter = Default::default();
        }
        Action::Choose => return Some(open(app)),
        Action::Select => return Some(compare(app)),
        Action::Sort => {
            app.list.reorder();
            app.say(format!("ordered {}", app.list.order.title()));
        }
        Action::Remove => {
            if let Some(listed) = app.list.selected() {
                let menu = overlay::remove_run(&listed.path, listed.standing.n_feasible);
                app.overlays.push(Overlay::Menu(menu));
            }
        }
        Action::Resume => {
            let path = app.list.selected().map(|listed| listed.path.clone());
            let mut effects: Vec<Effect> = path.into_iter().map(Effect::Resume).collect();
            effects.extend(open(app));
            return Some(effects);
        }
        Action::Refresh => return Some(vec![Effect::ListRuns]),
        Action::Back if app.list.filter.is_empty() => {
            return Some(everywhere::show(app, Tab::Run));
        }
        Action::Back => app.list.filter = Default::default(),
        _ => return None,
    }
    Some(Vec::new())
}

/// The selected run and whether it is open already.
fn selected(app: &App) -> Option<(PathBuf, Option<RunId>)> {
    let path = app.list.selected()?.path.clone();
    let open = app.runs.iter().find(|(_, run)| run.path == path);
    Some((path, open.map(|(id, _)| *id)))
}

/// Closes a run whose folder is gone.
pub(super) fn forget(app: &mut App, path: &Path) -> Vec<Effect> {
    let gone = app.runs.iter().filter(|(_, run)| run.path == path);
    let gone: Vec<RunId> = gone.map(|(id, _)| *id).collect();
    app.list.forget(path);
    gone.into_iter().map(|id| close(app, id)).collect()
}

/// Shows the selected run.
fn open(app: &mut App) -> Vec<Effect> {
    match selected(app) {
        Some((_, Some(id))) => {
            app.tab = Tab::Run;
            take_run(app, id)
        }
        Some((path, None)) => vec![Effect::Watch { path, shown: true }],
        None => Vec::new(),
    }
}

/// Puts the selected run into the comparison, or takes it out.
fn compare(app: &mut App) -> Vec<Effect> {
    match selected(app) {
        Some((_, Some(id))) if app.compared.contains(&id) => {
            app.compared.retain(|&known| known != id);
            app.say("taken out of the comparison");
            Vec::new()
        }
        Some((_, Some(id))) => {
            app.compared.push(id);
            app.say("added to the comparison (5)");
            Vec::new()
        }
        Some((path, None)) => {
            app.say("added to the comparison (5)");
            vec![Effect::Watch { path, shown: false }]
        }
        None => Vec::new(),
    }
}
