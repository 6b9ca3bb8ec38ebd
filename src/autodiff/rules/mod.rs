//! The table of rules: for every operator its derivative, or why it has none.
//!
//! [`rule`] is one match over all operators, so an operator without a line here does not compile.
//! The formulas and their sources are in `research/autodiff.md`, section 2.

mod activation;
mod binary;
mod convolution;
mod index;
mod layout;
mod normalization;
mod pool;
mod product;
mod reduce;
mod resample;

use std::f64::consts::PI;

use super::tape::Tape;
use super::var::Var;
use crate::graph::op::{Binary, Op, Unary};

type Derivative<'op> = Box<dyn for<'t> Fn(Var<'t>, Var<'t>) -> Var<'t> + 'op>;
type Pullback<'op> = Box<dyn for<'t> Fn(&Site<'t>) -> Vec<Option<Var<'t>>> + 'op>;

/// How a cotangent passes an operator.
pub(super) enum Rule<'op> {
    /// y = f(x) elementwise: f′ in terms of x and y. Rules prefer y, which is kept anyway.
    Derivative(Derivative<'op>),
    /// The contributions to the cotangents of the inputs, in their order, each of its input's shape
    /// or of one that broadcasting relates to it. An input left out gets none: zero.
    Pullback(Pullback<'op>),
    /// Constant wherever it is continuous, or not a function of floats to floats.
    Stop(&'static str),
}

/// A node at which a cotangent has arrived.
pub(super) struct Site<'t> {
    pub(super) tape: &'t Tape,
    pub(super) inputs: Vec<Var<'t>>,
    pub(super) outputs: Vec<Var<'t>>,
    /// Cotangents of the outputs; absent means zero.
    pub(super) cotangents: Vec<Option<Var<'t>>>,
    /// The first of them that is present: the one, for a node with one output.
    pub(super) cotangent: Var<'t>,
    /// Which inputs need a contribution.
    pub(super) wanted: Vec<bool>,
}

impl<'t> Site<'t> {
    /// The contribution to input `position`, computed only where it is wanted.
    fn when(&self, position: usize, contribution: impl FnOnce() -> Var<'t>) -> Option<Var<'t>> {
        self.wanted
            .get(position)
            .copied()
            .unwrap_or(false)
            .then(contribution)
    }

    /// Input, output and output cotangent of a node that has one of each.
    fn xyg(&self) -> (Var<'t>, Var<'t>, Var<'t>) {
        (self.inputs[0], self.outputs[0], self.cotangent)
    }

    /// The contributions to the inputs.
    pub(super) fn apply(&self, rule: &Rule<'_>) -> Vec<Option<Var<'t>>> {
        match rule {
            Rule::Derivative(derivative) => {
                let (x, y, g) = self.xyg();
                vec![Some(g * derivative(x, y))]
            }
            Rule::Pullback(pullback) => pullback(self),
            Rule::Stop(_) => Vec::new(),
        }
    }
}

fn derivative<'op>(f: impl for<'t> Fn(Var<'t>, Var<'t>) -> Var<'t> + 'op) -> Rule<'op> {
    Rule::Derivative(Box::new(f))
}

fn pullback<'op>(f: impl for<'t> Fn(&Site<'t>) -> Vec<Option<Var<'t>>> + 'op) -> Rule<'op> {
    Rule::Pullback(Box::new(f))
}

/// An elementwise or linear operator of one input: its contribution from the cotangent alone.
fn linear<'op>(f: impl for<'t> Fn(Var<'t>, &Site<'t>) -> Var<'t> + 'op) -> Rule<'op> {
    pullback(move |site| vec![Some(f(site.cotangent, site))])
}

const STEPWISE: &str =
    "is piecewise constant: its derivative is zero; choose a tensor on its other side";
const LOGICAL: &str =
    "gives truth values, which have no derivative; choose a tensor on its other side";

/// The rule of an operator.
pub(super) fn rule(op: &Op) -> Rule<'_> {
    match op {
        Op::Unary(unary) => unary_rule(*unary),
        Op::Binary(binary) => binary_rule(*binary),
        Op::Cast { .. } => linear(|g, site| g.cast(site.inputs[0].dtype())),
        Op::Clip { low, high } => pullback(|site| activation::clip(site, *low, *high)),
        Op::Where => pullback(binary::choose),
        Op::Conv(convolution) => pullback(|site| convolution::conv(site, convolution)),
        Op::ConvTranspose {
            convolution,
            output_padding,
        } => pullback(|site| convolution::conv_transpose(site, convolution, output_padding)),
        Op::Gemm {
            alpha,
            beta,
            transpose_a,
            transpose_b,
        } => pullback(|site| product::gemm(site, *alpha, *beta, *transpose_a, *transpose_b)),
        Op::MatMul => pullback(product::matmul),
        Op::BatchNormalization { epsilon } => pullback(|site| normalization::batch(site, *epsilon)),
        Op::InstanceNormalization { epsilon } => {
            pullback(|site| normalization::instance(site, *epsilon))
        }
        Op::LayerNormalization { axis, epsilon } => {
            pullback(|site| normalization::layer(site, *axis, *epsilon))
        }
        Op::LocalResponseNormalization {
            alpha,
            beta,
            bias,
            size,
        } => pullback(|site| normalization::local_response(site, *alpha, *beta, *bias, *size)),
        Op::MaxPool(pool) => pullback(|site| pool::max_pool(site, pool)),
        Op::AveragePool {
            pool,
            count_include_pad,
        } => pullback(|site| pool::average_pool(site, op, pool, *count_include_pad)),
        Op::GlobalAveragePool => linear(|g, site| {
            let shape = site.inputs[0].shape();
            g * (1.0 / shape[2..].iter().product::<usize>() as f64)
        }),
        Op::GlobalMaxPool => pullback(pool::global_max_pool),
        Op::Reduce { kind, axes, .. } => pullback(|site| reduce::reduce(site, *kind, axes)),
        Op::Softmax { axis } => pullback(|site| {
            let (_, y, g) = site.xyg();
            vec![Some(y * (g - (g * y).sum(&[*axis])))]
        }),
        Op::LogSoftmax { axis } => pullback(|site| {
            let (_, y, g) = site.xyg();
            vec![Some(g - y.exp() * g.sum(&[*axis]))]
        }),
        Op::CumSum {
            axis,
            exclusive,
            reverse,
        } => linear(move |g, site| {
            let op = Op::CumSum {
                axis: *axis,
                exclusive: *exclusive,
                reverse: !reverse,
            };
            site.tape.emit(op, &[g])
        }),
        Op::Reshape { .. } => linear(|g, site| g.reshape(&site.inputs[0].shape())),
        Op::Transpose { permutation } => linear(|g, _| g.transpose(&layout::inverse(permutation))),
        Op::Concat { axis } => pullback(|site| layout::concat(site, *axis)),
        Op::Split { axis, .. } => pullback(|site| layout::split(site, *axis)),
        Op::Slice { ranges } => linear(|g, site| layout::slice(g, &site.inputs[0].shape(), ranges)),
        Op::Pad {
            mode,
            before,
            after,
            ..
        } => linear(|g, site| resample::pad(g, site, *mode, before, after)),
        // The sweep sums what was broadcast.
        Op::Expand { .. } => linear(|g, _| g),
        Op::Tile { repeats } => linear(|g, site| layout::tile(g, &site.inputs[0].shape(), repeats)),
        Op::DepthToSpace {
            block,
            channel_first,
        } => linear(|g, _| layout::depth_to_space(g, *block, *channel_first)),
        Op::SpaceToDepth { block } => linear(|g, _| layout::space_to_depth(g, *block)),
        Op::Resize(resize) => linear(|g, site| resample::resize(g, site, resize)),
        Op::Gather { axis } => pullback(|site| index::gather(site, *axis)),
        Op::GatherElements { axis } => pullback(|site| index::gather_elements(site, *axis)),
        Op::ScatterElements { axis, add } => {
            pullback(|site| index::scatter_elements(site, *axis, *add))
        }
    }
}

