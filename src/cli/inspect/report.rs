//! The report of `invset inspect`. Its fields are the keys of `--json` (`docs/json.md`).

use std::collections::BTreeMap;

use serde::Serialize;

use super::gradients::{Blocker, Gradient, gradients};
use super::survey::{Length, Readable, Tappable};
use crate::onnx::{Model, TensorInfo};
use crate::query::{unit_axis, unit_forms};

#[derive(Serialize)]
pub(super) struct Report {
    pub(super) file: String,
    pub(super) sha256: String,
    pub(super) producer: String,
    pub(super) ir_version: i64,
    pub(super) opsets: BTreeMap<String, i64>,
    pub(super) parameters: usize,
    pub(super) metadata: BTreeMap<String, String>,
    pub(super) inputs: Vec<Port>,
    pub(super) outputs: Vec<Port>,
    pub(super) operators: BTreeMap<String, usize>,
    pub(super) tensors: Vec<Tensor>,
    pub(super) gradients: Vec<Gradient>,
    pub(super) unsupported: Vec<Blocker>,
    /// Why tensors are not listed, if they are not.
    pub(super) obstacle: Option<String>,
}

/// An input or output as the file declares it.
#[derive(Serialize)]
pub(super) struct Port {
    pub(super) name: String,
    pub(super) dtype: Option<String>,
    pub(super) shape: Option<Vec<String>>,
}

/// A float tensor that depends on an input.
#[derive(Serialize)]
pub(super) struct Tensor {
    pub(super) name: String,
    pub(super) dtype: String,
    pub(super) shape: Vec<String>,
    /// How many units can be read off it; `None` where none can.
    pub(super) units: Option<usize>,
    /// How they are written.
    pub(super) forms: Vec<Form>,
}

/// A way to write a unit of a tensor.
#[derive(Serialize)]
pub(super) struct Form {
    pub(super) syntax: String,
    pub(super) meaning: &'static str,
}

impl Report {
    pub(super) fn new(model: &Model, readable: &Readable) -> Self {
        let operators = model.operators();
        Report {
            file: model.file().to_owned(),
            sha256: model.sha256().to_owned(),
            producer: model.producer().to_owned(),
            ir_version: model.ir_version(),
            opsets: model.opsets().clone(),
            parameters: model.parameters(),
            metadata: model.metadata().clone(),
            inputs: model.inputs().iter().map(port).collect(),
            outputs: model.outputs().iter().map(port).collect(),
            operators: operators
                .into_iter()
                .map(|(op, count)| (op.to_owned(), count))
                .collect(),
            tensors: readable.tensors.iter().map(tensor).collect(),
            gradients: gradients(model, readable),
            unsupported: readable.unsupported.iter().map(Blocker::from).collect(),
            obstacle: readable.obstacle.clone(),
        }
    }
}

fn port(info: &TensorInfo) -> Port {
    let length = |size: Option<usize>, symbol: &Option<String>| match (size, symbol) {
        (Some(size), _) => size.to_string(),
        (None, Some(symbol)) => symbol.clone(),
        (None, None) => "?".to_owned(),
    };
    Port {
        name: info.name.clone(),
        dtype: info.dtype.map(|dtype| dtype.to_string()),
        shape: info.dims.as_ref().map(|dims| {
            dims.iter()
                .map(|dim| length(dim.size, &dim.symbol))
                .collect()
        }),
    }
}

fn tensor(tappable: &Tappable) -> Tensor {
    let shape = &tappable.shape;
    let units = unit_axis(shape.len()).and_then(|axis| match shape[axis] {
        Length::Fixed(length) => Some(length),
        Length::OfBatch(_) => None,
    });
    let forms = match units {
        Some(_) => unit_forms(&tappable.name, shape.len()),
        None => Vec::new(),
    };
    Tensor {
        name: tappable.name.clone(),
        dtype: tappable.dtype.to_string(),
        shape: shape.iter().map(|&length| describe(length)).collect(),
        units,
        forms: forms
            .into_iter()
            .map(|form| Form {
                syntax: form.syntax,
                meaning: form.meaning,
            })
            .collect(),
    }
}

fn describe(length: Length) -> String {
    match length {
        Length::Fixed(length) => length.to_string(),
        Length::OfBatch(1) => "N".to_owned(),
        Length::OfBatch(factor) => format!("{factor}N"),
    }
}
