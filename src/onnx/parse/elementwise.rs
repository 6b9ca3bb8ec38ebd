//! Arithmetic, comparison and conversion, element by element.

use super::super::tensor;
use super::builder::Operand;
use super::node::{NodeReader, Parsed, Refusal};
use super::operator::Operator;
use crate::graph::{Binary, DType, Op, Tensor, Unary};

pub(super) const OPERATORS: &[Operator] = &[
    Operator::unary("Identity", 1, Unary::Identity),
    Operator::unary("Neg", 1, Unary::Neg),
    Operator::unary("Abs", 1, Unary::Abs),
    Operator::unary("Sign", 9, Unary::Sign),
    Operator::unary("Floor", 1, Unary::Floor),
    Operator::unary("Ceil", 1, Unary::Ceil),
    Operator::unary("Round", 11, Unary::Round),
    Operator::unary("Sqrt", 1, Unary::Sqrt),
    Operator::unary("Exp", 1, Unary::Exp),
    Operator::unary("Log", 1, Unary::Log),
    Operator::unary("Reciprocal", 1, Unary::Reciprocal),
    Operator::unary("Sin", 7, Unary::Sin),
    Operator::unary("Cos", 7, Unary::Cos),
    Operator::unary("Erf", 9, Unary::Erf),
    Operator::unary("Not", 1, Unary::Not),
    Operator::binary("Add", 1, Binary::Add),
    Operator::binary("Sub", 1, Binary::Sub),
    Operator::binary("Mul", 1, Binary::Mul),
    Operator::binary("Div", 1, Binary::Div),
    Operator::binary("PRelu", 1, Binary::PRelu),
    Operator::binary("Greater", 1, Binary::Greater),
    Operator::binary("GreaterOrEqual", 12, Binary::GreaterOrEqual),
    Operator::binary("Less", 1, Binary::Less),
    Operator::binary("LessOrEqual", 12, Binary::LessOrEqual),
    Operator::binary("Equal", 1, Binary::Equal),
    Operator::binary("And", 1, Binary::And),
    Operator::binary("Or", 1, Binary::Or),
    Operator::new("Pow", 1, &[], pow),
    Operator::new("Mod", 10, &["fmod"], modulo),
    Operator::new("Xor", 1, &[], exclusive_or).reads_as("Or, And, Not"),
    Operator::new("IsNaN", 9, &[], is_nan).reads_as("Equal, Not"),
    Operator::new(
        "IsInf",
        10,
        &["detect_positive", "detect_negative"],
        is_infinite,
    )
    .reads_as("Abs, Equal"),
    Operator::new("Sum", 1, &[], chain).reads_as("Add, from the left"),
    Operator::new("Mean", 1, &[], chain).reads_as("Add, then Div by the count"),
    Operator::new("Min", 1, &[], chain),
    Operator::new("Max", 1, &[], chain),
    Operator::new("Clip", 1, &["min", "max"], clip),
    Operator::new("Where", 9, &[], select),
    Operator::new("Cast", 1, &["to", "saturate", "round_mode"], cast),
    Operator::new("CastLike", 15, &["saturate", "round_mode"], cast_like).reads_as("Cast"),
    Operator::new("Dropout", 1, &["ratio", "seed"], dropout).reads_as("Identity (inference)"),
];

/// The exponent may have a type of its own.
fn pow(node: &mut NodeReader<'_, '_>) -> Parsed {
    let base = node.input(0)?;
    let exponent = node.input(1)?;
    let dtype = node.type_of(&base).dtype;
    let exponent = as_dtype(node, "exponent", exponent, dtype)?;
    node.finish(Op::Binary(Binary::Pow), &[base, exponent])
}

fn modulo(node: &mut NodeReader<'_, '_>) -> Parsed {
    let operands = [node.input(0)?, node.input(1)?];
    let float = node.type_of(&operands[0]).dtype.is_float();
    if node.flag("fmod", false)? != float {
        return Err(Refusal::attribute(
            "fmod",
            "only fmod=1 of floats and fmod=0 of integers are supported",
        ));
    }
    node.finish(Op::Binary(Binary::Mod), &operands)
}

/// `(a or b) and not (a and b)`.
fn exclusive_or(node: &mut NodeReader<'_, '_>) -> Parsed {
    let operands = [node.input(0)?, node.input(1)?];
    let either = node.apply("either", Op::Binary(Binary::Or), &operands)?;
    let both = node.apply("both", Op::Binary(Binary::And), &operands)?;
    let not_both = node.apply("not_both", Op::Unary(Unary::Not), &[both])?;
    node.finish(Op::Binary(Binary::And), &[either, not_both])
}

/// Only what is not a number differs from itself.
fn is_nan(node: &mut NodeReader<'_, '_>) -> Parsed {
    let x = node.input(0)?;
    let same = node.apply("same", Op::Binary(Binary::Equal), &[x.clone(), x])?;
    node.finish(Op::Unary(Unary::Not), &[same])
}

fn is_infinite(node: &mut NodeReader<'_, '_>) -> Parsed {
    let mut x = node.input(0)?;
    let dtype = node.type_of(&x).dtype;
    let positive = node.flag("detect_positive", true)?;
    let negative = node.flag("detect_negative", true)?;
    let bound = match (positive, negative) {
        (true, true) => {
            x = node.apply("size", Op::Unary(Unary::Abs), &[x])?;
            f64::INFINITY
        }
        (true, false) => f64::INFINITY,
        (false, true) => f64::NEG_INFINITY,
        // Nothing equals this.
        (false, false) => f64::NAN,
    };
    let bound = node.scalar("infinity", dtype, bound);
    node.finish(Op::Binary(Binary::Equal), &[x, bound])
}

