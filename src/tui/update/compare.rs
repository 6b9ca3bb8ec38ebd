//! Actions of the comparison.

use crate::tui::action::{Action, Tab};
use crate::tui::app::App;
use crate::tui::effect::Effect;

pub(super) fn act(app: &mut App, action: Action) -> Option<Vec<Effect>> {
    let length = app.compared.len();
    match action {
        Action::Left | Action::Up => app.compare.step(-1, length),
        Action::Right | Action::Down => app.compare.step(1, length),
        Action::First => app.compare.select(0),
        Action::Last => app.compare.select(length.saturating_sub(1)),
        Action::Remove => {
            if let Some(at) = app.compare.selected(length) {
                let id = app.compared.remove(at);
                if app.current != Some(id) {
                    app.runs.retain(|(known, _)| *known != id);
                    return Some(vec![Effect::Forget(id)]);
                }
            }
        }
        Action::Choose => {
            if let Some(at) = app.compare.selected(length) {
                app.current = Some(app.compared[at]);
                app.tab = Tab::Gallery;
            }
        }
        _ => return None,
    }
    Some(Vec::new())
}
