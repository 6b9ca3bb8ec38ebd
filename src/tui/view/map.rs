//! The map: the embeddings of a run's samples in the plane of their principal directions.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};

use super::run::side;
use super::{has_keys, look, nothing};
use crate::preview::Painters;
use crate::sampler::MethodKind;
use crate::theme::Role;
use crate::tui::action::Place;
use crate::tui::app::App;
use crate::tui::model::run_view::{EmbeddingMap, RunView};
use crate::tui::widget::panel::{Look, framed};

pub(super) fn draw(app: &App, area: Rect, buffer: &mut Buffer, painters: &mut Painters) {
    let (Some(id), Some(run)) = (app.current, app.run()) else {
        return nothing(app, &["No run is open.", "6 lists all runs."], area, buffer);
    };
    let columns = if area.width >= 100 {
        (area.width * 3 / 10).clamp(34, 60)
    } else {
        0
    };
    let [plane, beside] =
        Layout::horizontal([Constraint::Min(0), Constraint::Length(columns)]).areas(area);
    draw_plane(app, run, plane, buffer);
    if beside.width > 0 {
        side::draw(app, id, beside, buffer, painters);
    }
}

fn draw_plane(app: &App, run: &RunView, area: Rect, buffer: &mut Buffer) {
    let look = look(app);
    let keys = has_keys(app, &[Place::Map]);
    let note = run.map.as_ref().map_or(String::new(), |map| {
        let [first, second] = map.explained.map(|share| 100.0 * share);
        format!("{first:.0} % and {second:.0} % of the variance")
    });
    let inner = framed(
        look,
        "Embeddings in their two principal directions",
        &note,
        keys,
        area,
        buffer,
    );
    let Some(map) = run.map.as_deref().filter(|map| !map.points.is_empty()) else {
        return nothing(
            app,
            &[
                "No embeddings are saved yet.",
                "The worker saves them with each checkpoint (c).",
            ],
            inner,
            buffer,
        );
    };
    let plot = Rect {
        height: inner.height.saturating_sub(1),
        ..inner
    };
    if plot.width < 4 || plot.height < 2 {
        return;
    }
    let groups = groups(run);
    paint_points(look, run, map, plot, buffer);
    let mut x = inner.x;
    for (group, name) in groups.iter().enumerate() {
        let text = format!("{} {name}   ", look.symbols.point(group));
        let room = usize::from(inner.right().saturating_sub(x));
        buffer.set_stringn(x, inner.bottom() - 1, &text, room, look.theme.series(group));
        x += text.chars().count() as u16;
    }
}

/// What tells the points apart: seeds from the batches after them, for the method that has both.
fn groups(run: &RunView) -> Vec<String> {
    match run.file.settings.method {
        MethodKind::Incremental => {
            let k = run.file.settings.k;
            vec![
                format!("the first {k} samples (seeds)"),
                "later batches".to_owned(),
            ]
        }
        MethodKind::Joint
        | MethodKind::Spread
        | MethodKind::Cover
        | MethodKind::Maximise
        | MethodKind::Ppgn
        | MethodKind::Dataset => {
            vec!["samples".to_owned()]
        }
    }
}

fn group(run: &RunView, place: usize) -> usize {
    match run.file.settings.method {
        MethodKind::Incremental => usize::from(place >= run.file.settings.k),
        MethodKind::Joint
        | MethodKind::Spread
        | MethodKind::Cover
        | MethodKind::Maximise
        | MethodKind::Ppgn
        | MethodKind::Dataset => 0,
    }
}

fn paint_points(
    look: Look<'_>,
    run: &RunView,
    map: &EmbeddingMap,
    plot: Rect,
    buffer: &mut Buffer,
) {
    let bounds = |value: fn(&(f64, f64)) -> f64| {
        let values = || {
            map.points
                .iter()
                .map(value)
                .filter(|value| value.is_finite())
        };
        let low = values().fold(f64::INFINITY, f64::min);
        let high = values().fold(f64::NEG_INFINITY, f64::max);
        (low, (high - low).max(f64::MIN_POSITIVE))
    };
    let (x, y) = (bounds(|point| point.0), bounds(|point| point.1));
    let selected = run.selected_place();
    let place_of = |point: &(f64, f64)| {
        let column = (point.0 - x.0) / x.1 * f64::from(plot.width - 1);
        let row = (1.0 - (point.1 - y.0) / y.1) * f64::from(plot.height - 1);
        (plot.x + column.round() as u16, plot.y + row.round() as u16)
    };
    let shown = |place: usize| {
        run.samples
            .get(place)
            .is_none_or(|sample| !run.marks.dropped.contains(&sample.index))
    };
    // The selected point last: nothing covers it.
    let order = (0..map.points.len())
        .filter(|&place| shown(place) && Some(place) != selected)
        .chain(selected.filter(|&place| place < map.points.len()));
    for place in order {
        let point = &map.points[place];
        if !(point.0.is_finite() && point.1.is_finite()) {
            continue;
        }
        let (column, row) = place_of(point);
        let group = group(run, place);
        let style = if Some(place) == selected {
            look.style(Role::Select)
        } else {
            look.theme.series(group)
        };
        buffer.set_string(column, row, look.symbols.point(group).to_string(), style);
    }
}
