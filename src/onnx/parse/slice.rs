//! Strided ranges, with bounds brought into the axis.

use super::node::{NodeReader, Parsed, Refusal, axis};
use super::operator::Operator;
use crate::graph::op::SliceRange;
use crate::graph::{Op, Unary};

pub(super) const OPERATORS: &[Operator] = &[Operator::new(
    "Slice",
    1,
    &["axes", "ends", "starts"],
    slice,
)];

fn slice(node: &mut NodeReader<'_, '_>) -> Parsed {
    let x = node.input(0)?;
    let shape = node.type_of(&x).shape;
    // Everything became an input in opset 10, and steps came with it.
    let missing = |what| Refusal::unsound(format!("the {what} are missing"));
    let starts = node
        .ints_attribute_or_input("starts", 1, 10)?
        .ok_or_else(|| missing("starts"))?;
    let ends = node
        .ints_attribute_or_input("ends", 2, 10)?
        .ok_or_else(|| missing("ends"))?;
    let axes = node
        .ints_attribute_or_input("axes", 3, 10)?
        .unwrap_or_else(|| (0..starts.len() as i64).collect());
    let steps = match node.opset() {
        ..10 => None,
        _ => node.constant_ints(4)?,
    }
    .unwrap_or_else(|| vec![1; starts.len()]);
    if [ends.len(), axes.len(), steps.len()] != [starts.len(); 3] {
        return Err(Refusal::unsound(
            "starts, ends, axes and steps differ in number",
        ));
    }
    let mut ranges = Vec::with_capacity(starts.len());
    for index in 0..starts.len() {
        let axis = axis(axes[index], shape.len())?;
        let range = range(axis, shape[axis], starts[index], ends[index], steps[index])
            .ok_or_else(|| Refusal::unsound("a step is 0"))?;
        let whole = range.step == 1 && range.start == 0 && range.end == shape[axis] as i64;
        if !whole {
            ranges.push(range);
        }
    }
    ranges.sort_by_key(|range| range.axis);
    if ranges.windows(2).any(|pair| pair[0].axis == pair[1].axis) {
        return Err(Refusal::unsound("an axis appears twice"));
    }
    if ranges.is_empty() {
        node.finish(Op::Unary(Unary::Identity), &[x])
    } else {
        node.finish(Op::Slice { ranges }, &[x])
    }
}

/// ONNX bounds (negative: from the end; any overshoot) as [`SliceRange`] wants them; `None` for a
/// step of zero.
fn range(axis: usize, length: usize, start: i64, end: i64, step: i64) -> Option<SliceRange> {
    let length = length as i64;
    let from_front = |bound: i64| {
        if bound < 0 {
            bound.saturating_add(length)
        } else {
            bound
        }
    };
    let (start, end) = (from_front(start), from_front(end));
    let (start, end, step) = match step {
        0 => return None,
        1.. => {
            let start = start.clamp(0, length);
            (start, end.clamp(start, length), step)
        }
        _ if length == 0 => (0, 0, 1),
        _ => {
            let start = start.clamp(0, length - 1);
            // An end at or above the start takes nothing.
            (start, end.clamp(-1, length - 1).min(start), step)
        }
    };
    Some(SliceRange {
        axis,
        start,
        end,
        step,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn bounds(length: usize, start: i64, end: i64, step: i64) -> (i64, i64, i64) {
        let range = range(0, length, start, end, step).unwrap();
        (range.start, range.end, range.step)
    }

    #[test]
    fn bounds_are_brought_into_the_axis() {
        assert_eq!(bounds(5, 1, i64::MAX, 1), (1, 5, 1));
        assert_eq!(bounds(5, -3, -1, 1), (2, 4, 1));
        assert_eq!(bounds(5, -100, 3, 2), (0, 3, 2));
        assert_eq!(bounds(5, 4, 2, 1), (4, 4, 1));
    }

    #[test]
    fn negative_steps_end_before_the_first_element() {
        assert_eq!(bounds(5, -1, i64::MIN, -1), (4, -1, -1));
        assert_eq!(bounds(5, 100, 1, -2), (4, 1, -2));
        assert_eq!(bounds(5, 1, 3, -1), (1, 1, -1));
        assert_eq!(bounds(0, -1, i64::MIN, -1), (0, 0, 1));
        assert!(range(0, 5, 0, 5, 0).is_none());
    }
}