fn unary_rule(unary: Unary) -> Rule<'static> {
    match unary {
        Unary::Identity => linear(|g, _| g),
        Unary::Neg => linear(|g, _| -g),
        Unary::Abs => derivative(|x, _| x.unary(Unary::Sign)),
        Unary::Sign | Unary::Floor | Unary::Ceil | Unary::Round => Rule::Stop(STEPWISE),
        Unary::Not => Rule::Stop(LOGICAL),
        // Infinite at 0, as it is.
        Unary::Sqrt => derivative(|_, y| y.constant(0.5) / y),
        Unary::Exp => derivative(|_, y| y),
        Unary::Log => derivative(|x, _| x.unary(Unary::Reciprocal)),
        Unary::Reciprocal => derivative(|_, y| -y.square()),
        Unary::Sin => derivative(|x, _| x.unary(Unary::Cos)),
        Unary::Cos => derivative(|x, _| -x.unary(Unary::Sin)),
        Unary::Tanh => derivative(|_, y| 1.0 - y.square()),
        Unary::Sigmoid => derivative(|_, y| y * (1.0 - y)),
        // From y, which keeps the fusion of a convolution with its activation.
        Unary::Relu => derivative(|_, y| y.is_positive()),
        Unary::Softplus => derivative(|x, _| x.unary(Unary::Sigmoid)),
        // 1/(1+|x|)², and 1 − |y| = 1/(1+|x|).
        Unary::Softsign => derivative(|_, y| (1.0 - y.unary(Unary::Abs)).square()),
        Unary::Erf => derivative(|x, _| (-x.square()).exp() * (2.0 / PI.sqrt())),
        Unary::HardSwish => derivative(|x, _| activation::hard_swish(x)),
        Unary::Mish => derivative(|x, _| activation::mish(x)),
        Unary::LeakyRelu { alpha } => derivative(move |x, y| activation::leaky_relu(x, y, alpha)),
        Unary::Elu { alpha } => derivative(move |x, y| activation::selu(x, y, alpha, 1.0)),
        Unary::Selu { alpha, gamma } => {
            derivative(move |x, y| activation::selu(x, y, alpha, gamma))
        }
        Unary::Celu { alpha } => derivative(move |x, _| activation::celu(x, alpha)),
        Unary::HardSigmoid { alpha, .. } => {
            derivative(move |_, y| activation::strictly_between(y, 0.0, 1.0) * alpha)
        }
        Unary::Gelu { tanh: false } => derivative(|x, _| activation::gelu(x)),
        Unary::Gelu { tanh: true } => derivative(|x, _| activation::gelu_tanh(x)),
    }
}

