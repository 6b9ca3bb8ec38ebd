//! Actions inside help, menus, prompts and the large picture.

use super::{PAGE, across_as_down, everywhere, keys, run, scores, travel};
use crate::run::control::Command;
use crate::tui::action::Action;
use crate::tui::app::{App, BundleState};
use crate::tui::effect::Effect;
use crate::tui::model::draft::End;
use crate::tui::model::line::Line;
use crate::tui::overlay::{self, Asked, Outcome, Overlay, Prompt};

pub(super) fn act(app: &mut App, action: Action) -> Option<Vec<Effect>> {
    let done = match app.overlays.last()? {
        Overlay::Help { .. } => help(app, action),
        Overlay::Menu(_) => menu(app, action),
        Overlay::Prompt(_) => prompt(app, action),
        Overlay::Scores { .. } => scores::act(app, action),
        Overlay::Large => return large(app, action),
    };
    // Nothing of the screen below is done while something lies over it.
    Some(done)
}

fn help(app: &mut App, action: Action) -> Vec<Effect> {
    let Some(Overlay::Help { scroll, opened_in }) = app.overlays.last().cloned() else {
        return Vec::new();
    };
    let last = overlay::help_lines(app, opened_in).len().saturating_sub(1);
    let to = match action {
        Action::Up => scroll.saturating_sub(1),
        Action::Down => scroll + 1,
        Action::PageUp => scroll.saturating_sub(PAGE as usize),
        Action::PageDown => scroll + PAGE as usize,
        Action::First => 0,
        Action::Last => last,
        Action::Help | Action::Back => {
            app.overlays.pop();
            return Vec::new();
        }
        _ => scroll,
    };
    if let Some(Overlay::Help { scroll, .. }) = app.overlays.last_mut() {
        *scroll = to.min(last);
    }
    Vec::new()
}

fn menu(app: &mut App, action: Action) -> Vec<Effect> {
    let Some(Overlay::Menu(menu)) = app.overlays.last_mut() else {
        return Vec::new();
    };
    let length = menu.shown().len();
    match action {
        action if travel(&mut menu.cursor, across_as_down(action), length, PAGE) => {}
        Action::Back | Action::Palette => {
            let before = menu.before.clone();
            app.overlays.pop();
            if let Some(before) = before {
                take_theme(app, &before);
            }
            return Vec::new();
        }
        Action::Choose => {
            let Some(item) = menu.selected().cloned() else {
                return Vec::new();
            };
            if let Some(reason) = item.disabled {
                app.complain(format!("{}: {reason}", item.title));
                return Vec::new();
            }
            app.overlays.pop();
            return outcome(app, item.outcome);
        }
        _ => return Vec::new(),
    }
    // Themes are seen as one goes through them.
    if let Some(Outcome::Theme(name)) = menu.selected().map(|item| item.outcome.clone()) {
        take_theme(app, &name);
    }
    Vec::new()
}

fn take_theme(app: &mut App, name: &str) {
    if let Some(theme) = app.themes.get(name, app.depth) {
        app.theme = theme;
    }
}

fn outcome(app: &mut App, outcome: Outcome) -> Vec<Effect> {
    match outcome {
        Outcome::Act(action) => keys::act(app, action),
        Outcome::Theme(name) => {
            take_theme(app, &name);
            app.say(format!(
                "theme {name}; keep it with `theme = \"{name}\"` in config.toml"
            ));
            Vec::new()
        }
        Outcome::Bundle(name) => open_bundle(app, name),
        Outcome::TypeBundle => {
            app.overlays.push(Overlay::Prompt(Prompt {
                asked: Asked::Bundle,
                title: "Bundle".to_owned(),
                hint: "the path of a folder with a bundle.toml".to_owned(),
                line: Line::default(),
                problem: None,
            }));
            Vec::new()
        }
        Outcome::QuitAndLeave => vec![Effect::Quit],
        Outcome::QuitAndStop => app
            .runs
            .iter()
            .filter(|(_, run)| run.takes_orders())
            .map(|(id, _)| Effect::Give(*id, Command::Stop))
            .chain([Effect::Quit])
            .collect(),
        Outcome::RemoveRun(path) => vec![Effect::RemoveRun(path), Effect::ListRuns],
        Outcome::Cancel => Vec::new(),
    }
}

fn open_bundle(app: &mut App, name: String) -> Vec<Effect> {
    if app.bundle.open().is_some_and(|open| open.name == name) {
        return Vec::new();
    }
    app.bundle = BundleState::Opening(name.clone());
    app.query.clear();
    app.found.clear();
    vec![Effect::OpenBundle(name)]
}

fn prompt(app: &mut App, action: Action) -> Vec<Effect> {
    let Some(Overlay::Prompt(prompt)) = app.overlays.last().cloned() else {
        return Vec::new();
    };
    match action {
        Action::Back => {
            app.overlays.pop();
            Vec::new()
        }
        Action::Choose => match answer(app, prompt.asked, &prompt.line.text()) {
            Ok(effects) => {
                app.overlays
                    .retain(|overlay| !matches!(overlay, Overlay::Prompt(_)));
                effects
            }
            Err(problem) => {
                if let Some(Overlay::Prompt(prompt)) = app.overlays.last_mut() {
                    prompt.problem = Some(problem);
                }
                Vec::new()
            }
        },
        _ => Vec::new(),
    }
}

fn answer(app: &mut App, asked: Asked, typed: &str) -> Result<Vec<Effect>, String> {
    match asked {
        Asked::End => {
            let end = End::parse(typed)?;
            if let Some(draft) = app.query.draft_mut() {
                if matches!(end, End::Quantile(_)) && draft.distribution.is_none() {
                    return Err(
                        "this unit has no statistics of real images: type a value".to_owned()
                    );
                }
                draft.set(end);
            }
            Ok(Vec::new())
        }
        Asked::Setting => {
            app.query.settings.set_text(typed)?;
            Ok(Vec::new())
        }
        Asked::Tuning => {
            let Some(view) = app.run_mut() else {
                return Ok(Vec::new());
            };
            if !view.takes_orders() {
                return Err("the run is not at work any more".to_owned());
            }
            view.tuning.knobs.set_text(typed)?;
            Ok(run::order(app))
        }
        Asked::Bundle => match typed.trim() {
            "" => Err("type the path of a folder with a bundle.toml".to_owned()),
            path => Ok(open_bundle(app, path.to_owned())),
        },
        Asked::Export => {
            let to = typed.trim();
            if to.is_empty() {
                return Err("type a folder that does not exist yet".to_owned());
            }
            let (Some(id), Some(run)) = (app.current, app.run()) else {
                return Ok(Vec::new());
            };
            Ok(vec![Effect::Export {
                run: id,
                samples: app.gallery.exported(run),
                to: to.into(),
            }])
        }
    }
}

/// The large picture: samples go by, everything else is as on the screen below.
fn large(app: &mut App, action: Action) -> Option<Vec<Effect>> {
    match action {
        Action::Back | Action::Choose => {
            app.overlays.pop();
            Some(Vec::new())
        }
        Action::Left | Action::PreviousSample => Some(run::select_sample(app, -1)),
        Action::Right | Action::NextSample => Some(run::select_sample(app, 1)),
        Action::Mark | Action::Drop => Some(run::mark(app, action)),
        Action::Export => {
            app.overlays.pop();
            Some(super::gallery::ask_where_to(app))
        }
        Action::Show(tab) => Some(everywhere::show(app, tab)),
        _ => None,
    }
}
