//! Which nodes the embedded runtime computes rightly. What is not listed is refused by name.
//!
//! Found by running rten 0.27 against ONNX Runtime and reading its source: it computes a cubic
//! `Resize` as a linear one, takes float16 and float64 for float32, and a `Cast` to bool for one
//! to int32 (0.5 becomes false, 2 stays 2), and gives 1 for the `Sign` of 0, all without a word. The
//! rest it lacks and says so, but only some of it with the node's name.

use super::outline::{NodeOutline, Outline, element_type};

/// Operators of ONNX's own domain that rten computes as ONNX defines them.
const OPERATORS: &[&str] = &[
    "Abs",
    "Add",
    "And",
    "AveragePool",
    "BatchNormalization",
    "Cast",
    "Ceil",
    "Clip",
    "Concat",
    "Constant",
    "Conv",
    "ConvTranspose",
    "Cos",
    "CumSum",
    "DepthToSpace",
    "Div",
    "Elu",
    "Equal",
    "Erf",
    "Exp",
    "Expand",
    "Flatten",
    "Floor",
    "Gather",
    "GatherElements",
    "Gelu",
    "Gemm",
    "GlobalAveragePool",
    "GlobalMaxPool",
    "Greater",
    "GreaterOrEqual",
    "HardSigmoid",
    "HardSwish",
    "Identity",
    "InstanceNormalization",
    "LayerNormalization",
    "LeakyRelu",
    "Less",
    "LessOrEqual",
    "Log",
    "LogSoftmax",
    "MatMul",
    "Max",
    "MaxPool",
    "Min",
    "Mod",
    "Mul",
    "Neg",
    "Not",
    "Or",
    "PRelu",
    "Pad",
    "Pow",
    "Reciprocal",
    "ReduceL1",
    "ReduceL2",
    "ReduceLogSumExp",
    "ReduceMax",
    "ReduceMean",
    "ReduceMin",
    "ReduceProd",
    "ReduceSum",
    "ReduceSumSquare",
    "Relu",
    "Reshape",
    "Resize",
    "Round",
    "ScatterElements",
    "Sigmoid",
    "Sin",
    "Slice",
    "Softmax",
    "Softplus",
    "Softsign",
    "Split",
    "Sqrt",
    "Squeeze",
    "Sub",
    "Sum",
    "Tanh",
    "Tile",
    "Transpose",
    "Unsqueeze",
    "Where",
];

/// The nodes of `model` that the embedded runtime cannot run, each with its reason.
pub(super) fn refused(model: &Outline<'_>) -> Vec<String> {
    model
        .nodes
        .iter()
        .filter_map(|node| {
            let reason = reason(node)?;
            Some(format!(
                "node '{}' ({}): {reason}",
                node.name, node.operator
            ))
        })
        .collect()
}

/// Why `node` cannot run, if it cannot.
fn reason(node: &NodeOutline<'_>) -> Option<String> {
    if !matches!(node.domain, "" | "ai.onnx") {
        return Some(format!("operators of {} are not supported", node.domain));
    }
    if OPERATORS.binary_search(&node.operator).is_err() {
        return Some("the operator is not supported".to_owned());
    }
    let integer = |name| node.attribute(name).and_then(|found| found.integer);
    let text = |name| node.attribute(name).and_then(|found| found.text);
    match node.operator {
        "Resize" if text("mode") == Some("cubic") => {
            Some("cubic interpolation is not supported".to_owned())
        }
        "Resize" if integer("antialias").unwrap_or(0) != 0 => {
            Some("antialiasing is not supported".to_owned())
        }
        "ConvTranspose" if node.attribute("output_shape").is_some() => {
            Some("the attribute output_shape is not supported".to_owned())
        }
        "Cast" => match integer("to").map(i64::cast_unsigned).map(element_type) {
            Some(Ok(crate::graph::DType::Bool)) => {
                Some("conversion to bool is not supported".to_owned())
            }
            Some(Ok(_)) => None,
            Some(Err(reason)) => Some(reason),
            None => Some("the attribute 'to' is missing".to_owned()),
        },
        "MaxPool" if node.output_count > 1 => {
            Some("the output Indices is not supported".to_owned())
        }
        "LayerNormalization" | "BatchNormalization" if node.output_count > 1 => {
            Some("statistics as outputs are not supported".to_owned())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_operators_is_sorted_for_its_search() {
        assert!(OPERATORS.is_sorted());
    }
}
