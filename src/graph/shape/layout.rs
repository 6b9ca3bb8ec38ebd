//! Types of the operators that move elements without computing with them.

use super::elementwise::broadcast_to;
use super::{TensorType, require};
use crate::graph::op::{PadMode, SliceRange};

pub(super) fn reshape(inputs: &[&TensorType], shape: &[usize]) -> Result<TensorType, String> {
    let [x] = require::inputs(inputs)?;
    let result = TensorType::new(x.dtype, shape);
    require::countable(&result)?;
    if result.len() != x.len() {
        return Err(format!("{x} cannot take the shape {shape:?}"));
    }
    Ok(result)
}

pub(super) fn transpose(
    inputs: &[&TensorType],
    permutation: &[usize],
) -> Result<TensorType, String> {
    let [x] = require::inputs(inputs)?;
    let mut sorted = permutation.to_vec();
    sorted.sort_unstable();
    if !sorted.into_iter().eq(0..x.rank()) {
        return Err(format!("{permutation:?} does not permute the axes of {x}"));
    }
    let shape: Vec<usize> = permutation.iter().map(|&axis| x.shape[axis]).collect();
    Ok(TensorType::new(x.dtype, shape))
}

pub(super) fn concatenate(inputs: &[&TensorType], axis: usize) -> Result<TensorType, String> {
    let (first, rest) = inputs.split_first().ok_or("takes at least one input")?;
    require::axis(first, axis)?;
    let mut shape = first.shape.clone();
    for piece in rest {
        require::same_dtype(first, piece)?;
        let fits = piece.rank() == first.rank()
            && (0..shape.len()).all(|at| at == axis || piece.shape[at] == shape[at]);
        if !fits {
            return Err(format!("{first} and {piece} do not join along axis {axis}"));
        }
        shape[axis] = shape[axis]
            .checked_add(piece.shape[axis])
            .ok_or_else(|| format!("{first} and {piece} are too long to join"))?;
    }
    Ok(TensorType::new(first.dtype, shape))
}

pub(super) fn split(
    inputs: &[&TensorType],
    axis: usize,
    sizes: &[usize],
) -> Result<Vec<TensorType>, String> {
    let [x] = require::inputs(inputs)?;
    require::axis(x, axis)?;
    let total = sizes
        .iter()
        .try_fold(0usize, |total, &size| total.checked_add(size));
    if total != Some(x.shape[axis]) {
        return Err(format!("pieces {sizes:?} do not fill axis {axis} of {x}"));
    }
    Ok(sizes
        .iter()
        .map(|&size| {
            let mut shape = x.shape.clone();
            shape[axis] = size;
            TensorType::new(x.dtype, shape)
        })
        .collect())
}

/// Elements one range takes from an axis of this length; `None` where its bounds are not normal.
fn range_length(range: &SliceRange, length: usize) -> Option<usize> {
    let length = i64::try_from(length).ok()?;
    let SliceRange {
        start, end, step, ..
    } = *range;
    let (distance, in_bounds) = if step > 0 {
        (end.checked_sub(start)?, 0 <= start && end <= length)
    } else {
        (start.checked_sub(end)?, -1 <= end && start < length)
    };
    let stride = usize::try_from(step.unsigned_abs()).ok()?;
    let distance = usize::try_from(distance).ok()?;
    (in_bounds && stride > 0).then(|| distance.div_ceil(stride))
}

pub(super) fn slice(inputs: &[&TensorType], ranges: &[SliceRange]) -> Result<TensorType, String> {
    let [x] = require::inputs(inputs)?;
    if !ranges.is_sorted_by(|a, b| a.axis < b.axis) {
        return Err(format!("ranges {ranges:?} must ascend by axis"));
    }
    let mut shape = x.shape.clone();
    for range in ranges {
        require::axis(x, range.axis)?;
        shape[range.axis] = range_length(range, x.shape[range.axis])
            .ok_or_else(|| format!("{range:?} lies outside {x}"))?;
    }
    Ok(TensorType::new(x.dtype, shape))
}

