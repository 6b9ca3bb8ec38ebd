//! What stands between an image in [0, 1] and a network that looks at it, and whether the two fit
//! then.

use super::{EngineError, glue};
use crate::bundle::{Bundle, Domain, MANIFEST, Network, Problem};
use crate::graph::{DType, Graph, TensorType, ValueId};

/// `generator` followed by what the classifier expects: channel order, size, normalisation.
pub(super) fn to_classifier(
    bundle: &Bundle,
    generator: Graph,
    classifier: &Graph,
) -> Result<Graph, EngineError> {
    let mut graph = generator;
    let image = graph.outputs()[0];
    let facts = &bundle.manifest().classifier;
    let expected = classifier.shape(classifier.inputs()[0]);
    let value = match bundle.manifest().generator.domain {
        Domain::Image { channels: from, .. } => {
            let name = "classifier/channels";
            let value = glue::convert_channels(&mut graph, name, image, from, facts.channels)?;
            let size = facts.size.unwrap_or_else(|| spatial_size(expected));
            glue::resize(&mut graph, "classifier/resized", value, size)?
        }
        Domain::Signal(_) | Domain::Table(_) => image,
    };
    let problems = uneven(bundle, graph.shape(value));
    if !problems.is_empty() {
        return Err(EngineError::fit(problems));
    }
    let value = glue::normalise(
        &mut graph,
        "classifier/normalised",
        value,
        &facts.mean,
        &facts.standard_deviation,
    )?;
    let problems = misfits(bundle, graph.shape(value), classifier);
    if !problems.is_empty() {
        return Err(EngineError::fit(problems));
    }
    graph.set_outputs(vec![value]);
    Ok(graph)
}

/// Numbers of the classifier's normalisation that are not one for each part of a sample `[B, parts, …]`:
/// how many parts a generator makes, the manifest alone does not say.
fn uneven(bundle: &Bundle, sample: &[usize]) -> Vec<Problem> {
    let manifest = bundle.manifest();
    let parts = sample.get(1).copied().unwrap_or_default();
    let part = manifest.generator.domain.parts();
    [
        ("classifier.mean", &manifest.classifier.mean),
        ("classifier.std", &manifest.classifier.standard_deviation),
    ]
    .into_iter()
    .filter(|(_, numbers)| !numbers.is_empty() && numbers.len() != parts)
    .map(|(key, numbers)| {
        let reason = format!("has {} numbers for {parts} {part}s", numbers.len());
        let remedy = format!("write one number for each {part}");
        Problem::new(MANIFEST, key, reason, remedy)
    })
    .collect()
}

/// Whether the classifier takes samples (images `[C, H, W]` in [0, 1]) after what is done to them.
///
/// # Errors
/// Everything that does not fit, each with its key.
pub fn takes_images(
    bundle: &Bundle,
    classifier: &Graph,
    image_shape: &[usize],
    batch: usize,
) -> Result<(), EngineError> {
    let (front, _) = images(image_shape, batch)?;
    to_classifier(bundle, front, classifier).map(|_| ())
}

/// Everything about a prepared image of shape `prepared` that is not as the classifier takes it.
fn misfits(bundle: &Bundle, prepared: &[usize], classifier: &Graph) -> Vec<Problem> {
    let facts = &bundle.manifest().classifier;
    let input = classifier.inputs()[0];
    let expected = classifier.shape(input);
    let name = classifier.name(input);
    let takes = format!("'{name}' of '{}' takes {expected:?}", facts.file);
    let mut problems = Vec::new();
    let mut report = |key: &str, reason: String, remedy: String| {
        problems.push(Problem::new(MANIFEST, key, reason, remedy));
    };
    let dtype = classifier.tensor_type(input).dtype;
    let domain = &bundle.manifest().generator.domain;
    let is_image = matches!(domain, Domain::Image { .. });
    let sample = match domain {
        Domain::Image { .. } => "an image",
        Domain::Signal(_) => "a signal",
        Domain::Table(_) => "a row",
    };
    match (expected, prepared) {
        (&[batch, channels, height, width], &[rows, given, h, w]) if is_image && batch == rows => {
            if channels != given {
                report(
                    "classifier.channels",
                    format!("{:?} means {given}, but {takes}", facts.channels),
                    "write channels = \"gray\" for one channel, \"RGB\" or \"BGR\" for three"
                        .to_owned(),
                );
            }
            if [height, width] != [h, w] {
                report(
                    "classifier.size",
                    format!("[{h}, {w}] is not what the classifier takes: {takes}"),
                    format!("write size = [{height}, {width}]"),
                );
            }
        }
        _ if !is_image && expected == prepared => {}
        _ => report(
            "classifier.input",
            format!("{takes}, but {sample} is {prepared:?}"),
            format!("name the input that takes {sample}, or export the classifier with one"),
        ),
    }
    if dtype != DType::F32 {
        report(
            "classifier.input",
            format!("'{name}' of '{}' takes {dtype}, not float32", facts.file),
            "export the classifier again with a float32 input".to_owned(),
        );
    }
    problems
}

/// Resizes an image to what `network` takes; other misfits are errors under `section` of the
/// manifest.
pub(super) fn to_network(
    graph: &mut Graph,
    name: &str,
    image: ValueId,
    network: &Graph,
    facts: &Network,
    section: &str,
) -> Result<ValueId, EngineError> {
    let input = network.inputs()[0];
    let expected = network.tensor_type(input);
    let prepared = glue::resize(graph, name, image, spatial_size(&expected.shape))?;
    if graph.tensor_type(prepared) == expected {
        return Ok(prepared);
    }
    Err(EngineError::fit(vec![Problem::new(
        MANIFEST,
        &format!("{section}.input"),
        format!(
            "'{}' of '{}' takes {expected}, but what the generator makes is {}",
            network.name(input),
            facts.file,
            graph.tensor_type(prepared)
        ),
        "name the input that takes that, or export the network for what the generator makes",
    )]))
}

/// A graph that only has samples (images `[batch, C, H, W]`) as its input and output.
pub(super) fn images(image_shape: &[usize], batch: usize) -> Result<(Graph, ValueId), EngineError> {
    let mut shape = vec![batch];
    shape.extend(image_shape);
    let mut front = Graph::new();
    let image = front.add_input("front/image", TensorType::new(DType::F32, shape))?;
    front.set_outputs(vec![image]);
    Ok((front, image))
}

fn spatial_size(shape: &[usize]) -> [usize; 2] {
    match shape {
        [.., height, width] => [*height, *width],
        _ => [1, 1],
    }
}
