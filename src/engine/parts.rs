//! Each network of a bundle as a graph of its own, with every misfit at once under the key of
//! `bundle.toml` that is to be corrected.

use super::{EngineError, glue, smooth};
use crate::autodiff::{self, AutodiffError};
use crate::bundle::{
    Bundle, Classifier, Domain, Encoder, GeneratorForm, MANIFEST, Network, Problem, Smoothness,
};
use crate::graph::{DType, Graph, Op, TensorType, ValueId, passes};
use crate::onnx::{LoadOptions, Model};
use crate::text::nearest;

/// The generator of a bundle.
pub struct Generated {
    /// `code [B, d]` to the sample, of an image `[B, C, H, W]`, in the generator's own range of values.
    pub graph: Graph,
    /// Shape of one code as the generator takes it.
    pub code_shape: Vec<usize>,
}

/// The generator; `model` is its file, where the code is not the image itself.
///
/// # Errors
/// A name is not in the file, the file cannot be read at this batch, or its output is no sample as the
/// manifest states it.
pub fn generator(
    bundle: &Bundle,
    model: Option<&Model>,
    batch: usize,
) -> Result<Generated, EngineError> {
    let facts = &bundle.manifest().generator;
    let (network, model) = match (&facts.form, model) {
        (GeneratorForm::Code { shape, smoothness }, _) => {
            return code_itself(shape, *smoothness, batch);
        }
        (GeneratorForm::Network(network), Some(model)) => (network, model),
        (GeneratorForm::Network(network), None) => {
            let what = format!("'{}' was not opened", network.file);
            return Err(EngineError::Internal(what));
        }
    };
    let (generator, input) = self::network(model, network, "generator", batch)?;
    let shape = generator.shape(generator.inputs()[0]).to_vec();
    let code_shape = shape.get(1..).unwrap_or_default().to_vec();
    let mut front = Graph::new();
    let length = code_shape.iter().product();
    let code = front.add_input("code", TensorType::new(DType::F32, vec![batch, length]))?;
    let shaped = front.add("generator/code", Op::Reshape { shape }, &[code])?;
    front.set_outputs(vec![shaped]);
    let connect = [("generator/code", input.as_str())];
    let graph = passes::compose(&front, &generator, &connect, "generator/")?;
    let named = network
        .output
        .as_deref()
        .unwrap_or_else(|| generator.name(generator.outputs()[0]));
    let made = format!("'{named}' of '{}'", network.file);
    match misfit(&facts.domain, &made, &graph, batch) {
        None => Ok(Generated { graph, code_shape }),
        Some(problem) => Err(EngineError::fit(vec![problem])),
    }
}

/// What the output of a generator, called `made`, is that the samples of the manifest are not.
fn misfit(domain: &Domain, made: &str, graph: &Graph, batch: usize) -> Option<Problem> {
    let found = graph.tensor_type(graph.outputs()[0]);
    let (sample, form) = (domain.sample(), domain.form());
    let shape = found.shape.strip_prefix([batch].as_slice());
    let is_sample = found.dtype == DType::F32;
    let Some(shape) = shape.filter(|shape| is_sample && shape.len() == domain.rank()) else {
        return Some(Problem::new(
            MANIFEST,
            "generator.output",
            format!("{made} is {found} for {batch} codes, which is no {sample} for each"),
            format!(
                "name the output that is the {sample}, of shape [N, {}",
                form.trim_start_matches('[')
            ),
        ));
    };
    match domain {
        Domain::Image { channels, .. } => (shape[0] != channels.count()).then(|| {
            Problem::new(
                MANIFEST,
                "generator.channels",
                format!(
                    "{channels:?} means {}, but {made} has {} ({:?})",
                    channels.count(),
                    shape[0],
                    found.shape
                ),
                "write channels = \"gray\" for one channel, \"RGB\" or \"BGR\" for three",
            )
        }),
        Domain::Signal(axes) | Domain::Table(axes) => {
            let (pairs, part) = (axes.ranges.len(), domain.parts());
            (pairs != 1 && pairs != shape[0]).then(|| {
                Problem::new(
                    MANIFEST,
                    "generator.range",
                    format!("has {pairs} pairs, but {made} has {} {part}s", shape[0]),
                    format!("write one pair for all, or one for each {part}"),
                )
            })
        }
    }
}

