//! Reads as much of a model as can be read, at two batch sizes, so that axes that follow the batch
//! can be told from fixed ones.

use std::collections::BTreeMap;

use crate::graph::{DType, Graph, Source, ValueId};
use crate::onnx::{LoadOptions, Model, OnnxError, Survey, UnsupportedNode};

/// Two sizes whose multiples differ.
const BATCHES: [usize; 2] = [2, 3];

/// What could be read of a model.
pub(super) struct Readable {
    /// The graph at the smaller batch, with every readable tensor.
    pub(super) graph: Option<Graph>,
    /// Tensors that a unit can be read off.
    pub(super) tensors: Vec<Tappable>,
    /// Nodes that cannot be read.
    pub(super) unsupported: Vec<UnsupportedNode>,
    /// Why shapes are not known, if they are not.
    pub(super) obstacle: Option<String>,
    /// The sizes that the graph was read at.
    pub(super) options: LoadOptions,
}

/// A float tensor that depends on the input.
pub(super) struct Tappable {
    pub(super) name: String,
    pub(super) dtype: DType,
    pub(super) shape: Vec<Length>,
}

/// Length of an axis: fixed, or a multiple of the batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Length {
    Fixed(usize),
    OfBatch(usize),
}

/// Reads what can be read.
///
/// # Errors
/// The file is not sound.
pub(super) fn survey(
    model: &Model,
    dimensions: &BTreeMap<String, usize>,
) -> Result<Readable, OnnxError> {
    let mut options = LoadOptions {
        batch: BATCHES[0],
        dimensions: dimensions.clone(),
        outputs: None,
    };
    let mut first = model.survey(&options);
    if let Err(OnnxError::FixedBatch { found, .. }) = first {
        // A file of one fixed batch is read at that.
        options.batch = found;
        first = model.survey(&options);
    }
    let obstacle = match first {
        Ok(Survey { graph, unsupported }) => {
            let other = LoadOptions {
                batch: BATCHES[1],
                ..options.clone()
            };
            let other = model.survey(&other).ok().map(|survey| survey.graph);
            return Ok(Readable {
                tensors: tappable(&graph, other.as_ref()),
                graph: Some(graph),
                unsupported,
                obstacle: None,
                options,
            });
        }
        Err(OnnxError::DynamicDimension { .. }) => unknown_sizes(model, dimensions),
        // Inputs of two fixed batch sizes: nothing is wrong with the file.
        Err(error @ OnnxError::FixedBatch { .. }) => error.to_string(),
        Err(error) => return Err(error),
    };
    Ok(Readable {
        graph: None,
        tensors: Vec::new(),
        unsupported: Vec::new(),
        obstacle: Some(obstacle),
        options,
    })
}

/// Which sizes are missing, and how to give them.
fn unknown_sizes(model: &Model, given: &BTreeMap<String, usize>) -> String {
    let axes = model
        .inputs()
        .iter()
        .flat_map(|input| input.dims.iter().flatten().skip(1));
    let mut flags: Vec<String> = axes
        .filter_map(|axis| axis.symbol.as_ref().filter(|_| axis.size.is_none()))
        .filter(|symbol| !given.contains_key(*symbol))
        .map(|symbol| format!("--dim {symbol}=SIZE"))
        .collect();
    flags.sort_unstable();
    flags.dedup();
    if flags.is_empty() {
        "an axis of an input has neither a size nor a name; export the model again with fixed \
         sizes, or with names for the dynamic ones"
            .to_owned()
    } else {
        format!(
            "the sizes of some axes are open; give them: {}",
            flags.join(" ")
        )
    }
}

fn tappable(graph: &Graph, other: Option<&Graph>) -> Vec<Tappable> {
    graph
        .values()
        .filter(|(_, value)| {
            value.tensor_type.dtype.is_float() && !matches!(value.source, Source::Constant(_))
        })
        .map(|(id, value)| Tappable {
            name: value.name.clone(),
            dtype: value.tensor_type.dtype,
            shape: lengths(graph, id, other),
        })
        .collect()
}

fn lengths(graph: &Graph, id: ValueId, other: Option<&Graph>) -> Vec<Length> {
    let shape = graph.shape(id);
    let larger = other.and_then(|other| Some(other.shape(other.find(graph.name(id))?)));
    let length = |axis: usize| {
        let here = shape[axis];
        match larger.and_then(|larger| larger.get(axis)) {
            Some(&there) if here * BATCHES[1] == there * BATCHES[0] && here > 0 => {
                Length::OfBatch(here / BATCHES[0])
            }
            _ => Length::Fixed(here),
        }
    };
    (0..shape.len()).map(length).collect()
}
