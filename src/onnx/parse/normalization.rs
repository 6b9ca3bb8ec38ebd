//! Normalisations; those without an operator of their own become ones that have.

use super::builder::Operand;
use super::node::{NodeReader, Parsed, Refusal, axes, axis};
use super::operator::Operator;
use crate::graph::op::ReduceKind;
use crate::graph::{Binary, Op, Unary};

pub(super) const OPERATORS: &[Operator] = &[
    Operator::new(
        "BatchNormalization",
        1,
        &["epsilon", "momentum", "spatial", "training_mode"],
        batch,
    ),
    Operator::new("InstanceNormalization", 1, &["epsilon"], instance),
    Operator::new(
        "GroupNormalization",
        18,
        &["epsilon", "num_groups", "stash_type"],
        group,
    )
    .reads_as("InstanceNormalization of [N, groups, rest]"),
    Operator::new(
        "LayerNormalization",
        17,
        &["axis", "epsilon", "stash_type"],
        layer,
    ),
    Operator::new(
        "RMSNormalization",
        23,
        &["axis", "epsilon", "stash_type"],
        root_mean_square,
    )
    .reads_as("Mul, ReduceMean, Sqrt, Div"),
    Operator::new("MeanVarianceNormalization", 9, &["axes"], mean_variance)
        .reads_as("ReduceMean, Sub, Sqrt, Div"),
    Operator::new("LpNormalization", 1, &["axis", "p"], lp).reads_as("ReduceL1 or ReduceL2, Div"),
    Operator::new("LRN", 1, &["alpha", "beta", "bias", "size"], local_response),
];

fn batch(node: &mut NodeReader<'_, '_>) -> Parsed {
    node.ignore("momentum");
    let training = Refusal::new(
        "it is in training mode",
        "export the model in inference mode (model.eval())",
    );
    // Before opset 14, more than one output was how training mode was asked for.
    let extra_outputs = (1..node.output_count()).any(|index| node.is_output_named(index));
    if node.flag("training_mode", false)? || (node.opset() < 14 && extra_outputs) {
        return Err(training);
    }
    if !node.flag("spatial", true)? {
        return Err(Refusal::attribute("spatial", "only spatial=1 is supported"));
    }
    let epsilon = node.float("epsilon", 1e-5)?;
    let operands = (0..5)
        .map(|index| node.input(index))
        .collect::<Parsed<Vec<Operand>>>()?;
    node.finish(Op::BatchNormalization { epsilon }, &operands)
}

fn instance(node: &mut NodeReader<'_, '_>) -> Parsed {
    let epsilon = node.float("epsilon", 1e-5)?;
    let operands = [node.input(0)?, node.input(1)?, node.input(2)?];
    node.finish(Op::InstanceNormalization { epsilon }, &operands)
}

/// Each group becomes a channel of an instance normalisation. Scale and bias belong to groups in
/// opset 18 to 20 and to channels from 21 on.
fn group(node: &mut NodeReader<'_, '_>) -> Parsed {
    node.ignore("stash_type");
    let epsilon = node.float("epsilon", 1e-5)?;
    let groups = node.int("num_groups", 0)?;
    let operands = [node.input(0)?, node.input(1)?, node.input(2)?];
    let [x, scale, bias] = operands;
    let x_type = node.type_of(&x);
    let shape = &x_type.shape;
    let groups = usize::try_from(groups)
        .ok()
        .filter(|&groups| groups > 0 && shape.len() >= 2 && shape[1].is_multiple_of(groups))
        .ok_or_else(|| {
            let reason = format!("{groups} groups do not divide the channels of {shape:?}");
            Refusal::attribute("num_groups", reason)
        })?;
    let per_group = x_type.len() / (shape[0] * groups).max(1);
    let grouped = Op::Reshape {
        shape: vec![shape[0], groups, per_group],
    };
    let back = Op::Reshape {
        shape: shape.clone(),
    };
    let grouped = node.apply("grouped", grouped, &[x])?;
    let by_channel = node.opset() >= 21;
    let (inner_scale, inner_bias) = if by_channel {
        let repeated = Op::Expand {
            shape: vec![groups],
        };
        let one = node.scalar("one", x_type.dtype, 1.0);
        let zero = node.scalar("zero", x_type.dtype, 0.0);
        (
            node.apply("ones", repeated.clone(), &[one])?,
            node.apply("zeros", repeated, &[zero])?,
        )
    } else {
        (scale.clone(), bias.clone())
    };
    let normalized = node.apply(
        "normalized",
        Op::InstanceNormalization { epsilon },
        &[grouped, inner_scale, inner_bias],
    )?;
    if !by_channel {
        return node.finish(back, &[normalized]);
    }
    let normalized = node.apply("ungrouped", back, &[normalized])?;
    let mut per_channel = vec![1; shape.len() - 1];
    per_channel[0] = shape[1];
    let per_channel = Op::Reshape { shape: per_channel };
    let scale = node.apply("scale", per_channel.clone(), &[scale])?;
    let bias = node.apply("bias", per_channel, &[bias])?;
    let scaled = node.apply("scaled", Op::Binary(Binary::Mul), &[normalized, scale])?;
    node.finish(Op::Binary(Binary::Add), &[scaled, bias])
}

