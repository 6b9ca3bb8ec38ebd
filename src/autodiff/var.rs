//! A value on the tape, with the arithmetic that rules are written in.

use std::ops::{Add, Div, Mul, Neg, Sub};

use super::tape::Tape;
use crate::graph::op::{Binary, Op, PadMode, ReduceKind, SliceRange, Unary};
use crate::graph::{DType, Tensor, ValueId};

/// A value of the graph that a [`Tape`] is extending.
#[derive(Clone, Copy)]
pub(super) struct Var<'t> {
    tape: &'t Tape,
    id: ValueId,
}

impl<'t> Var<'t> {
    pub(super) fn new(tape: &'t Tape, id: ValueId) -> Self {
        Var { tape, id }
    }

    pub(super) fn id(self) -> ValueId {
        self.id
    }

    pub(super) fn tape(self) -> &'t Tape {
        self.tape
    }

    pub(super) fn shape(self) -> Vec<usize> {
        self.tape.graph().shape(self.id).to_vec()
    }

    pub(super) fn rank(self) -> usize {
        self.tape.graph().shape(self.id).len()
    }

    pub(super) fn dtype(self) -> DType {
        self.tape.graph().tensor_type(self.id).dtype
    }

    pub(super) fn name(self) -> String {
        self.tape.graph().name(self.id).to_owned()
    }

    /// The tensor, if this is a constant. Cheap: elements are shared.
    pub(super) fn tensor(self) -> Option<Tensor> {
        self.tape.graph().constant(self.id).cloned()
    }

    /// The value of a constant of one element.
    pub(super) fn scalar_value(self) -> Option<f64> {
        match self.tape.graph().constant(self.id)? {
            tensor if tensor.len() == 1 => tensor.to_f64().first().copied(),
            _ => None,
        }
    }

    pub(super) fn unary(self, unary: Unary) -> Self {
        self.tape.emit(Op::Unary(unary), &[self])
    }

    pub(super) fn binary(self, binary: Binary, other: Self) -> Self {
        self.tape.emit(Op::Binary(binary), &[self, other])
    }

    /// A scalar constant of this value's type.
    pub(super) fn constant(self, value: f64) -> Self {
        self.tape.scalar(self.dtype(), value)
    }

    pub(super) fn cast(self, to: DType) -> Self {
        self.tape.emit(Op::Cast { to }, &[self])
    }

    /// 1 where `condition` holds and 0 elsewhere, in this value's type. Multiplying by it is several
    /// times faster than `Where` on a CPU.
    pub(super) fn mask(self, condition: Self) -> Self {
        condition.cast(self.dtype())
    }

    /// 1 where positive, else 0.
    pub(super) fn is_positive(self) -> Self {
        self.mask(self.compare(Binary::Greater, 0.0))
    }

    /// Truth of a comparison with a number.
    pub(super) fn compare(self, comparison: Binary, bound: f64) -> Self {
        self.binary(comparison, self.constant(bound))
    }

    pub(super) fn square(self) -> Self {
        self * self
    }

    pub(super) fn exp(self) -> Self {
        self.unary(Unary::Exp)
    }

    pub(super) fn matmul(self, other: Self) -> Self {
        self.tape.emit(Op::MatMul, &[self, other])
    }

    pub(super) fn reshape(self, shape: &[usize]) -> Self {
        if self.shape() == shape {
            return self;
        }
        self.tape.emit(
            Op::Reshape {
                shape: shape.to_vec(),
            },
            &[self],
        )
    }

    pub(super) fn transpose(self, permutation: &[usize]) -> Self {
        if permutation.iter().enumerate().all(|(to, &from)| to == from) {
            return self;
        }
        self.tape.emit(
            Op::Transpose {
                permutation: permutation.to_vec(),
            },
            &[self],
        )
    }

    /// Swaps the last two axes.
    pub(super) fn transpose_last_two(self) -> Self {
        let mut permutation: Vec<usize> = (0..self.rank()).collect();
        if let [.., a, b] = permutation.as_mut_slice() {
            std::mem::swap(a, b);
        }
        self.transpose(&permutation)
    }

    pub(super) fn expand(self, shape: &[usize]) -> Self {
        if self.shape() == shape {
            return self;
        }
        self.tape.emit(
            Op::Expand {
                shape: shape.to_vec(),
            },
            &[self],
        )
    }

    pub(super) fn slice(self, ranges: Vec<SliceRange>) -> Self {
        if ranges.is_empty() {
            return self;
        }
        self.tape.emit(Op::Slice { ranges }, &[self])
    }

    /// Elements `start..end` of one axis.
    pub(super) fn slice_axis(self, axis: usize, start: usize, end: usize) -> Self {
        if start == 0 && self.shape().get(axis) == Some(&end) {
            return self;
        }
        self.slice(vec![SliceRange {
            axis,
            start: start as i64,
            end: end as i64,
            step: 1,
        }])
    }

    /// Every axis in `axes` reversed. `axes` ascend.
    pub(super) fn flip(self, axes: impl IntoIterator<Item = usize>) -> Self {
        let shape = self.shape();
        let ranges = axes.into_iter().map(|axis| SliceRange {
            axis,
            start: shape[axis] as i64 - 1,
            end: -1,
            step: -1,
        });
        self.slice(ranges.collect())
    }

    /// Constant padding; `before` and `after` have one entry for each axis.
    pub(super) fn pad(self, before: &[usize], after: &[usize], value: f64) -> Self {
        if before.iter().chain(after).all(|&width| width == 0) {
            return self;
        }
        let widths = |widths: &[usize]| widths.iter().map(|&width| width as i64).collect();
        self.tape.emit(
            Op::Pad {
                mode: PadMode::Constant,
                before: widths(before),
                after: widths(after),
                value,
            },
            &[self],
        )
    }

    /// Zero padding of one axis.
    pub(super) fn pad_axis(self, axis: usize, before: usize, after: usize) -> Self {
        let mut widths = (vec![0; self.rank()], vec![0; self.rank()]);
        widths.0[axis] = before;
        widths.1[axis] = after;
        self.pad(&widths.0, &widths.1, 0.0)
    }

    /// Elements `start..start + length` of one axis, with `fill` where there are none.
    pub(super) fn window(self, axis: usize, start: i64, length: usize, fill: f64) -> Self {
        let own = self.shape()[axis] as i64;
        let end = start + length as i64;
        if start >= own || end <= 0 {
            let mut shape = self.shape();
            shape[axis] = length;
            return self.constant(fill).expand(&shape);
        }
        let inside = self.slice_axis(axis, start.max(0) as usize, end.min(own) as usize);
        let mut widths = (vec![0; self.rank()], vec![0; self.rank()]);
        widths.0[axis] = (-start).max(0) as usize;
        widths.1[axis] = (end - own).max(0) as usize;
        inside.pad(&widths.0, &widths.1, fill)
    }

    pub(super) fn concat(parts: &[Self], axis: usize) -> Self {
        match parts {
            [only] => *only,
            _ => parts[0].tape.emit(Op::Concat { axis }, parts),
        }
    }

    pub(super) fn reduce(self, kind: ReduceKind, axes: &[usize]) -> Self {
        if axes.is_empty() {
            return self;
        }
        self.tape.emit(
            Op::Reduce {
                kind,
                axes: axes.to_vec(),
                keep_dims: true,
            },
            &[self],
        )
    }

    /// Sum over axes, which stay with length 1.
    pub(super) fn sum(self, axes: &[usize]) -> Self {
        self.reduce(ReduceKind::Sum, axes)
    }

    /// Mean over axes, which stay with length 1.
    pub(super) fn mean(self, axes: &[usize]) -> Self {
        self.reduce(ReduceKind::Mean, axes)
    }

    /// The cotangent of something of shape `shape` from that of what it was broadcast to (summed
    /// down), or from one that is to be broadcast to it (expanded).
    pub(super) fn fit(self, shape: &[usize]) -> Self {
        let own = self.shape();
        if own == shape {
            return self;
        }
        let leading = own.len().saturating_sub(shape.len());
        let axes: Vec<usize> = (0..own.len())
            .filter(|&axis| axis < leading || (shape[axis - leading] == 1 && own[axis] != 1))
            .collect();
        let summed = self.sum(&axes);
        let summed = match summed.shape().get(leading..) {
            Some(rest) if leading > 0 => summed.reshape(rest),
            _ => summed,
        };
        summed.expand(shape)
    }
}

