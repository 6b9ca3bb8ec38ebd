//! One sample: its picture, its activations, what the classifier makes of it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::look;
use crate::preview::{Painter, Painters, Shot};
use crate::run::record::SampleLine;
use crate::text;
use crate::theme::Role;
use crate::tui::app::App;
use crate::tui::message::RunId;
use crate::tui::model::run_view::{Portrait, RunView, unit_name};
use crate::tui::widget::bars;
use crate::tui::widget::panel::write;

/// A number for the picture of a sample, different for every run.
pub(super) fn shot_id(run: RunId, sample: u64) -> u64 {
    // Runs are few and samples below 2^40.
    run.0 << 40 | sample
}

/// The selected picture, as large as it fits.
pub(super) fn picture(
    app: &App,
    id: RunId,
    run: &RunView,
    area: Rect,
    buffer: &mut Buffer,
    painters: &mut Painters,
) {
    let Some(sample) = run.selected() else {
        return;
    };
    match run.pictures.get(&sample.index) {
        Some(picture) => {
            let shot = Shot {
                area,
                picture: picture.clone(),
                id: shot_id(id, sample.index),
            };
            painters.place(&shot, buffer);
        }
        None => super::nothing(app, &["reading the picture…"], area, buffer),
    }
}

/// Lines about the selected sample: where it is from, its activations. Gives the lines used.
pub(super) fn facts(app: &App, run: &RunView, area: Rect, buffer: &mut Buffer) -> u16 {
    let look = look(app);
    let Some(sample) = run.selected() else {
        return 0;
    };
    let mut marks = String::new();
    if run.marks.marked.contains(&sample.index) {
        marks.push_str(" marked");
    }
    if run.marks.dropped.contains(&sample.index) {
        marks.push_str(" hidden");
    }
    let mut lines = vec![Line::from(vec![
        look.span(Role::Title, format!("sample {}", sample.index)),
        look.span(
            Role::Dim,
            format!("  step {}  start {}", sample.step, sample.start),
        ),
        look.span(Role::Accent, marks),
    ])];
    for (constraint, activation) in run.file.constraint.iter().zip(&sample.activations) {
        lines.push(Line::from(vec![
            look.span(Role::Text, text::pad(&unit_name(constraint), 22)),
            look.span(Role::Good, format!("{activation:>10.4}")),
        ]));
    }
    lines.extend(origin(sample).map(|text| Line::from(look.span(Role::Dim, text))));
    let used = lines.len().min(usize::from(area.height));
    for (at, line) in lines.iter().take(used).enumerate() {
        write(look, line, area.x, area.y + at as u16, area.width, buffer);
    }
    used as u16
}

/// Lines about where a sample comes from; none where it started at random.
pub(super) fn origin(sample: &SampleLine) -> impl Iterator<Item = String> {
    let source = sample
        .source
        .as_ref()
        .map(|source| format!("from {}", text::clean(source)));
    let distances = sample.from_start.map(|from| {
        format!(
            "from its start: code {:.3}  encoder {:.3}  pixels {:.4}",
            from.code, from.embedding, from.image
        )
    });
    source.into_iter().chain(distances)
}

/// The classifier's first classes as bars, and the channels of the unit's tensor as a strip.
pub(super) fn portrait(app: &App, run: &RunView, area: Rect, buffer: &mut Buffer) {
    let look = look(app);
    let sample = run.selected().map(|sample| sample.index);
    let Some(portrait) = run
        .portrait
        .as_deref()
        .filter(|known| Some(known.sample) == sample)
    else {
        return;
    };
    let strip = strip_height(portrait, area);
    let bars_area = Rect {
        height: area.height.saturating_sub(strip),
        ..area
    };
    let asked = run
        .file
        .constraint
        .first()
        .and_then(|constraint| constraint.label.clone());
    let accent = portrait
        .classes
        .iter()
        .position(|(label, _)| Some(label) == asked.as_ref());
    bars::shares(look, &portrait.classes, accent, bars_area, buffer);
    if strip > 1 {
        let title = format!("channels of {}", text::clean(&portrait.tensor));
        let y = area.bottom() - strip;
        write(
            look,
            &Line::from(look.span(Role::Dim, title)),
            area.x,
            y,
            area.width,
            buffer,
        );
        let heat = Rect {
            y: y + 1,
            height: strip - 1,
            ..area
        };
        let selected = run
            .file
            .constraint
            .first()
            .and_then(|constraint| constraint.index);
        bars::heat(
            look,
            &portrait.channels,
            selected.map(|index| index as usize),
            heat,
            buffer,
        );
    }
}

fn strip_height(portrait: &Portrait, area: Rect) -> u16 {
    if area.height < 6 || portrait.channels.is_empty() {
        return 0;
    }
    let rows = portrait
        .channels
        .len()
        .div_ceil(usize::from(area.width.max(1)));
    (rows as u16).clamp(1, 3) + 1
}
