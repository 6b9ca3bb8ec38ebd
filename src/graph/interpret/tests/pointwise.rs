//! Elementwise operators, normalisations, reductions and running sums.

use super::*;
use crate::graph::op::{Binary, ReduceKind, Unary};

#[test]
fn functions_of_one_input() {
    let half = 0.5f64;
    for (unary, x, y) in [
        (Unary::Identity, -2.0, -2.0),
        (Unary::Neg, -2.0, 2.0),
        (Unary::Abs, -2.0, 2.0),
        (Unary::Sign, -2.0, -1.0),
        (Unary::Sign, 0.0, 0.0),
        (Unary::Floor, -1.5, -2.0),
        (Unary::Ceil, -1.5, -1.0),
        (Unary::Round, 0.5, 0.0),
        (Unary::Round, 1.5, 2.0),
        (Unary::Round, -2.5, -2.0),
        (Unary::Sqrt, 9.0, 3.0),
        (Unary::Exp, 1.0, std::f64::consts::E),
        (Unary::Log, 1.0, 0.0),
        (Unary::Reciprocal, 4.0, 0.25),
        (Unary::Sin, half, half.sin()),
        (Unary::Cos, half, half.cos()),
        (Unary::Tanh, half, 0.462_117_157_26),
        (Unary::Sigmoid, half, 0.622_459_331_2),
        (Unary::Relu, -1.0, 0.0),
        (Unary::Softplus, half, 0.974_076_984_2),
        (Unary::Softplus, 1000.0, 1000.0),
        (Unary::Softsign, -1.0, -0.5),
        (Unary::Erf, 1.0, 0.842_700_792_95),
        (Unary::HardSwish, 1.0, 2.0 / 3.0),
        (Unary::HardSwish, -4.0, 0.0),
        (Unary::Mish, 1.0, 0.865_098_388),
        (Unary::LeakyRelu { alpha: 0.1 }, -2.0, -0.2),
        (Unary::Elu { alpha: 2.0 }, -1.0, -1.264_241_117_7),
        (
            Unary::Selu {
                alpha: 2.0,
                gamma: 3.0,
            },
            -1.0,
            -3.792_723_353,
        ),
        (
            Unary::Selu {
                alpha: 2.0,
                gamma: 3.0,
            },
            1.0,
            3.0,
        ),
        (Unary::Celu { alpha: 2.0 }, -1.0, -0.786_938_680_6),
        (Unary::Celu { alpha: 2.0 }, 1.0, 1.0),
        (
            Unary::HardSigmoid {
                alpha: 0.5,
                beta: 0.6,
            },
            -1.0,
            0.1,
        ),
        (
            Unary::HardSigmoid {
                alpha: 0.5,
                beta: 0.6,
            },
            9.0,
            1.0,
        ),
        (Unary::Gelu { tanh: false }, 1.0, 0.841_344_746),
        (Unary::Gelu { tanh: true }, 1.0, 0.841_191_990_6),
    ] {
        let result = apply(&Op::Unary(unary), &[&floats(&[1], &[x])]).to_f64()[0];
        assert!(
            (result - y).abs() < 1e-9 * y.abs().max(1.0),
            "{unary:?}({x}): {result}"
        );
    }
    let mask = apply(&Op::Unary(Unary::Not), &[&truth(&[2], &[true, false])]);
    assert_eq!(mask, truth(&[2], &[false, true]));
}

#[test]
fn functions_that_compare_let_not_a_number_through() {
    let nan = floats(&[1], &[f64::NAN]);
    let one = floats(&[1], &[1.0]);
    assert!(apply(&Op::Unary(Unary::Relu), &[&nan]).to_f64()[0].is_nan());
    for binary in [Binary::Min, Binary::Max] {
        assert!(apply(&Op::Binary(binary), &[&one, &nan]).to_f64()[0].is_nan());
        assert!(apply(&Op::Binary(binary), &[&nan, &one]).to_f64()[0].is_nan());
    }
}

