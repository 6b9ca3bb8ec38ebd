//! Actions of the run screen, and those on samples that other screens share.

use super::{compare, portray_selected, scores};
use crate::run::control::Command;
use crate::sampler::RowStatus;
use crate::tui::action::{Action, Tab};
use crate::tui::app::App;
use crate::tui::effect::Effect;
use crate::tui::overlay::{Asked, Overlay, Prompt};

pub(super) fn act(app: &mut App, action: Action) -> Option<Vec<Effect>> {
    Some(match action {
        Action::Pause => {
            let paused = app.run().is_some_and(|run| run.is_paused());
            give(
                app,
                if paused {
                    Command::Resume
                } else {
                    Command::Pause
                },
            )
        }
        Action::SingleStep => give(app, Command::Step),
        Action::Checkpoint => give(app, Command::Checkpoint),
        Action::Stop => give(app, Command::Stop),
        Action::Restart => restart(app),
        Action::RealImages => compare::real_images(app),
        Action::Resume => resume(app),
        Action::Reseed => reseed(app),
        Action::Up => tune(app, |knobs| {
            knobs.select(-1);
            false
        }),
        Action::Down => tune(app, |knobs| {
            knobs.select(1);
            false
        }),
        Action::Left => tune(app, |knobs| knobs.step(-1)),
        Action::Right => tune(app, |knobs| knobs.step(1)),
        Action::FarLeft => tune(app, |knobs| knobs.step(-10)),
        Action::FarRight => tune(app, |knobs| knobs.step(10)),
        Action::Reset => tune(app, |knobs| knobs.reset()),
        Action::Undo => tune(app, |knobs| knobs.undo()),
        Action::Type => {
            let knob = app.run().and_then(|run| run.tuning.knobs.selected());
            let prompt = knob.map(|knob| Prompt::knob(Asked::Tuning, knob));
            app.overlays.extend(prompt.map(Overlay::Prompt));
            Vec::new()
        }
        Action::NextConstraint => {
            if let Some(run) = app.run_mut() {
                run.constraint = (run.constraint + 1) % run.file.constraint.len().max(1);
            }
            Vec::new()
        }
        Action::Zoom => {
            if let Some(run) = app.run_mut() {
                run.whole_history = !run.whole_history;
            }
            Vec::new()
        }
        Action::PreviousSample => select_sample(app, -1),
        Action::NextSample => select_sample(app, 1),
        Action::Choose => enlarge(app),
        Action::Scores => scores::show(app),
        Action::Mark | Action::Drop => mark(app, action),
        _ => return None,
    })
}

fn give(app: &App, command: Command) -> Vec<Effect> {
    let id = app.current.into_iter();
    id.map(|id| Effect::Give(id, command)).collect()
}

/// Starts the query of the shown run anew.
pub(super) fn restart(app: &mut App) -> Vec<Effect> {
    let Some(request) = app.run().map(|run| app.repeating(run)) else {
        return Vec::new();
    };
    app.is_starting = true;
    app.say("starting the same query in another folder…");
    vec![Effect::Start {
        request: Box::new(request),
        shown: true,
    }]
}

/// Goes on with the shown run.
pub(super) fn resume(app: &mut App) -> Vec<Effect> {
    let path = app.run().map(|run| run.path.clone());
    app.say("going on with the run…");
    path.map(Effect::Resume).into_iter().collect()
}

fn reseed(app: &mut App) -> Vec<Effect> {
    let row = app.run().and_then(|run| {
        let snapshot = run.snapshot.as_ref()?;
        let live: Vec<usize> = (0..snapshot.rows.len())
            .filter(|&row| snapshot.rows[row] != RowStatus::Accepted)
            .collect();
        // The live row that lies farthest from the charted interval is the one to give up.
        let charted = run.charted()?;
        let distance = |row: &usize| {
            let value = snapshot
                .activations
                .get(*row)
                .and_then(|row| row.get(run.constraint));
            let value = value.map_or(f64::INFINITY, |&value| f64::from(value));
            let below = charted.low.map_or(0.0, |low| low - value);
            let above = charted.high.map_or(0.0, |high| value - high);
            below.max(above).max(0.0)
        };
        live.into_iter()
            .max_by(|a, b| distance(a).total_cmp(&distance(b)))
    });
    match row {
        Some(row) => {
            app.say(format!(
                "row {row}, the farthest from its interval, gets a new start"
            ));
            give(app, Command::Reseed { row: row as u64 })
        }
        None => {
            app.complain("re-seed: every row is accepted");
            Vec::new()
        }
    }
}

fn tune(
    app: &mut App,
    change: impl FnOnce(&mut crate::tui::model::knobs::Knobs) -> bool,
) -> Vec<Effect> {
    let Some(run) = app.run_mut() else {
        return Vec::new();
    };
    if !change(&mut run.tuning.knobs) {
        return Vec::new();
    }
    order(app)
}

/// Orders the selected setting as wanted.
pub(super) fn order(app: &mut App) -> Vec<Effect> {
    let Some(run) = app.run() else {
        return Vec::new();
    };
    let command = run.tuning.order();
    command.map_or(Vec::new(), |command| give(app, command))
}

/// Shows the selected sample large.
pub(super) fn enlarge(app: &mut App) -> Vec<Effect> {
    if app.run().is_some_and(|run| run.selected().is_some()) {
        app.overlays.push(Overlay::Large);
    }
    Vec::new()
}

/// Selects another sample of those shown.
pub(super) fn select_sample(app: &mut App, by: isize) -> Vec<Effect> {
    if app.tab == Tab::Gallery {
        return super::gallery::step(app, by);
    }
    if let Some(run) = app.run_mut() {
        run.step_sample(by);
    }
    portray_selected(app)
}

/// Marks or hides the selected sample.
pub(super) fn mark(app: &mut App, action: Action) -> Vec<Effect> {
    let (Some(id), Some(run)) = (app.current, app.run_mut()) else {
        return Vec::new();
    };
    let Some(sample) = run.selected().map(|sample| sample.index) else {
        return Vec::new();
    };
    let command = if action == Action::Mark {
        let marked = !run.marks.marked.contains(&sample);
        run.marks.mark(sample, marked);
        Command::Mark { sample, marked }
    } else {
        let dropped = !run.marks.dropped.contains(&sample);
        run.marks.drop_sample(sample, dropped);
        Command::Drop { sample, dropped }
    };
    let effect = if run.takes_orders() {
        Effect::Give(id, command)
    } else {
        Effect::EditMarks(id, command)
    };
    vec![effect]
}
