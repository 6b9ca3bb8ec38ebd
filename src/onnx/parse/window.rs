//! Sliding windows: strides, dilations and padding of convolutions and pools as numbers.

use super::node::{NodeReader, Parsed, Refusal, lengths};

/// Larger strides, dilations, kernels or pads than any real axis: refused before arithmetic.
const LARGEST: usize = 1 << 20;

/// One entry for each spatial axis.
pub(super) struct Window {
    pub(super) strides: Vec<usize>,
    pub(super) dilations: Vec<usize>,
    pub(super) before: Vec<usize>,
    pub(super) after: Vec<usize>,
}

/// Where padding comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AutoPad {
    /// The attribute `pads`.
    Explicit,
    /// As much as keeps `ceil(length / stride)`, the odd one at the end.
    SameUpper,
    /// The same, the odd one at the start.
    SameLower,
    /// None.
    Valid,
}

/// Reads `auto_pad`, `pads`, `strides` and `dilations` for a kernel over axes of these lengths.
pub(super) fn window(
    node: &mut NodeReader<'_, '_>,
    spatial: &[usize],
    kernel: &[usize],
) -> Parsed<Window> {
    let rank = spatial.len();
    let strides = per_axis(node, "strides", rank)?.unwrap_or_else(|| vec![1; rank]);
    let dilations = per_axis(node, "dilations", rank)?.unwrap_or_else(|| vec![1; rank]);
    let auto_pad = auto_pad(node)?;
    let pads = explicit_pads(node, rank)?;
    let (before, after) = match auto_pad {
        AutoPad::Explicit => pads.unwrap_or_else(|| (vec![0; rank], vec![0; rank])),
        AutoPad::Valid => (vec![0; rank], vec![0; rank]),
        AutoPad::SameUpper | AutoPad::SameLower => (0..rank)
            .map(|axis| {
                let extent = (kernel[axis].max(1) - 1) * dilations[axis] + 1;
                let outputs = spatial[axis].div_ceil(strides[axis]).max(1);
                let covered = (outputs - 1) * strides[axis] + extent;
                let total = covered.saturating_sub(spatial[axis]);
                match auto_pad {
                    AutoPad::SameLower => (total - total / 2, total / 2),
                    _ => (total / 2, total - total / 2),
                }
            })
            .unzip(),
    };
    Ok(Window {
        strides,
        dilations,
        before,
        after,
    })
}

pub(super) fn auto_pad(node: &mut NodeReader<'_, '_>) -> Parsed<AutoPad> {
    match node.text("auto_pad", "NOTSET")?.as_str() {
        "NOTSET" | "" => Ok(AutoPad::Explicit),
        "SAME_UPPER" => Ok(AutoPad::SameUpper),
        "SAME_LOWER" => Ok(AutoPad::SameLower),
        "VALID" => Ok(AutoPad::Valid),
        other => Err(Refusal::attribute(
            "auto_pad",
            format!("{other:?} is unknown"),
        )),
    }
}

/// The attribute `pads`: all starts, then all ends.
pub(super) fn explicit_pads(
    node: &mut NodeReader<'_, '_>,
    rank: usize,
) -> Parsed<Option<(Vec<usize>, Vec<usize>)>> {
    let Some(pads) = node.ints("pads")? else {
        return Ok(None);
    };
    if pads.len() != 2 * rank {
        let reason = format!("{} values for {rank} spatial axes", pads.len());
        return Err(Refusal::attribute("pads", reason));
    }
    let pads = within_limits("pads", lengths("pads", &pads)?)?;
    Ok(Some((pads[..rank].to_vec(), pads[rank..].to_vec())))
}

/// A positive number for each spatial axis.
pub(super) fn per_axis(
    node: &mut NodeReader<'_, '_>,
    name: &'static str,
    rank: usize,
) -> Parsed<Option<Vec<usize>>> {
    let Some(values) = node.ints(name)? else {
        return Ok(None);
    };
    let values = within_limits(name, lengths(name, &values)?)?;
    if values.len() != rank || values.contains(&0) {
        let reason = format!("{values:?} is not one positive number for each of {rank} axes");
        return Err(Refusal::attribute(name, reason));
    }
    Ok(Some(values))
}

pub(super) fn within_limits(name: &str, values: Vec<usize>) -> Parsed<Vec<usize>> {
    match values.iter().find(|&&value| value > LARGEST) {
        None => Ok(values),
        Some(value) => Err(Refusal::attribute(name, format!("{value} is too large"))),
    }
}
