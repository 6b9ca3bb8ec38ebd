//! Real images: a folder of pictures as a bundle's generator would make them, and what its classifier
//! makes of each.
//!
//! Activations are kept in the user's cache ([`Store`]), row by row under the SHA-256 of the image's
//! file, for one classifier, preprocessing and runtime: an image that changed, or a file of the cache
//! that is damaged, is measured again. Images have the generator's size even where the classifier
//! takes larger ones, because that is how samples reach it.

mod class;
mod error;
mod folder;
mod measure;
mod picture;
mod remembered;
mod shuffle;
mod space;
mod store;
mod survey;
mod table;
#[cfg(test)]
mod tests;
mod top;
mod unit_statistics;

use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use error::RealError;
pub use measure::rows_inside;
pub use picture::read_image;
pub use shuffle::shuffled;
pub use space::Space;
pub use store::Store;
pub use survey::{LeftOut, Survey, Surveyed};
pub use top::top;
pub use unit_statistics::{LEVELS, UnitStatistics};

use crate::bundle::{Bundle, Channels};
use crate::engine;
use crate::runtime::Runtime;
use crate::text;
use table::Content;

/// Told how far work on the images has come.
pub type Progress = Arc<dyn Fn(Done) + Send + Sync>;

/// How far work on the images has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Done {
    /// What is being done.
    pub stage: Stage,
    /// Images done.
    pub done: usize,
    /// Images to do.
    pub total: usize,
}

/// What is being done with images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Their files are read, to know them again.
    Reading,
    /// The classifier looks at them.
    Measuring,
    /// An encoder looks at them.
    Embedding,
}

/// For work that nobody watches.
pub fn unwatched() -> Progress {
    Arc::new(|_| ())
}

/// The images of a folder, in the order of their paths.
pub struct RealImages {
    folder: PathBuf,
    images: Vec<Image>,
    bundle: Arc<Bundle>,
    runtime: Arc<dyn Runtime>,
    image_shape: Vec<usize>,
    /// Their order of channels.
    channels: Channels,
    /// Of the classifier's file, followed by its weights outside.
    classifier_sha256: String,
    store: Store,
    progress: Progress,
}

/// One image file.
struct Image {
    /// Within the folder.
    path: PathBuf,
    /// Which label its folder's name stands for.
    class: Option<usize>,
    /// What is in it.
    content: Content,
}

impl RealImages {
    /// Reads all PNG and JPEG files below a folder. Their activations are kept in the user's cache.
    ///
    /// # Errors
    /// The folder or a file cannot be read, there is no picture in it, or the bundle's generator is
    /// bad.
    pub fn open(
        folder: &Path,
        bundle: &Arc<Bundle>,
        runtime: Arc<dyn Runtime>,
        progress: Progress,
    ) -> Result<RealImages, RealError> {
        RealImages::open_in(Store::of_user(), folder, bundle, runtime, progress)
    }

    /// As [`RealImages::open`], with activations kept in `store`.
    ///
    /// # Errors
    /// As [`RealImages::open`].
    pub fn open_in(
        store: Store,
        folder: &Path,
        bundle: &Arc<Bundle>,
        runtime: Arc<dyn Runtime>,
        progress: Progress,
    ) -> Result<RealImages, RealError> {
        let domain = &bundle.manifest().generator.domain;
        let channels = domain.channels().ok_or_else(|| RealError::NoImages {
            bundle: text::clean(&bundle.manifest().name),
            sample: domain.sample(),
        })?;
        let image_shape = engine::image_shape(bundle)?;
        let unreadable = |error: std::io::Error| RealError::Folder {
            folder: folder.to_owned(),
            reason: error.to_string(),
        };
        let folder = folder.canonicalize().map_err(unreadable)?;
        let images = folder::images(&folder, bundle.labels(), &progress)?;
        Ok(RealImages {
            folder,
            images,
            bundle: Arc::clone(bundle),
            runtime,
            image_shape,
            channels,
            classifier_sha256: bundle.model_sha256(&bundle.manifest().classifier.file)?,
            store,
            progress,
        })
    }

    /// The folder, by its absolute path.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// How many images there are; never 0.
    pub fn len(&self) -> usize {
        self.images.len()
    }

    /// Whether there are no images, which [`RealImages::open`] refuses.
    pub fn is_empty(&self) -> bool {
        self.images.is_empty()
    }

    /// The file of image `index`.
    pub fn path(&self, index: usize) -> PathBuf {
        self.folder.join(&self.images[index].path)
    }

    /// The file of image `index` within the folder, as text. Not free of control characters.
    pub fn name(&self, index: usize) -> String {
        self.images[index].path.to_string_lossy().into_owned()
    }

    /// The image of that [`RealImages::name`].
    pub fn find(&self, name: &str) -> Option<usize> {
        (0..self.len()).find(|&index| self.images[index].path == Path::new(name))
    }

    /// The label of image `index`: that of the nearest subfolder around it whose name stands for
    /// one. A name stands for a label that it is (capitals and signs between words aside), that it
    /// names after a number (`0007_sneaker`), or that has its number or WordNet id (`7`, `0007_x`,
    /// `n04133789`).
    pub fn class(&self, index: usize) -> Option<&str> {
        let class = self.class_index(index)?;
        self.bundle.labels().get(class).map(String::as_str)
    }

    /// Which element of the logits is the class of image `index`.
    pub fn class_index(&self, index: usize) -> Option<usize> {
        self.images[index].class
    }

    /// Shape `[C, H, W]` of the images: that of the generator's.
    pub fn image_shape(&self) -> &[usize] {
        &self.image_shape
    }

    /// The bundle.
    pub fn bundle(&self) -> &Arc<Bundle> {
        &self.bundle
    }

    /// Image `index` as `[C, H, W]` in [0, 1], row-major: cut to the middle, in the generator's size
    /// and channel order.
    ///
    /// # Errors
    /// The file cannot be read as a picture.
    pub fn pixels(&self, index: usize) -> Result<Vec<f32>, RealError> {
        let path = self.path(index);
        read_image(&path, &self.image_shape, self.channels)
            .map_err(|reason| RealError::Image { path, reason })
    }
}
