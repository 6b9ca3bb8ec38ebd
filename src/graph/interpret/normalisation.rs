//! Normalisation operators.

use super::positions::{self, Lines};
use super::{floats, rounded};
use crate::graph::tensor::{Tensor, TensorType};

/// (x − mean) / √(variance + epsilon) · scale + bias, with given statistics of each channel.
pub(super) fn batch(
    inputs: &[&Tensor],
    epsilon: f64,
    output: &TensorType,
) -> Result<Tensor, String> {
    let parameters: Vec<Vec<f64>> = inputs[1..].iter().map(|p| p.to_f64()).collect();
    let [scale, bias, mean, variance] = parameters.as_slice() else {
        return Err("takes 5 inputs".to_owned());
    };
    let lines = Lines::new(&output.shape, 1);
    let values = by_channel(inputs[0].to_f64(), lines, |c, x| {
        (x - mean[c]) / (variance[c] + epsilon).sqrt() * scale[c] + bias[c]
    });
    rounded(values, output)
}

/// Every element changed by a function of it and its channel, the axis of `lines`.
fn by_channel(mut values: Vec<f64>, lines: Lines, change: impl Fn(usize, f64) -> f64) -> Vec<f64> {
    for (plane, values) in values.chunks_exact_mut(lines.inner.max(1)).enumerate() {
        let channel = plane % lines.length;
        for x in values {
            *x = change(channel, *x);
        }
    }
    values
}

/// Each run of `length` neighbours, shifted to mean 0 and scaled to variance 1.
fn standardised(mut values: Vec<f64>, length: usize, epsilon: f64) -> Vec<f64> {
    if length == 0 {
        return values;
    }
    for run in values.chunks_exact_mut(length) {
        let count = length as f64;
        let mean = run.iter().sum::<f64>() / count;
        let variance = run.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / count;
        let deviation = (variance + epsilon).sqrt();
        for x in run {
            *x = (*x - mean) / deviation;
        }
    }
    values
}

pub(super) fn instance(
    inputs: &[&Tensor],
    epsilon: f64,
    output: &TensorType,
) -> Result<Tensor, String> {
    let lines = Lines::new(&output.shape, 1);
    let (scale, bias) = (inputs[1].to_f64(), inputs[2].to_f64());
    let values = standardised(inputs[0].to_f64(), lines.inner, epsilon);
    let values = by_channel(values, lines, |c, x| x * scale[c] + bias[c]);
    rounded(values, output)
}

pub(super) fn layer(
    inputs: &[&Tensor],
    axis: usize,
    epsilon: f64,
    output: &TensorType,
) -> Result<Tensor, String> {
    let length = output.shape[axis..].iter().product();
    let mut values = standardised(inputs[0].to_f64(), length, epsilon);
    let shape = &output.shape;
    let scale = (&*floats(inputs[1]), inputs[1].shape());
    values = positions::zip_broadcast((&values, shape), scale, shape, |x, scale| x * scale);
    if let Some(bias) = inputs.get(2) {
        let bias = (&*floats(bias), bias.shape());
        values = positions::zip_broadcast((&values, shape), bias, shape, |x, bias| x + bias);
    }
    rounded(values, output)
}

/// x[c] / (bias + alpha/size · Σ x[i]²)^beta, with i from c − ⌊(size−1)/2⌋ to c + ⌈(size−1)/2⌉.
pub(super) fn local_response(
    x: &Tensor,
    [alpha, beta, bias]: [f64; 3],
    size: usize,
    output: &TensorType,
) -> Result<Tensor, String> {
    let lines = Lines::new(&output.shape, 1);
    let x = x.to_f64();
    let mut y = vec![0.0; x.len()];
    for start in lines.starts() {
        for c in 0..lines.length {
            let first = c.saturating_sub((size - 1) / 2);
            let end = c.saturating_add(size / 2 + 1).min(lines.length);
            let square: f64 = (first..end)
                .map(|i| x[start + i * lines.inner].powi(2))
                .sum();
            let at = start + c * lines.inner;
            y[at] = x[at] / (bias + alpha / size as f64 * square).powf(beta);
        }
    }
    rounded(y, output)
}
