//! Every score of the run's samples, as `invset metrics` prints it, over a screen.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Paragraph, Widget, Wrap};

use super::{look, nothing, overlays};
use crate::preview::Painters;
use crate::text;
use crate::theme::Role;
use crate::tui::app::App;
use crate::tui::model::measuring::Measuring;
use crate::tui::widget::panel::write;

/// Most columns: the table has two encoders with an interval each.
const WIDEST: u16 = 100;

pub(super) fn draw(
    app: &App,
    (scroll, across): (usize, usize),
    area: Rect,
    buffer: &mut Buffer,
    painters: &mut Painters,
) {
    let (Some(run), look) = (app.run(), look(app)) else {
        return;
    };
    let note = match &run.measuring {
        Measuring::Done(found) if found.samples < run.samples.len() => {
            format!("of {} of {} samples", found.samples, run.samples.len())
        }
        Measuring::Done(found) => format!("of {}", text::counted(found.samples, "sample")),
        Measuring::Working { .. } => "at work".to_owned(),
        Measuring::No | Measuring::Failed(_) => String::new(),
    };
    let size = (area.width.min(WIDEST), area.height.saturating_sub(2).max(8));
    let inner = overlays::window(look, ("All scores", &note), size, area, buffer, painters);
    match &run.measuring {
        Measuring::No => {}
        Measuring::Working { what } => {
            let lines = ["The samples are being scored…", what];
            nothing(app, &lines, inner, buffer);
        }
        Measuring::Failed(reason) => {
            let text = format!("{} {}", look.symbols.mark(Role::Bad), text::clean(reason));
            Paragraph::new(text)
                .style(look.style(Role::Bad))
                .wrap(Wrap { trim: true })
                .render(inner, buffer);
        }
        Measuring::Done(found) => {
            let shown = found.lines.iter().skip(scroll);
            for (line, text) in shown.take(usize::from(inner.height)).enumerate() {
                let rest: String = text.chars().skip(across).collect();
                let line_of = Line::from(look.span(Role::Text, rest));
                let y = inner.y + line as u16;
                write(look, &line_of, inner.x, y, inner.width, buffer);
            }
        }
    }
}
