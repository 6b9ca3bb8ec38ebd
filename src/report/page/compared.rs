//! All runs side by side: what they are, their scores, their map.

use super::Drawn;
use crate::report::Report;
use crate::report::markup::Markup;
use crate::report::reported_run::ReportedRun;
use crate::report::scores;

pub(super) fn heading(report: &Report) -> &'static str {
    match report.runs().len() {
        1 => "In short",
        _ => "The runs compared",
    }
}

/// The class of what stands beside each other: tables of many runs are too wide for half a page.
fn beside(report: &Report) -> &'static str {
    match report.runs().len() {
        1 | 2 => "columns",
        _ => "stacked",
    }
}

pub(super) fn write(report: &Report, drawn: &Drawn<'_>, page: &mut Markup) {
    page.element("section", &[("id", "compared")], |page| {
        page.line("h2", &[], heading(report));
        page.element("div", &[("class", beside(report))], |page| {
            page.element("div", &[], |page| {
                page.line("h3", &[], "What was run");
                if let Some(table) = report.table("runs") {
                    table.write(page);
                }
            });
            page.element("div", &[], |page| {
                page.line("h3", &[("id", "map")], "Map of the embeddings");
                if !drawn.write("map-", page) {
                    page.line(
                        "p",
                        &[("class", "missing")],
                        "No embeddings are saved yet: the worker of a run saves them with each checkpoint.",
                    );
                }
            });
        });
        page.line("h3", &[("id", "scores")], "Scores");
        scores(report, drawn, page);
    });
}

fn scores(report: &Report, drawn: &Drawn<'_>, page: &mut Markup) {
    let tables = scores::side_by_side(report.runs());
    if !tables.is_empty() {
        page.element("div", &[("class", beside(report))], |page| {
            for table in &tables {
                page.element("div", &[], |page| table.write(page));
            }
        });
        page.element("div", &[("class", "columns")], |page| {
            page.element("div", &[], |page| {
                for text in HOW_TO_READ {
                    page.line("p", &[("class", "lede")], text);
                }
            });
            page.element("div", &[], |page| {
                drawn.write("compared-", page);
            });
        });
    }
    for run in report.runs() {
        if let Err(reason) = &run.measured {
            let note = format!("No scores of {}: {reason}.", run.title());
            page.line("p", &[("class", "missing")], &note);
        }
    }
    let is_measured = |run: &ReportedRun| match &run.measured {
        Ok(measured) => measured.share.is_some(),
        Err(_) => true,
    };
    if !report.runs().iter().all(is_measured) {
        page.line(
            "p",
            &[("class", "missing")],
            "How large the inverse set is, as a share of the code prior, was not measured: invset report --share does.",
        );
    }
}

/// What the scores mean.
const HOW_TO_READ: [&str; 4] = [
    "Scores are taken in the encoder whose distances were optimised and, where the bundle has one, in the judge, an \
     encoder that never was: there a method cannot praise itself. Distances are Euclidean.",
    "The Vendi score and RKE are effective numbers of distinct samples (arXiv 2210.02410, 2410.21719), with the kernel \
     exp(−‖e_i − e_j‖² / 2h²); a sample is distinct where it is farther than h/2 from every distinct one before it.",
    "Precision, recall, density and coverage (arXiv 2002.09797) compare the samples with the real images inside the same \
     intervals, where a folder of real images is known.",
    "In brackets, the middle 95 % over resamples of the rows. They take the rows for independent draws, so for rows \
     that a method placed to keep apart they are too wide rather than too narrow.",
];
