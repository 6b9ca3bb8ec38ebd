//! Where samples start: random codes, the codes of real images (signals, rows), or those of another
//! run.

use std::fs;
use std::path::Path;

use ndarray::Array2;

use super::given::Given;
use super::record::SampleTensors;
use super::{RunError, RunFolder, series};
use crate::bundle::{Bundle, Channels, Domain};
use crate::engine::{Engine, ImageNetwork};
use crate::files;
use crate::real::read_image;
use crate::runtime::Runtime;
use crate::sampler::Settings;

/// Most images read as starts.
const MOST_IMAGES: usize = 4096;

/// What starts an `--init` that names a folder or a run.
const IMAGES: &str = "images:";
const RUN: &str = "run:";

/// What `--init` names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start<'a> {
    /// Random codes.
    Random,
    /// The codes of the images in a folder.
    Images(&'a Path),
    /// The codes of another run's samples.
    Run(&'a Path),
}

impl Start<'_> {
    /// Reads it; whether the folder is there is found when it is opened.
    ///
    /// # Errors
    /// It is not written as a start is.
    pub fn parse(init: &str) -> Result<Start<'_>, RunError> {
        if init == Settings::RANDOM {
            Ok(Start::Random)
        } else if let Some(path) = init.strip_prefix(IMAGES) {
            Ok(Start::Images(Path::new(path)))
        } else if let Some(path) = init.strip_prefix(RUN) {
            Ok(Start::Run(Path::new(path)))
        } else {
            Err(RunError::InitSyntax(init.to_owned()))
        }
    }
}

/// The same `--init` with the folder or run that it names by its absolute path.
pub(super) fn absolute(init: &str) -> String {
    for kind in [RUN, IMAGES] {
        if let Some(path) = init.strip_prefix(kind)
            // One that is not there stays as it was typed, for the message.
            && let Ok(path) = Path::new(path).canonicalize()
            && let Some(path) = path.to_str()
        {
            return format!("{kind}{path}");
        }
    }
    init.to_owned()
}

/// The starts that `--init` names; `None` for `random`.
pub(super) fn starts(
    init: &str,
    runtime: &dyn Runtime,
    bundle: &Bundle,
    engine: &Engine,
) -> Result<Option<Given>, RunError> {
    match Start::parse(init)? {
        Start::Random => Ok(None),
        Start::Images(path) => from_images(path, runtime, bundle, engine, init).map(Some),
        Start::Run(path) => from_run(path, engine, init).map(Some),
    }
}

/// The codes of another run's samples.
fn from_run(path: &Path, engine: &Engine, init: &str) -> Result<Given, RunError> {
    let folder = RunFolder::open(path)?;
    let samples = SampleTensors::read(&folder)?;
    let length = engine.shapes().code_length;
    if samples.code_length != length {
        return Err(RunError::Init {
            what: init.to_owned(),
            reason: format!(
                "its codes have {} values, this bundle's have {length}",
                samples.code_length
            ),
        });
    }
    let pictures = samples.indices.iter();
    Ok(Given {
        sources: pictures
            .map(|&index| RunFolder::image_name(index.unsigned_abs()))
            .collect(),
        codes: matrix(samples.codes, length, init)?,
    })
}

fn matrix(values: Vec<f32>, width: usize, what: &str) -> Result<Array2<f32>, RunError> {
    let rows = values.len() / width.max(1);
    if rows == 0 {
        return Err(RunError::Init {
            what: what.to_owned(),
            reason: "there is nothing in it".to_owned(),
        });
    }
    Array2::from_shape_vec((rows, width), values).map_err(|error| RunError::Init {
        what: what.to_owned(),
        reason: error.to_string(),
    })
}

/// Codes of the images (signals, rows) of a folder, in the order of their names, through the bundle's
/// inverse.
fn from_images(
    folder: &Path,
    runtime: &dyn Runtime,
    bundle: &Bundle,
    engine: &Engine,
    init: &str,
) -> Result<Given, RunError> {
    let problem = |reason: String| RunError::Init {
        what: init.to_owned(),
        reason,
    };
    let shape = &engine.shapes().image;
    let read = match &bundle.manifest().generator.domain {
        Domain::Image { channels, .. } => read_images(folder, shape, *channels),
        // A file may hold many rows: there is no picture to name.
        domain @ (Domain::Signal(_) | Domain::Table(_)) => {
            series::read_folder(folder, domain, shape, MOST_IMAGES)
                .map(|series| (Vec::new(), series))
        }
    };
    let (sources, images) = read.map_err(problem)?;
    let length = engine.shapes().code_length;
    // For pixels the image is the code; where it is blurred, its own blur is the start.
    if length == shape.iter().product::<usize>() && bundle.manifest().inverse.is_none() {
        let codes = matrix(images.concat(), length, init)?;
        return Ok(Given { codes, sources });
    }
    let mut inverse = ImageNetwork::inverse(runtime, bundle, shape)?.ok_or_else(|| {
        problem(format!(
            "bundle '{}' has no [inverse], which turns images into codes",
            bundle.manifest().name
        ))
    })?;
    let codes = inverse.run(&images)?;
    if codes.ncols() != length {
        return Err(problem(format!(
            "the bundle's inverse gives {} values, its generator takes {length}",
            codes.ncols()
        )));
    }
    Ok(Given { codes, sources })
}

/// The names and the images of the pictures in a folder, in the order of their names.
fn read_images(
    folder: &Path,
    shape: &[usize],
    channels: Channels,
) -> Result<(Vec<String>, Vec<Vec<f32>>), String> {
    let mut paths: Vec<_> = fs::read_dir(folder)
        .map_err(|error| error.to_string())?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| files::is_picture(path))
        .collect();
    paths.sort();
    paths.truncate(MOST_IMAGES);
    if paths.is_empty() {
        return Err("there is no PNG or JPEG file in it".to_owned());
    }
    let images = paths
        .iter()
        .map(|path| {
            read_image(path, shape, channels)
                .map_err(|reason| format!("{}: {reason}", path.display()))
        })
        .collect::<Result<_, _>>()?;
    let names = paths.iter().filter_map(|path| path.file_name());
    let names = names.map(|name| name.to_string_lossy().into_owned());
    Ok((names.collect(), images))
}
