//! Real images inside a run's intervals, to be seen beside its samples: people tell from natural images
//! better what a unit responds to than from made ones (Borowski et al., *Exemplary Natural Images Explain
//! CNN Activations Better than State-of-the-Art Feature Visualization*, ICLR 2021, arXiv 2010.12606).

use std::path::{Path, PathBuf};

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::picture::{self, Shown, Size};
use super::reported_run::{Found, ReportedRun};
use super::table::{Cell, Table};
use crate::real::{self, RealError, RealImages};
use crate::run::{Depiction, RunFolder, open_run};

/// Most that are shown.
const MOST: usize = 48;
/// Which are shown where there are more: always the same.
const SEED: u64 = 0;

/// The real images inside the intervals of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct RealInside {
    /// The folder of real images.
    pub folder: PathBuf,
    /// Images in it.
    pub images: usize,
    /// Those inside every interval.
    pub inside: usize,
    /// All of them, or as many as are shown, drawn by a fixed seed; in the order of their files.
    pub shown: Vec<RealImage>,
}

/// One real image.
#[derive(Debug, Clone, PartialEq)]
pub struct RealImage {
    /// Its file within the folder.
    pub file: String,
    /// The label that its subfolder is named after.
    pub class: Option<String>,
    /// Its activations, in the order of the constraints.
    pub activations: Vec<f32>,
    /// The image in the size of the generator's, as the classifier was shown it.
    pub picture: Shown,
}

/// What the classifier makes of a folder of images.
struct Looked {
    images: RealImages,
    /// Images inside every interval.
    inside: usize,
    /// Those that are shown, each with its activations.
    rows: Vec<(usize, Vec<f32>)>,
}

/// Those inside the intervals of the run in `run`, out of `images` or, where no folder is named, out of
/// the one last used with the run's bundle.
pub(super) fn inside(
    run: &RunFolder,
    library: Option<&Path>,
    images: Option<&Path>,
    size: Size,
    progress: real::Progress,
) -> Found<RealInside> {
    let opened = open_run(run, library).map_err(|error| error.to_string())?;
    let bundle = &opened.bundle;
    let depiction = Depiction::of(bundle);
    let look = || -> Result<Looked, RealError> {
        let folder = images
            .map(Path::to_owned)
            .or_else(|| RealImages::remembered(bundle))
            .ok_or(RealError::NotNamed)?;
        let images = RealImages::open(&folder, bundle, opened.runtime, progress)?;
        let activations = images.activations(&opened.query.units())?;
        let inside = real::rows_inside(&opened.query, &activations);
        let rows = drawn(&inside)
            .into_iter()
            .map(|index| (index, activations.row(index).to_vec()))
            .collect();
        Ok(Looked {
            images,
            inside: inside.len(),
            rows,
        })
    };
    let Looked {
        images,
        inside,
        rows,
    } = look().map_err(|error| error.to_string())?;
    let shown = rows.into_iter().map(|(index, activations)| {
        let pixels = images.pixels(index).map_err(|error| error.to_string())?;
        let png = depiction.png(&pixels, images.image_shape())?;
        let picture = picture::of_png(&png, size).map_err(|error| error.to_string())?;
        Ok(RealImage {
            file: images.name(index),
            class: images.class(index).map(str::to_owned),
            activations,
            picture,
        })
    });
    Ok(RealInside {
        shown: shown.collect::<Found<_>>()?,
        folder: images.folder().to_owned(),
        images: images.len(),
        inside,
    })
}

/// At most [`MOST`] of some images, in their order.
fn drawn(inside: &[usize]) -> Vec<usize> {
    let mut random = ChaCha8Rng::seed_from_u64(SEED);
    let mut drawn: Vec<usize> = real::shuffled(inside.len(), &mut random)
        .into_iter()
        .take(MOST)
        .map(|at| inside[at])
        .collect();
    drawn.sort_unstable();
    drawn
}

/// Those shown, as a table.
pub(super) fn table(run: &ReportedRun) -> Table {
    let mut table = Table::new(format!("real-images-{}", run.number), &["file", "class"]);
    let units = run
        .constraints()
        .iter()
        .map(|constraint| constraint.unit.clone());
    table.headings.extend(units);
    if let Ok(real) = &run.real {
        table.rows.extend(real.shown.iter().map(|image| {
            [
                Cell::Text(image.file.clone()),
                Cell::text(image.class.as_deref()),
            ]
            .into_iter()
            .chain(image.activations.iter().map(|&value| Cell::Single(value)))
            .collect()
        }));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_images_are_all_shown_and_of_many_always_the_same() {
        let few: Vec<usize> = (10..20).collect();
        assert_eq!(drawn(&few), few);
        let many: Vec<usize> = (0..1000).collect();
        let shown = drawn(&many);
        assert_eq!(shown.len(), MOST);
        assert!(shown.is_sorted() && shown.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!(shown, drawn(&many));
        assert!(shown[MOST - 1] > 500, "not only the first ones");
    }
}
