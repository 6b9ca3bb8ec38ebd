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

pub(super) fn survey(model: &Model, dimensions: &BTreeMap<String, usize>) -> Readable {
    let at = |batch: usize| {
        model.survey(&LoadOptions {
            batch,
            dimensions: dimensions.clone(),
            outputs: None,
        })
    };
    let first = match at(BATCHES[0]) {
        // A file of one fixed batch is read at that.
        Err(OnnxError::FixedBatch { found, .. }) => at(found),
        other => other,
    };
    let Survey { graph, unsupported } = match first {
        Ok(survey) => survey,
        Err(error) => {
            return Readable {
                graph: None,
                tensors: Vec::new(),
                unsupported: Vec::new(),
                obstacle: Some(error.to_string()),
            };
        }
    };
    let other = at(BATCHES[1]).ok().map(|survey| survey.graph);
    Readable {
        tensors: tappable(&graph, other.as_ref()),
        graph: Some(graph),
        unsupported,
        obstacle: None,
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