#[test]
fn functions_of_two_floats() {
    let (a, b) = (floats(&[2], &[-3.0, 5.0]), floats(&[1], &[2.0]));
    for (binary, expected) in [
        (Binary::Add, [-1.0, 7.0]),
        (Binary::Sub, [-5.0, 3.0]),
        (Binary::Mul, [-6.0, 10.0]),
        (Binary::Div, [-1.5, 2.5]),
        (Binary::Pow, [9.0, 25.0]),
        (Binary::Min, [-3.0, 2.0]),
        (Binary::Max, [2.0, 5.0]),
        (Binary::PRelu, [-6.0, 5.0]),
        (Binary::Mod, [-1.0, 1.0]),
    ] {
        assert_eq!(
            apply(&Op::Binary(binary), &[&a, &b]).to_f64(),
            expected,
            "{binary:?}"
        );
    }
    for (binary, expected) in [
        (Binary::Greater, [false, true]),
        (Binary::GreaterOrEqual, [false, true]),
        (Binary::Less, [true, false]),
        (Binary::LessOrEqual, [true, false]),
        (Binary::Equal, [false, false]),
    ] {
        assert_eq!(
            apply(&Op::Binary(binary), &[&a, &b]),
            truth(&[2], &expected),
            "{binary:?}"
        );
    }
}

#[test]
fn integers_wrap_truncate_and_take_the_sign_of_the_divisor() {
    let apply = |binary, a, b| {
        let (a, b) = (integers_of(&[], &[a]), integers_of(&[], &[b]));
        evaluate(&Op::Binary(binary), &[&a, &b], 1).map(|result| result[0].to_i64().unwrap()[0])
    };
    assert_eq!(apply(Binary::Div, -7, 2), Ok(-3));
    assert_eq!(apply(Binary::Mod, -7, 3), Ok(2));
    assert_eq!(apply(Binary::Mod, 7, -3), Ok(-2));
    assert_eq!(apply(Binary::Mod, 6, -3), Ok(0));
    assert_eq!(apply(Binary::Pow, 3, 4), Ok(81));
    assert_eq!(apply(Binary::Add, i64::MAX, 1), Ok(i64::MIN));
    assert_eq!(apply(Binary::Div, i64::MIN, -1), Ok(i64::MIN));
    assert_eq!(apply(Binary::Mod, i64::MIN, -1), Ok(0));
    assert!(apply(Binary::Div, 1, 0).is_err());
    assert!(apply(Binary::Mod, 1, 0).is_err());
    assert!(apply(Binary::Pow, 2, -1).is_err());
}

#[test]
fn truth_values_combine() {
    let (a, b) = (truth(&[2, 1], &[true, false]), truth(&[2], &[true, false]));
    let apply = |binary| apply(&Op::Binary(binary), &[&a, &b]);
    assert_eq!(
        apply(Binary::And),
        truth(&[2, 2], &[true, false, false, false])
    );
    assert_eq!(
        apply(Binary::Or),
        truth(&[2, 2], &[true, true, true, false])
    );
    assert_eq!(
        apply(Binary::Equal),
        truth(&[2, 2], &[true, false, false, true])
    );
}

#[test]
fn conversions_truncate_saturate_and_wrap() {
    let cast = |x: &Tensor, to| apply(&Op::Cast { to }, &[x]);
    let x = floats(&[4], &[-1.7, 2.9, 1e30, 0.0]);
    assert_eq!(cast(&x, DType::I64).to_i64().unwrap(), [-1, 2, i64::MAX, 0]);
    assert_eq!(
        cast(&x, DType::Bool),
        truth(&[4], &[true, true, true, false])
    );
    let n = integers_of(&[2], &[-1, 300]);
    assert_eq!(cast(&n, DType::U8).to_i64().unwrap(), [255, 44]);
    // Just above the middle of two 32-bit floats, but not in 64 bits: by way of those it would
    // round down.
    let large = integers_of(&[1], &[(1 << 60) + (1 << 36) + 1]);
    let single = cast(&large, DType::F32).as_f32().unwrap()[0];
    assert_eq!(single, ((1i64 << 60) + (1 << 37)) as f32);
    let mask = truth(&[2], &[true, false]);
    assert_eq!(cast(&mask, DType::F32).as_f32().unwrap(), [1.0, 0.0]);
}

