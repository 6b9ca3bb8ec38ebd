//! `invset check-grad`: the vector-Jacobian product of an ONNX graph against differences of the
//! graph itself, in the runtime that will run both.

mod differences;

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;
use ndarray_rand::rand_distr::{Distribution, StandardNormal};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use serde::Serialize;

use super::grad::GradError;
use crate::autodiff;
use crate::graph::{DType, Graph, Tensor, TensorType, passes};
use crate::onnx::{self, LoadOptions, Model};
use crate::runtime::{Backend, Held, Input, Runtime, RuntimeRequest, Session, SessionOptions};
use crate::text::clean;
use differences::{Comparison, STEPS, Scale, Stencil, compare, median};

/// Random directions tried.
const DIRECTIONS: usize = 32;

/// A median relative error above this is a wrong gradient. Correct ones of eight classifiers,
/// encoders and generators stay between 1e-4 and 8e-3, where dense kinks set the error; a wrong
/// rule seldom stays below 0.1.
const LARGEST_ERROR: f64 = 3e-2;

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
    /// The batch size
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    batch: u32,
    /// Seed of the input, the cotangent and the directions
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// The check fails.
#[derive(Debug, thiserror::Error)]
pub enum CheckGradError {
    /// The gradient is wrong.
    #[error(
        "the gradient disagrees with differences: median relative error {error:.1e}, allowed \
         {LARGEST_ERROR:.0e}"
    )]
    Disagrees {
        /// The median relative error.
        error: f64,
    },
}

#[derive(Serialize)]
struct Report {
    wrt: String,
    of: String,
    batch: u32,
    seed: u64,
    backend: Backend,
    directions: usize,
    median_relative_error: f64,
    kinked_share: f64,
    agrees: bool,
}

