//! Pooling and resampling.

use super::*;
use crate::graph::op::{Coordinates, NearestRounding, Resize, ResizeMode};

/// 1, 2, 3, … in this shape.
fn from_one(shape: &[usize]) -> Tensor {
    let values: Vec<f64> = counting(shape).to_f64().iter().map(|v| v + 1.0).collect();
    floats(shape, &values)
}

fn average(pool: Pool, count_include_pad: bool) -> Op {
    Op::AveragePool {
        pool,
        count_include_pad,
    }
}

#[test]
fn maximum_with_its_indices() {
    // test_maxpool_with_argmax_2d_precomputed_pads of the ONNX documentation.
    let op = Op::MaxPool(windows(2, 5, 1, 2, false));
    let results = evaluate(&op, &[&from_one(&[1, 1, 5, 5])], 2).unwrap();
    let rows = |first: [f64; 5], second: [f64; 5], rest: [f64; 5]| {
        [first, second, rest, rest, rest].concat()
    };
    let expected = rows(
        [13.0, 14.0, 15.0, 15.0, 15.0],
        [18.0, 19.0, 20.0, 20.0, 20.0],
        [23.0, 24.0, 25.0, 25.0, 25.0],
    );
    assert_close(&results[0], &[1, 1, 5, 5], &expected);
    let expected: Vec<i64> = expected.iter().map(|&v| v as i64 - 1).collect();
    assert_eq!(results[1].to_i64().unwrap(), expected);
}

#[test]
fn ties_go_to_the_first_and_indices_count_over_the_whole_tensor() {
    let x = floats(&[1, 2, 2, 2], &[1.0, 1.0, 1.0, 1.0, 0.0, 3.0, 3.0, 3.0]);
    let results = evaluate(&Op::MaxPool(windows(2, 2, 2, 0, false)), &[&x], 2).unwrap();
    assert_eq!(results[1].to_i64().unwrap(), [0, 5]);
}

#[test]
fn maximum_with_overhang_and_dilation() {
    // test_maxpool_2d_ceil and test_maxpool_2d_dilations.
    let x = from_one(&[1, 1, 4, 4]);
    let y = apply(&Op::MaxPool(windows(2, 3, 2, 0, true)), &[&x]);
    assert_close(&y, &[1, 1, 2, 2], &[11.0, 12.0, 15.0, 16.0]);
    let mut pool = windows(2, 2, 1, 0, false);
    pool.dilations = vec![2, 2];
    let y = apply(&Op::MaxPool(pool), &[&x]);
    assert_close(&y, &[1, 1, 2, 2], &[11.0, 12.0, 15.0, 16.0]);
}

#[test]
fn mean_with_and_without_padding() {
    // test_averagepool_2d_precomputed_pads and …_count_include_pad.
    let x = from_one(&[1, 1, 5, 5]);
    let y = apply(&average(windows(2, 5, 1, 2, false), false), &[&x]);
    let row = |start: f64| [0.0, 0.5, 1.0, 1.5, 2.0].map(|step| start + step);
    let expected = [row(7.0), row(9.5), row(12.0), row(14.5), row(17.0)].concat();
    assert_close(&y, &[1, 1, 5, 5], &expected);
    let y = apply(&average(windows(2, 5, 1, 2, false), true), &[&x]).to_f64();
    assert_close(&floats(&[5], &y[..5]), &[5], &[2.52, 3.6, 4.8, 4.08, 3.24]);
    assert_close(
        &floats(&[5], &y[20..]),
        &[5],
        &[6.12, 8.4, 10.8, 8.88, 6.84],
    );
}

#[test]
fn an_overhang_never_counts() {
    // test_averagepool_2d_ceil.
    let y = apply(
        &average(windows(2, 3, 2, 0, true), false),
        &[&from_one(&[1, 1, 4, 4])],
    );
    assert_close(&y, &[1, 1, 2, 2], &[6.0, 7.5, 12.0, 13.5]);
    let y = apply(
        &average(windows(1, 3, 2, 0, true), true),
        &[&from_one(&[1, 1, 6])],
    );
    assert_close(&y, &[1, 1, 3], &[2.0, 4.0, 5.5]);
    // test_averagepool_2d_ceil_last_window_starts_on_pad: one window, its nine taps all padded in.
    let y = apply(
        &average(windows(2, 3, 3, 1, true), true),
        &[&from_one(&[1, 1, 2, 2])],
    );
    assert_close(&y, &[1, 1, 1, 1], &[10.0 / 9.0]);
}

