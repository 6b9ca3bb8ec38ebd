//! Elementwise operators, conversions and selection.

use std::f64::consts::{FRAC_1_SQRT_2, PI};
use std::sync::Arc;

use super::positions::{self, zip_broadcast};
use super::special::erf;
use super::{filled, floats, integers, larger, rounded, smaller, wrapped};
use crate::graph::op::{Binary, Unary};
use crate::graph::tensor::{DType, Data, Tensor, TensorType};

pub(super) fn unary(unary: Unary, x: &Tensor, output: &TensorType) -> Result<Tensor, String> {
    match (unary, x.data()) {
        (Unary::Identity, _) => Ok(x.clone()),
        (_, Data::Bool(values)) => {
            let values = values.iter().map(|&v| !v).collect();
            filled(Data::Bool(Arc::new(values)), output)
        }
        (_, Data::F32(_) | Data::F64(_)) => {
            let x = floats(x);
            // The usual one apart, so that the choice is not made again for every element.
            let values = match unary {
                Unary::Relu => x.iter().map(|&v| relu(v)).collect(),
                _ => x.iter().map(|&v| float(unary, v)).collect(),
            };
            rounded(values, output)
        }
        _ => {
            let values: Result<Vec<i64>, String> = integers(x)?
                .into_iter()
                .map(|v| integer(unary, v))
                .collect();
            wrapped(values?, output)
        }
    }
}

fn integer(unary: Unary, v: i64) -> Result<i64, String> {
    match unary {
        Unary::Neg => Ok(v.wrapping_neg()),
        Unary::Abs => Ok(v.wrapping_abs()),
        Unary::Sign => Ok(v.signum()),
        Unary::Relu => Ok(v.max(0)),
        _ => Err(format!("{} takes floats", unary.name())),
    }
}

/// ln(1 + eˣ) without overflow.
fn softplus(x: f64) -> f64 {
    larger(x, 0.0) + (-x.abs()).exp().ln_1p()
}

/// max(x, 0); not-a-number passes.
fn relu(x: f64) -> f64 {
    if x < 0.0 { 0.0 } else { x }
}

fn clamp(x: f64, low: f64, high: f64) -> f64 {
    // Not-a-number passes, for it compares as neither.
    let raised = if x < low { low } else { x };
    if raised > high { high } else { raised }
}

fn float(unary: Unary, x: f64) -> f64 {
    match unary {
        Unary::Identity | Unary::Not => x,
        Unary::Neg => -x,
        Unary::Abs => x.abs(),
        // The standard library's signum of zero is one.
        Unary::Sign => {
            if x == 0.0 {
                0.0
            } else {
                x.signum()
            }
        }
        Unary::Floor => x.floor(),
        Unary::Ceil => x.ceil(),
        Unary::Round => x.round_ties_even(),
        Unary::Sqrt => x.sqrt(),
        Unary::Exp => x.exp(),
        Unary::Log => x.ln(),
        Unary::Reciprocal => 1.0 / x,
        Unary::Sin => x.sin(),
        Unary::Cos => x.cos(),
        Unary::Tanh => x.tanh(),
        Unary::Sigmoid => 1.0 / (1.0 + (-x).exp()),
        Unary::Relu => relu(x),
        Unary::Softplus => softplus(x),
        Unary::Softsign => x / (1.0 + x.abs()),
        Unary::Erf => erf(x),
        Unary::HardSwish => x * clamp(x / 6.0 + 0.5, 0.0, 1.0),
        Unary::Mish => x * softplus(x).tanh(),
        Unary::LeakyRelu { alpha } => {
            if x < 0.0 {
                alpha * x
            } else {
                x
            }
        }
        Unary::Elu { alpha } => {
            if x < 0.0 {
                alpha * x.exp_m1()
            } else {
                x
            }
        }
        Unary::Selu { alpha, gamma } => {
            if x <= 0.0 {
                gamma * alpha * x.exp_m1()
            } else {
                gamma * x
            }
        }
        Unary::Celu { alpha } => larger(x, 0.0) + smaller(alpha * (x / alpha).exp_m1(), 0.0),
        Unary::HardSigmoid { alpha, beta } => clamp(alpha * x + beta, 0.0, 1.0),
        Unary::Gelu { tanh: false } => 0.5 * x * (1.0 + erf(x * FRAC_1_SQRT_2)),
        Unary::Gelu { tanh: true } => {
            let inner = (2.0 / PI).sqrt() * (x + 0.044_715 * x * x * x);
            0.5 * x * (1.0 + inner.tanh())
        }
    }
}

pub(super) fn binary(
    binary: Binary,
    a: &Tensor,
    b: &Tensor,
    output: &TensorType,
) -> Result<Tensor, String> {
    let (shape_a, shape_b, shape) = (a.shape(), b.shape(), &output.shape);
    let truth = |values: Vec<bool>| filled(Data::Bool(Arc::new(values)), output);
    match (a.data(), b.data()) {
        (Data::Bool(a), Data::Bool(b)) => {
            let (a, b) = ((a.as_slice(), shape_a), (b.as_slice(), shape_b));
            truth(zip_broadcast(a, b, shape, |a, b| match binary {
                Binary::And => a && b,
                Binary::Or => a || b,
                _ => a == b,
            }))
        }
        (Data::F32(_) | Data::F64(_), _) => {
            let (a, b) = (floats(a), floats(b));
            let (a, b) = ((&*a, shape_a), (&*b, shape_b));
            // The usual ones apart, so that the choice is not made again for every element.
            let values = match binary {
                Binary::Add => zip_broadcast(a, b, shape, |a, b| a + b),
                Binary::Sub => zip_broadcast(a, b, shape, |a, b| a - b),
                Binary::Mul => zip_broadcast(a, b, shape, |a, b| a * b),
                Binary::Div => zip_broadcast(a, b, shape, |a, b| a / b),
                _ if binary.is_comparison() => {
                    return truth(zip_broadcast(a, b, shape, |a, b| compare(binary, &a, &b)));
                }
                _ => zip_broadcast(a, b, shape, |a, b| float_pair(binary, a, b)),
            };
            rounded(values, output)
        }
        _ => {
            let (a, b) = (integers(a)?, integers(b)?);
            let (a, b) = ((a.as_slice(), shape_a), (b.as_slice(), shape_b));
            if binary.is_comparison() {
                return truth(zip_broadcast(a, b, shape, |a, b| compare(binary, &a, &b)));
            }
            let pairs = zip_broadcast(a, b, shape, |a, b| integer_pair(binary, a, b));
            wrapped(
                pairs.into_iter().collect::<Result<Vec<i64>, String>>()?,
                output,
            )
        }
    }
}

