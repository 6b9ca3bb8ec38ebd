//! The table: for every operator its derivative, or why it has none.
//!
//! [`rule`] is one match over all operators, so an operator without a line here does not compile. A
//! line is the formula, as `docs/operators.md` prints it, and the code that emits it; what takes more
//! than a line is in the file of its family. In formulas x, a, b are inputs, y the output, g the
//! cotangent of the output, and a bar marks the cotangent of an input.

use std::f64::consts::PI;

use super::{
    Rule, activation, binary, convolution, derivative, index, layout, linear, max_pool,
    normalization, pool, product, pullback, reduce, resample, stop,
};
use crate::graph::op::{Binary, Op, Unary};

const STEPWISE: &str =
    "is piecewise constant: its derivative is zero; choose a tensor on its other side";
const LOGICAL: &str =
    "gives truth values, which have no derivative; choose a tensor on its other side";

/// Of `Min` and `Max`.
const EXTREMUM: &str = "g to the one that wins, half each where they are equal";

/// The rule of an operator.
pub(in crate::autodiff) fn rule(op: &Op) -> Rule<'_> {
    match op {
        Op::Unary(unary) => unary_rule(*unary),
        Op::Binary(binary) => binary_rule(*binary),
        Op::Cast { .. } => linear("g, cast back", |g, site| g.cast(site.inputs[0].dtype())),
        Op::Clip { low, high } => pullback(
            "g·[low ≤ x ≤ high]; from 0 to 6 (ReLU6) g·[0 < y < 6]",
            |site| activation::clip(site, *low, *high),
        ),
        Op::Where => pullback(
            "ā = condition ? g : 0, b̄ = condition ? 0 : g",
            binary::choose,
        ),
        Op::Conv(convolution) => pullback(
            "stride 1: Conv of g by the weight flipped in space, channels swapped within each group; else ConvTranspose of g",
            |site| convolution::conv(site, convolution),
        ),
        Op::ConvTranspose {
            convolution,
            output_padding,
        } => pullback("Conv of g by the same weight", |site| {
            convolution::conv_transpose(site, convolution, output_padding)
        }),
        Op::Gemm {
            alpha,
            beta,
            transpose_a,
            transpose_b,
        } => pullback("Ā = α·g·Bᵀ, B̄ = α·Aᵀ·g, C̄ = β·g", |site| {
            product::gemm(site, *alpha, *beta, *transpose_a, *transpose_b)
        }),
        Op::MatMul => pullback("Ā = g·Bᵀ, B̄ = Aᵀ·g", product::matmul),
        Op::BatchNormalization { epsilon } => pullback("g·scale / √(variance + ε)", |site| {
            normalization::batch(site, *epsilon)
        }),
        Op::InstanceNormalization { epsilon } => pullback(
            "r·(h − mean h − x̂·mean(h·x̂)), h = g·scale, r = 1/√(variance + ε), x̂ = (x − mean)·r",
            |site| normalization::instance(site, *epsilon),
        ),
        Op::LayerNormalization { axis, epsilon } => pullback(
            "as InstanceNormalization, over the axes from axis on",
            |site| normalization::layer(site, *axis, *epsilon),
        ),
        Op::LocalResponseNormalization {
            alpha,
            beta,
            bias,
            size,
        } => pullback(
            "g·D^−β − 2αβ/n·x·Wᵀ(g·y/D), D = bias + α/n·W(x²), W the window sum over channels",
            |site| normalization::local_response(site, *alpha, *beta, *bias, *size),
        ),
        Op::MaxPool(pool) => pullback(
            "g to the first maximum of each window in row-major order",
            |site| max_pool::max_pool(site, pool),
        ),
        Op::AveragePool {
            pool,
            count_include_pad,
        } => pullback(
            "g / count spread over each window: AveragePool for stride 1, repetition where windows tile, else one matrix per axis",
            |site| pool::average_pool(site, op, pool, *count_include_pad),
        ),
        Op::GlobalAveragePool => linear("g / (H·W), broadcast", |g, site| {
            let shape = site.inputs[0].shape();
            g * (1.0 / shape[2..].iter().product::<usize>() as f64)
        }),
        Op::GlobalMaxPool => pullback("g·m / Σm, m = [x = y]", pool::global_max_pool),
        Op::Reduce { kind, axes, .. } => pullback(reduce::formula(*kind), |site| {
            reduce::reduce(site, *kind, axes)
        }),
        Op::Softmax { axis } => pullback("y·(g − Σ g·y)", |site| {
            let (_, y, g) = site.xyg();
            vec![Some(y * (g - (g * y).sum(&[*axis])))]
        }),
        Op::LogSoftmax { axis } => pullback("g − exp(y)·Σ g", |site| {
            let (_, y, g) = site.xyg();
            vec![Some(g - y.exp() * g.sum(&[*axis]))]
        }),
        Op::CumSum {
            axis,
            exclusive,
            reverse,
        } => linear("CumSum of g the other way", move |g, site| {
            let op = Op::CumSum {
                axis: *axis,
                exclusive: *exclusive,
                reverse: !reverse,
            };
            site.tape.emit(op, &[g])
        }),
        Op::Reshape { .. } => linear("g, reshaped back", |g, site| {
            g.reshape(&site.inputs[0].shape())
        }),
        Op::Transpose { permutation } => linear("g, transposed back", |g, _| {
            g.transpose(&layout::inverse(permutation))
        }),
        Op::Concat { axis } => pullback("each part of g", |site| layout::concat(site, *axis)),
        Op::Split { axis, .. } => pullback("the pieces of g, concatenated", |site| {
            layout::split(site, *axis)
        }),
        Op::Slice { ranges } => linear("g where it was taken from, zeros elsewhere", |g, site| {
            layout::slice(g, &site.inputs[0].shape(), ranges)
        }),
        Op::Pad {
            mode,
            before,
            after,
            ..
        } => linear(
            "g without the padding; what was copied there added where it came from",
            |g, site| resample::pad(g, site, *mode, before, after),
        ),
        // The sweep sums what was broadcast.
        Op::Expand { .. } => linear("Σ g over the broadcast axes", |g, _| g),
        Op::Tile { repeats } => linear("Σ g over the copies", |g, site| {
            layout::tile(g, &site.inputs[0].shape(), repeats)
        }),
        Op::DepthToSpace {
            block,
            channel_first,
        } => linear("SpaceToDepth of g", |g, _| {
            layout::depth_to_space(g, *block, *channel_first)
        }),
        Op::SpaceToDepth { block } => linear("DepthToSpace of g", |g, _| {
            layout::space_to_depth(g, *block)
        }),
        Op::Resize(resize) => linear(
            "Aᵀ·g along each axis, A the matrix of the axis; block sums for nearest by whole factors",
            |g, site| resample::resize(g, site, resize),
        ),
        Op::Gather { axis } => pullback("g added back at the indices", |site| {
            index::gather(site, *axis)
        }),
        Op::GatherElements { axis } => pullback("g added back at the indices", |site| {
            index::gather_elements(site, *axis)
        }),
        Op::ScatterElements { axis, add } => pullback(
            "data: g, 0 where overwritten; updates: g at the indices",
            |site| index::scatter_elements(site, *axis, *add),
        ),
    }
}

