//! Convolutions and matrix products.

use super::*;

#[test]
fn convolution_with_and_without_padding() {
    // test_conv_with_strides_padding and its neighbours of the ONNX documentation.
    let x = counting(&[1, 1, 5, 5]);
    let ones = floats(&[1, 1, 3, 3], &[1.0; 9]);
    let y = apply(&Op::Conv(square(1, 1, 1, 1)), &[&x, &ones]);
    let expected = [
        12.0, 21.0, 27.0, 33.0, 24.0, 33.0, 54.0, 63.0, 72.0, 51.0, 63.0, 99.0, 108.0, 117.0, 81.0,
        93.0, 144.0, 153.0, 162.0, 111.0, 72.0, 111.0, 117.0, 123.0, 84.0,
    ];
    assert_close(&y, &[1, 1, 5, 5], &expected);
    let y = apply(&Op::Conv(square(1, 1, 0, 1)), &[&x, &ones]);
    let expected = [54.0, 63.0, 72.0, 99.0, 108.0, 117.0, 144.0, 153.0, 162.0];
    assert_close(&y, &[1, 1, 3, 3], &expected);
    let y = apply(
        &Op::Conv(square(2, 1, 1, 1)),
        &[&counting(&[1, 1, 7, 5]), &ones],
    );
    let expected = [
        12.0, 27.0, 24.0, 63.0, 108.0, 81.0, 123.0, 198.0, 141.0, 112.0, 177.0, 124.0,
    ];
    assert_close(&y, &[1, 1, 4, 3], &expected);
}

#[test]
fn convolution_with_groups_dilation_and_bias() {
    let line = |dilation, group| {
        Op::Conv(Convolution {
            strides: vec![1],
            dilations: vec![dilation],
            pads_before: vec![0],
            pads_after: vec![1],
            group,
        })
    };
    let x = floats(&[1, 2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    let weight = floats(&[2, 1, 2], &[1.0, 10.0, 2.0, -1.0]);
    let bias = floats(&[2], &[0.5, 0.0]);
    let y = apply(&line(2, 2), &[&x, &weight, &bias]);
    assert_close(&y, &[1, 2, 2], &[31.5, 2.5, 2.0, 10.0]);
    let weight = floats(&[1, 2, 2], &[1.0, 10.0, 2.0, -1.0]);
    let y = apply(&line(1, 1), &[&x, &weight]);
    assert_close(&y, &[1, 1, 3], &[24.0, 36.0, 15.0]);
}

#[test]
fn transposed_convolution_spreads_the_kernel() {
    // test_convtranspose of the ONNX documentation.
    let x = counting(&[1, 1, 3, 3]);
    let ones = floats(&[1, 2, 3, 3], &[1.0; 18]);
    let op = |stride, output_padding| Op::ConvTranspose {
        convolution: square(stride, 1, 0, 1),
        output_padding: vec![output_padding; 2],
    };
    let channel = [
        0.0, 1.0, 3.0, 3.0, 2.0, 3.0, 8.0, 15.0, 12.0, 7.0, 9.0, 21.0, 36.0, 27.0, 15.0, 9.0, 20.0,
        33.0, 24.0, 13.0, 6.0, 13.0, 21.0, 15.0, 8.0,
    ];
    let y = apply(&op(1, 0), &[&x, &ones]);
    assert_close(&y, &[1, 2, 5, 5], &[channel, channel].concat());
    let y = apply(&op(2, 1), &[&floats(&[1, 1, 1, 1], &[2.0]), &ones]);
    let corner = [2.0, 2.0, 2.0, 0.0];
    let channel = [corner, corner, corner, [0.0; 4]].concat();
    assert_close(&y, &[1, 2, 4, 4], &[channel.clone(), channel].concat());
}

#[test]
fn general_matrix_product() {
    let (a, b) = (counting(&[2, 3]), counting(&[3, 2]));
    let gemm = |transpose_a, transpose_b| Op::Gemm {
        alpha: 2.0,
        beta: 0.5,
        transpose_a,
        transpose_b,
    };
    let y = apply(&gemm(false, false), &[&a, &b]);
    assert_close(&y, &[2, 2], &[20.0, 26.0, 56.0, 80.0]);
    let c = floats(&[2, 1], &[2.0, 4.0]);
    let y = apply(&gemm(false, false), &[&a, &b, &c]);
    assert_close(&y, &[2, 2], &[21.0, 27.0, 58.0, 82.0]);
    let y = apply(&gemm(true, true), &[&a, &b]);
    assert_close(
        &y,
        &[3, 3],
        &[6.0, 18.0, 30.0, 8.0, 28.0, 48.0, 10.0, 38.0, 66.0],
    );
}

#[test]
fn matrix_product_broadcasts_and_takes_vectors() {
    let (a, b) = (counting(&[2, 3]), counting(&[2, 3, 2]));
    let y = apply(&Op::MatMul, &[&a, &b]);
    assert_close(
        &y,
        &[2, 2, 2],
        &[10.0, 13.0, 28.0, 40.0, 28.0, 31.0, 100.0, 112.0],
    );
    let v = floats(&[3], &[1.0, 2.0, 3.0]);
    assert_close(&apply(&Op::MatMul, &[&a, &v]), &[2], &[8.0, 26.0]);
    assert_close(
        &apply(&Op::MatMul, &[&v, &b]),
        &[2, 2],
        &[16.0, 22.0, 52.0, 58.0],
    );
    assert_close(&apply(&Op::MatMul, &[&v, &v]), &[], &[14.0]);
    let empty = floats(&[2, 0], &[]);
    let y = apply(&Op::MatMul, &[&empty, &floats(&[0, 3], &[])]);
    assert_close(&y, &[2, 3], &[0.0; 6]);
}
