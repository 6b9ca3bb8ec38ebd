//! Padding. Periodic padding, which opset 18 lacks, is joined from slices.

use super::Site;
use super::attributes::{int, text};
use crate::graph::op::PadMode;

pub(super) fn pad(
    site: &mut Site<'_, '_>,
    mode: PadMode,
    before: &[i64],
    after: &[i64],
    value: f64,
) -> Result<(), String> {
    let name = match mode {
        PadMode::Constant => "constant",
        PadMode::Reflect => "reflect",
        PadMode::Edge => "edge",
        PadMode::Wrap => return wrap(site, before, after),
    };
    let mut more = vec![site.ints("pads", [before, after].concat())];
    if mode == PadMode::Constant {
        let dtype = site.input_type(0).dtype;
        more.push(site.scalar("value", dtype, value));
    }
    site.with_more_inputs("Pad", more, vec![text("mode", name)]);
    Ok(())
}

/// Each padded axis: its last elements, itself, its first elements.
fn wrap(site: &mut Site<'_, '_>, before: &[i64], after: &[i64]) -> Result<(), String> {
    let shape = site.input_type(0).shape.clone();
    let mut x = site.input(0);
    for (axis, &length) in shape.iter().enumerate() {
        let length = length as i64;
        let (head, tail) = (before[axis], after[axis]);
        if (head, tail) == (0, 0) {
            continue;
        }
        if !(0..=length).contains(&head) || !(0..=length).contains(&tail) {
            return Err(format!(
                "periodic padding by {head} and {tail} of an axis of length {length}"
            ));
        }
        let mut pieces = Vec::new();
        if head > 0 {
            pieces.push(range(site, &x, axis, length - head, length));
        }
        pieces.push(x);
        if tail > 0 {
            let whole = pieces[pieces.len() - 1].clone();
            pieces.push(range(site, &whole, axis, 0, tail));
        }
        x = site.step("wrapped", "Concat", pieces, vec![int("axis", axis)]);
    }
    site.last("Identity", vec![x], vec![]);
    Ok(())
}

fn range(site: &mut Site<'_, '_>, x: &str, axis: usize, start: i64, end: i64) -> String {
    let inputs = vec![
        x.to_owned(),
        site.ints("start", vec![start]),
        site.ints("end", vec![end]),
        site.ints("axis", vec![axis as i64]),
    ];
    site.step("border", "Slice", inputs, vec![])
}
