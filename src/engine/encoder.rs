//! The encoder behind the image: a network of its own is composed, behind its normalisation, a tensor of
//! the classifier is tapped, or the image itself is the embedding.

use super::{EngineError, fit, parts};
use crate::bundle::{Bundle, Encoder, EncoderNetwork, Problem};
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
    let file = &bundle.manifest().classifier.file;
    let attached = match (opened(bundle)?, &bundle.manifest().encoder, seen.tensor) {
        (Some((model, network)), _, _) => compose(graph, seen, bundle, &model, &network, batch),
        (None, Some(Encoder::Tensor(tensor)), Some(features)) => {
            let named = format!("'{tensor}' of '{file}'");
            parts::vectors_for(&graph, features, batch, "encoder.tensor", &named)
                .map(|width| (graph, features, width))
        }
        (None, Some(encoder), _) => Err(EngineError::Internal(format!(
            "{encoder:?} is not among the classifier's outputs"
        ))),
        (None, None, _) => {
            parts::vectors_for(&graph, seen.image, batch, "generator.output", "the image")
                .map(|width| (graph, seen.image, width))
        }
    };
    attached.map_err(|error| blame_choice(bundle, error))
}

/// The encoder's model, and how it is given images, where it is a network: one of the bundle, or one that
/// was chosen for the run.
///
/// # Errors
/// It is not a readable ONNX model.
pub(super) fn opened(bundle: &Bundle) -> Result<Option<(Model, EncoderNetwork)>, EngineError> {
    let encoder = bundle.manifest().encoder.as_ref();
    let facts = encoder.and_then(Encoder::network);
    Ok(bundle
        .encoder()?
        .zip(facts)
        .map(|(model, facts)| (model, facts.into_owned())))
}

/// Composes a network behind the image; its output is the only one of the result, which still holds
/// what is to be kept.
fn compose(
    mut graph: Graph,
    seen: &Seen,
    bundle: &Bundle,
    model: &Model,
    facts: &EncoderNetwork,
    batch: usize,
) -> Result<(Graph, ValueId, usize), EngineError> {
    let section = "encoder";
    let (encoder, input) = parts::network(model, &facts.network, section, batch)?;
    let prepared = fit::to_encoder(bundle, &mut graph, seen.image, &encoder, facts, section)?;
    graph.set_outputs([seen.kept.as_slice(), &[seen.image, prepared]].concat());
    let prepared = graph.name(prepared).to_owned();
    let graph = passes::compose(&graph, &encoder, &[(&prepared, &input)], "encoder/")?;
    let features = graph.outputs()[0];
    let named = format!("the output of '{}'", facts.file());
    let width = parts::vectors_for(&graph, features, batch, "encoder.output", &named)?;
    Ok((graph, features, width))
}

/// A misfit of an encoder that was chosen for one run is no fault of the bundle's manifest.
pub(super) fn blame_choice(bundle: &Bundle, error: EngineError) -> EngineError {
    let encoder = match &bundle.manifest().encoder {
        _ if bundle.has_own_encoder() => return error,
        Some(encoder @ (Encoder::Tensor(_) | Encoder::Outside(_))) => Box::new(encoder.clone()),
        Some(Encoder::Network(_)) | None => return error,
    };
    match error {
        EngineError::Fit { problems } => EngineError::ChosenEncoder {
            encoder,
            problems: problems.into_iter().map(behind_the_file).collect(),
        },
        other => other,
    }
}

/// A problem with a key of the manifest that is written behind the file of a chosen encoder.
fn behind_the_file(mut problem: Problem) -> Problem {
    match problem.key.as_deref() {
        Some(key @ ("encoder.mean" | "encoder.std")) => {
            let key = key.trim_start_matches("encoder.");
            problem.reason = format!("{key} {}", problem.reason);
        }
        Some("encoder.channels") => {
            problem.remedy = "write :channels=gray behind it for one channel, :channels=RGB or \
                              :channels=BGR for three"
                .to_owned();
        }
        _ => {}
    }
    problem
}
