//! Pooling.

use super::super::wire::AttributeProto;
use super::Site;
use super::attributes::{flag, ints};
use crate::graph::op::Pool;

pub(super) fn max(site: &mut Site<'_, '_>, pool: &Pool) {
    let mut attributes = attributes(pool);
    attributes.push(ints("dilations", &pool.dilations));
    site.same("MaxPool", attributes);
}

pub(super) fn average(
    site: &mut Site<'_, '_>,
    pool: &Pool,
    count_include_pad: bool,
) -> Result<(), String> {
    if pool.dilations.iter().any(|&dilation| dilation != 1) {
        return Err("a dilated average pool exists from opset 19 on only".to_owned());
    }
    let mut attributes = attributes(pool);
    attributes.push(flag("count_include_pad", count_include_pad));
    site.same("AveragePool", attributes);
    Ok(())
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