/// Length of one padded axis. Negative padding crops first; the mode then fills from what is left.
fn padded_length(length: usize, before: i64, after: i64, mode: PadMode) -> Option<usize> {
    let crop = |padding: i64| usize::try_from(padding.min(0).unsigned_abs()).ok();
    let grow = |padding: i64| usize::try_from(padding.max(0)).ok();
    let left = length
        .checked_sub(crop(before)?)?
        .checked_sub(crop(after)?)?;
    let (before, after) = (grow(before)?, grow(after)?);
    let longest = before.max(after);
    let has_source = match mode {
        PadMode::Constant => true,
        PadMode::Edge => longest == 0 || left > 0,
        // A mirror shows each inner element once, a period each element once.
        PadMode::Reflect => longest == 0 || longest < left,
        PadMode::Wrap => longest <= left,
    };
    if !has_source {
        return None;
    }
    left.checked_add(before)?.checked_add(after)
}

pub(super) fn pad(
    inputs: &[&TensorType],
    mode: PadMode,
    before: &[i64],
    after: &[i64],
) -> Result<TensorType, String> {
    let [x] = require::inputs(inputs)?;
    require::entries("before", before, x.rank())?;
    require::entries("after", after, x.rank())?;
    let shape: Option<Vec<usize>> = x
        .shape
        .iter()
        .zip(before.iter().zip(after))
        .map(|(&length, (&before, &after))| padded_length(length, before, after, mode))
        .collect();
    let shape = shape.ok_or_else(|| {
        format!("{x} cannot be padded by {before:?} before and {after:?} after in mode {mode:?}")
    })?;
    Ok(TensorType::new(x.dtype, shape))
}

pub(super) fn expand(inputs: &[&TensorType], shape: &[usize]) -> Result<TensorType, String> {
    let [x] = require::inputs(inputs)?;
    broadcast_to(&x.shape, shape)?;
    Ok(TensorType::new(x.dtype, shape))
}

pub(super) fn tile(inputs: &[&TensorType], repeats: &[usize]) -> Result<TensorType, String> {
    let [x] = require::inputs(inputs)?;
    require::entries("repeats", repeats, x.rank())?;
    let shape: Option<Vec<usize>> = x
        .shape
        .iter()
        .zip(repeats)
        .map(|(&length, &repeat)| length.checked_mul(repeat))
        .collect();
    let shape = shape.ok_or_else(|| format!("{x} is too long to repeat {repeats:?} times"))?;
    Ok(TensorType::new(x.dtype, shape))
}

pub(super) fn depth_to_space(inputs: &[&TensorType], block: usize) -> Result<TensorType, String> {
    let [x] = require::inputs(inputs)?;
    require::rank(x, 4)?;
    let mismatch = || format!("{x} does not divide into blocks of edge {block}");
    let area = block.checked_mul(block).ok_or_else(mismatch)?;
    if area == 0 || x.shape[1] % area != 0 {
        return Err(mismatch());
    }
    let stretched = |length: usize| length.checked_mul(block).ok_or_else(mismatch);
    let shape = [
        x.shape[0],
        x.shape[1] / area,
        stretched(x.shape[2])?,
        stretched(x.shape[3])?,
    ];
    Ok(TensorType::new(x.dtype, shape))
}

pub(super) fn space_to_depth(inputs: &[&TensorType], block: usize) -> Result<TensorType, String> {
    let [x] = require::inputs(inputs)?;
    require::rank(x, 4)?;
    let mismatch = || format!("{x} does not divide into blocks of edge {block}");
    if block == 0 || x.shape[2] % block != 0 || x.shape[3] % block != 0 {
        return Err(mismatch());
    }
    let channels = block
        .checked_mul(block)
        .and_then(|area| area.checked_mul(x.shape[1]))
        .ok_or_else(mismatch)?;
    let shape = [x.shape[0], channels, x.shape[2] / block, x.shape[3] / block];
    Ok(TensorType::new(x.dtype, shape))
}
