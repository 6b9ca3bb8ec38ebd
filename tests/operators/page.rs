//! `docs/operators.md`, written from the tables.

use std::collections::BTreeSet;
use std::fmt::Write;

use invset::autodiff::{formula, split, vector_jacobian_product};
use invset::graph::DType;
use invset::onnx::{Operator, operators};

use super::samples::{Sample, samples};

const HEAD: &str = "\
# Operators

Written by `tests/operators.rs` from the tables of `src/onnx/parse` and `src/autodiff/rules`; do not
edit. `UPDATE_OPERATORS=1 cargo test --test operators` writes it again.

invset reads these operators of ONNX's own domain, in every spelling of opsets 7 to 24 (an attribute
that became an input, an axis that changed its meaning), and writes opset 18. Model-local functions
are inlined and an `If` with a constant condition is replaced by its branch before the table is asked.
Anything else is refused before any work, with the node, the operator and a remedy.

- *opsets*: since when ONNX has the operator, and until when if it is deprecated.
- *attributes*: those that are read; others are refused.
- *derivative*: x, a, b are inputs, y is the output, g the cotangent of the output (ȳ), a bar marks
  the cotangent of an input, [condition] is 1 where it holds and 0 elsewhere. An input that needs no
  cotangent costs nothing; broadcasting is undone by a sum.
- *saves*: the node's own values that its derivative reads, with weights constant. Truth values take
  one byte each when the backward pass is cut off from the forward pass.

At kinks derivatives follow PyTorch: 0 for `Relu` at 0, 1 for `Clip` at its bounds (0 for
`Clip` from 0 to 6, its `ReLU6`), half each for
`Min` and `Max` of equal operands, equal shares for the ties of `ReduceMax`, the first position in
row-major order for the ties of `MaxPool`. The formulas are those of the ONNX specification's
functions; the sources of what is not school calculus stand beside the code.

| operator | opsets | attributes | derivative | saves |
|---|---|---|---|---|
";

/// The whole page.
pub(crate) fn page() -> String {
    let samples = samples();
    let mut rows: Vec<&Operator> = operators().collect();
    rows.sort_by_key(|operator| operator.name());
    let mut page = HEAD.to_owned();
    for operator in rows {
        let opsets = match operator.last() {
            Some(last) => format!("{} to {last}", operator.since().max(7)),
            None => format!("{} on", operator.since().max(7)),
        };
        let attributes: Vec<String> = operator
            .attributes()
            .iter()
            .map(|name| format!("`{name}`"))
            .collect();
        let (derivative, saves) = match operator.becomes() {
            Some(becomes) => (format!("read as {becomes}"), String::new()),
            None => derivative(operator.name(), &samples),
        };
        let name = operator.name();
        let attributes = attributes.join(", ");
        writeln!(
            page,
            "| `{name}` | {opsets} | {attributes} | {} | {saves} |",
            derivative.replace('|', "\\|")
        )
        .unwrap();
    }
    page
}

/// Formula and the values read, over all samples of an operator.
fn derivative(name: &str, samples: &[Sample]) -> (String, String) {
    let mine: Vec<&Sample> = samples.iter().filter(|s| s.op.name() == name).collect();
    let Some(first) = mine.first() else {
        panic!("{name} is read, but tests/operators/samples.rs has no sample of it");
    };
    let formula = match formula(&first.op) {
        Ok(formula) => formula,
        Err(reason) => {
            let short = reason.split([':', ',', ';']).next().unwrap_or(reason);
            return (format!("none: it {short}"), String::new());
        }
    };
    let values: BTreeSet<String> = mine.iter().flat_map(|sample| saved(sample)).collect();
    let values: Vec<String> = values.into_iter().collect();
    (formula, values.join(", "))
}

/// The node's values that the derivative reads, with respect to each of its data, and whether they
/// shrink to truth values when the backward pass is cut off.
fn saved(sample: &Sample) -> BTreeSet<String> {
    let case = sample.case(true);
    let mut saved = BTreeSet::new();
    for &x in &case.floats {
        let mut graph = case.graph.clone();
        let before = graph.nodes().len();
        let vjp = vector_jacobian_product(&mut graph, &case.outputs, x).unwrap();
        let own = case.floats.iter().chain(&case.outputs);
        let read = own.filter(|&id| {
            graph.nodes()[before..]
                .iter()
                .any(|n| n.inputs.contains(id))
        });
        let crossing = split(&graph, &vjp.cotangents, &[vjp.wrt_bar]).saved;
        let of_type = |name: &String| graph.tensor_type(graph.find(name).unwrap()).dtype;
        let masks = crossing
            .iter()
            .all(|name| graph.find(name).is_some() && of_type(name) == DType::Bool);
        for &id in read {
            let name = graph.name(id);
            saved.insert(match masks {
                true => format!("{name} as truth values"),
                false => name.to_owned(),
            });
        }
    }
    saved
}
