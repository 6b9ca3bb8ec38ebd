//! Gathers and scatters.
//!
//! `ScatterND` with addition is never emitted: ONNX Runtime's CPU kernel adds without
//! synchronisation, so repeated indices give wrong sums (onnxruntime #23396). `ScatterElements` is
//! safe.

use super::Site;
use crate::autodiff::axis_map::AxisMap;
use crate::autodiff::var::Var;
use crate::graph::op::Op;
use crate::graph::{DType, Tensor};

/// Each gathered element's cotangent added back to where it came from.
pub(super) fn gather<'t>(site: &Site<'t>, axis: usize) -> Vec<Option<Var<'t>>> {
    let (data, indices, g) = (site.inputs[0], site.inputs[1], site.cotangent);
    let shape = data.shape();
    let before: usize = shape[..axis].iter().product();
    let after: usize = shape[axis + 1..].iter().product();
    let length = shape[axis];
    let count: usize = indices.shape().iter().product();
    // [before, count, after]: the indices as one axis.
    let g = g.reshape(&[before, count, after]);
    let known = indices
        .tensor()
        .and_then(|tensor| normalised(&tensor, length));
    if let Some(known) = &known {
        let consecutive = known.windows(2).all(|pair| pair[1] == pair[0] + 1);
        if let (true, [first, ..]) = (consecutive, known.as_slice()) {
            let padded = g.pad_axis(1, *first, length - first - count);
            return vec![Some(padded.reshape(&shape)), None];
        }
        let one_hot = AxisMap::from_fn(count, length, |row, column| {
            f64::from(u8::from(known[row] == column))
        });
        if let Ok(one_hot) = one_hot {
            return vec![Some(one_hot.pull_back(g, 1).reshape(&shape)), None];
        }
    }
    let everywhere = indices
        .reshape(&[1, count, 1])
        .expand(&[before, count, after]);
    let zeros = site.tape.zeros(g.dtype(), &[before, length, after]);
    let sum = scatter(zeros, everywhere, g, 1, true);
    vec![Some(sum.reshape(&shape)), None]
}

/// Constant indices counted from the start; `None` if one lies outside.
fn normalised(indices: &Tensor, length: usize) -> Option<Vec<usize>> {
    indices
        .to_i64()?
        .into_iter()
        .map(|index| {
            let index = if index < 0 {
                index + length as i64
            } else {
                index
            };
            usize::try_from(index).ok().filter(|&index| index < length)
        })
        .collect()
}

fn scatter<'t>(
    data: Var<'t>,
    indices: Var<'t>,
    updates: Var<'t>,
    axis: usize,
    add: bool,
) -> Var<'t> {
    let op = Op::ScatterElements { axis, add };
    data.tape().emit(op, &[data, indices, updates])
}

/// Each element's cotangent added back to where it came from.
pub(super) fn gather_elements<'t>(site: &Site<'t>, axis: usize) -> Vec<Option<Var<'t>>> {
    let (data, indices, g) = (site.inputs[0], site.inputs[1], site.cotangent);
    let zeros = site.tape.zeros(data.dtype(), &data.shape());
    vec![Some(scatter(zeros, indices, g, axis, true)), None]
}

/// Data keeps the cotangent but for what was overwritten; updates gather theirs.
pub(super) fn scatter_elements<'t>(
    site: &Site<'t>,
    axis: usize,
    add: bool,
) -> Vec<Option<Var<'t>>> {
    let (indices, updates, g) = (site.inputs[1], site.inputs[2], site.cotangent);
    debug_assert_eq!(indices.dtype(), DType::I64);
    vec![
        site.when(0, || match add {
            true => g,
            false => {
                let zeros = site.tape.zeros(g.dtype(), &updates.shape());
                scatter(g, indices, zeros, axis, false)
            }
        }),
        None,
        site.when(2, || {
            site.tape.emit(Op::GatherElements { axis }, &[g, indices])
        }),
    ]
}
