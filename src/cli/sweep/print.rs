//! A sweep as text.

use std::io::{self, Write};

use crate::cli::sample::why_short;
use crate::run::sweep::{Sweep, SweepReport, UnitReport};
use crate::text::{clean, truncate, width};

/// Widest name of a unit in the table.
const NAME_COLUMNS: usize = 32;

/// What is about to be done.
pub(super) fn headline(sweep: &Sweep) -> String {
    let backend = sweep.backend();
    format!(
        "{} {} on {}, {} units, sweep folder: {}",
        backend.name,
        backend.version,
        backend.device,
        sweep.units().len(),
        sweep.path().display()
    )
}

/// A unit whose run has ended, on one line.
pub(super) fn line(unit: &UnitReport) -> String {
    format!(
        "{} in {}: {} of {} feasible, {} steps, {:.1} s{}",
        name(unit),
        interval(unit),
        unit.n_feasible,
        unit.n_requested,
        unit.steps,
        unit.seconds,
        shortfall(unit)
    )
}

/// The table of all units, then those that fell short.
pub(super) fn report(report: &SweepReport, out: &mut dyn Write) -> io::Result<()> {
    let header = ["unit", "interval", "feasible", "steps", "seconds", "run"].map(str::to_owned);
    let rows = report.units.iter().map(|unit| {
        [
            truncate(&name(unit), NAME_COLUMNS),
            interval(unit),
            format!("{}/{}", unit.n_feasible, unit.n_requested),
            unit.steps.to_string(),
            format!("{:.1}", unit.seconds),
            clean(&unit.run),
        ]
    });
    let rows: Vec<[String; 6]> = std::iter::once(header).chain(rows).collect();
    let widths: [usize; 6] =
        std::array::from_fn(|at| rows.iter().map(|row| width(&row[at])).max().unwrap_or(0));
    for [unit, interval, feasible, steps, seconds, run] in &rows {
        let left = |text: &str, at: usize| format!("{text}{}", gap(text, widths[at]));
        let right = |text: &str, at: usize| format!("{}{text}", gap(text, widths[at]));
        writeln!(
            out,
            "{}  {}  {}  {}  {}  {run}",
            left(unit, 0),
            left(interval, 1),
            right(feasible, 2),
            right(steps, 3),
            right(seconds, 4),
        )?;
    }
    writeln!(
        out,
        "{} of {} units have all {} samples",
        report.complete, report.total, report.n_requested
    )?;
    let mut short = report.short().peekable();
    if short.peek().is_some() {
        writeln!(out, "short of samples:")?;
    }
    for unit in short {
        writeln!(
            out,
            "  {}: {} of {}{}",
            name(unit),
            unit.n_feasible,
            unit.n_requested,
            shortfall(unit)
        )?;
    }
    Ok(())
}

fn gap(text: &str, columns: usize) -> String {
    " ".repeat(columns.saturating_sub(width(text)))
}

/// Index and label together where there are both, and the unit as typed where they do not say it.
fn name(unit: &UnitReport) -> String {
    let name = match (&unit.label, unit.index) {
        (Some(label), Some(index))
            if unit.unit == *label || unit.unit.ends_with(&format!("[{index}]")) =>
        {
            format!("[{index}] {label}")
        }
        (Some(label), Some(index)) => format!("{} [{index}] {label}", unit.unit),
        _ => unit.unit.clone(),
    };
    clean(&name)
}

fn interval(unit: &UnitReport) -> String {
    let end = |end: Option<f64>| end.map_or(String::new(), |end| format!("{end:.4}"));
    format!("{}..{}", end(unit.low), end(unit.high))
}

/// Why samples are missing, and how near the run came; nothing of a complete one.
fn shortfall(unit: &UnitReport) -> String {
    if unit.complete {
        return String::new();
    }
    let why = match unit.finish {
        Some(finish) => why_short(finish, unit.steps),
        None => " so far".to_owned(),
    };
    let best = unit.best.map_or("none".to_owned(), |best| best.to_string());
    format!("{why}; best activation reached: {best}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::sampler::Finish;

    fn unit(unit: &str, label: Option<&str>, n_feasible: u64) -> UnitReport {
        UnitReport {
            unit: unit.to_owned(),
            index: Some(8),
            label: label.map(str::to_owned),
            run: "out/8-bag".to_owned(),
            low: Some(0.5),
            high: None,
            n_requested: 4,
            n_feasible,
            steps: 12,
            seconds: 1.25,
            best: Some(-0.5),
            finish: Some(Finish::MaxSteps),
            complete: n_feasible == 4,
        }
    }

    #[test]
    fn a_unit_is_named_with_index_and_label() {
        for (text, label, expected) in [
            ("bag", Some("bag"), "[8] bag"),
            ("logits[8]", Some("bag"), "[8] bag"),
            ("prob(bag)", Some("bag"), "prob(bag) [8] bag"),
            ("layer3.relu[8]", None, "layer3.relu[8]"),
            ("bag", Some("\u{1b}[31mbag"), "bag [8] bag"),
        ] {
            assert_eq!(name(&unit(text, label, 4)), expected);
        }
    }

    #[test]
    fn units_that_fell_short_are_listed_again_with_the_reason() {
        let units = vec![
            unit("bag", Some("bag"), 4),
            unit("prob(bag)", Some("bag"), 1),
        ];
        let report_of_two = SweepReport {
            bundle: "fashion".to_owned(),
            method: "joint".to_owned(),
            seed: 0,
            interval: "0.5..".to_owned(),
            n_requested: 4,
            units,
            complete: 1,
            total: 2,
            interrupted: false,
        };
        let mut out = Vec::new();
        report(&report_of_two, &mut out).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "unit               interval  feasible  steps  seconds  run\n\
             [8] bag            0.5000..       4/4     12      1.2  out/8-bag\n\
             prob(bag) [8] bag  0.5000..       1/4     12      1.2  out/8-bag\n\
             1 of 2 units have all 4 samples\n\
             short of samples:\n  \
             prob(bag) [8] bag: 1 of 4 after 12 steps (--max-steps); best activation reached: -0.5\n"
        );
    }
}