impl<'t> Add for Var<'t> {
    type Output = Var<'t>;

    fn add(self, other: Self) -> Self {
        self.binary(Binary::Add, other)
    }
}

impl<'t> Sub for Var<'t> {
    type Output = Var<'t>;

    fn sub(self, other: Self) -> Self {
        self.binary(Binary::Sub, other)
    }
}

impl<'t> Mul for Var<'t> {
    type Output = Var<'t>;

    fn mul(self, other: Self) -> Self {
        self.binary(Binary::Mul, other)
    }
}

impl<'t> Div for Var<'t> {
    type Output = Var<'t>;

    fn div(self, other: Self) -> Self {
        self.binary(Binary::Div, other)
    }
}

impl<'t> Neg for Var<'t> {
    type Output = Var<'t>;

    fn neg(self) -> Self {
        self.unary(Unary::Neg)
    }
}

impl<'t> Add<f64> for Var<'t> {
    type Output = Var<'t>;

    fn add(self, other: f64) -> Self {
        if other == 0.0 {
            return self;
        }
        self + self.constant(other)
    }
}

impl<'t> Mul<f64> for Var<'t> {
    type Output = Var<'t>;

    fn mul(self, other: f64) -> Self {
        if other == 1.0 {
            return self;
        }
        self * self.constant(other)
    }
}

impl<'t> Sub<Var<'t>> for f64 {
    type Output = Var<'t>;

    fn sub(self, other: Var<'t>) -> Var<'t> {
        other.constant(self) - other
    }
}
