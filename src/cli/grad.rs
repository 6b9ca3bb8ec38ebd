//! `invset grad`: an ONNX graph, or two joined, to the ONNX graph of its vector-Jacobian product.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::forward::{self, ForwardArgs, RequestError};
use crate::autodiff::{self, ConvolutionAdjoint, Lowering};
use crate::files::Prepared;
use crate::graph::passes;
use crate::onnx::{self, Encoded, Placement};

/// Flags of `invset grad`.
#[derive(Debug, clap::Args)]
pub struct GradArgs {
    /// The ONNX file to differentiate
    #[arg(long, value_name = "F.onnx")]
    forward: PathBuf,
    /// The input to differentiate with respect to
    #[arg(long, value_name = "INPUT")]
    wrt: String,
    /// The tensors to differentiate, any of the file's
    #[arg(long, value_name = "TENSOR", value_delimiter = ',', required = true)]
    of: Vec<String>,
    #[command(flatten)]
    graph: ForwardArgs,
    /// The file to write
    #[arg(short = 'o', long = "output", value_name = "OUT.onnx")]
    output: PathBuf,
    /// Write the weights into OUT.onnx.data (always done above 1.5 GB)
    #[arg(long)]
    external_data: bool,
}

/// The result cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum GradError {
    /// The output cannot be written.
    #[error("cannot write {}: {reason}", file.display())]
    Write {
        /// The path asked for.
        file: PathBuf,
        /// The cause, without the temporary file's name.
        reason: std::io::ErrorKind,
    },
}

/// Writes the gradient graph.
///
/// # Errors
/// [`crate::onnx::OnnxError`], [`crate::graph::GraphError`], [`crate::autodiff::AutodiffError`]:
/// the files; [`RequestError`]: the request; [`GradError`]: the output cannot be written.
pub fn run(args: &GradArgs, out: &mut dyn Write) -> anyhow::Result<()> {
    let mut graph = forward::graph(&args.forward, &args.graph, &args.of)?;
    let mut inputs = graph.inputs().iter().copied();
    let wrt = inputs
        .find(|&id| graph.name(id) == args.wrt)
        .ok_or_else(|| RequestError::no_such_input("--wrt", &args.wrt, &graph))?;
    let of = graph.outputs().to_vec();
    let lowering = Lowering {
        convolution: ConvolutionAdjoint::FlippedInGraph,
        ..Lowering::default()
    };
    let product = autodiff::vector_jacobian_product_with(&mut graph, &of, wrt, &lowering)?;
    graph.set_outputs(of.into_iter().chain([product.wrt_bar]).collect());
    let graph = passes::prune(&graph);
    let weight_file = weight_file(&args.output);
    let name = weight_file.file_name().unwrap_or_default();
    let name = name.to_string_lossy();
    let encoded = onnx::encode(
        &graph,
        match args.external_data {
            true => Placement::Beside(&name),
            false => Placement::BesideWhenLarge(&name),
        },
    )?;
    save(&encoded, &args.output, &weight_file)?;
    let bytes = encoded.model_bytes();
    let nodes = graph.nodes().len();
    write!(
        out,
        "{}: {nodes} nodes, {bytes} bytes",
        args.output.display()
    )?;
    match encoded.weight_bytes() {
        Some(bytes) => writeln!(out, "; {}: {bytes} bytes", weight_file.display())?,
        None => writeln!(out)?,
    }
    Ok(())
}

/// The file of a model's weights: its name with `.data` behind it.
fn weight_file(model: &Path) -> PathBuf {
    let mut name = model.as_os_str().to_owned();
    name.push(".data");
    PathBuf::from(name)
}

