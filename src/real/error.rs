//! What can be wrong with real images.

use std::path::PathBuf;

use crate::bundle::BundleError;
use crate::engine::EngineError;

/// Real images cannot be read or measured.
#[derive(Debug, thiserror::Error)]
pub enum RealError {
    /// The folder cannot be read.
    #[error("the images in {} cannot be read ({reason}); name a folder of PNG or JPEG files", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// The system's reason.
        reason: String,
    },
    /// No folder is named, and none was used with this bundle before.
    #[error(
        "no folder of real images is known for this bundle; name one with --images DIR, or run `invset stats --images DIR` once"
    )]
    NotNamed,
    /// The bundle's samples are no images.
    #[error(
        "the samples of '{bundle}' are {sample}s, not images: only pictures can be measured so far"
    )]
    NoImages {
        /// Name of the bundle.
        bundle: String,
        /// What its samples are.
        sample: &'static str,
    },
    /// There is no picture in the folder or in those inside it.
    #[error("there is no PNG or JPEG file in {}; name a folder of pictures", .0.display())]
    Empty(PathBuf),
    /// A file cannot be read as a picture.
    #[error("{}: {reason}; repair the file, or move it away", path.display())]
    Image {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The classifier cannot look at the images.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The bundle is bad.
    #[error(transparent)]
    Bundle(#[from] BundleError),
}
