//! `invset inspect`: what an ONNX file holds, what of it can be tapped and differentiated.

mod report;
mod survey;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use crate::onnx::Model;

/// Flags of `invset inspect`.
#[derive(Debug, clap::Args)]
pub struct InspectArgs {
    /// The ONNX file
    #[arg(value_name = "MODEL.onnx")]
    model: PathBuf,
    /// Size of a dynamic dimension other than the batch, by its name in the file (repeatable)
    #[arg(long = "dim", value_name = "NAME=SIZE", value_parser = parse_dimension)]
    dimensions: Vec<(String, usize)>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

fn parse_dimension(text: &str) -> Result<(String, usize), String> {
    let (name, size) = text
        .split_once('=')
        .ok_or_else(|| format!("'{text}' is not NAME=SIZE"))?;
    match size.parse() {
        Ok(size) if size > 0 => Ok((name.to_owned(), size)),
        _ => Err(format!("'{size}' is not a positive size")),
    }
}

/// Prints what a model holds.
///
/// # Errors
/// The file is not a sound model ([`crate::onnx::OnnxError`]), or `out` fails. Nodes that cannot
/// be read are part of the report, not errors.
pub fn run(args: &InspectArgs, out: &mut dyn Write) -> anyhow::Result<()> {
    let model = Model::open(&args.model)?;
    let dimensions: BTreeMap<String, usize> = args.dimensions.iter().cloned().collect();
    let survey = survey::survey(&model, &dimensions);
    let report = report::Report::new(&model, &survey);
    if args.json {
        serde_json::to_writer_pretty(&mut *out, &report)?;
        writeln!(out)?;
    } else {
        report.print(out)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::graph::{DType, Graph, Op, TensorType, Unary};

    #[test]
    fn tensors_and_gradients_of_a_model_are_listed() {
        let mut graph = Graph::new();
        let x = graph
            .add_input("image", TensorType::new(DType::F32, [1, 3, 4, 4]))
            .unwrap();
        let maps = graph.add("maps", Op::Unary(Unary::Relu), &[x]).unwrap();
        let steps = graph
            .add("steps", Op::Unary(Unary::Floor), &[maps])
            .unwrap();
        graph.set_outputs(vec![maps, steps]);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.onnx");
        std::fs::write(&path, crate::onnx::serialise(&graph).unwrap()).unwrap();
        let report = |json| {
            let args = InspectArgs {
                model: path.clone(),
                dimensions: Vec::new(),
                json,
            };
            let mut out = Vec::new();
            run(&args, &mut out).unwrap();
            String::from_utf8(out).unwrap()
        };
        let json: serde_json::Value = serde_json::from_str(&report(true)).unwrap();
        assert_eq!(json["operators"]["Relu"], 1);
        assert_eq!(json["tensors"][1]["name"], "maps");
        assert_eq!(json["tensors"][1]["units"], 3);
        assert_eq!(json["gradients"][0]["differentiable"], true);
        assert_eq!(json["gradients"][1]["differentiable"], false);
        assert!(report(false).contains("maps  float32 [1, 3, 4, 4]  3 units"));
    }

    #[test]
    fn a_dimension_is_a_name_and_a_positive_size() {
        assert_eq!(parse_dimension("h=8"), Ok(("h".to_owned(), 8)));
        for wrong in ["h", "h=", "h=0", "h=-1"] {
            assert!(parse_dimension(wrong).is_err(), "{wrong}");
        }
    }
}
