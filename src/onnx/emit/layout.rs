//! Shape changes, moves, cuts and repetitions.

use super::Site;
use super::attributes::{flag, int, ints, text};
use crate::graph::op::SliceRange;

/// An operator with one more input that lists lengths.
pub(super) fn with_lengths(site: &mut Site<'_, '_>, op_type: &str, part: &str, values: &[usize]) {
    let values = values.iter().map(|&value| value as i64).collect();
    let values = site.ints(part, values);
    site.with_more_inputs(op_type, vec![values], vec![]);
}

pub(super) fn reshape(site: &mut Site<'_, '_>, shape: &[usize]) {
    let lengths = shape.iter().map(|&length| length as i64).collect();
    let lengths = site.ints("shape", lengths);
    // A length of 0 is meant as such.
    let literal_zero = match shape.contains(&0) {
        true => vec![flag("allowzero", true)],
        false => vec![],
    };
    site.with_more_inputs("Reshape", vec![lengths], literal_zero);
}

pub(super) fn transpose(site: &mut Site<'_, '_>, permutation: &[usize]) {
    site.same("Transpose", vec![ints("perm", permutation)]);
}

pub(super) fn split(site: &mut Site<'_, '_>, axis: usize, sizes: &[usize]) {
    let sizes = sizes.iter().map(|&size| size as i64).collect();
    let sizes = site.ints("sizes", sizes);
    site.with_more_inputs("Split", vec![sizes], vec![int("axis", axis)]);
}

pub(super) fn slice(site: &mut Site<'_, '_>, ranges: &[SliceRange]) {
    let bounds = {
        let shape = &site.input_type(0).shape;
        let end = |range: &SliceRange| match range.end {
            // Past the first element, backwards: −1 alone would mean the last.
            end if end < 0 => -1 - shape[range.axis] as i64,
            end => end,
        };
        [
            ("starts", ranges.iter().map(|range| range.start).collect()),
            ("ends", ranges.iter().map(end).collect()),
            (
                "axes",
                ranges.iter().map(|range| range.axis as i64).collect(),
            ),
            ("steps", ranges.iter().map(|range| range.step).collect()),
        ]
    };
    let bounds = bounds.map(|(part, values): (&str, Vec<i64>)| site.ints(part, values));
    site.with_more_inputs("Slice", bounds.to_vec(), vec![]);
}

pub(super) fn depth_to_space(site: &mut Site<'_, '_>, block: usize, channel_first: bool) {
    let mode = if channel_first { "CRD" } else { "DCR" };
    let attributes = vec![int("blocksize", block), text("mode", mode)];
    site.same("DepthToSpace", attributes);
}

/// `[N, C, H/b, b, W/b, b]` with the two block axes moved before the channels.
pub(super) fn space_to_depth(site: &mut Site<'_, '_>, block: usize) -> Result<(), String> {
    let [batch, channels, height, width] = site.input_type(0).shape[..] else {
        return Err("its input does not have rank 4".to_owned());
    };
    let x = site.input(0);
    let lengths = |shape: &[usize]| shape.iter().map(|&axis| axis as i64).collect::<Vec<i64>>();
    let (rows, columns) = (height / block, width / block);
    let blocks = site.ints(
        "blocks",
        lengths(&[batch, channels, rows, block, columns, block]),
    );
    let cut = site.step("cut", "Reshape", vec![x, blocks], vec![]);
    let order = vec![ints("perm", &[0, 3, 5, 1, 2, 4])];
    let moved = site.step("moved", "Transpose", vec![cut], order);
    let shape = site.ints(
        "shape",
        lengths(&[batch, channels * block * block, rows, columns]),
    );
    site.last("Reshape", vec![moved, shape], vec![]);
    Ok(())
}
