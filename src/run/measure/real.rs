//! A run's samples beside real images: those in the same intervals, and those of the class.

use std::path::Path;
use std::sync::Arc;

use ndarray::Array2;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use serde::Serialize;

use super::sanity::sanity;
use crate::metrics::against_real::{AgainstReal, NEIGHBOURS};
use crate::metrics::{Bandwidth, BandwidthSource, PairDistances, Sanity};
use crate::query::{Read, Unit};
use crate::real::{self, Progress, RealImages};
use crate::run::score::Space;
use crate::run::{OpenedRun, RunError};

/// Most real images of each kind in the sanity check.
const MOST_COMPARED: usize = 64;
/// So many images stand for the class of a unit that is none, where fewer lie inside its interval.
const TOP_IMAGES: usize = 16;
/// Which images are compared, where there are more: always the same.
const SEED: u64 = 0;

/// The samples against real images.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RealReport {
    /// The folder of real images.
    pub folder: String,
    /// Images in it.
    pub images: usize,
    /// Images inside every interval.
    pub inside: usize,
    /// Precision, recall, density and coverage against the images inside, in each encoder of `diversity`;
    /// null where real images have no embedding there.
    pub against: Vec<Option<AgainstReal>>,
    /// Which images the sanity check takes for those of the class: `label`, `inside` (the intervals) or
    /// `top` (those that excite the first unit most).
    pub class: ClassKind,
    /// How the classifier treats the samples.
    pub sanity: Sanity,
}

/// Where the images of the class come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ClassKind {
    /// The folder named like the label of the first unit.
    Label,
    /// Inside every interval.
    Inside,
    /// The images that excite the first unit most.
    Top,
}

/// What is known of real images.
pub(super) struct RealSide {
    pub report: RealReport,
    /// Pair distances of the images inside, in each encoder.
    pub inside: Vec<Option<PairDistances>>,
}

/// The real images in a folder, as the run's networks see them.
pub(super) fn open(
    opened: &OpenedRun,
    folder: &Path,
    progress: Progress,
) -> Result<RealImages, RunError> {
    let runtime = Arc::clone(&opened.runtime);
    let images = RealImages::open(folder, &opened.bundle, runtime, progress)?;
    Ok(images)
}

/// Gives each space whose bandwidth the statistics do not know that of the real images.
pub(super) fn give_bandwidths(real: &RealImages, spaces: &mut [Space]) -> Result<(), RunError> {
    for space in spaces.iter_mut().filter(|space| space.bandwidth.is_none()) {
        let distance = real.median_distance(space.kind)?;
        space.bandwidth = distance.map(|distance| Bandwidth {
            distance: f64::from(distance),
            source: BandwidthSource::Images,
        });
    }
    Ok(())
}

/// Compares the samples, whose embeddings are `spaces` and whose images are `images`.
pub(super) fn compare(
    opened: &OpenedRun,
    real: &RealImages,
    spaces: &[Space],
    images: &[Vec<f32>],
) -> Result<RealSide, RunError> {
    let inside = real.inside(&opened.query)?;
    let embedded = spaces
        .iter()
        .map(|space| real.embeddings(space.kind, &inside))
        .collect::<Result<Vec<Option<Array2<f32>>>, _>>()?;
    let against = spaces
        .iter()
        .zip(&embedded)
        .map(|(space, real)| {
            let real = real.as_ref()?;
            Some(AgainstReal::of(
                real.view(),
                space.embeddings.view(),
                NEIGHBOURS,
            ))
        })
        .collect();
    let (class, of_class, others) = class_images(real, &opened.query.units(), &inside)?;
    let pixels = |indices: &[usize]| -> Result<Vec<Vec<f32>>, RunError> {
        let each = indices.iter().map(|&index| Ok(real.pixels(index)?));
        each.collect()
    };
    let sanity = sanity(
        opened,
        real.image_shape(),
        images,
        &pixels(&of_class)?,
        &pixels(&others)?,
    )?;
    Ok(RealSide {
        report: RealReport {
            folder: real.folder().display().to_string(),
            images: real.len(),
            inside: inside.len(),
            against,
            class,
            sanity,
        },
        inside: embedded
            .into_iter()
            .map(|rows| rows.map(|rows| PairDistances::of(rows.view())))
            .collect(),
    })
}

/// The images of the class of the first unit, and images of others, at most [`MOST_COMPARED`] each.
fn class_images(
    real: &RealImages,
    units: &[Unit],
    inside: &[usize],
) -> Result<(ClassKind, Vec<usize>, Vec<usize>), RunError> {
    let mut random = ChaCha8Rng::seed_from_u64(SEED);
    let order = real::shuffled(real.len(), &mut random);
    let label = units.first().and_then(label_of);
    let of_label = |&index: &usize| label.is_some() && real.class_index(index) == label;
    let labelled: Vec<usize> = order.iter().copied().filter(of_label).collect();
    let (kind, class) = match units.first() {
        _ if labelled.len() > 1 => (ClassKind::Label, labelled),
        Some(unit) if inside.len() < 2 => (ClassKind::Top, real.top(unit, TOP_IMAGES)?),
        _ => {
            let is_inside = |index: &usize| inside.contains(index);
            (
                ClassKind::Inside,
                order.iter().copied().filter(is_inside).collect(),
            )
        }
    };
    let others = order
        .into_iter()
        .filter(|index| !class.contains(index))
        .take(MOST_COMPARED)
        .collect();
    let class = class.into_iter().take(MOST_COMPARED).collect();
    Ok((kind, class, others))
}

/// The class that a unit stands for: its index, where it has a label.
fn label_of(unit: &Unit) -> Option<usize> {
    unit.label.as_ref()?;
    match unit.read {
        Read::Element(index) | Read::Probability(index) => Some(index),
        _ => None,
    }
}
