//! What the classifier makes of one image: its whole output, the units asked for, and every channel of
//! the tensor of the first of them. By the plain graphs at batch 1, on one thread, so that a run at work
//! keeps its cores.

use super::tap::{channel_means, read_unit};
use super::{EngineError, fit, parts};
use crate::bundle::Bundle;
use crate::graph::{Graph, Op, Unary, ValueId, passes};
use crate::onnx;
use crate::query::{Limits, Tap, Unit, unit_axis};
use crate::runtime::{Input, Runtime, Session, SessionOptions};

/// Sessions that look at one image at a time.
pub struct Portrait {
    generator: Box<dyn Session>,
    classifier: Box<dyn Session>,
    code_length: usize,
    image_shape: Vec<usize>,
    limits: Limits,
}

/// What the classifier makes of one image.
#[derive(Debug, Clone, PartialEq)]
pub struct Likeness {
    /// The image `[C, H, W]` in [0, 1], in the generator's channel order.
    pub image: Vec<f32>,
    /// The activation of each unit.
    pub activations: Vec<f32>,
    /// The tensor that labels count in, one value for each of its units, as the classifier gives it.
    pub logits: Vec<f32>,
    /// The same as probabilities: as they are where the classifier gives probabilities, else their
    /// softmax. None for a single output that is no probability.
    pub probabilities: Option<Vec<f32>>,
    /// Each element, or each channel's mean, of the tensor of the first unit; of the logits where
    /// there is no unit.
    pub channels: Vec<f32>,
}

impl Portrait {
    /// Loads the generator and the classifier of a bundle for some units.
    ///
    /// # Errors
    /// A model is bad, shapes do not fit, or the runtime refuses.
    pub fn new(
        runtime: &dyn Runtime,
        bundle: &Bundle,
        units: &[Unit],
    ) -> Result<Portrait, EngineError> {
        let model = bundle.generator()?;
        let mut generator = parts::generator(bundle, model.as_ref(), 1)?.graph;
        parts::to_unit_range(bundle, &mut generator)?;
        let code_length = generator.shape(generator.inputs()[0])[1];
        let image_shape = generator.shape(generator.outputs()[0])[1..].to_vec();
        let (classifier, limits) = classifier(bundle, units, &image_shape)?;
        let load = |graph: &Graph| -> Result<Box<dyn Session>, EngineError> {
            let graph =
                passes::fold_batch_normalization(&passes::fold_constants(&passes::prune(graph)));
            Ok(runtime.load(&onnx::serialise(&graph)?, &SessionOptions::threads(1))?)
        };
        Ok(Portrait {
            generator: load(&generator)?,
            classifier: load(&classifier)?,
            code_length,
            image_shape,
            limits,
        })
    }

    /// Shape `[C, H, W]` of the images it looks at.
    pub fn image_shape(&self) -> &[usize] {
        &self.image_shape
    }

    /// Length of the codes it draws.
    pub fn code_length(&self) -> usize {
        self.code_length
    }

    /// The image of a code, looked at.
    ///
    /// # Errors
    /// The code has another length, or the runtime failed.
    pub fn of_code(&mut self, code: &[f32]) -> Result<Likeness, EngineError> {
        if code.len() != self.code_length {
            return Err(EngineError::Internal(format!(
                "a code has {} values, not {}",
                code.len(),
                self.code_length
            )));
        }
        let outputs = self.generator.run(&[Input::F32 {
            shape: &[1, self.code_length],
            values: code,
        }])?;
        let image = outputs[0].read_f32()?.into_owned();
        self.of_image(image)
    }

    /// An image `[C, H, W]` in [0, 1], looked at. It has the generator's size and channel order.
    ///
    /// # Errors
    /// The image has another size, or the runtime failed.
    pub fn of_image(&mut self, image: Vec<f32>) -> Result<Likeness, EngineError> {
        if image.len() != self.image_shape.iter().product::<usize>() {
            return Err(EngineError::Internal(format!(
                "an image does not have the shape {:?}",
                self.image_shape
            )));
        }
        let shape = [&[1], self.image_shape.as_slice()].concat();
        let outputs = self.classifier.run(&[Input::F32 {
            shape: &shape,
            values: &image,
        }])?;
        let values = |at: usize| -> Result<Vec<f32>, EngineError> {
            Ok(match outputs.get(at) {
                Some(output) => output.read_f32()?.into_owned(),
                None => Vec::new(),
            })
        };
        let (logits, channels, activations) = (values(0)?, values(1)?, values(2)?);
        Ok(Likeness {
            probabilities: probabilities(&logits, self.limits),
            image,
            activations,
            logits,
            channels,
        })
    }
}

