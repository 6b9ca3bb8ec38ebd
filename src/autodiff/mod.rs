//! Reverse-mode differentiation, graph to graph.
//!
//! For a graph that computes y = F(x) and a cotangent ȳ of y's shape, the *vector-Jacobian product*
//! is x̄ = (∂F/∂x)ᵀ ȳ. [`vector_jacobian_product`] appends the nodes that compute x̄ to the graph; ȳ
//! becomes an input of it. A chain of nodes y = fₖ(… f₁(x)) pulls ȳ back through fₖ, …, f₁ in turn;
//! where a value has several uses, the contributions of the uses are added.
//!
//! # Invariants
//! - Existing values, nodes and outputs stay as they are: the result is a longer graph.
//! - On an error the graph is unchanged.
//! - An absent cotangent means zero, and zeros are never written out where they can be left out.
//! - A derivative flows through float values only; what is piecewise constant (comparisons, rounding,
//!   casts to integers) stops it. If nothing but stops lies between the two ends, that is an error.
//! - Nothing is differentiated that the result does not need.
//! - Every operator that a rule emits has a rule itself, so the result can be differentiated again.
//! - Every operator that a rule emits runs on both runtimes, on the CPU and on CUDA, at opset 18
//!   ([`Lowering::max_pool`] set to [`MaxPoolAdjoint::Indices`] excepted).
//!
//! Derivatives at kinks follow PyTorch: 0 for `Relu` at 0, 1 for `Clip` at its bounds, but 0 for
//! `Clip` from 0 to 6 (its `ReLU6`), one half each
//! for `Min` and `Max` of equal operands, equal shares for the ties of `ReduceMax`, and the first
//! position in row-major order for the ties of `MaxPool`.
//!
//! # Where things are
//! `walk` finds the paths and sweeps back over them; `tape` and `var` are what rules write
//! expressions with; `rules` is the table of rules and holds them by family; `axis_map` turns a
//! separable linear operator into one matrix for each axis; [`split`] cuts a differentiated graph
//! into a forward and a backward one.

mod axis_map;
mod rules;
mod split;
mod tape;
mod var;
mod walk;

use std::fmt;

use crate::graph::{DType, Graph, GraphError, Op, Unary, ValueId};
pub use split::{Split, split};
use tape::Tape;
use walk::Paths;

/// What [`vector_jacobian_product`] added to the graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vjp {
    /// The cotangent inputs, one for each value differentiated, in the order asked for.
    pub cotangents: Vec<ValueId>,
    /// The vector-Jacobian product, of the shape of the value differentiated with respect to.
    pub wrt_bar: ValueId,
}

/// Choices between derivative graphs that compute the same.
///
/// The defaults run everywhere and were measured fastest on ONNX Runtime's CPU provider
/// (`docs/benchmarks.md`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lowering {
    /// How the derivative of `MaxPool` finds the winner of each window.
    pub max_pool: MaxPoolAdjoint,
    /// How the derivative of `Conv` in its input is written.
    pub convolution: ConvolutionAdjoint,
    /// How the derivative of `Relu` is written.
    pub relu: ReluMask,
}

/// The derivative of `MaxPool`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MaxPoolAdjoint {
    /// Compares the taps of the windows with the maximum, one axis after another. Runs everywhere
    /// and gives the same bits on every run.
    #[default]
    Taps,
    /// A second `MaxPool` with its `Indices` output, then `ScatterElements`. The embedded runtime
    /// has no `Indices`; on CUDA the order of the sum varies.
    Indices,
}

/// The derivative of `Conv` in its input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ConvolutionAdjoint {
    /// Stride 1: a `Conv` with the flipped weight, a constant beside the weight itself; else
    /// `ConvTranspose`.
    #[default]
    Flipped,
    /// The same, flipped by operators on the weight, so that a file holds it once. ONNX Runtime
    /// applies them when it loads the graph; a runtime that folds no constants, at every run.
    FlippedInGraph,
    /// Always `ConvTranspose`, with the weight as it is. On the CPU slower, most of all for
    /// depthwise convolutions.
    Transposed,
}

/// The derivative of `Relu`, a factor of 0 or 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ReluMask {
    /// A comparison, cast to floats. As truth values it takes a quarter of the memory where a graph
    /// is [`split()`].
    #[default]
    Comparison,
    /// `HardSigmoid` so steep that it is a step: one node instead of two, which ONNX Runtime's CPU
    /// provider keeps in its convolution layout. It rounds what is positive but not normal (below
    /// 1.2e-38) and has y cross where a graph is split: for graphs in one piece.
    Step,
}

/// A node that no derivative passes, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocker {
    /// The node's name, or that of a value that no node makes.
    pub node: String,
    /// Its operator, as ONNX calls it; empty for a value that no node makes.
    pub op: String,
    /// Why nothing passes, and what to do about it.
    pub reason: String,
}

impl fmt::Display for Blocker {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.op.is_empty() {
            write!(formatter, "'{}' {}", self.node, self.reason)
        } else {
            write!(
                formatter,
                "node '{}' ({}) {}",
                self.node, self.op, self.reason
            )
        }
    }
}

