//! What a message changes: [`App`] in, effects out. No thread, no file, no terminal, no clock.

mod compare;
mod everywhere;
mod gallery;
mod keys;
mod map;
mod mouse;
mod overlays;
mod query;
mod run;
mod runs;
mod scores;

use std::sync::Arc;

use super::action::{Action, Tab};
use super::app::{App, BundleState};
use super::effect::Effect;
use super::message::{Message, OpenBundle, RunId};
use super::model::applies::Takes;
use super::model::cursor::Cursor;
use super::model::run_view::RunView;
use super::view;
use crate::run::Seen;
use crate::text;
pub(super) use compare::{beside, subject};

/// Lines of a page.
const PAGE: isize = 10;

/// Moves along a list of `length`; false where the action is no such move.
fn travel(cursor: &mut Cursor, action: Action, length: usize, page: isize) -> bool {
    match action {
        Action::Up => cursor.step(-1, length),
        Action::Down => cursor.step(1, length),
        Action::PageUp => cursor.step(-page, length),
        Action::PageDown => cursor.step(page, length),
        Action::First => cursor.select(0),
        Action::Last => cursor.select(length.saturating_sub(1)),
        _ => return false,
    }
    true
}

/// Where a list can be gone along by either pair of arrows.
fn across_as_down(action: Action) -> Action {
    match action {
        Action::Left => Action::Up,
        Action::Right => Action::Down,
        action => action,
    }
}

/// Changes the state by a message; gives what is to be done.
pub fn update(app: &mut App, message: Message) -> Vec<Effect> {
    match message {
        Message::Key(chord) => keys::press(app, chord),
        Message::Mouse(mouse) => mouse::act(app, mouse),
        Message::Paste(text) => keys::paste(app, &text),
        Message::Resized { width, height } => {
            app.size = (width, height);
            vec![Effect::Redraw]
        }
        Message::Bundle { name, opened } => {
            take_bundle(app, name, opened);
            Vec::new()
        }
        Message::Started { path, shown } => {
            app.is_starting &= !shown;
            vec![Effect::Watch { path, shown }]
        }
        Message::NotStarted { reason, shown } => {
            app.is_starting &= !shown;
            app.complain(reason);
            Vec::new()
        }
        Message::Begun(path) => vec![Effect::Look(path)],
        Message::Run {
            id,
            path,
            file,
            shown,
        } => opened(app, id, RunView::new(path, *file), shown),
        Message::Seen { run, seen } => see(app, run, seen),
        Message::Marks { run, marks } => {
            if let Some(run) = app.run_of_mut(run) {
                run.marks = marks;
            }
            Vec::new()
        }
        Message::Picture {
            run,
            sample,
            picture,
        } => {
            if let Some(run) = app.run_of_mut(run) {
                run.pictures.insert(sample, picture);
            }
            Vec::new()
        }
        Message::Map { run, map } => {
            if let Some(run) = app.run_of_mut(run) {
                run.map = Some(map);
            }
            Vec::new()
        }
        Message::Scores { run, scores } => {
            if let Some(run) = app.run_of_mut(run) {
                run.scores = Some(scores);
            }
            Vec::new()
        }
        Message::Measuring { run, measuring } => {
            if let Some(run) = app.run_of_mut(run) {
                run.measuring = measuring;
            }
            Vec::new()
        }
        Message::Portrait { run, portrait } => {
            if let Some(run) = app.run_of_mut(run) {
                run.portrait = Some(portrait);
            }
            Vec::new()
        }
        Message::Catalogue(listed) => {
            app.list.take(listed);
            Vec::new()
        }
        Message::Gpu(gpu) => {
            app.gpu = gpu;
            Vec::new()
        }
        Message::Removed(path) => {
            app.say(format!(
                "{} is deleted",
                text::clean(&path.display().to_string())
            ));
            runs::forget(app, &path)
        }
        Message::Done(text) => {
            app.say(text);
            Vec::new()
        }
        Message::Failed(text) => {
            app.complain(text);
            Vec::new()
        }
        Message::Terminate => vec![Effect::Quit],
    }
}

/// What the latest frame would have shown and what is not there, to be asked for after each frame:
/// pictures, so that no more are held than someone looks at, and the scores of other runs than before.
pub fn wanted(app: &mut App) -> Vec<Effect> {
    let runs = app.runs.iter_mut();
    let mut effects: Vec<Effect> = runs
        .map(|(id, run)| (*id, run.pictures.take_wanted()))
        .filter(|(_, wanted)| !wanted.is_empty())
        .map(|(id, wanted)| Effect::LoadPictures(id, wanted))
        .collect();
    let shown = shows_scores_of(app);
    if app.scored != shown {
        app.scored.clone_from(&shown);
        effects.push(Effect::Score(shown));
    }
    effects
}

