//! The tables of a report: what the runs hold, row by row.

use super::number;
use super::reported_run::ReportedRun;
use super::table::{Cell, Table};
use crate::run::RunState;
use crate::sampler::{Finish, MethodKind};

/// All runs side by side, one column each.
pub(super) fn runs(runs: &[ReportedRun]) -> Table {
    let mut table = Table::new("runs", &[""]);
    table.headings.extend(runs.iter().map(ReportedRun::title));
    let mut row = |name: &str, cell: &dyn Fn(&ReportedRun) -> Cell| {
        let cells: Vec<Cell> = runs.iter().map(cell).collect();
        if cells.iter().any(|cell| *cell != Cell::Missing) {
            let heading = Cell::Text(name.to_owned());
            table
                .rows
                .push(std::iter::once(heading).chain(cells).collect());
        }
    };
    row("folder", &|run| Cell::Text(run.name.clone()));
    row("query", &|run| Cell::Text(run.file.query.join(" and ")));
    row("bundle", &|run| Cell::Text(run.file.bundle.clone()));
    row("method", &|run| {
        Cell::Text(run.file.settings.method.name().to_owned())
    });
    row(
        "K, samples in a batch",
        &|run| match run.file.settings.method {
            MethodKind::Incremental => Cell::Count(run.file.settings.k as u64),
            _ => Cell::Missing,
        },
    );
    row("encoder", &|run| Cell::Text(run.file.encoder.to_string()));
    row("transforms while optimising", &|run| {
        let transforms = run.file.transforms;
        Cell::Text(transforms.map_or("none".to_owned(), |transforms| transforms.to_string()))
    });
    row("starts", &|run| Cell::Text(run.file.settings.init.clone()));
    row("seed", &|run| Cell::Count(run.file.settings.seed));
    row("samples asked for", &|run| {
        Cell::Count(run.file.settings.n as u64)
    });
    row(
        "samples found",
        &|run| Cell::Count(run.samples.len() as u64),
    );
    row("of these inside on a fresh forward pass", &|run| {
        let measured = run.measured.as_ref().ok();
        measured.map_or(Cell::Missing, |measured| {
            Cell::Count(measured.n_inside as u64)
        })
    });
    row("share of the code prior inside", &share);
    row("sanity score of all layers", &|run| {
        let measured = run.measured.as_ref().ok();
        let real = measured.and_then(|measured| measured.real.as_ref());
        let score = real.and_then(|real| real.sanity.score);
        score.map_or(Cell::Missing, Cell::Number)
    });
    row("steps", &|run| Cell::Count(run.standing.steps));
    row("codes evaluated", &|run| {
        let last = run.traces.last();
        last.map_or(Cell::Missing, |step| Cell::Count(step.forwards))
    });
    row("time in steps", &|run| {
        Cell::Text(number::seconds(run.standing.seconds))
    });
    row("end", &|run| Cell::Text(end(run)));
    row("runtime", &|run| {
        let backend = &run.file.plan.backend;
        Cell::Text(format!(
            "{} {} on {}",
            backend.name, backend.version, backend.device
        ))
    });
    table
}

/// How large the inverse set of a run is, where that was measured.
fn share(run: &ReportedRun) -> Cell {
    let measured = run.measured.as_ref().ok();
    match measured.and_then(|measured| measured.share.as_ref()) {
        Some(found) => match found.share {
            Some(share) => Cell::Estimate(share, Some((found.low, found.high))),
            None => Cell::Text(format!(
                "not found; below about {}",
                number::plain(found.high)
            )),
        },
        None => Cell::Missing,
    }
}