/// A graph cannot be differentiated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AutodiffError {
    /// Nodes on the path refuse; all of them are listed.
    #[error("cannot differentiate: {}", list(.0))]
    Refused(Vec<Blocker>),
    /// No differentiable path leads from `wrt` to a value of `of`.
    #[error("no derivative of {of} with respect to '{wrt}': {}", list(.blockers))]
    NoPath {
        /// The values differentiated, quoted.
        of: String,
        /// What they were to be differentiated with respect to.
        wrt: String,
        /// Where the paths end.
        blockers: Vec<Blocker>,
    },
    /// One of the two ends is no float.
    #[error("'{name}' is {dtype}: only float values have derivatives; choose another tensor")]
    NotFloat {
        /// The value's name.
        name: String,
        /// Its element type.
        dtype: DType,
    },
    /// A name that the result needs is taken, or (a defect) a rule emitted an ill-formed node.
    #[error("cannot extend the graph: {0}")]
    Graph(#[from] GraphError),
}

fn list(blockers: &[Blocker]) -> String {
    let lines: Vec<String> = blockers.iter().map(Blocker::to_string).collect();
    lines.join("; ")
}

/// The name of a value's cotangent.
pub fn cotangent_name(name: &str) -> String {
    format!("{name}_bar")
}

/// Appends the vector-Jacobian product of `of` with respect to `wrt` to the graph, with the default
/// [`Lowering`].
///
/// Adds one input `NAME_bar` of the full shape of each value `NAME` of `of`, the reverse sweep, and
/// a value `WRT_bar` of the shape of `wrt` (with a number appended where the name is taken, as it is
/// when a graph is differentiated a second time). The graph's outputs are not touched. `wrt` may be
/// an intermediate value.
///
/// # Errors
/// See [`AutodiffError`]; the graph is then unchanged.
pub fn vector_jacobian_product(
    graph: &mut Graph,
    of: &[ValueId],
    wrt: ValueId,
) -> Result<Vjp, AutodiffError> {
    vector_jacobian_product_with(graph, of, wrt, &Lowering::default())
}

/// [`vector_jacobian_product`] under a given [`Lowering`].
///
/// # Errors
/// See [`AutodiffError`]; the graph is then unchanged.
pub fn vector_jacobian_product_with(
    graph: &mut Graph,
    of: &[ValueId],
    wrt: ValueId,
    lowering: &Lowering,
) -> Result<Vjp, AutodiffError> {
    for &end in of.iter().chain([&wrt]) {
        let dtype = graph.tensor_type(end).dtype;
        if !dtype.is_float() {
            return Err(AutodiffError::NotFloat {
                name: graph.name(end).to_owned(),
                dtype,
            });
        }
    }
    let paths = Paths::find(graph, of, wrt);
    if !paths.contains(wrt) {
        let names: Vec<String> = of
            .iter()
            .map(|&id| format!("'{}'", graph.name(id)))
            .collect();
        return Err(AutodiffError::NoPath {
            of: names.join(", "),
            wrt: graph.name(wrt).to_owned(),
            blockers: walk::dead_ends(graph, of, wrt),
        });
    }

    let mut extended = graph.clone();
    let mut cotangents = Vec::with_capacity(of.len());
    for &id in of {
        let tensor_type = graph.tensor_type(id).clone();
        cotangents.push(extended.add_input(&cotangent_name(graph.name(id)), tensor_type)?);
    }
    let seeds: Vec<(ValueId, ValueId)> = of.iter().copied().zip(cotangents.clone()).collect();
    let tape = Tape::new(extended, *lowering);
    let bar = walk::sweep(&tape, graph, &paths, &seeds, wrt)?;
    let mut extended = tape.into_graph();
    let name = extended.free_name(&cotangent_name(graph.name(wrt)));
    let wrt_bar = extended.add_named(
        &name,
        Op::Unary(Unary::Identity),
        &[bar],
        std::slice::from_ref(&name),
    )?;
    *graph = extended;
    Ok(Vjp {
        cotangents,
        wrt_bar: wrt_bar[0],
    })
}

/// The derivative of an operator in a reader's notation, as `docs/operators.md` prints it: x, a, b are
/// inputs, y is the output, g the cotangent of the output, a bar marks the cotangent of an input.
/// `Err` holds the reason why the operator has none.
pub fn formula(op: &Op) -> Result<String, &'static str> {
    let rule = rules::rule(op);
    match rule.passage {
        rules::Passage::Derivative(_) => {
            let (product, terms) = rule.formula.split_once(", ").unwrap_or((rule.formula, ""));
            let factor = match product.contains(' ') {
                true => format!("({product})"),
                false => product.to_owned(),
            };
            let separator = if terms.is_empty() { "" } else { ", " };
            Ok(format!("g·{factor}{separator}{terms}"))
        }
        rules::Passage::Pullback(_) => Ok(rule.formula.to_owned()),
        rules::Passage::Stop(reason) => Err(reason),
    }
}

/// What keeps `of` from being differentiated with respect to `wrt`; empty if nothing does.
pub fn blockers(graph: &Graph, of: ValueId, wrt: ValueId) -> Vec<Blocker> {
    match vector_jacobian_product(&mut graph.clone(), &[of], wrt) {
        Ok(_) => Vec::new(),
        Err(AutodiffError::Refused(blockers) | AutodiffError::NoPath { blockers, .. }) => blockers,
        Err(error @ (AutodiffError::NotFloat { .. } | AutodiffError::Graph(_))) => vec![Blocker {
            node: graph.name(of).to_owned(),
            op: String::new(),
            reason: format!("has no derivative: {error}"),
        }],
    }
}
