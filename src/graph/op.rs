//! The typed operators of a graph: one spelling for each, whatever opset a file came from.
//!
//! Shapes are concrete, so everything that ONNX passes as an integer input (a reshape's target, a
//! slice's bounds, padding widths, reduction axes) is a field here, axes are never negative, and
//! `auto_pad` is resolved to numbers. `Flatten`, `Squeeze` and `Unsqueeze` are [`Op::Reshape`];
//! `Upsample` is [`Op::Resize`]; n-ary `Sum`, `Mean`, `Min`, `Max` are chains of [`Op::Binary`];
//! inference-mode `Dropout` is [`Unary::Identity`]. `Shape`, `ConstantOfShape`, `Range` and the
//! like never appear: they are folded into constants when a file is read.

use super::tensor::DType;

/// An operator with its attributes. Inputs and outputs are listed by the node that holds it.
#[derive(Debug, Clone, PartialEq)]
pub enum Op {
    /// One input, elementwise, same shape and (but for `Not`) same float type.
    Unary(Unary),
    /// Two inputs, elementwise with numpy broadcasting. Comparisons give `Bool`.
    Binary(Binary),
    /// Conversion to another element type.
    Cast {
        /// The type converted to.
        to: DType,
    },
    /// Clamp between constant bounds.
    Clip {
        /// Lower bound, if any.
        low: Option<f64>,
        /// Upper bound, if any.
        high: Option<f64>,
    },
    /// `condition ? a : b` with broadcasting. Inputs: condition (Bool), a, b.
    Where,
    /// Convolution (cross-correlation). Inputs: x `[N, C, ..]`, weight `[M, C/group, ..]`, optional bias `[M]`.
    Conv(Convolution),
    /// Transposed convolution. Inputs: x `[N, C, ..]`, weight `[C, M/group, ..]`, optional bias `[M]`.
    ConvTranspose {
        /// Strides, dilations, padding (taken off the output), groups.
        convolution: Convolution,
        /// Extra length at the end of each spatial axis of the output.
        output_padding: Vec<usize>,
    },
    /// `alpha · op(A) op(B) + beta · C`. Inputs: A, B of rank 2, optional C broadcast to the result.
    Gemm {
        /// Factor of the product.
        alpha: f64,
        /// Factor of C.
        beta: f64,
        /// Transpose A first.
        transpose_a: bool,
        /// Transpose B first.
        transpose_b: bool,
    },
    /// Matrix product with numpy's batch broadcasting.
    MatMul,
    /// Inference-mode batch normalisation. Inputs: x `[N, C, ..]`, scale, bias, mean, variance, each `[C]`.
    BatchNormalization {
        /// Added to the variance.
        epsilon: f64,
    },
    /// Normalisation over the spatial axes of each sample and channel. Inputs: x `[N, C, ..]`, scale `[C]`, bias `[C]`.
    InstanceNormalization {
        /// Added to the variance.
        epsilon: f64,
    },
    /// Normalisation over the axes from `axis` on. Inputs: x, scale, optional bias (both broadcast).
    LayerNormalization {
        /// First normalised axis.
        axis: usize,
        /// Added to the variance.
        epsilon: f64,
    },
    /// Local response normalisation across channels. Input: x `[N, C, ..]`.
    LocalResponseNormalization {
        /// Factor of the windowed mean square.
        alpha: f64,
        /// Exponent.
        beta: f64,
        /// Constant under the power.
        bias: f64,
        /// Channels in the window.
        size: usize,
    },
    /// Maximum over windows. One output, or two: the second is `Indices` (I64, flat over the whole
    /// input, row-major), which the derivative asks for.
    MaxPool(Pool),
    /// Mean over windows.
    AveragePool {
        /// The windows.
        pool: Pool,
        /// Whether padding counts in the divisor.
        count_include_pad: bool,
    },
    /// Mean over all spatial axes, kept with length 1.
    GlobalAveragePool,
    /// Maximum over all spatial axes, kept with length 1.
    GlobalMaxPool,
    /// Reduction over axes.
    Reduce {
        /// What is computed.
        kind: ReduceKind,
        /// The axes reduced, ascending, never empty.
        axes: Vec<usize>,
        /// Whether reduced axes stay with length 1.
        keep_dims: bool,
    },
    /// `exp(x) / Σ exp(x)` along one axis (the meaning from opset 13 on).
    Softmax {
        /// The axis that sums to one.
        axis: usize,
    },
    /// Logarithm of the softmax along one axis.
    LogSoftmax {
        /// The axis.
        axis: usize,
    },
    /// Running sum along one axis.
    CumSum {
        /// The axis.
        axis: usize,
        /// Leave the element itself out.
        exclusive: bool,
        /// Run from the end.
        reverse: bool,
    },
    /// The same elements under another shape.
    Reshape {
        /// The whole new shape.
        shape: Vec<usize>,
    },
    /// Permutation of axes: output axis `i` is input axis `permutation[i]`.
    Transpose {
        /// The permutation.
        permutation: Vec<usize>,
    },
    /// Concatenation of one or more inputs.
    Concat {
        /// Along this axis.
        axis: usize,
    },
    /// Cut into consecutive pieces, one output each.
    Split {
        /// Along this axis.
        axis: usize,
        /// Length of each piece.
        sizes: Vec<usize>,
    },
    /// Strided ranges of some axes.
    Slice {
        /// At most one range for each axis, ascending by axis.
        ranges: Vec<SliceRange>,
    },
    /// Padding at both ends of each axis.
    Pad {
        /// What fills the padding.
        mode: PadMode,
        /// Elements added before, one entry for each axis (negative: removed).
        before: Vec<i64>,
        /// Elements added after.
        after: Vec<i64>,
        /// The fill of [`PadMode::Constant`].
        value: f64,
    },
    /// Broadcast to a larger shape.
    Expand {
        /// The whole resulting shape.
        shape: Vec<usize>,
    },
    /// Repetition along each axis.
    Tile {
        /// Repeats of each axis.
        repeats: Vec<usize>,
    },
    /// `[N, C·b², H, W]` to `[N, C, H·b, W·b]`.
    DepthToSpace {
        /// Block edge b.
        block: usize,
        /// Channel order: true is `CRD` (channel outermost, PyTorch's pixel shuffle), false `DCR`.
        channel_first: bool,
    },
    /// `[N, C, H·b, W·b]` to `[N, b·b·C, H, W]` (the inverse of `DCR`).
    SpaceToDepth {
        /// Block edge b.
        block: usize,
    },
    /// Resampling of axes.
    Resize(Resize),
    /// `data` taken at `indices` (I64) along one axis.
    Gather {
        /// The axis.
        axis: usize,
    },
    /// Elementwise gather along one axis.
    GatherElements {
        /// The axis.
        axis: usize,
    },
    /// Inputs: data, indices (I64), updates. Writes (or adds) updates into a copy of data.
    ScatterElements {
        /// The axis.
        axis: usize,
        /// Add to what is there rather than replace it.
        add: bool,
    },
}