#[test]
fn whole_planes() {
    let x = from_one(&[1, 2, 2, 2]);
    assert_close(
        &apply(&Op::GlobalAveragePool, &[&x]),
        &[1, 2, 1, 1],
        &[2.5, 6.5],
    );
    assert_close(
        &apply(&Op::GlobalMaxPool, &[&x]),
        &[1, 2, 1, 1],
        &[4.0, 8.0],
    );
}

fn resize(mode: ResizeMode, coordinates: Coordinates, scales: &[f64], sizes: &[usize]) -> Resize {
    Resize {
        mode,
        coordinates,
        scales: scales.to_vec(),
        sizes: sizes.to_vec(),
        cubic_coefficient: -0.75,
        exclude_outside: false,
        antialias: false,
    }
}

/// Resamples `[length]` to `size` by `scale`.
fn line(
    mode: ResizeMode,
    coordinates: Coordinates,
    scale: f64,
    values: &[f64],
    size: usize,
) -> Vec<f64> {
    let op = Op::Resize(resize(mode, coordinates, &[scale], &[size]));
    apply(&op, &[&floats(&[values.len()], values)]).to_f64()
}

#[test]
fn linear_in_all_coordinates() {
    // test_resize_upsample_scales_linear{,_align_corners,_half_pixel_symmetric}.
    let x = from_one(&[2, 2]);
    let up = |coordinates, scales: [f64; 2], sizes: [usize; 2]| {
        let resize = resize(ResizeMode::Linear, coordinates, &scales, &sizes);
        apply(&Op::Resize(resize), &[&x])
    };
    let expected = [
        1.0, 1.25, 1.75, 2.0, 1.5, 1.75, 2.25, 2.5, 2.5, 2.75, 3.25, 3.5, 3.0, 3.25, 3.75, 4.0,
    ];
    assert_close(
        &up(Coordinates::HalfPixel, [2.0; 2], [4; 2]),
        &[4, 4],
        &expected,
    );
    assert_close(
        &up(Coordinates::PytorchHalfPixel, [2.0; 2], [4; 2]),
        &[4, 4],
        &expected,
    );
    let third = |start: f64| [0.0, 1.0, 2.0, 3.0].map(|step| start + step / 3.0);
    let expected = [third(1.0), third(5.0 / 3.0), third(7.0 / 3.0), third(3.0)].concat();
    assert_close(
        &up(Coordinates::AlignCorners, [2.0; 2], [4; 2]),
        &[4, 4],
        &expected,
    );
    let expected = [
        1.0, 1.15986395, 1.5, 1.84013605, 2.0, 1.56521738, 1.72508133, 2.06521738, 2.40535343,
        2.56521738, 2.43478262, 2.59464657, 2.93478262, 3.27491867, 3.43478262, 3.0, 3.15986395,
        3.5, 3.84013605, 4.0,
    ];
    let y = up(Coordinates::HalfPixelSymmetric, [2.3, 2.94], [4, 5]);
    assert_close(&y, &[4, 5], &expected);
    // By hand: positions 0, 0.5, 1, 1.5 of [1, 2], the last past the end.
    let y = line(
        ResizeMode::Linear,
        Coordinates::Asymmetric,
        2.0,
        &[1.0, 2.0],
        4,
    );
    assert_eq!(y, [1.0, 1.5, 2.0, 2.0]);
}

#[test]
fn an_output_of_length_one() {
    let to_one = |coordinates| {
        line(
            ResizeMode::Linear,
            coordinates,
            0.25,
            &[1.0, 2.0, 3.0, 4.0],
            1,
        )
    };
    assert_eq!(to_one(Coordinates::HalfPixel), [2.5]);
    assert_eq!(to_one(Coordinates::PytorchHalfPixel), [1.0]);
    assert_eq!(to_one(Coordinates::AlignCorners), [1.0]);
}