/// How a run has ended, in words.
pub(super) fn end(run: &ReportedRun) -> String {
    match &run.state {
        RunState::Working(_) => "at work".to_owned(),
        RunState::Ended(Finish::Complete) => "complete".to_owned(),
        RunState::Ended(Finish::MaxSteps) => "the most steps allowed".to_owned(),
        RunState::Ended(Finish::Exhausted) => "no other real image is inside".to_owned(),
        RunState::Ended(Finish::NoGradient) => "nothing leads towards the interval".to_owned(),
        RunState::Ended(Finish::Stalled) => "no sample could move".to_owned(),
        RunState::Resumable => "stopped before its end".to_owned(),
        RunState::Damaged(reason) => format!("damaged: {reason}"),
    }
}

/// The samples of a run.
pub(super) fn samples(run: &ReportedRun) -> Table {
    let mut table = Table::new(
        format!("samples-{}", run.number),
        &["index", "seed", "step", "start"],
    );
    let units = run
        .constraints()
        .iter()
        .map(|constraint| constraint.unit.clone());
    table.headings.extend(units);
    table
        .headings
        .extend(["marked", "dropped", "image", "source"].map(str::to_owned));
    let distances = [
        "code_from_start",
        "embedding_from_start",
        "image_from_start",
    ];
    table.headings.extend(distances.map(str::to_owned));
    table.rows = run
        .samples
        .iter()
        .map(|sample| {
            let line = &sample.line;
            let counts = [line.index, line.seed, line.step, line.start].map(Cell::Count);
            let activations = (0..run.constraints().len()).map(|constraint| {
                let value = line.activations.get(constraint);
                value.map_or(Cell::Missing, |&value| Cell::Single(value))
            });
            let flags = [sample.marked, sample.dropped].map(|flag| Cell::Count(flag.into()));
            let files = [Some(&line.image), line.source.as_ref()];
            let moved = line.from_start;
            let distances = [
                moved.map(|moved| moved.code),
                moved.map(|moved| moved.embedding),
                moved.map(|moved| moved.image),
            ];
            counts
                .into_iter()
                .chain(activations)
                .chain(flags)
                .chain(files.map(|file| Cell::text(file.map(String::as_str))))
                .chain(distances.map(|distance| distance.map_or(Cell::Missing, Cell::Single)))
                .collect()
        })
        .collect();
    table
}

/// The steps of a run that figures draw.
pub(super) fn progress(run: &ReportedRun) -> Table {
    let name = format!("progress-{}", run.number);
    let mut table = Table::new(name, &["step", "forwards", "n_feasible", "objective"]);
    let steps = run.traces.steps.iter();
    table.rows.extend(steps.map(|step| {
        vec![
            Cell::Count(step.step),
            Cell::Count(step.forwards),
            Cell::Count(step.n_feasible),
            step.objective.map_or(Cell::Missing, Cell::Number),
        ]
    }));
    table
}

/// The scores of a run's rows against steps that figures draw.
pub(super) fn diversity(run: &ReportedRun) -> Table {
    let headings = [
        "step",
        "n",
        "sum_sq",
        "mean_pairwise",
        "min_pairwise",
        "vendi",
    ];
    let mut table = Table::new(format!("diversity-{}", run.number), &headings);
    let scores = run.traces.scores.iter();
    table.rows.extend(scores.map(|(step, score)| {
        vec![
            Cell::Count(*step),
            Cell::Count(score.n),
            Cell::Number(score.sum_sq),
            Cell::Number(score.mean_pairwise),
            Cell::Number(score.min_pairwise),
            Cell::Number(score.vendi),
        ]
    }));
    table
}

/// The activations of a run's rows against steps that figures draw.
pub(super) fn traces(run: &ReportedRun) -> Table {
    let mut table = Table::new(format!("traces-{}", run.number), &["step", "row"]);
    let units = run
        .constraints()
        .iter()
        .map(|constraint| constraint.unit.clone());
    table.headings.extend(units);
    for step in &run.traces.steps {
        for (row, activations) in step.activations.iter().enumerate() {
            let numbers = [Cell::Count(step.step), Cell::Count(row as u64)].into_iter();
            let values = activations.iter().map(|&value| Cell::Single(value));
            table.rows.push(numbers.chain(values).collect());
        }
    }
    table
}
