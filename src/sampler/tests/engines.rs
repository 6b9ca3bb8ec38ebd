//! Evaluators with a closed form: units of several kinds, identity as the encoder.

use crate::sampler::{Evaluate, EvaluateError, Evaluation, PullBack};
use ndarray::{Array2, Array3, ArrayView2};

/// A unit as a function of the code.
#[derive(Debug, Clone)]
pub(super) enum Unit {
    /// w·c + b.
    Linear(Vec<f64>, f64),
    /// ‖c‖².
    Square,
    /// σ(w·c + b).
    Sigmoid(Vec<f64>, f64),
    /// The same everywhere.
    Constant(f64),
    /// w·c + b where that is above 0, else 0; w·c + b steers it all the same.
    Relu(Vec<f64>, f64),
    /// max(0, w·c + b), with nothing to steer it where it is 0.
    DeadRelu(Vec<f64>, f64),
    /// The sum of the code, infinite where its first value is above this.
    Broken(f64),
}

impl Unit {
    /// Value and gradient at a code.
    fn at(&self, code: &[f64]) -> (f64, Vec<f64>) {
        let linear = |w: &[f64], b: f64| w.iter().zip(code).map(|(w, c)| w * c).sum::<f64>() + b;
        match self {
            Unit::Linear(w, b) => (linear(w, *b), w.clone()),
            Unit::Square => (
                code.iter().map(|c| c * c).sum(),
                code.iter().map(|c| 2.0 * c).collect(),
            ),
            Unit::Sigmoid(w, b) => {
                let value = 1.0 / (1.0 + (-linear(w, *b)).exp());
                let slope = value * (1.0 - value);
                (value, w.iter().map(|w| slope * w).collect())
            }
            Unit::Constant(value) => (*value, vec![0.0; code.len()]),
            Unit::Relu(w, b) => (linear(w, *b), w.clone()),
            Unit::DeadRelu(w, b) => {
                let value = linear(w, *b);
                let alive = f64::from(u8::from(value > 0.0));
                (value.max(0.0), w.iter().map(|w| alive * w).collect())
            }
            Unit::Broken(above) => {
                let sum = if code[0] > *above {
                    f64::INFINITY
                } else {
                    code.iter().sum()
                };
                (sum, vec![1.0; code.len()])
            }
        }
    }
}

/// Units with the code itself as the embedding.
#[derive(Debug, Clone)]
pub(super) struct ClosedForm {
    units: Vec<Unit>,
    length: usize,
    last: Array2<f32>,
    /// Rows of a block.
    pub(super) block_rows: usize,
    /// Codes whose first value is above this give embeddings that are not numbers.
    pub(super) breaks_above: f32,
    /// The plain forward says so much more than the gradient graph.
    pub(super) check_offset: f32,
    /// Whether all embeddings are the same.
    pub(super) has_constant_encoder: bool,
}

impl ClosedForm {
    pub(super) fn new(length: usize, units: Vec<Unit>) -> Self {
        ClosedForm {
            units,
            length,
            last: Array2::zeros((0, length)),
            block_rows: 3,
            breaks_above: f32::INFINITY,
            check_offset: 0.0,
            has_constant_encoder: false,
        }
    }

    fn wide(&self, codes: ArrayView2<'_, f32>) -> Vec<Vec<f64>> {
        codes
            .rows()
            .into_iter()
            .map(|code| code.iter().map(|&value| f64::from(value)).collect())
            .collect()
    }

    fn activations(&self, codes: ArrayView2<'_, f32>) -> Array2<f32> {
        let wide = self.wide(codes);
        Array2::from_shape_fn((codes.nrows(), self.units.len()), |(row, unit)| {
            self.units[unit].at(&wide[row]).0 as f32
        })
    }
}

impl Evaluate for ClosedForm {
    fn code_length(&self) -> usize {
        self.length
    }

    fn constraint_count(&self) -> usize {
        self.units.len()
    }

    fn embedding_length(&self) -> usize {
        self.length
    }

    fn evaluate(&mut self, codes: ArrayView2<'_, f32>) -> Result<Evaluation, EvaluateError> {
        self.last = codes.to_owned();
        let mut embeddings = codes.to_owned();
        for mut row in embeddings.rows_mut() {
            if row[0] > self.breaks_above {
                row.fill(f32::NAN);
            } else if self.has_constant_encoder {
                row.fill(1.0);
            }
        }
        Ok(Evaluation {
            activations: self.activations(codes),
            embeddings,
        })
    }

    fn pull_back(&mut self, embedding_bar: ArrayView2<'_, f32>) -> Result<PullBack, EvaluateError> {
        assert_eq!(embedding_bar.dim(), self.last.dim());
        let wide = self.wide(self.last.view());
        let shape = (wide.len(), self.units.len(), self.length);
        let mut activation_gradients = Array3::zeros(shape);
        for (row, code) in wide.iter().enumerate() {
            for (unit, function) in self.units.iter().enumerate() {
                for (j, gradient) in function.at(code).1.into_iter().enumerate() {
                    activation_gradients[[row, unit, j]] = gradient as f32;
                }
            }
        }
        Ok(PullBack {
            activation_gradients,
            code_bar: if self.has_constant_encoder {
                Array2::zeros(embedding_bar.dim())
            } else {
                embedding_bar.to_owned()
            },
        })
    }

    fn check(&mut self, codes: ArrayView2<'_, f32>) -> Result<Array2<f32>, EvaluateError> {
        // A check leaves nothing behind that a pull-back could use.
        self.last = Array2::zeros((0, self.length));
        let mut activations = self.activations(codes) + self.check_offset;
        for mut row in activations.rows_mut() {
            for (activation, floor) in row.iter_mut().zip(self.floors()) {
                *activation = floor.map_or(*activation, |floor| activation.max(floor));
            }
        }
        Ok(activations)
    }

    fn floors(&self) -> Vec<Option<f32>> {
        let floor = |unit: &Unit| matches!(unit, Unit::Relu(..)).then_some(0.0);
        self.units.iter().map(floor).collect()
    }

    fn block_rows(&self) -> usize {
        self.block_rows
    }
}
