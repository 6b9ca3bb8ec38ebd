//! The samples of a run: all of them, in their order.

use super::real_images::write_picture;
use crate::report::markup::Markup;
use crate::report::number;
use crate::report::picture::Size;
use crate::report::reported_run::{ReportedRun, Sample};
use crate::run::record::SampleLine;
use crate::text::counted;

/// Most samples of which step and start stand below the picture; of more they are in its title.
const MOST_EXPLAINED: usize = 500;
pub(super) fn write(run: &ReportedRun, size: Size, page: &mut Markup) {
    if run.samples.is_empty() {
        page.line("p", &[("class", "missing")], "No sample has been accepted.");
        return;
    }
    page.line("p", &[], &introduction(run, size));
    let is_dense = run.samples.len() > MOST_EXPLAINED;
    let class = if is_dense {
        "grid samples dense"
    } else {
        "grid samples"
    };
    page.element("div", &[("class", class)], |page| {
        for sample in &run.samples {
            write_sample(run, sample, is_dense, page);
        }
    });
}

fn introduction(run: &ReportedRun, size: Size) -> String {
    let mut text = format!(
        "{}, by index, with {}.",
        counted(run.samples.len(), "sample"),
        match run.constraints().len() {
            1 => "the activation of the re-check".to_owned(),
            _ => "the activations of the re-check in the order of the constraints".to_owned(),
        }
    );
    let count = |is: fn(&Sample) -> bool| run.samples.iter().filter(|&sample| is(sample)).count();
    let (marked, dropped) = (
        count(|sample| sample.marked),
        count(|sample| sample.dropped),
    );
    if marked > 0 {
        text += &format!(" Marked by hand (★): {marked}.");
    }
    if dropped > 0 {
        text += &format!(" Dropped from sight by hand, and shown here none the less: {dropped}.");
    }
    if let Size::AtMost(edge) = size {
        text += &format!(
            " Pictures are copies of at most {edge} pixels; the pictures themselves are in the folder images of the run."
        );
    }
    text
}

/// Where a sample comes from, and how far it is from there.
fn origin(line: &SampleLine) -> String {
    let source = match &line.source {
        Some(source) => source.clone(),
        None => format!("step {}, start {}", line.step, line.start),
    };
    match line.from_start {
        Some(moved) => format!(
            "{source}; from its start by {} in code, {} in embedding, {} in image",
            number::short(f64::from(moved.code)),
            number::short(f64::from(moved.embedding)),
            number::short(f64::from(moved.image))
        ),
        None => source,
    }
}

fn write_sample(run: &ReportedRun, sample: &Sample, is_dense: bool, page: &mut Markup) {
    let line = &sample.line;
    let id = format!("run-{}-sample-{}", run.number, line.index);
    let activations: Vec<String> = line
        .activations
        .iter()
        .map(|&value| number::short(f64::from(value)))
        .collect();
    let activations = activations.join(" ");
    let origin = origin(line);
    let class = if sample.dropped {
        "sample dropped"
    } else {
        "sample"
    };
    let first = line
        .activations
        .first()
        .map_or(String::new(), f32::to_string);
    let (index, step) = (line.index.to_string(), line.step.to_string());
    let attributes = [
        ("class", class),
        ("id", id.as_str()),
        ("data-index", index.as_str()),
        ("data-activation", first.as_str()),
        ("data-step", step.as_str()),
    ];
    page.element("figure", &attributes, |page| {
        match &sample.picture {
            Ok(picture) => {
                let alt = format!("sample {index}: {activations}");
                let title = format!("#{index}: {activations}; {origin}");
                write_picture(picture, &alt, &title, page);
            }
            Err(_) => page.line("span", &[("class", "no-picture")], "no picture"),
        }
        page.element("figcaption", &[], |page| {
            let mark = if sample.marked { " ★" } else { "" };
            page.line("b", &[], &format!("#{index}{mark}"));
            page.text(" ");
            page.line("span", &[("class", "activation")], &activations);
            if !is_dense {
                page.line("span", &[("class", "origin")], &origin);
            }
            if sample.dropped {
                page.line("span", &[("class", "origin")], "dropped");
            }
        });
    });
}
