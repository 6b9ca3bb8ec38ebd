//! The real images inside a run's intervals, beside its samples.

use crate::report::markup::Markup;
use crate::report::number;
use crate::report::picture::Shown;
use crate::report::real_images::{RealImage, RealInside};
use crate::report::reported_run::ReportedRun;
use crate::text::counted;

/// Pictures shorter than that are enlarged without smoothing: one sees their pixels.
const SMALL: u32 = 128;

pub(super) fn write(run: &ReportedRun, page: &mut Markup) {
    let real = match &run.real {
        Ok(real) => real,
        Err(reason) => {
            let note = format!("No real images beside the samples: {reason}.");
            return page.line("p", &[("class", "missing")], &note);
        }
    };
    page.line("p", &[], &introduction(real));
    page.element("div", &[("class", "grid")], |page| {
        for image in &real.shown {
            write_image(image, page);
        }
    });
}

fn introduction(real: &RealInside) -> String {
    let of = format!(
        "{} of {} lie inside every interval",
        real.inside,
        counted(real.images, "real image")
    );
    match real.shown.len() {
        0 => format!("{of}: no image of nature is known that drives the neuron to this level."),
        shown if shown == real.inside => format!("{of}. All are shown, with their activations."),
        shown => format!("{of}. Shown are {shown}, drawn by a fixed seed, with their activations."),
    }
}

fn write_image(image: &RealImage, page: &mut Markup) {
    let activations: Vec<String> = image
        .activations
        .iter()
        .map(|&value| number::short(f64::from(value)))
        .collect();
    let activations = activations.join(" ");
    page.element("figure", &[("class", "real")], |page| {
        let alt = format!("real image: {activations}");
        let title = format!("{}: {activations}", image.file);
        write_picture(&image.picture, &alt, &title, page);
        page.element("figcaption", &[], |page| {
            page.line("span", &[("class", "activation")], &activations);
            if let Some(class) = &image.class {
                page.line("span", &[("class", "origin")], class);
            }
        });
    });
}

/// A picture of a grid.
pub(super) fn write_picture(picture: &Shown, alt: &str, title: &str, page: &mut Markup) {
    let (width, height) = picture.size;
    let edges = (width.to_string(), height.to_string());
    let is_small = width.max(height) < SMALL;
    page.void(
        "img",
        &[
            ("src", picture.uri.as_str()),
            ("width", edges.0.as_str()),
            ("height", edges.1.as_str()),
            ("class", if is_small { "small" } else { "large" }),
            ("alt", alt),
            ("title", title),
        ],
    );
}
