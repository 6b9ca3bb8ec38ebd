//! `invset grad`: an ONNX graph, or two joined, to the ONNX graph of its vector-Jacobian product.

use std::collections::HashSet;
use std::io::Write;
use std::path::PathBuf;

use crate::autodiff;
use crate::files;
use crate::graph::{Graph, passes};
use crate::onnx::{self, LoadOptions, Model, OnnxError};

/// What stands before a name of the second file that the first one uses already.
const SECOND_PREFIX: &str = "then/";

/// Flags of `invset grad`.
#[derive(Debug, clap::Args)]
pub struct GradArgs {
    /// The ONNX file to differentiate
    #[arg(long, value_name = "F.onnx")]
    forward: PathBuf,
    /// A second file, fed by the first
    #[arg(long, value_name = "F2.onnx")]
    then: Option<PathBuf>,
    /// Which output feeds which input (default: the first output, the first input)
    #[arg(long, value_name = "OUT=IN", requires = "then", value_parser = parse_join)]
    join: Option<Join>,
    /// The input to differentiate with respect to
    #[arg(long, value_name = "INPUT")]
    wrt: String,
    /// The tensors to differentiate, any of the file's
    #[arg(long, value_name = "TENSOR", value_delimiter = ',', required = true)]
    of: Vec<String>,
    /// The batch size of the result
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    batch: u32,
    /// The file to write
    #[arg(short = 'o', long = "output", value_name = "OUT.onnx")]
    output: PathBuf,
}

/// A value of the first file and an input of the second.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Join {
    from: String,
    to: String,
}

fn parse_join(text: &str) -> Result<Join, String> {
    match text.split_once('=') {
        Some((from, to)) if !from.is_empty() && !to.is_empty() => Ok(Join {
            from: from.to_owned(),
            to: to.to_owned(),
        }),
        _ => Err(format!("'{text}' is not OUT=IN")),
    }
}

/// The request does not fit the files, or its result cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum GradError {
    /// No input of the name that a flag gives.
    #[error("{flag}: there is no input {name:?}; the inputs are {inputs}")]
    NoSuchInput {
        /// The flag.
        flag: &'static str,
        /// The name given.
        name: String,
        /// The names there are.
        inputs: String,
    },
    /// No tensor of the name that a flag gives.
    #[error("{flag}: {source}")]
    NoSuchTensor {
        /// The flag.
        flag: &'static str,
        /// Says the name, and the nearest one there is.
        source: OnnxError,
    },
    /// The file has nothing to join.
    #[error("{file}: it has no {what} to join")]
    NothingToJoin {
        /// The file.
        file: String,
        /// `output` or `input`.
        what: &'static str,
    },
    /// The output cannot be written.
    #[error("cannot write {}: {reason}", file.display())]
    Write {
        /// The path asked for.
        file: PathBuf,
        /// The cause, without the temporary file's name.
        reason: std::io::ErrorKind,
    },
}

impl GradError {
    /// The cause why a tensor that `flag` names cannot be had: the command line where the name is
    /// not in the file, else the file.
    pub(super) fn of_tensor(flag: &'static str, source: OnnxError) -> anyhow::Error {
        match source {
            OnnxError::UnknownTensor { .. } => GradError::NoSuchTensor { flag, source }.into(),
            _ => source.into(),
        }
    }

    /// `flag` names an input that `graph` does not have.
    pub(super) fn no_such_input(flag: &'static str, name: &str, graph: &Graph) -> Self {
        GradError::NoSuchInput {
            flag,
            name: name.to_owned(),
            inputs: quoted(graph.inputs().iter().map(|&id| graph.name(id))),
        }
    }
}

/// Writes the gradient graph.
///
/// # Errors
/// [`crate::onnx::OnnxError`], [`crate::graph::GraphError`], [`crate::autodiff::AutodiffError`]:
/// the files; [`GradError`]: the request, or the output cannot be written.
pub fn run(args: &GradArgs, out: &mut dyn Write) -> anyhow::Result<()> {
    let mut graph = forward(args)?;
    let mut inputs = graph.inputs().iter().copied();
    let wrt = inputs
        .find(|&id| graph.name(id) == args.wrt)
        .ok_or_else(|| GradError::no_such_input("--wrt", &args.wrt, &graph))?;
    let of = graph.outputs().to_vec();
    let product = autodiff::vector_jacobian_product(&mut graph, &of, wrt)?;
    graph.set_outputs(of.into_iter().chain([product.wrt_bar]).collect());
    let graph = passes::prune(&graph);
    let bytes = onnx::serialise(&graph)?;
    files::replace(&args.output, &bytes).map_err(|error| GradError::Write {
        file: args.output.clone(),
        reason: error.kind(),
    })?;
    writeln!(
        out,
        "{}: {} nodes, {} bytes",
        args.output.display(),
        graph.nodes().len(),
        bytes.len()
    )?;
    Ok(())
}

