//! Actions that hold on every screen.

use std::path::PathBuf;

use crate::run::{CommandLine, Request, defaults};
use crate::tui::action::{Action, Place, Tab};
use crate::tui::app::App;
use crate::tui::effect::Effect;
use crate::tui::overlay::{self, Overlay};
use crate::tui::view;

pub(super) fn act(app: &mut App, action: Action) -> Vec<Effect> {
    match action {
        Action::Quit => quit(app),
        Action::Help => {
            let opened_in = app.place();
            app.help = Default::default();
            app.overlays.push(Overlay::Help {
                scroll: 0,
                opened_in,
            });
            Vec::new()
        }
        Action::Palette => {
            let palette = overlay::palette(app);
            app.overlays.push(Overlay::Menu(palette));
            Vec::new()
        }
        Action::Themes => {
            let themes = overlay::themes(app);
            app.overlays.push(Overlay::Menu(themes));
            Vec::new()
        }
        Action::Show(tab) => show(app, tab),
        Action::NextTab => show(app, neighbour(app.tab, 1)),
        Action::PreviousTab => show(app, neighbour(app.tab, -1)),
        Action::Graphics => vec![Effect::NextGraphics],
        Action::Redraw => vec![Effect::Redraw],
        Action::Suspend => vec![Effect::Suspend],
        Action::CopyCommand => {
            let listed = app.list.selected().and_then(|listed| listed.file.as_ref());
            let request = match (app.tab, app.run(), listed) {
                (Tab::Runs, _, Some(file)) => Request::repeating(file),
                (Tab::Query, _, _) | (_, None, _) => app.request(),
                (_, Some(run), _) => Request::repeating(&run.file),
            };
            vec![Effect::Copy(
                CommandLine::of(&request, &defaults::bundle()).to_string(),
            )]
        }
        Action::CopyPath => {
            let path = path(app);
            let copied = path.map(|path| Effect::Copy(path.display().to_string()));
            copied.into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// The path that stands for what is selected.
fn path(app: &App) -> Option<PathBuf> {
    if app.tab == Tab::Runs {
        return Some(app.list.selected()?.path.clone());
    }
    let run = app.run()?;
    let shows_samples = matches!(app.tab, Tab::Gallery | Tab::Map);
    Some(match run.selected() {
        Some(sample) if shows_samples || app.place() == Place::Large => {
            run.path.join(&sample.image)
        }
        _ => run.path.clone(),
    })
}

/// Starts a run with the query.
pub(super) fn start(app: &mut App) -> Vec<Effect> {
    app.is_starting = true;
    app.say("starting the run: networks are composed and differentiated…");
    vec![Effect::Start {
        request: Box::new(app.request()),
        shown: true,
    }]
}

fn neighbour(tab: Tab, by: isize) -> Tab {
    let at = Tab::ALL.iter().position(|&known| known == tab).unwrap_or(0);
    Tab::ALL[(at as isize + by).rem_euclid(Tab::ALL.len() as isize) as usize]
}

/// Goes to a screen.
pub(super) fn show(app: &mut App, tab: Tab) -> Vec<Effect> {
    app.tab = tab;
    app.overlays.clear();
    match tab {
        Tab::Runs => vec![Effect::ListRuns],
        Tab::Map | Tab::Gallery if app.run().is_some_and(|run| run.lacks_map()) => {
            app.current.map(Effect::LoadMap).into_iter().collect()
        }
        Tab::Map | Tab::Gallery | Tab::Compare | Tab::Query | Tab::Run => Vec::new(),
    }
}

fn quit(app: &mut App) -> Vec<Effect> {
    let at_work: Vec<String> = app
        .runs
        .iter()
        .filter(|(_, run)| run.takes_orders())
        .map(|(_, run)| run.name())
        .collect();
    // Where there is no room for the question, what is on the screen says that runs go on.
    if !view::fits(app.size) || (at_work.is_empty() && !app.is_starting) {
        return vec![Effect::Quit];
    }
    let question = if at_work.is_empty() {
        overlay::quit_while_starting()
    } else {
        overlay::quit(&at_work)
    };
    app.overlays.push(Overlay::Menu(question));
    Vec::new()
}