fn layer(node: &mut NodeReader<'_, '_>) -> Parsed {
    node.ignore("stash_type");
    let rank = node.shape(0)?.len();
    let op = Op::LayerNormalization {
        axis: axis(node.int("axis", -1)?, rank)?,
        epsilon: node.float("epsilon", 1e-5)?,
    };
    let mut operands = vec![node.input(0)?, node.input(1)?];
    operands.extend(node.optional_input(2)?);
    node.finish(op, &operands)
}

/// `x / √(mean(x²) + epsilon) · scale` over the axes from `axis` on.
fn root_mean_square(node: &mut NodeReader<'_, '_>) -> Parsed {
    node.ignore("stash_type");
    let x = node.input(0)?;
    let scale = node.input(1)?;
    let x_type = node.type_of(&x);
    let first = axis(node.int("axis", -1)?, x_type.rank())?;
    let epsilon = node.float("epsilon", 1e-5)?;
    let axes: Vec<usize> = (first..x_type.rank()).collect();
    let normalized = over_root_mean_square(node, x, axes, epsilon)?;
    node.finish(Op::Binary(Binary::Mul), &[normalized, scale])
}

/// Centred over the axes, then divided by the standard deviation (plus 1e-9, as ONNX defines it).
fn mean_variance(node: &mut NodeReader<'_, '_>) -> Parsed {
    let x = node.input(0)?;
    let rank = node.type_of(&x).rank();
    let stated = node.ints("axes")?.unwrap_or_else(|| vec![0, 2, 3]);
    let axes = axes(&stated, rank)?;
    let dtype = node.type_of(&x).dtype;
    let mean = reduce(node, "mean", ReduceKind::Mean, &x, axes.clone())?;
    let centred = node.apply("centred", Op::Binary(Binary::Sub), &[x, mean])?;
    let square = node.apply(
        "square",
        Op::Binary(Binary::Mul),
        &[centred.clone(), centred.clone()],
    )?;
    let variance = reduce(node, "variance", ReduceKind::Mean, &square, axes)?;
    let deviation = node.apply("deviation", Op::Unary(Unary::Sqrt), &[variance])?;
    let epsilon = node.scalar("epsilon", dtype, f64::from(1e-9f32));
    let divisor = node.apply("divisor", Op::Binary(Binary::Add), &[deviation, epsilon])?;
    node.finish(Op::Binary(Binary::Div), &[centred, divisor])
}

/// Divided by the 1- or 2-norm along one axis.
fn lp(node: &mut NodeReader<'_, '_>) -> Parsed {
    let x = node.input(0)?;
    let rank = node.type_of(&x).rank();
    let along = axis(node.int("axis", -1)?, rank)?;
    let kind = match node.int("p", 2)? {
        1 => ReduceKind::L1,
        2 => ReduceKind::L2,
        other => return Err(Refusal::attribute("p", format!("{other} is not 1 or 2"))),
    };
    let norm = reduce(node, "norm", kind, &x, vec![along])?;
    // Zeros stay zeros, as ONNX's reference has it.
    let dtype = node.type_of(&x).dtype;
    let zero = node.scalar("zero", dtype, 0.0);
    let one = node.scalar("one", dtype, 1.0);
    let is_zero = node.apply("is_zero", Op::Binary(Binary::Equal), &[norm.clone(), zero])?;
    let divisor = node.apply("divisor", Op::Where, &[is_zero, one, norm])?;
    node.finish(Op::Binary(Binary::Div), &[x, divisor])
}

fn local_response(node: &mut NodeReader<'_, '_>) -> Parsed {
    let size = node.int("size", 0)?;
    let op = Op::LocalResponseNormalization {
        alpha: node.float("alpha", 1e-4)?,
        beta: node.float("beta", 0.75)?,
        bias: node.float("bias", 1.0)?,
        size: usize::try_from(size)
            .ok()
            .filter(|&size| size > 0)
            .ok_or_else(|| Refusal::attribute("size", format!("{size} is not positive")))?,
    };
    let x = node.input(0)?;
    node.finish(op, &[x])
}

fn over_root_mean_square(
    node: &mut NodeReader<'_, '_>,
    x: Operand,
    axes: Vec<usize>,
    epsilon: f64,
) -> Parsed<Operand> {
    let dtype = node.type_of(&x).dtype;
    let square = node.apply("square", Op::Binary(Binary::Mul), &[x.clone(), x.clone()])?;
    let mean = reduce(node, "mean_square", ReduceKind::Mean, &square, axes)?;
    let epsilon = node.scalar("epsilon", dtype, epsilon);
    let shifted = node.apply("shifted", Op::Binary(Binary::Add), &[mean, epsilon])?;
    let root = node.apply("root", Op::Unary(Unary::Sqrt), &[shifted])?;
    node.apply("normalized", Op::Binary(Binary::Div), &[x, root])
}

fn reduce(
    node: &mut NodeReader<'_, '_>,
    part: &str,
    kind: ReduceKind,
    x: &Operand,
    axes: Vec<usize>,
) -> Parsed<Operand> {
    let op = Op::Reduce {
        kind,
        axes,
        keep_dims: true,
    };
    node.apply(part, op, std::slice::from_ref(x))
}
