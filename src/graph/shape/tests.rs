#![allow(clippy::unwrap_used)]
//! Shapes by example, and that hostile sizes are refused.

use proptest::prelude::*;

use super::*;
use crate::graph::op::{
    Binary, Convolution, Coordinates, PadMode, Pool, ReduceKind, Resize, ResizeMode, SliceRange,
    Unary,
};

fn f32(shape: &[usize]) -> TensorType {
    TensorType::new(DType::F32, shape)
}

fn i64(shape: &[usize]) -> TensorType {
    TensorType::new(DType::I64, shape)
}

fn shape_of(op: Op, inputs: &[TensorType]) -> Result<Vec<usize>, String> {
    let inputs: Vec<&TensorType> = inputs.iter().collect();
    Ok(infer(&op, &inputs, 1)?.remove(0).shape)
}

fn convolution(spatial: usize) -> Convolution {
    Convolution {
        strides: vec![1; spatial],
        dilations: vec![1; spatial],
        pads_before: vec![0; spatial],
        pads_after: vec![0; spatial],
        group: 1,
    }
}

fn pool(kernel: usize, stride: usize, pad: usize, ceil_mode: bool) -> Pool {
    Pool {
        kernel: vec![kernel],
        strides: vec![stride],
        dilations: vec![1],
        pads_before: vec![pad],
        pads_after: vec![pad],
        ceil_mode,
    }
}

#[test]
fn broadcasting_aligns_at_the_last_axis() {
    assert_eq!(broadcast(&[3, 1], &[2, 1, 4]), Ok(vec![2, 3, 4]));
    assert_eq!(broadcast(&[], &[2]), Ok(vec![2]));
    assert_eq!(broadcast(&[0], &[1]), Ok(vec![0]));
    assert!(broadcast(&[3], &[4]).unwrap_err().contains("[3] and [4]"));
}

#[test]
fn comparisons_give_truth_values_and_where_takes_them() {
    let (a, b) = (f32(&[2, 3]), f32(&[3]));
    let mask = infer(&Op::Binary(Binary::Less), &[&a, &b], 1)
        .unwrap()
        .remove(0);
    assert_eq!(mask, TensorType::new(DType::Bool, [2, 3]));
    assert_eq!(infer(&Op::Where, &[&mask, &a, &b], 1), Ok(vec![a.clone()]));
    assert!(infer(&Op::Where, &[&a, &a, &b], 1).is_err());
}

#[test]
fn element_types_do_not_mix() {
    let (a, b) = (f32(&[2]), TensorType::new(DType::F64, [2]));
    assert!(infer(&Op::Binary(Binary::Add), &[&a, &b], 1).is_err());
    assert!(infer(&Op::Unary(Unary::Exp), &[&i64(&[2])], 1).is_err());
    assert!(infer(&Op::Unary(Unary::Not), &[&a], 1).is_err());
    assert!(infer(&Op::Concat { axis: 0 }, &[&a, &b], 1).is_err());
}

#[test]
fn a_slope_broadcasts_to_its_input_only() {
    let prelu = |a: &[usize], b: &[usize]| shape_of(Op::Binary(Binary::PRelu), &[f32(a), f32(b)]);
    assert_eq!(prelu(&[2, 3, 4], &[3, 1]), Ok(vec![2, 3, 4]));
    assert!(prelu(&[3, 1], &[2, 3, 4]).is_err());
}

#[test]
fn convolutions_count_padding_strides_and_dilations() {
    let mut conv = convolution(2);
    conv.strides = vec![2, 1];
    conv.dilations = vec![1, 2];
    conv.pads_before = vec![1, 0];
    conv.pads_after = vec![0, 1];
    let shape = shape_of(
        Op::Conv(conv),
        &[f32(&[2, 3, 7, 8]), f32(&[5, 3, 3, 3]), f32(&[5])],
    );
    assert_eq!(shape, Ok(vec![2, 5, 3, 5]));
}

#[test]
fn groups_divide_channels() {
    let mut conv = convolution(1);
    conv.group = 2;
    let shape =
        |weight: &[usize]| shape_of(Op::Conv(conv.clone()), &[f32(&[1, 4, 5]), f32(weight)]);
    assert_eq!(shape(&[6, 2, 3]), Ok(vec![1, 6, 3]));
    assert!(shape(&[5, 2, 3]).is_err());
    assert!(shape(&[6, 4, 3]).is_err());
}

#[test]
fn transposed_convolutions_undo_the_shape_of_convolutions() {
    let mut conv = convolution(1);
    conv.strides = vec![2];
    conv.pads_before = vec![1];
    conv.pads_after = vec![1];
    let forward = shape_of(Op::Conv(conv.clone()), &[f32(&[1, 3, 8]), f32(&[5, 3, 3])]);
    assert_eq!(forward, Ok(vec![1, 5, 4]));
    let back = Op::ConvTranspose {
        convolution: conv,
        output_padding: vec![1],
    };
    let back = shape_of(back, &[f32(&[1, 5, 4]), f32(&[5, 3, 3])]);
    assert_eq!(back, Ok(vec![1, 3, 8]));
}

