//! Pooling.
//!
//! The embedded runtime pools over one axis or two. Where windows of a third leave neighbouring axes
//! alone (PyTorch writes its LRN so), these are merged into one by a reshape, and taken apart again.

use super::super::wire::AttributeProto;
use super::Site;
use super::attributes::{flag, ints};
use crate::graph::op::Pool;

/// Spatial axes that every runtime pools over.
const MOST_AXES: usize = 2;

pub(super) fn max(site: &mut Site<'_, '_>, pool: &Pool) {
    let dilations = |pool: &Pool| vec![ints("dilations", &pool.dilations)];
    write(site, "MaxPool", pool, dilations);
}

pub(super) fn average(
    site: &mut Site<'_, '_>,
    pool: &Pool,
    count_include_pad: bool,
) -> Result<(), String> {
    if pool.dilations.iter().any(|&dilation| dilation != 1) {
        return Err("a dilated average pool exists from opset 19 on only".to_owned());
    }
    let count = |_: &Pool| vec![flag("count_include_pad", count_include_pad)];
    write(site, "AveragePool", pool, count);
    Ok(())
}

/// The pooling node with its own attributes after the common ones, between reshapes where that
/// leaves fewer axes.
fn write(
    site: &mut Site<'_, '_>,
    op_type: &str,
    pool: &Pool,
    own: impl Fn(&Pool) -> Vec<AttributeProto>,
) {
    let all = |pool: &Pool| [attributes(pool), own(pool)].concat();
    let merged = merged(&site.input_type(0).shape, pool);
    let Some((shape, merged)) = merged.filter(|_| site.node.outputs.len() == 1) else {
        return site.same(op_type, all(pool));
    };
    let lengths = |shape: &[usize]| shape.iter().map(|&axis| axis as i64).collect::<Vec<i64>>();
    let whole = lengths(site.emitter.graph.shape(site.node.outputs[0]));
    let inputs = vec![site.input(0), site.ints("merged_shape", lengths(&shape))];
    let x = site.step("merged", "Reshape", inputs, vec![]);
    let y = site.step("pooled", op_type, vec![x], all(&merged));
    let inputs = vec![y, site.ints("whole_shape", whole)];
    site.last("Reshape", inputs, vec![]);
}

/// The input's shape and the windows after merging neighbouring axes that the windows leave alone,
/// if there were too many axes and are no longer.
fn merged(shape: &[usize], pool: &Pool) -> Option<(Vec<usize>, Pool)> {
    if pool.kernel.len() <= MOST_AXES {
        return None;
    }
    let alone = |axis: usize| {
        let unpadded = pool.pads_before[axis] == 0 && pool.pads_after[axis] == 0;
        pool.kernel[axis] == 1 && pool.strides[axis] == 1 && unpadded
    };
    let mut lengths = shape[..2].to_vec();
    let mut kept: Vec<usize> = Vec::new();
    for (axis, &length) in shape[2..].iter().enumerate() {
        match (kept.last(), lengths.last_mut()) {
            (Some(&last), Some(merged)) if alone(last) && alone(axis) => *merged *= length,
            _ => {
                kept.push(axis);
                lengths.push(length);
            }
        }
    }
    let of = |values: &[usize]| {
        kept.iter()
            .map(|&axis| values[axis])
            .collect::<Vec<usize>>()
    };
    (kept.len() <= MOST_AXES).then(|| {
        let pool = Pool {
            kernel: of(&pool.kernel),
            strides: of(&pool.strides),
            dilations: of(&pool.dilations),
            pads_before: of(&pool.pads_before),
            pads_after: of(&pool.pads_after),
            ceil_mode: pool.ceil_mode,
        };
        (lengths, pool)
    })
}

fn attributes(pool: &Pool) -> Vec<AttributeProto> {
    let pads = [pool.pads_before.as_slice(), pool.pads_after.as_slice()];
    vec![
        ints("kernel_shape", &pool.kernel),
        ints("strides", &pool.strides),
        ints("pads", &pads.concat()),
        flag("ceil_mode", pool.ceil_mode),
    ]
}
