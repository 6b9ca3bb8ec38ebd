//! The run screen: how the run fares, charts, settings, the samples that come in.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::Line;

use super::{duration, has_keys, look, nothing, run_side};
use crate::preview::{Painters, Shot};
use crate::run::control::Parameter;
use crate::theme::Role;
use crate::tui::action::Place;
use crate::tui::app::App;
use crate::tui::message::RunId;
use crate::tui::model::run_view::{RunView, interval_text, unit_name};
use crate::tui::target::Target;
use crate::tui::widget::bars;
use crate::tui::widget::chart::{Chart, Trace, axis_end};
use crate::tui::widget::fields::{self, State};
use crate::tui::widget::panel::{Look, framed, panel, write};

/// Steps that the charts show when they do not show all.
const RECENT: u64 = 50;
/// Columns of a thumbnail in the strip.
const THUMBNAIL: u16 = 12;

pub(super) fn draw(app: &mut App, area: Rect, buffer: &mut Buffer, painters: &mut Painters) {
    let Some(id) = app.current else {
        let lines = ["No run is open.", "1 makes a query, 6 lists all runs."];
        return nothing(app, &lines, area, buffer);
    };
    let has_side = area.width >= 100;
    let has_strip = area.height >= 30;
    let side = if has_side {
        (area.width * 3 / 10).clamp(34, 60)
    } else {
        0
    };
    let [left, right] =
        Layout::horizontal([Constraint::Min(0), Constraint::Length(side)]).areas(area);
    let strip = if has_strip { 8 } else { 0 };
    let lower = if area.height >= 22 { 9 } else { 7 };
    let [status, chart, lower, strip] = Layout::vertical([
        Constraint::Length(3),
        Constraint::Min(5),
        Constraint::Length(lower),
        Constraint::Length(strip),
    ])
    .areas(left);
    draw_status(app, status, buffer);
    draw_activations(app, chart, buffer);
    let [diversity, tuning] =
        Layout::horizontal([Constraint::Min(20), Constraint::Length(36)]).areas(lower);
    draw_diversity(app, diversity, buffer);
    draw_tuning(app, tuning, buffer);
    if has_strip {
        draw_strip(app, id, strip, buffer, painters);
    }
    if has_side {
        run_side::draw(app, id, right, buffer, painters);
    }
}

fn draw_status(app: &App, area: Rect, buffer: &mut Buffer) {
    let Some(run) = app.run() else {
        return;
    };
    let look = look(app);
    let n = run.file.settings.n as u64;
    let accepted = run.samples.len() as u64;
    let first = Line::from(vec![
        look.span(Role::Title, format!(" {}", run.name())),
        look.span(
            Role::Dim,
            format!(
                "  {}  {}",
                run.file.settings.method, run.file.plan.backend.name
            ),
        ),
    ]);
    write(look, &first, area.x, area.y, area.width, buffer);
    let counts = format!(" {accepted:>4} of {n} samples ");
    let gauge_at = counts.len() as u16;
    write(
        look,
        &Line::from(look.span(Role::Accent, counts)),
        area.x,
        area.y + 1,
        area.width,
        buffer,
    );
    let feasible = run.snapshot.as_ref().map_or(String::new(), |snapshot| {
        format!(" {:>4} rows inside now", snapshot.n_feasible)
    });
    let gauge = Rect {
        x: area.x + gauge_at,
        y: area.y + 1,
        width: area
            .width
            .saturating_sub(gauge_at + feasible.len() as u16 + 1),
        height: 1,
    };
    bars::gauge(look, accepted as f64 / n.max(1) as f64, gauge, buffer);
    write(
        look,
        &Line::from(look.span(Role::Dim, feasible)),
        gauge.right(),
        gauge.y,
        area.width,
        buffer,
    );
    let line = pace(look, run);
    write(look, &line, area.x, area.y + 2, area.width, buffer);
}

/// Step, pace, what is left, and where the time goes. Every figure keeps its place.
fn pace<'a>(look: Look<'a>, run: &RunView) -> Line<'a> {
    let figure = |text: String| look.span(Role::Text, text);
    let unit = |text: &'static str| look.span(Role::Dim, text);
    let mut spans = vec![figure(format!(" {:>5}", run.step)), unit(" steps  ")];
    let Some(snapshot) = &run.snapshot else {
        return Line::from(spans);
    };
    if let Some((seconds, is_bound)) = run.seconds_left().filter(|_| run.is_at_work()) {
        spans.push(unit(if is_bound { "at most" } else { "about  " }));
        spans.push(figure(format!("{:>7}", duration(seconds))));
        spans.push(unit(" left  "));
    }
    let rate = run.steps_per_second();
    spans.push(figure(
        rate.map_or("    -".to_owned(), |rate| format!("{rate:>5.1}")),
    ));
    spans.push(unit(" steps/s  "));
    let share = snapshot.seconds_in_runtime / snapshot.seconds.max(f64::MIN_POSITIVE);
    spans.push(figure(format!("{:>3.0} %", 100.0 * share.min(1.0))));
    spans.push(unit(" in the runtime  "));
    spans.push(figure(format!("{:>6}", duration(snapshot.seconds))));
    spans.push(unit(" worked  "));
    spans.push(figure(format!("{:>6}", snapshot.gradients)));
    spans.push(unit(" gradients"));
    Line::from(spans)
}

