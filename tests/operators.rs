//! Every operator that is read has a derivative that runs everywhere and differentiates again, or a
//! reason why it has none; and `docs/operators.md` says so.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "operators/page.rs"]
mod page;
#[path = "operators/samples.rs"]
mod samples;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use invset::autodiff::{AutodiffError, formula, vector_jacobian_product};
use invset::graph::op::{Op, ResizeMode, Unary};
use invset::onnx::operators;
use samples::samples;

#[test]
fn the_page_of_operators_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/operators.md");
    let page = page::page();
    if std::env::var_os("UPDATE_OPERATORS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == page,
        "docs/operators.md is out of date: run UPDATE_OPERATORS=1 cargo test --test operators"
    );
}

#[test]
fn every_operator_of_a_graph_is_read_from_files_under_its_name() {
    let read: BTreeSet<&str> = operators().map(|operator| operator.name()).collect();
    for sample in samples() {
        assert!(read.contains(sample.op.name()), "{:?}", sample.op);
    }
    assert_eq!(read.len(), operators().count(), "a name has two rows");
}

#[test]
fn every_emitted_operator_can_be_differentiated_again() {
    for sample in samples() {
        let op = &sample.op;
        if formula(op).is_err() {
            continue;
        }
        let case = sample.case(false);
        for &x in &case.floats {
            let mut graph = case.graph.clone();
            let vjp = vector_jacobian_product(&mut graph, &case.outputs, x)
                .unwrap_or_else(|error| panic!("{op:?}: {error}"));
            assert_eq!(graph.shape(vjp.wrt_bar), graph.shape(x), "{op:?}");
            // Linear in the cotangent, so there is always a path to it.
            vector_jacobian_product(&mut graph.clone(), &[vjp.wrt_bar], vjp.cotangents[0])
                .unwrap_or_else(|error| panic!("{op:?} in its cotangent: {error}"));
            for &input in &case.floats {
                match vector_jacobian_product(&mut graph.clone(), &[vjp.wrt_bar], input) {
                    Ok(_) | Err(AutodiffError::NoPath { .. }) => {}
                    Err(error) => panic!("{op:?} twice: {error}"),
                }
            }
        }
    }
}

/// Operators that a runtime lacks, or computes wrongly or slowly.
#[test]
fn nothing_is_emitted_that_a_runtime_lacks() {
    for sample in samples() {
        let op = &sample.op;
        if formula(op).is_err() {
            continue;
        }
        for constant_weights in [false, true] {
            let case = sample.case(constant_weights);
            let mut graph = case.graph.clone();
            let before = graph.nodes().len();
            vector_jacobian_product(&mut graph, &case.outputs, case.floats[0]).unwrap();
            for node in &graph.nodes()[before..] {
                let refused = match &node.op {
                    Op::MaxPool(_) => node.outputs.len() > 1,
                    Op::Resize(resize) => resize.mode == ResizeMode::Cubic || resize.antialias,
                    Op::Unary(Unary::Selu { .. } | Unary::Celu { .. } | Unary::Mish)
                    | Op::Where
                    | Op::SpaceToDepth { .. }
                    | Op::LocalResponseNormalization { .. } => true,
                    Op::Pad { before, after, .. } => before.iter().chain(after).any(|&pad| pad < 0),
                    _ => false,
                };
                assert!(!refused, "{op:?} emits {:?}", node.op);
            }
        }
    }
}

/// A stop that is asked for a derivative says why there is none.
#[test]
fn stops_are_refused_with_their_reason() {
    for sample in samples() {
        let Err(reason) = formula(&sample.op) else {
            continue;
        };
        let case = sample.case(false);
        let Some(&x) = case.floats.first() else {
            continue;
        };
        let error = vector_jacobian_product(&mut case.graph.clone(), &case.outputs, x)
            .expect_err("no derivative passes");
        let told = error.to_string().contains(reason)
            // Comparisons give truth values, which are refused as such.
            || matches!(error, AutodiffError::NotFloat { .. });
        assert!(told, "{:?}: {error}", sample.op);
    }
}

/// What ONNX's own schemas say: the opset that brought an operator, and all attributes it ever had.
const SCHEMAS: &str = r#"
import onnx.defs
rows = {}
for schema in onnx.defs.get_all_schemas_with_history():
    if schema.domain == "":
        since, attributes = rows.get(schema.name, (99, set()))
        rows[schema.name] = (min(since, schema.since_version), attributes | set(schema.attributes))
for name, (since, attributes) in rows.items():
    print(name, since, *sorted(attributes))
"#;

#[test]
fn the_table_agrees_with_the_schemas_of_onnx() {
    let Some(python) = std::env::var_os("INVSET_TEST_PYTHON") else {
        eprintln!(
            "SKIPPED the_table_agrees_with_the_schemas_of_onnx: INVSET_TEST_PYTHON is not set"
        );
        return;
    };
    let output = Command::new(python).args(["-c", SCHEMAS]).output().unwrap();
    if !output.status.success() {
        eprintln!("SKIPPED the_table_agrees_with_the_schemas_of_onnx: that Python has no onnx");
        return;
    }
    let text = String::from_utf8(output.stdout).unwrap();
    for operator in operators() {
        let name = operator.name();
        let row = text
            .lines()
            .find(|line| line.split(' ').next() == Some(name));
        let row: Vec<&str> = row.unwrap_or_else(|| panic!("{name}")).split(' ').collect();
        assert_eq!(row[1], operator.since().to_string(), "{name}");
        for attribute in operator.attributes() {
            assert!(row[2..].contains(attribute), "{name} never had {attribute}");
        }
    }
}
