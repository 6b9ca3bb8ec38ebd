//! The mouse, where the user gave it to us: the wheel moves, a click goes to what it falls on, and a
//! click on what is selected takes it.

use super::{everywhere, keys, portray_selected};
use crate::tui::action::{Action, Tab};
use crate::tui::app::App;
use crate::tui::effect::Effect;
use crate::tui::message::Mouse;
use crate::tui::overlay::Overlay;
use crate::tui::target::Target;

pub(super) fn act(app: &mut App, mouse: Mouse) -> Vec<Effect> {
    match mouse {
        Mouse::WheelUp => keys::act(app, Action::Up),
        Mouse::WheelDown => keys::act(app, Action::Down),
        Mouse::Click { column, row } => {
            let target = app.targets.borrow().at(column, row);
            target.map_or(Vec::new(), |target| click(app, target))
        }
    }
}

fn click(app: &mut App, target: Target) -> Vec<Effect> {
    if let Some(Overlay::Menu(menu)) = app.overlays.last_mut() {
        if let Target::Item(line) = target {
            menu.cursor.select(line);
            return keys::act(app, Action::Choose);
        }
        return Vec::new();
    }
    if !app.overlays.is_empty() {
        return Vec::new();
    }
    match target {
        Target::Tab(tab) => everywhere::show(app, tab),
        Target::Pane(pane) => {
            app.query.pane = pane;
            Vec::new()
        }
        Target::Found(line) => {
            app.query.pane = crate::tui::model::query::Pane::Units;
            let was_selected = app.query.found.selected(app.found.len()) == Some(line);
            app.query.found.select(line);
            take_if(app, was_selected)
        }
        Target::Sample(place) => {
            let before = app.run().and_then(|run| run.selected_place());
            if let Some(run) = app.run_mut() {
                run.select_place(place);
            }
            let was_selected = before == Some(place) && app.tab == Tab::Gallery;
            let mut effects = portray_selected(app);
            effects.extend(take_if(app, was_selected));
            effects
        }
        Target::Listed(line) => {
            let was_selected = app.list.cursor.selected(app.list.shown().len()) == Some(line);
            app.list.cursor.select(line);
            take_if(app, was_selected)
        }
        Target::Item(_) => Vec::new(),
    }
}

fn take_if(app: &mut App, was_selected: bool) -> Vec<Effect> {
    if was_selected {
        keys::act(app, Action::Choose)
    } else {
        Vec::new()
    }
}
