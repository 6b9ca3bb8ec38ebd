//! Pooling.

use super::axis_map;
use super::node::{NodeReader, Parsed, Refusal};
use super::operator::Operator;
use super::window;
use crate::graph::Op;
use crate::graph::op::Pool;

pub(super) const OPERATORS: &[Operator] = &[
    Operator::new(
        "MaxPool",
        1,
        &[
            "auto_pad",
            "ceil_mode",
            "dilations",
            "kernel_shape",
            "pads",
            "storage_order",
            "strides",
        ],
        max_pool,
    ),
    Operator::new(
        "AveragePool",
        1,
        &[
            "auto_pad",
            "ceil_mode",
            "count_include_pad",
            "dilations",
            "kernel_shape",
            "pads",
            "strides",
        ],
        average_pool,
    ),
    Operator::new("GlobalAveragePool", 1, &[], global_average_pool),
    Operator::new("GlobalMaxPool", 1, &[], global_max_pool),
];

fn pool(node: &mut NodeReader<'_, '_>) -> Parsed<Pool> {
    let shape = node.shape(0)?;
    if shape.len() < 3 {
        return Err(Refusal::unsound(format!("{shape:?} has no spatial axes")));
    }
    let spatial = shape[2..].to_vec();
    let kernel = window::per_axis(node, "kernel_shape", spatial.len())?
        .ok_or_else(|| Refusal::attribute("kernel_shape", "it is missing"))?;
    let ceil_mode = node.flag("ceil_mode", false)?;
    let window = window::window(node, &spatial, &kernel)?;
    Ok(Pool {
        kernel,
        strides: window.strides,
        dilations: window.dilations,
        pads_before: window.before,
        pads_after: window.after,
        ceil_mode,
    })
}

fn max_pool(node: &mut NodeReader<'_, '_>) -> Parsed {
    let pool = pool(node)?;
    let column_major = node.flag("storage_order", false)?;
    let indices = node.is_output_read(1);
    if indices && column_major {
        return Err(Refusal::attribute(
            "storage_order",
            "indices in column-major order are not supported",
        ));
    }
    let x = node.input(0)?;
    node.finish_many(Op::MaxPool(pool), &[x], if indices { 2 } else { 1 })
}

fn average_pool(node: &mut NodeReader<'_, '_>) -> Parsed {
    let pool = pool(node)?;
    let count_include_pad = node.flag("count_include_pad", false)?;
    let x = node.input(0)?;
    // Opset 18 has no dilations here.
    if pool.dilations.iter().any(|&dilation| dilation != 1) {
        return axis_map::finish_average(node, x, &pool, count_include_pad);
    }
    let op = Op::AveragePool {
        pool,
        count_include_pad,
    };
    node.finish(op, &[x])
}

fn global_average_pool(node: &mut NodeReader<'_, '_>) -> Parsed {
    let x = node.input(0)?;
    node.finish(Op::GlobalAveragePool, &[x])
}

fn global_max_pool(node: &mut NodeReader<'_, '_>) -> Parsed {
    let x = node.input(0)?;
    node.finish(Op::GlobalMaxPool, &[x])
}
