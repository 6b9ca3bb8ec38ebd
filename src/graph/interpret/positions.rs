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
    strided(to, &broadcast_strides(from, to))
}

/// `f` of the elements that broadcasting two row-major tensors to `shape` brings together, in the
/// order of `shape`.
pub(super) fn zip_broadcast<A: Copy, B: Copy, R>(
    (a, shape_a): (&[A], &[usize]),
    (b, shape_b): (&[B], &[usize]),
    shape: &[usize],
    mut f: impl FnMut(A, B) -> R,
) -> Vec<R> {
    if shape.contains(&0) {
        return Vec::new();
    }
    let mut axes = joint_axes(shape_a, shape_b, shape);
    // The innermost axis: in each tensor it is either contiguous or repeated.
    let inner = axes.pop().unwrap_or(JointAxis {
        length: 1,
        strides: [0, 0],
    });
    let lengths: Vec<usize> = axes.iter().map(|axis| axis.length).collect();
    let starts = |tensor: usize| {
        let strides: Vec<usize> = axes.iter().map(|axis| axis.strides[tensor]).collect();
        strided(&lengths, &strides)
    };
    let mut results = Vec::with_capacity(shape.iter().product());
    for (at_a, at_b) in starts(0).into_iter().zip(starts(1)) {
        match inner.strides {
            [0, 0] => results.extend((0..inner.length).map(|_| f(a[at_a], b[at_b]))),
            [0, _] => {
                let row = b[at_b..][..inner.length].iter();
                results.extend(row.map(|&b| f(a[at_a], b)));
            }
            [_, 0] => {
                let row = a[at_a..][..inner.length].iter();
                results.extend(row.map(|&a| f(a, b[at_b])));
            }
            _ => {
                let (a, b) = (&a[at_a..][..inner.length], &b[at_b..][..inner.length]);
                results.extend(a.iter().zip(b).map(|(&a, &b)| f(a, b)));
            }
        }
    }
    results
}

/// An axis of a result with the distance between its neighbours in two operands, zero where the
/// operand is repeated along it.
struct JointAxis {
    length: usize,
    strides: [usize; 2],
}

/// The axes of `shape` that are longer than one, joined where both operands run through them as
/// through one.
fn joint_axes(shape_a: &[usize], shape_b: &[usize], shape: &[usize]) -> Vec<JointAxis> {
    let (a, b) = (
        broadcast_strides(shape_a, shape),
        broadcast_strides(shape_b, shape),
    );
    let mut joined: Vec<JointAxis> = Vec::new();
    for (&length, strides) in shape.iter().zip(a.into_iter().zip(b)) {
        let strides = [strides.0, strides.1];
        if length == 1 {
            continue;
        }
        match joined.last_mut() {
            Some(outer) if outer.strides == strides.map(|stride| stride * length) => {
                *outer = JointAxis {
                    length: outer.length * length,
                    strides,
                };
            }
            _ => joined.push(JointAxis { length, strides }),
        }
    }
    joined
}

/// The stride of each axis of `to` in a tensor of shape `from` that is broadcast to it.
fn broadcast_strides(from: &[usize], to: &[usize]) -> Vec<usize> {
    let missing = to.len() - from.len();
    let mut broadcast_strides = vec![0; to.len()];
    for (axis, (&length, stride)) in from.iter().zip(strides(from)).enumerate() {
        if length != 1 {
            broadcast_strides[missing + axis] = stride;
        }
    }
    broadcast_strides
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
    let lengths: Vec<usize> = tensors.iter().map(|tensor| tensor.len()).collect();
    take_turns(
        tensors,
        &lengths,
        usize::from(lengths.iter().any(|&length| length > 0)),
    )
}

/// Some elements of each tensor in turn, as many as its run is long, until all are taken.
pub(super) fn interleaved(
    tensors: &[&Tensor],
    runs: &[usize],
    output: &TensorType,
) -> Result<Tensor, String> {
    let turn: usize = runs.iter().sum();
    let turns = output.len().checked_div(turn).unwrap_or(0);
    filled(take_turns(tensors, runs, turns)?, output)
}

fn take_turns(tensors: &[&Tensor], runs: &[usize], turns: usize) -> Result<Data, String> {
    macro_rules! join {
        ($variant:ident) => {{
            let mut parts = Vec::with_capacity(tensors.len());
            for tensor in tensors {
                match tensor.data() {
                    Data::$variant(values) => parts.push(values.as_slice()),
                    other => return Err(format!("{} among others", other.dtype())),
                }
            }
            let mut all = Vec::with_capacity(parts.iter().map(|part| part.len()).sum());
            for turn in 0..turns {
                for (part, &run) in parts.iter().zip(runs) {
                    all.extend_from_slice(&part[turn * run..][..run]);
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
