//! Convolution and its transpose.
//!
//! A convolution is a matrix product: weights `[outputs, channels·taps]` times the *columns*
//! `[channels·taps, windows]`, which hold what every tap of every window reads (Chellapilla, Puri and
//! Simard 2006, section 3). The columns are made for a block of rows at a time. Its transpose is the
//! product of the transposed weights with the input, its columns added back to where they would be
//! read. Groups of few output channels have nothing to multiply a column with again: they are summed
//! tap by tap.

use super::linear::{self, matrix};
use super::windows::{Block, Windows};
use super::{floats, rounded};
use crate::graph::op::Convolution;
use crate::graph::tensor::{Tensor, TensorType};

/// Elements of the columns made at a time: 2 MiB stay in a cache.
const COLUMNS: usize = 1 << 18;

/// Groups of fewer output channels are summed tap by tap.
const FEWEST_MULTIPLIED: usize = 4;

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
    let mut y = biased(inputs.get(2), output);
    if y.is_empty() || inputs[0].is_empty() || inputs[1].is_empty() {
        return rounded(y, output);
    }
    let (x, weight) = (floats(inputs[0]), floats(inputs[1]));
    let (x_shape, weight_shape) = (inputs[0].shape(), inputs[1].shape());
    let windows = Windows::new(
        &output.shape[2..],
        &x_shape[2..],
        &weight_shape[2..],
        convolution,
    );
    let area_x: usize = x_shape[2..].iter().product();
    let area_y: usize = output.shape[2..].iter().product();
    let group_x = weight_shape[1] * area_x;
    let outputs = output.shape[1] / convolution.group;
    let depth = weight_shape[1] * windows.taps();
    let is_product = outputs >= FEWEST_MULTIPLIED;
    let per_window = if is_product { depth } else { 0 };
    let blocks = windows.blocks(per_window, COLUMNS);
    // A window of one tap that never skips or pads reads the input as it is.
    let reads_all = windows.taps() == 1 && x_shape[2..] == output.shape[2..] && {
        let unpadded = convolution.pads_before.iter().all(|&pad| pad == 0);
        unpadded && convolution.strides.iter().all(|&stride| stride == 1)
    };
    let mut columns = Vec::new();
    let samples = x.chunks_exact(group_x * convolution.group);
    for (x, y) in samples.zip(y.chunks_exact_mut(area_y * output.shape[1])) {
        let groups = x
            .chunks_exact(group_x)
            .zip(y.chunks_exact_mut(outputs * area_y));
        for ((x, y), weight) in groups.zip(weight.chunks_exact(outputs * depth)) {
            let weights = matrix(weight, outputs, depth)?;
            if reads_all && is_product {
                let x = matrix(x, depth, area_x)?;
                linear::add_product(y, outputs, 0..area_y, weights, x)?;
                continue;
            }
            for block in &blocks {
                if !is_product {
                    sum_by_taps(&windows, block, (x, area_x), weight, (y, area_y));
                    continue;
                }
                let width = block.rows.len() * windows.row_length();
                columns.resize(depth * width, 0.0);
                for (row, to) in columns.chunks_exact_mut(width).enumerate() {
                    let plane = &x[row / windows.taps() * area_x..][..area_x];
                    windows.gather(block, row % windows.taps(), plane, to);
                }
                let first = block.rows.start * windows.row_length();
                let columns = matrix(&columns, depth, width)?;
                linear::add_product(y, outputs, first..first + width, weights, columns)?;
            }
        }
    }
    rounded(y, output)
}

/// One block of one group, tap by tap.
fn sum_by_taps(
    windows: &Windows,
    block: &Block,
    (x, area_x): (&[f64], usize),
    weight: &[f64],
    (y, area_y): (&mut [f64], usize),
) {
    let (row_length, taps) = (windows.row_length(), windows.taps());
    let block_y = block.rows.start * row_length..block.rows.end * row_length;
    let depth = x.len() / area_x * taps;
    for (y, weight) in y.chunks_exact_mut(area_y).zip(weight.chunks_exact(depth)) {
        let y = &mut y[block_y.clone()];
        for (plane, kernel) in x.chunks_exact(area_x).zip(weight.chunks_exact(taps)) {
            for (tap, &weight) in kernel.iter().enumerate() {
                windows.gather_add(block, tap, weight, plane, y);
            }
        }
    }
}

/// y[n, m, i·stride + k·dilation − pad] = b[m] + Σ x[n, c, i] w[c, m, k]: every input element
/// spreads the kernel over the output.
pub(super) fn transposed(
    inputs: &[&Tensor],
    convolution: &Convolution,
    output: &TensorType,
) -> Result<Tensor, String> {
    let mut y = biased(inputs.get(2), output);
    if y.is_empty() || inputs[0].is_empty() || inputs[1].is_empty() {
        return rounded(y, output);
    }
    let (x, weight) = (floats(inputs[0]), floats(inputs[1]));
    let (x_shape, weight_shape) = (inputs[0].shape(), inputs[1].shape());
    let windows = Windows::new(
        &x_shape[2..],
        &output.shape[2..],
        &weight_shape[2..],
        convolution,
    );
    let area_x: usize = x_shape[2..].iter().product();
    let area_y: usize = output.shape[2..].iter().product();
    let channels = x_shape[1] / convolution.group;
    let depth = weight_shape[1] * windows.taps();
    let group_y = weight_shape[1] * area_y;
    let blocks = windows.blocks(depth, COLUMNS);
    let mut columns = Vec::new();
    let samples = x.chunks_exact(x_shape[1] * area_x);
    for (x, y) in samples.zip(y.chunks_exact_mut(group_y * convolution.group)) {
        let groups = x
            .chunks_exact(channels * area_x)
            .zip(y.chunks_exact_mut(group_y));
        for ((x, y), weight) in groups.zip(weight.chunks_exact(channels * depth)) {
            let weights = matrix(weight, channels, depth)?;
            let x = matrix(x, channels, area_x)?;
            for block in &blocks {
                let width = block.rows.len() * windows.row_length();
                let first = block.rows.start * windows.row_length();
                columns.clear();
                columns.resize(depth * width, 0.0);
                let x = x.slice(ndarray::s![.., first..first + width]);
                linear::add_product(&mut columns, depth, 0..width, weights.t(), x)?;
                for (row, values) in columns.chunks_exact(width).enumerate() {
                    let plane = &mut y[row / windows.taps() * area_y..][..area_y];
                    windows.scatter_add(block, row % windows.taps(), values, plane);
                }
            }
        }
    }
    rounded(y, output)
}
