//! The figures of a report: what the runs hold, as charts.

use super::figure::{Axis, Chart, Colour, Figure, Layer, Marks, Shape};
use super::number;
use super::reported_run::ReportedRun;
use super::traces::Step;
use crate::run::DiversityNow;

/// Values against steps.
type Points = Vec<(f64, f64)>;

/// Height of a chart of one panel.
const TALL: u32 = 820;
/// Height of one of several panels.
const LOW: u32 = 280;
/// What the label of an axis adds to it.
const LABEL: u32 = 58;

/// Activations against steps with the interval shaded, one figure for each constraint; none for a run
/// without a step.
pub(super) fn activations(run: &ReportedRun) -> Vec<Figure> {
    let Some(last) = run.traces.last() else {
        return Vec::new();
    };
    run.constraints()
        .iter()
        .enumerate()
        .map(|(number, constraint)| {
            let lines = rows(&run.traces.steps, number);
            let ends = [constraint.low, constraint.high].into_iter().flatten();
            let values = lines.iter().flatten().map(|&(_, value)| value).chain(ends);
            let unit = constraint.unit_name();
            let interval = number::interval(constraint.low, constraint.high);
            Figure {
                name: format!("activations-{}-{}", run.number, number + 1),
                caption: format!(
                    "{}: activation of {unit} against steps, one line for each of {} rows; shaded, the \
                     interval {interval}.",
                    run.title(),
                    lines.len()
                ),
                panels: vec![Chart {
                    title: String::new(),
                    height: TALL,
                    x: Axis::steps(last.step),
                    y: Axis::over(&format!("activation of {unit}"), Marks::Numbers, values),
                    interval: Some((constraint.low, constraint.high)),
                    layers: vec![Layer {
                        name: String::new(),
                        colour: Colour::Series(0),
                        shape: Shape::Lines(lines),
                    }],
                }],
            }
        })
        .collect()
}

/// The activations of each row for one constraint.
fn rows(steps: &[Step], constraint: usize) -> Vec<Points> {
    let count = steps.iter().map(|step| step.activations.len()).max();
    (0..count.unwrap_or(0))
        .map(|row| {
            let value = |step: &Step| {
                let value = step.activations.get(row)?.get(constraint)?;
                Some((step.step as f64, f64::from(*value)))
            };
            steps.iter().filter_map(value).collect()
        })
        .collect()
}

/// The objective, the diversity of the rows and how many of them are inside, against steps; none for a
/// run without a step.
pub(super) fn progress(run: &ReportedRun) -> Option<Figure> {
    let last = run.traces.last()?;
    let steps = || run.traces.steps.iter();
    let objective = steps().map(|step| (step.step as f64, step.objective.unwrap_or(f64::NAN)));
    let feasible = steps().map(|step| (step.step as f64, step.n_feasible as f64));
    let score = |value: fn(&DiversityNow) -> f64| -> Points {
        let scores = run.traces.scores.iter();
        scores
            .map(|(step, score)| (*step as f64, value(score)))
            .collect()
    };
    let panels: [(&str, Marks, Points); 4] = [
        ("objective", Marks::Numbers, objective.collect()),
        ("D", Marks::Numbers, score(|score| score.sum_sq)),
        ("Vendi", Marks::Numbers, score(|score| score.vendi)),
        ("rows inside", Marks::WholeNumbers, feasible.collect()),
    ];
    let mut panels: Vec<Chart> = panels
        .into_iter()
        .enumerate()
        .filter(|(_, (_, _, points))| points.iter().any(|(_, value)| value.is_finite()))
        .map(|(number, (label, marks, points))| Chart {
            title: String::new(),
            height: LOW,
            x: Axis {
                label: String::new(),
                ..Axis::steps(last.step)
            },
            y: Axis::over(label, marks, points.iter().map(|&(_, value)| value)),
            interval: None,
            layers: vec![Layer {
                name: String::new(),
                colour: Colour::Series(number),
                shape: Shape::Lines(vec![points]),
            }],
        })
        .collect();
    // One label serves all, which lie one above the other.
    let lowest = panels.last_mut()?;
    lowest.x = Axis::steps(last.step);
    lowest.height += LABEL;
    Some(Figure {
        name: format!("progress-{}", run.number),
        caption: format!(
            "{}: the method's objective, D = Σ ‖e_i − e_j‖² and the Vendi score of its rows' embeddings, and \
             how many rows lie inside every interval, against steps.",
            run.title()
        ),
        panels,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_that_came_later_has_a_shorter_line() {
        let step = |step: u64, activations: &[&[f32]]| Step {
            step,
            n_feasible: 0,
            objective: None,
            forwards: 0,
            activations: activations.iter().map(|row| row.to_vec()).collect(),
        };
        let steps = [
            step(1, &[&[1.0, 2.0]]),
            step(3, &[&[f32::NAN, 3.0], &[5.0, 6.0]]),
        ];
        assert_eq!(
            rows(&steps, 1),
            [vec![(1.0, 2.0), (3.0, 3.0)], vec![(3.0, 6.0)]]
        );
        assert!(rows(&steps, 0)[0][1].1.is_nan(), "a gap is kept as one");
        assert!(rows(&[], 0).is_empty());
    }
}
