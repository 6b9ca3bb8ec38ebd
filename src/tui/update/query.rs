//! Actions of the query screen.

use std::sync::Arc;

use super::{PAGE, everywhere, travel};
use crate::query::{Form, Found, UnitSyntax};
use crate::text;
use crate::tui::action::{Action, Place};
use crate::tui::app::App;
use crate::tui::effect::Effect;
use crate::tui::message::OpenBundle;
use crate::tui::model::cursor::Cursor;
use crate::tui::model::draft::{Distribution, Draft};
use crate::tui::model::query::{MOST_CONSTRAINTS, Pane};
use crate::tui::overlay::{self, Asked, Overlay, Prompt};

/// Units found at most.
const MOST_FOUND: usize = 500;
/// So many classes are many: each has a fiftieth of the images or less.
const MANY_CLASSES: usize = 50;

impl crate::tui::model::query::QueryForm {
    /// What has the keys on the query screen.
    pub fn place(&self) -> Place {
        match self.pane {
            Pane::Units if self.is_searching => Place::Search,
            Pane::Units => Place::Units,
            Pane::Interval => Place::Interval,
            Pane::Constraints => Place::Constraints,
            Pane::Settings => Place::Settings,
        }
    }
}

/// Looks for the units that the search field names.
pub(super) fn search(app: &mut App) {
    app.query.found = Cursor::default();
    if let Some(open) = app.bundle.open() {
        app.found = open.units.search(&app.query.search.text(), MOST_FOUND);
    }
}

pub(super) fn act(app: &mut App, place: Place, action: Action) -> Option<Vec<Effect>> {
    match action {
        Action::NextPane => go(app, app.query.pane.next(1)),
        Action::PreviousPane => go(app, app.query.pane.next(-1)),
        Action::Search => {
            app.query.pane = Pane::Units;
            app.query.is_searching = true;
        }
        Action::Start => return Some(everywhere::start(app)),
        Action::Bundles => {
            let bundles = overlay::bundles(app);
            app.overlays.push(Overlay::Menu(bundles));
        }
        _ => match place {
            Place::Search | Place::Units => units(app, place, action)?,
            Place::Interval => interval(app, action)?,
            Place::Constraints => constraints(app, action)?,
            Place::Settings => settings(app, action)?,
            _ => return None,
        },
    }
    Some(Vec::new())
}

fn go(app: &mut App, pane: Pane) {
    app.query.pane = pane;
    app.query.is_searching = false;
}

fn units(app: &mut App, place: Place, action: Action) -> Option<()> {
    let length = app.found.len();
    if travel(&mut app.query.found, action, length, PAGE) {
        return Some(());
    }
    match action {
        Action::Choose => choose(app, false),
        Action::Add => choose(app, true),
        Action::Back if place == Place::Search => {
            if app.query.search.is_empty() {
                app.query.is_searching = false;
            } else {
                app.query.search = Default::default();
                search(app);
            }
        }
        Action::Back => {
            app.query.search = Default::default();
            search(app);
        }
        _ => return None,
    }
    Some(())
}

/// Takes the selected unit into the query; a tensor without a unit is searched in.
fn choose(app: &mut App, besides: bool) {
    let Some(found) = app
        .query
        .found
        .selected(app.found.len())
        .and_then(|at| app.found.get(at))
        .cloned()
    else {
        return;
    };
    if !found.is_whole {
        app.query.search = crate::tui::model::line::Line::new(&found.unit);
        app.query.is_searching = true;
        search(app);
        return;
    }
    if besides && app.query.is_full() {
        app.complain(format!("and: {MOST_CONSTRAINTS} constraints at most"));
        return;
    }
    let Some(open) = app.bundle.open() else {
        return;
    };
    // One class of many is above p95 on images of other classes too.
    let low = if found.label.is_some() && open.units.labels().len() >= MANY_CLASSES {
        0.99
    } else {
        0.95
    };
    let known = distribution(open, &found);
    let draft = Draft::new(found.unit.clone(), name(&found), known, low);
    app.query.take_unit(draft, besides);
    go(app, Pane::Interval);
}

