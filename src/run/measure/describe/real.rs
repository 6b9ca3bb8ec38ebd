//! The samples beside real images, as text.

use std::io::{self, Write};

use super::table::{Table, optional, with_interval};
use crate::metrics::{AgainstReal, RowMean, Sanity};
use crate::run::measure::{ClassKind, Measured, RealReport};
use crate::text::clean;

/// Precision to coverage, and the sanity check.
pub(super) fn report(
    measured: &Measured,
    real: &RealReport,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(
        out,
        "{} of {} real images in {} inside every interval",
        real.inside,
        real.images,
        clean(&real.folder)
    )?;
    writeln!(out)?;
    against(measured, real, out)?;
    writeln!(out)?;
    sanity(real, &real.sanity, out)
}

fn against(measured: &Measured, real: &RealReport, out: &mut dyn Write) -> io::Result<()> {
    let encoders = measured.diversity.iter();
    let names = encoders.map(|scores| scores.diversity.encoder.clone());
    let mut table = Table::new(std::iter::once("against those inside".to_owned()).chain(names));
    let mut row = |name: &str, of: &dyn Fn(&AgainstReal) -> RowMean| {
        let cells = real.against.iter().map(|against| {
            let mean = against.as_ref().map(of);
            let value = mean.and_then(|mean| mean.value).unwrap_or(f64::NAN);
            with_interval(value, mean.and_then(|mean| mean.interval))
        });
        table.row(name, cells);
    };
    row("precision", &|against| against.precision);
    row("recall", &|against| against.recall);
    row("density", &|against| against.density);
    row("coverage", &|against| against.coverage);
    let reach = real.against.iter().map(|against| match against {
        Some(against) => format!(
            "k = {} real, {} samples",
            against.k_real, against.k_generated
        ),
        None => "-".to_owned(),
    });
    table.row("neighbours", reach);
    table.print(out)
}

fn sanity(real: &RealReport, sanity: &Sanity, out: &mut dyn Write) -> io::Result<()> {
    let heads = [
        "sanity check, layer",
        "score",
        "samples to class",
        "class to class",
        "class to others",
    ];
    let mut table = Table::new(heads.map(str::to_owned));
    for layer in &sanity.layers {
        let score = layer.score.unwrap_or(f64::NAN);
        table.row(
            &layer.layer,
            [
                with_interval(score, layer.interval),
                optional(layer.samples_to_class),
                optional(layer.class_to_class),
                optional(layer.class_to_others),
            ],
        );
    }
    table.row("together", [optional(sanity.score)]);
    table.print(out)?;
    let class = match real.class {
        ClassKind::Label => "of the class",
        ClassKind::Inside => "inside the intervals",
        ClassKind::Top => "that excite the unit most",
    };
    writeln!(
        out,
        "rank correlations of activations (Geirhos et al. 2024): 1 is as similar to real images {class} ({}) \
         as they are to each other, 0 as they are to others ({})",
        sanity.n_class, sanity.n_others
    )
}
