//! What stands between an image in [0, 1] and a network that looks at it, and whether the two fit
//! then.

use super::{EngineError, glue};
use crate::bundle::{Bundle, Domain, EncoderNetwork, MANIFEST, Normalisation, Problem};
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
    let behind = Behind {
        section: "classifier",
        file: &facts.file,
        normalisation: &facts.normalisation,
        size: facts.size,
        graph: classifier,
    };
    let value = behind.prepare(bundle, &mut graph, image)?;
    graph.set_outputs(vec![value]);
    Ok(graph)
}

/// The image as `network` takes it, an encoder that `section` of the manifest names.
pub(super) fn to_encoder(
    bundle: &Bundle,
    graph: &mut Graph,
    image: ValueId,
    network: &Graph,
    facts: &EncoderNetwork,
    section: &str,
) -> Result<ValueId, EngineError> {
    let behind = Behind {
        section,
        file: facts.file(),
        normalisation: &facts.normalisation,
        size: None,
        graph: network,
    };
    behind.prepare(bundle, graph, image)
}

/// A network behind the image.
struct Behind<'a> {
    /// Of the manifest.
    section: &'a str,
    file: &'a str,
    normalisation: &'a Normalisation,
    /// Height and width as the manifest states them; otherwise what the network takes.
    size: Option<[usize; 2]>,
    graph: &'a Graph,
}

impl Behind<'_> {
    /// Adds what makes of an image, or another sample, what the network takes: channel order, size,
    /// normalisation.
    ///
    /// # Errors
    /// Everything that does not fit, each with its key of the manifest.
    fn prepare(
        &self,
        bundle: &Bundle,
        graph: &mut Graph,
        image: ValueId,
    ) -> Result<ValueId, EngineError> {
        let section = self.section;
        let domain = &bundle.manifest().generator.domain;
        let expected = self.graph.shape(self.graph.inputs()[0]);
        let mut value = image;
        if let (Some(from), Some(to)) = (domain.channels(), self.normalisation.channels_of(domain))
        {
            let name = format!("{section}/channels");
            value = glue::convert_channels(graph, &name, value, from, to)?;
            if let Some(size) = self.size.or(spatial_size(expected)) {
                value = glue::resize(graph, &format!("{section}/resized"), value, size)?;
            }
        }
        // How many parts a generator makes, the manifest alone does not say.
        let parts = graph.shape(value).get(1).copied();
        let bad = self.normalisation.bad_numbers(parts, domain.parts());
        if !bad.is_empty() {
            let problem = |bad: crate::bundle::BadNumbers| {
                let key = format!("{section}.{}", bad.key);
                Problem::new(MANIFEST, &key, bad.reason, bad.remedy)
            };
            return Err(EngineError::fit(bad.into_iter().map(problem).collect()));
        }
        let name = format!("{section}/normalised");
        let (mean, deviation) = (
            &self.normalisation.mean,
            &self.normalisation.standard_deviation,
        );
        let value = glue::normalise(graph, &name, value, mean, deviation)?;
        match self.misfits(domain, graph.shape(value)) {
            problems if problems.is_empty() => Ok(value),
            problems => Err(EngineError::fit(problems)),
        }
    }

    /// Everything about a prepared image of shape `prepared` that is not as the network takes it.
    fn misfits(&self, domain: &Domain, prepared: &[usize]) -> Vec<Problem> {
        let (section, file) = (self.section, self.file);
        let input = self.graph.inputs()[0];
        let expected = self.graph.shape(input);
        let name = self.graph.name(input);
        let takes = format!("'{name}' of '{file}' takes {expected:?}");
        let mut problems = Vec::new();
        let mut report = |key: &str, reason: String, remedy: String| {
            let key = format!("{section}.{key}");
            problems.push(Problem::new(MANIFEST, &key, reason, remedy));
        };
        let dtype = self.graph.tensor_type(input).dtype;
        let channels_stated = self.normalisation.channels_of(domain);
        let sample = match domain {
            Domain::Image { .. } => "an image",
            Domain::Signal(_) => "a signal",
            Domain::Table(_) => "a row",
        };
        match (channels_stated, expected, prepared) {
            (Some(stated), &[batch, channels, height, width], &[rows, given, h, w])
                if batch == rows =>
            {
                if channels != given {
                    report(
                        "channels",
                        format!("{stated} means {given}, but {takes}"),
                        "write channels = \"gray\" for one channel, \"RGB\" or \"BGR\" for three"
                            .to_owned(),
                    );
                }
                if [height, width] != [h, w] {
                    report(
                        "size",
                        format!("[{h}, {w}] is not what the {section} takes: {takes}"),
                        format!("write size = [{height}, {width}]"),
                    );
                }
            }
            (None, _, _) if expected == prepared => {}
            _ => report(
                "input",
                format!("{takes}, but {sample} is {prepared:?}"),
                format!("name the input that takes {sample}, or export the {section} with one"),
            ),
        }
        if dtype != DType::F32 {
            report(
                "input",
                format!("'{name}' of '{file}' takes {dtype}, not float32"),
                format!("export the {section} again with a float32 input"),
            );
        }
        problems
    }
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

/// A graph that only has samples (images `[batch, C, H, W]`) as its input and output.
pub(super) fn images(image_shape: &[usize], batch: usize) -> Result<(Graph, ValueId), EngineError> {
    let mut shape = vec![batch];
    shape.extend(image_shape);
    let mut front = Graph::new();
    let image = front.add_input("front/image", TensorType::new(DType::F32, shape))?;
    front.set_outputs(vec![image]);
    Ok((front, image))
}

/// Height and width of images that a network takes, where it takes images.
fn spatial_size(shape: &[usize]) -> Option<[usize; 2]> {
    match *shape {
        [_, _, height, width] => Some([height, width]),
        _ => None,
    }
}
