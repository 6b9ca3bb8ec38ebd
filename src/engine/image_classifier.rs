//! What the classifier makes of many finished images: activations of units, channels of tensors,
//! whole tensors. By the plain graphs, in batches of one size.

use ndarray::Array2;

use super::tap::{channel_means, read_unit};
use super::{EngineError, fit, parts};
use crate::bundle::Bundle;
use crate::graph::{DType, Graph, Op, Unary, ValueId, passes};
use crate::onnx;
use crate::query::{Unit, unit_axis};
use crate::runtime::{Input, Runtime, Session, SessionOptions};

/// Images in one run.
const BATCH: usize = 16;

/// What is read off the classifier for each image.
#[derive(Debug, Clone, PartialEq)]
pub enum ImageTap {
    /// Each element of a tensor `[B, C]`, each channel's mean of `[B, C, H, W]` or `[B, T, C]`.
    Channels(String),
    /// Every value of a tensor, row-major.
    Whole(String),
    /// The activation of one unit.
    Unit(Unit),
}

impl ImageTap {
    fn tensor(&self) -> &str {
        match self {
            ImageTap::Channels(tensor) | ImageTap::Whole(tensor) => tensor,
            ImageTap::Unit(unit) => &unit.tensor,
        }
    }
}

/// A session from images `[C, H, W]` in [0, 1], in the generator's size and channel order, to what
/// is read off the classifier.
pub struct ImageClassifier {
    session: Box<dyn Session>,
    image_shape: Vec<usize>,
    widths: Vec<usize>,
}

impl ImageClassifier {
    /// Loads the classifier of a bundle with `taps` as its outputs.
    ///
    /// # Errors
    /// The model is bad, shapes do not fit, a tensor does not hold values for each image, or the
    /// runtime refuses.
    pub fn new(
        runtime: &dyn Runtime,
        bundle: &Bundle,
        taps: &[ImageTap],
        image_shape: &[usize],
    ) -> Result<ImageClassifier, EngineError> {
        let graph = tapped(bundle, taps, image_shape)?;
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(ImageClassifier {
            session: runtime.load(&onnx::serialise(&graph)?, &SessionOptions::threads(threads))?,
            image_shape: image_shape.to_vec(),
            widths: graph
                .outputs()
                .iter()
                .map(|&output| graph.shape(output)[1])
                .collect(),
        })
    }

    /// How many values each tap has for one image, in the order of the taps.
    pub fn widths(&self) -> &[usize] {
        &self.widths
    }

    /// The values of each tap `[images, width]`, in the order of the taps.
    ///
    /// # Errors
    /// The runtime failed, or an image has another length.
    pub fn run(&mut self, images: &[Vec<f32>]) -> Result<Vec<Array2<f32>>, EngineError> {
        let length: usize = self.image_shape.iter().product();
        let shape = [&[BATCH], self.image_shape.as_slice()].concat();
        let mut columns: Vec<Vec<f32>> = self
            .widths
            .iter()
            .map(|width| Vec::with_capacity(images.len() * width))
            .collect();
        for chunk in images.chunks(BATCH) {
            let mut values = chunk.concat();
            if values.len() != chunk.len() * length {
                return Err(EngineError::Internal(format!(
                    "an image does not have the shape {:?}",
                    self.image_shape
                )));
            }
            values.resize(BATCH * length, 0.0);
            let outputs = self.session.run(&[Input::F32 {
                shape: &shape,
                values: &values,
            }])?;
            for ((column, output), width) in columns.iter_mut().zip(&outputs).zip(&self.widths) {
                column.extend_from_slice(&output.read_f32()?[..chunk.len() * width]);
            }
        }
        columns
            .into_iter()
            .zip(&self.widths)
            .map(|(column, &width)| {
                Array2::from_shape_vec((images.len(), width), column)
                    .map_err(|error| EngineError::Internal(error.to_string()))
            })
            .collect()
    }
}

/// Of `tensors` those that hold float32 values for each image: their first axis counts images at any
/// batch, and they have units.
///
/// # Errors
/// The classifier cannot be read as far as these tensors.
pub fn tensors_of_images(bundle: &Bundle, tensors: &[String]) -> Result<Vec<String>, EngineError> {
    let graph = parts::classifier(bundle, &bundle.classifier()?, tensors, BATCH)?;
    let holds_units = |tensor: &&String| {
        graph.find(tensor).is_some_and(|id| {
            let found = graph.tensor_type(id);
            found.dtype == DType::F32
                && found.shape.first() == Some(&BATCH)
                && unit_axis(found.shape.len()).is_some()
        })
    };
    Ok(tensors.iter().filter(holds_units).cloned().collect())
}

