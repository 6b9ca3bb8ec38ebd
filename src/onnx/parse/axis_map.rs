//! Operators that map each axis linearly, as products with matrices: for meanings that opset 18
//! cannot spell.

use super::builder::Operand;
use super::node::{NodeReader, Parsed, Refusal};
use crate::graph::op::{Pool, Resize};
use crate::graph::{DType, Op, Tensor, Unary, interpret};

/// Matrices of more elements than this are no longer a sensible way to do it.
const LARGEST: usize = 1 << 22;

/// An average pool, whose windows are products of one window for each axis.
pub(super) fn finish_average(
    node: &mut NodeReader<'_, '_>,
    x: Operand,
    pool: &Pool,
    count_include_pad: bool,
) -> Parsed {
    let along = |axis: usize| Op::AveragePool {
        pool: Pool {
            kernel: vec![pool.kernel[axis]],
            strides: vec![pool.strides[axis]],
            dilations: vec![pool.dilations[axis]],
            pads_before: vec![pool.pads_before[axis]],
            pads_after: vec![pool.pads_after[axis]],
            ceil_mode: pool.ceil_mode,
        },
        count_include_pad,
    };
    let maps = (0..pool.kernel.len()).map(|axis| (axis + 2, along(axis)));
    finish(node, x, maps.collect())
}

/// A resize, axis by axis.
pub(super) fn finish_resize(node: &mut NodeReader<'_, '_>, x: Operand, resize: &Resize) -> Parsed {
    let shape = node.type_of(&x).shape;
    let along = |axis: usize| {
        Op::Resize(Resize {
            scales: vec![1.0, 1.0, resize.scales[axis]],
            sizes: vec![shape[axis], 1, resize.sizes[axis]],
            ..resize.clone()
        })
    };
    let changed = |axis: &usize| resize.sizes[*axis] != shape[*axis] || resize.scales[*axis] != 1.0;
    let maps = (0..shape.len())
        .filter(changed)
        .map(|axis| (axis, along(axis)));
    finish(node, x, maps.collect())
}

/// Applies operators that map the last axis of `[rows, 1, length]`, each to the axis it stands for.
fn finish(node: &mut NodeReader<'_, '_>, mut x: Operand, maps: Vec<(usize, Op)>) -> Parsed {
    for (axis, op) in maps {
        let x_type = node.type_of(&x);
        let last = x_type.rank() - 1;
        let matrix = matrix(&op, x_type.shape[axis], x_type.dtype)?;
        let matrix = node.constant("matrix", matrix);
        let mut permutation: Vec<usize> = (0..=last).collect();
        permutation.swap(axis, last);
        let swap = Op::Transpose { permutation };
        if axis != last {
            x = node.apply("turned", swap.clone(), &[x])?;
        }
        x = node.apply("mapped", Op::MatMul, &[x, matrix])?;
        if axis != last {
            x = node.apply("turned_back", swap, &[x])?;
        }
    }
    node.finish(Op::Unary(Unary::Identity), &[x])
}

/// What an operator makes of each unit vector.
fn matrix(op: &Op, length: usize, dtype: DType) -> Parsed<Tensor> {
    let too_large = || Refusal::unsound(format!("an axis of length {length} is too long"));
    let count = length.checked_mul(length).filter(|&count| count <= LARGEST);
    let mut units = vec![0.0; count.ok_or_else(too_large)?];
    units
        .iter_mut()
        .step_by(length + 1)
        .for_each(|unit| *unit = 1.0);
    let unsound = |reason: String| Refusal::unsound(reason);
    let units = Tensor::from_f64(DType::F64, [length, 1, length], &units)
        .map_err(|error| unsound(error.to_string()))?;
    let images = interpret::evaluate(op, &[&units], 1).map_err(unsound)?;
    let images = images.first().ok_or_else(too_large)?;
    let shape = [length, images.shape().last().copied().unwrap_or(0)];
    Tensor::from_f64(dtype, shape, &images.to_f64()).map_err(|error| unsound(error.to_string()))
}
