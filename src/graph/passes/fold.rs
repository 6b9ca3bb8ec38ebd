//! Constant folding by the interpreter.

use super::{rebuild, use_counts};
use crate::graph::{Graph, Node, Op, Tensor, TensorType, interpret};

/// Elements of a float result that is always worth storing.
const SMALL_RESULT: usize = 4096;

/// Elements of an integer or truth-value result that is always worth storing.
const SMALL_INTEGERS: usize = 1 << 22;

/// Multiplications and additions that the interpreter may spend on one node. A node that needs more
/// is left to the runtime, which folds it faster.
const MOST_WORK: usize = 1 << 28;

/// Computes what only depends on constants. A result is stored when it is small, of integers or
/// truth values, or no larger than the constants that it makes superfluous: big weights are never
/// stored twice. Nodes that make a graph output stay, and so do those the interpreter refuses.
pub fn fold_constants(graph: &Graph) -> Graph {
    let mut uses = use_counts(graph);
    let mut known: Vec<Option<Tensor>> = graph
        .values()
        .map(|(id, _)| graph.constant(id).cloned())
        .collect();
    rebuild(graph, |copier, _, node| {
        if let Some(results) = folded(graph, node, &known, &uses) {
            for &id in &node.inputs {
                uses[id.index()] -= 1;
            }
            for (&id, tensor) in node.outputs.iter().zip(results) {
                known[id.index()] = Some(tensor);
            }
            return Ok(());
        }
        for &id in &node.inputs {
            // A folded value is stored under its own name once a node that stays needs it.
            if let (None, Some(tensor)) = (copier.get(id), &known[id.index()]) {
                copier.constant(id, graph.name(id), tensor.clone());
            }
        }
        copier.node(node)
    })
}

/// The results of a node that is worth folding.
fn folded(
    graph: &Graph,
    node: &Node,
    known: &[Option<Tensor>],
    uses: &[usize],
) -> Option<Vec<Tensor>> {
    if node.outputs.iter().any(|id| graph.outputs().contains(id)) {
        return None;
    }
    let inputs: Vec<&Tensor> = node
        .inputs
        .iter()
        .map(|id| known[id.index()].as_ref())
        .collect::<Option<_>>()?;
    let outputs: Vec<&TensorType> = node
        .outputs
        .iter()
        .map(|&id| graph.tensor_type(id))
        .collect();
    let stored: usize = outputs.iter().map(|output| output.len()).sum();
    let freed: usize = node
        .inputs
        .iter()
        .filter(|id| uses[id.index()] == 1)
        .map(|&id| graph.tensor_type(id).len())
        .sum();
    let is_small = stored <= SMALL_RESULT
        || stored <= freed
        || (stored <= SMALL_INTEGERS && outputs.iter().all(|output| !output.dtype.is_float()));
    if !is_small || work(&node.op, &inputs, outputs[0]) > MOST_WORK {
        return None;
    }
    interpret::evaluate(&node.op, &inputs, outputs.len()).ok()
}