/// Elementwise functions of one input.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Unary {
    /// x.
    Identity,
    /// −x.
    Neg,
    /// |x|.
    Abs,
    /// −1, 0 or 1.
    Sign,
    /// Largest integer not above x.
    Floor,
    /// Smallest integer not below x.
    Ceil,
    /// Nearest integer, halves to even.
    Round,
    /// √x.
    Sqrt,
    /// eˣ.
    Exp,
    /// ln x.
    Log,
    /// 1/x.
    Reciprocal,
    /// sin x.
    Sin,
    /// cos x.
    Cos,
    /// tanh x.
    Tanh,
    /// 1/(1+e⁻ˣ).
    Sigmoid,
    /// max(x, 0).
    Relu,
    /// ln(1+eˣ).
    Softplus,
    /// x/(1+|x|).
    Softsign,
    /// The error function.
    Erf,
    /// x · clamp(x/6 + 1/2, 0, 1).
    HardSwish,
    /// x · tanh(softplus x).
    Mish,
    /// x < 0 ? alpha·x : x.
    LeakyRelu {
        /// Slope below zero.
        alpha: f64,
    },
    /// x < 0 ? alpha·(eˣ−1) : x.
    Elu {
        /// Scale below zero.
        alpha: f64,
    },
    /// gamma · (x <= 0 ? alpha·(eˣ−1) : x).
    Selu {
        /// Scale below zero.
        alpha: f64,
        /// Overall scale.
        gamma: f64,
    },
    /// max(0, x) + min(0, alpha·(e^{x/alpha}−1)).
    Celu {
        /// Scale.
        alpha: f64,
    },
    /// clamp(alpha·x + beta, 0, 1).
    HardSigmoid {
        /// Slope.
        alpha: f64,
        /// Offset.
        beta: f64,
    },
    /// x·Φ(x), exactly or by the tanh formula.
    Gelu {
        /// Use 0.5x(1+tanh(√(2/π)(x+0.044715x³))).
        tanh: bool,
    },
    /// Logical not of a Bool tensor.
    Not,
}

