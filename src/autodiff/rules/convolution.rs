//! Convolution and transposed convolution: each is the other's adjoint in its input.
//!
//! Along one axis with input length H, padding (b, e), stride s and kernel extent
//! k' = (k − 1)·dilation + 1, a convolution has O = ⌊(H + b + e − k')/s⌋ + 1 outputs and leaves
//! r = (H + b + e − k') mod s elements at the end unused.
//!
//! The pullback to the input is `ConvTranspose` with the same weight and output padding r. For
//! stride 1 it is also a `Conv` of the cotangent, padded by (k' − 1 − b, k' − 1 − e), with the weight
//! flipped in space and its channels swapped within each group: on a CPU 1.2 to 2 times faster, for
//! depthwise weights 4 to 15 times. For larger strides the zero-dilated `Conv` is slower. A constant
//! weight is flipped here, so that no runtime flips it again on every run, unless the graph is for a
//! file ([`ConvolutionAdjoint::FlippedInGraph`]).

use super::Site;
use crate::autodiff::ConvolutionAdjoint;
use crate::autodiff::var::Var;
use crate::graph::Tensor;
use crate::graph::op::{Convolution, Op};

fn extent(kernel: usize, dilation: usize) -> usize {
    (kernel - 1) * dilation + 1
}

/// Kernel extents of a weight, one for each spatial axis.
fn extents(weight: &[usize], convolution: &Convolution) -> Vec<usize> {
    weight[2..]
        .iter()
        .zip(&convolution.dilations)
        .map(|(&kernel, &dilation)| extent(kernel, dilation))
        .collect()
}

/// Pullback of `Conv`.
pub(super) fn conv<'t>(site: &Site<'t>, convolution: &Convolution) -> Vec<Option<Var<'t>>> {
    let (x, weight, g) = (site.inputs[0], site.inputs[1], site.cotangent);
    vec![
        site.when(0, || to_input(x, weight, g, convolution)),
        site.when(1, || to_weight(x, &weight.shape(), g, convolution)),
        site.when(2, || over_channels(g)),
    ]
}

/// Pullback of `ConvTranspose`: y = Cᵀx with C a convolution, so x̄ = C·ȳ, and the weight gets what
/// it gets from ⟨x, C·ȳ⟩.
pub(super) fn conv_transpose<'t>(
    site: &Site<'t>,
    convolution: &Convolution,
    output_padding: &[usize],
) -> Vec<Option<Var<'t>>> {
    let (x, weight) = (site.inputs[0], site.inputs[1]);
    let bias = site.when(2, || over_channels(site.cotangent));
    // Output padding of a stride or more would make the convolution one element too long.
    let mut g = site.cotangent;
    let mut convolution = convolution.clone();
    for (axis, &extra) in output_padding.iter().enumerate() {
        if extra >= convolution.strides[axis] {
            let after = convolution.pads_after[axis];
            let length = g.shape()[axis + 2].saturating_sub(extra.saturating_sub(after));
            if length == 0 {
                // All output is output padding.
                return vec![None, None, bias];
            }
            g = g.slice_axis(axis + 2, 0, length);
            convolution.pads_after[axis] = after.saturating_sub(extra);
        }
    }
    vec![
        site.when(0, || {
            site.tape.emit(Op::Conv(convolution.clone()), &[g, weight])
        }),
        site.when(1, || to_weight(g, &weight.shape(), x, &convolution)),
        bias,
    ]
}

/// The bias's cotangent: the sum over all but the channels.
fn over_channels(g: Var<'_>) -> Var<'_> {
    let shape = g.shape();
    let axes: Vec<usize> = (0..shape.len()).filter(|&axis| axis != 1).collect();
    g.sum(&axes).reshape(&[shape[1]])
}

fn to_input<'t>(x: Var<'t>, weight: Var<'t>, g: Var<'t>, convolution: &Convolution) -> Var<'t> {
    let weight_shape = weight.shape();
    let extents = extents(&weight_shape, convolution);
    let pads = |pads: &[usize]| -> Option<Vec<usize>> {
        let pairs = extents.iter().zip(pads);
        pairs.map(|(&k, &pad)| (k - 1).checked_sub(pad)).collect()
    };
    let flipped_pads = pads(&convolution.pads_before).zip(pads(&convolution.pads_after));
    let unit_stride = convolution.strides.iter().all(|&stride| stride == 1);
    let may_flip = unit_stride && g.tape().lowering.convolution != ConvolutionAdjoint::Transposed;
    if let (true, Some((pads_before, pads_after))) = (may_flip, flipped_pads) {
        let op = Op::Conv(Convolution {
            pads_before,
            pads_after,
            ..convolution.clone()
        });
        return g.tape().emit(op, &[g, flipped(weight, convolution.group)]);
    }
    let output_padding = (0..extents.len())
        .map(|axis| {
            let padded =
                x.shape()[axis + 2] + convolution.pads_before[axis] + convolution.pads_after[axis];
            (padded - extents[axis]) % convolution.strides[axis]
        })
        .collect();
    let op = Op::ConvTranspose {
        convolution: convolution.clone(),
        output_padding,
    };
    g.tape().emit(op, &[g, weight])
}

