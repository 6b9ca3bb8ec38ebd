//! Where samples start: random codes, the codes of real images, or those of another run.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use image::imageops::FilterType;
use ndarray::Array2;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use super::record::{SampleTensors, bytes_of, floats};
use super::{RunError, RunFolder};
use crate::bundle::{Bundle, Channels};
use crate::engine::{Engine, ImageNetwork};
use crate::files;
use crate::runtime::Runtime;

/// Given starts of a run, so that it can be resumed when their source is gone.
pub(super) const STARTS_FILE: &str = "starts.safetensors";

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

/// Codes of the images of a folder, in the order of their names, through the bundle's inverse.
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
    let mut paths: Vec<_> = fs::read_dir(folder)
        .map_err(|error| problem(error.to_string()))?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| files::is_picture(path))
        .collect();
    paths.sort();
    paths.truncate(MOST_IMAGES);
    if paths.is_empty() {
        return Err(problem("there is no PNG or JPEG file in it".to_owned()));
    }
    let shape = &engine.shapes().image;
    let images = paths
        .iter()
        .map(|path| {
            read_image(path, shape, bundle.manifest().generator.channels)
                .map_err(|reason| problem(format!("{}: {reason}", path.display())))
        })
        .collect::<Result<Vec<_>, _>>()?;
    let length = engine.shapes().code_length;
    // For pixels the image is the code.
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

/// An image file as `[C, H, W]` in [0, 1], cut to the middle and scaled to the generator's size
/// `shape`, in the channel order of the generator.
///
/// # Errors
/// Why it cannot be read, in one line.
pub fn read_image(path: &Path, shape: &[usize], channels: Channels) -> Result<Vec<f32>, String> {
    let &[_, height, width] = shape else {
        return Err(format!("the generator's output {shape:?} is no image"));
    };
    let picture = image::open(path).map_err(|error| error.to_string())?;
    let picture = picture.resize_to_fill(width as u32, height as u32, FilterType::Triangle);
    let value = |level: u8| f32::from(level) / 255.0;
    Ok(match channels {
        Channels::Gray => picture
            .to_luma8()
            .into_raw()
            .into_iter()
            .map(value)
            .collect(),
        Channels::Rgb | Channels::Bgr => {
            let pixels = picture.to_rgb8().into_raw();
            let order = if channels == Channels::Rgb {
                [0, 1, 2]
            } else {
                [2, 1, 0]
            };
            order
                .iter()
                .flat_map(|&channel| pixels.iter().skip(channel).step_by(3).map(|&v| value(v)))
                .collect()
        }
    })
}

/// The bytes of [`STARTS_FILE`].
pub(super) fn to_bytes(starts: &Array2<f32>, folder: &RunFolder) -> Result<Vec<u8>, RunError> {
    let values: Vec<f32> = starts.iter().copied().collect();
    let bytes = bytes_of(&values);
    let view = TensorView::new(Dtype::F32, vec![starts.nrows(), starts.ncols()], &bytes);
    view.and_then(|view| safetensors::serialize([("codes", view)], None::<HashMap<_, _>>))
        .map_err(|error| RunError::Damaged {
            path: folder.file(STARTS_FILE),
            reason: error.to_string(),
        })
}

/// The given starts of a run, if it has any.
pub(super) fn read(folder: &RunFolder) -> Result<Option<Array2<f32>>, RunError> {
    let path = folder.file(STARTS_FILE);
    if !path.exists() {
        return Ok(None);
    }
    let damaged = |reason: String| RunError::Damaged {
        path: path.clone(),
        reason,
    };
    let bytes = fs::read(&path).map_err(|error| damaged(error.to_string()))?;
    let file = SafeTensors::deserialize(&bytes).map_err(|error| damaged(error.to_string()))?;
    let codes = file
        .tensor("codes")
        .map_err(|error| damaged(error.to_string()))?;
    match (codes.dtype(), codes.shape()) {
        (Dtype::F32, &[rows, width]) => Array2::from_shape_vec((rows, width), floats(codes.data()))
            .map(Some)
            .map_err(|error| damaged(error.to_string())),
        _ => Err(damaged("'codes' is no float32 matrix".to_owned())),
    }
}
