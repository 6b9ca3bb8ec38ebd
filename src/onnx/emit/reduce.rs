//! Reductions, running sums, and operators told one axis.

use super::Site;
use super::attributes::{flag, int};
use crate::graph::op::ReduceKind;
use crate::graph::{DType, Tensor};

pub(super) fn reduce(site: &mut Site<'_, '_>, kind: ReduceKind, axes: &[usize], keep: bool) {
    let axes = axes.iter().map(|&axis| axis as i64).collect();
    let axes = site.ints("axes", axes);
    site.with_more_inputs(kind.name(), vec![axes], vec![flag("keepdims", keep)]);
}

/// An operator whose only attribute is its axis.
pub(super) fn along(site: &mut Site<'_, '_>, op_type: &str, axis: usize) {
    site.same(op_type, vec![int("axis", axis)]);
}

pub(super) fn running_sum(site: &mut Site<'_, '_>, axis: usize, exclusive: bool, reverse: bool) {
    let axis = Tensor::scalar(DType::I64, axis as f64);
    let axis = site.weight("axis", axis);
    let attributes = vec![flag("exclusive", exclusive), flag("reverse", reverse)];
    site.with_more_inputs("CumSum", vec![axis], attributes);
}