fn compare<T: PartialOrd>(binary: Binary, a: &T, b: &T) -> bool {
    match binary {
        Binary::Greater => a > b,
        Binary::GreaterOrEqual => a >= b,
        Binary::Less => a < b,
        Binary::LessOrEqual => a <= b,
        _ => a == b,
    }
}

fn float_pair(binary: Binary, a: f64, b: f64) -> f64 {
    match binary {
        Binary::Add => a + b,
        Binary::Sub => a - b,
        Binary::Mul => a * b,
        Binary::Div => a / b,
        Binary::Pow => a.powf(b),
        Binary::Min => smaller(a, b),
        Binary::Max => larger(a, b),
        Binary::PRelu => {
            if a < 0.0 {
                b * a
            } else {
                a
            }
        }
        Binary::Mod => a % b,
        comparison => f64::from(u8::from(compare(comparison, &a, &b))),
    }
}

fn integer_pair(binary: Binary, a: i64, b: i64) -> Result<i64, String> {
    let divisor = || {
        if b == 0 {
            Err(format!("{a} divided by zero"))
        } else {
            Ok(b)
        }
    };
    Ok(match binary {
        Binary::Add => a.wrapping_add(b),
        Binary::Sub => a.wrapping_sub(b),
        Binary::Mul => a.wrapping_mul(b),
        Binary::Div => a.wrapping_div(divisor()?),
        Binary::Pow => {
            let exponent =
                u32::try_from(b).map_err(|_| format!("{a} to the power {b} is not an integer"))?;
            a.wrapping_pow(exponent)
        }
        Binary::Min => a.min(b),
        Binary::Max => a.max(b),
        Binary::Mod => {
            let remainder = a.wrapping_rem(divisor()?);
            // The remainder of the truncated quotient has the sign of a; ONNX asks for that of b.
            if remainder != 0 && (remainder < 0) != (b < 0) {
                remainder + b
            } else {
                remainder
            }
        }
        other => return Err(format!("{} takes floats", other.name())),
    })
}

/// Conversion. Floats become integers by truncation; what does not fit saturates. Integers wrap.
pub(super) fn cast(x: &Tensor, to: DType) -> Result<Tensor, String> {
    let output = TensorType::new(to, x.shape());
    let is_float = x.dtype().is_float();
    match to {
        DType::Bool => {
            let values = x.to_f64().into_iter().map(|v| v != 0.0).collect();
            filled(Data::Bool(Arc::new(values)), &output)
        }
        _ if is_float || x.dtype() == DType::Bool => {
            Tensor::from_f64(to, x.shape(), &x.to_f64()).map_err(|mismatch| mismatch.to_string())
        }
        // Not by way of f64, which would round twice.
        DType::F32 => {
            let values = integers(x)?.into_iter().map(|v| v as f32).collect();
            filled(Data::F32(Arc::new(values)), &output)
        }
        DType::F64 => rounded(x.to_f64(), &output),
        _ => wrapped(integers(x)?, &output),
    }
}

/// As ONNX: the upper bound wins where the bounds cross.
pub(super) fn clip(x: &Tensor, low: Option<f64>, high: Option<f64>) -> Result<Tensor, String> {
    let output = x.tensor_type();
    if x.dtype().is_float() {
        let low = low.unwrap_or(f64::NEG_INFINITY);
        let high = high.unwrap_or(f64::INFINITY);
        let values = floats(x).iter().map(|&v| clamp(v, low, high)).collect();
        return rounded(values, &output);
    }
    let low = low.map_or(i64::MIN, |low| low.ceil() as i64);
    let high = high.map_or(i64::MAX, |high| high.floor() as i64);
    let values = integers(x)?.into_iter().map(|v| v.max(low).min(high));
    wrapped(values.collect(), &output)
}

/// `condition ? a : b`.
pub(super) fn choose(inputs: &[&Tensor], output: &TensorType) -> Result<Tensor, String> {
    let (condition, a, b) = (inputs[0], inputs[1], inputs[2]);
    let Data::Bool(truth) = condition.data() else {
        return Err(format!(
            "takes a condition, not {}",
            condition.tensor_type()
        ));
    };
    let at_condition = positions::broadcast(condition.shape(), &output.shape);
    let at_a = positions::broadcast(a.shape(), &output.shape);
    let at_b = positions::broadcast(b.shape(), &output.shape);
    let chosen: Vec<usize> = at_condition
        .iter()
        .zip(at_a.iter().zip(&at_b))
        .map(|(&at, (&i, &j))| if truth[at] { i } else { a.len() + j })
        .collect();
    positions::select(&positions::joined(&[a, b])?, &chosen, output)
}
