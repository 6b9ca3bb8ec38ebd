//! Matrix products.

use super::{positions, rounded};
use crate::graph::tensor::{Tensor, TensorType};

/// `y += a b` for row-major matrices `[rows, inner]` and `[inner, columns]`.
fn add_product(y: &mut [f64], a: &[f64], b: &[f64], inner: usize, columns: usize) {
    for (row, y) in y.chunks_exact_mut(columns).enumerate() {
        for at in 0..inner {
            let factor = a[row * inner + at];
            for (y, b) in y.iter_mut().zip(&b[at * columns..]) {
                *y += factor * b;
            }
        }
    }
}

/// A matrix `[rows, columns]`, transposed if asked for.
fn oriented(matrix: &Tensor, transpose: bool) -> Vec<f64> {
    let values = matrix.to_f64();
    if !transpose {
        return values;
    }
    let (rows, columns) = (matrix.shape()[0], matrix.shape()[1]);
    positions::strided(&[columns, rows], &[1, columns])
        .into_iter()
        .map(|at| values[at])
        .collect()
}

pub(super) fn gemm(
    inputs: &[&Tensor],
    (alpha, beta): (f64, f64),
    (transpose_a, transpose_b): (bool, bool),
    output: &TensorType,
) -> Result<Tensor, String> {
    let columns = output.shape[1];
    let inner = inputs[0].shape()[usize::from(!transpose_a)];
    let a = oriented(inputs[0], transpose_a);
    let b = oriented(inputs[1], transpose_b);
    let mut y = vec![0.0; output.len()];
    if columns > 0 {
        add_product(&mut y, &a, &b, inner, columns);
    }
    for y in &mut y {
        *y *= alpha;
    }
    if let Some(c) = inputs.get(2) {
        let at = positions::broadcast(c.shape(), &output.shape);
        let c = c.to_f64();
        for (y, at) in y.iter_mut().zip(at) {
            *y += beta * c[at];
        }
    }
    rounded(y, output)
}

/// numpy's `matmul`: a vector is a row on the left and a column on the right.
pub(super) fn matrix_product(
    a: &Tensor,
    b: &Tensor,
    output: &TensorType,
) -> Result<Tensor, String> {
    let (batch_a, rows, inner) = match a.shape() {
        [batch @ .., rows, inner] => (batch, *rows, *inner),
        shape => (&[][..], 1, shape.iter().product()),
    };
    let (batch_b, columns) = match b.shape() {
        [batch @ .., _, columns] => (batch, *columns),
        _ => (&[][..], 1),
    };
    let batch = super::shape::broadcast(batch_a, batch_b)?;
    let at_a = positions::broadcast(batch_a, &batch);
    let at_b = positions::broadcast(batch_b, &batch);
    let (a, b) = (a.to_f64(), b.to_f64());
    let mut y = vec![0.0; output.len()];
    if rows * columns > 0 {
        for (y, (at_a, at_b)) in y
            .chunks_exact_mut(rows * columns)
            .zip(at_a.into_iter().zip(at_b))
        {
            let a = &a[at_a * rows * inner..][..rows * inner];
            let b = &b[at_b * inner * columns..][..inner * columns];
            add_product(y, a, b, inner, columns);
        }
    }
    rounded(y, output)
}
