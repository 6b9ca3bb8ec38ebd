//! What `stats` tells, as its JSON has it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use ndarray::Array2;
use serde::Serialize;

use crate::query::{Query, Unit};
use crate::real::{LEVELS, LeftOut, RealImages, Survey, Surveyed, UnitStatistics, top};

/// What `stats` tells.
#[derive(Serialize)]
pub(super) struct Report {
    /// The bundle as named.
    pub bundle: String,
    /// The folder of images.
    pub images: Images,
    /// What was measured of each tensor; empty where single units were asked for.
    pub tensors: Vec<Tensor>,
    /// Tensors that were left out, and why.
    pub left_out: Vec<LeftOut>,
    /// The median distance between two images, by `encoder`, `judge` or `pixels`.
    pub median_distances: BTreeMap<&'static str, f32>,
    /// The statistics file; none where none was written.
    pub file: Option<PathBuf>,
    /// The units asked for.
    pub units: Vec<UnitReport>,
    /// The images in the interval asked for.
    pub inside: Option<Inside>,
}

/// A folder of images.
#[derive(Serialize)]
pub(super) struct Images {
    pub folder: PathBuf,
    /// How many there are.
    pub count: usize,
    /// How many are in a folder named after a label.
    pub with_class: usize,
}

/// One tensor.
#[derive(Serialize)]
pub(super) struct Tensor {
    pub tensor: String,
    /// At batch 1.
    pub shape: Vec<usize>,
    pub units: usize,
    /// The least activation of any of its units.
    pub least: f32,
    /// The middle one of its units' medians.
    pub median: f32,
    /// The greatest activation of any of its units.
    pub greatest: f32,
}

/// One unit.
#[derive(Serialize)]
pub(super) struct UnitReport {
    /// As named.
    pub unit: String,
    /// With its index and label.
    pub name: String,
    pub index: Option<usize>,
    pub label: Option<String>,
    /// The shares at which quantiles are given.
    pub levels: &'static [f32],
    /// None where an activation is not finite; so are the other two.
    pub quantiles: Option<Vec<f32>>,
    /// Images in equal bins between the least and the greatest activation.
    pub histogram: Option<Vec<f32>>,
    /// The images that excite it most.
    pub top: Vec<Image>,
}

/// One image.
#[derive(Serialize)]
pub(super) struct Image {
    /// Within the folder.
    pub file: String,
    /// The label of its subfolder.
    pub class: Option<String>,
    /// In the order of the units.
    pub activations: Vec<f32>,
}

/// The images in an interval.
#[derive(Serialize)]
pub(super) struct Inside {
    /// As asked for.
    #[serde(rename = "where")]
    pub query: Vec<String>,
    /// How many there are.
    pub count: usize,
    /// In the order of their paths.
    pub images: Vec<Image>,
}

impl Report {
    pub(super) fn new(bundle: &str, images: &RealImages) -> Report {
        let with_class = (0..images.len()).filter(|&at| images.class(at).is_some());
        Report {
            bundle: bundle.to_owned(),
            images: Images {
                folder: images.folder().to_owned(),
                count: images.len(),
                with_class: with_class.count(),
            },
            tensors: Vec::new(),
            left_out: Vec::new(),
            median_distances: BTreeMap::new(),
            file: None,
            units: Vec::new(),
            inside: None,
        }
    }

    pub(super) fn survey(&mut self, survey: &Survey) {
        self.tensors = survey.tensors.iter().map(Tensor::of).collect();
        self.left_out = survey.left_out.clone();
        self.median_distances = survey
            .median_distances
            .iter()
            .map(|&(space, distance)| (space.name(), distance))
            .collect();
    }

    pub(super) fn inside(
        &mut self,
        query: &Query,
        inside: &[usize],
        activations: &Array2<f32>,
        images: &RealImages,
    ) {
        let images: Vec<Image> = inside
            .iter()
            .map(|&at| Image::new(at, activations.row(at).to_vec(), images))
            .collect();
        self.inside = Some(Inside {
            query: query.texts(),
            count: images.len(),
            images,
        });
    }
}

impl Tensor {
    fn of(surveyed: &Surveyed) -> Tensor {
        let at = |level: usize| {
            let mut values: Vec<f32> = surveyed
                .units
                .iter()
                .filter_map(|unit| unit.quantiles.get(level).copied())
                .collect();
            values.sort_by(f32::total_cmp);
            values
        };
        let middle = LEVELS.iter().position(|&level| level == 0.5).unwrap_or(0);
        let medians = at(middle);
        Tensor {
            tensor: surveyed.tensor.clone(),
            shape: surveyed.shape.clone(),
            units: surveyed.units.len(),
            least: at(0).first().copied().unwrap_or(f32::NAN),
            median: medians.get(medians.len() / 2).copied().unwrap_or(f32::NAN),
            greatest: at(LEVELS.len() - 1).last().copied().unwrap_or(f32::NAN),
        }
    }
}

impl UnitReport {
    /// Of the activations `values` on each image.
    pub(super) fn new(unit: &Unit, values: &[f32], images: &RealImages) -> UnitReport {
        /// Images named as those that excite a unit most.
        const TOP: usize = 9;
        let statistics = UnitStatistics::of(values);
        UnitReport {
            unit: unit.text.clone(),
            name: unit.to_string(),
            index: unit.index,
            label: unit.label.clone(),
            levels: &LEVELS,
            top: top(values.iter().copied(), TOP)
                .into_iter()
                .map(|at| Image::new(at, vec![values[at]], images))
                .collect(),
            quantiles: statistics.as_ref().map(|unit| unit.quantiles.clone()),
            histogram: statistics.map(|unit| unit.histogram),
        }
    }
}

impl Image {
    fn new(at: usize, activations: Vec<f32>, images: &RealImages) -> Image {
        Image {
            file: images.name(at),
            class: images.class(at).map(str::to_owned),
            activations,
        }
    }
}
