//! What `dataset` runs on: real images as codes of a bundle whose generator is nothing but pixels.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ndarray::Array2;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use serde::{Deserialize, Serialize};

use super::given::Given;
use super::{RunError, init};
use crate::bundle::Bundle;
use crate::engine::{self, EngineError};
use crate::query::Query;
use crate::real::{self, RealError, RealImages};
use crate::runtime::Runtime;
use crate::sampler::{MethodKind, Settings};

/// The stream of a seed's generator that the order of images is drawn from; the starts of samples
/// count theirs from 0, and labels are drawn from the last.
const ORDER_STREAM: u64 = u64::MAX - 1;

/// The real images of a run, as they stand in `run.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetFile {
    /// The folder, by its absolute path.
    pub folder: String,
    /// Images in it, all of them looked at.
    pub images: u64,
    /// Images inside every interval.
    pub inside: u64,
}

/// The bundle that a method runs on: for `dataset` one whose code is the image.
pub(super) fn bundle_for(
    method: MethodKind,
    bundle: &Arc<Bundle>,
) -> Result<Arc<Bundle>, RunError> {
    if method != MethodKind::Dataset {
        return Ok(Arc::clone(bundle));
    }
    match engine::image_shape(bundle)?[..] {
        [channels, height, width] => Ok(Arc::new(bundle.with_pixels([channels, height, width]))),
        ref shape => {
            let what = format!("the generator's output {shape:?} is no image");
            Err(EngineError::Internal(what).into())
        }
    }
}

/// The start that names the folder that `dataset` takes its images from; another method's is left as it is.
/// For whoever has to take them from one folder however often others are used meanwhile.
pub(super) fn settled(settings: &Settings, bundle: &Bundle) -> Result<String, RunError> {
    if settings.method != MethodKind::Dataset {
        return Ok(settings.init.clone());
    }
    let folder = folder(&settings.init, bundle)?;
    Ok(init::absolute(&format!("images:{}", folder.display())))
}

/// The images of the folder that `settings` name, or else of the one last used with the bundle.
pub(super) fn open(
    settings: &Settings,
    bundle: &Arc<Bundle>,
    runtime: &Arc<dyn Runtime>,
    progress: real::Progress,
) -> Result<RealImages, RunError> {
    let folder = folder(&settings.init, bundle)?;
    let images = RealImages::open(&folder, bundle, Arc::clone(runtime), progress)?;
    Ok(images)
}

/// The images that `dataset` goes through, in an order drawn by the seed: of those inside twice as many
/// as are wanted, because a re-check may leave some out. Where there are fewer than are wanted, also
/// the one nearest to each interval, so that the best activation is told.
pub(super) fn starts(
    settings: &Settings,
    query: &Query,
    images: &RealImages,
) -> Result<(Given, DatasetFile), RunError> {
    let activations = images.activations(&query.units())?;
    let inside: BTreeSet<usize> = real::rows_inside(query, &activations).into_iter().collect();
    let mut random = ChaCha20Rng::seed_from_u64(settings.seed);
    random.set_stream(ORDER_STREAM);
    let order = real::shuffled(images.len(), &mut random);
    let mut chosen: Vec<usize> = order.into_iter().filter(|at| inside.contains(at)).collect();
    chosen.truncate(settings.n.saturating_mul(2));
    if inside.len() < settings.n {
        let mut nearest = BTreeSet::new();
        for (column, constraint) in query.constraints.iter().enumerate() {
            let distance = |image: usize| {
                let activation = f64::from(activations[(image, column)]);
                constraint.interval.distance(activation)
            };
            let outside = (0..images.len()).filter(|image| !inside.contains(image));
            nearest.extend(outside.min_by(|&a, &b| distance(a).total_cmp(&distance(b))));
        }
        chosen.extend(nearest);
    }
    let pixels = chosen
        .iter()
        .map(|&image| images.pixels(image))
        .collect::<Result<Vec<_>, _>>()?;
    let width = images.image_shape().iter().product();
    let codes = Array2::from_shape_vec((chosen.len(), width), pixels.concat())
        .map_err(|error| EngineError::Internal(error.to_string()))?;
    Ok((
        Given {
            codes,
            sources: chosen.iter().map(|&image| images.name(image)).collect(),
        },
        DatasetFile {
            folder: images.folder().to_string_lossy().into_owned(),
            images: images.len() as u64,
            inside: inside.len() as u64,
        },
    ))
}

/// The folder that `--init` or `--images` names, or else the one last used with the bundle.
fn folder(init: &str, bundle: &Bundle) -> Result<PathBuf, RunError> {
    match init.strip_prefix("images:") {
        Some(folder) => Ok(Path::new(folder).to_owned()),
        None if init == Settings::RANDOM => {
            Ok(RealImages::remembered(bundle).ok_or(RealError::NotNamed)?)
        }
        None => Err(RunError::DatasetInit(init.to_owned())),
    }
}
