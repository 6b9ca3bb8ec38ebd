//! The windows that a convolution moves over its input, row by row.
//!
//! `windows` counts positions of the window along each spatial axis (the output of a convolution, the
//! input of its transpose), `input` the positions that windows read. Tap t of window w reads position
//! `w·stride + t·dilation − pad` of an axis, or padding. Along the last axis the windows that a tap
//! gives something to read are consecutive: a *run*. All other axes together number the *rows*.

use std::ops::Range;

use super::positions;
use crate::graph::op::Convolution;

/// Rows are taken in blocks whose table of starts has at most about this many entries.
const LARGEST_TABLE: usize = 1 << 16;

/// The windows along the last axis that one tap gives something to read: window `first + i` reads
/// `at + i·stride`.
#[derive(Debug, Clone, Copy)]
struct Run {
    first: usize,
    count: usize,
    at: usize,
}

/// Which positions of the input each tap of each window reads.
pub(super) struct Windows {
    /// Windows along each axis but the last.
    leading: Vec<usize>,
    /// For each axis but the last, then each tap: the positions that its windows read, in elements.
    axes: Vec<Vec<Vec<Option<usize>>>>,
    /// For each tap of the last axis.
    runs: Vec<Run>,
    stride: usize,
    row_length: usize,
}

/// Some rows, and where each of them reads.
pub(super) struct Block {
    /// The rows.
    pub(super) rows: Range<usize>,
    /// For each tap of the axes before the last (row-major), then each row: the start of the input's
    /// row that is read, if one is.
    starts: Vec<Vec<Option<usize>>>,
}

impl Windows {
    pub(super) fn new(
        windows: &[usize],
        input: &[usize],
        kernel: &[usize],
        convolution: &Convolution,
    ) -> Self {
        let last = input.len() - 1;
        let strides = positions::strides(input);
        let offset = |axis: usize, window: usize| window.checked_mul(convolution.strides[axis]);
        let reads = |axis: usize, tap: usize, window: usize| {
            offset(axis, window)?
                .checked_add(tap * convolution.dilations[axis])?
                .checked_sub(convolution.pads_before[axis])
                .filter(|&at| at < input[axis])
        };
        let axes = (0..last)
            .map(|axis| {
                let of_tap = |tap| {
                    (0..windows[axis])
                        .map(|window| Some(reads(axis, tap, window)? * strides[axis]))
                        .collect()
                };
                (0..kernel[axis]).map(of_tap).collect()
            })
            .collect();
        let stride = convolution.strides[last];
        let pad = convolution.pads_before[last];
        let runs = (0..kernel[last])
            .map(|tap| {
                let offset = tap * convolution.dilations[last];
                let first = pad.saturating_sub(offset).div_ceil(stride);
                let end = (input[last] + pad)
                    .saturating_sub(offset)
                    .div_ceil(stride)
                    .min(windows[last]);
                Run {
                    first: first.min(end),
                    count: end.saturating_sub(first),
                    at: (first * stride + offset).saturating_sub(pad),
                }
            })
            .collect();
        Windows {
            leading: windows[..last].to_vec(),
            axes,
            runs,
            stride,
            row_length: windows[last],
        }
    }

    /// Windows in a row.
    pub(super) fn row_length(&self) -> usize {
        self.row_length
    }

    /// Blocks of rows that together are all of them. `elements_per_window` of working memory are
    /// kept below `limit` elements where one row does not exceed it.
    pub(super) fn blocks(&self, elements_per_window: usize, limit: usize) -> Vec<Block> {
        let rows: usize = self.leading.iter().product();
        let leading_taps: usize = self.axes.iter().map(Vec::len).product();
        let in_memory = limit / (elements_per_window * self.row_length).max(1);
        let in_table = LARGEST_TABLE / leading_taps.max(1);
        let step = in_memory.min(in_table).max(1);
        (0..rows)
            .step_by(step)
            .map(|start| self.block(start..(start + step).min(rows)))
            .collect()
    }

    fn block(&self, rows: Range<usize>) -> Block {
        let taps: Vec<usize> = self.axes.iter().map(Vec::len).collect();
        let mut starts = Vec::new();
        positions::for_each_index(&taps, |tap| {
            let of_row = |row: usize| {
                let mut rest = row;
                let mut start = 0;
                for axis in (0..self.leading.len()).rev() {
                    start += self.axes[axis][tap[axis]][rest % self.leading[axis]]?;
                    rest /= self.leading[axis];
                }
                Some(start)
            };
            starts.push(rows.clone().map(of_row).collect());
        });
        Block { rows, starts }
    }

    /// Writes what tap `tap` of every window of the block reads from `plane`; zero for padding.
    pub(super) fn gather(&self, block: &Block, tap: usize, plane: &[f64], to: &mut [f64]) {
        let run = self.runs[tap % self.runs.len()];
        let starts = &block.starts[tap / self.runs.len()];
        for (to, start) in to.chunks_exact_mut(self.row_length).zip(starts) {
            let Some(start) = start else {
                to.fill(0.0);
                continue;
            };
            let (before, rest) = to.split_at_mut(run.first);
            let (inside, after) = rest.split_at_mut(run.count);
            before.fill(0.0);
            after.fill(0.0);
            if run.count == 0 {
                continue;
            }
            let from = &plane[start + run.at..];
            if self.stride == 1 {
                inside.copy_from_slice(&from[..run.count]);
            } else {
                for (to, from) in inside.iter_mut().zip(from.iter().step_by(self.stride)) {
                    *to = *from;
                }
            }
        }
    }

    /// Adds `values`, one for each window of the block, to the positions of `plane` that tap `tap`
    /// reads: the transpose of [`Windows::gather`].
    pub(super) fn scatter_add(&self, block: &Block, tap: usize, values: &[f64], plane: &mut [f64]) {
        let run = self.runs[tap % self.runs.len()];
        let starts = &block.starts[tap / self.runs.len()];
        for (values, start) in values.chunks_exact(self.row_length).zip(starts) {
            let (Some(start), 1..) = (start, run.count) else {
                continue;
            };
            let values = &values[run.first..][..run.count];
            let to = &mut plane[start + run.at..];
            if self.stride == 1 {
                for (to, value) in to.iter_mut().zip(values) {
                    *to += value;
                }
            } else {
                for (to, value) in to.iter_mut().step_by(self.stride).zip(values) {
                    *to += value;
                }
            }
        }
    }

    /// Adds `weight` times what tap `tap` of every window of the block reads from `plane`.
    pub(super) fn gather_add(
        &self,
        block: &Block,
        tap: usize,
        weight: f64,
        plane: &[f64],
        to: &mut [f64],
    ) {
        let run = self.runs[tap % self.runs.len()];
        let starts = &block.starts[tap / self.runs.len()];
        for (to, start) in to.chunks_exact_mut(self.row_length).zip(starts) {
            let (Some(start), 1..) = (start, run.count) else {
                continue;
            };
            let to = &mut to[run.first..][..run.count];
            let from = &plane[start + run.at..];
            if self.stride == 1 {
                for (to, from) in to.iter_mut().zip(from) {
                    *to += weight * from;
                }
            } else {
                for (to, from) in to.iter_mut().zip(from.iter().step_by(self.stride)) {
                    *to += weight * from;
                }
            }
        }
    }

    /// Taps of the kernel.
    pub(super) fn taps(&self) -> usize {
        self.runs.len() * self.axes.iter().map(Vec::len).product::<usize>()
    }
}
