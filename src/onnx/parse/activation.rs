//! Activation functions.

use super::node::{NodeReader, Parsed, Refusal};
use super::operator::Operator;
use crate::graph::{Binary, Op, Unary};

pub(super) const OPERATORS: &[Operator] = &[
    Operator::unary("Relu", 1, Unary::Relu),
    Operator::unary("Tanh", 1, Unary::Tanh),
    Operator::unary("Sigmoid", 1, Unary::Sigmoid),
    Operator::unary("Softplus", 1, Unary::Softplus),
    Operator::unary("Softsign", 1, Unary::Softsign),
    Operator::unary("HardSwish", 14, Unary::HardSwish),
    Operator::unary("Mish", 18, Unary::Mish),
    Operator::new("LeakyRelu", 1, &["alpha"], activation),
    Operator::new("Elu", 1, &["alpha"], activation),
    Operator::new("Selu", 1, &["alpha", "gamma"], activation),
    Operator::new("Celu", 12, &["alpha"], activation),
    Operator::new("HardSigmoid", 1, &["alpha", "beta"], activation),
    Operator::new("Gelu", 20, &["approximate"], activation),
    Operator::new("ThresholdedRelu", 10, &["alpha"], thresholded_relu).reads_as("Where, Greater"),
    Operator::new("Swish", 24, &["alpha"], swish).reads_as("Mul, Sigmoid"),
];

fn activation(node: &mut NodeReader<'_, '_>) -> Parsed {
    let function = match node.op_type() {
        "LeakyRelu" => Unary::LeakyRelu {
            alpha: node.float("alpha", 0.01)?,
        },
        "Elu" => Unary::Elu {
            alpha: node.float("alpha", 1.0)?,
        },
        // The defaults are the ONNX specification's.
        "Selu" => Unary::Selu {
            alpha: node.float("alpha", 1.673_263_2)?,
            gamma: node.float("gamma", 1.050_701)?,
        },
        "Celu" => Unary::Celu {
            alpha: node.float("alpha", 1.0)?,
        },
        "HardSigmoid" => Unary::HardSigmoid {
            alpha: node.float("alpha", 0.2)?,
            beta: node.float("beta", 0.5)?,
        },
        _ => Unary::Gelu {
            tanh: match node.text("approximate", "none")?.as_str() {
                "none" => false,
                "tanh" => true,
                other => {
                    let reason = format!("{other:?} is neither 'none' nor 'tanh'");
                    return Err(Refusal::attribute("approximate", reason));
                }
            },
        },
    };
    let x = node.input(0)?;
    node.finish(Op::Unary(function), &[x])
}

/// `x > alpha ? x : 0`.
fn thresholded_relu(node: &mut NodeReader<'_, '_>) -> Parsed {
    let x = node.input(0)?;
    let dtype = node.type_of(&x).dtype;
    let alpha = node.float("alpha", 1.0)?;
    let threshold = node.scalar("threshold", dtype, alpha);
    let above = node.apply(
        "above",
        Op::Binary(Binary::Greater),
        &[x.clone(), threshold],
    )?;
    let zero = node.scalar("zero", dtype, 0.0);
    node.finish(Op::Where, &[above, x, zero])
}

/// `x · sigmoid(alpha · x)`.
fn swish(node: &mut NodeReader<'_, '_>) -> Parsed {
    let x = node.input(0)?;
    let alpha = node.float("alpha", 1.0)?;
    let mut argument = x.clone();
    if alpha != 1.0 {
        let dtype = node.type_of(&x).dtype;
        let alpha = node.scalar("alpha", dtype, alpha);
        argument = node.apply("scaled", Op::Binary(Binary::Mul), &[argument, alpha])?;
    }
    let gate = node.apply("gate", Op::Unary(Unary::Sigmoid), &[argument])?;
    node.finish(Op::Binary(Binary::Mul), &[x, gate])
}
