//! Matrix products.

use std::ops::Range;

use ndarray::linalg::general_mat_mul;
use ndarray::{ArrayView2, ArrayViewMut2, s};

use super::{floats, positions, rounded};
use crate::graph::tensor::{Tensor, TensorType};

/// Row-major elements as a matrix.
pub(super) fn matrix(
    values: &[f64],
    rows: usize,
    columns: usize,
) -> Result<ArrayView2<'_, f64>, String> {
    ArrayView2::from_shape((rows, columns), values).map_err(|error| error.to_string())
}

/// Adds `a b` to some columns of the row-major matrix `y` of so many rows.
pub(super) fn add_product(
    y: &mut [f64],
    rows: usize,
    columns: Range<usize>,
    a: ArrayView2<'_, f64>,
    b: ArrayView2<'_, f64>,
) -> Result<(), String> {
    let width = y.len() / rows.max(1);
    let y = ArrayViewMut2::from_shape((rows, width), y).map_err(|error| error.to_string())?;
    let mut part = y.slice_move(s![.., columns]);
    general_mat_mul(1.0, &a, &b, 1.0, &mut part);
    Ok(())
}

pub(super) fn gemm(
    inputs: &[&Tensor],
    (alpha, beta): (f64, f64),
    (transpose_a, transpose_b): (bool, bool),
    output: &TensorType,
) -> Result<Tensor, String> {
    let (rows, columns) = (output.shape[0], output.shape[1]);
    let (a, b) = (floats(inputs[0]), floats(inputs[1]));
    let oriented = |values, tensor: &Tensor, transpose| {
        let whole = matrix(values, tensor.shape()[0], tensor.shape()[1])?;
        Ok::<_, String>(if transpose {
            whole.reversed_axes()
        } else {
            whole
        })
    };
    let a = oriented(&a, inputs[0], transpose_a)?;
    let b = oriented(&b, inputs[1], transpose_b)?;
    let mut y = vec![0.0; output.len()];
    add_product(&mut y, rows, 0..columns, a, b)?;
    for y in &mut y {
        *y *= alpha;
    }
    if let Some(c) = inputs.get(2) {
        let shape = &output.shape;
        let (c, c_shape) = (floats(c), c.shape());
        y = positions::zip_broadcast((&y, shape), (&c, c_shape), shape, |y, c| y + beta * c);
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
    let (a, b) = (floats(a), floats(b));
    let mut y = vec![0.0; output.len()];
    if rows * columns > 0 {
        for (y, (at_a, at_b)) in y
            .chunks_exact_mut(rows * columns)
            .zip(at_a.into_iter().zip(at_b))
        {
            let a = matrix(&a[at_a * rows * inner..][..rows * inner], rows, inner)?;
            let b = matrix(
                &b[at_b * inner * columns..][..inner * columns],
                inner,
                columns,
            )?;
            add_product(y, rows, 0..columns, a, b)?;
        }
    }
    rounded(y, output)
}
