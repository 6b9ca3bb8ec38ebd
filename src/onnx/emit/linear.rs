//! Convolutions and matrix products.

use super::super::wire::AttributeProto;
use super::Site;
use super::attributes::{flag, float, int, ints};
use crate::graph::op::Convolution;

pub(super) fn convolution(site: &mut Site<'_, '_>, convolution: &Convolution) {
    let attributes = attributes(site, convolution);
    site.same("Conv", attributes);
}

pub(super) fn transposed_convolution(
    site: &mut Site<'_, '_>,
    convolution: &Convolution,
    output_padding: &[usize],
) {
    let mut attributes = attributes(site, convolution);
    if output_padding.iter().any(|&extra| extra != 0) {
        attributes.push(ints("output_padding", output_padding));
    }
    site.same("ConvTranspose", attributes);
}

fn attributes(site: &Site<'_, '_>, convolution: &Convolution) -> Vec<AttributeProto> {
    let pads = [
        convolution.pads_before.as_slice(),
        convolution.pads_after.as_slice(),
    ];
    vec![
        ints("kernel_shape", &site.input_type(1).shape[2..]),
        ints("strides", &convolution.strides),
        ints("dilations", &convolution.dilations),
        ints("pads", &pads.concat()),
        int("group", convolution.group),
    ]
}

pub(super) fn gemm(
    site: &mut Site<'_, '_>,
    alpha: f64,
    beta: f64,
    transpose_a: bool,
    transpose_b: bool,
) {
    let attributes = vec![
        float("alpha", alpha),
        float("beta", beta),
        flag("transA", transpose_a),
        flag("transB", transpose_b),
    ];
    site.same("Gemm", attributes);
}
