//! The networks of a bundle composed for a query: generator, classifier and encoder in one forward graph.

use super::encoder::{self, Seen};
use super::parts::{self, Generated};
use super::tap::read_unit;
use super::transforms::{self, TransformInput, Transforms};
use super::{EngineError, fit, pre_activation};
use crate::bundle::{Bundle, Encoder};
use crate::graph::{Graph, Op, Unary, ValueId, passes};
use crate::query::Unit;

/// The networks of `bundle` composed for `units` at a fixed batch: `code [batch, d]` to `image`,
/// `activation [batch, m]` and `embedding [batch, p]`, for whoever runs them elsewhere.
///
/// # Errors
/// A file does not parse, or shapes do not fit.
pub fn composed(bundle: &Bundle, units: &[Unit], batch: usize) -> Result<Graph, EngineError> {
    let Composed {
        mut graph, outputs, ..
    } = Composed::build(bundle, units, batch, None)?;
    graph.set_outputs(outputs.to_vec());
    Ok(passes::prune(&graph))
}

/// The composed forward graph; `outputs` are image, activation and embedding.
pub(super) struct Composed {
    pub(super) graph: Graph,
    pub(super) outputs: [ValueId; 3],
    /// What steers the constraints, where it is not the activation for all of them.
    pub(super) steering: Option<ValueId>,
    /// See [`super::networks::Networks::floors`].
    pub(super) floors: Vec<Option<f32>>,
    /// See [`super::networks::Networks::transforms`].
    pub(super) transforms: Vec<TransformInput>,
    pub(super) code_shape: Vec<usize>,
}

impl Composed {
    pub(super) fn build(
        bundle: &Bundle,
        units: &[Unit],
        batch: usize,
        transforms: Option<&Transforms>,
    ) -> Result<Composed, EngineError> {
        let model = bundle.generator()?;
        let Generated {
            graph: mut generator,
            code_shape,
        } = parts::generator(bundle, model.as_ref(), batch)?;
        parts::to_unit_range(bundle, &mut generator)?;
        let image_name = generator.name(generator.outputs()[0]).to_owned();
        let mut inputs = Vec::new();
        if let Some(transforms) = transforms {
            let image = generator.outputs()[0];
            let (seen, more) = transforms::transform(&mut generator, image, transforms)?;
            generator.set_outputs(vec![seen]);
            inputs = more;
        }

        let classifier = classifier_graph(bundle, units, batch)?;
        let prepared = fit::to_classifier(bundle, generator, &classifier)?;
        let prepared_name = prepared.name(prepared.outputs()[0]).to_owned();
        let classifier_input = classifier.name(classifier.inputs()[0]).to_owned();
        let mut graph = passes::compose(
            &prepared,
            &classifier,
            &[(&prepared_name, &classifier_input)],
            "classifier/",
        )?;

        let taps = graph.outputs().to_vec();
        let mut scalars = Vec::with_capacity(units.len());
        let mut steered = Vec::with_capacity(units.len());
        let file = &bundle.manifest().classifier.file;
        let in_classifier = |tensor: &str| format!("'{tensor}' of '{file}'");
        for (number, unit) in units.iter().enumerate() {
            let named = in_classifier(&unit.tensor);
            parts::vectors_for(&graph, taps[number], batch, "classifier.file", &named)?;
            let name = format!("unit/{number}");
            let activation = read_unit(&mut graph, &name, taps[number], unit)?;
            scalars.push(activation);
            steered.push(pre_activation::steering(
                &mut graph,
                &name,
                taps[number],
                unit,
                activation,
            )?);
        }
        let activation = graph.add("activation", Op::Concat { axis: 1 }, &scalars)?;
        let floors = steered
            .iter()
            .map(|steered| steered.map(|_| pre_activation::FLOOR))
            .collect();
        let steering_name = if steered.iter().any(Option::is_some) {
            let values = steered.iter().zip(&scalars);
            let values: Vec<ValueId> = values
                .map(|(steered, &scalar)| steered.unwrap_or(scalar))
                .collect();
            let steering = graph.add("steering", Op::Concat { axis: 1 }, &values)?;
            Some(graph.name(steering).to_owned())
        } else {
            None
        };

        let activation_name = graph.name(activation).to_owned();
        let image = find(&graph, &image_name)?;
        let steering = steering_name.as_deref().map(|name| find(&graph, name));
        let steering = steering.transpose()?;
        let seen = Seen {
            image,
            kept: std::iter::once(activation).chain(steering).collect(),
            tensor: taps.get(units.len()).copied(),
        };
        let (mut graph, features, width) = encoder::attach(graph, &seen, bundle, batch)?;
        let image = find(&graph, &image_name)?;
        let activation = find(&graph, &activation_name)?;
        let steering = steering_name.as_deref().map(|name| find(&graph, name));
        let steering = steering.transpose()?;
        // The image may also be the embedding; an output of its own keeps the three apart.
        let image = graph.add("image", Op::Unary(Unary::Identity), &[image])?;
        let shape = vec![batch, width];
        let embedding = graph.add("embedding", Op::Reshape { shape }, &[features])?;
        let mut outputs = vec![image, activation, embedding];
        outputs.extend(steering);
        graph.set_outputs(outputs);
        let graph =
            passes::fold_batch_normalization(&passes::fold_constants(&passes::prune(&graph)));
        let outputs = graph.outputs();
        Ok(Composed {
            outputs: [outputs[0], outputs[1], outputs[2]],
            steering: outputs.get(3).copied(),
            graph,
            floors,
            transforms: inputs,
            code_shape,
        })
    }
}

/// A value of a composed graph by the name it had before.
fn find(graph: &Graph, name: &str) -> Result<ValueId, EngineError> {
    graph
        .find(name)
        .ok_or_else(|| EngineError::Internal(format!("'{name}' is lost in composition")))
}

/// The classifier with one output for each unit's tensor, and one more where it is the encoder.
fn classifier_graph(bundle: &Bundle, units: &[Unit], batch: usize) -> Result<Graph, EngineError> {
    let mut tensors: Vec<String> = units.iter().map(|unit| unit.tensor.clone()).collect();
    if let Some(Encoder::Tensor(tensor)) = &bundle.manifest().encoder {
        tensors.push(tensor.clone());
    }
    let mut graph = parts::classifier(bundle, &bundle.classifier()?, &tensors, batch)?;
    let mut outputs = Vec::with_capacity(tensors.len());
    for tensor in &tensors {
        let id = find(&graph, tensor)?;
        // A value is an output once; units that share a tensor read copies of it.
        let id = if outputs.contains(&id) {
            graph.add(
                &format!("{tensor}/again"),
                Op::Unary(Unary::Identity),
                &[id],
            )?
        } else {
            id
        };
        outputs.push(id);
    }
    graph.set_outputs(outputs);
    Ok(graph)
}