#[test]
fn clipping_and_choosing() {
    let x = floats(&[3], &[-2.0, 0.5, 2.0]);
    let clip = |low, high| apply(&Op::Clip { low, high }, &[&x]).to_f64();
    assert_eq!(clip(Some(-1.0), Some(1.0)), [-1.0, 0.5, 1.0]);
    assert_eq!(clip(None, Some(1.0)), [-2.0, 0.5, 1.0]);
    let y = floats(&[1], &[9.0]);
    let chosen = apply(&Op::Where, &[&truth(&[2, 1], &[true, false]), &x, &y]);
    assert_close(&chosen, &[2, 3], &[-2.0, 0.5, 2.0, 9.0, 9.0, 9.0]);
}

#[test]
fn reductions() {
    let x = floats(&[2, 2], &[3.0, -4.0, 1.0, 2.0]);
    let reduce = |kind, axes: &[usize]| {
        let op = Op::Reduce {
            kind,
            axes: axes.to_vec(),
            keep_dims: false,
        };
        apply(&op, &[&x])
    };
    for (kind, expected) in [
        (ReduceKind::Sum, [-1.0, 3.0]),
        (ReduceKind::Mean, [-0.5, 1.5]),
        (ReduceKind::Max, [3.0, 2.0]),
        (ReduceKind::Min, [-4.0, 1.0]),
        (ReduceKind::Prod, [-12.0, 2.0]),
        (ReduceKind::L1, [7.0, 3.0]),
        (ReduceKind::L2, [5.0, 5f64.sqrt()]),
        (ReduceKind::SumSquare, [25.0, 5.0]),
        (
            ReduceKind::LogSumExp,
            [3.000_911_466_453_8, 2.313_261_687_518_2],
        ),
    ] {
        assert_close(&reduce(kind, &[1]), &[2], &expected);
    }
    assert_close(&reduce(ReduceKind::Sum, &[0]), &[2], &[4.0, -2.0]);
    assert_close(&reduce(ReduceKind::Sum, &[0, 1]), &[], &[2.0]);
    let n = integers_of(&[3], &[2, 3, -4]);
    for (kind, expected) in [
        (ReduceKind::Sum, 1),
        (ReduceKind::Mean, 0),
        (ReduceKind::Max, 3),
        (ReduceKind::Prod, -24),
        (ReduceKind::L1, 9),
        (ReduceKind::SumSquare, 29),
    ] {
        let op = Op::Reduce {
            kind,
            axes: vec![0],
            keep_dims: true,
        };
        assert_eq!(
            apply(&op, &[&n]),
            integers_of(&[1], &[expected]),
            "{kind:?}"
        );
    }
}

#[test]
fn softmax_and_its_logarithm() {
    // softmax_example of the ONNX documentation, beside a line that would overflow.
    let x = floats(&[2, 3], &[-1.0, 0.0, 1.0, 1000.0, 1001.0, 1002.0]);
    let line = [0.090_030_573, 0.244_728_471, 0.665_240_956];
    let y = apply(&Op::Softmax { axis: 1 }, &[&x]);
    assert_close(&y, &[2, 3], &[line, line].concat());
    let logarithms: Vec<f64> = y.to_f64().iter().map(|p| p.ln()).collect();
    assert_close(
        &apply(&Op::LogSoftmax { axis: 1 }, &[&x]),
        &[2, 3],
        &logarithms,
    );
    let columns = apply(&Op::Softmax { axis: 0 }, &[&floats(&[2, 1], &[2.0, 2.0])]);
    assert_close(&columns, &[2, 1], &[0.5, 0.5]);
}