/// Writes the model and, if it has one, its weight file. Both are on the disk before either is put
/// at its place, and an old model goes first: it must never meet new weights.
fn save(encoded: &Encoded, model: &Path, weights: &Path) -> Result<(), GradError> {
    let failed = |file: &Path, error: std::io::Error| GradError::Write {
        file: file.to_owned(),
        reason: error.kind(),
    };
    let in_model = |error| failed(model, error);
    let in_weights = |error| failed(weights, error);
    let new_weights = match encoded.weight_bytes() {
        Some(_) => {
            let written = Prepared::write(weights, |out| encoded.write_weights(out));
            Some(written.map_err(in_weights)?)
        }
        None => None,
    };
    let new_model = Prepared::write(model, |out| encoded.write_model(out)).map_err(in_model)?;
    if let Some(new_weights) = new_weights {
        match std::fs::remove_file(model) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(in_model(error));
            }
            _ => new_weights.put().map_err(in_weights)?,
        }
    }
    new_model.put().map_err(in_model)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::graph::{Binary, DType, Graph, Op, Tensor, TensorType, Unary, interpret};
    use crate::onnx::{LoadOptions, Model};
    use clap::{Args, FromArgMatches};

    /// `output = function(input)`, on disk.
    fn file(folder: &Path, name: &str, input: &str, hidden: &str, output: &str) -> String {
        let mut graph = Graph::new();
        let x = graph
            .add_input(input, TensorType::new(DType::F32, [1, 2]))
            .unwrap();
        let square = graph.add(hidden, Op::Binary(Binary::Mul), &[x, x]).unwrap();
        let y = graph.add(output, Op::Unary(Unary::Exp), &[square]).unwrap();
        graph.set_outputs(vec![y]);
        let path = folder.join(name);
        std::fs::write(&path, onnx::serialise(&graph).unwrap()).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn grad(arguments: &[&str]) -> anyhow::Result<Graph> {
        let command = GradArgs::augment_args(clap::Command::new("grad"));
        let arguments = ["grad"].iter().chain(arguments);
        let matches = command.try_get_matches_from(arguments)?;
        let args = GradArgs::from_arg_matches(&matches)?;
        run(&args, &mut Vec::new())?;
        Ok(Model::open(&args.output)?.graph(&LoadOptions {
            batch: 1,
            ..LoadOptions::default()
        })?)
    }

    fn names<'g>(graph: &'g Graph, ids: &[crate::graph::ValueId]) -> Vec<&'g str> {
        ids.iter().map(|&id| graph.name(id)).collect()
    }

    #[test]
    fn two_files_are_joined_and_differentiated_under_their_own_names() {
        let folder = tempfile::tempdir().unwrap();
        let first = file(folder.path(), "g.onnx", "code", "hidden", "image");
        let second = file(folder.path(), "f.onnx", "input", "hidden", "logits");
        let out = folder.path().join("out.onnx");
        let graph = grad(&[
            "--forward",
            &first,
            "--then",
            &second,
            "--wrt",
            "code",
            "--of",
            "logits,image,then/hidden",
            "-o",
            out.to_str().unwrap(),
        ])
        .unwrap();
        assert_eq!(
            names(&graph, graph.inputs()),
            ["code", "logits_bar", "image_bar", "then/hidden_bar"]
        );
        assert_eq!(
            names(&graph, graph.outputs()),
            ["logits", "image", "then/hidden", "code_bar"]
        );
        let row = |a: f32, b: f32| Tensor::f32([1, 2], vec![a, b]).unwrap();
        let (one, zero) = (row(1.0, 1.0), row(0.0, 0.0));
        let inputs = [row(0.5, -0.25), one, zero.clone(), zero];
        let results = interpret::run(&graph, &inputs).unwrap();
        for (x, found) in [0.5f64, -0.25].into_iter().zip(results[3].to_f64()) {
            // logits = exp(exp(x²)²), whose derivative is logits · 4x exp(2x²).
            let expected = (2.0 * x * x).exp().exp() * 4.0 * x * (2.0 * x * x).exp();
            assert!((found - expected).abs() < 1e-5 * expected.abs().max(1.0));
        }
    }

    #[test]
    fn weights_go_beside_the_model_where_asked() {
        let folder = tempfile::tempdir().unwrap();
        let mut graph = Graph::new();
        let x = graph
            .add_input("x", TensorType::new(DType::F32, [1, 300]))
            .unwrap();
        let weight = graph.add_constant("weight", Tensor::filled(DType::F32, [300], 3.0));
        let y = graph
            .add("y", Op::Binary(Binary::Mul), &[x, weight])
            .unwrap();
        graph.set_outputs(vec![y]);
        let path = folder.path().join("m.onnx");
        std::fs::write(&path, onnx::serialise(&graph).unwrap()).unwrap();
        let out = folder.path().join("out.onnx");
        let mut arguments = vec!["--forward", path.to_str().unwrap(), "--wrt", "x"];
        arguments.extend(["--of", "y", "-o", out.to_str().unwrap()]);
        let inside = grad(&arguments).unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
        arguments.push("--external-data");
        let beside = grad(&arguments).unwrap();
        assert_eq!(inside, beside);
        let data = std::fs::read(folder.path().join("out.onnx.data")).unwrap();
        // Once, though the forward and the backward pass use it.
        assert_eq!(data.len(), 300 * 4);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 3);
    }

    #[test]
    fn names_that_do_not_exist_are_errors_and_leave_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let first = file(folder.path(), "g.onnx", "code", "hidden", "image");
        let out = folder.path().join("out.onnx");
        for (wrt, of) in [("cod", "image"), ("code", "imag")] {
            let target = out.to_str().unwrap();
            let arguments = ["--forward", &first, "--wrt", wrt, "--of", of, "-o", target];
            let error = grad(&arguments).unwrap_err().to_string();
            assert!(error.contains("there is no"), "{error}");
            assert!(!out.exists());
        }
    }
}
