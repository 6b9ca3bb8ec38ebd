//! Types of matrix products.

use super::elementwise::{broadcast, broadcast_to};
use super::{TensorType, require};

pub(super) fn gemm(
    inputs: &[&TensorType],
    transpose_a: bool,
    transpose_b: bool,
) -> Result<TensorType, String> {
    let ([a, b], c) = require::inputs_and_optional(inputs)?;
    require::float(a)?;
    require::same_dtype(a, b)?;
    require::rank(a, 2)?;
    require::rank(b, 2)?;
    let oriented = |matrix: &TensorType, transpose: bool| {
        let (rows, columns) = (matrix.shape[0], matrix.shape[1]);
        if transpose {
            (columns, rows)
        } else {
            (rows, columns)
        }
    };
    let (rows, inner) = oriented(a, transpose_a);
    let (inner_b, columns) = oriented(b, transpose_b);
    if inner != inner_b {
        return Err(format!(
            "{a} (transposed: {transpose_a}) and {b} (transposed: {transpose_b}) do not multiply"
        ));
    }
    if let Some(c) = c {
        require::same_dtype(a, c)?;
        broadcast_to(&c.shape, &[rows, columns])?;
    }
    Ok(TensorType::new(a.dtype, [rows, columns]))
}

/// numpy's `matmul`: a vector on the left is a row, on the right a column, and that axis vanishes
/// from the result; axes before the last two broadcast.
pub(super) fn matrix_product(inputs: &[&TensorType]) -> Result<TensorType, String> {
    let [a, b] = require::inputs(inputs)?;
    require::float(a)?;
    require::same_dtype(a, b)?;
    let mismatch = || format!("{a} and {b} do not multiply");
    let (batch_a, rows, inner_a) = match a.shape.as_slice() {
        [] => return Err(mismatch()),
        [inner] => (&[][..], None, *inner),
        [batch @ .., rows, inner] => (batch, Some(*rows), *inner),
    };
    let (batch_b, inner_b, columns) = match b.shape.as_slice() {
        [] => return Err(mismatch()),
        [inner] => (&[][..], *inner, None),
        [batch @ .., inner, columns] => (batch, *inner, Some(*columns)),
    };
    if inner_a != inner_b {
        return Err(mismatch());
    }
    let mut shape = broadcast(batch_a, batch_b)?;
    shape.extend(rows);
    shape.extend(columns);
    Ok(TensorType::new(a.dtype, shape))
}
