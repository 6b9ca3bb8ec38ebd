//! `invset inspect`: what an ONNX file holds, what of it can be tapped and differentiated.

mod gradients;
mod print;
mod report;
mod survey;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use super::forward::parse_dimension;
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
    /// List every tensor and every node in the way, however many
    #[arg(long)]
    all: bool,
    /// Print one JSON object, with everything
    #[arg(long)]
    json: bool,
}

/// Prints what a model holds.
///
/// # Errors
/// The file is not a sound model ([`crate::onnx::OnnxError`]), or `out` fails. Nodes that cannot
/// be read, and sizes that are not known, are part of the report, not errors.
pub fn run(args: &InspectArgs, out: &mut dyn Write) -> anyhow::Result<()> {
    let model = Model::open(&args.model)?;
    let dimensions: BTreeMap<String, usize> = args.dimensions.iter().cloned().collect();
    let readable = survey::survey(&model, &dimensions)?;
    let report = report::Report::new(&model, &readable);
    if args.json {
        serde_json::to_writer_pretty(&mut *out, &report)?;
        writeln!(out)?;
    } else {
        print::print(&report, args.all, out)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::graph::{DType, Graph, Op, TensorType, Unary};

    /// The report on a graph, as JSON or text.
    fn report(graph: &Graph, all: bool, json: bool) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.onnx");
        std::fs::write(&path, crate::onnx::serialise(graph).unwrap()).unwrap();
        let args = InspectArgs {
            model: path,
            dimensions: Vec::new(),
            all,
            json,
        };
        let mut out = Vec::new();
        run(&args, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn image(graph: &mut Graph) -> crate::graph::ValueId {
        let tensor_type = TensorType::new(DType::F32, [1, 3, 4, 4]);
        graph.add_input("image", tensor_type).unwrap()
    }

    #[test]
    fn tensors_and_gradients_of_a_model_are_listed() {
        let mut graph = Graph::new();
        let x = image(&mut graph);
        let maps = graph.add("maps", Op::Unary(Unary::Relu), &[x]).unwrap();
        let steps = graph
            .add("steps", Op::Unary(Unary::Floor), &[maps])
            .unwrap();
        graph.set_outputs(vec![maps, steps]);
        let json: serde_json::Value = serde_json::from_str(&report(&graph, false, true)).unwrap();
        assert_eq!(json["operators"]["Relu"], 1);
        assert_eq!(json["tensors"][1]["name"], "maps");
        assert_eq!(json["tensors"][1]["units"], 3);
        assert_eq!(
            json["tensors"][1]["forms"][1]["syntax"],
            "maps[c,row,column]"
        );
        assert_eq!(json["gradients"][0]["differentiable"], true);
        assert_eq!(json["gradients"][1]["differentiable"], false);
        assert_eq!(json["gradients"][1]["blockers"][0]["node"], "steps");
        assert_eq!(json["gradients"][1]["blockers"][0]["op"], "Floor");
        let text = report(&graph, false, false);
        assert!(
            text.contains("maps  float32 [1, 3, 4, 4]  3 units"),
            "{text}"
        );
        assert!(text.contains("maps with respect to image: yes"), "{text}");
        assert!(text.contains("steps with respect to image: no"), "{text}");
    }

    #[test]
    fn an_output_of_integers_is_not_differentiable_and_says_why() {
        let mut graph = Graph::new();
        let x = image(&mut graph);
        let counts = graph
            .add("counts", Op::Cast { to: DType::I64 }, &[x])
            .unwrap();
        graph.set_outputs(vec![counts]);
        let json: serde_json::Value = serde_json::from_str(&report(&graph, false, true)).unwrap();
        assert_eq!(json["gradients"][0]["output"], "counts");
        assert_eq!(json["gradients"][0]["differentiable"], false);
        let reason = json["gradients"][0]["blockers"][0]["reason"].as_str();
        assert!(reason.unwrap().contains("int64"), "{reason:?}");
    }

    #[test]
    fn many_tensors_are_summed_up_by_shape_unless_all_are_asked_for() {
        let mut graph = Graph::new();
        let mut x = image(&mut graph);
        for layer in 0..100 {
            x = graph
                .add(&format!("layer{layer}"), Op::Unary(Unary::Relu), &[x])
                .unwrap();
        }
        graph.set_outputs(vec![x]);
        let text = report(&graph, false, false);
        assert!(text.lines().count() < 30, "{text}");
        assert!(
            text.contains("101 tensors: image, layer0, layer1, … layer99"),
            "{text}"
        );
        assert!(text.contains("--all"), "{text}");
        let text = report(&graph, true, false);
        assert!(
            text.contains("layer57  float32 [1, 3, 4, 4]  3 units"),
            "{text}"
        );
    }
}
