//! How diverse the run is: scores of the rows at work, and of the samples that are saved; all that need
//! no network.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::metrics::Scores;
use crate::run::measure::ScoresSoFar;
use crate::text;
use crate::theme::Role;
use crate::tui::app::App;
use crate::tui::model::run_view::RunView;
use crate::tui::model::series::Series;
use crate::tui::view::look;
use crate::tui::widget::panel::{Look, write};

/// Columns of a name, and of the rows' score.
const NAME: usize = 9;
const OF_ROWS: usize = 7;
/// Columns of the samples' score: `512 of 10000`.
const OF_SAMPLES: usize = 12;
/// Columns of the whole table.
pub(super) const WIDTH: u16 = (NAME + OF_ROWS + 1 + OF_SAMPLES) as u16;
/// Its lines, the head included.
pub(super) const HEIGHT: u16 = 8;
/// Lines of the scores in two columns.
pub(in crate::tui::view) const LINES: u16 = 4;
/// Columns of a score where there is no room for the table.
const CELL: u16 = 14;

/// All scores; the first three of the rows are charted.
const NAMES: [&str; 7] = [
    "mean", "least", "Vendi", "RKE", "distinct", "log det", "Riesz",
];

/// Scores of the rows that are charted.
const CHARTED: usize = 3;

/// How the scores of the rows went that are charted, by their [`NAMES`].
pub(super) fn charted(run: &RunView) -> [&Series; CHARTED] {
    [&run.mean_distance, &run.least_distance, &run.vendi]
}

/// The scores of samples, by their [`NAMES`].
fn of_samples(scores: &Scores) -> [String; 7] {
    let diversity = &scores.diversity;
    let counted = scores.distinct.map(|count| count as u64);
    written(
        [
            diversity.mean_pairwise,
            diversity.min_pairwise,
            diversity.vendi,
            diversity.rke,
            scores.log_det,
            scores.riesz_energy,
        ],
        counted,
    )
}

/// The scores of the rows at work, by their [`NAMES`]; none before they were taken.
fn of_rows(run: &RunView) -> [String; 7] {
    match run.rows {
        Some(rows) => written(
            [
                rows.mean_pairwise,
                rows.min_pairwise,
                rows.vendi,
                rows.rke,
                rows.log_det,
                rows.riesz_energy,
            ],
            rows.distinct,
        ),
        None => NAMES.map(|_| "-".to_owned()),
    }
}

/// Scores by their [`NAMES`]: the distinct ones, a whole number, stand among the others.
fn written(scores: [f64; 6], distinct: Option<u64>) -> [String; 7] {
    let [mean, least, vendi, rke, log_det, riesz] = scores.map(figure);
    let distinct = distinct.map_or("-".to_owned(), |count| count.to_string());
    [mean, least, vendi, rke, distinct, log_det, riesz]
}

/// Of how many samples the scores are: `48 samples`, or `512 of 2000`.
pub(in crate::tui::view) fn count(scores: &ScoresSoFar) -> String {
    let scored = scores.scores.diversity.n;
    if scored == scores.saved {
        text::counted(scored, "sample")
    } else {
        format!("{scored} of {}", scores.saved)
    }
}

/// A score in few columns: three digits of it say whether it still rises.
fn figure(value: f64) -> String {
    match value.abs() {
        _ if !value.is_finite() => "-".to_owned(),
        1e5.. => format!("{value:.1e}"),
        100.0.. => format!("{value:.0}"),
        10.0.. => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// Draws the table, or as many scores as there is room for.
pub(super) fn draw(app: &App, run: &RunView, area: Rect, buffer: &mut Buffer) {
    let look = look(app);
    if area.width >= WIDTH && area.height >= HEIGHT {
        table(look, run, area, buffer);
    } else if run.saved_scores().is_some() {
        of_saved(look, run, area, buffer);
    } else {
        let rows = of_rows(run).into_iter().enumerate();
        let values = rows.map(|(at, value)| (value, row_style(look, at)));
        cells(look, values, area, buffer);
    }
}

/// Why the samples have no scores, where that is a mistake.
fn problem(run: &RunView) -> Option<String> {
    let reason = run.scores.as_ref()?.as_ref().err()?;
    Some(format!("no scores: {}", text::clean(reason)))
}

fn table(look: Look<'_>, run: &RunView, area: Rect, buffer: &mut Buffer) {
    let saved = run.saved_scores();
    let count = saved.map_or("saved".to_owned(), count);
    let head = format!("{:NAME$}{:>OF_ROWS$} {count:>OF_SAMPLES$}", "", "rows");
    let head = Line::from(look.span(Role::Dim, head));
    write(look, &head, area.x, area.y, area.width, buffer);
    let samples = saved.map(|saved| of_samples(&saved.scores));
    let rows = of_rows(run);
    for (line, name) in NAMES.into_iter().enumerate() {
        let of_rows = &rows[line];
        let of_samples = samples.as_ref().map_or("-", |samples| &samples[line]);
        let line_of = Line::from(vec![
            look.span(Role::Dim, text::pad(name, NAME)),
            Span::styled(format!("{of_rows:>OF_ROWS$}"), row_style(look, line)),
            look.span(Role::Text, format!(" {of_samples:>OF_SAMPLES$}")),
        ]);
        let y = area.y + 1 + line as u16;
        write(look, &line_of, area.x, y, area.width, buffer);
    }
    if let Some(problem) = problem(run) {
        // In place of the scores that only samples have.
        let line = Line::from(look.span(Role::Bad, problem));
        write(look, &line, area.x, area.y + 4, area.width, buffer);
    }
}

/// The style of a score of the rows: that of its line in the chart, where it has one.
fn row_style(look: Look<'_>, at: usize) -> Style {
    if at < CHARTED {
        look.theme.series(at)
    } else {
        look.style(Role::Text)
    }
}

/// Draws the scores of the saved samples in columns, as many as there is room for.
pub(in crate::tui::view) fn of_saved(
    look: Look<'_>,
    run: &RunView,
    area: Rect,
    buffer: &mut Buffer,
) {
    let values = run.saved_scores().map(|saved| of_samples(&saved.scores));
    let values = values.unwrap_or(NAMES.map(|_| "-".to_owned()));
    let style = look.style(Role::Text);
    cells(look, values.map(|value| (value, style)), area, buffer);
}

/// Draws values by their [`NAMES`] in columns, as many as there is room for.
fn cells(
    look: Look<'_>,
    values: impl IntoIterator<Item = (String, Style)>,
    area: Rect,
    buffer: &mut Buffer,
) {
    let down = usize::from(area.height);
    for (at, ((value, style), name)) in values.into_iter().zip(NAMES).enumerate() {
        let x = area.x + at.checked_div(down).unwrap_or(0) as u16 * CELL;
        let room = area.right().saturating_sub(x).min(CELL);
        // A name without its value says nothing.
        if down == 0 || usize::from(room) <= text::width(name) + text::width(&value) {
            continue;
        }
        let line = Line::from(vec![
            look.span(Role::Dim, format!("{name:5} ")),
            Span::styled(value, style),
        ]);
        write(look, &line, x, area.y + (at % down) as u16, room, buffer);
    }
}
