//! Where samples start: random codes, the codes of real images (signals, rows), or those of another
//! run.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use ndarray::Array2;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use super::record::{SampleTensors, bytes_of, floats};
use super::{RunError, RunFolder, series};
use crate::bundle::{Bundle, Channels, Domain};
use crate::engine::{Engine, ImageNetwork};
use crate::files;
use crate::real::read_image;
use crate::runtime::Runtime;

/// Given starts of a run, so that it can be resumed when their source is gone.
pub(super) const STARTS_FILE: &str = "starts.safetensors";

/// The key of [`STARTS_FILE`]'s metadata that names the file of each start, as a list in JSON.
const SOURCES: &str = "sources";

/// Most images read as starts.
const MOST_IMAGES: usize = 4096;

/// The same `--init` with the folder or run that it names by its absolute path.
pub(super) fn absolute(init: &str) -> String {
    for kind in ["run:", "images:"] {
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

/// Given starts of a run.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Starts {
    /// Codes `[rows, d]`.
    pub codes: Array2<f32>,
    /// The file that each was read from, within the folder of real images; empty where they are none.
    pub sources: Vec<String>,
}

impl Starts {
    /// Codes that are no images.
    pub(super) fn of_codes(codes: Array2<f32>) -> Starts {
        Starts {
            codes,
            sources: Vec::new(),
        }
    }
}

/// The start codes that `--init` names `[rows, d]`; `None` for `random`.
pub(super) fn starts(
    init: &str,
    runtime: &dyn Runtime,
    bundle: &Bundle,
    engine: &Engine,
) -> Result<Option<Array2<f32>>, RunError> {
    if init == "random" {
        return Ok(None);
    }
    if let Some(path) = init.strip_prefix("run:") {
        let folder = RunFolder::open(Path::new(path))?;
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
        return matrix(samples.codes, length, init).map(Some);
    }
    if let Some(path) = init.strip_prefix("images:") {
        return from_images(Path::new(path), runtime, bundle, engine, init).map(Some);
    }
    Err(RunError::InitSyntax(init.to_owned()))
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
) -> Result<Array2<f32>, RunError> {
    let problem = |reason: String| RunError::Init {
        what: init.to_owned(),
        reason,
    };
    let shape = &engine.shapes().image;
    let images = match &bundle.manifest().generator.domain {
        Domain::Image { channels, .. } => read_images(folder, shape, *channels),
        domain @ (Domain::Signal(_) | Domain::Table(_)) => {
            series::read_folder(folder, domain, shape, MOST_IMAGES)
        }
    };
    let images = images.map_err(problem)?;
    let length = engine.shapes().code_length;
    // For pixels the image is the code; where it is blurred, its own blur is the start.
    if length == shape.iter().product::<usize>() && bundle.manifest().inverse.is_none() {
        return matrix(images.concat(), length, init);
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
    Ok(codes)
}

/// The images of a folder, in the order of their names.
fn read_images(
    folder: &Path,
    shape: &[usize],
    channels: Channels,
) -> Result<Vec<Vec<f32>>, String> {
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
    paths
        .iter()
        .map(|path| {
            read_image(path, shape, channels)
                .map_err(|reason| format!("{}: {reason}", path.display()))
        })
        .collect()
}

/// The bytes of [`STARTS_FILE`].
pub(super) fn to_bytes(starts: &Starts, folder: &RunFolder) -> Result<Vec<u8>, RunError> {
    let damaged = |error: &dyn std::fmt::Display| RunError::Damaged {
        path: folder.file(STARTS_FILE),
        reason: error.to_string(),
    };
    let codes = &starts.codes;
    let values: Vec<f32> = codes.iter().copied().collect();
    let bytes = bytes_of(&values);
    let sources = serde_json::to_string(&starts.sources).map_err(|error| damaged(&error))?;
    let metadata =
        (!starts.sources.is_empty()).then(|| HashMap::from([(SOURCES.to_owned(), sources)]));
    let view = TensorView::new(Dtype::F32, vec![codes.nrows(), codes.ncols()], &bytes);
    view.and_then(|view| safetensors::serialize([("codes", view)], metadata))
        .map_err(|error| damaged(&error))
}

/// The given starts of a run, if it has any.
pub(super) fn read(folder: &RunFolder) -> Result<Option<Starts>, RunError> {
    let path = folder.file(STARTS_FILE);
    if !path.exists() {
        return Ok(None);
    }
    let damaged = |reason: String| RunError::Damaged {
        path: path.clone(),
        reason,
    };
    let bytes = fs::read(&path).map_err(|error| damaged(error.to_string()))?;
    let (_, header) =
        SafeTensors::read_metadata(&bytes).map_err(|error| damaged(error.to_string()))?;
    let metadata = header.metadata().clone().unwrap_or_default();
    let sources: Vec<String> = metadata
        .get(SOURCES)
        .map_or(Ok(Vec::new()), |text| serde_json::from_str(text))
        .map_err(|error| damaged(error.to_string()))?;
    let file = SafeTensors::deserialize(&bytes).map_err(|error| damaged(error.to_string()))?;
    let codes = file
        .tensor("codes")
        .map_err(|error| damaged(error.to_string()))?;
    match (codes.dtype(), codes.shape()) {
        (Dtype::F32, &[rows, width]) if sources.is_empty() || sources.len() == rows => {
            let codes = Array2::from_shape_vec((rows, width), floats(codes.data()))
                .map_err(|error| damaged(error.to_string()))?;
            Ok(Some(Starts { codes, sources }))
        }
        _ => Err(damaged(
            "'codes' is no float32 matrix of these sources".to_owned(),
        )),
    }
}
