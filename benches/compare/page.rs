//! The tables of `docs/methods.md`, out of the cells that are done.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::Context;
use invset::sampler::MethodKind;

use super::grid::{Key, Part, SAMPLES};
use super::store::{CellResult, Store};
use super::summary::{ByUnit, Mean, median};

/// Writes every table of the page between its marks, `<!-- NAME -->` and `<!-- /NAME -->`.
pub(crate) fn write(path: &Path, parts: &[Part], store: &Store) -> anyhow::Result<()> {
    let mut text =
        fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    for part in parts {
        replace(&mut text, part.subject, &methods(part, store))?;
        let goals = format!("{}-goals", part.subject);
        replace(&mut text, &goals, &Goals::of(part, store).table())?;
        let intervals = format!("{}-intervals", part.subject);
        replace(&mut text, &intervals, &by_interval(part, store))?;
    }
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

fn replace(text: &mut String, name: &str, table: &str) -> anyhow::Result<()> {
    let (open, close) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let from = text
        .find(&open)
        .with_context(|| format!("the page has no mark {}", open.trim_end()))?
        + open.len();
    let length = text[from..]
        .find(&close)
        .with_context(|| format!("the page has no mark {close}"))?;
    text.replace_range(from..from + length, &format!("\n{table}\n"));
    Ok(())
}

/// The cells of one method that are done, with the interval where one is asked for, and how many there
/// should be. Without an interval only those that every method of the part has: rare intervals are
/// harder, and a method must not be judged by more or fewer of them than another.
fn cells<'a>(
    part: &Part,
    store: &'a Store,
    method: MethodKind,
    interval: Option<&str>,
) -> (Vec<(Key, &'a CellResult)>, usize) {
    let asked: Vec<Key> = part
        .cells()
        .into_iter()
        .filter(|key| key.method == method && interval.is_none_or(|only| key.interval == only))
        .collect();
    let total = asked.len();
    let begun = begun(part, store);
    let is_common = |key: &Key| {
        begun.iter().all(|&method| {
            let key = key.clone();
            store.get(&Key { method, ..key }).is_some()
        })
    };
    let done = asked
        .into_iter()
        .filter(|key| interval.is_some() || is_common(key))
        .filter_map(|key| store.get(&key).map(|result| (key, result)));
    (done.collect(), total)
}

/// The methods that have any cell of the part.
fn begun(part: &Part, store: &Store) -> Vec<MethodKind> {
    let has_any = |method: &&MethodKind| {
        store
            .cells()
            .any(|(key, _)| key.subject == part.subject && key.method == **method)
    };
    MethodKind::ALL.iter().filter(has_any).copied().collect()
}

/// A figure of a cell, if it has one.
type Figure = fn(&CellResult) -> Option<f64>;

fn mean(cells: &[(Key, &CellResult)], figure: Figure) -> Option<Mean> {
    let mut values = ByUnit::default();
    for (key, result) in cells {
        values.add(&key.unit, figure(result));
    }
    values.mean()
}

fn methods(part: &Part, store: &Store) -> String {
    let mut table = String::from(
        "| method | cells | feasible | seconds | gradients | Vendi, judge | Vendi, E | least distance, E | coverage | precision | likeness |\n\
         |---|---|---|---|---|---|---|---|---|---|---|\n",
    );
    let columns: [(Figure, usize); 9] = [
        (|r| Some(r.n_feasible as f64 / SAMPLES as f64), 2),
        (|r| Some(r.seconds), 1),
        (|r| Some(r.gradients as f64), 0),
        (|r| r.judge_vendi, 2),
        (|r| r.vendi, 2),
        (|r| r.min, 2),
        (|r| r.coverage, 2),
        (|r| r.precision, 2),
        (|r| r.sanity, 2),
    ];
    for &method in MethodKind::ALL {
        let (cells, total) = cells(part, store, method, None);
        let _ = write!(table, "| `{method}` | {} of {total} |", cells.len());
        for (figure, digits) in columns {
            let _ = write!(table, " {} |", shown(mean(&cells, figure), digits));
        }
        table.push('\n');
    }
    table
}

/// Judge-Vendi and coverage interval by interval.
fn by_interval(part: &Part, store: &Store) -> String {
    let mut table = String::from("| method |");
    for interval in part.intervals {
        let _ = write!(
            table,
            " Vendi, judge, {interval} | coverage, {interval} | feasible, {interval} |"
        );
    }
    let _ = write!(
        table,
        "\n|---|{}\n",
        "---|---|---|".repeat(part.intervals.len())
    );
    for &method in MethodKind::ALL {
        let _ = write!(table, "| `{method}` |");
        for interval in part.intervals {
            let (cells, _) = cells(part, store, method, Some(interval));
            let figures: [Figure; 3] = [
                |r| r.judge_vendi,
                |r| r.coverage,
                |r| Some(r.n_feasible as f64 / SAMPLES as f64),
            ];
            for figure in figures {
                let _ = write!(table, " {} |", shown(mean(&cells, figure), 2));
            }
        }
        table.push('\n');
    }
    table
}

fn shown(mean: Option<Mean>, digits: usize) -> String {
    match mean {
        None => String::new(),
        Some(Mean { mean, low, high }) if low == high => format!("{mean:.digits$}"),
        Some(Mean { mean, low, high }) => {
            format!("{mean:.digits$} ({low:.digits$} to {high:.digits$})")
        }
    }
}

/// What the issue asked of the methods, and what they came to.
struct Goals {
    /// Unit by unit, judge-Vendi of `spread` over that of `incremental`.
    over_incremental: Vec<f64>,
    /// Unit by unit, judge-Vendi of `spread` over that of `ppgn`.
    over_ppgn: Vec<f64>,
    /// Cell by cell, the mean squared distance of `spread` over that of `joint`: D of equally many.
    squares: Vec<f64>,
    /// Mean coverage of each method that samples codes.
    coverage: Vec<(MethodKind, f64)>,
}

impl Goals {
    fn of(part: &Part, store: &Store) -> Goals {
        let of = |method| cells(part, store, method, None).0;
        let spread = of(MethodKind::Spread);
        let coverage = MethodKind::ALL
            .iter()
            .filter(|&&method| method != MethodKind::Dataset)
            .filter_map(|&method| Some((method, mean(&of(method), |r| r.coverage)?.mean)));
        Goals {
            over_incremental: quotients(&spread, &of(MethodKind::Incremental)),
            over_ppgn: quotients(&spread, &of(MethodKind::Ppgn)),
            squares: squares(&spread, &of(MethodKind::Joint)),
            coverage: coverage.collect(),
        }
    }

    fn table(&self) -> String {
        let share = |values: &[f64], least: f64| {
            let enough = values.iter().filter(|&&value| value >= least).count();
            format!("{enough} of {} units", values.len())
        };
        let middle = |values: &[f64]| {
            let middle = median(values.to_vec());
            middle.map_or(String::new(), |middle| format!("median {middle:.2}"))
        };
        let best = self.coverage.iter().max_by(|a, b| a.1.total_cmp(&b.1));
        let best = best.map_or(String::new(), |(method, value)| {
            format!("highest: `{method}`, {value:.2}")
        });
        let rows = [
            (
                "judge-Vendi of `spread` at least twice that of `incremental`",
                middle(&self.over_incremental),
                share(&self.over_incremental, 2.0),
            ),
            (
                "judge-Vendi of `spread` above that of `ppgn` on 90 % of units",
                middle(&self.over_ppgn),
                share(&self.over_ppgn, 1.0),
            ),
            (
                "D of `spread` at least 0.99 of that of `joint`, a pair",
                middle(&self.squares),
                share(&self.squares, 0.99).replace("units", "cells"),
            ),
            ("`cover` has the highest coverage", best, String::new()),
        ];
        let mut table = String::from("| goal | came to | reached on |\n|---|---|---|\n");
        for (goal, value, reached) in rows {
            let _ = writeln!(table, "| {goal} | {value} | {reached} |");
        }
        table
    }
}

/// Unit by unit, mean judge-Vendi of one method over that of another, over the cells that both have.
fn quotients(one: &[(Key, &CellResult)], other: &[(Key, &CellResult)]) -> Vec<f64> {
    let (mut above, mut below) = (ByUnit::default(), ByUnit::default());
    for (a, b) in pairs(one, other) {
        if let (Some(of), Some(to)) = (a.1.judge_vendi, b.1.judge_vendi) {
            above.add(&a.0.unit, Some(of));
            below.add(&a.0.unit, Some(to));
        }
    }
    let pairs = above.means().into_iter().zip(below.means());
    pairs.map(|(of, to)| of / to).collect()
}

fn squares(one: &[(Key, &CellResult)], other: &[(Key, &CellResult)]) -> Vec<f64> {
    let mean = |result: &CellResult| {
        let pairs = result.n_feasible * result.n_feasible.saturating_sub(1);
        Some(result.sum_sq? / pairs as f64).filter(|mean| mean.is_finite())
    };
    pairs(one, other)
        .filter_map(|(a, b)| Some(mean(a.1)? / mean(b.1)?))
        .collect()
}

/// Cells of two methods on the same unit, interval and seed.
fn pairs<'a, 'b>(
    one: &'b [(Key, &'a CellResult)],
    other: &'b [(Key, &'a CellResult)],
) -> impl Iterator<Item = (&'b (Key, &'a CellResult), &'b (Key, &'a CellResult))> {
    one.iter().filter_map(|a| {
        let same = |b: &&'b (Key, &'a CellResult)| {
            (&b.0.unit, &b.0.interval, b.0.seed) == (&a.0.unit, &a.0.interval, a.0.seed)
        };
        Some((a, other.iter().find(same)?))
    })
}
