//! Row-major positions, and the selection of elements by position.

use std::sync::Arc;

use super::filled;
use crate::graph::tensor::{Data, Tensor, TensorType};

/// Distance in memory between neighbours along each axis of a row-major shape.
pub(super) fn strides(shape: &[usize]) -> Vec<usize> {
    let mut strides = vec![1; shape.len()];
    for axis in (1..shape.len()).rev() {
        strides[axis - 1] = strides[axis] * shape[axis];
    }
    strides
}

/// Calls `visit` with every index of `shape` in row-major order.
pub(super) fn for_each_index(shape: &[usize], mut visit: impl FnMut(&[usize])) {
    if shape.contains(&0) {
        return;
    }
    let mut index = vec![0; shape.len()];
    loop {
        visit(&index);
        let Some(axis) = (0..shape.len())
            .rev()
            .find(|&axis| index[axis] + 1 < shape[axis])
        else {
            return;
        };
        index[axis] += 1;
        index[axis + 1..].fill(0);
    }
}

/// For every index of `shape` in row-major order, `Σ index·stride`.
pub(super) fn strided(shape: &[usize], strides: &[usize]) -> Vec<usize> {
    let mut positions = vec![0];
    for (&length, &stride) in shape.iter().zip(strides) {
        positions = positions
            .iter()
            .flat_map(|&start| (0..length).map(move |at| start + at * stride))
            .collect();
    }
    positions
}

/// For every element of `to`, the element of `from` that broadcasting puts there.
pub(super) fn broadcast(from: &[usize], to: &[usize]) -> Vec<usize> {
    let missing = to.len() - from.len();
    let mut broadcast_strides = vec![0; to.len()];
    for (axis, (&length, stride)) in from.iter().zip(strides(from)).enumerate() {
        if length != 1 {
            broadcast_strides[missing + axis] = stride;
        }
    }
    strided(to, &broadcast_strides)
}

/// A shape seen from one axis: elements lie at `(outer·length + at)·inner + …`.
#[derive(Clone, Copy)]
pub(super) struct Lines {
    /// Product of the lengths before the axis.
    pub(super) outer: usize,
    /// Length of the axis.
    pub(super) length: usize,
    /// Product of the lengths after the axis.
    pub(super) inner: usize,
}

impl Lines {
    pub(super) fn new(shape: &[usize], axis: usize) -> Self {
        Lines {
            outer: shape[..axis].iter().product(),
            length: shape[axis],
            inner: shape[axis + 1..].iter().product(),
        }
    }

    /// The position of the first element of every line; the next is `inner` further.
    pub(super) fn starts(self) -> impl Iterator<Item = usize> {
        (0..self.outer).flat_map(move |outer| {
            (0..self.inner).map(move |inner| outer * self.length * self.inner + inner)
        })
    }
}

/// `body` with `values` bound to the elements, whatever their type, as the same kind of data.
macro_rules! map_data {
    ($data:expr, $values:ident => $body:expr) => {
        match $data {
            Data::F32($values) => Data::F32(Arc::new($body)),
            Data::F64($values) => Data::F64(Arc::new($body)),
            Data::I64($values) => Data::I64(Arc::new($body)),
            Data::I32($values) => Data::I32(Arc::new($body)),
            Data::U8($values) => Data::U8(Arc::new($body)),
            Data::Bool($values) => Data::Bool(Arc::new($body)),
        }
    };
}

/// The elements of `data` at `positions`.
pub(super) fn select(
    data: &Data,
    positions: &[usize],
    output: &TensorType,
) -> Result<Tensor, String> {
    let selected = map_data!(data, values => positions.iter().map(|&at| values[at]).collect());
    filled(selected, output)
}

/// All elements of tensors of one type, one after the other.
pub(super) fn joined(tensors: &[&Tensor]) -> Result<Data, String> {
    macro_rules! join {
        ($variant:ident) => {{
            let mut all = Vec::new();
            for tensor in tensors {
                match tensor.data() {
                    Data::$variant(values) => all.extend_from_slice(values),
                    other => return Err(format!("{} among others", other.dtype())),
                }
            }
            Data::$variant(Arc::new(all))
        }};
    }
    let first = tensors.first().ok_or("takes at least one input")?;
    Ok(match first.data() {
        Data::F32(_) => join!(F32),
        Data::F64(_) => join!(F64),
        Data::I64(_) => join!(I64),
        Data::I32(_) => join!(I32),
        Data::U8(_) => join!(U8),
        Data::Bool(_) => join!(Bool),
    })
}
