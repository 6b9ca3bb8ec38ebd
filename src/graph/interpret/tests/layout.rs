//! Operators that move elements.

use super::*;
use crate::graph::op::{PadMode, SliceRange};

#[test]
fn axes_are_permuted() {
    let op = Op::Transpose {
        permutation: vec![2, 0, 1],
    };
    let y = apply(&op, &[&counting(&[2, 1, 3])]);
    assert_close(&y, &[3, 2, 1], &[0.0, 3.0, 1.0, 4.0, 2.0, 5.0]);
}

#[test]
fn pieces_join_and_part() {
    let (a, b) = (counting(&[2, 1]), counting(&[2, 2]));
    let y = apply(&Op::Concat { axis: 1 }, &[&a, &b]);
    assert_close(&y, &[2, 3], &[0.0, 0.0, 1.0, 1.0, 2.0, 3.0]);
    let op = Op::Split {
        axis: 1,
        sizes: vec![1, 2],
    };
    assert_eq!(evaluate(&op, &[&y], 2).unwrap(), [a, b]);
}

#[test]
fn ranges_step_both_ways() {
    let range = |axis, start, end, step| SliceRange {
        axis,
        start,
        end,
        step,
    };
    let slice = |ranges: Vec<SliceRange>| apply(&Op::Slice { ranges }, &[&counting(&[2, 4])]);
    let y = slice(vec![range(0, 1, 2, 1), range(1, 3, -1, -2)]);
    assert_close(&y, &[1, 2], &[7.0, 5.0]);
    let y = slice(vec![range(1, 1, 4, 2)]);
    assert_close(&y, &[2, 2], &[1.0, 3.0, 5.0, 7.0]);
    assert_close(&slice(vec![range(1, 2, 2, 1)]), &[2, 0], &[]);
}

#[test]
fn padding_of_every_mode() {
    let x = floats(&[3], &[1.0, 2.0, 3.0]);
    let pad = |mode, before, after| {
        let op = Op::Pad {
            mode,
            before: vec![before],
            after: vec![after],
            value: 9.0,
        };
        apply(&op, &[&x]).to_f64()
    };
    assert_eq!(pad(PadMode::Constant, 2, 1), [9.0, 9.0, 1.0, 2.0, 3.0, 9.0]);
    assert_eq!(pad(PadMode::Reflect, 2, 1), [3.0, 2.0, 1.0, 2.0, 3.0, 2.0]);
    assert_eq!(pad(PadMode::Edge, 2, 1), [1.0, 1.0, 1.0, 2.0, 3.0, 3.0]);
    assert_eq!(pad(PadMode::Wrap, 2, 1), [2.0, 3.0, 1.0, 2.0, 3.0, 1.0]);
    assert_eq!(pad(PadMode::Constant, -1, 1), [2.0, 3.0, 9.0]);
    assert_eq!(pad(PadMode::Edge, 1, -2), [1.0, 1.0]);
}

#[test]
fn integers_and_truth_values_pad_too() {
    let op = Op::Pad {
        mode: PadMode::Constant,
        before: vec![1],
        after: vec![0],
        value: 1.0,
    };
    assert_eq!(
        apply(&op, &[&truth(&[1], &[false])]),
        truth(&[2], &[true, false])
    );
    assert_eq!(
        apply(&op, &[&integers_of(&[1], &[7])]),
        integers_of(&[2], &[1, 7])
    );
}

#[test]
fn expansion_and_repetition() {
    let op = Op::Expand { shape: vec![2, 2] };
    let y = apply(&op, &[&floats(&[2, 1], &[1.0, 2.0])]);
    assert_close(&y, &[2, 2], &[1.0, 1.0, 2.0, 2.0]);
    let op = Op::Tile {
        repeats: vec![2, 2],
    };
    let y = apply(&op, &[&floats(&[1, 2], &[1.0, 2.0])]);
    assert_close(&y, &[2, 4], &[1.0, 2.0, 1.0, 2.0, 1.0, 2.0, 1.0, 2.0]);
}

#[test]
fn depth_becomes_space_in_both_orders() {
    // test_depthtospace_example and test_depthtospace_crd_mode_example, first rows.
    let block = |start: f64| (0..6).map(move |step| start + f64::from(step));
    let x: Vec<f64> = (0..8)
        .flat_map(|channel| block(9.0 * f64::from(channel)))
        .collect();
    let x = floats(&[1, 8, 2, 3], &x);
    let space = |channel_first| {
        let op = Op::DepthToSpace {
            block: 2,
            channel_first,
        };
        apply(&op, &[&x])
    };
    let y = space(false);
    assert_eq!(y.shape(), [1, 2, 4, 6]);
    assert_eq!(y.to_f64()[..6], [0.0, 18.0, 1.0, 19.0, 2.0, 20.0]);
    assert_eq!(y.to_f64()[6..12], [36.0, 54.0, 37.0, 55.0, 38.0, 56.0]);
    assert_eq!(apply(&Op::SpaceToDepth { block: 2 }, &[&y]), x);
    let y = space(true).to_f64();
    assert_eq!(y[..6], [0.0, 9.0, 1.0, 10.0, 2.0, 11.0]);
    assert_eq!(y[6..12], [18.0, 27.0, 19.0, 28.0, 20.0, 29.0]);
}

#[test]
fn elements_are_gathered() {
    let x = counting(&[2, 3]);
    let y = apply(&Op::Gather { axis: 1 }, &[&x, &integers_of(&[2], &[-1, 0])]);
    assert_close(&y, &[2, 2], &[2.0, 0.0, 5.0, 3.0]);
    let y = apply(&Op::Gather { axis: 0 }, &[&x, &integers_of(&[], &[1])]);
    assert_close(&y, &[3], &[3.0, 4.0, 5.0]);
    // test_gather_elements_0.
    let x = floats(&[2, 2], &[1.0, 2.0, 3.0, 4.0]);
    let indices = integers_of(&[2, 2], &[0, 0, 1, 0]);
    let y = apply(&Op::GatherElements { axis: 1 }, &[&x, &indices]);
    assert_close(&y, &[2, 2], &[1.0, 1.0, 4.0, 3.0]);
}

#[test]
fn elements_are_scattered() {
    // test_scatter_elements_with_axis, and its indices made equal.
    let x = floats(&[1, 5], &[1.0, 2.0, 3.0, 4.0, 5.0]);
    let updates = floats(&[1, 2], &[1.1, 2.1]);
    let scatter = |add, indices: &[i64]| {
        let op = Op::ScatterElements { axis: 1, add };
        apply(&op, &[&x, &integers_of(&[1, 2], indices), &updates]).to_f64()
    };
    assert_eq!(scatter(false, &[1, 3]), [1.0, 1.1, 3.0, 2.1, 5.0]);
    assert_eq!(scatter(false, &[1, -4]), [1.0, 2.1, 3.0, 4.0, 5.0]);
    assert_eq!(
        scatter(true, &[1, 1]),
        [1.0, 2.0 + 1.1 + 2.1, 3.0, 4.0, 5.0]
    );
}

#[test]
fn indices_outside_are_refused() {
    let x = counting(&[2]);
    for index in [2, -3, i64::MIN, i64::MAX] {
        let indices = integers_of(&[1], &[index]);
        assert!(evaluate(&Op::Gather { axis: 0 }, &[&x, &indices], 1).is_err());
        assert!(evaluate(&Op::GatherElements { axis: 0 }, &[&x, &indices], 1).is_err());
    }
}