fn binary_rule(binary: Binary) -> Rule<'static> {
    match binary {
        Binary::Add => pullback(|site| {
            let g = site.cotangent;
            vec![site.when(0, || g), site.when(1, || g)]
        }),
        Binary::Sub => pullback(|site| {
            let g = site.cotangent;
            vec![site.when(0, || g), site.when(1, || -g)]
        }),
        Binary::Mul => pullback(|site| {
            let (a, b, g) = (site.inputs[0], site.inputs[1], site.cotangent);
            vec![site.when(0, || g * b), site.when(1, || g * a)]
        }),
        Binary::Div => pullback(|site| {
            let (b, y, g) = (site.inputs[1], site.outputs[0], site.cotangent);
            vec![site.when(0, || g / b), site.when(1, || -(g * y / b))]
        }),
        Binary::Pow => pullback(binary::pow),
        Binary::Min => pullback(|site| binary::extremum(site, Binary::Less, Binary::LessOrEqual)),
        Binary::Max => {
            pullback(|site| binary::extremum(site, Binary::Greater, Binary::GreaterOrEqual))
        }
        Binary::PRelu => pullback(binary::parametric_relu),
        Binary::Mod => pullback(|site| {
            // a − b·trunc(a/b), and trunc is constant between its steps.
            let (a, b, y, g) = (
                site.inputs[0],
                site.inputs[1],
                site.outputs[0],
                site.cotangent,
            );
            vec![site.when(0, || g), site.when(1, || g * ((y - a) / b))]
        }),
        Binary::Greater
        | Binary::GreaterOrEqual
        | Binary::Less
        | Binary::LessOrEqual
        | Binary::Equal
        | Binary::And
        | Binary::Or => Rule::Stop(LOGICAL),
    }
}

#[cfg(test)]
mod tests;