#[test]
fn a_window_that_starts_in_end_padding_is_dropped() {
    let pooled = |length, pool| shape_of(Op::MaxPool(pool), &[f32(&[1, 1, length])]);
    // ONNX's own example of the rule: length 2, kernel 3, stride 3, one element of padding.
    assert_eq!(pooled(2, pool(3, 3, 1, true)), Ok(vec![1, 1, 1]));
    assert_eq!(pooled(6, pool(3, 2, 0, false)), Ok(vec![1, 1, 2]));
    assert_eq!(pooled(6, pool(3, 2, 0, true)), Ok(vec![1, 1, 3]));
    assert_eq!(pooled(3, pool(1, 2, 0, true)), Ok(vec![1, 1, 2]));
}

#[test]
fn max_pool_may_give_indices() {
    let x = f32(&[1, 2, 4]);
    let types = infer(&Op::MaxPool(pool(2, 2, 0, false)), &[&x], 2).unwrap();
    assert_eq!(types, [f32(&[1, 2, 2]), i64(&[1, 2, 2])]);
    assert!(infer(&Op::MaxPool(pool(2, 2, 0, false)), &[&x], 3).is_err());
    assert!(infer(&Op::GlobalMaxPool, &[&x], 2).is_err());
}

#[test]
fn matrix_products_broadcast_batches_and_take_vectors() {
    let product = |a: &[usize], b: &[usize]| shape_of(Op::MatMul, &[f32(a), f32(b)]);
    assert_eq!(product(&[5, 1, 2, 3], &[4, 3, 6]), Ok(vec![5, 4, 2, 6]));
    assert_eq!(product(&[3], &[3]), Ok(vec![]));
    assert_eq!(product(&[3], &[2, 3, 4]), Ok(vec![2, 4]));
    assert_eq!(product(&[2, 4, 3], &[3]), Ok(vec![2, 4]));
    assert!(product(&[2, 3], &[2, 3]).is_err());
}

#[test]
fn gemm_transposes_and_broadcasts_its_last_input() {
    let gemm = Op::Gemm {
        alpha: 1.0,
        beta: 1.0,
        transpose_a: true,
        transpose_b: true,
    };
    let shape = |c: &[usize]| shape_of(gemm.clone(), &[f32(&[3, 2]), f32(&[4, 3]), f32(c)]);
    assert_eq!(shape(&[4]), Ok(vec![2, 4]));
    assert_eq!(shape(&[2, 1]), Ok(vec![2, 4]));
    assert!(shape(&[2]).is_err());
}

#[test]
fn reductions_keep_or_drop_their_axes() {
    let reduce = |axes: &[usize], keep_dims| {
        let op = Op::Reduce {
            kind: ReduceKind::Sum,
            axes: axes.to_vec(),
            keep_dims,
        };
        shape_of(op, &[f32(&[2, 3, 4])])
    };
    assert_eq!(reduce(&[0, 2], true), Ok(vec![1, 3, 1]));
    assert_eq!(reduce(&[0, 2], false), Ok(vec![3]));
    assert!(reduce(&[2, 0], false).is_err());
    assert!(reduce(&[3], false).is_err());
    assert!(reduce(&[], false).is_err());
}

#[test]
fn slices_step_both_ways() {
    let slice = |start, end, step| {
        let ranges = vec![SliceRange {
            axis: 0,
            start,
            end,
            step,
        }];
        shape_of(Op::Slice { ranges }, &[f32(&[5])])
    };
    assert_eq!(slice(0, 5, 2), Ok(vec![3]));
    assert_eq!(slice(4, -1, -2), Ok(vec![3]));
    assert_eq!(slice(2, 2, 1), Ok(vec![0]));
    assert!(slice(0, 6, 1).is_err());
    assert!(slice(5, 0, -1).is_err());
    assert!(slice(0, 5, 0).is_err());
    assert_eq!(slice(4, -1, i64::MIN), Ok(vec![1]));
}

#[test]
fn padding_crops_and_needs_a_source() {
    let pad = |mode, before, after| {
        let op = Op::Pad {
            mode,
            before: vec![before],
            after: vec![after],
            value: 0.0,
        };
        shape_of(op, &[f32(&[3])])
    };
    assert_eq!(pad(PadMode::Constant, -1, 4), Ok(vec![6]));
    assert_eq!(pad(PadMode::Reflect, 2, 2), Ok(vec![7]));
    assert!(pad(PadMode::Reflect, 3, 0).is_err());
    assert_eq!(pad(PadMode::Wrap, 3, 0), Ok(vec![6]));
    assert!(pad(PadMode::Constant, -2, -2).is_err());
    assert!(pad(PadMode::Edge, -3, 1).is_err());
}