/// The code is the sample, or the sample before it is blurred.
fn code_itself(
    shape: &[usize],
    smoothness: Smoothness,
    batch: usize,
) -> Result<Generated, EngineError> {
    let mut graph = Graph::new();
    let length = shape.iter().product();
    let code = graph.add_input("code", TensorType::new(DType::F32, vec![batch, length]))?;
    let shaped = Op::Reshape {
        shape: [&[batch], shape].concat(),
    };
    let sample = graph.add("generator/sample", shaped, &[code])?;
    let sample = smooth::blur(&mut graph, sample, smoothness)?;
    graph.set_outputs(vec![sample]);
    Ok(Generated {
        graph,
        code_shape: shape.to_vec(),
    })
}

/// Shape of the samples (images `[C, H, W]`) that a bundle's generator makes.
///
/// # Errors
/// As [`generator`].
pub fn image_shape(bundle: &Bundle) -> Result<Vec<usize>, EngineError> {
    let generated = generator(bundle, bundle.generator()?.as_ref(), 1)?.graph;
    Ok(generated.shape(generated.outputs()[0])[1..].to_vec())
}

/// Maps the image of a generator to [0, 1], where networks look at it. Pixels are there already;
/// signals and rows stay in their own units.
pub(super) fn to_unit_range(bundle: &Bundle, generator: &mut Graph) -> Result<(), EngineError> {
    let facts = &bundle.manifest().generator;
    if let (GeneratorForm::Network(_), Domain::Image { range, .. }) = (&facts.form, &facts.domain) {
        let raw = generator.outputs()[0];
        let image = glue::to_unit_range(generator, raw, *range)?;
        generator.set_outputs(vec![image]);
    }
    Ok(())
}

/// The classifier from its one input to `tensors`, each an output once.
///
/// # Errors
/// A tensor is not in the file, the file cannot be read at this batch, or not exactly one input
/// leads to the tensors.
pub fn classifier(
    bundle: &Bundle,
    model: &Model,
    tensors: &[String],
    batch: usize,
) -> Result<Graph, EngineError> {
    let mut distinct = tensors.to_vec();
    distinct.sort();
    distinct.dedup();
    let facts = &bundle.manifest().classifier;
    let graph = model.graph(&LoadOptions {
        outputs: Some(distinct),
        ..bundle.classifier_options(model, batch)
    })?;
    one_input(&graph, &facts.file, facts.input.as_deref(), "classifier")?;
    Ok(graph)
}

/// Why a tensor of the classifier has no derivative in the image; none where it has one.
///
/// # Errors
/// As [`classifier`].
pub fn refusal(
    bundle: &Bundle,
    model: &Model,
    tensor: &str,
) -> Result<Option<AutodiffError>, EngineError> {
    let mut graph = classifier(bundle, model, &[tensor.to_owned()], 1)?;
    let (of, image) = (graph.outputs()[0], graph.inputs()[0]);
    Ok(autodiff::vector_jacobian_product(&mut graph, &[of], image).err())
}

/// Names that the manifest gives and the classifier does not have.
pub fn classifier_names(
    facts: &Classifier,
    encoder: Option<&Encoder>,
    model: &Model,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    let inputs = input_names(model);
    problems.extend(unknown(
        "classifier.input",
        &facts.input,
        &facts.file,
        &inputs,
    ));
    let tensors = model.tensor_names();
    problems.extend(unknown(
        "classifier.logits",
        &facts.logits,
        &facts.file,
        &tensors,
    ));
    if let Some(Encoder::Tensor(tensor)) = encoder {
        let tensor = Some(tensor.clone());
        problems.extend(unknown("encoder.tensor", &tensor, &facts.file, &tensors));
    }
    problems
}

