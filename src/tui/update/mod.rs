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

use super::action::Tab;
use super::app::{App, BundleState};
use super::effect::Effect;
use super::message::{Message, RunId};
use super::model::run_view::RunView;
use crate::run::Seen;

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
        Message::Bundle(Ok(open)) => {
            app.bundle = BundleState::Open(open);
            query::search(app);
            Vec::new()
        }
        Message::Bundle(Err(reason)) => {
            app.complain(reason.clone());
            app.bundle = BundleState::Failed {
                name: app.bundle.name().to_owned(),
                reason,
            };
            Vec::new()
        }
        Message::Started(path) => vec![Effect::Watch { path, shown: true }],
        Message::Begun(path) => vec![Effect::Look(path)],
        Message::Run {
            id,
            path,
            file,
            shown,
        } => {
            app.is_starting = false;
            app.notice = None;
            app.runs.push((id, RunView::new(path, *file)));
            if shown {
                app.current = Some(id);
                app.gallery.chosen.clear();
                app.tab = Tab::Run;
            } else if !app.compared.contains(&id) {
                app.compared.push(id);
            }
            vec![Effect::LoadMap(id)]
        }
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
        Message::Portrait { run, portrait } => {
            if let Some(run) = app.run_of_mut(run) {
                run.portrait = Some(portrait);
            }
            Vec::new()
        }
        Message::Catalogue(listed) => {
            app.list.listed = Some(listed);
            Vec::new()
        }
        Message::Gpu(gpu) => {
            app.gpu = gpu;
            Vec::new()
        }
        Message::Removed(path) => {
            app.say(format!("{} is deleted", path.display()));
            runs::forget(app, &path)
        }
        Message::Done(text) => {
            app.say(text);
            Vec::new()
        }
        Message::Failed(text) => {
            app.is_starting = false;
            app.complain(text);
            Vec::new()
        }
        Message::Terminate => vec![Effect::Quit],
    }
}

fn see(app: &mut App, id: RunId, seen: Seen) -> Vec<Effect> {
    let is_shown = app.current == Some(id);
    let Some(run) = app.run_of_mut(id) else {
        return Vec::new();
    };
    let was_at_work = run.is_at_work();
    let had_samples = !run.samples.is_empty();
    let rewound = matches!(seen, Seen::Rewound);
    let new = run.see(seen);
    let mut effects = Vec::new();
    if !new.is_empty() {
        effects.push(Effect::LoadPictures(id, new));
    }
    let has_ended = was_at_work && !run.is_at_work();
    if has_ended || rewound || (!had_samples && !run.samples.is_empty()) {
        effects.push(Effect::LoadMap(id));
    }
    if is_shown && !had_samples && !run.samples.is_empty() {
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
