//! `invset stats`: what the units of a bundle do on a folder of real images.

mod print;
mod report;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::exit::Status;
use super::{Global, output, progress};
use crate::bundle::{Bundle, PlaceError, Source};
use crate::files;
use crate::query::{Query, Unit, UnitIndex, UnitSyntax};
use crate::real::{RealError, RealImages, Survey, rows_inside};
use crate::run::defaults;
use report::{Report, UnitReport};

/// Arguments of `stats`.
#[derive(Debug, Args)]
pub struct StatsArgs {
    /// A built-in bundle, or a folder with a bundle.toml; INVSET_BUNDLE names another default
    #[arg(long, default_value_t = defaults::bundle(), value_name = "NAME|DIR")]
    bundle: String,
    /// The folder of real images, PNG or JPEG (default: the one last used with this bundle).
    /// Subfolders named after labels say what is on them
    #[arg(long, value_name = "DIR")]
    images: Option<PathBuf>,
    /// Write the statistics to this file only, and leave the bundle as it is
    #[arg(short, value_name = "FILE", conflicts_with_all = ["unit", "query"])]
    out: Option<PathBuf>,
    /// Only look at this unit: quantiles, histogram, the images that excite it most; repeat it
    #[arg(long, value_name = "UNIT")]
    unit: Vec<String>,
    /// Only list the images inside this interval, as in 'bag in p99..'; repeat it for AND
    #[arg(long = "where", value_name = "UNIT in A..B")]
    query: Vec<String>,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
    /// No progress on stderr
    #[arg(long)]
    quiet: bool,
}

/// Runs the command.
///
/// # Errors
/// See [`super::exit::classify`].
pub fn run(args: &StatsArgs, global: &Global, out: &mut dyn Write) -> anyhow::Result<Status> {
    let looks = !args.unit.is_empty() || !args.query.is_empty();
    let bundle = Arc::new(if looks {
        Bundle::open(&args.bundle)?
    } else {
        Bundle::open_without_statistics(&args.bundle)?
    });
    let folder = folder(args.images.as_deref(), &bundle)?;
    let units = units(&args.unit, &bundle)?;
    let query = (!args.query.is_empty())
        .then(|| Query::resolve(&args.query, &bundle))
        .transpose()?;
    let opened = global.runtime_request().open()?;
    for note in opened.notes.iter().filter(|_| !args.quiet) {
        output::say(note);
    }
    let progress = progress::of_images(args.quiet);
    let images = RealImages::open(&folder, &bundle, opened.runtime, progress)?;
    images.remember()?;
    let mut report = Report::new(&args.bundle, &images);
    if looks {
        look(&images, &units, query.as_ref(), &mut report)?;
    } else {
        let survey = images.survey()?;
        report.survey(&survey);
        report.file = write(args.out.as_deref(), &images, &survey)?;
    }
    if args.json {
        writeln!(out, "{}", serde_json::to_string(&report)?)?;
    } else {
        print::report(&report, out)?;
    }
    Ok(Status::Success)
}

/// The folder named, or else the one last used with this bundle.
fn folder(named: Option<&Path>, bundle: &Bundle) -> Result<PathBuf, RealError> {
    named
        .map(Path::to_owned)
        .or_else(|| RealImages::remembered(bundle))
        .ok_or(RealError::NotNamed)
}

fn units(texts: &[String], bundle: &Bundle) -> anyhow::Result<Vec<Unit>> {
    if texts.is_empty() {
        return Ok(Vec::new());
    }
    let index = UnitIndex::of(bundle)?;
    let context = index.context(bundle);
    let resolve = |text: &String| -> anyhow::Result<Unit> {
        let syntax = UnitSyntax::parse(text)?;
        Ok(Unit::resolve(&syntax, &context)?)
    };
    texts.iter().map(resolve).collect()
}

/// Single units, and the images inside a query.
fn look(
    images: &RealImages,
    units: &[Unit],
    query: Option<&Query>,
    report: &mut Report,
) -> Result<(), RealError> {
    let activations = images.activations(units)?;
    report.units = units
        .iter()
        .zip(activations.columns())
        .map(|(unit, values)| UnitReport::new(unit, &values.to_vec(), images))
        .collect();
    if let Some(query) = query {
        let activations = images.activations(&query.units())?;
        let inside = rows_inside(query, &activations);
        report.inside(query, &inside, &activations, images);
    }
    Ok(())
}

/// Writes the statistics where they belong; gives the file, if there is one.
fn write(
    named: Option<&Path>,
    images: &RealImages,
    survey: &Survey,
) -> anyhow::Result<Option<PathBuf>> {
    let bundle = images.bundle();
    if named.is_none() && matches!(bundle.source(), Source::Embedded(_)) {
        return Ok(None);
    }
    let bytes = images.statistics_file(survey)?;
    let Some(path) = named else {
        return Ok(Some(bundle.put_statistics(&bytes)?));
    };
    files::replace(path, &bytes).map_err(|source| PlaceError::Write {
        path: path.to_owned(),
        source,
    })?;
    Ok(Some(path.to_owned()))
}