/// A network with one input and one output, as the manifest names them or, where it does not, the
/// first of each; and the name of its input. `section` is the one of the manifest that names it.
///
/// # Errors
/// A name is not in the file, it cannot be read at this batch, or it has several inputs.
pub fn network(
    model: &Model,
    facts: &Network,
    section: &str,
    batch: usize,
) -> Result<(Graph, String), EngineError> {
    let inputs = input_names(model);
    let mut problems = Vec::new();
    let input = format!("{section}.input");
    problems.extend(unknown(&input, &facts.input, &facts.file, &inputs));
    let output = format!("{section}.output");
    let tensors = model.tensor_names();
    problems.extend(unknown(&output, &facts.output, &facts.file, &tensors));
    if !problems.is_empty() {
        return Err(EngineError::fit(problems));
    }
    let first = model.outputs().first().map(|output| output.name.clone());
    let Some(output) = facts.output.clone().or(first) else {
        let key = format!("{section}.file");
        let reason = format!("'{}' has no output", facts.file);
        return Err(EngineError::fit(vec![Problem::new(
            MANIFEST,
            &key,
            reason,
            "export the model again",
        )]));
    };
    let graph = model.graph(&LoadOptions {
        batch,
        outputs: Some(vec![output]),
        ..LoadOptions::default()
    })?;
    let input = one_input(&graph, &facts.file, facts.input.as_deref(), section)?;
    Ok((graph, input))
}

/// How many values there are for each of `batch` samples in `name`, the value `id` of a graph. `key`
/// of the manifest is to be corrected where they are not float32, or the first axis does not count
/// samples: rows would be read off that belong to no sample, or to another.
///
/// # Errors
/// It holds no float32 vector for each sample.
pub fn vectors_for(
    graph: &Graph,
    id: ValueId,
    batch: usize,
    key: &str,
    name: &str,
) -> Result<usize, EngineError> {
    let found = graph.tensor_type(id);
    match found.shape.split_first() {
        Some((&rows, rest)) if rows == batch && found.dtype == DType::F32 => {
            Ok(rest.iter().product())
        }
        _ => Err(EngineError::fit(vec![Problem::new(
            MANIFEST,
            key,
            format!("{name} is {found} for {batch} images, not float32 values for each"),
            "name a tensor whose first axis counts the images, with float32 values for each",
        )])),
    }
}

fn input_names(model: &Model) -> Vec<&str> {
    let inputs = model.inputs().iter();
    inputs.map(|input| input.name.as_str()).collect()
}

/// The problem with a name that is given but not known.
fn unknown(key: &str, name: &Option<String>, file: &str, known: &[&str]) -> Option<Problem> {
    let name = name.as_deref().filter(|name| !known.contains(name))?;
    let remedy = match nearest(name, known.iter().copied(), 1).first() {
        Some(near) => format!("did you mean '{near}'?"),
        None => format!("`invset inspect {file}` lists the names"),
    };
    let reason = format!("'{file}' has no {} '{name}'", kind(key));
    Some(Problem::new(MANIFEST, key, reason, remedy))
}

fn kind(key: &str) -> &'static str {
    if key.ends_with(".input") {
        "input"
    } else {
        "tensor"
    }
}

/// The name of the only input of a graph, which is the one named, if one is.
fn one_input(
    graph: &Graph,
    file: &str,
    named: Option<&str>,
    section: &str,
) -> Result<String, EngineError> {
    let name = |&id: &ValueId| graph.name(id);
    if let [only] = graph.inputs()
        && named.is_none_or(|named| named == name(only))
    {
        return Ok(name(only).to_owned());
    }
    let names: Vec<&str> = graph.inputs().iter().map(name).collect();
    let wanted = match named {
        Some(named) => format!("the one input '{named}'"),
        None => "one input".to_owned(),
    };
    let found = match names[..] {
        [] => "none leads to what is read off it".to_owned(),
        _ => format!("these lead to what is read off it: {}", names.join(", ")),
    };
    Err(EngineError::fit(vec![Problem::new(
        MANIFEST,
        &format!("{section}.input"),
        format!("'{file}' should have {wanted}, but {found}"),
        "name the image's or code's input, and export other inputs as constants",
    )]))
}
