//! What a query needs to know of a classifier: its tensors, their shapes and their limits.

use crate::graph::{Graph, Op, Unary};

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

/// The tensors of a classifier that a unit may be read off.
pub trait Taps {
    /// Names of all tensors.
    fn names(&self) -> Vec<String>;

    /// Shape at batch 1; none where there is no such tensor of floats.
    fn shape_of(&self, name: &str) -> Option<Vec<usize>>;

    /// Limits of every element.
    fn limits_of(&self, name: &str) -> Limits;
}

/// A classifier at batch 1.
impl Taps for Graph {
    fn names(&self) -> Vec<String> {
        self.nodes()
            .iter()
            .flat_map(|node| &node.outputs)
            .filter(|&&id| self.tensor_type(id).dtype.is_float())
            .map(|&id| self.name(id).to_owned())
            .collect()
    }

    fn shape_of(&self, name: &str) -> Option<Vec<usize>> {
        let id = self.find(name)?;
        let known = self.constant(id).is_none() && self.tensor_type(id).dtype.is_float();
        known.then(|| self.shape(id).to_vec())
    }

    fn limits_of(&self, name: &str) -> Limits {
        let mut value = self.find(name);
        while let Some((node, _)) = value.and_then(|id| self.producer(id)) {
            let node = self.node(node);
            if !keeps_limits(&node.op) {
                return limits(&node.op);
            }
            value = node.inputs.first().copied();
        }
        Limits::default()
    }
}

/// Whether every element of the result is an element of the input or a mean of some.
fn keeps_limits(op: &Op) -> bool {
    matches!(
        op,
        Op::Unary(Unary::Identity)
            | Op::Reshape { .. }
            | Op::Transpose { .. }
            | Op::GlobalAveragePool
            | Op::GlobalMaxPool
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
