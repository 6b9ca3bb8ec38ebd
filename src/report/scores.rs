//! Scores of runs, one by one, so that runs can be set side by side.

use super::figure::{Axis, Chart, Colour, Estimate, Figure, Layer, Marks, Shape};
use super::reported_run::ReportedRun;
use super::table::{Cell, Table};
use crate::metrics::{Confidence, Scores};
use crate::run::measure::Measured;

/// One score of a run.
#[derive(Debug, Clone, PartialEq)]
struct Score {
    /// Where the embeddings lie: `encoder`, `judge`, `pixels`.
    space: String,
    name: &'static str,
    value: f64,
    interval: Option<(f64, f64)>,
}

/// The score that the figure compares.
const COMPARED: &str = "Vendi score";

fn ends(interval: Option<Confidence>) -> Option<(f64, f64)> {
    interval.map(|ends| (ends.low, ends.high))
}

/// Every score of a run, in the order of the page.
fn all(measured: &Measured) -> Vec<Score> {
    let mut found = Vec::new();
    for (at, scores) in measured.diversity.iter().enumerate() {
        let space = scores.diversity.encoder.as_str();
        let mut add = |name, value, interval: Option<Confidence>| {
            found.push(Score {
                space: space.to_owned(),
                name,
                value,
                interval: ends(interval),
            });
        };
        of_one_space(scores, &mut add);
        let real = measured.real.as_ref().and_then(|real| real.against.get(at));
        if let Some(Some(real)) = real {
            for (name, mean) in [
                ("precision (near a real image)", real.precision),
                ("recall", real.recall),
                ("density", real.density),
                ("coverage of the real images", real.coverage),
            ] {
                add(name, mean.value.unwrap_or(f64::NAN), mean.interval);
            }
        }
        let index = measured.index.as_ref().and_then(|all| all.encoders.get(at));
        if let Some(Some(index)) = index {
            add(
                "index (0: one image, 1: independent)",
                index.value,
                index.interval,
            );
        }
        if space == "judge"
            && let Some(perceptual) = &measured.perceptual
        {
            let mean = perceptual.mean_pairwise.unwrap_or(f64::NAN);
            add("mean perceptual distance", mean, perceptual.interval);
            let least = perceptual.min_pairwise.unwrap_or(f64::NAN);
            add("least perceptual distance", least, None);
        }
    }
    found
}

fn of_one_space(scores: &Scores, add: &mut dyn FnMut(&'static str, f64, Option<Confidence>)) {
    let (diversity, intervals) = (&scores.diversity, &scores.intervals);
    let distinct = scores.distinct.map_or(f64::NAN, |count| count as f64);
    add(
        "mean distance",
        diversity.mean_pairwise,
        intervals.mean_pairwise,
    );
    add("least distance", diversity.min_pairwise, None);
    add("D = Σ ‖e_i − e_j‖²", diversity.sum_sq, None);
    add(COMPARED, diversity.vendi, intervals.vendi);
    add("Vendi score / n", scores.vendi_share, None);
    add("RKE", diversity.rke, intervals.rke);
    add("distinct samples", distinct, intervals.distinct);
    add("log det(K + εI)", scores.log_det, intervals.log_det);
    add(
        "Riesz energy of a pair",
        scores.riesz_energy,
        intervals.riesz_energy,
    );
    add("bandwidth h", diversity.bandwidth, None);
}

fn of(run: &ReportedRun) -> Vec<Score> {
    run.measured.as_ref().map(all).unwrap_or_default()
}

/// All runs side by side, for the page: a table for each encoder, with a row for each score.
pub(super) fn side_by_side(runs: &[ReportedRun]) -> Vec<Table> {
    let scores: Vec<Vec<Score>> = runs.iter().map(of).collect();
    let spaces = spaces(scores.iter().flatten());
    spaces
        .into_iter()
        .map(|space| one_space(space, runs, &scores))
        .collect()
}

/// The encoders of some scores, each once.
fn spaces<'a>(scores: impl Iterator<Item = &'a Score>) -> Vec<&'a str> {
    let mut spaces: Vec<&str> = Vec::new();
    for score in scores {
        if !spaces.contains(&score.space.as_str()) {
            spaces.push(&score.space);
        }
    }
    spaces
}

