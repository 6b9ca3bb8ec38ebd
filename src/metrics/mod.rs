//! Diversity scores of a sample: distances between embeddings and effective counts.

pub mod distances;
pub mod diversity;
pub mod pca;
pub mod vendi;

pub use distances::nearest_distances;
pub use diversity::{BandwidthSource, Diversity};
pub use pca::{Plane, principal_plane};