fn draw_activations(app: &App, area: Rect, buffer: &mut Buffer) {
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

fn draw_diversity(app: &App, area: Rect, buffer: &mut Buffer) {
    let (Some(run), look) = (app.run(), look(app)) else {
        return;
    };
    let inner = panel(look, "Diversity", false, area, buffer);
    if inner.height < 3 {
        return;
    }
    let figures = [
        ("mean distance", &run.mean_distance),
        ("least distance", &run.least_distance),
        ("Vendi", &run.vendi),
    ];
    let mut x = inner.x;
    for (at, (name, series)) in figures.into_iter().enumerate() {
        let value = series
            .last()
            .map_or("-".to_owned(), |value| format!("{value:.3}"));
        let line = Line::from(vec![
            look.span(Role::Dim, format!("{name} ")),
            ratatui::text::Span::styled(format!("{value:<8}"), look.theme.series(at)),
        ]);
        x += write(
            look,
            &line,
            x,
            inner.y,
            inner.right().saturating_sub(x),
            buffer,
        );
    }
    let steps = steps(run);
    let chart = Rect {
        y: inner.y + 1,
        height: inner.height - 1,
        ..inner
    };
    // Each line is drawn on its own scale: what matters is whether it still rises.
    let scaled: Vec<Vec<(f64, f64)>> = figures
        .iter()
        .map(|(_, series)| scaled(series.since(steps.0)))
        .collect();
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

fn draw_tuning(app: &mut App, area: Rect, buffer: &mut Buffer) {
    let keys = has_keys(app, &[Place::Run]);
    let look = Look {
        theme: &app.theme,
        symbols: &app.symbols,
    };
    let inner = framed(look, "Settings", "arrows, = types", keys, area, buffer);
    let Some(current) = app.current else {
        return;
    };
    let Some((_, run)) = app.runs.iter_mut().find(|(id, _)| *id == current) else {
        return;
    };
    let states: Vec<(&'static str, State)> = run
        .tuning
        .knobs
        .all()
        .iter()
        .map(|knob| {
            let parameter: Option<Parameter> = knob.id.parse().ok();
            let is_pending = parameter.is_some_and(|parameter| run.tuning.is_pending(parameter));
            let state = if is_pending {
                State::Pending
            } else if knob.is_changed() {
                State::Changed
            } else {
                State::Usual
            };
            (knob.id, state)
        })
        .collect();
    let state = |id: &str| {
        let found = states.iter().find(|(known, _)| *known == id);
        found.map_or(State::Usual, |(_, state)| *state)
    };
    fields::render(look, &mut run.tuning.knobs, keys, state, inner, buffer);
    let events = inner
        .height
        .saturating_sub(run.tuning.knobs.all().len() as u16);
    let last = run.events.iter().rev().take(usize::from(events)).rev();
    for (line, (step, event)) in last.enumerate() {
        let y = inner.bottom() - events + line as u16;
        let line = Line::from(look.span(Role::Dim, format!("  {step}: {event}")));
        write(look, &line, inner.x, y, inner.width, buffer);
    }
}

fn draw_strip(app: &App, id: RunId, area: Rect, buffer: &mut Buffer, painters: &mut Painters) {
    let (Some(run), look) = (app.run(), look(app)) else {
        return;
    };
    let inner = framed(look, "Samples", "3 shows all", false, area, buffer);
    let across = usize::from(inner.width / THUMBNAIL).max(1);
    let selected = run.selected_place().unwrap_or(0);
    let first = selected.saturating_sub(across - 1).max(
        // The newest are in view while nobody has selected another.
        if selected == 0 {
            run.samples.len().saturating_sub(across)
        } else {
            0
        },
    );
    for (at, sample) in run.samples.iter().skip(first).take(across).enumerate() {
        let cell = Rect {
            x: inner.x + at as u16 * THUMBNAIL,
            y: inner.y,
            width: THUMBNAIL - 1,
            height: inner.height,
        };
        app.targets
            .borrow_mut()
            .note(cell, Target::Sample(first + at));
        let caption = match sample.activations.first() {
            Some(activation) => format!("{} {activation:.2}", sample.index),
            None => sample.index.to_string(),
        };
        let role = if first + at == selected {
            Role::Accent
        } else {
            Role::Dim
        };
        if let Some(picture) = run.pictures.get(&sample.index) {
            let shot = Shot {
                area: Rect {
                    height: cell.height - 1,
                    ..cell
                },
                picture: picture.clone(),
                id: super::sample::shot_id(id, sample.index),
            };
            painters.thumbnail(&shot, buffer);
        }
        write(
            look,
            &Line::from(look.span(role, caption)),
            cell.x,
            cell.bottom() - 1,
            cell.width,
            buffer,
        );
    }
}
