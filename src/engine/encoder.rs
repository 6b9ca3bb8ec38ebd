//! The encoder behind the image: a network of its own is composed, a tensor of the classifier is
//! tapped, or the image itself is the embedding.

use super::{EngineError, fit, parts};
use crate::bundle::{Bundle, Encoder, Network};
use crate::graph::{Graph, ValueId, passes};
use crate::onnx::Model;

/// The values of a composed graph that an encoder may need.
pub(super) struct Seen {
    /// The image in [0, 1].
    pub image: ValueId,
    /// Values that have to stay in the graph.
    pub kept: Vec<ValueId>,
    /// The classifier's tensor that is the encoder, where it is one.
    pub tensor: Option<ValueId>,
}

/// The graph with the encoder of `bundle` behind its image, the encoder's output, and the number of
/// values it has for each image.
///
/// # Errors
/// The encoder's file is bad, does not fit the image, or has no float32 vector for each.
pub(super) fn attach(
    graph: Graph,
    seen: &Seen,
    bundle: &Bundle,
    batch: usize,
) -> Result<(Graph, ValueId, usize), EngineError> {
    let facts = &bundle.manifest().classifier;
    let attached = match (&bundle.manifest().encoder, seen.tensor) {
        (Some(Encoder::Network(network)), _) => {
            let model = bundle.network_model(network)?;
            compose(graph, seen, &model, network, batch)
        }
        (Some(Encoder::Outside(path)), _) => {
            let network = Network {
                file: path.display().to_string(),
                input: None,
                output: None,
            };
            let model = bundle.encoder()?;
            let model = model.ok_or_else(|| {
                EngineError::Internal(format!("'{}' was not opened", network.file))
            })?;
            compose(graph, seen, &model, &network, batch)
        }
        (Some(Encoder::Tensor(tensor)), Some(features)) => {
            let named = format!("'{tensor}' of '{}'", facts.file);
            parts::vectors_for(&graph, features, batch, "encoder.tensor", &named)
                .map(|width| (graph, features, width))
        }
        (Some(Encoder::Tensor(tensor)), None) => Err(EngineError::Internal(format!(
            "'{tensor}' is not among the classifier's outputs"
        ))),
        (None, _) => parts::vectors_for(&graph, seen.image, batch, "generator.output", "the image")
            .map(|width| (graph, seen.image, width)),
    };
    attached.map_err(|error| blame_choice(bundle, error))
}

/// Composes a network behind the image; its output is the only one of the result, which still holds
/// what is to be kept.
fn compose(
    mut graph: Graph,
    seen: &Seen,
    model: &Model,
    facts: &Network,
    batch: usize,
) -> Result<(Graph, ValueId, usize), EngineError> {
    let (encoder, input) = parts::network(model, facts, "encoder", batch)?;
    let name = "encoder/resized";
    let prepared = fit::to_network(&mut graph, name, seen.image, &encoder, facts, "encoder")?;
    graph.set_outputs([seen.kept.as_slice(), &[seen.image, prepared]].concat());
    let prepared = graph.name(prepared).to_owned();
    let graph = passes::compose(&graph, &encoder, &[(&prepared, &input)], "encoder/")?;
    let features = graph.outputs()[0];
    let named = format!("the output of '{}'", facts.file);
    let width = parts::vectors_for(&graph, features, batch, "encoder.output", &named)?;
    Ok((graph, features, width))
}

/// A misfit of an encoder that was chosen for one run is no fault of the bundle's manifest.
fn blame_choice(bundle: &Bundle, error: EngineError) -> EngineError {
    let encoder = match &bundle.manifest().encoder {
        _ if bundle.has_own_encoder() => return error,
        Some(encoder @ (Encoder::Tensor(_) | Encoder::Outside(_))) => Box::new(encoder.clone()),
        Some(Encoder::Network(_)) | None => return error,
    };
    match error {
        EngineError::Fit { problems } => EngineError::ChosenEncoder { encoder, problems },
        other => other,
    }
}
