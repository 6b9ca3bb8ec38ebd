//! Activations and scores against steps.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};

use super::scores;
use crate::tui::action::Place;
use crate::tui::app::App;
use crate::tui::model::run_view::{RunView, interval_text, unit_name};
use crate::tui::view::{has_keys, look};
use crate::tui::widget::chart::{Chart, Trace, axis_end};
use crate::tui::widget::panel::framed;

/// Steps that the charts show when they do not show all.
const RECENT: u64 = 50;
/// Fewest columns of a chart beside the scores, the frame included.
const NARROWEST: u16 = 16;
/// Columns between the scores and the chart, whose first are figures too.
const GAP: u16 = 3;

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

pub(super) fn diversity(app: &App, area: Rect, buffer: &mut Buffer) {
    let (Some(run), look) = (app.run(), look(app)) else {
        return;
    };
    let has_chart = area.width >= scores::WIDTH + NARROWEST && area.height > scores::HEIGHT;
    let note = if has_chart {
        "each of its greatest"
    } else {
        ""
    };
    let inner = framed(look, "Diversity", note, false, area, buffer);
    if !has_chart {
        return scores::draw(app, run, inner, buffer);
    }
    let [table, _, chart] = Layout::horizontal([
        Constraint::Length(scores::WIDTH),
        Constraint::Length(GAP),
        Constraint::Min(0),
    ])
    .areas(inner);
    scores::draw(app, run, table, buffer);
    let steps = steps(run);
    // Each line is drawn on its own scale: what matters is whether it still rises.
    let scaled = scores::charted(run).map(|series| scaled(series.since(steps.0)));
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