/// From an image `[1, C, H, W]` to the logits, the channels and, where there are units, their
/// activations; and the limits of the logits.
fn classifier(
    bundle: &Bundle,
    units: &[Unit],
    image_shape: &[usize],
) -> Result<(Graph, Limits), EngineError> {
    let model = bundle.classifier()?;
    let logits = bundle.logits(&model);
    let mut tensors: Vec<String> = vec![logits.clone()];
    for unit in units {
        if !tensors.contains(&unit.tensor) {
            tensors.push(unit.tensor.clone());
        }
    }
    let mut classifier = parts::classifier(bundle, &model, &tensors, 1)?;
    let limits = Tap::of(&classifier, &logits).map_or_else(Limits::default, |tap| tap.limits);
    let places = tensors
        .iter()
        .map(|tensor| find(&classifier, tensor))
        .collect::<Result<_, _>>()?;
    classifier.set_outputs(places);
    let (front, _) = fit::images(image_shape, 1)?;
    let prepared = fit::to_classifier(bundle, front, &classifier)?;
    let from = prepared.name(prepared.outputs()[0]).to_owned();
    let to = classifier.name(classifier.inputs()[0]).to_owned();
    let mut graph = passes::compose(&prepared, &classifier, &[(&from, &to)], "classifier/")?;
    let taps = graph.outputs().to_vec();
    let place = |unit: &Unit| tensors.iter().position(|tensor| *tensor == unit.tensor);
    let tap = |unit: &Unit| place(unit).map_or(taps[0], |at| taps[at]);

    let mut outputs = vec![
        vector(&mut graph, "portrait/logits", taps[0])?,
        vector(
            &mut graph,
            "portrait/channels",
            units.first().map_or(taps[0], tap),
        )?,
    ];
    let mut scalars = Vec::with_capacity(units.len());
    for (number, unit) in units.iter().enumerate() {
        let name = format!("portrait/unit/{number}");
        scalars.push(read_unit(&mut graph, &name, tap(unit), unit)?);
    }
    if !scalars.is_empty() {
        outputs.push(graph.add("portrait/activations", Op::Concat { axis: 1 }, &scalars)?);
    }
    graph.set_outputs(outputs);
    Ok((graph, limits))
}

/// `[1, units]` of a tensor: its elements, or its channels' means.
fn vector(graph: &mut Graph, name: &str, tensor: ValueId) -> Result<ValueId, EngineError> {
    let shape = graph.shape(tensor).to_vec();
    Ok(match unit_axis(shape.len()) {
        Some(_) => {
            let means = channel_means(graph, name, tensor)?;
            // Two outputs may be the same tensor; a value is an output once.
            graph.add(
                &format!("{name}/copy"),
                Op::Unary(Unary::Identity),
                &[means],
            )?
        }
        None => {
            let shape = vec![1, shape.iter().product()];
            graph.add(name, Op::Reshape { shape }, &[tensor])?
        }
    })
}

fn find(graph: &Graph, name: &str) -> Result<ValueId, EngineError> {
    graph
        .find(name)
        .ok_or_else(|| EngineError::Internal(format!("'{name}' is not in the classifier")))
}

