//! What a query needs to know of a classifier: its tensors, their shapes and their limits.

use crate::bundle::BundleError;
use crate::graph::op::ReduceKind;
use crate::graph::{Graph, Op, Unary, ValueId};

/// Values that a unit can never pass, by construction (a probability: 0 and 1).
#[derive(Debug, Clone, Copy, PartialEq, Default, serde::Serialize, serde::Deserialize)]
pub struct Limits {
    /// The least value there is.
    pub low: Option<f64>,
    /// The greatest value there is.
    pub high: Option<f64>,
}

impl Limits {
    /// Of a sigmoid or a probability.
    pub const UNIT: Limits = Limits {
        low: Some(0.0),
        high: Some(1.0),
    };
}

/// A tensor that a unit may be read off.
#[derive(Debug, Clone, PartialEq)]
pub struct Tap {
    /// Its shape at batch 1.
    pub shape: Vec<usize>,
    /// Limits of every element.
    pub limits: Limits,
}

/// The tensors of a classifier.
pub trait Taps {
    /// Names of all tensors.
    fn names(&self) -> Vec<String>;

    /// A tensor; none where there is no tensor of floats of that name.
    ///
    /// # Errors
    /// The part of the classifier that computes it cannot be read.
    fn tap(&self, name: &str) -> Result<Option<Tap>, BundleError>;
}

impl Tap {
    /// A tensor of a graph at batch 1.
    pub fn of(graph: &Graph, name: &str) -> Option<Tap> {
        let id = graph.find(name)?;
        let tensor_type = graph.tensor_type(id);
        let known = graph.constant(id).is_none() && tensor_type.dtype.is_float();
        known.then(|| Tap {
            shape: tensor_type.shape.clone(),
            limits: limits_of(graph, id),
        })
    }
}

/// Looks through operators that pass their input's elements on.
fn limits_of(graph: &Graph, mut value: ValueId) -> Limits {
    while let Some((node, _)) = graph.producer(value) {
        let node = graph.node(node);
        match node.inputs.first() {
            Some(&input) if keeps_limits(&node.op) => value = input,
            _ => return limits(&node.op),
        }
    }
    Limits::default()
}

/// Whether every element of the result is an element of the input, or a mean or maximum of some.
fn keeps_limits(op: &Op) -> bool {
    matches!(
        op,
        Op::Unary(Unary::Identity)
            | Op::Reshape { .. }
            | Op::Transpose { .. }
            | Op::MaxPool(_)
            | Op::GlobalAveragePool
            | Op::GlobalMaxPool
            | Op::Reduce {
                kind: ReduceKind::Mean | ReduceKind::Max,
                ..
            }
    )
}

fn limits(op: &Op) -> Limits {
    let (low, high) = match op {
        Op::Unary(Unary::Sigmoid | Unary::HardSigmoid { .. }) | Op::Softmax { .. } => {
            (Some(0.0), Some(1.0))
        }
        Op::Unary(Unary::Tanh | Unary::Softsign) => (Some(-1.0), Some(1.0)),
        Op::Unary(Unary::Relu | Unary::Softplus) => (Some(0.0), None),
        Op::LogSoftmax { .. } => (None, Some(0.0)),
        Op::Clip { low, high } => (*low, *high),
        _ => (None, None),
    };
    Limits { low, high }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::graph::{DType, TensorType};

    #[test]
    fn limits_pass_through_pooling_and_reshaping_but_not_further() {
        let mut graph = Graph::new();
        let shape = TensorType::new(DType::F32, [1, 2, 3, 3]);
        let input = graph.add_input("x", shape).unwrap();
        let relu = graph.add("relu", Op::Unary(Unary::Relu), &[input]).unwrap();
        let pool = graph.add("pool", Op::GlobalAveragePool, &[relu]).unwrap();
        let flat = Op::Reshape { shape: vec![1, 2] };
        let flat = graph.add("flat", flat, &[pool]).unwrap();
        let sigmoid = graph
            .add("sigmoid", Op::Unary(Unary::Sigmoid), &[flat])
            .unwrap();
        graph.add("exp", Op::Unary(Unary::Exp), &[sigmoid]).unwrap();
        let limits = |name| Tap::of(&graph, name).unwrap().limits;
        assert_eq!((limits("flat").low, limits("flat").high), (Some(0.0), None));
        assert_eq!(limits("sigmoid"), Limits::UNIT);
        assert_eq!(limits("exp"), Limits::default());
        assert_eq!(limits("x"), Limits::default());
        assert_eq!(Tap::of(&graph, "none"), None);
    }
}