#[test]
fn running_sums() {
    let x = counting(&[2, 3]);
    for (exclusive, reverse, expected) in [
        (false, false, [0.0, 1.0, 3.0, 3.0, 7.0, 12.0]),
        (true, false, [0.0, 0.0, 1.0, 0.0, 3.0, 7.0]),
        (false, true, [3.0, 3.0, 2.0, 12.0, 9.0, 5.0]),
        (true, true, [3.0, 2.0, 0.0, 9.0, 5.0, 0.0]),
    ] {
        let op = Op::CumSum {
            axis: 1,
            exclusive,
            reverse,
        };
        assert_close(&apply(&op, &[&x]), &[2, 3], &expected);
    }
}

#[test]
fn batch_normalisation_uses_given_statistics() {
    let x = floats(&[1, 2, 2], &[1.0, 3.0, 5.0, 9.0]);
    let [scale, bias, mean, variance] =
        [[2.0, 1.0], [0.5, 0.0], [1.0, 5.0], [3.0, 15.0]].map(|values| floats(&[2], &values));
    let op = Op::BatchNormalization { epsilon: 1.0 };
    let y = apply(&op, &[&x, &scale, &bias, &mean, &variance]);
    assert_close(&y, &[1, 2, 2], &[0.5, 2.5, 0.0, 1.0]);
}

#[test]
fn instance_and_layer_normalisation_use_their_own_statistics() {
    // Mean 2 and variance 1 + epsilon 3; mean 7 and variance 1.
    let x = floats(&[1, 2, 2], &[1.0, 3.0, 6.0, 8.0]);
    let (scale, bias) = (floats(&[2], &[1.0, 4.0]), floats(&[2], &[0.0, 1.0]));
    let op = Op::InstanceNormalization { epsilon: 3.0 };
    assert_close(
        &apply(&op, &[&x, &scale, &bias]),
        &[1, 2, 2],
        &[-0.5, 0.5, -1.0, 3.0],
    );
    let op = Op::LayerNormalization {
        axis: 2,
        epsilon: 3.0,
    };
    assert_close(
        &apply(&op, &[&x, &scale]),
        &[1, 2, 2],
        &[-0.5, 2.0, -0.5, 2.0],
    );
    assert_close(
        &apply(&op, &[&x, &scale, &bias]),
        &[1, 2, 2],
        &[-0.5, 3.0, -0.5, 3.0],
    );
    // Over both axes: mean 4.5, variance 7.25.
    let op = Op::LayerNormalization {
        axis: 1,
        epsilon: 0.0,
    };
    let y = apply(&op, &[&x, &floats(&[], &[1.0])]).to_f64();
    assert!((y[0] + 3.5 / 7.25f64.sqrt()).abs() < 1e-12);
}

#[test]
fn local_response_normalisation_windows_channels() {
    let x = floats(&[1, 4, 1, 1], &[1.0, 2.0, 3.0, 4.0]);
    // size 2: from c to c + 1; alpha/size = 1, exponent 1.
    let op = |size| Op::LocalResponseNormalization {
        alpha: size as f64,
        beta: 1.0,
        bias: 1.0,
        size,
    };
    let y = apply(&op(2), &[&x]);
    assert_close(
        &y,
        &[1, 4, 1, 1],
        &[1.0 / 6.0, 2.0 / 14.0, 3.0 / 26.0, 4.0 / 17.0],
    );
    // size 3: from c − 1 to c + 1.
    let y = apply(&op(3), &[&x]);
    assert_close(
        &y,
        &[1, 4, 1, 1],
        &[1.0 / 6.0, 2.0 / 15.0, 3.0 / 30.0, 4.0 / 26.0],
    );
}
