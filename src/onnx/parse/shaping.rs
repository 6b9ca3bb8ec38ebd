//! Operators that give the same elements another shape.

use super::node::{NodeReader, Parsed, Refusal, axes};
use super::operator::Operator;
use crate::graph::Op;

pub(super) const OPERATORS: &[Operator] = &[
    Operator::new("Reshape", 1, &["allowzero"], reshape),
    Operator::new("Flatten", 1, &["axis"], flatten).reads_as("Reshape"),
    Operator::new("Squeeze", 1, &["axes"], squeeze).reads_as("Reshape"),
    Operator::new("Unsqueeze", 1, &["axes"], unsqueeze).reads_as("Reshape"),
];

fn reshape(node: &mut NodeReader<'_, '_>) -> Parsed {
    let x = node.input(0)?;
    let from = node.type_of(&x).shape;
    let wanted = node
        .constant_ints(1)?
        .ok_or_else(|| Refusal::unsound("the new shape is missing"))?;
    let zero_copies = !node.flag("allowzero", false)?;
    let shape = resolve(&from, &wanted, zero_copies).map_err(Refusal::unsound)?;
    node.finish(Op::Reshape { shape }, &[x])
}

/// Replaces 0 (the input's axis) and −1 (what is left).
fn resolve(from: &[usize], wanted: &[i64], zero_copies: bool) -> Result<Vec<usize>, String> {
    let mismatch = || format!("{from:?} cannot be given the shape {wanted:?}");
    let mut shape = Vec::with_capacity(wanted.len());
    let mut open = None;
    for (axis, &length) in wanted.iter().enumerate() {
        shape.push(match length {
            0 if zero_copies => *from.get(axis).ok_or_else(mismatch)?,
            -1 if open.is_none() => {
                open = Some(axis);
                1
            }
            length => usize::try_from(length).map_err(|_| mismatch())?,
        });
    }
    let given = super::elements(&shape).ok_or_else(mismatch)?;
    if let Some(axis) = open {
        let present: usize = from.iter().product();
        if given == 0 || !present.is_multiple_of(given) {
            return Err(mismatch());
        }
        shape[axis] = present / given;
    }
    Ok(shape)
}

/// All axes before `axis` become one, and all from it on.
fn flatten(node: &mut NodeReader<'_, '_>) -> Parsed {
    let x = node.input(0)?;
    let from = node.type_of(&x).shape;
    let rank = from.len() as i64;
    let axis = node.int("axis", 1)?;
    // The rank itself is allowed: everything becomes rows.
    let at = if axis < 0 {
        axis.saturating_add(rank)
    } else {
        axis
    };
    let at = usize::try_from(at)
        .ok()
        .filter(|&at| at <= from.len())
        .ok_or_else(|| Refusal::attribute("axis", format!("{axis} at rank {rank}")))?;
    let shape = vec![from[..at].iter().product(), from[at..].iter().product()];
    node.finish(Op::Reshape { shape }, &[x])
}

fn squeeze(node: &mut NodeReader<'_, '_>) -> Parsed {
    let x = node.input(0)?;
    let from = node.type_of(&x).shape;
    let dropped = match node.ints_attribute_or_input("axes", 1, 13)? {
        Some(values) => axes(&values, from.len())?,
        None => (0..from.len()).filter(|&axis| from[axis] == 1).collect(),
    };
    if let Some(&axis) = dropped.iter().find(|&&axis| from[axis] != 1) {
        let reason = format!("axis {axis} of {from:?} does not have length 1");
        return Err(Refusal::unsound(reason));
    }
    let shape = (0..from.len())
        .filter(|axis| !dropped.contains(axis))
        .map(|axis| from[axis])
        .collect();
    node.finish(Op::Reshape { shape }, &[x])
}

fn unsqueeze(node: &mut NodeReader<'_, '_>) -> Parsed {
    let x = node.input(0)?;
    let from = node.type_of(&x).shape;
    let values = node
        .ints_attribute_or_input("axes", 1, 13)?
        .ok_or_else(|| Refusal::unsound("the axes are missing"))?;
    let rank = from.len() + values.len();
    let added = axes(&values, rank)?;
    let mut rest = from.iter().copied();
    let shape = (0..rank)
        .map(|axis| {
            if added.contains(&axis) {
                1
            } else {
                rest.next().unwrap_or(1)
            }
        })
        .collect();
    node.finish(Op::Reshape { shape }, &[x])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_copies_an_axis_and_minus_one_takes_what_is_left() {
        assert_eq!(resolve(&[2, 3, 4], &[0, -1], true), Ok(vec![2, 12]));
        assert_eq!(resolve(&[2, 3, 4], &[-1, 4], true), Ok(vec![6, 4]));
        assert_eq!(resolve(&[0, 4], &[0, 7], false), Ok(vec![0, 7]));
    }

    #[test]
    fn shapes_that_do_not_fit_are_errors() {
        for wanted in [
            [-1, -1],
            [-2, 6],
            [5, -1],
            [i64::MAX, -1],
            [1 << 40, 1 << 40],
        ] {
            assert!(resolve(&[2, 6], &wanted, true).is_err(), "{wanted:?}");
        }
        assert!(resolve(&[2], &[2, 0], true).is_err());
    }
}
