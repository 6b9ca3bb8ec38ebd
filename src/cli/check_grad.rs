//! `invset check-grad`: the vector-Jacobian product of an ONNX graph, in the runtime that will run it,
//! against differences of the graph itself in 64-bit floats.

mod differences;
mod line;

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use serde::Serialize;

use super::forward::{self, ForwardArgs, RequestError};
use super::progress::Counter;
use crate::autodiff;
use crate::graph::{Graph, Tensor, passes};
use crate::onnx;
use crate::runtime::{Backend, Input, Runtime, RuntimeRequest, SessionOptions};
use crate::text::clean;
use differences::{Comparison, compare, median};
use line::{Lines, Point};

/// Random directions tried.
const DIRECTIONS: u64 = 32;

/// A correct gradient in 32-bit floats stays well below this; a wrong rule seldom below 0.1.
const DEFAULT_TOLERANCE: f64 = 1e-3;

/// Flags of `invset check-grad`.
#[derive(Debug, clap::Args)]
pub struct CheckGradArgs {
    /// The ONNX file
    #[arg(value_name = "MODEL.onnx")]
    model: PathBuf,
    /// The input to differentiate with respect to
    #[arg(long, value_name = "INPUT")]
    wrt: String,
    /// The tensor to differentiate, any of the file's
    #[arg(long, value_name = "TENSOR")]
    of: String,
    #[command(flatten)]
    graph: ForwardArgs,
    /// Seed of the input, the cotangent and the directions
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// The largest median relative error that passes
    #[arg(long, default_value_t = DEFAULT_TOLERANCE, value_name = "ERROR", value_parser = tolerance)]
    tolerance: f64,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

fn tolerance(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(tolerance) if tolerance > 0.0 => Ok(tolerance),
        _ => Err(format!("'{text}' is not a positive number")),
    }
}

/// The check fails.
#[derive(Debug, thiserror::Error)]
pub enum CheckGradError {
    /// The gradient is wrong.
    #[error(
        "the gradient disagrees with differences: median relative error {error:.1e}, allowed \
         {tolerance:.0e} (--tolerance); in 64-bit floats it is {exact_error:.1e}, so {}",
        if exact_error <= tolerance {
            "the derivative is right, and it is the 32-bit rounding of the runtime that errs"
        } else {
            "the derivative is wrong: please report the model's operators"
        }
    )]
    Disagrees {
        /// The median relative error.
        error: f64,
        /// That of the gradient graph in 64-bit floats.
        exact_error: f64,
        /// What was allowed.
        tolerance: f64,
    },
}

#[derive(Serialize)]
struct Report {
    model: String,
    then: Option<String>,
    wrt: String,
    of: String,
    batch: u32,
    seed: u64,
    backend: Backend,
    directions: usize,
    median_relative_error: f64,
    median_relative_error_in_64_bits: f64,
    kinked_share: f64,
    tolerance: f64,
    agrees: bool,
}

/// Checks the gradient at a random point, along random directions, for a random cotangent.
///
/// # Errors
/// [`crate::onnx::OnnxError`], [`crate::autodiff::AutodiffError`]: the file;
/// [`crate::runtime::RuntimeError`]: the runtime; [`RequestError`]: the request; [`CheckGradError`]:
/// the gradient is wrong (after the report is printed).
pub fn run(
    args: &CheckGradArgs,
    request: &RuntimeRequest,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let graph = forward::graph(&args.model, &args.graph, std::slice::from_ref(&args.of))?;
    let opened = request.open()?;
    let comparisons = check(&graph, &args.wrt, opened.runtime.as_ref(), args.seed)?;
    let middle = |error: fn(&Comparison) -> f64| {
        median(&comparisons.iter().map(error).collect::<Vec<f64>>())
    };
    let error = middle(|one| one.error);
    let exact_error = middle(|one| one.exact_error);
    let kinked = comparisons.iter().filter(|one| one.kinked).count();
    let report = Report {
        model: args.model.display().to_string(),
        then: args
            .graph
            .then
            .as_ref()
            .map(|then| then.display().to_string()),
        wrt: args.wrt.clone(),
        of: args.of.clone(),
        batch: args.graph.batch,
        seed: args.seed,
        backend: opened.runtime.backend().clone(),
        directions: comparisons.len(),
        median_relative_error: error,
        median_relative_error_in_64_bits: exact_error,
        kinked_share: kinked as f64 / comparisons.len() as f64,
        tolerance: args.tolerance,
        agrees: error <= args.tolerance,
    };
    report.print(args.json, out)?;
    if report.agrees {
        Ok(())
    } else {
        Err(CheckGradError::Disagrees {
            error,
            exact_error,
            tolerance: args.tolerance,
        }
        .into())
    }
}