fn one_space(space: &str, runs: &[ReportedRun], scores: &[Vec<Score>]) -> Table {
    let heading = format!("in the {space}");
    let mut table = Table::new(format!("scores-{space}"), &[&heading]);
    table.headings.extend(runs.iter().map(ReportedRun::title));
    let mut names: Vec<&str> = Vec::new();
    for score in scores.iter().flatten().filter(|score| score.space == space) {
        if !names.contains(&score.name) {
            names.push(score.name);
        }
    }
    table.rows = names
        .into_iter()
        .map(|name| {
            let cells = scores.iter().map(|scores| {
                let score = scores
                    .iter()
                    .find(|score| score.space == space && score.name == name);
                score.map_or(Cell::Missing, |score| {
                    Cell::Estimate(score.value, score.interval)
                })
            });
            std::iter::once(Cell::Text(name.to_owned()))
                .chain(cells)
                .collect()
        })
        .collect();
    table
}

/// All scores of all runs, for a file: a row for each score of each run.
pub(super) fn listed(runs: &[ReportedRun]) -> Table {
    let mut table = Table::new("scores", &["run", "space", "score", "value", "low", "high"]);
    for run in runs {
        table.rows.extend(of(run).into_iter().map(|score| {
            let (low, high) = score.interval.unwrap_or((f64::NAN, f64::NAN));
            vec![
                Cell::Count(run.number as u64),
                Cell::Text(score.space),
                Cell::Text(score.name.to_owned()),
                Cell::Number(score.value),
                Cell::Number(low),
                Cell::Number(high),
            ]
        }));
    }
    table
}

/// The Vendi scores of several runs with their intervals, a panel for each encoder; none for fewer than
/// two runs that are scored.
pub(super) fn figure(runs: &[ReportedRun]) -> Option<Figure> {
    let compared: Vec<(&ReportedRun, Vec<Score>)> = runs
        .iter()
        .map(|run| (run, of(run)))
        .filter(|(_, scores)| !scores.is_empty())
        .collect();
    if compared.len() < 2 {
        return None;
    }
    let spaces = spaces(compared.iter().flat_map(|(_, scores)| scores));
    Some(Figure {
        name: "compared-vendi".to_owned(),
        caption: "Vendi score of each run, an effective number of distinct samples, with its 95 % interval over \
                  resamples, in each encoder."
            .to_owned(),
        panels: spaces.iter().map(|space| panel(space, &compared)).collect(),
    })
}

fn panel(space: &str, compared: &[(&ReportedRun, Vec<Score>)]) -> Chart {
    let last = compared.len() - 1;
    let estimates: Vec<(usize, Estimate)> = compared
        .iter()
        .enumerate()
        .filter_map(|(at, (run, scores))| {
            let score = scores
                .iter()
                .find(|score| score.space == space && score.name == COMPARED)?;
            let estimate = Estimate {
                // The first run on top.
                place: (last - at) as f64,
                value: score.value,
                interval: score.interval.unwrap_or((f64::NAN, f64::NAN)),
            };
            Some((run.number - 1, estimate))
        })
        .collect();
    let ends = estimates.iter().flat_map(|(_, estimate)| {
        let (low, high) = estimate.interval;
        [low, estimate.value, high]
    });
    Chart {
        title: String::new(),
        height: 150 + 76 * compared.len() as u32,
        x: Axis::over(&format!("Vendi score in {space}"), Marks::Numbers, ends),
        y: Axis {
            label: String::new(),
            range: (-0.5, last as f64 + 0.5),
            marks: Marks::Names(compared.iter().rev().map(|(run, _)| run.title()).collect()),
        },
        interval: None,
        layers: estimates
            .into_iter()
            .map(|(series, estimate)| Layer {
                name: String::new(),
                colour: Colour::Series(series),
                shape: Shape::Intervals(vec![estimate]),
            })
            .collect(),
    }
}
