//! Types of the operators that read or write at given indices.

use super::{DType, TensorType, require};

fn check_indices(indices: &TensorType) -> Result<(), String> {
    if indices.dtype == DType::I64 {
        Ok(())
    } else {
        Err(format!("takes int64 indices, not {indices}"))
    }
}

/// Indices of the rank of `data`, not longer than it but along `axis`.
fn check_elements(data: &TensorType, indices: &TensorType, axis: usize) -> Result<(), String> {
    require::axis(data, axis)?;
    check_indices(indices)?;
    let fits = indices.rank() == data.rank()
        && (0..data.rank()).all(|at| at == axis || indices.shape[at] <= data.shape[at]);
    if fits {
        Ok(())
    } else {
        Err(format!("indices {indices} reach outside {data}"))
    }
}

pub(super) fn gather(inputs: &[&TensorType], axis: usize) -> Result<TensorType, String> {
    let [data, indices] = require::inputs(inputs)?;
    require::axis(data, axis)?;
    check_indices(indices)?;
    let shape = [
        &data.shape[..axis],
        &indices.shape[..],
        &data.shape[axis + 1..],
    ]
    .concat();
    Ok(TensorType::new(data.dtype, shape))
}

pub(super) fn gather_elements(inputs: &[&TensorType], axis: usize) -> Result<TensorType, String> {
    let [data, indices] = require::inputs(inputs)?;
    check_elements(data, indices, axis)?;
    Ok(TensorType::new(data.dtype, indices.shape.clone()))
}

pub(super) fn scatter_elements(
    inputs: &[&TensorType],
    axis: usize,
    add: bool,
) -> Result<TensorType, String> {
    let [data, indices, updates] = require::inputs(inputs)?;
    if add {
        require::number(data)?;
    }
    check_elements(data, indices, axis)?;
    require::same_dtype(data, updates)?;
    if updates.shape != indices.shape {
        return Err(format!("updates {updates} and indices {indices} differ"));
    }
    Ok(data.clone())
}
