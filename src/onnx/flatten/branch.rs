//! The graphs that an `If` holds.

use std::collections::HashMap;

use super::{Branch, Flattener, Scope, node_name};
use crate::onnx::error::OnnxError;
use crate::onnx::load::SPARSE;
use crate::onnx::order;
use crate::onnx::wire::{GraphProto, NodeProto};

impl Flattener<'_> {
    /// Takes a branch out of an `If`. One that is missing is empty: it matters only when taken.
    pub(super) fn branch(
        &mut self,
        which: &'static str,
        node: &mut NodeProto,
        scope: &Scope<'_>,
    ) -> Result<Branch, OnnxError> {
        let found = node.attribute.iter().position(|a| a.name() == which);
        let graph = found.and_then(|index| node.attribute.swap_remove(index).g);
        let Some(mut graph) = graph else {
            return Ok(Branch::default());
        };
        self.enter(node)?;
        let names = self.names_in_branch(&graph, node, which, scope)?;
        self.read_weights(&mut graph, &names)?;
        let inner = Scope {
            names: Some(names),
            outer: Some(scope),
            prefix: scope.prefix,
            opset: scope.opset,
            attributes: scope.attributes,
        };
        let mut nodes = Vec::with_capacity(graph.node.len());
        for node in std::mem::take(&mut graph.node) {
            self.place(node, &inner, &mut nodes)?;
        }
        let outputs = graph.output.iter().map(|output| {
            inner.resolve(output.name()).ok_or_else(|| {
                let reason = format!("nothing makes its output {:?}", output.name());
                self.malformed(node, reason)
            })
        });
        let outputs = outputs.collect::<Result<Vec<String>, OnnxError>>()?;
        let sorted = order::sorted(&nodes, 0..nodes.len()).map_err(|looping| {
            let reason = "it depends on its own output".to_owned();
            self.malformed(&nodes[looping].proto, reason)
        })?;
        self.depth -= 1;
        Ok(Branch {
            nodes: order::permuted(nodes, &sorted),
            outputs,
        })
    }

    /// Names of the branch stay where they are free in the whole model.
    fn names_in_branch(
        &mut self,
        graph: &GraphProto,
        node: &NodeProto,
        which: &str,
        scope: &Scope<'_>,
    ) -> Result<HashMap<String, String>, OnnxError> {
        let mut names = HashMap::new();
        let weights = graph.initializer.iter().map(|weight| weight.name());
        let sparse = graph
            .sparse_initializer
            .iter()
            .filter_map(|weight| weight.values.as_ref());
        let made = graph.node.iter().flat_map(|node| &node.output);
        let defined = weights
            .chain(sparse.map(|values| values.name()))
            .chain(made.map(String::as_str))
            .filter(|name| !name.is_empty());
        for name in defined {
            let short = format!("{}{name}", scope.prefix);
            let long = format!("{}/{which}/{name}", node_name(node));
            self.pay(1, 2 * long.len())?;
            let unique = self.names.fresh(&[&short, &long]);
            if names.insert(name.to_owned(), unique).is_some() {
                let reason = format!("two values of its {which} are named {name:?}");
                return Err(self.malformed(node, reason));
            }
        }
        Ok(names)
    }

    fn read_weights(
        &mut self,
        graph: &mut GraphProto,
        names: &HashMap<String, String>,
    ) -> Result<(), OnnxError> {
        for proto in std::mem::take(&mut graph.initializer) {
            let Some(name) = names.get(proto.name()) else {
                continue;
            };
            let weight = (self.read_weight)(proto)?;
            // Each call of a function has its own copy.
            if let (Ok(tensor), false) = (&weight, self.open_calls.is_empty()) {
                self.pay(0, tensor.tensor_type().bytes())?;
            }
            self.weights.insert(name.clone(), weight);
        }
        for sparse in std::mem::take(&mut graph.sparse_initializer) {
            let values = sparse.values.unwrap_or_default();
            if let Some(name) = names.get(values.name()) {
                self.weights.insert(name.clone(), Err(SPARSE.to_owned()));
            }
        }
        Ok(())
    }
}
