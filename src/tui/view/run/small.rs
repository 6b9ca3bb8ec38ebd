//! The selected picture beside the scores, on terminals that have no room for more.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};

use super::scores;
use crate::preview::Painters;
use crate::tui::app::App;
use crate::tui::message::RunId;
use crate::tui::view::{look, sample};
use crate::tui::widget::panel::framed;

/// Fewest columns of a picture.
const NARROWEST: u16 = 6;

pub(super) fn draw(app: &App, id: RunId, area: Rect, buffer: &mut Buffer, painters: &mut Painters) {
    let (Some(run), look) = (app.run(), look(app)) else {
        return;
    };
    let title = run.selected().map_or("Sample".to_owned(), |sample| {
        let value = sample
            .activations
            .first()
            .map_or(String::new(), |value| format!("  {value:.3}"));
        format!("Sample {}{value}", sample.index)
    });
    let inner = framed(look, &title, "[ ] select", false, area, buffer);
    // The scores have to fit beside it.
    let room = inner.width.saturating_sub(scores::WIDTH + 1);
    let picture = if inner.height >= 5 && room >= NARROWEST {
        (2 * inner.height).min(room)
    } else {
        0
    };
    let [picture, _, figures] = Layout::horizontal([
        Constraint::Length(picture),
        Constraint::Length(u16::from(picture > 0)),
        Constraint::Min(0),
    ])
    .areas(inner);
    if picture.width > 0 {
        sample::picture(app, id, run, picture, buffer, painters);
    }
    scores::draw(app, run, figures, buffer);
}
