//! The sanity check as a figure and a table: whether the classifier treats samples as it treats real images.

use super::figure::{Axis, Chart, Colour, Estimate, Figure, Layer, Marks, Shape};
use super::reported_run::ReportedRun;
use super::table::{Cell, Table};
use crate::metrics::{LayerSanity, Sanity};

/// One of a layer's similarities.
type Similarity = fn(&LayerSanity) -> Option<f64>;

/// That of a run, where it was made.
fn of(run: &ReportedRun) -> Option<&Sanity> {
    let real = run.measured.as_ref().ok()?.real.as_ref()?;
    Some(&real.sanity).filter(|sanity| !sanity.layers.is_empty())
}

/// Similarities and the score of each layer, from the input on.
pub(super) fn figure(run: &ReportedRun) -> Option<Figure> {
    let sanity = of(run)?;
    let layers = &sanity.layers;
    let similarities: [(&str, usize, Similarity); 3] = [
        ("samples to class", 0, |layer| layer.samples_to_class),
        ("class to class", 1, |layer| layer.class_to_class),
        ("class to others", 2, |layer| layer.class_to_others),
    ];
    let drawn: Vec<Layer> = similarities
        .into_iter()
        .map(|(name, series, value)| Layer {
            name: name.to_owned(),
            colour: Colour::Series(series),
            shape: Shape::Intervals(estimates(layers, |layer| {
                Some((value(layer)?, (f64::NAN, f64::NAN)))
            })),
        })
        .collect();
    let scores = estimates(layers, |layer| {
        let interval = layer
            .interval
            .map_or((f64::NAN, f64::NAN), |ends| (ends.low, ends.high));
        Some((layer.score?, interval))
    });
    let score = Layer {
        name: String::new(),
        colour: Colour::Series(0),
        shape: Shape::Intervals(scores),
    };
    Some(Figure {
        name: format!("sanity-{}", run.number),
        caption: format!(
            "{}: mean rank correlation of the activations of each layer, from the input on, of the samples with {} \
             real images of the class, of these with each other, and with {} of other classes; below, the score on \
             the scale of the last two: 1, as similar to the class as its own images; 0, as others.",
            run.title(),
            sanity.n_class,
            sanity.n_others
        ),
        panels: vec![
            panel("similarity (Spearman)", layers, drawn, &[]),
            panel("score", layers, vec![score], &[0.0, 1.0]),
        ],
    })
}

/// One estimate for each layer that has one, the first layer on top.
fn estimates(
    layers: &[LayerSanity],
    value: impl Fn(&LayerSanity) -> Option<(f64, (f64, f64))>,
) -> Vec<Estimate> {
    let numbered = layers.iter().enumerate();
    numbered
        .filter_map(|(at, layer)| {
            let (value, interval) = value(layer)?;
            Some(Estimate {
                place: (layers.len() - 1 - at) as f64,
                value,
                interval,
            })
        })
        .collect()
}

fn panel(label: &str, layers: &[LayerSanity], drawn: Vec<Layer>, shown: &[f64]) -> Chart {
    let values = drawn.iter().flat_map(|layer| match &layer.shape {
        Shape::Intervals(estimates) => estimates.as_slice(),
        _ => &[],
    });
    let ends = values.flat_map(|estimate| {
        let (low, high) = estimate.interval;
        [low, estimate.value, high]
    });
    let x = Axis::over(label, Marks::Numbers, ends.chain(shown.iter().copied()));
    Chart {
        title: String::new(),
        height: 190 + 52 * layers.len() as u32,
        x,
        y: Axis {
            label: String::new(),
            range: (-0.5, layers.len() as f64 - 0.5),
            marks: Marks::Names(
                layers
                    .iter()
                    .rev()
                    .map(|layer| layer.layer.clone())
                    .collect(),
            ),
        },
        interval: None,
        layers: drawn,
    }
}

/// The check in numbers.
pub(super) fn table(run: &ReportedRun) -> Table {
    let headings = [
        "layer",
        "samples_to_class",
        "class_to_class",
        "class_to_others",
        "score",
        "low",
        "high",
    ];
    let mut table = Table::new(format!("sanity-{}", run.number), &headings);
    for layer in of(run).into_iter().flat_map(|sanity| &sanity.layers) {
        let ends = [
            layer.interval.map(|ends| ends.low),
            layer.interval.map(|ends| ends.high),
        ];
        let values = [
            layer.samples_to_class,
            layer.class_to_class,
            layer.class_to_others,
            layer.score,
        ];
        let cells = values.into_iter().chain(ends);
        let name = Cell::Text(layer.layer.clone());
        let cells = cells.map(|value| value.map_or(Cell::Missing, Cell::Number));
        table
            .rows
            .push(std::iter::once(name).chain(cells).collect());
    }
    table
}
