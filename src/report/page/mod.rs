//! The page: its parts in their order. Nothing on it is fetched; the style sheet and the script are the
//! program's own, and the page says all it says without either.

mod compared;
mod one_run;
mod real_images;
mod samples;
mod settings;

use super::Report;
use super::figure::{Colours, Figure, FigureError};
use super::markup::Markup;
use super::number;
use super::reported_run::ReportedRun;
use crate::text::counted;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// No address but the data in the page itself: whatever the files of a run say, a browser asks nobody.
const POLICY: &str =
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

/// Writes the page.
pub(super) fn write(report: &Report) -> Result<String, FigureError> {
    // Drawn first: what can fail is done before anything is written.
    let drawn = Drawn::of(report)?;
    let mut page = Markup::page();
    let root = [("lang", "en"), ("xmlns", "http://www.w3.org/1999/xhtml")];
    page.element("html", &root, |page| {
        page.element("head", &[], |page| head(report, page));
        page.element("body", &[], |page| {
            page.element("header", &[], |page| introduction(report, page));
            page.element("nav", &[("aria-label", "Contents")], |page| {
                contents(report, page);
            });
            page.element("main", &[], |page| {
                compared::write(report, &drawn, page);
                for run in report.runs() {
                    one_run::write(run, report, &drawn, page);
                }
            });
            page.element("footer", &[], |page| footer(report, page));
            page.own("script", SCRIPT);
        });
    });
    Ok(page.finish())
}

/// The figures as they stand on the page.
struct Drawn<'a>(Vec<(&'a Figure, super::figure::Drawing)>);

impl<'a> Drawn<'a> {
    fn of(report: &'a Report) -> Result<Drawn<'a>, FigureError> {
        let figures = report.figures().iter();
        let drawn = figures.map(|figure| Ok((figure, figure.drawing()?)));
        drawn.collect::<Result<_, FigureError>>().map(Drawn)
    }

    /// Writes the figures whose names begin in some way; whether there were any.
    fn write(&self, start: &str, page: &mut Markup) -> bool {
        let mut any = false;
        for (figure, drawing) in &self.0 {
            if !figure.name.starts_with(start) {
                continue;
            }
            any = true;
            page.element(
                "figure",
                &[("class", "plot"), ("id", &figure.name)],
                |page| {
                    page.element("div", &[("class", "scroll")], |page| page.drawing(drawing));
                    page.line("figcaption", &[], &figure.caption);
                },
            );
        }
        any
    }
}

fn head(report: &Report, page: &mut Markup) {
    page.void("meta", &[("charset", "utf-8")]);
    let scale = "width=device-width, initial-scale=1";
    page.void("meta", &[("name", "viewport"), ("content", scale)]);
    page.void(
        "meta",
        &[("name", "color-scheme"), ("content", "light dark")],
    );
    page.void(
        "meta",
        &[
            ("http-equiv", "Content-Security-Policy"),
            ("content", POLICY),
        ],
    );
    let generator = concat!("invset ", env!("CARGO_PKG_VERSION"));
    page.void("meta", &[("name", "generator"), ("content", generator)]);
    page.line("title", &[], &title(report));
    page.own("style", STYLE);
    page.style(&Colours);
}

/// What the runs ask for, where all ask for the same; else how many they are.
fn title(report: &Report) -> String {
    match report.runs() {
        [first, others @ ..] if others.iter().all(|run| asks_the_same(run, first)) => {
            format!("Inverse set of {}", query(first))
        }
        runs => format!("Inverse sets: {}", counted(runs.len(), "run")),
    }
}

fn asks_the_same(one: &ReportedRun, other: &ReportedRun) -> bool {
    one.constraints() == other.constraints()
}

/// The constraints of a run: `[9] ankle boot in 10..14`.
fn query(run: &ReportedRun) -> String {
    let constraints = run.constraints().iter().map(|constraint| {
        let interval = number::interval(constraint.low, constraint.high);
        format!("{} in {interval}", constraint.unit_name())
    });
    constraints.collect::<Vec<_>>().join(" and ")
}

fn introduction(report: &Report, page: &mut Markup) {
    page.line("h1", &[], &title(report));
    page.line(
        "p",
        &[("class", "lede")],
        "The inverse set of a neuron is all inputs that drive it to a chosen level. This page shows samples of it: \
         every sample that was found, none chosen, each with its activation on a plain forward pass.",
    );
    for run in report.runs() {
        page.element("p", &[], |page| {
            page.line("b", &[], &run.title());
            page.text(&format!(
                ": {} of {} samples of {}, seed {}, after {}.",
                run.samples.len(),
                run.file.settings.n,
                query(run),
                run.file.settings.seed,
                counted(run.standing.steps as usize, "step"),
            ));
        });
    }
}

fn contents(report: &Report, page: &mut Markup) {
    page.element("ul", &[], |page| {
        let mut entry = |href: &str, name: &str| {
            page.element("li", &[], |page| page.line("a", &[("href", href)], name));
        };
        entry("#compared", compared::heading(report));
        for run in report.runs() {
            entry(&format!("#run-{}", run.number), &run.title());
        }
    });
}

fn footer(report: &Report, page: &mut Markup) {
    page.line("h2", &[], "About this page");
    let notes = report.notes();
    if !notes.is_empty() {
        page.line("p", &[], "What is missing, and why:");
        page.element("ul", &[], |page| {
            for note in &notes {
                page.line("li", &[], note);
            }
        });
    }
    page.element("p", &[], |page| {
        page.text(concat!(
            "Made by invset ",
            env!("CARGO_PKG_VERSION"),
            ". The method follows S. S. Hada and M. Á. Carreira-Perpiñán, "
        ));
        page.line("i", &[], "Sampling the “Inverse Set” of a Neuron");
        page.text(", ICIP 2021, arXiv 1910.04857.");
    });
}
