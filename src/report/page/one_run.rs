//! One run, whole.

use super::{Drawn, real_images, samples, settings};
use crate::report::Report;
use crate::report::markup::Markup;
use crate::report::number;
use crate::report::reported_run::ReportedRun;
use crate::report::table::{Cell, Table};

pub(super) fn write(run: &ReportedRun, report: &Report, drawn: &Drawn<'_>, page: &mut Markup) {
    let id = format!("run-{}", run.number);
    page.element("section", &[("id", &id), ("class", "run")], |page| {
        page.line("h2", &[], &run.title());
        page.line("h3", &[], "Query");
        query(run).write(page);
        nearest_reachable(run, page);
        page.line("h3", &[], "All samples");
        samples::write(run, report.size, page);
        page.line("h3", &[], "Real images in the same intervals");
        real_images::write(run, page);
        page.element("div", &[("class", "columns")], |page| {
            for (heading, figures) in [
                ("Activations", format!("activations-{}-", run.number)),
                ("Progress", format!("progress-{}", run.number)),
            ] {
                page.element("div", &[], |page| {
                    page.line("h3", &[], heading);
                    if !drawn.write(&figures, page) {
                        page.line("p", &[("class", "missing")], "No step is done yet.");
                    }
                });
            }
        });
        page.line("h3", &[], "Sanity check");
        sanity(run, drawn, page);
        events(run, page);
        page.line("h3", &[], "To repeat it");
        settings::repeat(run, page);
        settings::write(run, page);
    });
}

/// Whether the classifier treats the samples as it treats real images.
fn sanity(run: &ReportedRun, drawn: &Drawn<'_>, page: &mut Markup) {
    page.line(
        "p",
        &[("class", "lede")],
        "Does the classifier process the samples as it processes real images? Samples that only reach the level by a \
         way that no real image takes have scores near 0 in some layer (Geirhos et al., ICML 2024, arXiv 2306.04719).",
    );
    if !drawn.write(&format!("sanity-{}", run.number), page) {
        page.line(
            "p",
            &[("class", "missing")],
            "Not made: it needs real images (invset report --images DIR, or invset stats --images DIR once).",
        );
    }
}

/// The constraints, with the extremes of the samples.
fn query(run: &ReportedRun) -> Table {
    let headings = [
        "unit",
        "index",
        "label",
        "read off",
        "interval",
        "margin",
        "least",
        "greatest",
        "nearest met",
    ];
    let mut table = Table::new("query", &headings);
    for (number, constraint) in run.constraints().iter().enumerate() {
        let extreme = |of: fn(f64, f64) -> f64| {
            let value = run.activations(number).reduce(of);
            value.map_or(Cell::Missing, Cell::Number)
        };
        let best = run.standing.best.get(number).copied().flatten();
        table.rows.push(vec![
            Cell::Text(constraint.unit.clone()),
            constraint.index.map_or(Cell::Missing, Cell::Count),
            Cell::text(constraint.label.as_deref()),
            Cell::Text(constraint.tensor.clone()),
            Cell::Text(number::interval(constraint.low, constraint.high)),
            Cell::Number(constraint.margin),
            extreme(f64::min),
            extreme(f64::max),
            best.map_or(Cell::Missing, Cell::Single),
        ]);
    }
    table
}

/// The query that could have been had, of a run that has ended short of its samples.
fn nearest_reachable(run: &ReportedRun, page: &mut Markup) {
    let Some((said, flags)) = run.nearest_reachable() else {
        return;
    };
    page.line(
        "p",
        &[("class", "missing")],
        &format!(
            "The run ended with {} of {} samples; {said}:",
            run.samples.len(),
            run.file.settings.n
        ),
    );
    page.element("pre", &[], |page| page.line("code", &[], flags));
}

fn events(run: &ReportedRun, page: &mut Markup) {
    let events = &run.traces.events;
    if events.is_empty() {
        return;
    }
    page.element("details", &[], |page| {
        page.line("summary", &[], &format!("What happened ({})", events.len()));
        page.element("ul", &[], |page| {
            for (step, event) in events {
                page.line("li", &[], &format!("after step {step}: {event}"));
            }
        });
    });
}
