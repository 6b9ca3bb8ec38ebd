//! Actions of the comparison.

use super::{across_as_down, close, everywhere, take_run, travel};
use crate::run::Request;
use crate::sampler::{MethodKind, Settings};
use crate::tui::action::{Action, Tab};
use crate::tui::app::App;
use crate::tui::effect::Effect;
use crate::tui::message::RunId;

/// Runs of a page.
const RUNS: isize = 4;

pub(super) fn act(app: &mut App, action: Action) -> Option<Vec<Effect>> {
    let length = app.compared.len();
    if travel(&mut app.compare, across_as_down(action), length, RUNS) {
        return Some(Vec::new());
    }
    match action {
        Action::Remove => {
            if let Some(at) = app.compare.selected(length) {
                let id = app.compared.remove(at);
                if app.current != Some(id) {
                    return Some(vec![close(app, id)]);
                }
            }
        }
        Action::Choose => {
            if let Some(at) = app.compare.selected(length) {
                let id = app.compared[at];
                let mut effects = take_run(app, id);
                effects.extend(everywhere::show(app, Tab::Gallery));
                return Some(effects);
            }
        }
        Action::Back => return Some(everywhere::show(app, Tab::Run)),
        Action::Alone => return Some(alone(app)),
        Action::RealImages => return Some(real_images(app)),
        _ => return None,
    }
    Some(Vec::new())
}

/// The run that the comparison is about: the selected one, or the shown one where none is compared.
pub(in crate::tui) fn subject(app: &App) -> Option<RunId> {
    let at = app.compare.selected(app.compared.len());
    at.map(|at| app.compared[at]).or(app.current)
}

/// Starts a run for each constraint of a run alone, with its settings, and compares them with it:
/// what the constraints ask for together against what each asks for.
fn alone(app: &mut App) -> Vec<Effect> {
    let Some(id) = subject(app) else {
        return Vec::new();
    };
    let Some(run) = app.run_of(id) else {
        return Vec::new();
    };
    let requests: Vec<Request> = run
        .file
        .query
        .iter()
        .map(|constraint| Request {
            query: vec![constraint.clone()],
            ..app.repeating(run)
        })
        .collect();
    if !app.compared.contains(&id) {
        app.compared.push(id);
    }
    let count = requests.len();
    app.say(format!("starting {count} runs, one for each constraint…"));
    requests
        .into_iter()
        .map(|request| Effect::Start {
            request: Box::new(request),
            shown: false,
        })
        .collect()
}

/// The run whose samples real images are put beside.
pub(in crate::tui) fn beside(app: &App) -> Option<RunId> {
    match app.tab {
        Tab::Compare => subject(app),
        _ => app.current,
    }
}

/// Starts a run of `dataset` with the query of a run and compares the two: the real images inside the
/// interval, re-checked and with their activations, beside its samples.
pub(super) fn real_images(app: &mut App) -> Vec<Effect> {
    let Some(id) = beside(app) else {
        return Vec::new();
    };
    let Some(run) = app.run_of(id) else {
        return Vec::new();
    };
    let mut request = app.repeating(run);
    let settings = &mut request.manner.settings;
    settings.method = MethodKind::Dataset;
    // The folder that was last used with the bundle.
    settings.init = Settings::RANDOM.to_owned();
    if !app.compared.contains(&id) {
        app.compared.push(id);
    }
    let mut effects = everywhere::show(app, Tab::Compare);
    app.say("looking for real images inside the interval…");
    effects.push(Effect::Start {
        request: Box::new(request),
        shown: false,
    });
    effects
}