impl Report {
    fn print(&self, json: bool, out: &mut dyn Write) -> anyhow::Result<()> {
        if json {
            serde_json::to_writer_pretty(&mut *out, self)?;
            writeln!(out)?;
            return Ok(());
        }
        writeln!(
            out,
            "d {} / d {} in {} {} on {}, against 64-bit differences along {} directions",
            clean(&self.of),
            clean(&self.wrt),
            self.backend.name,
            self.backend.version,
            self.backend.device,
            self.directions
        )?;
        writeln!(
            out,
            "median relative error {:.1e} ({:.1e} in 64-bit floats), {:.0} % of directions kinked: {}",
            self.median_relative_error,
            self.median_relative_error_in_64_bits,
            100.0 * self.kinked_share,
            if self.agrees { "agrees" } else { "DISAGREES" }
        )?;
        Ok(())
    }
}

/// Compares along every direction. The graph's one output is differentiated.
fn check(
    graph: &Graph,
    wrt: &str,
    runtime: &dyn Runtime,
    seed: u64,
) -> anyhow::Result<Vec<Comparison>> {
    let position = graph.inputs().iter().position(|&id| graph.name(id) == wrt);
    let position = position.ok_or_else(|| RequestError::no_such_input("--wrt", wrt, graph))?;
    let of = *graph.outputs().first().context("the graph has no output")?;
    let point = Point::random(graph, of, position, seed)?;
    let mut gradient = graph.clone();
    let product =
        autodiff::vector_jacobian_product(&mut gradient, &[of], graph.inputs()[position])?;
    gradient.set_outputs(vec![product.wrt_bar]);
    let slope = run_once(&gradient, runtime, &point)?.to_f64();

    let lines = Lines::new(graph, &gradient, point, slope)?;
    let counter = Counter::new(DIRECTIONS, "directions");
    // In parallel, but the results are in order, and each direction has its own random numbers.
    (0..DIRECTIONS)
        .into_par_iter()
        .map(|number| {
            let line = lines.line(seed, number);
            let comparison = compare(line.predicted(), lines.scale(), |step| line.stencil(step))?;
            counter.advance();
            Ok(comparison)
        })
        .collect()
}

/// The graph's only output at the point, with the cotangent as the last input.
fn run_once(graph: &Graph, runtime: &dyn Runtime, point: &Point) -> anyhow::Result<Tensor> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let options = SessionOptions::threads(threads);
    let bytes = onnx::serialise(&passes::prune(graph))?;
    let inputs = point.inputs.iter().chain([&point.cotangent]);
    let inputs: Vec<Input<'_>> = inputs.map(Input::Tensor).collect();
    let results = runtime.load(&bytes, &options)?.run(&inputs)?;
    let first = results.first().context("the graph gave no output")?;
    Ok(first.to_tensor()?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::graph::{Binary, DType, Op, TensorType, Unary};
    use crate::runtime::Embedded;

    fn graph(ops: &[Op]) -> Graph {
        let mut graph = Graph::new();
        let input = TensorType::new(DType::F32, [2, 16]);
        let mut value = graph.add_input("x", input).unwrap();
        for op in ops {
            let operands = match op {
                Op::Binary(_) => vec![value, value],
                _ => vec![value],
            };
            value = graph.add("y", op.clone(), &operands).unwrap();
        }
        graph.add_output(value);
        graph
    }

    #[test]
    fn a_smooth_graph_agrees_to_32_bits_without_kinks() {
        let graph = graph(&[Op::Unary(Unary::Tanh), Op::Binary(Binary::Mul)]);
        let comparisons = check(&graph, "x", &Embedded::new(), 1).unwrap();
        let errors: Vec<f64> = comparisons.iter().map(|one| one.error).collect();
        assert_eq!(comparisons.len(), DIRECTIONS as usize);
        assert!(median(&errors) < 1e-6, "{errors:?}");
        assert!(comparisons.iter().all(|one| one.exact_error < 1e-6));
        assert!(comparisons.iter().all(|one| !one.kinked), "{comparisons:?}");
        // The order of the threads does not show.
        assert_eq!(
            check(&graph, "x", &Embedded::new(), 1).unwrap(),
            comparisons
        );
    }

    #[test]
    fn an_unknown_input_is_refused_with_the_names_there_are() {
        let graph = graph(&[Op::Unary(Unary::Tanh)]);
        let error = check(&graph, "z", &Embedded::new(), 0).unwrap_err();
        assert!(error.to_string().contains("\"x\""), "{error}");
    }

    #[test]
    fn tolerances_are_positive_numbers() {
        assert_eq!(tolerance("1e-3"), Ok(1e-3));
        for wrong in ["0", "-1", "nan", "a"] {
            assert!(tolerance(wrong).is_err(), "{wrong}");
        }
    }
}
