//! The selected picture beside the scores, on terminals that have no room for more.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

use super::charts::{figure, scores};
use crate::preview::Painters;
use crate::text;
use crate::theme::Role;
use crate::tui::app::App;
use crate::tui::message::RunId;
use crate::tui::view::{look, sample};
use crate::tui::widget::panel::{framed, write};

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
    let picture = if inner.height >= 5 {
        (2 * inner.height).min(inner.width / 2)
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
    for (line, (name, series)) in scores(run).into_iter().enumerate() {
        let value = series.last().map_or("-".to_owned(), figure);
        let line_of = Line::from(vec![
            look.span(Role::Dim, text::pad(name, 6)),
            Span::styled(value, look.theme.series(line)),
        ]);
        let y = figures.y + line as u16;
        if y < figures.bottom() {
            write(look, &line_of, figures.x, y, figures.width, buffer);
        }
    }
}
