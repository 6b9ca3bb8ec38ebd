//! The report of `invset inspect`, as text and as JSON.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use super::survey::{Length, Readable, Tappable};
use crate::autodiff;
use crate::graph::{DType, Graph, ValueId};
use crate::onnx::{Model, TensorInfo};
use crate::text::clean;

#[derive(Serialize)]
pub(super) struct Report {
    file: String,
    sha256: String,
    producer: String,
    ir_version: i64,
    opsets: BTreeMap<String, i64>,
    parameters: usize,
    metadata: BTreeMap<String, String>,
    inputs: Vec<Port>,
    outputs: Vec<Port>,
    operators: BTreeMap<String, usize>,
    tensors: Vec<Tensor>,
    gradients: Vec<Gradient>,
    unsupported: Vec<String>,
    /// Why tensors are not listed, if they are not.
    obstacle: Option<String>,
}

/// An input or output as the file declares it.
#[derive(Serialize)]
struct Port {
    name: String,
    dtype: Option<String>,
    shape: Option<Vec<String>>,
}

/// A tensor that a unit can be read off.
#[derive(Serialize)]
struct Tensor {
    name: String,
    dtype: String,
    shape: Vec<String>,
    units: Option<usize>,
    unit: &'static str,
}

/// Whether an output can be differentiated with respect to an input.
#[derive(Serialize)]
struct Gradient {
    output: String,
    input: String,
    differentiable: bool,
    blockers: Vec<String>,
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
            gradients: readable
                .graph
                .as_ref()
                .map(|graph| gradients(model, graph))
                .unwrap_or_default(),
            unsupported: readable.unsupported.iter().map(|n| n.to_string()).collect(),
            obstacle: readable.obstacle.clone(),
        }
    }

    pub(super) fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let list = |pairs: Vec<String>| clean(&pairs.join(", "));
        writeln!(out, "{}", clean(&self.file))?;
        writeln!(out, "  sha256      {}", self.sha256)?;
        writeln!(out, "  written by  {}", clean(&self.producer))?;
        let opsets = self
            .opsets
            .iter()
            .map(|(domain, v)| format!("{domain} {v}"));
        writeln!(
            out,
            "  format      IR {}, opsets {}",
            self.ir_version,
            list(opsets.collect())
        )?;
        writeln!(out, "  parameters  {}", self.parameters)?;
        let operators = self.operators.iter().map(|(op, n)| format!("{op} {n}"));
        writeln!(out, "  operators   {}", list(operators.collect()))?;
        for (title, ports) in [("inputs", &self.inputs), ("outputs", &self.outputs)] {
            writeln!(out, "\n{title}")?;
            for port in ports {
                writeln!(out, "  {}", clean(&port.line()))?;
            }
        }
        if !self.tensors.is_empty() {
            writeln!(out, "\ntensors that units can be read off")?;
        }
        for tensor in &self.tensors {
            writeln!(out, "  {}", clean(&tensor.line()))?;
        }
        if !self.gradients.is_empty() {
            writeln!(out, "\ngradients")?;
        }
        for gradient in &self.gradients {
            let verdict = if gradient.differentiable { "yes" } else { "no" };
            writeln!(
                out,
                "  {} with respect to {}: {verdict}",
                clean(&gradient.output),
                clean(&gradient.input)
            )?;
            for blocker in &gradient.blockers {
                writeln!(out, "    {}", clean(blocker))?;
            }
        }
        if !self.unsupported.is_empty() {
            writeln!(out, "\nnodes that cannot be read")?;
        }
        for node in &self.unsupported {
            writeln!(out, "  {}", clean(node))?;
        }
        if let Some(obstacle) = &self.obstacle {
            writeln!(out, "\ntensors are not listed: {}", clean(obstacle))?;
        }
        Ok(())
    }
}

impl Port {
    fn line(&self) -> String {
        let dtype = self.dtype.as_deref().unwrap_or("unsupported type");
        let shape = self
            .shape
            .as_ref()
            .map_or_else(|| "unknown shape".to_owned(), |shape| bracket(shape));
        format!("{}  {dtype} {shape}", self.name)
    }
}

impl Tensor {
    fn line(&self) -> String {
        let shape = bracket(&self.shape);
        match self.units {
            Some(units) => format!(
                "{}  {} {shape}  {units} units: {}",
                self.name, self.dtype, self.unit
            ),
            None => format!("{}  {} {shape}  {}", self.name, self.dtype, self.unit),
        }
    }
}

fn bracket(shape: &[String]) -> String {
    format!("[{}]", shape.join(", "))
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
    // Which axis counts the units, and what becomes of the others (DESIGN section 2).
    let (axis, unit) = match shape.len() {
        2 => (Some(1), "the element"),
        3 => (Some(2), "mean over positions"),
        4 => (Some(1), "mean over height and width"),
        _ => (None, "directions only"),
    };
    Tensor {
        name: tappable.name.clone(),
        dtype: tappable.dtype.to_string(),
        shape: shape.iter().map(|&length| describe(length)).collect(),
        units: axis.and_then(|axis| match shape[axis] {
            Length::Fixed(length) => Some(length),
            Length::OfBatch(_) => None,
        }),
        unit,
    }
}

fn describe(length: Length) -> String {
    match length {
        Length::Fixed(length) => length.to_string(),
        Length::OfBatch(1) => "N".to_owned(),
        Length::OfBatch(factor) => format!("{factor}N"),
    }
}

fn gradients(model: &Model, graph: &Graph) -> Vec<Gradient> {
    let mut gradients = Vec::new();
    let inputs: Vec<ValueId> = graph
        .inputs()
        .iter()
        .copied()
        .filter(|&id| is_float(graph, id))
        .collect();
    let outputs = model.outputs().iter();
    for output in outputs.filter_map(|output| graph.find(&output.name)) {
        for &input in inputs.iter().filter(|_| is_float(graph, output)) {
            let blockers = autodiff::blockers(graph, output, input);
            gradients.push(Gradient {
                output: graph.name(output).to_owned(),
                input: graph.name(input).to_owned(),
                differentiable: blockers.is_empty(),
                blockers: blockers.iter().map(ToString::to_string).collect(),
            });
        }
    }
    gradients
}

fn is_float(graph: &Graph, id: ValueId) -> bool {
    matches!(graph.tensor_type(id).dtype, DType::F32 | DType::F64)
}