#[test]
fn a_resize_is_held_to_its_scales() {
    let resize = |scale, size| {
        let op = Op::Resize(Resize {
            mode: ResizeMode::Linear,
            coordinates: Coordinates::HalfPixel,
            scales: vec![1.0, 1.0, scale],
            sizes: vec![1, 2, size],
            cubic_coefficient: -0.75,
            exclude_outside: false,
            antialias: false,
        });
        shape_of(op, &[f32(&[1, 2, 4])])
    };
    assert_eq!(resize(1.7, 6), Ok(vec![1, 2, 6]));
    assert_eq!(resize(0.5, 2), Ok(vec![1, 2, 2]));
    assert!(resize(1.7, 9).is_err());
    assert!(resize(1e-300, 1).is_err());
    assert!(resize(f64::NAN, 4).is_err());
}

#[test]
fn gathers_replace_one_axis() {
    let shape = shape_of(Op::Gather { axis: 1 }, &[f32(&[2, 3, 4]), i64(&[5, 6])]);
    assert_eq!(shape, Ok(vec![2, 5, 6, 4]));
    let shape = shape_of(Op::Gather { axis: 0 }, &[f32(&[2, 3]), i64(&[])]);
    assert_eq!(shape, Ok(vec![3]));
    assert!(shape_of(Op::Gather { axis: 0 }, &[f32(&[2]), f32(&[1])]).is_err());
    let scatter = Op::ScatterElements { axis: 0, add: true };
    let shape = shape_of(scatter, &[f32(&[2, 3]), i64(&[5, 2]), f32(&[5, 2])]);
    assert_eq!(shape, Ok(vec![2, 3]));
}

#[test]
fn sizes_that_cannot_be_counted_are_refused() {
    let huge = usize::MAX / 2;
    let x = f32(&[1, 1, 8]);
    let mut conv = convolution(1);
    conv.pads_before = vec![usize::MAX];
    let w = f32(&[1, 1, 3]);
    assert!(shape_of(Op::Conv(conv.clone()), &[x.clone(), w.clone()]).is_err());
    conv.pads_before = vec![0];
    conv.strides = vec![huge];
    let op = Op::ConvTranspose {
        convolution: conv,
        output_padding: vec![0],
    };
    assert!(shape_of(op, &[x.clone(), w]).is_err());
    let repeats = vec![huge, huge, 1];
    assert!(shape_of(Op::Tile { repeats }, std::slice::from_ref(&x)).is_err());
    let shape = vec![huge, huge, 8];
    assert!(shape_of(Op::Expand { shape }, std::slice::from_ref(&x)).is_err());
    let op = Op::DepthToSpace {
        block: huge,
        channel_first: false,
    };
    assert!(shape_of(op, &[f32(&[1, 1, 1, 1])]).is_err());
    let op = Op::MaxPool(pool(huge, huge, huge, true));
    assert!(shape_of(op, std::slice::from_ref(&x)).is_err());
    assert!(shape_of(Op::Unary(Unary::Exp), &[f32(&[1 << 40, 1 << 40])]).is_err());
    // An overflow must be found even where a zero would hide the product.
    assert!(shape_of(Op::Unary(Unary::Exp), &[f32(&[1 << 40, 1 << 40, 0])]).is_err());
}

proptest! {
    #[test]
    fn broadcasting_commutes_and_is_idempotent(
        a in prop::collection::vec(prop::sample::select(vec![1usize, 2, 3]), 0..4),
        b in prop::collection::vec(prop::sample::select(vec![1usize, 2, 3]), 0..4),
    ) {
        let forward = broadcast(&a, &b).ok();
        prop_assert_eq!(&forward, &broadcast(&b, &a).ok());
        if let Some(shape) = forward {
            prop_assert_eq!(broadcast(&a, &shape), Ok(shape.clone()));
            prop_assert_eq!(broadcast(&b, &shape), Ok(shape));
        }
    }

    #[test]
    fn no_pooling_attributes_make_it_panic(
        length in any::<usize>(), kernel in any::<usize>(), stride in any::<usize>(),
        pad in any::<usize>(), ceil_mode in any::<bool>(),
    ) {
        let _ = shape_of(Op::MaxPool(pool(kernel, stride, pad, ceil_mode)), &[f32(&[1, 1, length])]);
    }

    #[test]
    fn no_slice_makes_it_panic(
        length in 0usize..100, start in any::<i64>(), end in any::<i64>(), step in any::<i64>(),
    ) {
        let ranges = vec![SliceRange { axis: 0, start, end, step }];
        let _ = shape_of(Op::Slice { ranges }, &[f32(&[length])]);
    }
}
