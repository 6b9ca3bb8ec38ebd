//! How far the run has come, and where its time goes.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::text;
use crate::theme::Role;
use crate::tui::app::App;
use crate::tui::model::run_view::RunView;
use crate::tui::view::{duration, look};
use crate::tui::widget::bars;
use crate::tui::widget::panel::{Look, write};

pub(super) fn draw(app: &App, area: Rect, buffer: &mut Buffer) {
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
                "  {}  {}{}{}",
                run.file.settings.method,
                run.file.plan.backend.name,
                encoder(run),
                transforms(run)
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
    let line = match run.nearest_reachable().filter(|_| !run.is_at_work()) {
        Some(nearest) => Line::from(look.span(Role::Warn, format!(" {nearest}"))),
        None => pace(look, run, area.width),
    };
    write(look, &line, area.x, area.y + 2, area.width, buffer);
}

/// The encoder that was chosen for the run, if one was.
fn encoder(run: &RunView) -> String {
    let encoder = &run.file.encoder;
    if encoder.is_bundles() {
        return String::new();
    }
    format!("  distances in {}", text::clean(&encoder.to_string()))
}

/// What happens to images while gradients are taken, if anything.
fn transforms(run: &RunView) -> String {
    let transforms = run.file.transforms;
    transforms.map_or(String::new(), |transforms| {
        format!("  through {transforms}")
    })
}

/// Step, pace, what is left, and where the time goes. Every figure keeps its place; those that do not
/// fit whole are left out.
fn pace<'a>(look: Look<'a>, run: &RunView, width: u16) -> Line<'a> {
    let mut groups = vec![(format!(" {:>5}", run.step), " steps  ")];
    if let Some(snapshot) = &run.snapshot {
        if let Some((seconds, is_bound)) = run.seconds_left().filter(|_| run.is_at_work()) {
            let bound = if is_bound { "at most" } else { "about  " };
            groups.push((format!("{bound} {:>6}", duration(seconds)), " left  "));
        }
        let rate = run.steps_per_second();
        let rate = rate.map_or("    -".to_owned(), |rate| format!("{rate:>5.1}"));
        groups.push((rate, " steps/s  "));
        let share = snapshot.seconds_in_runtime / snapshot.seconds.max(f64::MIN_POSITIVE);
        groups.push((
            format!("{:>3.0} %", 100.0 * share.min(1.0)),
            " in the runtime  ",
        ));
        groups.push((format!("{:>6}", duration(snapshot.seconds)), " worked  "));
        groups.push((format!("{:>6}", snapshot.gradients), " gradients"));
    }
    let mut left = usize::from(width);
    let mut spans = Vec::new();
    for (figure, unit) in groups {
        let columns = text::width(&figure) + text::width(unit.trim_end());
        if columns > left {
            break;
        }
        left = left.saturating_sub(text::width(&figure) + text::width(unit));
        spans.push(look.span(Role::Text, figure));
        spans.push(look.span(Role::Dim, unit));
    }
    Line::from(spans)
}
