//! From a key to an action, or to text where text is typed.

use crossterm::event::{KeyCode, KeyModifiers};

use super::{compare, everywhere, gallery, map, overlays, query, run, runs};
use crate::tui::action::{Action, Place};
use crate::tui::app::App;
use crate::tui::chord::Chord;
use crate::tui::effect::Effect;
use crate::tui::enabled;
use crate::tui::model::line::{Edit, Line};
use crate::tui::overlay::Overlay;

/// A key was pressed.
pub(super) fn press(app: &mut App, chord: Chord) -> Vec<Effect> {
    app.notice = None;
    let place = app.place();
    if let Some(action) = app.keymap.action(place, chord) {
        return act(app, action);
    }
    if place.is_typing()
        && let Some(edit) = edit_of(chord)
    {
        return type_into(app, place, |line| line.edit(edit));
    }
    Vec::new()
}

/// Text was pasted.
pub(super) fn paste(app: &mut App, text: &str) -> Vec<Effect> {
    let place = app.place();
    if !place.is_typing() {
        return Vec::new();
    }
    type_into(app, place, |line| {
        line.paste(text);
        true
    })
}

/// Does an action where it makes sense.
pub(super) fn act(app: &mut App, action: Action) -> Vec<Effect> {
    if let Some(reason) = enabled::why_not(app, action) {
        let title = crate::tui::action::entry(action).map_or("", |entry| entry.title);
        let reason = match (action, app.query.problem()) {
            (Action::Start, Some(problem)) if !app.is_starting && app.bundle.open().is_some() => {
                problem
            }
            _ => format!("{title}: {reason}"),
        };
        app.complain(reason);
        return Vec::new();
    }
    let place = app.place();
    let done = match place {
        Place::Search | Place::Units | Place::Interval | Place::Constraints | Place::Settings => {
            query::act(app, place, action)
        }
        Place::Run => run::act(app, action),
        Place::Gallery => gallery::act(app, action),
        Place::Map => map::act(app, action),
        Place::Compare => compare::act(app, action),
        Place::Runs | Place::Filter => runs::act(app, place, action),
        Place::Large
        | Place::Help
        | Place::Palette
        | Place::Question
        | Place::Prompt
        | Place::Themes
        | Place::Scores => overlays::act(app, action),
        Place::Everywhere => None,
    };
    done.unwrap_or_else(|| everywhere::act(app, action))
}

fn type_into(app: &mut App, place: Place, change: impl FnOnce(&mut Line) -> bool) -> Vec<Effect> {
    let line = match (place, app.overlays.last_mut()) {
        (Place::Search, _) => Some(&mut app.query.search),
        (Place::Filter, _) => Some(&mut app.list.filter),
        (Place::Help, _) => Some(&mut app.help),
        (_, Some(Overlay::Menu(menu))) => menu.filter.as_mut(),
        (_, Some(Overlay::Prompt(prompt))) => {
            prompt.problem = None;
            Some(&mut prompt.line)
        }
        _ => None,
    };
    if !line.is_some_and(change) {
        return Vec::new();
    }
    match (place, app.overlays.last_mut()) {
        (Place::Search, _) => query::search(app),
        (Place::Filter, _) => app.list.cursor.select(0),
        (Place::Help, Some(Overlay::Help { scroll, .. })) => *scroll = 0,
        (_, Some(Overlay::Menu(menu))) => menu.cursor.select(0),
        _ => {}
    }
    Vec::new()
}

/// How a chord edits a line; none where it does not.
fn edit_of(chord: Chord) -> Option<Edit> {
    if let Some(character) = chord.types() {
        return Some(Edit::Insert(character));
    }
    let ctrl = chord.modifiers().contains(KeyModifiers::CONTROL);
    Some(match chord.code() {
        KeyCode::Backspace if ctrl => Edit::EraseWord,
        KeyCode::Backspace => Edit::Backspace,
        KeyCode::Delete => Edit::Delete,
        KeyCode::Left => Edit::Left,
        KeyCode::Right => Edit::Right,
        KeyCode::Home => Edit::Home,
        KeyCode::End => Edit::End,
        KeyCode::Char('w') if ctrl => Edit::EraseWord,
        KeyCode::Char('u') if ctrl => Edit::EraseLine,
        KeyCode::Char('e') if ctrl => Edit::End,
        _ => return None,
    })
}