fn unary_rule(unary: Unary) -> Rule<'static> {
    match unary {
        Unary::Identity => linear("g", |g, _| g),
        Unary::Neg => linear("−g", |g, _| -g),
        Unary::Abs => derivative("sign(x)", |x, _| x.unary(Unary::Sign)),
        Unary::Sign | Unary::Floor | Unary::Ceil | Unary::Round => stop(STEPWISE),
        Unary::Not => stop(LOGICAL),
        // Infinite at 0, as it is.
        Unary::Sqrt => derivative("1/(2y)", |_, y| y.constant(0.5) / y),
        Unary::Exp => derivative("y", |_, y| y),
        Unary::Log => derivative("1/x", |x, _| x.unary(Unary::Reciprocal)),
        Unary::Reciprocal => derivative("(−y²)", |_, y| -y.square()),
        Unary::Sin => derivative("cos(x)", |x, _| x.unary(Unary::Cos)),
        Unary::Cos => derivative("(−sin x)", |x, _| -x.unary(Unary::Sin)),
        Unary::Tanh => derivative("1 − y²", |_, y| 1.0 - y.square()),
        Unary::Sigmoid => derivative("y·(1 − y)", |_, y| y * (1.0 - y)),
        // From y, which keeps the fusion of a convolution with its activation.
        Unary::Relu => derivative("[y > 0]", |_, y| activation::relu(y)),
        Unary::Softplus => derivative("σ(x)", |x, _| x.unary(Unary::Sigmoid)),
        // 1/(1+|x|)², and 1 − |y| = 1/(1+|x|).
        Unary::Softsign => derivative("(1 − |y|)²", |_, y| (1.0 - y.unary(Unary::Abs)).square()),
        Unary::Erf => derivative("2/√π·exp(−x²)", |x, _| {
            (-x.square()).exp() * (2.0 / PI.sqrt())
        }),
        Unary::HardSwish => derivative(
            "s + x/6·[−3 < x < 3], s = clamp(x/6 + 1/2, 0, 1)",
            |x, _| activation::hard_swish(x),
        ),
        Unary::Mish => derivative("t + x·σ(x)·(1 − t²), t = tanh(softplus x)", |x, _| {
            activation::mish(x)
        }),
        Unary::LeakyRelu { alpha } => derivative("[x > 0]·(1 − α) + α", move |x, y| {
            activation::leaky_relu(x, y, alpha)
        }),
        Unary::Elu { alpha } => derivative("x > 0 ? 1 : y + α", move |x, y| {
            activation::selu(x, y, alpha, 1.0)
        }),
        Unary::Selu { alpha, gamma } => derivative("x > 0 ? γ : y + γ·α", move |x, y| {
            activation::selu(x, y, alpha, gamma)
        }),
        Unary::Celu { alpha } => derivative("exp(x⁻/α), x⁻ = min(x, 0)", move |x, _| {
            activation::celu(x, alpha)
        }),
        Unary::HardSigmoid { alpha, .. } => derivative("α·[0 < y < 1]", move |_, y| {
            activation::strictly_between(y, 0.0, 1.0) * alpha
        }),
        Unary::Gelu { tanh: false } => derivative("Φ(x) + x·φ(x)", |x, _| activation::gelu(x)),
        Unary::Gelu { tanh: true } => derivative(
            "(1 + t)/2 + x/2·(1 − t²)·√(2/π)·(1 + 0.134145·x²), t = tanh(√(2/π)·(x + 0.044715·x³))",
            |x, _| activation::gelu_tanh(x),
        ),
    }
}