/// Any number of inputs, folded from the left.
fn chain(node: &mut NodeReader<'_, '_>) -> Parsed {
    let operands = node.all_inputs()?;
    let function = match node.op_type() {
        "Min" => Binary::Min,
        "Max" => Binary::Max,
        _ => Binary::Add,
    };
    let divisor = (node.op_type() == "Mean").then_some(operands.len());
    let Some((first, rest)) = operands.split_first() else {
        return Err(Refusal::unsound("it has no input"));
    };
    let (steps, last) = match rest.split_last() {
        None => return node.finish(Op::Unary(Unary::Identity), std::slice::from_ref(first)),
        // Dividing is a mean's last step.
        Some(_) if divisor.is_some() => (rest, None),
        Some((last, steps)) => (steps, Some(last)),
    };
    let mut total = first.clone();
    for step in steps {
        total = node.apply("partial", Op::Binary(function), &[total, step.clone()])?;
    }
    match (last, divisor) {
        (Some(last), _) => node.finish(Op::Binary(function), &[total, last.clone()]),
        (None, divisor) => {
            let dtype = node.type_of(&total).dtype;
            let count = node.scalar("count", dtype, divisor.unwrap_or(1) as f64);
            node.finish(Op::Binary(Binary::Div), &[total, count])
        }
    }
}

/// Bounds were attributes before opset 11. Bounds that are computed become `Max` and `Min`.
fn clip(node: &mut NodeReader<'_, '_>) -> Parsed {
    let mut x = node.input(0)?;
    if node.opset() < 11 {
        let low = node.optional_float("min")?;
        let high = node.optional_float("max")?;
        return node.finish(Op::Clip { low, high }, &[x]);
    }
    let computed = |bound: &Option<Operand>| matches!(bound, Some(Operand::Value(_)));
    let bounds = [node.optional_input(1)?, node.optional_input(2)?];
    if !bounds.iter().any(computed) {
        let low = node.constant_scalar(1)?;
        let high = node.constant_scalar(2)?;
        return node.finish(Op::Clip { low, high }, &[x]);
    }
    let [low, high] = bounds;
    if let Some(low) = low {
        x = node.apply("at_least", Op::Binary(Binary::Max), &[x, low])?;
    }
    match high {
        Some(high) => node.finish(Op::Binary(Binary::Min), &[x, high]),
        None => node.finish(Op::Unary(Unary::Identity), &[x]),
    }
}

fn select(node: &mut NodeReader<'_, '_>) -> Parsed {
    let operands = [node.input(0)?, node.input(1)?, node.input(2)?];
    node.finish(Op::Where, &operands)
}

fn cast(node: &mut NodeReader<'_, '_>) -> Parsed {
    let x = node.input(0)?;
    // These two only matter for 8-bit floats.
    node.ignore("saturate");
    node.ignore("round_mode");
    let element = node.int("to", 0)?;
    let to = i32::try_from(element)
        .ok()
        .and_then(tensor::dtype)
        .ok_or_else(|| {
            let name = tensor::element_name(i32::try_from(element).unwrap_or(0));
            Refusal::attribute("to", format!("{name} is not a type that is supported"))
        })?;
    finish_cast(node, x, to)
}

fn cast_like(node: &mut NodeReader<'_, '_>) -> Parsed {
    let x = node.input(0)?;
    node.ignore("saturate");
    node.ignore("round_mode");
    let to = node.type_of(&node.input(1)?).dtype;
    finish_cast(node, x, to)
}

/// A conversion to the type a value has already (16-bit floats are widened) is the identity.
fn finish_cast(node: &mut NodeReader<'_, '_>, x: Operand, to: DType) -> Parsed {
    if node.type_of(&x).dtype == to {
        node.finish(Op::Unary(Unary::Identity), &[x])
    } else {
        node.finish(Op::Cast { to }, &[x])
    }
}

/// Inference only: the identity.
fn dropout(node: &mut NodeReader<'_, '_>) -> Parsed {
    node.ignore("ratio");
    node.ignore("seed");
    if node.opset() >= 12 && node.constant_scalar(2)?.is_some_and(|mode| mode != 0.0) {
        return Err(Refusal::new(
            "it is in training mode",
            "export the model in inference mode (model.eval())",
        ));
    }
    let x = node.input(0)?;
    node.finish(Op::Unary(Unary::Identity), &[x])
}

/// The operand as `dtype`; a constant is converted at once, whatever its size.
pub(super) fn as_dtype(
    node: &mut NodeReader<'_, '_>,
    part: &str,
    operand: Operand,
    dtype: DType,
) -> Parsed<Operand> {
    if node.type_of(&operand).dtype == dtype {
        return Ok(operand);
    }
    match operand {
        Operand::Constant(_, tensor) => {
            let converted = match (dtype, tensor.to_i64()) {
                // Through f64, large integers would lose digits.
                (DType::I64, Some(values)) => {
                    Tensor::i64_vector(values).reshaped(tensor.shape().to_vec())
                }
                _ => Tensor::from_f64(dtype, tensor.shape().to_vec(), &tensor.to_f64()),
            };
            let converted = converted.map_err(|error| Refusal::unsound(error.to_string()))?;
            Ok(node.constant(part, converted))
        }
        value => node.apply(part, Op::Cast { to: dtype }, &[value]),
    }
}
