//! Scores as text, for `metrics` and for the screens.

mod real;
mod table;

use std::io::{self, Write};

use self::table::{Table, figure, optional, with_interval};
use super::{Independent, Measured, ShareReport};
use crate::metrics::{BandwidthSource, Perceptual, Scores};

/// Writes everything that was measured.
///
/// # Errors
/// `out` takes no more.
pub fn describe(measured: &Measured, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "{} of {} samples inside on a fresh forward pass",
        measured.n_inside, measured.n
    )?;
    writeln!(out)?;
    diversity(measured, out)?;
    if let Some(share) = &measured.share {
        writeln!(out)?;
        self::share(share, out)?;
    }
    if let Some(real) = &measured.real {
        writeln!(out)?;
        self::real::report(measured, real, out)?;
    }
    Ok(())
}

fn diversity(measured: &Measured, out: &mut dyn Write) -> io::Result<()> {
    let all = &measured.diversity;
    let names = all.iter().map(|scores| scores.diversity.encoder.clone());
    let mut table = Table::new(std::iter::once("diversity".to_owned()).chain(names));
    let mut row = |name: &str, cell: &dyn Fn(&Scores) -> String| {
        table.row(name, all.iter().map(cell));
    };
    row("mean distance", &|s| {
        with_interval(s.diversity.mean_pairwise, s.intervals.mean_pairwise)
    });
    row("least distance", &|s| figure(s.diversity.min_pairwise));
    row("Vendi", &|s| {
        with_interval(s.diversity.vendi, s.intervals.vendi)
    });
    row("Vendi / n", &|s| figure(s.vendi_share));
    row("RKE", &|s| with_interval(s.diversity.rke, s.intervals.rke));
    row("distinct", &|s| match s.distinct {
        Some(count) => match s.intervals.distinct {
            Some(ends) => format!("{count} [{}, {}]", figure(ends.low), figure(ends.high)),
            None => count.to_string(),
        },
        None => "-".to_owned(),
    });
    row("log det", &|s| {
        with_interval(s.log_det, s.intervals.log_det)
    });
    row("Riesz energy", &|s| {
        with_interval(s.riesz_energy, s.intervals.riesz_energy)
    });
    if let Some(index) = &measured.index {
        let cells = index.encoders.iter().map(|index| match index {
            Some(index) => with_interval(index.value, index.interval),
            None => "-".to_owned(),
        });
        let name = match index.independent {
            Independent::Prior => "index (1: independent draws)",
            Independent::Real => "index (1: real images inside)",
        };
        table.row(name, cells);
    }
    let mut row = |name: &str, cell: &dyn Fn(&Scores) -> String| {
        table.row(name, all.iter().map(cell));
    };
    row("sum of squares", &|s| figure(s.diversity.sum_sq));
    row("bandwidth h", &|s| {
        let source = match s.diversity.bandwidth_source {
            BandwidthSource::Statistics | BandwidthSource::Images => "real images",
            BandwidthSource::Sample => "the sample itself",
        };
        format!("{} (from {source})", figure(s.diversity.bandwidth))
    });
    table.print(out)?;
    if let Some(perceptual) = &measured.perceptual {
        writeln!(out)?;
        perceptual_distance(perceptual, out)?;
    }
    if let Some(scores) = all.first() {
        writeln!(out)?;
        writeln!(
            out,
            "[low, high]: 95 % of resamples. Kernel exp(-d²/2h²); distinct: farther than h/2 from every \
             distinct sample before; log det(K + {:e} I); Riesz energy of a pair: (d/h)^-{}.",
            scores.log_det_epsilon, scores.riesz_power
        )?;
    }
    Ok(())
}

fn perceptual_distance(perceptual: &Perceptual, out: &mut dyn Write) -> io::Result<()> {
    let mut table = Table::new(["perceptual distance", "judge"].map(str::to_owned));
    let mean = perceptual.mean_pairwise.unwrap_or(f64::NAN);
    table.row("mean", [with_interval(mean, perceptual.interval)]);
    table.row("least", [optional(perceptual.min_pairwise)]);
    table.row("layers", [perceptual.layers.join(", ")]);
    table.print(out)
}

/// How large the inverse set is, in one line and how that was found in another.
fn share(share: &ShareReport, out: &mut dyn Write) -> io::Result<()> {
    match share.share {
        Some(value) => writeln!(
            out,
            "share of the code prior inside the intervals: {} [{}, {}]",
            figure(value),
            figure(share.low),
            figure(share.high)
        )?,
        None => writeln!(
            out,
            "share of the code prior inside the intervals: not found; the nearest codes are a share of {}",
            figure(share.high)
        )?,
    }
    if share.repeats == 0 {
        writeln!(out, "{} of {} draws inside", share.hits, share.draws)
    } else {
        writeln!(
            out,
            "by splitting {} populations of {} codes over {} levels, {} codes evaluated",
            share.repeats, share.population, share.levels, share.forwards
        )
    }
}