/// The graph whose outputs are the tensors of `--of`, in that order.
fn forward(args: &GradArgs) -> anyhow::Result<Graph> {
    let batch = args.batch as usize;
    let mut of = args.of.clone();
    let mut seen = HashSet::new();
    of.retain(|name| seen.insert(name.clone()));
    let first = Model::open(&args.forward)?;
    let Some(then) = &args.then else {
        return load(&first, batch, &of, "--of");
    };
    let second = Model::open(then)?;
    let second_taps: Vec<String> = of
        .iter()
        .filter_map(|name| name_in_second(name, &first))
        .collect();
    if second_taps.is_empty() {
        return load(&first, batch, &of, "--of");
    }
    let join = match &args.join {
        Some(join) => join.clone(),
        None => default_join(&first, &second)?,
    };
    if !second.inputs().iter().any(|input| input.name == join.to) {
        return Err(GradError::NoSuchInput {
            flag: "--join",
            name: join.to,
            inputs: quoted(second.inputs().iter().map(|input| input.name.as_str())),
        }
        .into());
    }
    let first_taps: Vec<String> = of
        .iter()
        .filter(|name| name_in_second(name, &first).is_none())
        .chain([&join.from])
        .cloned()
        .collect();
    // What --of names in the first file is there, so only --join can be wrong.
    let first_graph = load(&first, batch, &first_taps, "--join")?;
    let mut graph = passes::compose(
        &first_graph,
        &load(&second, batch, &second_taps, "--of")?,
        &[(join.from.as_str(), join.to.as_str())],
        SECOND_PREFIX,
    )?;
    let outputs = of.iter().filter_map(|name| graph.find(name)).collect();
    graph.set_outputs(outputs);
    Ok(graph)
}

/// The first output feeds the first input.
fn default_join(first: &Model, second: &Model) -> Result<Join, GradError> {
    let nothing = |model: &Model, what| GradError::NothingToJoin {
        file: model.file().to_owned(),
        what,
    };
    let from = first.outputs().first();
    let to = second.inputs().first();
    Ok(Join {
        from: from.ok_or_else(|| nothing(first, "output"))?.name.clone(),
        to: to.ok_or_else(|| nothing(second, "input"))?.name.clone(),
    })
}

/// What a tensor of the joined graph is called in the second file; `None` for one of the first.
fn name_in_second(name: &str, first: &Model) -> Option<String> {
    let in_first = first.tensor_names();
    if in_first.contains(&name) {
        return None;
    }
    // The prefix marks names that both files use.
    let original = name
        .strip_prefix(SECOND_PREFIX)
        .filter(|original| in_first.contains(original));
    Some(original.unwrap_or(name).to_owned())
}

fn load(
    model: &Model,
    batch: usize,
    outputs: &[String],
    flag: &'static str,
) -> anyhow::Result<Graph> {
    let graph = model.graph(&LoadOptions {
        batch,
        outputs: Some(outputs.to_vec()),
        ..LoadOptions::default()
    });
    let graph = graph.map_err(|error| GradError::of_tensor(flag, error))?;
    Ok(passes::fold_batch_normalization(&graph))
}

fn quoted<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.map(|name| format!("{name:?}")).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::graph::{Binary, DType, Op, Tensor, TensorType, Unary, interpret};
    use clap::{Args, FromArgMatches};
    use std::path::Path;

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
    fn a_join_names_an_output_and_an_input() {
        let join = Join {
            from: "image".to_owned(),
            to: "input".to_owned(),
        };
        assert_eq!(parse_join("image=input"), Ok(join));
        for wrong in ["image", "=input", "image="] {
            assert!(parse_join(wrong).is_err(), "{wrong}");
        }
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
