//! Activations and scores against steps.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::theme::Role;
use crate::tui::action::Place;
use crate::tui::app::App;
use crate::tui::model::run_view::{RunView, interval_text, unit_name};
use crate::tui::model::series::Series;
use crate::tui::view::{has_keys, look};
use crate::tui::widget::chart::{Chart, Trace, axis_end};
use crate::tui::widget::panel::{framed, write};

/// Steps that the charts show when they do not show all.
const RECENT: u64 = 50;

pub(super) fn activations(app: &App, area: Rect, buffer: &mut Buffer) {
    let (Some(run), look) = (app.run(), look(app)) else {
        return;
    };
    let Some(constraint) = run.charted() else {
        return;
    };
    let of = match run.file.constraint.len() {
        1 => String::new(),
        length => format!("  ({} of {length})", run.constraint + 1),
    };
    let title = format!("Activation of {}{of}", unit_name(constraint));
    let note = format!("wanted {}", interval_text(constraint));
    let inner = framed(
        look,
        &title,
        &note,
        has_keys(app, &[Place::Run]),
        area,
        buffer,
    );
    let steps = steps(run);
    let traces = run
        .traces
        .get(run.constraint)
        .map_or(&[][..], Vec::as_slice);
    let chart = Chart {
        traces: traces
            .iter()
            .enumerate()
            .map(|(row, trace)| Trace {
                points: trace.since(steps.0),
                style: look.theme.series(row),
                point: look.symbols.point(row),
            })
            .collect(),
        band: Some((constraint.low, constraint.high)),
        ticks: run.events.iter().map(|(step, _)| *step as f64).collect(),
        steps,
        empty: "waiting for the first step…",
    };
    chart.render(look, inner, buffer);
}

/// The steps that charts show.
fn steps(run: &RunView) -> (f64, f64) {
    if run.whole_history {
        (0.0, axis_end(run.step))
    } else {
        let last = run.step.max(RECENT);
        ((last - RECENT) as f64, last as f64)
    }
}

/// A score in few columns: three digits of it say whether it still rises.
pub(super) fn figure(value: f64) -> String {
    match value.abs() {
        100.0.. => format!("{value:.0}"),
        10.0.. => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// The three scores: their names and how they went.
pub(super) fn scores(run: &RunView) -> [(&'static str, &Series); 3] {
    [
        ("mean", &run.mean_distance),
        ("least", &run.least_distance),
        ("Vendi", &run.vendi),
    ]
}

pub(super) fn diversity(app: &App, area: Rect, buffer: &mut Buffer) {
    let (Some(run), look) = (app.run(), look(app)) else {
        return;
    };
    let inner = framed(
        look,
        "Diversity",
        "each of its greatest",
        false,
        area,
        buffer,
    );
    let of = inner.width / 3;
    for (at, (name, series)) in scores(run).into_iter().enumerate() {
        let value = series.last().map_or("-".to_owned(), figure);
        let line = Line::from(vec![
            look.span(Role::Dim, format!("{name} ")),
            Span::styled(value, look.theme.series(at)),
        ]);
        write(look, &line, inner.x + at as u16 * of, inner.y, of, buffer);
    }
    let steps = steps(run);
    let chart = Rect {
        y: inner.y + 1,
        height: inner.height.saturating_sub(1),
        ..inner
    };
    // Each line is drawn on its own scale: what matters is whether it still rises.
    let scaled = scores(run).map(|(_, series)| scaled(series.since(steps.0)));
    Chart {
        traces: scaled
            .iter()
            .enumerate()
            .map(|(at, points)| Trace {
                points,
                style: look.theme.series(at),
                point: look.symbols.point(at),
            })
            .collect(),
        band: None,
        ticks: run.events.iter().map(|(step, _)| *step as f64).collect(),
        steps,
        empty: "no scores yet",
    }
    .render(look, chart, buffer);
}

/// Values as shares of the greatest one.
fn scaled(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let greatest = points
        .iter()
        .map(|point| point.1)
        .filter(|value| value.is_finite())
        .fold(f64::MIN_POSITIVE, f64::max);
    points
        .iter()
        .map(|&(step, value)| (step, value / greatest))
        .collect()
}
