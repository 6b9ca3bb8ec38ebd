//! The way back to life for a unit behind a ReLU: while it is 0, and passes no gradient, what goes
//! into the ReLU stands in for it.
//!
//! lucid lets the gradient through such a ReLU for its first steps, xplique makes it leaky for a
//! while; here the network stays as it is and another value is differentiated.

use super::glue::constant;
use super::tap::read_unit;
use crate::graph::op::ReduceKind;
use crate::graph::{Binary, Graph, GraphError, Op, Unary, ValueId};
use crate::query::{Read, Unit};

/// The least value of a unit that has a stand-in.
pub(super) const FLOOR: f32 = 0.0;

/// What steers a unit whose `activation` `[B, 1]` is read off `tensor`: the activation where it is
/// above 0, else the same element of the pre-activation, of a whole channel the largest: it is the
/// next to come alive, and the two meet at 0. None where `tensor` is no ReLU's, or where 0 is not the
/// least value that can be read off it.
pub(super) fn steering(
    graph: &mut Graph,
    name: &str,
    tensor: ValueId,
    unit: &Unit,
    activation: ValueId,
) -> Result<Option<ValueId>, GraphError> {
    let read = match &unit.read {
        Read::Mean(channel) => Read::Max(*channel),
        read @ (Read::Element(_) | Read::Position(..) | Read::Max(_)) => read.clone(),
        Read::Probability(_) | Read::Direction(_) => return Ok(None),
    };
    let Some(before) = pre_activation(graph, name, tensor)? else {
        return Ok(None);
    };
    let stand_in = Unit {
        read,
        ..unit.clone()
    };
    let stand_in = read_unit(graph, &format!("{name}/before"), before, &stand_in)?;
    let floor = constant(graph, &format!("{name}/floor"), &[1], vec![FLOOR])?;
    let is_alive = graph.add(
        &format!("{name}/alive"),
        Op::Binary(Binary::Greater),
        &[activation, floor],
    )?;
    let inputs = [is_alive, activation, stand_in];
    graph
        .add(&format!("{name}/steering"), Op::Where, &inputs)
        .map(Some)
}

/// What `tensor` would be without the ReLU that makes it, pooled and shaped as it is; none where no
/// ReLU does.
fn pre_activation(
    graph: &mut Graph,
    name: &str,
    tensor: ValueId,
) -> Result<Option<ValueId>, GraphError> {
    let mut value = tensor;
    let mut passed: Vec<Op> = Vec::new();
    loop {
        let Some((node, _)) = graph.producer(value) else {
            return Ok(None);
        };
        let node = graph.node(node);
        let Some(&input) = node.inputs.first() else {
            return Ok(None);
        };
        value = input;
        if cuts_at_zero(&node.op) {
            break;
        }
        if !keeps_sign(&node.op) {
            return Ok(None);
        }
        passed.push(node.op.clone());
    }
    for (number, op) in passed.into_iter().rev().enumerate() {
        value = graph.add(&format!("{name}/without_relu/{number}"), op, &[value])?;
    }
    Ok(Some(value))
}

fn cuts_at_zero(op: &Op) -> bool {
    match op {
        Op::Unary(Unary::Relu) => true,
        Op::Clip { low, .. } => *low == Some(f64::from(FLOOR)),
        _ => false,
    }
}

/// Whether every element of the result is an element of the input, or a mean or maximum of some: 0
/// where all of them are 0, and not above 0 where none is.
fn keeps_sign(op: &Op) -> bool {
    matches!(
        op,
        Op::Unary(Unary::Identity)
            | Op::Reshape { .. }
            | Op::Transpose { .. }
            | Op::MaxPool(_)
            | Op::GlobalAveragePool
            | Op::GlobalMaxPool
            | Op::Reduce {
                kind: ReduceKind::Mean | ReduceKind::Max,
                ..
            }
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::autodiff::vector_jacobian_product;
    use crate::graph::{DType, Tensor, TensorType, interpret};
    use crate::query::Limits;

    /// A ReLU of an input of two channels of 1 × 2, as it is or pooled, and a unit read off it.
    fn graph(read: Read, pooled: bool) -> (Graph, Option<ValueId>) {
        let mut graph = Graph::new();
        let shape = TensorType::new(DType::F32, [1, 2, 1, 2]);
        let input = graph.add_input("x", shape).unwrap();
        let mut tensor = graph.add("relu", Op::Unary(Unary::Relu), &[input]).unwrap();
        if pooled {
            let pool = graph.add("pool", Op::GlobalAveragePool, &[tensor]).unwrap();
            let flat = Op::Reshape { shape: vec![1, 2] };
            tensor = graph.add("flat", flat, &[pool]).unwrap();
        }
        let unit = Unit {
            text: String::new(),
            tensor: String::new(),
            shape: graph.shape(tensor).to_vec(),
            read,
            index: None,
            label: None,
            limits: Limits::default(),
        };
        let activation = read_unit(&mut graph, "unit", tensor, &unit).unwrap();
        let steering = steering(&mut graph, "unit", tensor, &unit, activation).unwrap();
        (graph, steering)
    }

    /// The steering value at an input, and its gradient.
    fn at(read: Read, pooled: bool, x: [f32; 4]) -> (f64, Vec<f64>) {
        let (mut graph, steering) = graph(read, pooled);
        let steering = steering.unwrap();
        let input = graph.inputs()[0];
        let vjp = vector_jacobian_product(&mut graph, &[steering], input).unwrap();
        graph.set_outputs(vec![steering, vjp.wrt_bar]);
        let x = Tensor::f32([1, 2, 1, 2], x.to_vec()).unwrap();
        let bar = Tensor::f32([1, 1], vec![1.0]).unwrap();
        let outputs = interpret::run(&graph, &[x, bar]).unwrap();
        (outputs[0].to_f64()[0], outputs[1].to_f64())
    }

    #[test]
    fn a_dead_unit_is_steered_by_what_goes_into_its_relu() {
        let dead = [9.0, 9.0, -3.0, -1.0];
        let position = Read::Position(1, 0, 0);
        assert_eq!(at(position, false, dead), (-3.0, vec![0.0, 0.0, 1.0, 0.0]));
        for read in [Read::Mean(1), Read::Max(1)] {
            // The largest of a channel is the next to come alive.
            assert_eq!(at(read, false, dead), (-1.0, vec![0.0, 0.0, 0.0, 1.0]));
        }
        let pooled = at(Read::Element(1), true, dead);
        assert_eq!(pooled, (-2.0, vec![0.0, 0.0, 0.5, 0.5]));
    }

    #[test]
    fn a_unit_that_lives_is_steered_by_itself() {
        let alive = [9.0, 9.0, -3.0, 1.0];
        assert_eq!(
            at(Read::Mean(1), false, alive),
            (0.5, vec![0.0, 0.0, 0.0, 0.5])
        );
        assert_eq!(
            at(Read::Element(1), true, alive),
            (0.5, vec![0.0, 0.0, 0.0, 0.5])
        );
    }

    #[test]
    fn what_can_be_below_zero_has_no_stand_in() {
        let direction = Read::Direction(vec![1.0, -1.0]);
        assert_eq!(graph(direction, true).1, None);
    }
}