/// From images `[BATCH, C, H, W]` to one matrix `[BATCH, width]` for each tap.
fn tapped(bundle: &Bundle, taps: &[ImageTap], image_shape: &[usize]) -> Result<Graph, EngineError> {
    let mut tensors: Vec<String> = Vec::new();
    for tap in taps {
        if !tensors.iter().any(|tensor| tensor == tap.tensor()) {
            tensors.push(tap.tensor().to_owned());
        }
    }
    let mut classifier = parts::classifier(bundle, &bundle.classifier()?, &tensors, BATCH)?;
    let file = &bundle.manifest().classifier.file;
    let mut places = Vec::with_capacity(tensors.len());
    for tensor in &tensors {
        let place = classifier
            .find(tensor)
            .ok_or_else(|| EngineError::Internal(format!("'{tensor}' is not in the classifier")))?;
        let named = format!("'{tensor}' of '{file}'");
        parts::vectors_for(&classifier, place, BATCH, "classifier.file", &named)?;
        places.push(place);
    }
    classifier.set_outputs(places);
    let (front, _) = fit::images(image_shape, BATCH)?;
    let prepared = fit::to_classifier(bundle, front, &classifier)?;
    let from = prepared.name(prepared.outputs()[0]).to_owned();
    let to = classifier.name(classifier.inputs()[0]).to_owned();
    let mut graph = passes::compose(&prepared, &classifier, &[(&from, &to)], "classifier/")?;
    let places = graph.outputs().to_vec();
    let mut outputs = Vec::with_capacity(taps.len());
    for (number, tap) in taps.iter().enumerate() {
        let place = tensors
            .iter()
            .position(|tensor| tensor == tap.tensor())
            .map_or(places[0], |at| places[at]);
        outputs.push(matrix(&mut graph, &format!("tap/{number}"), place, tap)?);
    }
    graph.set_outputs(outputs);
    Ok(passes::fold_batch_normalization(&passes::fold_constants(
        &passes::prune(&graph),
    )))
}

/// `[BATCH, width]` of a tensor, a value of its own.
fn matrix(
    graph: &mut Graph,
    name: &str,
    tensor: ValueId,
    tap: &ImageTap,
) -> Result<ValueId, EngineError> {
    let value = match tap {
        ImageTap::Unit(unit) => read_unit(graph, name, tensor, unit)?,
        ImageTap::Channels(tensor_name) => {
            let rank = graph.shape(tensor).len();
            if unit_axis(rank).is_none() {
                let what = format!("'{tensor_name}' has no units: its rank is {rank}");
                return Err(EngineError::Internal(what));
            }
            channel_means(graph, name, tensor)?
        }
        ImageTap::Whole(_) => {
            let shape = vec![BATCH, graph.shape(tensor)[1..].iter().product()];
            graph.add(name, Op::Reshape { shape }, &[tensor])?
        }
    };
    // Two taps may read the same value; a value is an output once.
    Ok(graph.add(
        &format!("{name}/copy"),
        Op::Unary(Unary::Identity),
        &[value],
    )?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::engine::Portrait;
    use crate::query::{Query, UnitIndex};
    use crate::runtime::Embedded;

    /// Images that differ, with values in [0, 1].
    fn images(count: usize, length: usize) -> Vec<Vec<f32>> {
        (0..count)
            .map(|image| {
                (0..length)
                    .map(|at| ((at * (image + 3)) as f32 * 0.37).sin().abs())
                    .collect()
            })
            .collect()
    }

    #[test]
    fn many_images_are_seen_as_each_alone_whatever_the_batch() {
        let bundle = Bundle::open("scenes64").unwrap();
        let index = UnitIndex::of(&bundle).unwrap();
        let map = index
            .tensors()
            .iter()
            .find(|tensor| tensor.shape.len() == 4)
            .unwrap();
        let name = &map.name;
        let texts = [
            format!("{name}[1] in 0.."),
            format!("max({name}[2]) in 0.."),
            format!("{name}[1,0,1] in 0.."),
            "prob(logits[3]) in 0..".to_owned(),
        ];
        let units = Query::resolve(&texts, &bundle).unwrap().units();
        let mut portrait = Portrait::new(&Embedded::new(), &bundle, &units).unwrap();
        let shape = portrait.image_shape().to_vec();
        let images = images(BATCH + 3, shape.iter().product());
        let mut taps: Vec<ImageTap> = units.iter().cloned().map(ImageTap::Unit).collect();
        taps.push(ImageTap::Channels(name.clone()));
        taps.push(ImageTap::Whole("logits".to_owned()));
        let mut classifier =
            ImageClassifier::new(&Embedded::new(), &bundle, &taps, &shape).unwrap();
        let seen = classifier.run(&images).unwrap();
        assert_eq!(classifier.widths(), [1, 1, 1, 1, map.units, 200]);
        for (row, image) in images.iter().enumerate() {
            let alone = portrait.of_image(image.clone()).unwrap();
            let near = |a: f32, b: f32| assert!((a - b).abs() < 1e-4 * a.abs().max(1.0), "{a} {b}");
            for (tap, &activation) in alone.activations.iter().enumerate() {
                near(seen[tap][(row, 0)], activation);
            }
            for (channel, &mean) in alone.channels.iter().enumerate() {
                near(seen[4][(row, channel)], mean);
            }
            for (class, &logit) in alone.logits.iter().enumerate() {
                near(seen[5][(row, class)], logit);
            }
        }
        assert!(classifier.run(&[vec![0.5]]).is_err());
        let none = classifier.run(&[]).unwrap();
        assert_eq!(none[4].dim(), (0, map.units));
    }

    #[test]
    fn tensors_of_images_are_those_with_units_for_each_image() {
        let bundle = Bundle::open("fashion").unwrap();
        let index = UnitIndex::of(&bundle).unwrap();
        let names: Vec<String> = index
            .tensors()
            .iter()
            .map(|tensor| tensor.name.clone())
            .collect();
        let found = tensors_of_images(&bundle, &names).unwrap();
        assert_eq!(found, names);
    }
}
