//! From a bundle and a query to the graphs that run: f∘G and E∘G composed, and their backward
//! graphs.
//!
//! One composed graph maps `code [B, d]` to `image`, `activation [B, m]`, `embedding [B, p]` and, where
//! a unit can be dead, `steering [B, m]`, which stands in for the activation. It is differentiated
//! twice, from what steers and from `embedding`, so that a pull-back runs only the branch whose
//! cotangent it has; what both sweeps need of the forward pass is kept once.
//!
//! With transforms the graph that is differentiated is another than the plain one: the classifier looks
//! at a transformed image, and so does an encoder that is a tensor of the classifier.

use super::encoder::{self, Seen};
use super::parts::{self, Generated};
use super::tap::read_unit;
use super::transforms::{self, TransformInput, Transforms};
use super::{EngineError, fit, pre_activation};
use crate::autodiff;
use crate::bundle::{Bundle, Encoder};
use crate::graph::{Graph, Op, Unary, ValueId, passes};
use crate::query::Unit;

/// The name under which a backward graph takes the code itself.
pub(super) const SAVED_CODE: &str = "code/saved";

/// The graphs of one query at one micro-batch.
pub(super) struct Networks {
    /// `code` to `image`, `activation`, `embedding`, and `steering` where a unit can be dead.
    pub plain: Graph,
    /// `code`, and `transforms` where there are any, to what steers, `embedding` and everything in
    /// `saved`.
    pub forward: Graph,
    /// Inputs of `forward` after the code; a backward graph takes one under its name and `/saved`.
    pub transforms: Vec<TransformInput>,
    /// Of each constraint the least value of its unit, where what steers it may be below.
    pub floors: Vec<Option<f32>>,
    /// Names of the forward values the backward graphs take.
    pub saved: Vec<String>,
    /// Saved values and the cotangent `[B, m]` of what steers to `code_bar [B, d]`.
    pub activation_backward: Graph,
    /// Saved values and `embedding_bar [B, p]` to `code_bar [B, d]`.
    pub embedding_backward: Graph,
    /// Length d of a code.
    pub code_length: usize,
    /// Shape of one code as the generator takes it.
    pub code_shape: Vec<usize>,
    /// Length p of an embedding.
    pub embedding_length: usize,
    /// Shape `[C, H, W]` of an image.
    pub image_shape: Vec<usize>,
}

impl Networks {
    /// Composes and differentiates the networks of `bundle` for `units` at a fixed batch, through
    /// `transforms` of the image that the classifier sees where there are any.
    ///
    /// # Errors
    /// A file does not parse, shapes do not fit, or a node on the path has no derivative.
    pub(super) fn build(
        bundle: &Bundle,
        units: &[Unit],
        batch: usize,
        transforms: Option<&Transforms>,
    ) -> Result<Networks, EngineError> {
        let composed = Composed::build(bundle, units, batch, transforms)?;
        let mut graph = composed.graph;
        let plain = match transforms {
            Some(_) => Composed::build(bundle, units, batch, None)?.graph,
            None => graph.clone(),
        };
        let [image, activation, embedding] = composed.outputs;
        let steering = composed.steering.unwrap_or(activation);

        let code = graph.inputs()[0];
        let activation_sweep = autodiff::vector_jacobian_product(&mut graph, &[steering], code)?;
        let embedding_sweep = autodiff::vector_jacobian_product(&mut graph, &[embedding], code)?;
        graph.set_outputs(vec![
            image,
            steering,
            embedding,
            activation_sweep.wrt_bar,
            embedding_sweep.wrt_bar,
        ]);
        let graph = passes::deduplicate(&passes::fold_constants(&graph));
        let outputs = graph.outputs().to_vec();
        // Passes keep every input: the code and the transforms, then the cotangents in the order of the
        // sweeps.
        let cotangents = graph.inputs()[1 + composed.transforms.len()..].to_vec();
        let activation_half = autodiff::split(&graph, &cotangents, &[outputs[3]]);
        let embedding_half = autodiff::split(&graph, &cotangents, &[outputs[4]]);

        // The code itself and the transforms need no saving: they are on this side.
        let is_here = |name: &str| {
            name == SAVED_CODE
                || composed
                    .transforms
                    .iter()
                    .any(|input| input.saved() == name)
        };
        let mut saved: Vec<String> = Vec::new();
        for name in activation_half
            .saved
            .into_iter()
            .chain(embedding_half.saved)
        {
            if !is_here(&name) && !saved.contains(&name) {
                saved.push(name);
            }
        }
        let mut kept = vec![outputs[1], outputs[2]];
        kept.extend(saved.iter().filter_map(|name| graph.find(name)));
        let mut whole = graph.clone();
        whole.set_outputs(kept);
        let forward = autodiff::split(&whole, &cotangents, &[]).forward;
        Ok(Networks {
            code_length: graph.shape(graph.inputs()[0])[1],
            code_shape: composed.code_shape,
            embedding_length: graph.shape(outputs[2])[1],
            image_shape: graph.shape(outputs[0])[1..].to_vec(),
            plain,
            forward,
            transforms: composed.transforms,
            floors: composed.floors,
            saved,
            activation_backward: activation_half.backward,
            embedding_backward: embedding_half.backward,
        })
    }

    /// Bytes of forward values kept for each code.
    pub(super) fn bytes_per_code(&self) -> u64 {
        let batch = self.forward.shape(self.forward.inputs()[0])[0].max(1);
        let total: usize = self
            .saved
            .iter()
            .filter_map(|name| self.forward.find(name))
            .map(|id| self.forward.tensor_type(id).bytes())
            .sum();
        total.div_ceil(batch) as u64
    }
}

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
struct Composed {
    graph: Graph,
    outputs: [ValueId; 3],
    /// What steers the constraints, where it is not the activation for all of them.
    steering: Option<ValueId>,
    /// See [`Networks::floors`].
    floors: Vec<Option<f32>>,
    /// See [`Networks::transforms`].
    transforms: Vec<TransformInput>,
    code_shape: Vec<usize>,
}

impl Composed {
    fn build(
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
