//! The same graph in another float type.

use super::well_formed;
use crate::graph::copy::Copier;
use crate::graph::{DType, Graph, Op, Tensor, TensorType, ValueId};

/// Every float of the graph as `to`: a graph of 32-bit floats as one of 64 makes an oracle.
/// Integers and truth values stay. Where `to` is not a float type the graph stays as it is.
pub fn convert_floats(graph: &Graph, to: DType) -> Graph {
    if !to.is_float() {
        return graph.clone();
    }
    let converted = |dtype: DType| if dtype.is_float() { to } else { dtype };
    well_formed(|| {
        let mut copier = Copier::new(graph);
        for &id in graph.inputs() {
            let value = graph.value(id);
            let tensor_type = TensorType {
                dtype: converted(value.tensor_type.dtype),
                shape: value.tensor_type.shape.clone(),
            };
            let input = copier.target_mut().add_input(&value.name, tensor_type)?;
            copier.bind(id, input);
        }
        for node in graph.nodes() {
            convert_constants(&mut copier, &node.inputs, to);
            let op = match &node.op {
                Op::Cast { to } => Op::Cast { to: converted(*to) },
                op => op.clone(),
            };
            copier.node_as(node, op)?;
        }
        convert_constants(&mut copier, graph.outputs(), to);
        copier.finish()
    })
}

/// Copies the float constants among `ids` as floats of type `to`.
fn convert_constants(copier: &mut Copier<'_>, ids: &[ValueId], to: DType) {
    let graph = copier.source();
    for &id in ids {
        let tensor = match graph.constant(id) {
            Some(tensor) if tensor.dtype().is_float() && copier.get(id).is_none() => tensor,
            _ => continue,
        };
        // The number of elements does not change, so this cannot fail.
        if let Ok(tensor) = Tensor::from_f64(to, tensor.shape(), &tensor.to_f64()) {
            copier.constant(id, graph.name(id), tensor);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::graph::{Binary, Unary, interpret};

    #[test]
    fn floats_change_and_integers_stay() {
        let mut graph = Graph::new();
        let x = graph
            .add_input("x", TensorType::new(DType::F32, [2]))
            .unwrap();
        let third = graph.add_constant("third", Tensor::scalar(DType::F32, 1.0 / 3.0));
        let y = graph
            .add("y", Op::Binary(Binary::Mul), &[x, third])
            .unwrap();
        let rounded = graph.add("n", Op::Cast { to: DType::I64 }, &[y]).unwrap();
        let back = graph
            .add("back", Op::Cast { to: DType::F32 }, &[rounded])
            .unwrap();
        let z = graph.add("z", Op::Unary(Unary::Exp), &[back]).unwrap();
        graph.set_outputs(vec![z, rounded]);
        let wide = convert_floats(&graph, DType::F64);
        let dtypes: Vec<DType> = wide
            .values()
            .map(|(_, value)| value.tensor_type.dtype)
            .collect();
        use DType::{F64, I64};
        assert_eq!(dtypes, [F64, F64, F64, I64, F64, F64]);
        let x = Tensor::from_f64(F64, [2], &[3.5, -7.0]).unwrap();
        let results = interpret::run(&wide, &[x]).unwrap();
        assert_eq!(results[1].to_i64().unwrap(), [1, -2]);
        assert_eq!(results[0].to_f64()[0], std::f64::consts::E);
    }
}