/// Elementwise functions of two broadcast inputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Binary {
    /// a + b.
    Add,
    /// a − b.
    Sub,
    /// a · b.
    Mul,
    /// a / b (integers: truncated).
    Div,
    /// aᵇ.
    Pow,
    /// The smaller.
    Min,
    /// The larger.
    Max,
    /// a < 0 ? b·a : a, where b (the slope) is broadcast to a.
    PRelu,
    /// Remainder with the sign of b (integers) or of a (floats, `fmod`).
    Mod,
    /// a > b.
    Greater,
    /// a >= b.
    GreaterOrEqual,
    /// a < b.
    Less,
    /// a <= b.
    LessOrEqual,
    /// a = b.
    Equal,
    /// Both true.
    And,
    /// Either true.
    Or,
}

impl Binary {
    /// Whether the result is a truth value.
    pub fn is_comparison(self) -> bool {
        matches!(
            self,
            Binary::Greater
                | Binary::GreaterOrEqual
                | Binary::Less
                | Binary::LessOrEqual
                | Binary::Equal
                | Binary::And
                | Binary::Or
        )
    }
}

/// Strides, dilations and padding of a convolution, one entry for each spatial axis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Convolution {
    /// Step of the window.
    pub strides: Vec<usize>,
    /// Distance between kernel taps.
    pub dilations: Vec<usize>,
    /// Padding before each spatial axis.
    pub pads_before: Vec<usize>,
    /// Padding after each spatial axis.
    pub pads_after: Vec<usize>,
    /// Channel groups.
    pub group: usize,
}

/// Windows of a pooling operator, one entry for each spatial axis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pool {
    /// Window lengths.
    pub kernel: Vec<usize>,
    /// Step of the window.
    pub strides: Vec<usize>,
    /// Distance between taps.
    pub dilations: Vec<usize>,
    /// Padding before each spatial axis.
    pub pads_before: Vec<usize>,
    /// Padding after each spatial axis.
    pub pads_after: Vec<usize>,
    /// Round the output length up rather than down (a window may then overhang the end; one that
    /// would start in the end padding is dropped).
    pub ceil_mode: bool,
}

/// What a reduction computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReduceKind {
    /// Σ x.
    Sum,
    /// Mean.
    Mean,
    /// Largest.
    Max,
    /// Smallest.
    Min,
    /// Product.
    Prod,
    /// Σ |x|.
    L1,
    /// √Σ x².
    L2,
    /// Σ x².
    SumSquare,
    /// ln Σ eˣ.
    LogSumExp,
}

/// One axis of a slice: elements `start, start + step, …` while before `end`.
///
/// Bounds are normalised: with a positive step `0 <= start <= end <= length`; with a negative one
/// `start` is the first element taken and `end >= -1` lies one step past the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SliceRange {
    /// The axis.
    pub axis: usize,
    /// First element.
    pub start: i64,
    /// Bound, not taken.
    pub end: i64,
    /// Step, not zero.
    pub step: i64,
}

/// What fills padding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PadMode {
    /// A constant.
    Constant,
    /// Mirror without the border.
    Reflect,
    /// The border repeated.
    Edge,
    /// Periodic.
    Wrap,
}

/// Resampling, separable along its axes (ONNX `Resize`).
#[derive(Debug, Clone, PartialEq)]
pub struct Resize {
    /// Interpolation.
    pub mode: ResizeMode,
    /// How output positions map to input positions.
    pub coordinates: Coordinates,
    /// The scale of each axis, as given or as output length / input length.
    pub scales: Vec<f64>,
    /// The output length of each axis.
    pub sizes: Vec<usize>,
    /// Coefficient of the cubic kernel.
    pub cubic_coefficient: f64,
    /// Leave positions outside the input out and renormalise.
    pub exclude_outside: bool,
    /// Widen the kernel when shrinking.
    pub antialias: bool,
}

/// Interpolation of a resize.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResizeMode {
    /// Nearest neighbour with this rounding.
    Nearest(NearestRounding),
    /// Linear along each axis.
    Linear,
    /// Cubic along each axis.
    Cubic,
}

/// Rounding of a nearest-neighbour position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NearestRounding {
    /// Halves down.
    PreferFloor,
    /// Halves up.
    PreferCeil,
    /// Down.
    Floor,
    /// Up.
    Ceil,
}

/// Coordinate transformation of a resize (ONNX names).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coordinates {
    /// (x + 0.5)/scale − 0.5.
    HalfPixel,
    /// As `HalfPixel`, kept centred when the output length was rounded.
    HalfPixelSymmetric,
    /// As `HalfPixel`, but 0 for an output of length 1.
    PytorchHalfPixel,
    /// x·(in − 1)/(out − 1).
    AlignCorners,
    /// x/scale.
    Asymmetric,
}