fn probabilities(logits: &[f32], limits: Limits) -> Option<Vec<f32>> {
    if limits == Limits::UNIT {
        return Some(logits.to_vec());
    }
    if logits.len() < 2 {
        return None;
    }
    let greatest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let powers: Vec<f64> = logits
        .iter()
        .map(|&logit| f64::from(logit - greatest).exp())
        .collect();
    let sum: f64 = powers.iter().sum();
    Some(powers.iter().map(|power| (power / sum) as f32).collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::Arc;

    use ndarray::Array2;

    use super::*;
    use crate::engine::{Engine, PlanRequest};
    use crate::query::Query;
    use crate::runtime::Embedded;
    use crate::sampler::Evaluate;

    fn near(one: &[f32], other: &[f32]) {
        assert_eq!(one.len(), other.len());
        for (a, b) in one.iter().zip(other) {
            assert!((a - b).abs() < 1e-4 * a.abs().max(1.0), "{a} {b}");
        }
    }

    #[test]
    fn a_portrait_is_what_the_engine_evaluates_and_the_whole_output_besides() {
        let bundle = Arc::new(Bundle::open("fashion").unwrap());
        let runtime = Arc::new(Embedded::new());
        let texts = [
            "sneaker in 1..",
            "prob(logits[2]) in ..1",
            "logits[0] in 0..",
        ];
        let query = Query::resolve(&texts.map(str::to_owned), &bundle).unwrap();
        let units = query.units();
        let mut portrait = Portrait::new(runtime.as_ref(), &bundle, &units).unwrap();
        let code: Vec<f32> = (0..portrait.code_length())
            .map(|at| (at as f32 * 0.7).sin())
            .collect();
        let seen = portrait.of_code(&code).unwrap();
        let mut engine = Engine::new(
            runtime,
            Arc::clone(&bundle),
            units.clone(),
            &PlanRequest::default(),
            None,
        )
        .unwrap();
        let codes = Array2::from_shape_vec((1, code.len()), code).unwrap();
        let activations = engine.check(codes.view()).unwrap();
        near(&seen.activations, activations.row(0).to_vec().as_slice());
        near(&seen.image, &engine.render(codes.view()).unwrap()[0]);

        let sneaker = units[0].index.unwrap();
        let probabilities = seen.probabilities.as_ref().unwrap();
        near(
            &[seen.logits[sneaker], seen.logits[0]],
            &[seen.activations[0], seen.activations[2]],
        );
        near(&[probabilities[2]], &[seen.activations[1]]);
        near(&[probabilities.iter().sum::<f32>()], &[1.0]);
        assert_eq!(seen.logits.len(), bundle.labels().len());
        assert_eq!(seen.channels, seen.logits);
        // The image alone is seen the same.
        assert_eq!(portrait.of_image(seen.image.clone()).unwrap(), seen);
        assert!(portrait.of_image(vec![0.5]).is_err());
        assert!(portrait.of_code(&[0.5]).is_err());
    }

    #[test]
    fn the_channels_are_those_of_the_first_units_tensor() {
        let bundle = Bundle::open("scenes64").unwrap();
        let index = crate::query::UnitIndex::of(&bundle).unwrap();
        let tensor = index
            .tensors()
            .iter()
            .find(|tensor| tensor.shape.len() == 4)
            .unwrap();
        let name = &tensor.name;
        let texts = [
            format!("{name}[1] in 0.."),
            format!("max({name}[1]) in 0.."),
        ];
        let units = Query::resolve(&texts, &bundle).unwrap().units();
        let mut portrait = Portrait::new(&Embedded::new(), &bundle, &units).unwrap();
        let image = vec![0.25; portrait.image_shape().iter().product()];
        let seen = portrait.of_image(image).unwrap();
        assert_eq!(seen.channels.len(), tensor.units);
        near(&[seen.channels[1]], &[seen.activations[0]]);
        assert!(seen.activations[1] >= seen.activations[0]);
        assert_eq!((seen.logits.len(), seen.activations.len()), (200, 2));
    }

    #[test]
    fn a_bundle_of_pixels_and_probabilities_without_units_is_seen_too() {
        let bundle = Bundle::open("halfspace").unwrap();
        let mut portrait = Portrait::new(&Embedded::new(), &bundle, &[]).unwrap();
        let code = vec![0.5; portrait.code_length()];
        let seen = portrait.of_code(&code).unwrap();
        assert_eq!(seen.image, code);
        assert_eq!(seen.channels, seen.logits);
        assert!(seen.activations.is_empty());
        assert_eq!(seen.probabilities, Some(seen.logits.clone()));
    }

    #[test]
    fn probabilities_are_there_where_they_mean_something() {
        assert_eq!(probabilities(&[3.0], Limits::default()), None);
        assert_eq!(probabilities(&[0.25], Limits::UNIT), Some(vec![0.25]));
        let shares = probabilities(&[1e30, 1e30, f32::MIN], Limits::default()).unwrap();
        assert_eq!(shares, [0.5, 0.5, 0.0]);
    }
}