/// Checks the gradient at a random point, along random directions, for a random cotangent.
///
/// # Errors
/// [`crate::onnx::OnnxError`], [`crate::autodiff::AutodiffError`]: the file;
/// [`crate::runtime::RuntimeError`]: the runtime; [`GradError`]: the request; [`CheckGradError`]: the
/// gradient is wrong (after the report is printed).
pub fn run(
    args: &CheckGradArgs,
    request: &RuntimeRequest,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let graph = Model::open(&args.model)?.graph(&LoadOptions {
        batch: args.batch as usize,
        outputs: Some(vec![args.of.clone()]),
        ..LoadOptions::default()
    });
    let graph = graph.map_err(|error| GradError::of_tensor("--of", error))?;
    let opened = request.open()?;
    let comparisons = check(&graph, &args.wrt, opened.runtime.as_ref(), args.seed)?;
    let errors: Vec<f64> = comparisons.iter().map(|one| one.error).collect();
    let kinked = comparisons.iter().filter(|one| one.kinked).count();
    let error = median(&errors);
    let report = Report {
        wrt: args.wrt.clone(),
        of: args.of.clone(),
        batch: args.batch,
        seed: args.seed,
        backend: opened.runtime.backend().clone(),
        directions: comparisons.len(),
        median_relative_error: error,
        kinked_share: kinked as f64 / comparisons.len() as f64,
        agrees: error <= LARGEST_ERROR,
    };
    report.print(args.json, out)?;
    if report.agrees {
        Ok(())
    } else {
        Err(CheckGradError::Disagrees { error }.into())
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
            "d {} / d {} in {} {} on {}: {} directions",
            clean(&self.of),
            clean(&self.wrt),
            self.backend.name,
            self.backend.version,
            self.backend.device,
            self.directions
        )?;
        writeln!(
            out,
            "median relative error {:.1e}, {:.0} % of directions kinked: {}",
            self.median_relative_error,
            100.0 * self.kinked_share,
            if self.agrees { "agrees" } else { "WRONG" }
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
    let position = position.ok_or_else(|| GradError::no_such_input("--wrt", wrt, graph))?;
    let of = *graph.outputs().first().context("the graph has no output")?;
    let mut gradient = graph.clone();
    let product =
        autodiff::vector_jacobian_product(&mut gradient, &[of], graph.inputs()[position])?;
    gradient.set_outputs(vec![product.wrt_bar]);

    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let options = SessionOptions::threads(threads);
    let load = |graph: &Graph| -> anyhow::Result<Box<dyn Session>> {
        let bytes = onnx::serialise(&passes::prune(graph))?;
        Ok(runtime.load(&bytes, &options)?)
    };
    let mut random = ChaCha20Rng::seed_from_u64(seed);
    let mut inputs = graph
        .inputs()
        .iter()
        .map(|&id| random_tensor(graph.tensor_type(id), &mut random))
        .collect::<Result<Vec<_>, _>>()?;
    let cotangent = random_tensor(graph.tensor_type(of), &mut random)?;
    let at = inputs[position].to_f64();

    let mut with_cotangent: Vec<Input<'_>> = inputs.iter().map(Input::Tensor).collect();
    with_cotangent.push(Input::Tensor(&cotangent));
    let slope = only(load(&gradient)?.run(&with_cotangent)?)?;
    let weights = cotangent.to_f64();
    let mut session = load(graph)?;
    let mut evaluate = |point: &[f64]| -> anyhow::Result<Vec<f64>> {
        let tensor_type = inputs[position].tensor_type();
        inputs[position] = Tensor::from_f64(tensor_type.dtype, tensor_type.shape, point)?;
        let given: Vec<Input<'_>> = inputs.iter().map(Input::Tensor).collect();
        only(session.run(&given)?)
    };
    let value_here = evaluate(&at)?;
    let terms: Vec<f64> = products(&weights, &value_here).collect();
    let scale = Scale {
        value: terms.iter().sum(),
        // Eight units in the last place of each term, added in quadrature.
        rounding: 8.0 * f64::from(f32::EPSILON) * norm(&terms),
        derivative: norm(&slope) / (slope.len() as f64).sqrt(),
    };
    let reach = norm(&at).max(1.0);
    (0..DIRECTIONS)
        .map(|_| {
            let direction = unit_direction(at.len(), &mut random);
            let predicted = products(&slope, &direction).sum();
            let stencils = STEPS
                .iter()
                .map(|relative| {
                    let step = relative * reach;
                    let mut walk = |signed: f64| -> anyhow::Result<f64> {
                        let moved = at.iter().zip(&direction).map(|(a, v)| a + signed * v);
                        let value = evaluate(&moved.collect::<Vec<f64>>())?;
                        Ok(products(&weights, &value).sum())
                    };
                    Ok(Stencil {
                        step,
                        ahead: walk(step)?,
                        behind: walk(-step)?,
                    })
                })
                .collect::<anyhow::Result<Vec<Stencil>>>()?;
            Ok(compare(predicted, &stencils, &scale))
        })
        .collect()
}

fn only(results: Vec<Box<dyn Held>>) -> anyhow::Result<Vec<f64>> {
    let first = results.first().context("the graph gave no output")?;
    Ok(first.to_tensor()?.to_f64())
}

/// Standard normal floats; zeros of other types, which are indices and masks.
fn random_tensor(tensor_type: &TensorType, random: &mut ChaCha20Rng) -> anyhow::Result<Tensor> {
    let shape = tensor_type.shape.clone();
    if !matches!(tensor_type.dtype, DType::F32 | DType::F64) {
        return Ok(Tensor::filled(tensor_type.dtype, shape, 0.0));
    }
    let values = normals(tensor_type.len(), random);
    Ok(Tensor::from_f64(tensor_type.dtype, shape, &values)?)
}

fn normals(count: usize, random: &mut ChaCha20Rng) -> Vec<f64> {
    (0..count).map(|_| StandardNormal.sample(random)).collect()
}

fn unit_direction(length: usize, random: &mut ChaCha20Rng) -> Vec<f64> {
    let mut direction = normals(length, random);
    let size = norm(&direction);
    direction.iter_mut().for_each(|value| *value /= size);
    direction
}

fn products<'a>(left: &'a [f64], right: &'a [f64]) -> impl Iterator<Item = f64> + 'a {
    left.iter().zip(right).map(|(a, b)| a * b)
}

fn norm(values: &[f64]) -> f64 {
    products(values, values).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::graph::{Binary, Op, Unary};
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
    fn a_smooth_graph_agrees_without_kinks() {
        let graph = graph(&[Op::Unary(Unary::Tanh), Op::Binary(Binary::Mul)]);
        let comparisons = check(&graph, "x", &Embedded::new(), 1).unwrap();
        let errors: Vec<f64> = comparisons.iter().map(|one| one.error).collect();
        assert_eq!(comparisons.len(), DIRECTIONS);
        assert!(median(&errors) < 1e-3, "{errors:?}");
        assert!(comparisons.iter().all(|one| !one.kinked), "{comparisons:?}");
    }

    #[test]
    fn an_unknown_input_is_refused_with_the_names_there_are() {
        let graph = graph(&[Op::Unary(Unary::Tanh)]);
        let error = check(&graph, "z", &Embedded::new(), 0).unwrap_err();
        assert!(error.to_string().contains("\"x\""), "{error}");
    }
}