/// The runs whose scores stand on the screen.
fn shows_scores_of(app: &App) -> Vec<RunId> {
    if !view::fits(app.size) {
        return Vec::new();
    }
    match app.tab {
        Tab::Run => app.current.into_iter().collect(),
        Tab::Compare => app.compared.clone(),
        Tab::Query | Tab::Gallery | Tab::Map | Tab::Runs => Vec::new(),
    }
}

/// Takes a bundle in, unless another one was chosen since.
fn take_bundle(app: &mut App, name: String, opened: Result<Arc<OpenBundle>, String>) {
    if !matches!(&app.bundle, BundleState::Opening(asked) if *asked == name) {
        return;
    }
    match opened {
        Ok(open) => {
            app.query.settings.set_bundle(Takes::of(&open.bundle));
            app.bundle = BundleState::Open(open);
            query::search(app);
        }
        Err(reason) => {
            app.complain(reason.clone());
            app.bundle = BundleState::Failed { name, reason };
        }
    }
}

/// A run was opened: shown, or put beside others. One that is open already stays the one it was.
fn opened(app: &mut App, id: RunId, run: RunView, shown: bool) -> Vec<Effect> {
    let mut effects = Vec::new();
    let known = app.runs.iter().find(|(_, known)| known.path == run.path);
    let id = match known.map(|(known, _)| *known) {
        Some(known) => {
            effects.push(Effect::Forget(id));
            known
        }
        None => {
            app.runs.push((id, run));
            id
        }
    };
    if app.notice.as_ref().is_some_and(|notice| !notice.is_problem) {
        app.notice = None;
    }
    if shown {
        app.tab = Tab::Run;
        effects.extend(take_run(app, id));
    } else if !app.compared.contains(&id) {
        app.compared.push(id);
    }
    effects
}

/// Makes a run the shown one. What was chosen or asked of the one before is not meant for it.
fn take_run(app: &mut App, id: RunId) -> Vec<Effect> {
    if app.current != Some(id) {
        app.current = Some(id);
        app.gallery.chosen.clear();
        app.gallery.first_row = 0;
        app.overlays.retain(|overlay| !overlay.is_about_a_run());
    }
    portray_selected(app)
}

/// Closes a run that was open.
fn close(app: &mut App, id: RunId) -> Effect {
    app.runs.retain(|(known, _)| *known != id);
    app.compared.retain(|&known| known != id);
    if app.current == Some(id) {
        app.current = None;
        app.gallery.chosen.clear();
        app.overlays.retain(|overlay| !overlay.is_about_a_run());
    }
    Effect::Forget(id)
}

fn see(app: &mut App, id: RunId, seen: Seen) -> Vec<Effect> {
    let is_shown = app.current == Some(id);
    let is_map_shown = is_shown && matches!(app.tab, Tab::Map | Tab::Gallery);
    let Some(run) = app.run_of_mut(id) else {
        return Vec::new();
    };
    let was_at_work = run.is_at_work();
    let had_samples = !run.samples.is_empty();
    let rewound = matches!(seen, Seen::Rewound);
    run.see(seen);
    let mut effects = Vec::new();
    let has_ended = was_at_work && !run.is_at_work();
    // Distances of many samples take long: they are taken where somebody looks at them.
    if is_map_shown && (has_ended || rewound || (!had_samples && !run.samples.is_empty())) {
        effects.push(Effect::LoadMap(id));
    }
    // What is seen by its code alone is saved when the run has ended at the latest.
    if is_shown && (has_ended || !had_samples && !run.samples.is_empty()) {
        effects.extend(portray(run, id));
    }
    effects
}

/// Has the classifier look at the selected sample of a run, where it has not yet.
fn portray(run: &RunView, id: RunId) -> Option<Effect> {
    let sample = run.selected()?.index;
    let is_known = run
        .portrait
        .as_ref()
        .is_some_and(|portrait| portrait.sample == sample);
    (!is_known).then_some(Effect::Portray(id, sample))
}

/// The effect that looks at the selected sample of the shown run.
fn portray_selected(app: &App) -> Vec<Effect> {
    let Some(id) = app.current else {
        return Vec::new();
    };
    app.run()
        .and_then(|run| portray(run, id))
        .into_iter()
        .collect()
}