fn binary_rule(binary: Binary) -> Rule<'static> {
    match binary {
        Binary::Add => pullback("ā = g, b̄ = g", |site| {
            let g = site.cotangent;
            vec![site.when(0, || g), site.when(1, || g)]
        }),
        Binary::Sub => pullback("ā = g, b̄ = −g", |site| {
            let g = site.cotangent;
            vec![site.when(0, || g), site.when(1, || -g)]
        }),
        Binary::Mul => pullback("ā = g·b, b̄ = g·a", |site| {
            let (a, b, g) = (site.inputs[0], site.inputs[1], site.cotangent);
            vec![site.when(0, || g * b), site.when(1, || g * a)]
        }),
        Binary::Div => pullback("ā = g/b, b̄ = −g·y/b", |site| {
            let (b, y, g) = (site.inputs[1], site.outputs[0], site.cotangent);
            vec![site.when(0, || g / b), site.when(1, || -(g * y / b))]
        }),
        Binary::Pow => pullback("ā = g·b·a^(b−1), b̄ = g·y·ln a (0 where a ≤ 0)", binary::pow),
        Binary::Min => pullback(EXTREMUM, |site| {
            binary::extremum(site, Binary::Less, Binary::LessOrEqual)
        }),
        Binary::Max => pullback(EXTREMUM, |site| {
            binary::extremum(site, Binary::Greater, Binary::GreaterOrEqual)
        }),
        Binary::PRelu => pullback(
            "x̄ = g·(x > 0 ? 1 : slope), s̄ = g·min(x, 0)",
            binary::parametric_relu,
        ),
        Binary::Mod => pullback("ā = g, b̄ = −g·trunc(a/b)", |site| {
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
        | Binary::Or => stop(LOGICAL),
    }
}
