//! What the tests of derivatives share: seeded data, one-operator graphs, inner products.
#![allow(dead_code, reason = "each test file uses its part")]

pub(crate) mod net;

use invset::autodiff::{Lowering, MaxPoolAdjoint, vector_jacobian_product_with};
use invset::graph::{DType, Graph, Op, Tensor, ValueId, interpret};

/// A small reproducible source of numbers (SplitMix64).
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// An integer in `low..=high`.
    pub(crate) fn integer(&mut self, low: usize, high: usize) -> usize {
        low + (self.next() % (high - low + 1) as u64) as usize
    }

    pub(crate) fn coin(&mut self) -> bool {
        self.next() & 1 == 1
    }

    pub(crate) fn pick<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.integer(0, choices.len() - 1)].clone()
    }

    /// `count` integers in `low..=high`.
    pub(crate) fn integers(&mut self, count: usize, low: usize, high: usize) -> Vec<usize> {
        (0..count).map(|_| self.integer(low, high)).collect()
    }

    /// A float in `low..high`.
    pub(crate) fn float(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Some order of `0..count`.
    pub(crate) fn permutation(&mut self, count: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..count).collect();
        for last in (1..count).rev() {
            order.swap(last, self.integer(0, last));
        }
        order
    }

    /// A tensor of floats in `low..high`.
    pub(crate) fn tensor(&mut self, shape: &[usize], low: f64, high: f64) -> Tensor {
        let count = shape.iter().product();
        let values: Vec<f64> = (0..count).map(|_| self.float(low, high)).collect();
        tensor(shape, &values)
    }
}

/// A float64 tensor.
pub(crate) fn tensor(shape: &[usize], values: &[f64]) -> Tensor {
    Tensor::from_f64(DType::F64, shape, values).unwrap()
}

/// Integers as int64.
pub(crate) fn indices(shape: &[usize], values: &[i64]) -> Tensor {
    Tensor::i64_vector(values.to_vec()).reshaped(shape).unwrap()
}

pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

pub(crate) fn norm(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}

/// One operator with its inputs.
#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) op: Op,
    pub(crate) inputs: Vec<Tensor>,
    pub(crate) outputs: usize,
}

impl std::fmt::Debug for Case {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let shapes: Vec<&[usize]> = self.inputs.iter().map(Tensor::shape).collect();
        write!(formatter, "{:?} of {shapes:?}", self.op)
    }
}

impl Case {
    pub(crate) fn new(op: Op, inputs: Vec<Tensor>) -> Self {
        Case {
            op,
            inputs,
            outputs: 1,
        }
    }

    /// The case in another float type.
    pub(crate) fn convert(&self, dtype: DType) -> Self {
        let convert = |tensor: &Tensor| match tensor.dtype().is_float() {
            true => Tensor::from_f64(dtype, tensor.shape(), &tensor.to_f64()).unwrap(),
            false => tensor.clone(),
        };
        Case {
            inputs: self.inputs.iter().map(convert).collect(),
            ..self.clone()
        }
    }

    /// The graph, with input `position` an input and the others constants, or inputs too.
    fn graph(&self, position: usize, constants: bool) -> Result<(Graph, Vec<ValueId>), String> {
        let mut graph = Graph::new();
        let inputs: Vec<ValueId> = self
            .inputs
            .iter()
            .enumerate()
            .map(|(other, tensor)| {
                let name = format!("input{other}");
                match constants && other != position {
                    true => graph.add_constant(&name, tensor.clone()),
                    false => graph.add_input(&name, tensor.tensor_type()).unwrap(),
                }
            })
            .collect();
        let names: Vec<String> = (0..self.outputs).map(|i| format!("y{i}")).collect();
        let outputs = graph
            .add_named("node", self.op.clone(), &inputs, &names)
            .map_err(|error| error.to_string())?;
        for output in outputs {
            graph.add_output(output);
        }
        Ok((graph, inputs))
    }

    /// Whether the operator takes these inputs.
    pub(crate) fn fits(&self) -> bool {
        self.graph(0, false).is_ok()
    }

    /// The outputs.
    pub(crate) fn run(&self) -> Vec<Tensor> {
        let inputs: Vec<&Tensor> = self.inputs.iter().collect();
        interpret::evaluate(&self.op, &inputs, self.outputs).unwrap()
    }

    /// The outputs with another tensor at `position`.
    pub(crate) fn run_with(&self, position: usize, tensor: &Tensor) -> Vec<Tensor> {
        let mut case = self.clone();
        case.inputs[position] = tensor.clone();
        case.run()
    }

    /// The vector-Jacobian product in input `position`.
    pub(crate) fn pull_back(
        &self,
        position: usize,
        cotangents: &[Tensor],
        constants: bool,
        lowering: &Lowering,
    ) -> Tensor {
        let (mut graph, inputs) = self.graph(position, constants).unwrap();
        let of = graph.outputs().to_vec();
        let vjp = vector_jacobian_product_with(&mut graph, &of, inputs[position], lowering)
            .unwrap_or_else(|error| panic!("{self:?}: {error}"));
        graph.set_outputs(vec![vjp.wrt_bar]);
        let mut fed: Vec<Tensor> = match constants {
            true => vec![self.inputs[position].clone()],
            false => self.inputs.clone(),
        };
        fed.extend_from_slice(cotangents);
        interpret::run(&graph, &fed)
            .unwrap_or_else(|error| panic!("{self:?}: {error}"))
            .remove(0)
    }
}

/// Every way to write the derivative of `MaxPool`.
pub(crate) fn max_pool_lowerings() -> [Lowering; 2] {
    [MaxPoolAdjoint::Taps, MaxPoolAdjoint::Indices].map(|max_pool| Lowering {
        max_pool,
        ..Lowering::default()
    })
}
