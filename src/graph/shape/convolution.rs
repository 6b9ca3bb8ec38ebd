//! Types of convolutions and transposed convolutions.

use super::{TensorType, require};
use crate::graph::op::Convolution;

/// Input, weight and their spatial axes, checked.
fn operands<'a>(
    inputs: &[&'a TensorType],
    convolution: &Convolution,
) -> Result<(&'a TensorType, &'a TensorType, Option<&'a TensorType>), String> {
    let ([x, weight], bias) = require::inputs_and_optional(inputs)?;
    require::float(x)?;
    require::same_dtype(x, weight)?;
    require::rank_at_least(x, 3)?;
    require::rank(weight, x.rank())?;
    let spatial = x.rank() - 2;
    require::entries("strides", &convolution.strides, spatial)?;
    require::entries("dilations", &convolution.dilations, spatial)?;
    require::entries("pads_before", &convolution.pads_before, spatial)?;
    require::entries("pads_after", &convolution.pads_after, spatial)?;
    require::positive("strides", &convolution.strides)?;
    require::positive("dilations", &convolution.dilations)?;
    require::positive("group", &[convolution.group])?;
    require::positive("spatial lengths", &x.shape[2..])?;
    require::positive("kernel", &weight.shape[2..])?;
    Ok((x, weight, bias))
}

fn check_bias(bias: Option<&TensorType>, channels: usize, x: &TensorType) -> Result<(), String> {
    match bias {
        Some(bias) => require::per_channel("bias", bias, channels, x),
        None => Ok(()),
    }
}

/// `(kernel − 1)·dilation + 1`: the length a dilated window spans.
pub(super) fn extent(kernel: usize, dilation: usize) -> Option<usize> {
    kernel.checked_sub(1)?.checked_mul(dilation)?.checked_add(1)
}

pub(super) fn convolution(
    inputs: &[&TensorType],
    convolution: &Convolution,
) -> Result<TensorType, String> {
    let (x, weight, bias) = operands(inputs, convolution)?;
    let (channels, outputs) = (x.shape[1], weight.shape[0]);
    if weight.shape[1].checked_mul(convolution.group) != Some(channels)
        || outputs % convolution.group != 0
    {
        return Err(format!(
            "weight {weight} in {} groups does not fit {x}",
            convolution.group
        ));
    }
    check_bias(bias, outputs, x)?;
    let mut shape = vec![x.shape[0], outputs];
    for axis in 0..x.rank() - 2 {
        let length = x.shape[axis + 2]
            .checked_add(convolution.pads_before[axis])
            .and_then(|length| length.checked_add(convolution.pads_after[axis]))
            .zip(extent(weight.shape[axis + 2], convolution.dilations[axis]))
            .and_then(|(length, extent)| length.checked_sub(extent))
            .ok_or_else(|| {
                format!("the kernel of {weight} does not fit the padded {x}: {convolution:?}")
            })?;
        shape.push(length / convolution.strides[axis] + 1);
    }
    Ok(TensorType::new(x.dtype, shape))
}

pub(super) fn transposed(
    inputs: &[&TensorType],
    convolution: &Convolution,
    output_padding: &[usize],
) -> Result<TensorType, String> {
    let (x, weight, bias) = operands(inputs, convolution)?;
    require::entries("output_padding", output_padding, x.rank() - 2)?;
    let channels = x.shape[1];
    let outputs = weight.shape[1].checked_mul(convolution.group);
    let (Some(outputs), true) = (
        outputs,
        weight.shape[0] == channels && channels % convolution.group == 0,
    ) else {
        return Err(format!(
            "weight {weight} in {} groups does not fit {x}",
            convolution.group
        ));
    };
    check_bias(bias, outputs, x)?;
    let mut shape = vec![x.shape[0], outputs];
    for (axis, &extra) in output_padding.iter().enumerate() {
        let length = (x.shape[axis + 2] - 1)
            .checked_mul(convolution.strides[axis])
            .and_then(|length| length.checked_add(extra))
            .zip(extent(weight.shape[axis + 2], convolution.dilations[axis]))
            .and_then(|(length, extent)| length.checked_add(extent))
            .and_then(|length| length.checked_sub(convolution.pads_before[axis]))
            .and_then(|length| length.checked_sub(convolution.pads_after[axis]))
            .ok_or_else(|| {
                format!("{x} with weight {weight} has no output length: {convolution:?}")
            })?;
        shape.push(length);
    }
    Ok(TensorType::new(x.dtype, shape))
}
