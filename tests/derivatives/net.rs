//! A net under construction.

use invset::graph::op::{Convolution, Op, Unary};
use invset::graph::{DType, Graph, Tensor, TensorType, ValueId};

use super::Numbers;

/// A graph whose nodes are named after their operators, with reproducible weights.
pub(crate) struct Net {
    pub(crate) graph: Graph,
    pub(crate) numbers: Numbers,
    dtype: DType,
}

impl Net {
    pub(crate) fn new(dtype: DType) -> Self {
        Net {
            graph: Graph::new(),
            numbers: Numbers(42),
            dtype,
        }
    }

    pub(crate) fn input(&mut self, name: &str, shape: &[usize]) -> ValueId {
        let tensor_type = TensorType::new(self.dtype, shape);
        self.graph.add_input(name, tensor_type).unwrap()
    }

    pub(crate) fn weight(&mut self, shape: &[usize]) -> ValueId {
        let weight = self.numbers.tensor(shape, -0.6, 0.6).to_f64();
        let weight = Tensor::from_f64(self.dtype, shape, &weight).unwrap();
        self.graph.add_constant("weight", weight)
    }

    pub(crate) fn node(&mut self, op: Op, inputs: &[ValueId]) -> ValueId {
        self.graph.add(op.name(), op, inputs).unwrap()
    }

    pub(crate) fn convolution(
        &mut self,
        x: ValueId,
        outputs: usize,
        stride: usize,
        group: usize,
    ) -> ValueId {
        let inputs = self.graph.shape(x)[1];
        let weight = self.weight(&[outputs, inputs / group, 3, 3]);
        let bias = self.weight(&[outputs]);
        let op = Op::Conv(Convolution {
            strides: vec![stride; 2],
            dilations: vec![1; 2],
            pads_before: vec![1; 2],
            pads_after: vec![1; 2],
            group,
        });
        self.node(op, &[x, weight, bias])
    }

    pub(crate) fn unary(&mut self, unary: Unary, x: ValueId) -> ValueId {
        self.node(Op::Unary(unary), &[x])
    }

    pub(crate) fn tensor(&mut self, id: ValueId) -> Tensor {
        let shape = self.graph.shape(id).to_vec();
        let values = self.numbers.tensor(&shape, -1.0, 1.0).to_f64();
        Tensor::from_f64(self.dtype, shape, &values).unwrap()
    }
}
