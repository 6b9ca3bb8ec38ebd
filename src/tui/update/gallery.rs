//! Actions of the gallery.

use super::{compare, everywhere, portray_selected, run, scores};
use crate::text;
use crate::tui::action::{Action, Tab};
use crate::tui::app::App;
use crate::tui::effect::Effect;
use crate::tui::model::line::Line;
use crate::tui::overlay::{Asked, Overlay, Prompt};

pub(super) fn act(app: &mut App, action: Action) -> Option<Vec<Effect>> {
    let across = app.gallery.across.max(1) as isize;
    let page = across * app.gallery.down.max(1) as isize;
    Some(match action {
        Action::Left | Action::PreviousSample => step(app, -1),
        Action::Right | Action::NextSample => step(app, 1),
        Action::Up => step(app, -across),
        Action::Down => step(app, across),
        Action::PageUp => step(app, -page),
        Action::PageDown => step(app, page),
        Action::First => step(app, isize::MIN),
        Action::Last => step(app, isize::MAX),
        Action::Larger => resize(app, 1),
        Action::Smaller => resize(app, -1),
        Action::Sort => {
            app.gallery.order = app.gallery.order.next();
            app.say(format!("ordered by {}", app.gallery.order.title()));
            Vec::new()
        }
        Action::Select => {
            if let Some(index) = app
                .run()
                .and_then(|run| run.selected())
                .map(|sample| sample.index)
                && !app.gallery.chosen.remove(&index)
            {
                app.gallery.chosen.insert(index);
            }
            step(app, 1)
        }
        Action::SelectAll => {
            let all = app.run().map(|run| {
                let places = app.gallery.ordered(run);
                places
                    .into_iter()
                    .map(|place| run.samples[place].index)
                    .collect()
            });
            app.gallery.chosen = match all {
                Some(all) if app.gallery.chosen.is_empty() => all,
                _ => Default::default(),
            };
            Vec::new()
        }
        Action::ShowDropped => {
            app.gallery.shows_dropped = !app.gallery.shows_dropped;
            Vec::new()
        }
        Action::Scores => scores::show(app),
        Action::Choose => {
            run::enlarge(app);
            portray_selected(app)
        }
        Action::Export => ask_where_to(app),
        Action::Back if app.gallery.chosen.is_empty() => everywhere::show(app, Tab::Run),
        Action::Back => {
            app.gallery.chosen.clear();
            Vec::new()
        }
        Action::Mark | Action::Drop => {
            let mut effects = run::mark(app, action);
            let is_gone = app.run().is_some_and(|run| {
                let places = app.gallery.ordered(run);
                run.selected_place().is_some_and(|at| !places.contains(&at))
            });
            if is_gone {
                // The one that takes its place, or the last.
                effects.extend(step(app, 1));
            }
            effects
        }
        Action::Restart => run::restart(app),
        Action::RealImages => compare::real_images(app),
        Action::Resume => run::resume(app),
        _ => return None,
    })
}

fn resize(app: &mut App, by: isize) -> Vec<Effect> {
    app.gallery.resize(by);
    Vec::new()
}

/// Moves the selection along the order of the gallery.
pub(super) fn step(app: &mut App, by: isize) -> Vec<Effect> {
    let Some(run) = app.run() else {
        return Vec::new();
    };
    let place = app.gallery.step(run, by);
    if let (Some(place), Some(run)) = (place, app.run_mut()) {
        run.select_place(place);
    }
    portray_selected(app)
}

/// Asks where the selected samples are saved.
pub(super) fn ask_where_to(app: &mut App) -> Vec<Effect> {
    let Some(run) = app.run() else {
        return Vec::new();
    };
    let count = app.gallery.exported(run).len();
    if count == 0 {
        app.complain("export: what is selected is hidden; D shows it");
        return Vec::new();
    }
    let what = text::counted(count, "sample");
    let name = run.name();
    app.overlays.push(Overlay::Prompt(Prompt {
        asked: Asked::Export,
        title: format!("Save {what} to"),
        hint: "a new folder: the pictures, samples.csv, and the command that repeats the query"
            .to_owned(),
        line: Line::new(&format!("exports/{name}")),
        problem: None,
    }));
    Vec::new()
}