#[test]
fn nearest_rounds_as_asked() {
    // test_resize_upsample_sizes_nearest_{floor_align_corners,round_prefer_ceil_asymmetric,
    // ceil_half_pixel}, one row.
    let up = |rounding, coordinates| {
        line(
            ResizeMode::Nearest(rounding),
            coordinates,
            2.0,
            &[1.0, 2.0, 3.0, 4.0],
            8,
        )
    };
    assert_eq!(
        up(NearestRounding::Floor, Coordinates::AlignCorners),
        [1.0, 1.0, 1.0, 2.0, 2.0, 3.0, 3.0, 4.0]
    );
    let shifted = [1.0, 2.0, 2.0, 3.0, 3.0, 4.0, 4.0, 4.0];
    assert_eq!(
        up(NearestRounding::PreferCeil, Coordinates::Asymmetric),
        shifted
    );
    assert_eq!(up(NearestRounding::Ceil, Coordinates::HalfPixel), shifted);
    assert_eq!(
        up(NearestRounding::PreferFloor, Coordinates::Asymmetric),
        [1.0, 1.0, 2.0, 2.0, 3.0, 3.0, 4.0, 4.0]
    );
    let truths = truth(&[2], &[true, false]);
    let mode = ResizeMode::Nearest(NearestRounding::Floor);
    let op = Op::Resize(resize(mode, Coordinates::Asymmetric, &[2.0], &[4]));
    assert!(evaluate(&op, &[&truths], 1).is_err());
    let numbers = apply(&op, &[&integers_of(&[2], &[5, 6])]);
    assert_eq!(numbers, integers_of(&[4], &[5, 5, 6, 6]));
}

/// One row and one column of a resampled 4 × 4 counting image.
fn four_by_four(resize: Resize) -> (Vec<f64>, Vec<usize>) {
    let y = apply(&Op::Resize(resize), &[&from_one(&[4, 4])]);
    (y.to_f64(), y.shape().to_vec())
}

#[test]
fn cubic_with_and_without_the_outside() {
    // test_resize_upsample_scales_cubic, …_A_n0p5_exclude_outside, test_resize_downsample_scales_cubic.
    let up = resize(
        ResizeMode::Cubic,
        Coordinates::HalfPixel,
        &[2.0; 2],
        &[8, 8],
    );
    let first_row = |resize: Resize| floats(&[8], &four_by_four(resize).0[..8]);
    let expected = [
        0.47265625, 0.76953125, 1.24609375, 1.875, 2.28125, 2.91015625, 3.38671875, 3.68359375,
    ];
    assert_close(&first_row(up.clone()), &[8], &expected);
    let inside = Resize {
        cubic_coefficient: -0.5,
        exclude_outside: true,
        ..up
    };
    let expected = [
        0.55882353, 0.81494204, 1.35698249, 1.89705882, 2.39705882, 2.93713516, 3.47917561,
        3.73529412,
    ];
    assert_close(&first_row(inside), &[8], &expected);
    let down = resize(
        ResizeMode::Cubic,
        Coordinates::HalfPixel,
        &[0.8; 2],
        &[3, 3],
    );
    let expected = [
        1.47119141,
        2.78125,
        4.08251953,
        6.71142578,
        8.02148438,
        9.32275391,
        11.91650391,
        13.2265625,
        14.52783203,
    ];
    let (y, shape) = four_by_four(down);
    assert_close(&floats(&shape, &y), &[3, 3], &expected);
}

#[test]
fn antialiasing_widens_the_kernel() {
    // test_resize_downsample_scales_{cubic,linear}_antialias.
    for (mode, expected) in [
        (
            ResizeMode::Cubic,
            [2.5180721, 4.2858863, 9.589329, 11.357142],
        ),
        (ResizeMode::Linear, [2.875, 4.5, 9.375, 11.0]),
    ] {
        let mut down = resize(mode, Coordinates::HalfPixel, &[0.6; 2], &[2, 2]);
        down.antialias = true;
        let (y, shape) = four_by_four(down);
        assert_close(&floats(&shape, &y), &[2, 2], &expected);
    }
}
