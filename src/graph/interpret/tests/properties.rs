//! Laws that hold for all inputs of a kind.

use proptest::prelude::*;

use super::*;
use crate::graph::op::{Binary, PadMode, SliceRange};

/// Values without a pattern that a wrong axis could hide.
fn irregular(shape: &[usize], seed: usize) -> Tensor {
    let length: usize = shape.iter().product();
    let values: Vec<f64> = (0..length)
        .map(|at| ((at * 7919 + seed * 104_729) % 1009) as f64 / 500.0 - 1.0)
        .collect();
    floats(shape, &values)
}

fn inner_product(a: &Tensor, b: &Tensor) -> f64 {
    a.to_f64().iter().zip(b.to_f64()).map(|(a, b)| a * b).sum()
}

fn shapes(rank: std::ops::Range<usize>) -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(1usize..4, rank)
}

proptest! {
    #[test]
    fn joining_what_was_split_gives_it_back(
        shape in shapes(1..4), axis in any::<prop::sample::Index>(), extra in 0usize..3,
    ) {
        let axis = axis.index(shape.len());
        let mut whole = shape.clone();
        whole[axis] += extra;
        let x = irregular(&whole, 1);
        let split = Op::Split { axis, sizes: vec![shape[axis], extra] };
        let pieces = evaluate(&split, &[&x], 2).unwrap();
        prop_assert_eq!(apply(&Op::Concat { axis }, &[&pieces[0], &pieces[1]]), x);
    }

    #[test]
    fn broadcasting_is_expansion(mask in prop::collection::vec(any::<(bool, bool)>(), 1..4)) {
        let side = |of: fn(&(bool, bool)) -> bool| -> Vec<usize> {
            mask.iter().enumerate().map(|(axis, pair)| if of(pair) { 1 } else { axis + 2 }).collect()
        };
        let (a, b) = (irregular(&side(|pair| pair.0), 1), irregular(&side(|pair| pair.1), 2));
        let add = Op::Binary(Binary::Add);
        let sum = apply(&add, &[&a, &b]);
        let expand = Op::Expand { shape: sum.shape().to_vec() };
        let expanded = apply(&add, &[&apply(&expand, &[&a]), &apply(&expand, &[&b])]);
        prop_assert_eq!(sum, expanded);
    }

    #[test]
    fn a_transposed_convolution_is_the_adjoint(
        length in 3usize..8, kernel in 1usize..4, stride in 1usize..4, dilation in 1usize..3,
        before in 0usize..3, after in 0usize..3, group in 1usize..3,
    ) {
        let extent = (kernel - 1) * dilation + 1;
        prop_assume!(length + before + after >= extent);
        let convolution = Convolution {
            strides: vec![1, stride],
            dilations: vec![1, dilation],
            pads_before: vec![1, before],
            pads_after: vec![0, after],
            group,
        };
        let x = irregular(&[2, 2 * group, 3, length], 1);
        let weight = irregular(&[3 * group, 2, 2, kernel], 2);
        let y = apply(&Op::Conv(convolution.clone()), &[&x, &weight]);
        let y_bar = irregular(y.shape(), 3);
        let output_padding = vec![0, (length + before + after - extent) % stride];
        let transposed = Op::ConvTranspose { convolution, output_padding };
        let x_bar = apply(&transposed, &[&y_bar, &weight]);
        prop_assert_eq!(x_bar.shape(), x.shape());
        let (left, right) = (inner_product(&y_bar, &y), inner_product(&x_bar, &x));
        prop_assert!((left - right).abs() <= 1e-12 * left.abs().max(1.0));
    }

    #[test]
    fn cropping_undoes_padding(before in 0i64..3, after in 0i64..3) {
        let x = irregular(&[3, 2], 1);
        let pad = |mode, sign: i64| Op::Pad {
            mode, before: vec![sign * before, 0], after: vec![sign * after, sign], value: 5.0,
        };
        for mode in [PadMode::Constant, PadMode::Reflect, PadMode::Edge, PadMode::Wrap] {
            let padded = apply(&pad(mode, 1), &[&x]);
            prop_assert_eq!(&apply(&pad(mode, -1), &[&padded]), &x);
        }
    }

    #[test]
    fn reversing_twice_changes_nothing(shape in shapes(1..4)) {
        let x = irregular(&shape, 1);
        let ranges = shape.iter().enumerate().map(|(axis, &length)| SliceRange {
            axis, start: length as i64 - 1, end: -1, step: -1,
        }).collect();
        let reverse = Op::Slice { ranges };
        prop_assert_eq!(apply(&reverse, &[&apply(&reverse, &[&x])]), x);
    }

    #[test]
    fn gathering_where_scattered_gives_the_updates(target in 0i64..4) {
        let data = irregular(&[4, 2], 1);
        let indices = integers_of(&[1, 2], &[target, 3 - target]);
        let updates = irregular(&[1, 2], 2);
        let scatter = Op::ScatterElements { axis: 0, add: false };
        let scattered = apply(&scatter, &[&data, &indices, &updates]);
        prop_assert_eq!(apply(&Op::GatherElements { axis: 0 }, &[&scattered, &indices]), updates);
    }
}
