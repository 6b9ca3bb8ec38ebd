//! Activation functions.

use super::node::{NodeReader, Parse, Parsed, Refusal};
use crate::graph::{Binary, Op, Unary};

pub(super) fn parser(op_type: &str) -> Option<Parse> {
    Some(match op_type {
        "Relu" | "Tanh" | "Sigmoid" | "Softplus" | "Softsign" | "HardSwish" | "Mish"
        | "LeakyRelu" | "Elu" | "Selu" | "Celu" | "HardSigmoid" | "Gelu" => activation,
        "ThresholdedRelu" => thresholded_relu,
        "Swish" => swish,
        _ => return None,
    })
}

fn activation(node: &mut NodeReader<'_, '_>) -> Parsed {
    let function = match node.op_type() {
        "Relu" => Unary::Relu,
        "Tanh" => Unary::Tanh,
        "Sigmoid" => Unary::Sigmoid,
        "Softplus" => Unary::Softplus,
        "Softsign" => Unary::Softsign,
        "HardSwish" => Unary::HardSwish,
        "Mish" => Unary::Mish,
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
