//! Separable linear operators as one matrix for each axis.
//!
//! `AveragePool`, `Resize` and `Pad` act on each axis by itself: y = A₁ ⊗ A₂ ⊗ … x, so their adjoint
//! is A₁ᵀ ⊗ A₂ᵀ ⊗ … and each factor is a matrix product. A matrix is found by running the operator,
//! reduced to one axis, on an identity matrix with the interpreter: one definition of every mode,
//! rounding and border rule, in f64.

use super::var::Var;
use crate::graph::op::Op;
use crate::graph::{DType, Tensor, interpret};

/// A matrix of more elements than this is refused: 16 MiB in float32, an axis of 2048 on both sides.
const MAXIMUM_ELEMENTS: usize = 1 << 22;

/// The matrix A, `[to, from]`, of a linear map along one axis.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct AxisMap {
    to: usize,
    from: usize,
    matrix: Vec<f64>,
}

fn check_size(to: usize, from: usize) -> Result<(), String> {
    match to.checked_mul(from) {
        Some(elements) if elements <= MAXIMUM_ELEMENTS => Ok(()),
        _ => Err(format!(
            "maps an axis of length {from} to one of length {to}: its matrix would be too large; use \
             a smaller input"
        )),
    }
}

impl AxisMap {
    /// The matrix with these elements `(to, from)`.
    ///
    /// # Errors
    /// It would be too large.
    pub(super) fn from_fn(
        to: usize,
        from: usize,
        element: impl Fn(usize, usize) -> f64,
    ) -> Result<Self, String> {
        check_size(to, from)?;
        let element = &element;
        let matrix = (0..to)
            .flat_map(|row| (0..from).map(move |column| element(row, column)))
            .collect();
        Ok(AxisMap { to, from, matrix })
    }

    /// The matrix of an operator that acts on the last axis of `[from, 1, .., from]`, of this rank.
    ///
    /// # Errors
    /// The matrix would be too large, or the operator does not fit.
    pub(super) fn probe(op: &Op, rank: usize, from: usize, to: usize) -> Result<Self, String> {
        check_size(to, from)?;
        check_size(from, from)?;
        let mut identity = vec![0.0; from * from];
        for position in 0..from {
            identity[position * from + position] = 1.0;
        }
        let mut shape = vec![1; rank];
        shape[0] = from;
        shape[rank - 1] = from;
        let identity =
            Tensor::from_f64(DType::F64, shape, &identity).map_err(|error| error.to_string())?;
        let columns = interpret::evaluate(op, &[&identity], 1)?
            .first()
            .map(Tensor::to_f64)
            .unwrap_or_default();
        if columns.len() != from * to {
            return Err(format!(
                "gave {} elements where {from}·{to} were expected",
                columns.len()
            ));
        }
        AxisMap::from_fn(to, from, |row, column| columns[column * to + row])
    }

    /// Whether every input element is repeated `factor` times: `Some(factor)`.
    pub(super) fn repeats(&self) -> Option<usize> {
        if self.from == 0 || !self.to.is_multiple_of(self.from) {
            return None;
        }
        let factor = self.to / self.from;
        let repeated = AxisMap::from_fn(self.to, self.from, |row, column| {
            f64::from(u8::from(row / factor == column))
        });
        (repeated.as_ref() == Ok(self)).then_some(factor)
    }

    /// Whether this maps every vector to itself.
    pub(super) fn is_identity(&self) -> bool {
        self.repeats() == Some(1)
    }

    /// A along one axis.
    pub(super) fn apply<'t>(&self, x: Var<'t>, axis: usize) -> Var<'t> {
        self.transposed().pull_back(x, axis)
    }

    /// Aᵀ along one axis.
    pub(super) fn pull_back<'t>(&self, g: Var<'t>, axis: usize) -> Var<'t> {
        if self.is_identity() {
            return g;
        }
        let shape = g.shape();
        let mut result = shape.clone();
        result[axis] = self.from;
        let before: usize = shape[..axis].iter().product();
        let after: usize = shape[axis + 1..].iter().product();
        let name = format!("axis/{}x{}", self.from, self.to);
        let tape = g.tape();
        // On the last axis from the right, on the last but one from the left; an axis further out
        // becomes the last but one by merging those behind it.
        if after == 1 {
            let shape = [self.to, self.from];
            let Some(matrix) = tape.constant_f64(&name, g.dtype(), &shape, &self.matrix) else {
                return g;
            };
            return g
                .reshape(&[before, self.to])
                .matmul(matrix)
                .reshape(&result);
        }
        let transposed = self.transposed();
        let shape = [self.from, self.to];
        let Some(matrix) = tape.constant_f64(&name, g.dtype(), &shape, &transposed.matrix) else {
            return g;
        };
        matrix
            .matmul(g.reshape(&[before, self.to, after]))
            .reshape(&result)
    }

    fn transposed(&self) -> Self {
        let mut matrix = Vec::with_capacity(self.matrix.len());
        for column in 0..self.from {
            matrix.extend((0..self.to).map(|row| self.matrix[row * self.from + column]));
        }
        AxisMap {
            to: self.from,
            from: self.to,
            matrix,
        }
    }
}
