//! The interval of the selected constraint, on what its unit does on real images.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

use crate::text;
use crate::theme::Role;
use crate::tui::action::Place;
use crate::tui::app::App;
use crate::tui::model::draft::{Draft, End, Side, short};
use crate::tui::view::{has_keys, look, nothing};
use crate::tui::widget::histogram;
use crate::tui::widget::panel::{Look, framed, panel, write};

pub(super) fn draw(app: &App, area: Rect, buffer: &mut Buffer) {
    let look = look(app);
    let keys = has_keys(app, &[Place::Interval]);
    let Some(draft) = app.query.draft() else {
        let inner = panel(look, "Interval", keys, area, buffer);
        let lines = [
            "No unit is chosen yet.",
            "Type a few letters of what",
            "the network should see, go to",
            "it with the arrows, press enter.",
        ];
        nothing(app, &lines, inner, buffer);
        return;
    };
    let inner = framed(
        look,
        &text::clean(&draft.name),
        "interval",
        keys,
        area,
        buffer,
    );
    let [chart, _, ends, share] = Layout::vertical([
        Constraint::Min(0),
        Constraint::Length(u16::from(inner.height > 8)),
        Constraint::Length(2),
        Constraint::Length(1),
    ])
    .areas(inner);
    let distribution = draft.distribution.as_deref();
    match distribution {
        Some(distribution) => {
            let values = (
                draft.low.value(Some(distribution)),
                draft.high.value(Some(distribution)),
            );
            histogram::render(look, distribution, values, chart, buffer);
        }
        None => {
            let lines = [
                "No statistics of real images for this unit.",
                "Its ends are values; = types one.",
            ];
            nothing(app, &lines, chart, buffer);
        }
    }
    for (line, (side, name)) in [(Side::Low, "low end"), (Side::High, "high end")]
        .into_iter()
        .enumerate()
    {
        let is_selected = keys && draft.side == side;
        let line_area = Rect {
            y: ends.y + line as u16,
            height: 1,
            ..ends
        };
        draw_end(look, draft, side, name, is_selected, line_area, buffer);
    }
    let text = match (draft.problem(), draft.share()) {
        (Some(problem), _) => look.span(
            Role::Bad,
            format!("{} {problem}", look.symbols.mark(Role::Bad)),
        ),
        (None, Some(share)) => {
            let count = distribution.map_or(0, |known| known.image_count);
            let images = (share * count as f64).round();
            look.span(
                Role::Dim,
                format!(
                    "  about {} % of real images: {images} of {count}",
                    short(share * 100.0)
                ),
            )
        }
        (None, None) => Span::default(),
    };
    write(
        look,
        &Line::from(text),
        share.x,
        share.y,
        share.width,
        buffer,
    );
}

fn draw_end(
    look: Look<'_>,
    draft: &Draft,
    side: Side,
    name: &str,
    is_selected: bool,
    area: Rect,
    buffer: &mut Buffer,
) {
    let end = match side {
        Side::Low => draft.low,
        Side::High => draft.high,
    };
    let mark = look.pointer(is_selected);
    let written = match end {
        End::Open => "open".to_owned(),
        End::Quantile(_) => end.text(),
        End::Value(value) => short(value),
    };
    let distribution = draft.distribution.as_deref();
    let meaning = match (end, distribution) {
        (End::Open, _) | (_, None) => String::new(),
        (End::Quantile(_), known) => end
            .value(known)
            .map_or(String::new(), |value| format!("= {}", short(value))),
        (End::Value(value), Some(known)) => format!("= p{}", short(known.level_of(value) * 100.0)),
    };
    let spans = vec![
        look.span(Role::Accent, format!("{mark} ")),
        look.span(Role::Dim, text::pad(name, 10)),
        look.span(Role::Accent, text::pad(&written, 12)),
        look.span(Role::Dim, meaning),
    ];
    let line = look.row(spans, is_selected);
    write(look, &line, area.x, area.y, area.width, buffer);
}