/// `[M, C/group, ..]` as `[C, M/group, ..]`, channels swapped within each group and space reversed.
fn flipped(weight: Var<'_>, group: usize) -> Var<'_> {
    let shape = weight.shape();
    let (outputs, inputs) = (shape[0] / group, shape[1]);
    let stored = weight.tape().lowering.convolution == ConvolutionAdjoint::Flipped;
    if let (true, Some(tensor)) = (stored, weight.tensor()) {
        let name = format!("{}/flipped", weight.name());
        if let Some(flipped) = flipped_tensor(&tensor, group) {
            return weight.tape().constant(&name, flipped);
        }
    }
    let reversed = (2..shape.len()).filter(|&axis| shape[axis] > 1);
    if group == 1 {
        let permutation: Vec<usize> = [1, 0].into_iter().chain(2..shape.len()).collect();
        return weight.transpose(&permutation).flip(reversed);
    }
    let mut grouped = vec![group, outputs, inputs];
    grouped.extend(&shape[2..]);
    let mut permutation = vec![0, 2, 1];
    permutation.extend(3..grouped.len());
    let mut swapped = vec![group * inputs, outputs];
    swapped.extend(&shape[2..]);
    weight
        .reshape(&grouped)
        .transpose(&permutation)
        .reshape(&swapped)
        .flip(reversed)
}

/// [`flipped`] of a constant.
fn flipped_tensor(weight: &Tensor, group: usize) -> Option<Tensor> {
    let shape = weight.shape();
    let (outputs, inputs) = (shape[0] / group, shape[1]);
    let taps: usize = shape[2..].iter().product();
    let values = weight.to_f64();
    let mut flipped = Vec::with_capacity(values.len());
    for (within, input) in (0..group).flat_map(|g| (0..inputs).map(move |i| (g, i))) {
        for output in 0..outputs {
            let start = ((within * outputs + output) * inputs + input) * taps;
            flipped.extend(values.get(start..start + taps)?.iter().rev());
        }
    }
    let mut swapped = vec![group * inputs, outputs];
    swapped.extend(&shape[2..]);
    Tensor::from_f64(weight.dtype(), swapped, &flipped).ok()
}

/// W̄[m, c, k] = Σ_{n, o} ȳ[n, m, o]·x[n, c, o·s + k·d − b]: a convolution of x by ȳ whose batch is
/// the channel, whose channels are the batch, and in which stride and dilation change places.
fn to_weight<'t>(x: Var<'t>, weight: &[usize], g: Var<'t>, convolution: &Convolution) -> Var<'t> {
    let group = convolution.group;
    let (x_shape, g_shape) = (x.shape(), g.shape());
    let (batch, inputs, outputs) = (x_shape[0], x_shape[1] / group, g_shape[1] / group);

    // [N, G·C, ..] to [C, G·N, ..]
    let mut shape = vec![batch, group, inputs];
    shape.extend(&x_shape[2..]);
    let mut permutation = vec![2, 1, 0];
    permutation.extend(3..x_shape.len() + 1);
    let mut images = vec![inputs, group * batch];
    images.extend(&x_shape[2..]);
    let images = x.reshape(&shape).transpose(&permutation).reshape(&images);

    // [N, G·M, ..] to [G·M, N, ..]
    let mut permutation = vec![1, 0];
    permutation.extend(2..g_shape.len());
    let kernels = g.transpose(&permutation);

    // The unused end of x would add taps.
    let extents = extents(weight, convolution);
    let mut pads_after = convolution.pads_after.clone();
    let mut images_used = images;
    for (axis, pad) in pads_after.iter_mut().enumerate() {
        let length = x_shape[axis + 2];
        let used = (g_shape[axis + 2] - 1) * convolution.strides[axis] + extents[axis];
        let before = convolution.pads_before[axis];
        if used <= before {
            // Every window lies in the padding.
            return x.tape().zeros(x.dtype(), weight);
        }
        *pad = used.saturating_sub(before + length);
        images_used = images_used.slice_axis(axis + 2, 0, length.min(used - before));
    }
    let op = Op::Conv(Convolution {
        strides: convolution.dilations.clone(),
        dilations: convolution.strides.clone(),
        pads_before: convolution.pads_before.clone(),
        pads_after,
        group,
    });
    // [C, G·M, k..] to [G·M, C, k..]
    let gradient = x.tape().emit(op, &[images_used, kernels]);
    debug_assert_eq!(gradient.shape()[1], group * outputs);
    gradient.transpose(&permutation)
}
