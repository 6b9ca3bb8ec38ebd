//! Maps: the embeddings of samples in the plane in which they differ most. Runs whose embeddings lie in
//! the same space share a map.

use std::sync::Arc;

use ndarray::{ArrayView2, Axis as Direction, concatenate};

use super::figure::{Axis, Chart, Colour, Dot, Figure, Layer, Marks, Shape};
use super::reported_run::ReportedRun;
use super::table::{Cell, Table};
use crate::metrics::{Plane, principal_plane};

/// Most samples that a map shows by their pictures.
const MOST_PICTURES: usize = 64;
/// Most samples that a map shows with their numbers.
const MOST_NUMBERS: usize = 200;
/// Height of a map.
const HEIGHT: u32 = 1040;

/// The samples of some runs on one plane.
pub(super) struct Map<'a> {
    /// Its number, from 1.
    number: usize,
    /// Each with its places, a row for each sample.
    runs: Vec<(&'a ReportedRun, Vec<(f64, f64)>)>,
    explained: [f64; 2],
}

/// One map for all runs whose embeddings can be compared; runs without embeddings are on none.
pub(super) fn maps(runs: &[ReportedRun]) -> Vec<Map<'_>> {
    let mut groups: Vec<Vec<&ReportedRun>> = Vec::new();
    for run in runs.iter().filter(|run| !run.samples.is_empty()) {
        if embeddings(run).is_none() {
            continue;
        }
        match groups
            .iter_mut()
            .find(|group| group[0].shares_space_with(run))
        {
            Some(group) => group.push(run),
            None => groups.push(vec![run]),
        }
    }
    let numbered = groups.into_iter().enumerate();
    numbered
        .filter_map(|(at, group)| Map::of(at + 1, group))
        .collect()
}

/// Those of a run `[n, p]`.
fn embeddings(run: &ReportedRun) -> Option<ArrayView2<'_, f32>> {
    let tensors = run.tensors.as_ref().ok()?;
    let width = tensors.embedding_length;
    ArrayView2::from_shape((tensors.len(), width), &tensors.embeddings).ok()
}

impl<'a> Map<'a> {
    fn of(number: usize, group: Vec<&'a ReportedRun>) -> Option<Map<'a>> {
        let parts: Vec<_> = group.iter().filter_map(|run| embeddings(run)).collect();
        let all = concatenate(Direction(0), &parts).ok()?;
        let Plane {
            points, explained, ..
        } = principal_plane(all.view());
        let mut places = points
            .rows()
            .into_iter()
            .map(|row| (f64::from(row[0]), f64::from(row[1])));
        let runs = group
            .iter()
            .zip(&parts)
            .map(|(&run, part)| (run, places.by_ref().take(part.nrows()).collect()))
            .collect();
        Some(Map {
            number,
            runs,
            explained,
        })
    }

    /// The map as a figure.
    pub(super) fn figure(&self) -> Figure {
        let count: usize = self.runs.iter().map(|(_, places)| places.len()).sum();
        let [first, second] = self.explained.map(|share| 100.0 * share);
        let places = || self.runs.iter().flat_map(|(_, places)| places);
        let layers = self.runs.iter().map(|(run, places)| Layer {
            name: if self.runs.len() > 1 {
                run.title()
            } else {
                String::new()
            },
            colour: Colour::Series(run.number - 1),
            shape: Shape::Dots(dots(run, places, count)),
        });
        let which = match self.runs.as_slice() {
            [(run, _)] => run.title(),
            _ => "All runs on one plane".to_owned(),
        };
        Figure {
            name: format!("map-{}", self.number),
            caption: format!(
                "{which}: embeddings of the samples in their two principal directions, with {first:.0} % and \
                 {second:.0} % of the variance, to one scale; a number is the index of its sample."
            ),
            panels: vec![
                Chart {
                    title: String::new(),
                    height: HEIGHT,
                    x: Axis::over(
                        &format!("first principal direction ({first:.0} %)"),
                        Marks::None,
                        places().map(|place| place.0),
                    ),
                    y: Axis::over(
                        &format!("second ({second:.0} %)"),
                        Marks::None,
                        places().map(|place| place.1),
                    ),
                    interval: None,
                    layers: layers.collect(),
                }
                .to_scale(),
            ],
        }
    }

    /// The places as a table.
    pub(super) fn table(&self) -> Table {
        let name = format!("map-{}", self.number);
        let mut table = Table::new(name, &["run", "index", "x", "y"]);
        for (run, places) in &self.runs {
            let samples = run.samples.iter().zip(places);
            table.rows.extend(samples.map(|(sample, place)| {
                vec![
                    Cell::Count(run.number as u64),
                    Cell::Count(sample.line.index),
                    Cell::Number(place.0),
                    Cell::Number(place.1),
                ]
            }));
        }
        table
    }
}

fn dots(run: &ReportedRun, places: &[(f64, f64)], count: usize) -> Vec<Dot> {
    let samples = run.samples.iter().zip(places);
    samples
        .map(|(sample, &at)| Dot {
            at,
            label: if count <= MOST_NUMBERS {
                sample.line.index.to_string()
            } else {
                String::new()
            },
            picture: match &sample.picture {
                Ok(picture) if count <= MOST_PICTURES => Some(Arc::clone(&picture.small)),
                _ => None,
            },
        })
        .collect()
}
