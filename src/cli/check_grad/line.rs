//! The function whose slope is checked: a point, and straight lines through it.

use ndarray_rand::rand_distr::{Distribution, StandardNormal};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

use super::differences::{Predicted, Scale, Stencil};
use crate::graph::{DType, Graph, Tensor, TensorType, ValueId, interpret, passes};

/// Where the gradient is taken.
pub(super) struct Point {
    /// One tensor for each input of the graph.
    pub(super) inputs: Vec<Tensor>,
    /// The weights of the elements of the output.
    pub(super) cotangent: Tensor,
    /// Which input moves.
    position: usize,
}

impl Point {
    /// Standard normal floats, rounded to the type of each input; zeros for inputs of other types,
    /// which are indices and masks.
    pub(super) fn random(
        graph: &Graph,
        of: ValueId,
        position: usize,
        seed: u64,
    ) -> anyhow::Result<Self> {
        let mut random = ChaCha20Rng::seed_from_u64(seed);
        let inputs = graph.inputs().iter();
        Ok(Point {
            inputs: inputs
                .map(|&id| random_tensor(graph.tensor_type(id), &mut random))
                .collect::<anyhow::Result<_>>()?,
            cotangent: random_tensor(graph.tensor_type(of), &mut random)?,
            position,
        })
    }
}

/// f(x) = Σ cotangent · output(x) in 64-bit floats, on lines through the point.
pub(super) struct Lines {
    graph: Graph,
    inputs: Vec<Tensor>,
    position: usize,
    at: Vec<f64>,
    weights: Vec<f64>,
    /// The gradient under test, and in 64-bit floats.
    slope: Vec<f64>,
    exact: Vec<f64>,
    scale: Scale,
}

impl Lines {
    /// The lines through `point` of a graph with one output, whose gradient there a runtime finds to be
    /// `slope`. `gradient` is the graph of the gradient, with the cotangent as its last input.
    pub(super) fn new(
        graph: &Graph,
        gradient: &Graph,
        point: Point,
        slope: Vec<f64>,
    ) -> anyhow::Result<Self> {
        let graph = passes::convert_floats(&passes::prune(graph), DType::F64);
        let gradient = passes::convert_floats(&passes::prune(gradient), DType::F64);
        let given = point.inputs.iter().chain([&point.cotangent]);
        let mut inputs = given.map(wide).collect::<anyhow::Result<Vec<Tensor>>>()?;
        let exact = interpret::run(&gradient, &inputs).map_err(anyhow::Error::msg)?;
        let exact = exact.first().map(Tensor::to_f64).unwrap_or_default();
        drop(gradient);
        // The graph itself takes no cotangent.
        inputs.pop();
        let mut lines = Lines {
            at: inputs[point.position].to_f64(),
            graph,
            inputs,
            position: point.position,
            weights: point.cotangent.to_f64(),
            scale: Scale {
                value: 0.0,
                rounding: 0.0,
                derivative: norm(&exact) / (exact.len() as f64).sqrt(),
                reach: 1.0,
            },
            slope,
            exact,
        };
        let terms = lines.terms(lines.at.clone())?;
        lines.scale.value = terms.iter().sum();
        // Eight units in the last place of each term, added in quadrature.
        lines.scale.rounding = 8.0 * f64::EPSILON * norm(&terms);
        lines.scale.reach = norm(&lines.at).max(1.0);
        Ok(lines)
    }

    pub(super) fn scale(&self) -> &Scale {
        &self.scale
    }

    /// The line of this number: its direction is uniform on the unit sphere.
    pub(super) fn line(&self, seed: u64, number: u64) -> Line<'_> {
        let mut random = ChaCha20Rng::seed_from_u64(seed);
        // The stream 0 gave the point.
        random.set_stream(number + 1);
        let mut direction = normals(self.at.len(), &mut random);
        let size = norm(&direction);
        direction.iter_mut().for_each(|value| *value /= size);
        Line {
            lines: self,
            direction,
        }
    }

    /// The terms of f at a place.
    fn terms(&self, place: Vec<f64>) -> anyhow::Result<Vec<f64>> {
        let mut inputs = self.inputs.clone();
        let shape = inputs[self.position].shape().to_vec();
        inputs[self.position] = Tensor::from_f64(DType::F64, shape, &place)?;
        let results = interpret::run(&self.graph, &inputs).map_err(anyhow::Error::msg)?;
        let output = results.first().map(Tensor::to_f64).unwrap_or_default();
        Ok(products(&self.weights, &output).collect())
    }
}

/// A straight line through the point.
pub(super) struct Line<'l> {
    lines: &'l Lines,
    direction: Vec<f64>,
}

impl Line<'_> {
    /// The derivative along the line that the gradients predict.
    pub(super) fn predicted(&self) -> Predicted {
        Predicted {
            runtime: products(&self.lines.slope, &self.direction).sum(),
            exact: products(&self.lines.exact, &self.direction).sum(),
        }
    }

    /// f at both sides of the point.
    pub(super) fn stencil(&self, step: f64) -> anyhow::Result<Stencil> {
        let value = |signed: f64| -> anyhow::Result<f64> {
            let moved = self.lines.at.iter().zip(&self.direction);
            let place = moved.map(|(at, v)| at + signed * v).collect();
            Ok(self.lines.terms(place)?.iter().sum())
        };
        Ok(Stencil {
            step,
            ahead: value(step)?,
            behind: value(-step)?,
        })
    }
}

/// Floats in 64 bits; others as they are.
fn wide(tensor: &Tensor) -> anyhow::Result<Tensor> {
    if !tensor.dtype().is_float() {
        return Ok(tensor.clone());
    }
    let values = tensor.to_f64();
    Ok(Tensor::from_f64(DType::F64, tensor.shape(), &values)?)
}

fn random_tensor(tensor_type: &TensorType, random: &mut ChaCha20Rng) -> anyhow::Result<Tensor> {
    let shape = tensor_type.shape.clone();
    if !tensor_type.dtype.is_float() {
        return Ok(Tensor::filled(tensor_type.dtype, shape, 0.0));
    }
    let values = normals(tensor_type.len(), random);
    Ok(Tensor::from_f64(tensor_type.dtype, shape, &values)?)
}

fn normals(count: usize, random: &mut ChaCha20Rng) -> Vec<f64> {
    (0..count).map(|_| StandardNormal.sample(random)).collect()
}

fn products<'a>(left: &'a [f64], right: &'a [f64]) -> impl Iterator<Item = f64> + 'a {
    left.iter().zip(right).map(|(a, b)| a * b)
}

fn norm(values: &[f64]) -> f64 {
    products(values, values).sum::<f64>().sqrt()
}
