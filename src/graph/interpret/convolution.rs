//! Convolution and its transpose, tap by tap.

use super::{positions, rounded};
use crate::graph::op::Convolution;
use crate::graph::tensor::{Tensor, TensorType};

/// Positions that one kernel tap joins along one axis: window `first + i` reads `at + i·stride`.
#[derive(Clone, Copy)]
struct Reach {
    first: usize,
    count: usize,
    at: usize,
}

/// The windows of one axis whose tap number `tap` falls inside the axis:
/// `0 <= window·stride + tap·dilation − pad < length`.
fn reach(
    (windows, length): (usize, usize),
    (stride, dilation, pad): (usize, usize, usize),
    tap: usize,
) -> Reach {
    let offset = tap * dilation;
    let first = pad.saturating_sub(offset).div_ceil(stride);
    let end = (length + pad)
        .saturating_sub(offset)
        .div_ceil(stride)
        .min(windows);
    Reach {
        first,
        count: end.saturating_sub(first),
        at: (first * stride + offset).saturating_sub(pad),
    }
}

/// What one tap joins: equal runs along the last axis, each a (window, input) pair of starts.
struct Tap {
    runs: Vec<(usize, usize)>,
    count: usize,
    stride: usize,
}

/// Every tap of the kernel with what it joins between `windows` (the output of the convolution,
/// the input of its transpose) and `input`, both spatial shapes.
fn taps(
    windows: &[usize],
    input: &[usize],
    kernel: &[usize],
    convolution: &Convolution,
) -> Vec<Tap> {
    let window_strides = positions::strides(windows);
    let input_strides = positions::strides(input);
    let last = input.len() - 1;
    let mut taps = Vec::new();
    positions::for_each_index(kernel, |index| {
        let reaches: Vec<Reach> = (0..input.len())
            .map(|axis| {
                reach(
                    (windows[axis], input[axis]),
                    (
                        convolution.strides[axis],
                        convolution.dilations[axis],
                        convolution.pads_before[axis],
                    ),
                    index[axis],
                )
            })
            .collect();
        let rows: Vec<usize> = reaches[..last].iter().map(|reach| reach.count).collect();
        let mut runs = Vec::new();
        positions::for_each_index(&rows, |row| {
            let mut window = reaches[last].first;
            let mut at = reaches[last].at;
            for (axis, &step) in row.iter().enumerate() {
                window += (reaches[axis].first + step) * window_strides[axis];
                at += (reaches[axis].at + step * convolution.strides[axis]) * input_strides[axis];
            }
            runs.push((window, at));
        });
        taps.push(Tap {
            runs,
            count: reaches[last].count,
            stride: convolution.strides[last],
        });
    });
    taps
}

/// An output `[N, M, ..]` that starts as the bias.
fn biased(bias: Option<&&Tensor>, output: &TensorType) -> Vec<f64> {
    let area: usize = output.shape[2..].iter().product();
    let bias = bias.map_or_else(|| vec![0.0; output.shape[1]], |bias| bias.to_f64());
    (0..output.shape[0])
        .flat_map(|_| bias.iter())
        .flat_map(|&value| std::iter::repeat_n(value, area))
        .collect()
}

/// y[n, m, o] = b[m] + Σ_{c, k} x[n, c, o·stride + k·dilation − pad] w[m, c, k].
pub(super) fn forward(
    inputs: &[&Tensor],
    convolution: &Convolution,
    output: &TensorType,
) -> Result<Tensor, String> {
    let (x, weight) = (inputs[0].to_f64(), inputs[1].to_f64());
    let (x_shape, weight_shape) = (inputs[0].shape(), inputs[1].shape());
    let taps = taps(
        &output.shape[2..],
        &x_shape[2..],
        &weight_shape[2..],
        convolution,
    );
    let area_x: usize = x_shape[2..].iter().product();
    let area_y: usize = output.shape[2..].iter().product();
    let (channels, outputs) = (x_shape[1], output.shape[1]);
    let channels_per_group = weight_shape[1];
    let outputs_per_group = outputs / convolution.group;
    let mut y = biased(inputs.get(2), output);
    for sample in 0..x_shape[0] {
        for m in 0..outputs {
            let group = m / outputs_per_group;
            let y = &mut y[(sample * outputs + m) * area_y..][..area_y];
            for c in 0..channels_per_group {
                let channel = sample * channels + group * channels_per_group + c;
                let x = &x[channel * area_x..][..area_x];
                let kernel = &weight[(m * channels_per_group + c) * taps.len()..];
                for (tap, &w) in taps.iter().zip(kernel) {
                    for &(window, at) in &tap.runs {
                        for i in 0..tap.count {
                            y[window + i] += w * x[at + i * tap.stride];
                        }
                    }
                }
            }
        }
    }
    rounded(y, output)
}

/// y[n, m, i·stride + k·dilation − pad] = b[m] + Σ x[n, c, i] w[c, m, k]: every input element
/// spreads the kernel over the output.
pub(super) fn transposed(
    inputs: &[&Tensor],
    convolution: &Convolution,
    output: &TensorType,
) -> Result<Tensor, String> {
    let (x, weight) = (inputs[0].to_f64(), inputs[1].to_f64());
    let (x_shape, weight_shape) = (inputs[0].shape(), inputs[1].shape());
    let taps = taps(
        &x_shape[2..],
        &output.shape[2..],
        &weight_shape[2..],
        convolution,
    );
    let area_x: usize = x_shape[2..].iter().product();
    let area_y: usize = output.shape[2..].iter().product();
    let (channels, outputs) = (x_shape[1], output.shape[1]);
    let outputs_per_group = weight_shape[1];
    let channels_per_group = channels / convolution.group;
    let mut y = biased(inputs.get(2), output);
    for sample in 0..x_shape[0] {
        for c in 0..channels {
            let group = c / channels_per_group;
            let x = &x[(sample * channels + c) * area_x..][..area_x];
            for m in 0..outputs_per_group {
                let channel = sample * outputs + group * outputs_per_group + m;
                let y = &mut y[channel * area_y..][..area_y];
                let kernel = &weight[(c * outputs_per_group + m) * taps.len()..];
                for (tap, &w) in taps.iter().zip(kernel) {
                    for &(window, at) in &tap.runs {
                        for i in 0..tap.count {
                            y[at + i * tap.stride] += w * x[window + i];
                        }
                    }
                }
            }
        }
    }
    rounded(y, output)
}
