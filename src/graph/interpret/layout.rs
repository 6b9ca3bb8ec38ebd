//! The operators that move elements without computing with them.

use super::positions::{self, Lines, select, strided, strides};
use crate::graph::op::{PadMode, SliceRange};
use crate::graph::tensor::{Tensor, TensorType};

pub(super) fn transpose(
    x: &Tensor,
    permutation: &[usize],
    output: &TensorType,
) -> Result<Tensor, String> {
    let strides = strides(x.shape());
    let strides: Vec<usize> = permutation.iter().map(|&axis| strides[axis]).collect();
    select(x.data(), &strided(&output.shape, &strides), output)
}

pub(super) fn concatenate(
    inputs: &[&Tensor],
    axis: usize,
    output: &TensorType,
) -> Result<Tensor, String> {
    let lines = Lines::new(&output.shape, axis);
    let runs = inputs.iter().map(|input| input.shape()[axis] * lines.inner);
    positions::interleaved(inputs, &runs.collect::<Vec<usize>>(), output)
}

pub(super) fn split(
    x: &Tensor,
    axis: usize,
    outputs: &[TensorType],
) -> Result<Vec<Tensor>, String> {
    let lines = Lines::new(x.shape(), axis);
    let mut start = 0;
    outputs
        .iter()
        .map(|output| {
            let run = output.shape[axis] * lines.inner;
            let order: Vec<usize> = (0..lines.outer)
                .map(|outer| outer * lines.length * lines.inner + start)
                .flat_map(|first| first..first + run)
                .collect();
            start += run;
            select(x.data(), &order, output)
        })
        .collect()
}

/// Selects along every axis by itself: output index i of an axis takes input index `maps[axis][i]`,
/// or nothing (the fill) where that is `None`.
fn select_by_axis(
    x: &Tensor,
    maps: &[Vec<Option<usize>>],
    fill: f64,
    output: &TensorType,
) -> Result<Tensor, String> {
    let mut order = vec![Some(0)];
    for (map, stride) in maps.iter().zip(strides(x.shape())) {
        order = order
            .iter()
            .flat_map(|&start: &Option<usize>| {
                map.iter().map(move |&at| Some(start? + at? * stride))
            })
            .collect();
    }
    let fill = Tensor::scalar(x.dtype(), fill);
    let order: Vec<usize> = order.into_iter().map(|at| at.unwrap_or(x.len())).collect();
    select(&positions::joined(&[x, &fill])?, &order, output)
}

pub(super) fn slice(
    x: &Tensor,
    ranges: &[SliceRange],
    output: &TensorType,
) -> Result<Tensor, String> {
    let mut maps: Vec<Vec<Option<usize>>> = x
        .shape()
        .iter()
        .map(|&length| (0..length).map(Some).collect())
        .collect();
    for range in ranges {
        // Shape inference has shown that every element lies inside the axis.
        maps[range.axis] = (0..output.shape[range.axis] as i64)
            .map(|at| usize::try_from(range.start + at * range.step).ok())
            .collect();
    }
    select_by_axis(x, &maps, 0.0, output)
}

/// Which input element padding shows at each position of one axis.
fn padded_axis(length: usize, before: i64, after: i64, mode: PadMode) -> Vec<Option<usize>> {
    let length = length as i64;
    // Negative padding crops first; what is left is `first..end`.
    let (first, end) = (-before.min(0), length + after.min(0));
    let left = end - first;
    (-before.max(0)..left + after.max(0))
        .map(|at| {
            let source = match mode {
                _ if (0..left).contains(&at) => at,
                PadMode::Constant => return None,
                PadMode::Edge => at.clamp(0, left - 1),
                PadMode::Reflect if at < 0 => -at,
                PadMode::Reflect => 2 * (left - 1) - at,
                PadMode::Wrap => at.rem_euclid(left),
            };
            usize::try_from(first + source).ok()
        })
        .collect()
}

pub(super) fn pad(
    x: &Tensor,
    mode: PadMode,
    (before, after): (&[i64], &[i64]),
    value: f64,
    output: &TensorType,
) -> Result<Tensor, String> {
    let maps: Vec<Vec<Option<usize>>> = x
        .shape()
        .iter()
        .zip(before.iter().zip(after))
        .map(|(&length, (&before, &after))| padded_axis(length, before, after, mode))
        .collect();
    select_by_axis(x, &maps, value, output)
}

pub(super) fn expand(x: &Tensor, output: &TensorType) -> Result<Tensor, String> {
    let order = positions::broadcast(x.shape(), &output.shape);
    select(x.data(), &order, output)
}

pub(super) fn tile(x: &Tensor, output: &TensorType) -> Result<Tensor, String> {
    let maps: Vec<Vec<Option<usize>>> = x
        .shape()
        .iter()
        .zip(&output.shape)
        .map(|(&length, &tiled)| (0..tiled).map(|at| Some(at % length)).collect())
        .collect();
    select_by_axis(x, &maps, 0.0, output)
}

/// The strides of the six axes (sample, block row, block column, channel, row, column) that a
/// tensor `[N, C·b², H, W]` has, and those of the same axes in `[N, C, H·b, W·b]`.
fn deep_strides(
    deep: &[usize],
    block: usize,
    channel_first: bool,
) -> ([usize; 6], [usize; 6], [usize; 6]) {
    let (height, width) = (deep[2], deep[3]);
    let channels = deep[1] / (block * block);
    let area = height * width;
    let (block_row, block_column, channel) = if channel_first {
        (block * area, area, block * block * area)
    } else {
        (block * channels * area, channels * area, area)
    };
    let sample = deep[1] * area;
    (
        [deep[0], block, block, channels, height, width],
        [sample, block_row, block_column, channel, width, 1],
        [
            sample,
            width * block,
            1,
            area * block * block,
            block * width * block,
            block,
        ],
    )
}

/// `order[to] = from` for positions listed in pairs.
fn paired(from: Vec<usize>, to: Vec<usize>) -> Vec<usize> {
    let mut order = vec![0; from.len()];
    for (from, to) in from.into_iter().zip(to) {
        order[to] = from;
    }
    order
}

pub(super) fn depth_to_space(
    x: &Tensor,
    block: usize,
    channel_first: bool,
    output: &TensorType,
) -> Result<Tensor, String> {
    let (lengths, deep, wide) = deep_strides(x.shape(), block, channel_first);
    let order = paired(strided(&lengths, &deep), strided(&lengths, &wide));
    select(x.data(), &order, output)
}

pub(super) fn space_to_depth(
    x: &Tensor,
    block: usize,
    output: &TensorType,
) -> Result<Tensor, String> {
    let (lengths, deep, wide) = deep_strides(&output.shape, block, false);
    let order = paired(strided(&lengths, &wide), strided(&lengths, &deep));
    select(x.data(), &order, output)
}
