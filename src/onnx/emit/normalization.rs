//! Normalisations.

use super::Site;
use super::attributes::{float, int, ints};

pub(super) fn with_epsilon(site: &mut Site<'_, '_>, op_type: &str, epsilon: f64) {
    site.same(op_type, vec![float("epsilon", epsilon)]);
}

pub(super) fn layer(site: &mut Site<'_, '_>, axis: usize, epsilon: f64) {
    let attributes = vec![int("axis", axis), float("epsilon", epsilon)];
    site.same("LayerNormalization", attributes);
}

/// x / (bias + alpha · mean of x² over the channel window)^beta, the mean as an average pool over
/// channels: the window's missing channels count as zeros.
pub(super) fn local_response(
    site: &mut Site<'_, '_>,
    alpha: f64,
    beta: f64,
    bias: f64,
    size: usize,
) {
    let x = site.input(0);
    let dtype = site.input_type(0).dtype;
    let shape = site.input_type(0).shape.clone();
    let lengths = |shape: &[usize]| shape.iter().map(|&axis| axis as i64).collect::<Vec<i64>>();
    let spatial: usize = shape[2..].iter().product();

    let square = site.step("square", "Mul", vec![x.clone(), x.clone()], vec![]);
    let rows = site.ints("rows", lengths(&[shape[0], 1, shape[1], spatial]));
    let by_channel = site.step("by_channel", "Reshape", vec![square, rows], vec![]);
    let window = vec![
        ints("kernel_shape", &[size, 1]),
        ints("strides", &[1, 1]),
        ints("pads", &[(size - 1) / 2, 0, size / 2, 0]),
        int("count_include_pad", 1),
    ];
    let mean = site.step("mean", "AveragePool", vec![by_channel], window);
    let whole = site.ints("whole", lengths(&shape));
    let mean = site.step("mean_square", "Reshape", vec![mean, whole], vec![]);
    let alpha = site.scalar("alpha", dtype, alpha);
    let scaled = site.step("scaled", "Mul", vec![mean, alpha], vec![]);
    let bias = site.scalar("bias", dtype, bias);
    let base = site.step("base", "Add", vec![scaled, bias], vec![]);
    let beta = site.scalar("beta", dtype, beta);
    let divisor = site.step("divisor", "Pow", vec![base, beta], vec![]);
    site.last("Div", vec![x, divisor], vec![]);
}
