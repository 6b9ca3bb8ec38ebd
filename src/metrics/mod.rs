//! Scores of a sample: diversity (distances between embeddings, effective counts, volumes), how it
//! lies against real images, and intervals for all of them. Arrays only.

pub mod against_real;
pub mod distances;
pub mod distinct;
pub mod diversity;
pub mod index;
mod kernel;
pub mod kolmogorov_smirnov;
pub mod log_det;
pub mod pairs;
pub mod pca;
pub mod perceptual;
pub mod resample;
pub mod riesz;
pub mod sanity;
pub mod scores;
pub mod vendi;

pub use against_real::{AgainstReal, RowMean};
pub use distances::{median_pairwise, nearest_distances};
pub use diversity::{Bandwidth, BandwidthSource, Diversity};
pub use index::{DiversityIndex, diversity_index};
pub use kolmogorov_smirnov::{KolmogorovSmirnov, holm};
pub use pairs::PairDistances;
pub use pca::{Plane, principal_plane};
pub use perceptual::{Perceptual, perceptual_vector};
pub use resample::Confidence;
pub use sanity::{ImageSet, LayerSanity, Sanity, SanityCheck};
pub use scores::{Intervals, Scores};