/// A unit by its place and label: `[145] king penguin`.
fn name(found: &Found) -> String {
    match (&found.label, found.index) {
        (Some(label), Some(index)) if is_plain(found) => format!("[{index}] {label}"),
        _ => found.unit.clone(),
    }
}

/// Whether a unit is an element or a channel's mean, and nothing made of it.
fn is_plain(found: &Found) -> bool {
    match UnitSyntax::parse(&found.unit) {
        Ok(syntax) => matches!(syntax.form, Form::Plain(_)),
        Err(_) => false,
    }
}

fn distribution(open: &OpenBundle, found: &Found) -> Option<Arc<Distribution>> {
    let statistics = open.bundle.statistics()?;
    let index = found.index?;
    // Statistics are of elements and channel means: not of maxima, positions or probabilities.
    if !is_plain(found) {
        return None;
    }
    let histogram = statistics.histogram(&found.tensor, index);
    let levels = statistics.levels();
    let quantiles: Vec<(f64, f64)> = levels
        .iter()
        .filter_map(|&level| {
            let level = f64::from(level);
            Some((level, statistics.quantile(&found.tensor, index, level)?))
        })
        .collect();
    let (first, last) = (quantiles.first()?.1, quantiles.last()?.1);
    Some(Arc::new(Distribution {
        low: histogram.map_or(first, |histogram| f64::from(histogram.low)),
        high: histogram.map_or(last, |histogram| f64::from(histogram.high)),
        counts: histogram.map_or(Vec::new(), |histogram| histogram.counts.to_vec()),
        quantiles,
        image_count: statistics.image_count(),
    }))
}

fn interval(app: &mut App, action: Action) -> Option<()> {
    if action == Action::Back {
        go(app, Pane::Units);
        return Some(());
    }
    if action == Action::Type {
        if let Some(prompt) = Prompt::end(app) {
            app.overlays.push(Overlay::Prompt(prompt));
        }
        return Some(());
    }
    if action == Action::Add {
        app.query.pane = Pane::Units;
        app.query.is_searching = true;
        app.say("choose the other unit, then ctrl-a");
        return Some(());
    }
    let Some(draft) = app.query.draft_mut() else {
        return Some(());
    };
    match action {
        Action::Left => draft.step(-1),
        Action::Right => draft.step(1),
        Action::FarLeft => draft.step(-10),
        Action::FarRight => draft.step(10),
        Action::Up | Action::Down | Action::OtherEnd => draft.other_side(),
        Action::OpenEnd => draft.toggle_open(),
        Action::EndKind if draft.distribution.is_none() => {
            let name = text::clean(&draft.name);
            app.complain(format!(
                "{name}: the bundle has no statistics of real images for it"
            ));
        }
        Action::EndKind => draft.toggle_kind(),
        Action::Reset => draft.reset(),
        Action::Undo => {
            draft.undo();
        }
        _ => return None,
    }
    Some(())
}

fn constraints(app: &mut App, action: Action) -> Option<()> {
    let length = app.query.constraints.len();
    match action {
        Action::Up => app.query.constraint.step(-1, length),
        Action::Down => app.query.constraint.step(1, length),
        Action::Choose => go(app, Pane::Interval),
        Action::Remove => app.query.remove(),
        Action::Undo => {
            app.query.restore();
        }
        Action::Add => {
            app.query.pane = Pane::Units;
            app.query.is_searching = true;
        }
        Action::Back => go(app, Pane::Units),
        _ => return None,
    }
    Some(())
}

fn settings(app: &mut App, action: Action) -> Option<()> {
    let settings = &mut app.query.settings;
    match action {
        Action::Up => settings.select(-1),
        Action::Down => settings.select(1),
        Action::Left => {
            settings.step(-1);
        }
        Action::Right => {
            settings.step(1);
        }
        Action::FarLeft => {
            settings.step(-10);
        }
        Action::FarRight => {
            settings.step(10);
        }
        Action::Type | Action::Choose => {
            if let Some(knob) = settings.selected() {
                let prompt = Prompt::knob(Asked::Setting, knob);
                app.overlays.push(Overlay::Prompt(prompt));
            }
        }
        Action::Reset => {
            settings.reset();
        }
        Action::Undo => {
            settings.undo();
        }
        Action::Back => go(app, Pane::Units),
        _ => return None,
    }
    Some(())
}
