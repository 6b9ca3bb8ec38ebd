//! What `stats` tells, as text.

use std::io::{self, Write};

use super::report::{Image, Inside, Report, UnitReport};
use crate::bundle::EMBEDDED;
use crate::text::clean;
use crate::theme::is_unicode;

/// Heights of a histogram's bars, from nothing to full.
const BARS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// The same where only ASCII is shown.
const ASCII_BARS: [char; 9] = [' ', '.', ',', '-', '~', '=', '+', '*', '#'];
/// Images of an interval that are listed.
const LISTED: usize = 50;

/// Prints a report.
pub(super) fn report(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let folder = clean(&report.images.folder.display().to_string());
    let classes = match report.images.with_class {
        0 => "no subfolder named after a label".to_owned(),
        count => format!("{count} in folders named after labels"),
    };
    writeln!(
        out,
        "{} real images of {folder} ({classes})",
        report.images.count
    )?;
    if !report.tensors.is_empty() {
        tensors(report, out)?;
    }
    for unit in &report.units {
        writeln!(out)?;
        self::unit(unit, out)?;
    }
    if let Some(inside) = &report.inside {
        writeln!(out)?;
        self::inside(inside, report.images.count, out)?;
    }
    Ok(())
}

fn tensors(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let rows: Vec<[String; 6]> = report
        .tensors
        .iter()
        .map(|tensor| {
            let shape: Vec<String> = tensor.shape[1..].iter().map(usize::to_string).collect();
            [
                clean(&tensor.tensor),
                shape.join(" x "),
                tensor.units.to_string(),
                format!("{:.4}", tensor.least),
                format!("{:.4}", tensor.median),
                format!("{:.4}", tensor.greatest),
            ]
        })
        .collect();
    let head = ["tensor", "shape", "units", "least", "median", "greatest"].map(str::to_owned);
    let mut widths = head.clone().map(|cell| cell.chars().count());
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    for row in std::iter::once(&head).chain(&rows) {
        let [w0, w1, w2, w3, w4, w5] = widths;
        let [tensor, shape, units, least, median, greatest] = row;
        writeln!(
            out,
            "  {tensor:w0$}  {shape:w1$}  {units:>w2$}  {least:>w3$}  {median:>w4$}  {greatest:>w5$}"
        )?;
    }
    let units: usize = report.tensors.iter().map(|tensor| tensor.units).sum();
    writeln!(out, "{units} units of {} tensors", rows.len())?;
    for left_out in &report.left_out {
        let tensor = clean(&left_out.tensor);
        writeln!(out, "left out {tensor}: {}", left_out.reason)?;
    }
    let distances: Vec<String> = report
        .median_distances
        .iter()
        .map(|(space, distance)| format!("{space} {distance:.4}"))
        .collect();
    if !distances.is_empty() {
        writeln!(
            out,
            "median distance between two images: {}",
            distances.join(", ")
        )?;
    }
    let is_built_in = EMBEDDED.iter().any(|known| known.name == report.bundle);
    match &report.file {
        Some(file) => writeln!(out, "written to {}", clean(&file.display().to_string())),
        None if is_built_in => writeln!(
            out,
            "'{}' keeps the statistics it was built with; the activations are in the cache (-o FILE writes \
             them as statistics)",
            report.bundle
        ),
        None => Ok(()),
    }
}

fn unit(unit: &UnitReport, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", unit.name)?;
    match (&unit.quantiles, &unit.histogram) {
        (Some(quantiles), Some(histogram)) => {
            let bars = bars(histogram);
            let (low, high) = (quantiles[0], quantiles[quantiles.len() - 1]);
            writeln!(out, "  {low:.4} |{bars}| {high:.4}")?;
            let quantiles: Vec<String> = unit
                .levels
                .iter()
                .zip(quantiles)
                .map(|(level, value)| format!("p{} {value:.4}", percent(*level)))
                .collect();
            for line in quantiles.chunks(7) {
                writeln!(out, "  {}", line.join("  "))?;
            }
        }
        _ => writeln!(out, "  not finite on some image: it has no quantiles")?,
    }
    writeln!(out, "  most excited by")?;
    for image in &unit.top {
        writeln!(out, "  {}", line(image))?;
    }
    Ok(())
}

fn inside(inside: &Inside, count: usize, out: &mut dyn Write) -> io::Result<()> {
    let query = inside.query.join(" and ");
    writeln!(
        out,
        "{} of {count} images with {}",
        inside.count,
        clean(&query)
    )?;
    for image in inside.images.iter().take(LISTED) {
        writeln!(out, "  {}", line(image))?;
    }
    match inside.count.saturating_sub(LISTED) {
        0 => Ok(()),
        more => writeln!(out, "  and {more} more (--json lists them all)"),
    }
}

fn line(image: &Image) -> String {
    let activations: Vec<String> = image
        .activations
        .iter()
        .map(|value| format!("{value:>9.4}"))
        .collect();
    let class = match &image.class {
        Some(class) => format!("  ({class})"),
        None => String::new(),
    };
    format!("{}  {}{class}", activations.join(" "), clean(&image.file))
}

/// A level in percent, with no more digits than it needs.
fn percent(level: f32) -> f32 {
    (f64::from(level) * 1e5).round() as f32 / 1e3
}

/// One character for each bin; whatever is not empty shows.
fn bars(counts: &[f32]) -> String {
    let heights = if is_unicode(|name| std::env::var(name).ok()) {
        BARS
    } else {
        ASCII_BARS
    };
    let greatest = counts.iter().copied().fold(1.0, f32::max);
    counts
        .iter()
        .map(|&count| heights[((count / greatest * 8.0).ceil() as usize).min(8)])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_written_in_percent_without_the_noise_of_float32() {
        let written = [0.0, 0.001, 0.05, 0.999, 1.0].map(|level| percent(level).to_string());
        assert_eq!(written, ["0", "0.1", "5", "99.9", "100"]);
    }

    #[test]
    fn a_bar_shows_for_every_bin_that_is_not_empty() {
        let shown: Vec<char> = bars(&[0.0, 1.0, 500.0, 1000.0]).chars().collect();
        assert_eq!(shown.len(), 4);
        assert_eq!(shown[0], ' ');
        assert!(shown[1] != ' ' && shown[1] != shown[2] && shown[2] != shown[3]);
    }
}