/// Multiplications and additions of a node, roughly.
fn work(op: &Op, inputs: &[&Tensor], output: &TensorType) -> usize {
    let read = || inputs.iter().map(|input| input.len()).sum::<usize>();
    let for_each_output = |count: usize| output.len().saturating_mul(count);
    match op {
        Op::Conv(_) => for_each_output(inputs[1].len() / output.shape[1].max(1)),
        Op::ConvTranspose { .. } => inputs[0]
            .len()
            .saturating_mul(inputs[1].len() / inputs[1].shape()[0].max(1)),
        Op::Gemm { transpose_a, .. } => {
            for_each_output(inputs[0].shape()[usize::from(!transpose_a)])
        }
        Op::MatMul => for_each_output(inputs[0].shape().last().copied().unwrap_or(1)),
        Op::MaxPool(pool) | Op::AveragePool { pool, .. } => {
            let taps = pool.kernel.iter().zip(&inputs[0].shape()[2..]);
            for_each_output(taps.map(|(&kernel, &length)| kernel.min(length)).product())
        }
        Op::Resize(resize) => {
            let taps = inputs[0].shape().iter().zip(&resize.sizes);
            taps.map(|(&length, &size)| length.max(size))
                .fold(1, usize::saturating_mul)
                .saturating_mul(16)
        }
        Op::LocalResponseNormalization { size, .. } => {
            for_each_output((*size).min(output.shape[1]))
        }
        _ => read().saturating_add(output.len()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::graph::{Binary, DType, Unary};

    /// `x + f(weight)` with a weight of this many elements, used this often.
    fn graph(length: usize, other_use: bool) -> Graph {
        let mut graph = Graph::new();
        let x = graph
            .add_input("x", TensorType::new(DType::F32, [1]))
            .unwrap();
        let weight = graph.add_constant("weight", Tensor::filled(DType::F32, [length], 2.0));
        let doubled = graph
            .add("negative", Op::Unary(Unary::Neg), &[weight])
            .unwrap();
        let sum = graph
            .add("sum", Op::Binary(Binary::Add), &[x, doubled])
            .unwrap();
        graph.add_output(sum);
        if other_use {
            let other = graph
                .add("other", Op::Binary(Binary::Mul), &[x, weight])
                .unwrap();
            graph.add_output(other);
        }
        graph
    }

    #[test]
    fn small_results_become_constants_under_their_names() {
        let folded = fold_constants(&graph(3, true));
        assert_eq!(folded.nodes().len(), 2);
        let negative = folded.find("negative").unwrap();
        assert_eq!(folded.constant(negative).unwrap().to_f64(), [-2.0; 3]);
    }

    #[test]
    fn a_big_weight_is_replaced_but_never_stored_twice() {
        let replaced = fold_constants(&graph(5000, false));
        assert_eq!(replaced.nodes().len(), 1);
        assert!(replaced.find("weight").is_none());
        let kept = fold_constants(&graph(5000, true));
        assert_eq!(kept.nodes().len(), 3);
    }

    #[test]
    fn chains_fold_and_leave_nothing_between() {
        let mut graph = Graph::new();
        let x = graph
            .add_input("x", TensorType::new(DType::I64, [2]))
            .unwrap();
        let one = graph.add_constant("one", Tensor::i64_vector(vec![1, 2]));
        let two = graph
            .add("two", Op::Binary(Binary::Add), &[one, one])
            .unwrap();
        let same = graph
            .add("same", Op::Unary(Unary::Identity), &[two])
            .unwrap();
        let sum = graph
            .add("sum", Op::Binary(Binary::Add), &[x, same])
            .unwrap();
        graph.add_output(sum);
        let folded = fold_constants(&graph);
        assert_eq!(folded.to_string(), "sum: int64[2] = Add(x, same)\n");
        assert_eq!(folded.values().count(), 3);
    }

    #[test]
    fn an_output_keeps_its_node() {
        let mut graph = Graph::new();
        let one = graph.add_constant("one", Tensor::scalar(DType::F32, 1.0));
        let y = graph.add("y", Op::Unary(Unary::Exp), &[one]).unwrap();
        let z = graph.add("z", Op::Unary(Unary::Exp), &[y]).unwrap();
        graph.set_outputs(vec![y, z]);
        let folded = fold_constants(&graph);
        assert_eq!(folded, graph);
    }

    #[test]
    fn what_the_interpreter_refuses_stays() {
        let mut graph = Graph::new();
        let zero = graph.add_constant("zero", Tensor::i64_vector(vec![0]));
        let bad = graph
            .add("bad", Op::Binary(Binary::Div), &[zero, zero])
            .unwrap();
        let y = graph.add("y", Op::Unary(Unary::Neg), &[bad]).unwrap();
        graph.add_output(y);
        assert_eq!(fold_constants(&graph).nodes().len(), 2);
    }
}
