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

use super::EngineError;
use super::composed::Composed;
use super::transforms::{TransformInput, Transforms};
use crate::autodiff;
use crate::bundle::Bundle;
use crate::graph::{Graph, passes};
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