impl Op {
    /// The ONNX operator this is written as.
    pub fn name(&self) -> &'static str {
        match self {
            Op::Unary(unary) => unary.name(),
            Op::Binary(binary) => binary.name(),
            Op::Cast { .. } => "Cast",
            Op::Clip { .. } => "Clip",
            Op::Where => "Where",
            Op::Conv(_) => "Conv",
            Op::ConvTranspose { .. } => "ConvTranspose",
            Op::Gemm { .. } => "Gemm",
            Op::MatMul => "MatMul",
            Op::BatchNormalization { .. } => "BatchNormalization",
            Op::InstanceNormalization { .. } => "InstanceNormalization",
            Op::LayerNormalization { .. } => "LayerNormalization",
            Op::LocalResponseNormalization { .. } => "LRN",
            Op::MaxPool(_) => "MaxPool",
            Op::AveragePool { .. } => "AveragePool",
            Op::GlobalAveragePool => "GlobalAveragePool",
            Op::GlobalMaxPool => "GlobalMaxPool",
            Op::Reduce { kind, .. } => kind.name(),
            Op::Softmax { .. } => "Softmax",
            Op::LogSoftmax { .. } => "LogSoftmax",
            Op::CumSum { .. } => "CumSum",
            Op::Reshape { .. } => "Reshape",
            Op::Transpose { .. } => "Transpose",
            Op::Concat { .. } => "Concat",
            Op::Split { .. } => "Split",
            Op::Slice { .. } => "Slice",
            Op::Pad { .. } => "Pad",
            Op::Expand { .. } => "Expand",
            Op::Tile { .. } => "Tile",
            Op::DepthToSpace { .. } => "DepthToSpace",
            Op::SpaceToDepth { .. } => "SpaceToDepth",
            Op::Resize(_) => "Resize",
            Op::Gather { .. } => "Gather",
            Op::GatherElements { .. } => "GatherElements",
            Op::ScatterElements { .. } => "ScatterElements",
        }
    }
}

impl Unary {
    /// The ONNX operator this is written as.
    pub fn name(self) -> &'static str {
        match self {
            Unary::Identity => "Identity",
            Unary::Neg => "Neg",
            Unary::Abs => "Abs",
            Unary::Sign => "Sign",
            Unary::Floor => "Floor",
            Unary::Ceil => "Ceil",
            Unary::Round => "Round",
            Unary::Sqrt => "Sqrt",
            Unary::Exp => "Exp",
            Unary::Log => "Log",
            Unary::Reciprocal => "Reciprocal",
            Unary::Sin => "Sin",
            Unary::Cos => "Cos",
            Unary::Tanh => "Tanh",
            Unary::Sigmoid => "Sigmoid",
            Unary::Relu => "Relu",
            Unary::Softplus => "Softplus",
            Unary::Softsign => "Softsign",
            Unary::Erf => "Erf",
            Unary::HardSwish => "HardSwish",
            Unary::Mish => "Mish",
            Unary::LeakyRelu { .. } => "LeakyRelu",
            Unary::Elu { .. } => "Elu",
            Unary::Selu { .. } => "Selu",
            Unary::Celu { .. } => "Celu",
            Unary::HardSigmoid { .. } => "HardSigmoid",
            Unary::Gelu { .. } => "Gelu",
            Unary::Not => "Not",
        }
    }
}

impl Binary {
    /// The ONNX operator this is written as.
    pub fn name(self) -> &'static str {
        match self {
            Binary::Add => "Add",
            Binary::Sub => "Sub",
            Binary::Mul => "Mul",
            Binary::Div => "Div",
            Binary::Pow => "Pow",
            Binary::Min => "Min",
            Binary::Max => "Max",
            Binary::PRelu => "PRelu",
            Binary::Mod => "Mod",
            Binary::Greater => "Greater",
            Binary::GreaterOrEqual => "GreaterOrEqual",
            Binary::Less => "Less",
            Binary::LessOrEqual => "LessOrEqual",
            Binary::Equal => "Equal",
            Binary::And => "And",
            Binary::Or => "Or",
        }
    }
}

impl ReduceKind {
    /// The ONNX operator this is written as.
    pub fn name(self) -> &'static str {
        match self {
            ReduceKind::Sum => "ReduceSum",
            ReduceKind::Mean => "ReduceMean",
            ReduceKind::Max => "ReduceMax",
            ReduceKind::Min => "ReduceMin",
            ReduceKind::Prod => "ReduceProd",
            ReduceKind::L1 => "ReduceL1",
            ReduceKind::L2 => "ReduceL2",
            ReduceKind::SumSquare => "ReduceSumSquare",
            ReduceKind::LogSumExp => "ReduceLogSumExp",
        }
    }
}
